"""One event of a run: decoding from the wire's JSON and encoding to it.

An event arrives as one line of JSON, ``{"type", "timestamp", "run_id", "data": {...}}``. Servers leave fields
out, send them with another type, and send types of their own. None of that raises:

* a missing field has its default;
* a field of another type than declared is read as it was meant (`lenient_fields`), else it has its default,
  and its value is in ``Event.malformed``;
* a declared type keeps its meaning whatever its fields hold, also where they are no object, stand beside the
  type, or cannot be read at all: JSON that is nested too deep (`json_depth.MOST_DEPTH`) or is none;
* any other type, or a line that is not an event at all, becomes an `UnknownEvent`.

``Event.raw`` always holds the bytes as they arrived; what is too long in the other fields is shortened
(`long_texts`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec.structs import replace

from .json_depth import SHALLOW_BYTES, nested_too_deep
from .lenient_fields import decode_struct, words_of
from .lenient_json import decode_json
from .long_texts import MOST_NAME, short_text, shortened
from .vocabulary import (
    PAYLOADS,
    TYPES,
    FailureDetected,
    Log,
    Payload,
    PolicyViolation,
    RunCancelled,
    RunFailed,
    RunWarning,
    StageFailed,
    UnknownEvent,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH: Final = datetime(1970, 1, 1)
_MICROSECOND: Final = timedelta(microseconds=1)
_FIRST_US: Final = -62_135_596_800_000_000
_END_US: Final = 253_402_300_800_000_000
_BARE: Final = frozenset({"connected", "stream_end"})
"""The two types whose fields are at the top level, without the envelope."""
_ENVELOPED: Final = frozenset(PAYLOADS) - _BARE
_TEXTS: Final = ("message", "error", "reason", "content", "text")
"""The field that a payload's text is, where it is all that came: the first of these that it has."""
_WORDS: Final[Mapping[type[Payload], str]] = {
    **dict.fromkeys((RunFailed, StageFailed, FailureDetected), "error"),
    **dict.fromkeys((RunCancelled, PolicyViolation), "reason"),
    **dict.fromkeys((RunWarning, Log), "message"),
}
"""The field with the words of an event."""
_WORDS_ELSEWHERE: Final = ("error", "message", "reason", "detail", "msg")
"""Where servers have these words under another name, in this order."""
_WORDS_OF_A_MESSAGE: Final = (*_WORDS_ELSEWHERE, "text", "description")
"""The same of what is a message as a whole."""
_TYPE_FIRST: Final = re.compile(rb'\s*\{\s*"type"\s*:\s*"(\w{1,40})"')
_NAMES: Final = {payload: name.encode() for payload, name in TYPES.items()}
_ENCODER: Final = msgspec.json.Encoder()
_UTC_NAME: Final = re.compile(r"\s*(?:UTC|GMT|Z)$")
_LONGEST_TIME: Final = 64
_MOST_SINCE_1970: Final = 1e19


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event of a run.

    ``type`` is its name on the wire, ``time_us`` when the server made it (µs since 1970-01-01 UTC; ``None``
    where the server gives no time), ``raw`` the bytes it was decoded from, ``malformed`` the values of fields
    that are not of their declared type, ``id`` its number in the stream, if the stream has numbers. ``copy``
    is how many equal events came before it that are not the same event; it is known on arrival only.
    """

    type: str
    data: Payload
    raw: bytes
    run_id: str | None = None
    time_us: int | None = None
    malformed: dict[str, Any] = {}
    id: str | None = None
    copy: int = 0

    @property
    def key(self) -> bytes:
        """Identifies the event among those of its run: by its id, or else by its content.

        16 bytes of BLAKE2b over the content: streams without ids repeat events byte for byte.
        """
        if self.id is not None:
            return b"#" + self.id.encode()
        return blake2b(self.raw, digest_size=16).digest()

    @property
    def time(self) -> datetime | None:
        """When the server made it: aware, UTC."""
        return None if self.time_us is None else _EPOCH + timedelta(microseconds=self.time_us)


_P = TypeVar("_P", bound=Payload)


class _Envelope(msgspec.Struct, Generic[_P], frozen=True, gc=False):
    type: str
    data: _P
    timestamp: datetime | None = None
    run_id: str | None = None


@cache
def _decoder(name: str) -> msgspec.json.Decoder[_Envelope[Any]]:
    payload: Any = PAYLOADS[name]
    return msgspec.json.Decoder(_Envelope[payload])


def decode(raw: bytes, name: str = "", id: str | None = None) -> Event:
    """Decodes the JSON of an event; never raises.

    ``name`` is its type in the stream (the ``event:`` field); the ``type`` in the JSON has precedence.
    ``id`` is its number in the stream. With the name the bytes are read once; without it, and for
    anything irregular, twice.
    """
    size = len(raw)
    too_deep = size > SHALLOW_BYTES and nested_too_deep(raw)
    event = _unread(raw, name, id) if too_deep else _decoded(raw, name, id)
    if size <= MOST_NAME >= len(name):
        return event
    run_id = event.run_id if event.run_id is None or len(event.run_id) <= MOST_NAME else None
    data = shortened(event.data, size)
    return replace(event, type=short_text(event.type), data=data, run_id=run_id)


def _decoded(raw: bytes, name: str, id: str | None) -> Event:
    if name in _ENVELOPED:
        try:
            envelope = _decoder(name).decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        else:
            data, time = envelope.data, envelope.timestamp
            field = _WORDS.get(type(data))
            if envelope.type == name and (field is None or getattr(data, field)):
                time_us = None if time is None else _us(time)
                return Event(name, data, raw, envelope.run_id, time_us, {}, id)
    try:
        message = decode_json(raw)
    except ValueError:
        return _unread(raw, name, id)
    return _irregular(message, name, raw, id)


def _unread(raw: bytes, name: str, id: str | None) -> Event:
    """An event whose JSON cannot be read: its type alone can be known."""
    found = None if name in PAYLOADS else _TYPE_FIRST.match(raw)
    return _irregular(raw.decode("utf-8", "replace"), found[1].decode() if found else name, raw, id)


def _irregular(message: Any, name: str, raw: bytes, id: str | None) -> Event:
    if not isinstance(message, dict):
        if name in PAYLOADS:
            data, malformed = _bodiless(PAYLOADS[name], message)
            return Event(name, data, raw, malformed=malformed, id=id)
        return Event(name or "unknown", UnknownEvent(data=message), raw, id=id)
    named = message.get("type")
    kind = named if isinstance(named, str) and named else name or "unknown"
    run_id = message.get("run_id")
    run_id = str(run_id) if isinstance(run_id, str | int) else None
    body = message if kind in _BARE else message.get("data")
    time_us = instant_us(message.get("timestamp"))
    payload = PAYLOADS.get(kind)
    if payload is None:
        return Event(kind, UnknownEvent(data=message if body is None else body), raw, run_id, time_us, {}, id)
    if "data" not in message:
        body = message  # the fields are beside the type
    if isinstance(body, dict):
        data, malformed = decode_struct(payload, body)
        data = _with_words(data, body)
    else:
        data, malformed = _bodiless(payload, body)
    return Event(kind, data, raw, run_id, time_us, malformed, id)


def _is_wordless(data: Payload) -> bool:
    """Whether an event has no words that belongs to those that have some."""
    field = _WORDS.get(type(data))
    return field is not None and not getattr(data, field)


def _with_words(data: Payload, body: Mapping[str, Any]) -> Payload:
    """The payload with its words, where the server has them under another name."""
    if not _is_wordless(data):
        return data
    wanted = _WORDS_OF_A_MESSAGE if isinstance(data, Log | RunWarning) else _WORDS_ELSEWHERE
    names = [name for name in wanted if name not in data.__struct_fields__]
    found = next(
        (body[name] for name in names if body.get(name) and isinstance(body[name], str | dict | list)), None
    )
    if found is None:
        return data
    return replace(data, **{_WORDS[type(data)]: found if isinstance(found, str) else words_of(found)})


def _bodiless(payload: type[Payload], body: Any) -> tuple[Payload, dict[str, Any]]:
    """A payload whose fields did not come as an object; a text is the reason or message of the event."""
    if body is None:
        return payload(), {}
    if isinstance(body, list) and body and all(isinstance(item, str) for item in body):
        body = words_of(body)
    if isinstance(body, str) and not body.startswith(("{", "[")):  # JSON that cannot be read
        field = next((name for name in _TEXTS if name in payload.__struct_fields__), None)
        if field is not None:
            return decode_struct(payload, {field: body})
    return payload(), {"data": body}


def encode(data: Payload, *, run_id: str, time: datetime) -> bytes:
    """Encodes an event as JSON on one line; fields that are ``None`` are left out."""
    return _encoded(data, run_id, time.isoformat(timespec="microseconds").encode())


def encode_at(data: Payload, *, run_id: str, time_us: int) -> bytes:
    """Encodes as `encode` does an event at a time in µs since 1970-01-01 UTC."""
    return _encoded(data, run_id, _utc(time_us))


def _encoded(data: Payload, run_id: str, timestamp: bytes) -> bytes:
    parts = (_NAMES[type(data)], timestamp, _quoted(run_id), _body(data))
    return b'{"type":"%b","timestamp":"%b","run_id":%b,"data":%b}' % parts


def _body(data: Payload) -> bytes:
    values = msgspec.structs.astuple(data)
    if None not in values:
        return _ENCODER.encode(data)
    fields = zip(data.__struct_fields__, values, strict=True)
    return _ENCODER.encode({name: value for name, value in fields if value is not None})


@lru_cache(256)
def _quoted(run_id: str) -> bytes:
    return _ENCODER.encode(run_id)


def make(data: Payload, *, run_id: str, time: datetime) -> Event:
    """Makes an event of this package's own, as if it had arrived over the wire."""
    return decode(encode(data, run_id=run_id, time=time), TYPES[type(data)])


