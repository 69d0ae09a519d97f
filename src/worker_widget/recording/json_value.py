"""Any Python value as the JSON of an event: taken at once, bounded, and without an exception."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ..events.json_depth import MOST_IN_EVENT, nested_too_deep

MOST_BYTES: Final = 256 * 1024
"""The most JSON of one value; a longer one is cut and becomes a text, as does one that is nested too deep."""

_MOST_REPR: Final = 4_096


def json_value(value: Any) -> Any:
    """``value`` as JSON that no later change of the object reaches; ``None`` stays ``None``.

    Dataclasses, pydantic models and msgspec structs become objects. What JSON cannot represent becomes its
    ``repr``.
    """
    if value is None or value is True or value is False:
        return value
    kind = type(value)
    if kind is int and -(1 << 63) <= value < 1 << 63:
        return value
    raw = json_bytes(value)
    if raw is None:
        return shown(value)
    if len(raw) > MOST_BYTES or nested_too_deep(raw, MOST_IN_EVENT):
        text = raw[:_MOST_REPR].decode("utf-8", "ignore")
        return text if len(raw) <= _MOST_REPR else f"{text}… ({len(raw):,} bytes in all)"
    return msgspec.Raw(raw)


def json_bytes(value: Any) -> bytes | None:
    """``value`` as JSON, as long as it is; ``None`` if it cannot be represented."""
    try:
        return msgspec.json.encode(value, enc_hook=_plain)
    except Exception:  # of any object in it: a circle, keys that are no text, half a surrogate pair
        return None


def _plain(value: Any) -> Any:
    for name in ("model_dump", "tolist"):  # pydantic's models; numpy's scalars and arrays
        method = getattr(value, name, None)
        if callable(method) and not isinstance(value, type):
            return method()
    return shown(value)


def shown(value: Any) -> str:
    """The ``repr`` of a value, cut where it is long."""
    try:
        text = repr(value)
    except Exception:
        return f"<{type(value).__name__}>"
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _MOST_REPR else f"{text[:_MOST_REPR]}… ({len(text):,} characters in all)"
