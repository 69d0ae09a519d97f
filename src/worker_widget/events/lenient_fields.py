"""Lenient decoding: a field of another type than declared is read as it was meant, else it costs only itself.

As it was meant: a number or a truth value as text (``"100"``, ``"false"``), a truth value as 0 or 1, an id as
a number, a text as an object that has it (``{"message": ...}``), content that is JSON, and an object as text.
"""

from __future__ import annotations

import math
import types
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Final, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from .json_depth import nested_too_deep

S = TypeVar("S", bound=msgspec.Struct)

_TRUTH: Final = {
    **dict.fromkeys(("true", "yes", "on", "1", "t", "y", "ok"), True),
    **dict.fromkeys(("false", "no", "off", "0", "f", "n", ""), False),
}
_CONTENTS: Final = frozenset({"content", "text"})
"""Fields whose value is a document: an object in them is the JSON that is meant."""
_WORDS: Final = ("message", "error", "detail", "msg", "reason", "description", "text", "title", "name", "id")
"""Where an object has the text that it stands for, in this order."""
_IDS: Final = ("id", "name")
_NESTED_WORDS: Final = 3


def decode_struct(struct: type[S], body: Mapping[str, Any]) -> tuple[S, dict[str, Any]]:
    """The struct made of the fields in ``body`` that fit, and the values of those that do not, by name.

    Fields that are absent or do not fit have their defaults; every field of ``struct`` must have one. Of a
    list the items that fit are kept. A time without an offset is UTC. Never raises.
    """
    fitting: dict[str, Any] = {}
    malformed: dict[str, Any] = {}
    for name, field in _fields(struct).items():
        if name not in body:
            continue
        value = body[name]
        if value is None and not field.optional:
            continue  # as if it were absent
        for meant in _meanings(name, field, value):
            try:
                fitting[name] = aware(msgspec.convert(meant, field.kind))
                break
            except (msgspec.ValidationError, OverflowError):
                continue
        else:
            malformed[name] = value
        found = fitting.get(name)
        if isinstance(value, list) and isinstance(found, list | tuple) and len(found) < len(value):
            malformed[name] = value  # items were left out
    return struct(**fitting), malformed


def number(value: Any) -> float | None:
    """``value`` as a number, as a field of that type has it; ``None`` for a value that is none."""
    try:
        return msgspec.convert(value, float)
    except msgspec.ValidationError:
        return None


def aware(value: Any) -> Any:
    """A time without an offset as UTC, which servers write; any other value as it is."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


class _Field(NamedTuple):
    """A field's whole type, its type without ``None`` and constraints, and that of a list's items."""

    kind: Any
    base: Any
    item: Any
    optional: bool


@cache
def _fields(struct: type[msgspec.Struct]) -> Mapping[str, _Field]:
    return {name: _field(kind) for name, kind in get_type_hints(struct, include_extras=True).items()}


def _field(kind: Any) -> _Field:
    bases = [_bare(part) for part in _parts(kind)]
    base = next((part for part in bases if part is not type(None)), None)
    items = get_args(base)
    optional = type(None) in bases or base is Any
    return _Field(kind, get_origin(base) or base, items[0] if items else Any, optional)


def _parts(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _meanings(name: str, field: _Field, value: Any) -> Iterator[Any]:
    """What ``value`` can mean in a field, the likeliest first."""
    if isinstance(value, float) and value.is_integer():
        yield int(value)  # JSON has one kind of number: 470.0 is a count too
    yield value
    base = field.base
    if base is bool:
        yield from _truths(value)
    elif base in (int, float):
        yield from _numbers(value)
    elif base is str:
        text = _text(name, value)
        if text is not None:
            yield text
    elif base is dict:
        found = _object(value)
        if found is not None:
            yield found
    elif base is list and isinstance(value, list):
        yield [item for item in value if _fits(item, field.item)]


def _truths(value: Any) -> Iterator[bool]:
    if isinstance(value, int | float) and value in (0, 1):
        yield bool(value)
    elif isinstance(value, str):
        truth = _TRUTH.get(value.strip().lower())
        if truth is not None:
            yield truth


def _numbers(value: Any) -> Iterator[int | float]:
    if not isinstance(value, str) or len(value) > 40:
        return
    try:
        found = float(value)
    except ValueError:
        return
    if math.isfinite(found):
        yield int(found) if found.is_integer() else found


def _text(name: str, value: Any) -> str | None:
    """The text that ``value`` stands for in the field ``name``; ``None`` if it is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(int(value) if isinstance(value, float) and value.is_integer() else value)
    if not isinstance(value, dict | list):
        return None
    if name in _CONTENTS:
        return _parts_of_text(value) or msgspec.json.format(_json(value)).decode()
    if name.endswith("_id") or name == "agent":
        found = next((value[key] for key in _IDS if key in value), None) if isinstance(value, dict) else None
        return found if isinstance(found, str) else None
    return words_of(value)


def words_of(value: Any) -> str:
    """A reason or message that is an object or a list: the text in it, else its JSON."""
    if isinstance(value, list):
        return "; ".join(words_of(item) for item in value) if value else ""
    inner = value
    for _ in range(_NESTED_WORDS):
        if not isinstance(inner, dict):
            break
        inner = next((inner[key] for key in _WORDS if isinstance(inner.get(key), str | dict | list)), None)
    if isinstance(inner, list) and inner is not value:
        inner = words_of(inner)
    if isinstance(inner, str) and inner:
        return inner
    return value if isinstance(value, str) else _json(value).decode()


def _parts_of_text(value: Any) -> str | None:
    """The text of content in parts, as language models send it: ``[{"type": "text", "text": ...}]``."""
    if not isinstance(value, list) or not value:
        return None
    texts = [part.get("text") for part in value if isinstance(part, dict) and part.get("type") == "text"]
    whole = len(texts) == len(value) and all(isinstance(text, str) for text in texts)
    return "".join(map(str, texts)) if whole else None


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value)


def _object(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return None
    raw = value.encode("utf-8", "replace")
    try:
        found = None if nested_too_deep(raw) else msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return None
    return found if isinstance(found, dict) else None


def _fits(item: Any, kind: Any) -> bool:
    try:
        msgspec.convert(item, kind)
    except (msgspec.ValidationError, OverflowError):
        return False
    return True
