"""The fields of the brand form, made from the JSON schema of a brand. Pure.

Schemas of real servers have types and limits, but neither help nor the least number of words, which they
check at the start of a run. These are taken from the schema of this package, for the fields that both have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from ..events.schema_keywords import NAMES, WORDS

FieldKind = Literal[
    "text", "paragraph", "color", "number", "choice", "texts", "choices", "group", "rows", "json"
]

MOST_FIELDS: Final = 60
"""The most fields of one object; further ones can be edited as JSON."""

_MOST_CHOICES: Final = 100
_MOST_CHARS: Final = 600
_MOST_REFERENCES: Final = 8
_LONG_CHARS: Final = 1_000
"""A text that may have this many characters gets a field of several lines."""

_SHARED: Final = ("title", "description", "examples", "format", NAMES, WORDS)
"""The keywords that are taken from the package's schema where the server's has none."""


class FieldLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a text, of each text of a list, or of a number; ``max_items`` is of the list."""

    min_chars: int | None = None
    max_chars: int | None = None
    min_words: int | None = None
    max_items: int | None = None
    minimum: float | None = None
    maximum: float | None = None

    def __str__(self) -> str:
        """The limits in words, such as "10 to 2,000 characters, at least 3 words"."""
        least = self.min_chars if self.min_chars != 1 else None
        text = _between(least, self.max_chars, " characters"), _between(self.min_words, None, " words")
        items = _between(None, self.max_items, " entries")
        number = _between(self.minimum, self.maximum, "")
        return ", each ".join(filter(None, (number or items, ", ".join(filter(None, text)))))


class BrandField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of the brand form.

    ``kind`` is the control: ``text`` is one line, ``paragraph`` several, ``texts`` a list of texts,
    ``choices`` a list of listed values, ``group`` an object with ``fields``, ``rows`` a list of such objects;
    ``json`` can be edited as JSON only. ``help`` ends with the limits in words. ``choices`` are pairs of
    value and name; with ``free`` other words are allowed. ``default`` is a text for people.
    """

    name: str
    kind: FieldKind
    label: str
    help: str = ""
    example: str = ""
    default: str = ""
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    free: bool = False
    limits: FieldLimits = FieldLimits()
    fields: tuple[BrandField, ...] = ()


def brand_fields(schema: Mapping[str, Any], known: Mapping[str, Any]) -> tuple[BrandField, ...]:
    """The fields of ``schema`` in its order; ``known`` is the schema of this package."""
    return _fields(_Node(schema, schema), _Node(known, known), top=True)


def example_brand(fields: Sequence[BrandField]) -> dict[str, Any]:
    """A brand made of the fields' examples; a field without an example, and a number, is left out."""
    values = {field.name: _example(field) for field in fields}
    return {name: value for name, value in values.items() if value}


class _Node:
    """A part of a schema without references, and without null as an alternative."""

    def __init__(self, part: Any, root: Mapping[str, Any]) -> None:
        self._root = root
        self.keywords = _resolved(part, root, _MOST_REFERENCES)

    def part(self, part: Any) -> _Node:
        """A part of the same schema."""
        return _Node(part, self._root)

    @property
    def items(self) -> _Node:
        return self.part(self.keywords.get("items"))

    @property
    def properties(self) -> Mapping[str, Any]:
        return _mapping(self.keywords.get("properties"))


def _resolved(part: Any, root: Mapping[str, Any], steps: int) -> Mapping[str, Any]:
    if not isinstance(part, Mapping) or not steps:
        return {}
    reference = part.get("$ref")
    if isinstance(reference, str):
        found: Any = root
        for name in reference.removeprefix("#/").split("/"):
            found = _mapping(found).get(name)
        return {**_resolved(found, root, steps - 1), **_without(part, "$ref")}
    for keyword in ("allOf", "anyOf", "oneOf"):
        options = [option for option in _list(part.get(keyword)) if _mapping(option).get("type") != "null"]
        if len(options) == 1:
            return {**_resolved(options[0], root, steps - 1), **_without(part, keyword)}
    return part


