"""Checks a JSON value against a JSON schema: the keywords that say what a person may answer. Pure.

Checked are ``type``, ``enum``, ``const``, the limits of numbers, texts, lists and objects, ``pattern``,
``items``, ``prefixItems``, ``properties``, ``required``, ``additionalProperties``, ``anyOf``, ``oneOf``,
``allOf``, ``not`` and ``$ref`` within the schema. Other keywords, and keywords with an invalid value, allow
everything: the schema comes from an agent, and its mistakes must not make a request unanswerable.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

MOST_CHECKS: Final = 20_000
"""The most pairs of schema and value that are compared: references and alternatives multiply them."""

MOST_PROBLEMS: Final = 20

_DEEPEST: Final = 100

_QUOTED: Final = 5
_NAMES: Final = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


class SchemaProblem(NamedTuple):
    """A value that does not meet its schema: ``path`` are the keys that lead to it."""

    path: tuple[str, ...]
    message: str


def schema_problems(schema: Any, value: Any) -> list[SchemaProblem]:
    """The reasons why ``value`` does not meet ``schema``, at most `MOST_PROBLEMS`; empty if it does."""
    try:
        return _Check(schema).problems(schema, value, ())[:MOST_PROBLEMS]
    except _TooLarge:
        return [SchemaProblem((), "is too large to be checked against its schema")]


class _TooLarge(Exception):
    pass


class _Check:
    """One check; ``root`` is what a ``$ref`` begins at."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._left = MOST_CHECKS
        self._depth = 0

    def problems(self, schema: Any, value: Any, path: tuple[str, ...]) -> list[SchemaProblem]:
        self._left -= 1
        self._depth += 1
        try:
            if self._left < 0 or self._depth > _DEEPEST:
                raise _TooLarge
            return self._problems(schema, value, path)
        finally:
            self._depth -= 1

    def _problems(self, schema: Any, value: Any, path: tuple[str, ...]) -> list[SchemaProblem]:
        if schema is False:
            return [SchemaProblem(path, "is not allowed")]
        if not isinstance(schema, Mapping):
            return []
        wrong = _wrong_type(schema.get("type"), value)
        if wrong is not None:
            return [SchemaProblem(path, wrong)]
        found = [SchemaProblem(path, message) for message in _limits(schema, value)]
        if isinstance(value, list):
            found += self._items(schema, value, path)
        elif isinstance(value, dict):
            found += self._properties(schema, value, path)
        return found + self._combined(schema, value, path)

    def _items(
        self, schema: Mapping[str, Any], value: list[Any], path: tuple[str, ...]
    ) -> list[SchemaProblem]:
        first = _list(schema, "prefixItems")
        rest = schema.get("items")
        found: list[SchemaProblem] = []
        for index, item in enumerate(value):
            found += self.problems(first[index] if index < len(first) else rest, item, (*path, str(index)))
        return found

    def _properties(
        self, schema: Mapping[str, Any], value: dict[str, Any], path: tuple[str, ...]
    ) -> list[SchemaProblem]:
        properties = schema.get("properties")
        known = properties if isinstance(properties, Mapping) else {}
        found = [
            SchemaProblem((*path, name), "is missing")
            for name in _list(schema, "required")
            if isinstance(name, str) and name not in value
        ]
        for name, item in value.items():
            under = known[name] if name in known else schema.get("additionalProperties")
            found += self.problems(under, item, (*path, name))
        return found

    def _combined(self, schema: Mapping[str, Any], value: Any, path: tuple[str, ...]) -> list[SchemaProblem]:
        found: list[SchemaProblem] = []
        reference = schema.get("$ref")
        if isinstance(reference, str):
            found += self.problems(self._resolved(reference), value, path)
        for part in _list(schema, "allOf"):
            found += self.problems(part, value, path)
        any_of, one_of = _list(schema, "anyOf"), _list(schema, "oneOf")
        if any_of:
            tried = [self.problems(part, value, path) for part in any_of]
            if all(tried):
                found += _closest(tried)
        if one_of:
            tried = [self.problems(part, value, path) for part in one_of]
            if all(tried):
                found += _closest(tried)
            elif sum(not problems for problems in tried) > 1:
                found.append(SchemaProblem(path, "meets more than one of the alternatives"))
        if isinstance(schema.get("not"), Mapping) and not self.problems(schema["not"], value, path):
            found.append(SchemaProblem(path, "is not allowed"))
        return found

    def _resolved(self, reference: str) -> Any:
        """The schema at a JSON pointer such as ``#/$defs/Choice``; true where there is none."""
        at = self._root
        if not reference.startswith("#"):
            return True
        for part in reference.removeprefix("#").split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(at, Mapping) or key not in at:
                return True
            at = at[key]
        return at


