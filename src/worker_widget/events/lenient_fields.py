"""Lenient decoding: fields that fit are kept, and a field of another type costs only itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, get_type_hints

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


def decode_struct(struct: type[S], body: Mapping[str, Any]) -> tuple[S, dict[str, Any]]:
    """The struct made of the fields in ``body`` that fit, and the values of those that do not, by name.

    Fields that are absent or do not fit have their defaults; every field of ``struct`` must have one. A time
    without an offset is UTC. Never raises.
    """
    fitting: dict[str, Any] = {}
    malformed: dict[str, Any] = {}
    for name, kind in _fields(struct).items():
        if name not in body:
            continue
        value = body[name]
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # JSON has one kind of number: 470.0 is a count too
        try:
            fitting[name] = aware(msgspec.convert(value, kind))
        except msgspec.ValidationError:
            malformed[name] = value
    return struct(**fitting), malformed


def aware(value: Any) -> Any:
    """A time without an offset as UTC, which servers write; any other value as it is."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


@cache
def _fields(struct: type[msgspec.Struct]) -> Mapping[str, Any]:
    return get_type_hints(struct)