def utc_text(time_us: int) -> str:
    """A time in µs since 1970-01-01 UTC as ISO 8601, such as ``2026-11-28T09:30:00.000000+00:00``."""
    return _utc(time_us).decode()


def _utc(time_us: int) -> bytes:
    second, rest = divmod(time_us, 1_000_000)
    return b"%b.%06d+00:00" % (_second(second), rest)


@lru_cache(16)
def _second(second: int) -> bytes:
    """A time to the second as ISO 8601 without its offset, which is the same for many events."""
    return (_NAIVE_EPOCH + timedelta(seconds=second)).isoformat().encode()


def instant_us(value: Any) -> int | None:
    """A time in microseconds since 1970-01-01 UTC; ``None`` for what is no time.

    It is ISO 8601, an HTTP date, or a number since 1970: its size shows whether it is in seconds,
    milliseconds, microseconds or nanoseconds.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _since_1970_us(value)
    if not isinstance(value, str) or len(value) > _LONGEST_TIME:
        return None
    text = value.strip()
    zone = _UTC_NAME.search(text)
    try:
        return _us(datetime.fromisoformat(text[: zone.start()] if zone else text))
    except ValueError:
        pass
    try:
        return _since_1970_us(float(text))
    except (ValueError, OverflowError):
        pass
    try:
        return _us(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _since_1970_us(number: float) -> int | None:
    if not 0 < number < _MOST_SINCE_1970:
        return None
    for unit in (1e9, 1e12, 1e15):
        if number < unit * 100:
            return round(number * (1e15 / unit))
    return round(number / 1e3)


def _us(time: datetime) -> int | None:
    epoch = _NAIVE_EPOCH if time.tzinfo is None else _EPOCH  # servers write UTC without an offset
    time_us: int = (time - epoch) // _MICROSECOND
    return time_us if _FIRST_US <= time_us < _END_US else None  # in UTC it can be outside the years 1 to 9999