def _closest(tried: Sequence[list[SchemaProblem]]) -> list[SchemaProblem]:
    """The problems of the alternative that fits best: the deepest, then the fewest problems."""
    return min(tried, key=lambda problems: (-max(len(problem.path) for problem in problems), len(problems)))


def _wrong_type(declared: Any, value: Any) -> str | None:
    kinds = [declared] if isinstance(declared, str) else declared
    if not isinstance(kinds, list):
        return None
    known = [kind for kind in kinds if isinstance(kind, str) and kind in _NAMES]
    if len(known) < len(kinds) or not known or any(_is(kind, value) for kind in known):
        return None
    return f"must be {' or '.join(_NAMES[kind] for kind in known)}"


def _is(kind: str, value: Any) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "number":
            return _number(value) is not None
        case "integer":
            number = _number(value)
            return number is not None and number == math.floor(number)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case _:
            return value is None


def _limits(schema: Mapping[str, Any], value: Any) -> list[str]:
    """The limits of the value itself that it does not keep."""
    found = []
    choices = schema.get("enum")
    if isinstance(choices, list) and not any(_same(choice, value) for choice in choices):
        shown = ", ".join(str(choice)[:50] for choice in choices[:_QUOTED])
        found.append(f"must be one of {shown}{', …' if len(choices) > _QUOTED else ''}")
    if "const" in schema and not _same(schema["const"], value):
        found.append(f"must be {str(schema['const'])[:50]}")
    number = _number(value)
    if number is not None:
        found += _compared(schema, number, _NUMBER_LIMITS)
        step = _number(schema.get("multipleOf"))
        if step is not None and step > 0 and not _is_multiple(number, step):
            found.append(f"must be a multiple of {_figure(step)}")
    elif isinstance(value, str):
        found += _compared(schema, len(value), _TEXT_LIMITS)
        if not _matches(schema.get("pattern"), value):
            found.append(f"must match {str(schema['pattern'])[:100]}")
    elif isinstance(value, list):
        found += _compared(schema, len(value), _LIST_LIMITS)
        unique = schema.get("uniqueItems") is True and len(value) <= 1_000
        if unique and any(_same(item, other) for index, item in enumerate(value) for other in value[:index]):
            found.append("must have no entry twice")
    elif isinstance(value, dict):
        found += _compared(schema, len(value), _OBJECT_LIMITS)
    return found


_Limit = tuple[str, Callable[[float, float], bool], str]

_NUMBER_LIMITS: Final[Sequence[_Limit]] = (
    ("minimum", lambda value, limit: value >= limit, "must be at least {}"),
    ("maximum", lambda value, limit: value <= limit, "must be at most {}"),
    ("exclusiveMinimum", lambda value, limit: value > limit, "must be more than {}"),
    ("exclusiveMaximum", lambda value, limit: value < limit, "must be less than {}"),
)
_TEXT_LIMITS: Final[Sequence[_Limit]] = (
    ("minLength", lambda value, limit: value >= limit, "must have at least {} characters"),
    ("maxLength", lambda value, limit: value <= limit, "must have at most {} characters"),
)
_LIST_LIMITS: Final[Sequence[_Limit]] = (
    ("minItems", lambda value, limit: value >= limit, "must have at least {} entries"),
    ("maxItems", lambda value, limit: value <= limit, "must have at most {} entries"),
)
_OBJECT_LIMITS: Final[Sequence[_Limit]] = (
    ("minProperties", lambda value, limit: value >= limit, "must have at least {} fields"),
    ("maxProperties", lambda value, limit: value <= limit, "must have at most {} fields"),
)


def _compared(schema: Mapping[str, Any], value: float, limits: Sequence[_Limit]) -> list[str]:
    found = []
    for name, keeps, message in limits:
        limit = _number(schema.get(name))
        if limit is not None and not keeps(value, limit):
            found.append(message.format(_figure(limit)))
    return found


def _matches(pattern: Any, text: str) -> bool:
    """Whether the pattern is somewhere in the text, or cannot be checked. RE2, because neither is trusted."""
    if not isinstance(pattern, str):
        return True
    import re2  # few schemas have a pattern

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options).search(text) is not None
    except re2.error:
        return True


def _same(one: Any, other: Any) -> bool:
    """Equality of JSON values: true is not 1, but 1 is 1.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one == other)


def _is_multiple(number: float, step: float) -> bool:
    if isinstance(number, int) and isinstance(step, int):
        return number % step == 0
    try:
        return math.isclose(number / step, round(number / step), rel_tol=0, abs_tol=1e-9)
    except OverflowError:
        return True


def _figure(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _number(value: Any) -> int | float | None:
    """The value if it is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None


def _list(schema: Mapping[str, Any], name: str) -> list[Any]:
    value = schema.get(name)
    return value if isinstance(value, list) else []
