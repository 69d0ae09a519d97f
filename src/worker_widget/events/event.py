"""One event of a run: decoding from the wire's JSON and encoding to it.

An event arrives as one line of JSON, ``{"type", "timestamp", "run_id", "data": {...}}``. Servers leave fields
out, send them with another type, and send types of their own. None of that raises:

* a missing field has its default;
* a field of another type than declared has its default, and its value is in ``Event.malformed``;
* a type that is not declared, or a line that is not an event at all, becomes an `UnknownEvent`.

``Event.raw`` always holds the bytes as they arrived.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any, Final, Generic, TypeVar, cast

import msgspec

from .lenient_fields import aware, decode_struct
from .vocabulary import PAYLOADS, TYPES, Payload, UnknownEvent

_BARE: Final = frozenset({"connected", "stream_end"})
"""The two types whose fields are at the top level, without the envelope."""


class Event(msgspec.Struct, frozen=True):
    """One event of a run.

    ``type`` is its name on the wire, ``time`` when the server made it (aware, UTC; ``None`` where the
    server gives no time), ``raw`` the bytes it was decoded from, ``malformed`` the values of fields that
    are not of their declared type, ``id`` its number in the stream, if the stream has numbers.
    """

    type: str
    data: Payload
    raw: bytes
    run_id: str | None = None
    time: datetime | None = None
    malformed: dict[str, Any] = {}
    id: str | None = None

    @property
    def key(self) -> bytes:
        """Identifies the event among those of its run: by its id, or else by its content.

        16 bytes of BLAKE2b over the content: streams without ids repeat events byte for byte.
        """
        if self.id is not None:
            return b"#" + self.id.encode()
        return blake2b(self.raw, digest_size=16).digest()

    @property
    def time_us(self) -> int | None:
        """Microseconds since 1970-01-01 UTC."""
        return None if self.time is None else round(self.time.timestamp() * 1_000_000)


_P = TypeVar("_P", bound=Payload)


class _Envelope(msgspec.Struct, Generic[_P], frozen=True):
    type: str
    data: _P
    timestamp: datetime | None = None
    run_id: str | None = None


@cache
def _decoder(name: str) -> msgspec.json.Decoder[_Envelope[Any]]:
    payload: Any = PAYLOADS[name]
    return msgspec.json.Decoder(_Envelope[payload])


_decode_any: Final = msgspec.json.Decoder()


def decode(raw: bytes, name: str = "", id: str | None = None) -> Event:
    """Decodes the JSON of an event; never raises.

    ``name`` is its type in the stream (the ``event:`` field); the ``type`` in the JSON has precedence.
    ``id`` is its number in the stream. With the name the bytes are read once; without it, and for
    anything irregular, twice.
    """
    if name in PAYLOADS and name not in _BARE:
        try:
            envelope = _decoder(name).decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
        else:
            if envelope.type == name:
                time = aware(envelope.timestamp)
                return Event(name, envelope.data, raw, envelope.run_id, time, {}, id)
    try:
        message = _decode_any.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = raw.decode("utf-8", "replace")
        return Event(name or "unknown", UnknownEvent(data=text), raw, id=id)
    return _irregular(message, name, raw, id)


def _irregular(message: Any, name: str, raw: bytes, id: str | None) -> Event:
    if not isinstance(message, dict):
        return Event(name or "unknown", UnknownEvent(data=message), raw, id=id)
    named = message.get("type")
    kind = named if isinstance(named, str) and named else name or "unknown"
    run_id = message.get("run_id")
    run_id = run_id if isinstance(run_id, str) else None
    body = message if kind in _BARE else message.get("data")
    time = _time(message.get("timestamp"))
    payload = PAYLOADS.get(kind)
    if payload is None or not isinstance(body, dict):
        return Event(kind, UnknownEvent(data=message if body is None else body), raw, run_id, time, {}, id)
    data, malformed = decode_struct(payload, body)
    return Event(kind, data, raw, run_id, time, malformed, id)


def encode(data: Payload, *, run_id: str, time: datetime) -> bytes:
    """Encodes an event as JSON on one line; fields that are ``None`` are left out."""
    body = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not None}
    message = {
        "type": TYPES[type(data)],
        "timestamp": time.isoformat(timespec="microseconds"),
        "run_id": run_id,
        "data": body,
    }
    return msgspec.json.encode(message)


def make(data: Payload, *, run_id: str, time: datetime) -> Event:
    """Makes an event of this package's own, as if it had arrived over the wire."""
    return decode(encode(data, run_id=run_id, time=time), TYPES[type(data)])


def _time(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return cast(datetime, aware(datetime.fromisoformat(value)))
    except ValueError:
        return None
