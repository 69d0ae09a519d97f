"""The brand as the form's JSON text, and the first problem in such a text in plain words. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from ..errors import Problem, RequestRefused

_PROBLEMS: Final = {
    "Expecting property name enclosed in double quotes": "expected a name in double quotes",
    "Illegal trailing comma before end of object": "expected another name after the comma",
    "Illegal trailing comma before end of array": "expected another value after the comma",
    "Expecting ':' delimiter": "expected : after the name",
    "Expecting ',' delimiter": "expected a comma, or the end of the object or list",
    "Expecting value": "expected a value",
    "Unterminated string starting at": "this text has no closing quote",
    "Extra data": "unexpected text after the end",
}
"""What Python's parser says, in plain words."""


def parse_brand(text: str) -> dict[str, Any] | None:
    """Parses the form's brand; ``None`` for blank text. Raises `RequestRefused` with line and column."""
    if not text.strip():
        return None
    try:
        value = json.loads(text, parse_constant=_not_json)
    except json.JSONDecodeError as error:
        what = _PROBLEMS.get(error.msg, error.msg.removesuffix(" at"))
        ended = "the text ends here, " if error.pos >= len(text.rstrip()) else ""
        raise _refused(f"line {error.lineno}, column {error.colno}: {ended}{what}") from error
    except (ValueError, RecursionError) as error:
        raise _refused(str(error)) from error
    if not isinstance(value, dict):
        raise _refused('it must be a JSON object, such as {"company_name": "Acme"}')
    return value


def brand_text(brand: Mapping[str, Any] | None) -> str:
    """Writes a brand as the form's JSON text, "" for none. Raises `RequestRefused` for other values than
    JSON's."""
    if brand is None:
        return ""
    try:
        return json.dumps(dict(brand), indent=2, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        message = f"cannot be written as JSON: {error}"
        raise RequestRefused(f"The brand {message}.", [Problem("brand", message)]) from error


def _not_json(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _refused(what: str) -> RequestRefused:
    return RequestRefused(
        f"The brand is not valid JSON: {what}.", [Problem("brand", f"Not valid JSON: {what}.")]
    )