def _fields(schema: _Node, known: _Node, *, top: bool) -> tuple[BrandField, ...]:
    required = _list(schema.keywords.get("required"))
    parts = list(schema.properties.items())[:MOST_FIELDS]
    return tuple(
        _field(name, schema.part(part), known.part(known.properties.get(name)), name in required, top)
        for name, part in parts
    )


def _field(name: str, schema: _Node, known: _Node, required: bool, top: bool) -> BrandField:
    shared = {keyword: known.keywords[keyword] for keyword in _SHARED if keyword in known.keywords}
    part = {**shared, **schema.keywords}
    items = schema.items if part.get("type") == "array" else None
    values, free = _listed(items or schema)
    names = _mapping(part.get(NAMES))
    if names and items and not values:  # other words are allowed, and the listed values only have names
        values, free = [name for name in names if isinstance(name, str)], True
    choices = tuple((value, _text(names.get(value)) or value) for value in values)
    kind = _kind(part, items, choices, free, top)
    of = items.keywords if items else part
    limits = FieldLimits(
        min_chars=_count(of.get("minLength")),
        max_chars=_count(of.get("maxLength")),
        min_words=_count(of.get(WORDS)),
        max_items=_count(part.get("maxItems")),
        minimum=_number(part.get("minimum")),
        maximum=_number(part.get("maximum")),
    )
    words = str(limits)
    inner = {"group": (schema, known), "rows": (schema.items, known.items)}.get(kind)
    return BrandField(
        name=name,
        kind=kind,
        # The titles of real servers are only the names in capitals.
        label=_text(shared.get("title") or part.get("title")) or name.replace("_", " ").capitalize(),
        help=f"{_text(part.get('description'))} {words[:1].upper()}{words[1:]}{'.' if words else ''}".strip(),
        example=_text(next(iter(_list(part.get("examples"))), None)),
        default=_named(part.get("default"), dict(choices)),
        required=required,
        choices=choices,
        free=free,
        limits=limits,
        fields=_fields(*inner, top=False) if inner else (),
    )


def _kind(
    part: Mapping[str, Any], items: _Node | None, choices: Sequence[object], free: bool, top: bool
) -> FieldKind:
    of = items.keywords.get("type") if items else None
    match part.get("type"):
        case "array" if choices:
            return "choices"
        case "array" if of == "string":
            return "texts"
        case "array" if of == "object" and top:
            return "rows"
        case "object" if part.get("properties") and top:
            return "group"
        case "integer" | "number":
            return "number"
        case "string" if choices and not free:
            return "choice"
        case "string" if part.get("format") == "color":
            return "color"
        case "string" if WORDS in part or (_count(part.get("maxLength")) or 0) >= _LONG_CHARS:
            return "paragraph"
        case "string":
            return "text"
        case _:
            return "json"


def _listed(node: _Node) -> tuple[list[str], bool]:
    """The listed values of a text, and whether other texts are allowed."""
    parts = [node.keywords]
    for keyword in ("anyOf", "oneOf"):
        parts += [node.part(option).keywords for option in _list(node.keywords.get(keyword))]
    values = [value for part in parts for value in (*_list(part.get("enum")), part.get("const"))]
    free = any(part.get("type") == "string" and not {"enum", "const"} & part.keys() for part in parts[1:])
    return [value for value in values if isinstance(value, str)][:_MOST_CHOICES], free


def _example(field: BrandField) -> Any:
    match field.kind:
        case "group":
            return example_brand(field.fields)
        case "rows":
            return [row] if (row := example_brand(field.fields)) else None
        case "texts" | "choices":
            return [field.example] if field.example else None
        case "number" | "json":
            return None
        case _:
            return field.example


def _named(default: Any, names: Mapping[str, str]) -> str:
    """A default for people: the names of listed values."""
    texts = map(_text, default if isinstance(default, list) else [default])
    return ", ".join(names.get(text, text) for text in texts)


def _between(least: float | None, most: float | None, unit: str) -> str:
    if least is not None and most is not None:
        return f"{least:,} to {most:,}{unit}"
    if most is not None:
        return f"at most {most:,}{unit}"
    return "" if least is None else f"at least {least:,}{unit}"


def _without(part: Mapping[str, Any], keyword: str) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name != keyword}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value[:_MOST_CHARS]
    return "" if _number(value) is None else str(value)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
