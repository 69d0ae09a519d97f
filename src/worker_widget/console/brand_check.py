"""The findings on a brand, each at a field of the brand form. Pure.

The form's own findings are in plain words and come first; of the server's, those at other fields follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from ..errors import Problem
from .brand_form import BrandField

MOST_FINDINGS: Final = 100

_COLOR: Final = re.compile("#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_PATH: Final = re.compile(r"[a-z_]+(?:\[\d+\]|\.\d+|\.[a-z_]+)*")
_LONG_PATH: Final = re.compile(r"[a-z_]+(?:\[\d+\]|\.\d+|\.[a-z_]+)+")


class BrandFinding(msgspec.Struct, frozen=True):
    """A finding at the path of a field, such as ``tone.avoid.0``; the path of the whole brand is "".

    ``missing`` is a required field without a value.
    """

    tone: Literal["error", "missing", "warning"]
    path: str
    message: str


def findings(
    fields: Sequence[BrandField],
    brand: Mapping[str, Any],
    errors: Sequence[Problem] = (),
    warnings: Sequence[str] = (),
) -> list[BrandFinding]:
    """All findings, in the order of the fields; ``errors`` and ``warnings`` are the server's."""
    own = list(_own(fields, brand, ""))
    known = {finding.path for finding in own}
    served = [_placed("error", problem, fields) for problem in errors]
    served += [_placed("warning", _located(warning, fields), fields) for warning in warnings]
    return [*own, *(finding for finding in served if finding.path not in known or not finding.path)][
        :MOST_FINDINGS
    ]


def summary(found: Sequence[BrandFinding]) -> str:
    """The number of findings in words, "" for none."""
    words = {"error": "problem", "missing": "required field", "warning": "warning"}
    parts = []
    for tone, word in words.items():
        count = sum(finding.tone == tone for finding in found)
        if count:
            empty = " empty" if tone == "missing" else ""
            parts.append(f"{count} {word}{'s' if count > 1 else ''}{empty}")
    return ", ".join(parts)


def _own(fields: Sequence[BrandField], value: Mapping[str, Any], at: str) -> Iterator[BrandFinding]:
    for field in fields:
        item, path = value.get(field.name), at + field.name
        if _is_blank(item):
            if field.required:
                yield BrandFinding("missing", path, "Required")
        elif isinstance(item, list):
            yield from _in_list(field, item, path)
        elif isinstance(item, Mapping):
            if field.kind == "group":
                yield from _own(field.fields, item, f"{path}.")
        elif problem := _problem(field, item):
            yield BrandFinding("error", path, problem)


def _in_list(field: BrandField, items: Sequence[Any], path: str) -> Iterator[BrandFinding]:
    most = field.limits.max_items
    if most is not None and len(items) > most:
        yield BrandFinding("error", path, f"May have {most:,} entries at most; it has {len(items):,}.")
    for index, item in enumerate(items):
        if field.kind == "rows" and isinstance(item, Mapping):
            yield from _own(field.fields, item, f"{path}.{index}.")
        elif field.kind == "texts" and not _is_blank(item) and (problem := _problem(field, item)):
            yield BrandFinding("error", f"{path}.{index}", problem)


def _problem(field: BrandField, value: Any) -> str | None:
    """The problem of a text or a number that is not blank."""
    limits = field.limits
    if field.kind == "number" and isinstance(value, int | float):
        low, high = limits.minimum, limits.maximum
        outside = (low is not None and value < low) or (high is not None and value > high)
        return f"Must be {limits}." if outside else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    chars, words = len(text), len(text.split())
    if field.kind == "choice":
        names = ", ".join(name for _, name in field.choices)
        known = any(text == choice for choice, _ in field.choices)
        return None if known else f"\u201c{text}\u201d is none of the choices: {names}."
    if field.kind == "color":
        return None if _COLOR.fullmatch(text) else "Must be a colour such as #1f4e79."
    if limits.max_chars is not None and chars > limits.max_chars:
        return f"May have {limits.max_chars:,} characters at most; it has {chars:,}."
    if limits.min_words is not None and words < limits.min_words:
        return f"Needs at least {limits.min_words:,} words; it has {words:,}."
    if limits.min_chars is not None and chars < limits.min_chars:
        return f"Needs at least {limits.min_chars:,} characters; it has {chars:,}."
    return None


def _placed(
    tone: Literal["error", "warning"], problem: Problem, fields: Sequence[BrandField]
) -> BrandFinding:
    """The finding at the field of the form that shows a problem best."""
    place = []
    at_list = False
    path = problem.field.removeprefix("brand").lstrip(".")
    for name in path.split("."):
        field = next((field for field in fields if field.name == name), None)
        if field is None and not (at_list and name.isdecimal()):
            break
        place.append(name)
        at_list = field is not None and field.kind in ("rows", "texts")
        fields = field.fields if field is not None else fields
    rest = "" if place or not path else f"{path}: "
    return BrandFinding(tone, ".".join(place), rest + problem.message)


def _located(warning: str, fields: Sequence[BrandField]) -> Problem:
    """A warning as the problem of the field that it begins with; the field is "" where it names none.

    In the message the labels of fields stand in place of their paths.
    """
    start = _PATH.match(warning)
    path = _dotted(start[0]) if start else ""
    label = _label_at(path, fields)
    if start is None or label is None:
        return Problem("", _with_labels(warning, fields))
    return Problem(path, label + _with_labels(warning[start.end() :], fields))


def _with_labels(text: str, fields: Sequence[BrandField]) -> str:
    return _LONG_PATH.sub(
        lambda match: _label_at(_dotted(match[0]).removeprefix("brand."), fields) or match[0], text
    )


def _dotted(path: str) -> str:
    """``tone.avoid[0]`` as ``tone.avoid.0``."""
    return re.sub(r"\[(\d+)\]", r".\1", path)


def _label_at(path: str, fields: Sequence[BrandField]) -> str | None:
    """The label of the field at a path, which may have the numbers of list items."""
    label = None
    for name in path.split("."):
        if label is None or not name.isdecimal():
            field = next((field for field in fields if field.name == name), None)
            if field is None:
                return None
            label, fields = field.label, field.fields
    return label


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
