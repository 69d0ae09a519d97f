"""JSON values are checked against JSON schemas."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker_widget.events.json_schema import schema_problems

ADDRESS = {
    "type": "object",
    "required": ["street"],
    "properties": {"street": {"type": "string", "minLength": 1}, "floor": {"type": "integer", "minimum": 0}},
    "additionalProperties": False,
}

MEETS: list[tuple[Any, Any]] = [
    (True, 1),
    ({}, None),
    ({"type": "boolean"}, False),
    ({"type": "integer"}, 3.0),
    ({"type": "number"}, 3),
    ({"type": ["string", "null"]}, None),
    ({"enum": ["a", 1]}, 1.0),
    ({"const": {"a": [1]}}, {"a": [1.0]}),
    ({"minimum": 1, "maximum": 3}, "no number, no limit"),
    ({"multipleOf": 0.1}, 0.3),
    ({"maxLength": 1}, "\N{GRINNING FACE}"),
    ({"pattern": "^a"}, "abc"),
    ({"pattern": "(?=lookahead)"}, "abc"),
    ({"items": {"type": "string"}, "maxItems": 2, "uniqueItems": True}, ["a", "b"]),
    ({"prefixItems": [{"type": "string"}], "items": False}, ["a"]),
    ({"uniqueItems": True}, [1, True]),
    (ADDRESS, {"street": "Main", "floor": 2}),
    ({"anyOf": [{"type": "string"}, {"type": "null"}]}, None),
    ({"oneOf": [{"type": "integer"}, {"minimum": 5}]}, 2),
    ({"not": {"type": "null"}}, 0),
    ({"$ref": "#/$defs/A", "$defs": {"A": {"type": "string"}}}, "a"),
    ({"$ref": "#/$defs/Missing"}, "a"),
    ({"$ref": "https://example.com/schema.json"}, "a"),
    ({"type": 5, "enum": "x", "minimum": "low", "pattern": "(", "required": "street", "items": 3}, ["a"]),
    ({"type": "unknown-type"}, "a"),
    ({"format": "email"}, "no address"),
]

DOES_NOT: list[tuple[Any, Any, str, str]] = [
    (False, 1, "", "is not allowed"),
    ({"type": "boolean"}, 1, "", "must be true or false"),
    ({"type": "integer"}, True, "", "must be a whole number"),
    ({"type": "integer"}, 3.5, "", "must be a whole number"),
    ({"type": ["string", "null"]}, [], "", "must be a text or null"),
    ({"enum": ["approve", "decline"]}, "later", "", "must be one of approve, decline"),
    ({"enum": [1]}, True, "", "must be one of 1"),
    ({"const": 2}, 3, "", "must be 2"),
    ({"minimum": 1_000_000}, 3, "", "must be at least 1000000"),
    ({"exclusiveMaximum": 3}, 3, "", "must be less than 3"),
    ({"multipleOf": 0.5}, 0.7, "", "must be a multiple of 0.5"),
    ({"minLength": 2}, "a", "", "must have at least 2 characters"),
    ({"pattern": "^[a-z]+$"}, "A", "", "must match ^[a-z]+$"),
    ({"uniqueItems": True}, [{"a": 1}, {"a": 1.0}], "", "must have no entry twice"),
    ({"items": {"type": "string"}}, ["a", 2], "1", "must be a text"),
    ({"maxItems": 1}, [1, 2], "", "must have at most 1 entries"),
    (ADDRESS, {"floor": -1}, "street", "is missing"),
    (ADDRESS, {"street": "Main", "floor": -1}, "floor", "must be at least 0"),
    (ADDRESS, {"street": "Main", "zip": 1}, "zip", "is not allowed"),
    ({"anyOf": [{"type": "null"}, ADDRESS]}, {"street": ""}, "street", "must have at least 1 characters"),
    ({"oneOf": [{"type": "integer"}, {"minimum": 5}]}, 7, "", "meets more than one of the alternatives"),
    ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, 3, "", "must be at most 2"),
    ({"not": {"type": "null"}}, None, "", "is not allowed"),
    ({"items": {"$ref": "#"}, "type": "array"}, [[1]], "0.0", "must be a list"),
]


@pytest.mark.parametrize(("schema", "value"), MEETS)
def test_a_value_meets_its_schema(schema: Any, value: Any) -> None:
    assert schema_problems(schema, value) == []


@pytest.mark.parametrize(("schema", "value", "place", "message"), DOES_NOT)
def test_a_value_that_does_not_meet_its_schema_is_refused_with_place_and_reason(
    schema: Any, value: Any, place: str, message: str
) -> None:
    assert (place, message) in [(".".join(path), text) for path, text in schema_problems(schema, value)]


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"items": {"anyOf": [{"$ref": "#"}] * 30}, "type": "array"},
    ],
)
def test_a_schema_that_refers_to_itself_without_end_is_refused(schema: Any) -> None:
    value: Any = "a"
    for _ in range(60):
        value = [value]
    assert schema_problems(schema, value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYWORDS = st.sampled_from(
    (
        *("type", "enum", "const", "minimum", "multipleOf", "minLength", "pattern", "maxItems", "$ref"),
        *("items", "prefixItems", "properties", "required", "additionalProperties"),
        *("anyOf", "oneOf", "allOf", "not"),
    )
)


@given(schema=st.dictionaries(KEYWORDS, JSON, max_size=4), value=JSON)
def test_any_schema_and_any_value_give_an_answer(schema: Any, value: Any) -> None:
    assert schema_problems({"allOf": [schema], **schema}, value) is not None
    assert schema_problems({"const": value}, value) == []
