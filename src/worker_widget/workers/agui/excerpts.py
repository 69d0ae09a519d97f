"""Short texts for log lines and questions."""

from __future__ import annotations

from typing import Any, Final

import msgspec

MOST_CHARS: Final = 200


def excerpt(text: str, most: int = MOST_CHARS) -> str:
    """The first ``most`` characters."""
    return text if len(text) <= most else text[:most] + "…"


def shown(value: Any, most: int = MOST_CHARS) -> str:
    """A text as it is, any other value as JSON; the first ``most`` characters."""
    return excerpt(value if isinstance(value, str) else as_json(value), most)


def as_json(value: Any) -> str:
    """A value as JSON on one line; a value that JSON cannot represent as Python shows it."""
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        return repr(type(value).__name__)


def call_text(tool: str, arguments: Any) -> str:
    """A tool call as a line of code: ``weather(city="Basel", days=3)``."""
    if isinstance(arguments, dict):
        inner = ", ".join(f"{name}={excerpt(as_json(value))}" for name, value in arguments.items())
    else:
        inner = excerpt(as_json(arguments))
    return f"{tool}({excerpt(inner, 3 * MOST_CHARS)})"
