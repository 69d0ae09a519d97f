"""A row of ``events`` in the JSON of a run: from an event's bytes and back to the same bytes."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import Any, Final, NamedTuple

import msgspec

from ...events.event_chain import EventChain
from ...events.json_depth import nested_too_deep

_VALID: Final = msgspec.json.Decoder()
_NO_JSON: Final = object()
_BLANKS: Final = b" \t\r\n"


class RowEvent(NamedTuple):
    """What a row holds of an event. ``type`` is the stream's name of it, if its JSON has another or none.

    ``mark`` is that of the chain, ``None`` in files of older versions. ``damaged`` is whether the row cannot
    be read as one; ``raw`` is then what is left of it.
    """

    raw: bytes
    id: str | None = None
    type: str | None = None
    position: int = 0
    mark: str | None = None
    damaged: bool = False

    @property
    def label(self) -> str:
        """The beginning of the row, which the chain covers together with the bytes of the event."""
        return _label(self.position, self.id, self.type)


def _label(position: int, id: str | None, type: str | None) -> str:
    head = f'{{"position":{position}'
    if id is not None:
        head += f',"id":{_json(id)}'
    return head if type is None else f'{head},"type":{_json(type)}'


class _Row(msgspec.Struct):
    position: int = 0
    id: str | None = None
    type: str | None = None
    hash: str | None = None
    event: msgspec.Raw = msgspec.Raw()
    text: str | None = None
    base64: str | None = None


_row: Final = msgspec.json.Decoder(_Row)
_DAMAGED: Final = re.compile(
    rb'\{"position":(\d{1,18})(?:,"id":"([^"\\]*)")?(?:,"type":"[^"\\]*")?(?:,"hash":"([0-9a-f]*)")?'
    rb',"event":(.*)\}',
    re.DOTALL,
)


def row_text(row: RowEvent, chain: EventChain) -> str:
    """The row as JSON on one line; its event is added to ``chain``. A type that its JSON says is left out."""
    raw, message = row.raw, _decoded(row.raw)
    type = None if row.type is not None and row.type == _own_type(message) else row.type
    label = _label(row.position, row.id, type)
    head = f'{label},"hash":"{chain.add(label.encode(), raw)}"'
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return f'{head},"base64":"{b64encode(raw).decode()}"}}'
    if message is _NO_JSON:
        return f'{head},"text":{_json(text)}}}'
    if b"\n" in raw or b"\r" in raw or raw.strip(_BLANKS) != raw:
        flat = text.replace("\r", " ").replace("\n", " ").strip()
        return f'{head},"text":{_json(text)},"event":{flat}}}'
    return f'{head},"event":{text}}}'


def _decoded(raw: bytes) -> Any:
    if nested_too_deep(raw):
        return _NO_JSON
    try:
        return _VALID.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _NO_JSON


def _own_type(message: Any) -> str:
    """The type that an event has without a name in its stream."""
    own = message.get("type") if isinstance(message, dict) else None
    return own if isinstance(own, str) and own else "unknown"


def read_row(line: bytes) -> RowEvent:
    """Reads a row. A damaged one is an event with its bytes as they are."""
    try:
        row = _row.decode(line)
        if row.base64 is not None:
            raw = b64decode(row.base64, validate=True)
        elif row.text is not None:
            raw = row.text.encode("utf-8", "surrogatepass")
        else:
            raw = bytes(row.event)
        if raw or row.text is not None or row.base64 is not None:
            return RowEvent(raw, row.id, row.type, row.position, row.hash)
    except (msgspec.DecodeError, ValueError, RecursionError):
        pass
    found = _DAMAGED.fullmatch(line)
    if found is None:
        return RowEvent(line, damaged=True)
    position, id, mark, raw = found.groups()
    return RowEvent(raw, _text(id), None, int(position), _text(mark), damaged=True)


def _text(found: bytes | None) -> str | None:
    return None if found is None else found.decode("utf-8", "replace")


def _json(text: str) -> str:
    return msgspec.json.encode(text).decode()
