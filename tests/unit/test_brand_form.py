"""The brand form: its fields from a schema, the findings at them, and the brands saved on this computer."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import brand_docs
from worker_widget import HistoryError, RequestRefused, SavedBrands, WorkerConsole
from worker_widget.console.brand_check import BrandFinding, findings, summary
from worker_widget.console.brand_form import MOST_FIELDS, BrandField, brand_fields, example_brand
from worker_widget.console.brand_json import brand_text, parse_brand
from worker_widget.errors import Problem
from worker_widget.events.request_models import Brand
from worker_widget.runs.saved_brands import MOST_BRANDS, MOST_CHARS

OWN = Brand.model_json_schema()
FORM = brand_fields(OWN, OWN)


FIELDS = brand_docs.fields()


def one(part: dict[str, Any], known: dict[str, Any] | None = None) -> BrandField:
    """The field that a schema with one property gives."""
    schema = {"properties": {"thing": part}, "required": ["thing"]}
    (field,) = brand_fields(schema, {"properties": {"thing": known or {}}})
    return field


def test_every_field_of_the_model_has_a_label_a_help_sentence_and_a_control() -> None:
    assert set(FIELDS) == set(_paths(Brand))
    for path, field in FIELDS.items():
        assert field.label, path
        assert field.help.endswith("."), path
        assert field.kind != "json", path
        assert field.example or field.default or field.kind in ("group", "rows", "choice", "choices"), path


def _paths(model: Any, at: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield at + name
        inner = [part for part in _parts(field.annotation) if hasattr(part, "model_fields")]
        for part in inner:
            yield from _paths(part, f"{at}{name}.")


def _parts(annotation: Any) -> list[Any]:
    from typing import get_args

    return [annotation, *get_args(annotation)]


@pytest.mark.parametrize(
    ("path", "kind", "required"),
    [
        ("company_name", "text", True),
        ("mission", "paragraph", True),
        ("tagline", "text", False),
        ("target_audience", "choices", False),
        ("audience_pain_points", "texts", False),
        ("tone", "group", False),
        ("tone.primary", "choice", False),
        ("forbidden_claims", "rows", False),
        ("forbidden_claims.pattern", "text", True),
        ("visual.primary_color", "color", False),
        ("budget_tokens", "number", False),
    ],
)
def test_a_field_has_the_control_of_its_type(path: str, kind: str, required: bool) -> None:
    assert (FIELDS[path].kind, FIELDS[path].required) == (kind, required)


def test_listed_values_have_names_and_limits_are_in_words() -> None:
    assert dict(FIELDS["target_audience"].choices)["b2b_smb"] == "Small and medium companies"
    assert FIELDS["target_audience"].default == "Small and medium companies"
    assert str(FIELDS["mission"].limits) == "10 to 2,000 characters, at least 3 words"
    assert str(FIELDS["tone.avoid"].limits) == "at most 50 entries, each at most 500 characters"
    assert str(FIELDS["budget_tokens"].limits) == "1,000 to 1,000,000"


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "maxLength": 5_000}, "paragraph"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text"),
        ({"enum": ["a", "b"], "type": "string"}, "choice"),
        ({"type": "integer"}, "number"),
        ({"type": "array", "items": {"type": "string"}}, "texts"),
        ({"type": "array", "items": {"enum": ["a"], "type": "string"}}, "choices"),
        ({"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}}, "rows"),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, "group"),
        ({"type": "object"}, "json"),
        ({"type": "boolean"}, "json"),
        ({"$ref": "#/nowhere"}, "json"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "json"),
        ({}, "json"),
        ("odd", "json"),
    ],
)
def test_any_schema_gives_a_control(part: Any, kind: str) -> None:
    assert one(part).kind == kind


def test_other_words_are_allowed_beside_listed_values_where_the_schema_says_so() -> None:
    listed = {"enum": ["smb", "dev"], "type": "string"}
    items = {"anyOf": [listed, {"type": "string", "maxLength": 90}]}
    field = one({"type": "array", "items": items})
    assert (field.kind, [value for value, _ in field.choices], field.free) == (
        "choices",
        ["smb", "dev"],
        True,
    )
    assert not one({"type": "array", "items": listed}).free
    named = one({"type": "array", "items": {"type": "string"}, "x-names": {"smb": "Small companies"}})
    assert (named.kind, named.choices, named.free) == ("choices", (("smb", "Small companies"),), True)


def test_help_comes_from_this_package_where_the_server_has_none_and_limits_do_not() -> None:
    bare = {"properties": {"mission": {"type": "string", "title": "Mission Text", "minLength": 4}}}
    (field,) = brand_fields(bare, OWN)
    assert (field.label, field.limits.min_words, field.limits.min_chars) == ("Mission", 3, 4)
    assert field.limits.max_chars is None
    assert field.help == "What the company does, and its customers. At least 4 characters, at least 3 words."
    (field,) = brand_fields({"properties": {"motto": {"type": "string", "title": "Motto"}}}, OWN)
    assert (field.label, field.help) == ("Motto", "")


def test_a_schema_that_refers_to_itself_ends() -> None:
    again = {"$ref": "#/$defs/again"}
    schema = {"$defs": {"again": {"type": "object", "properties": {"a": again}}}, "properties": {"a": again}}
    (field,) = brand_fields(schema, OWN)
    assert [(inner.name, inner.kind) for inner in field.fields] == [("a", "json")]
    assert brand_fields({"$defs": {"x": {"$ref": "#/$defs/x"}}, "$ref": "#/$defs/x"}, OWN) == ()
    many = {"properties": {f"field_{n}": {"type": "string"} for n in range(500)}}
    assert len(brand_fields(many, OWN)) == MOST_FIELDS


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "properties", "items", "anyOf", "enum", "$ref", "required", "default"]
                ),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_no_schema_breaks_the_form(schema: Any) -> None:
    if isinstance(schema, dict):
        fields = brand_fields(schema, OWN)
        findings(fields, {"type": "x", "items": [1, {}]})


def test_the_example_is_a_valid_brand() -> None:
    example = example_brand(FORM)
    assert Brand.model_validate(example).company_name == "Clearwave"
    assert findings(FORM, example) == []


BRAND = {
    "company_name": "Acme",
    "mission": "We make things well",
    "value_proposition": "Things that last and can be mended",
}


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"mission": "two words"}, "mission", "Needs at least 3 words; it has 2."),
        ({"mission": "a b c"}, "mission", "Needs at least 10 characters; it has 5."),
        ({"company_name": "x" * 201}, "company_name", "May have 200 characters at most; it has 201."),
        ({"tone": {"primary": "loud"}}, "tone.primary", "“loud” is none of the choices: Casual, Neutral, "),
        ({"visual": {"primary_color": "red"}}, "visual.primary_color", "Must be a colour such as #1f4e79."),
        ({"budget_tokens": 10}, "budget_tokens", "Must be 1,000 to 1,000,000."),
        ({"tone": {"avoid": ["ok", "x" * 501]}}, "tone.avoid.1", "May have 500 characters at most; it has "),
        ({"voice_attributes": ["x"] * 51}, "voice_attributes", "May have 50 entries at most; it has 51."),
    ],
)
def test_what_exceeds_a_limit_is_said_at_its_field(change: dict[str, Any], path: str, message: str) -> None:
    (found,) = findings(FORM, BRAND | change)
    assert (found.tone, found.path) == ("error", path)
    assert found.message.startswith(message)


def test_a_required_field_without_a_value_is_missing() -> None:
    assert [(found.tone, found.path) for found in findings(FORM, {"mission": "  "})] == [
        ("missing", "company_name"),
        ("missing", "mission"),
        ("missing", "value_proposition"),
    ]
    claims = {"forbidden_claims": [{"reason": "no"}, {"pattern": "x"}]}
    assert [found.path for found in findings(FORM, BRAND | claims)] == ["forbidden_claims.0.pattern"]


def test_the_servers_findings_are_at_their_fields_and_not_said_twice() -> None:
    errors = [
        Problem("brand.mission", "String should have at least 10 characters"),
        Problem("brand.tone.avoid.0", "is odd"),
        Problem("brand.tone.primary.casual", "deep"),
        Problem("brand.colour", "is unknown"),
    ]
    warnings = [
        "visual.primary_color and visual.secondary_color are hard to distinguish",
        "forbidden_claims[1].pattern 'x(' is no expression",
        "tone.colour: unknown field, ignored",
        "tagline contains 'x', which brand.forbidden_claims[0] forbids",
        "A tagline would help.",
    ]
    found = findings(FORM, BRAND | {"mission": "x"}, errors, warnings)
    assert found == [
        BrandFinding("error", "mission", "Needs at least 3 words; it has 1."),
        BrandFinding("error", "tone.avoid.0", "is odd"),
        BrandFinding("error", "tone.primary", "deep"),
        BrandFinding("error", "", "colour: is unknown"),
        BrandFinding(
            "warning", "visual.primary_color", "Main colour and Second colour are hard to distinguish"
        ),
        BrandFinding("warning", "forbidden_claims.1.pattern", "Claim 'x(' is no expression"),
        BrandFinding("warning", "", "tone.colour: unknown field, ignored"),
        BrandFinding("warning", "tagline", "Tagline contains 'x', which Forbidden claims forbids"),
        BrandFinding("warning", "", "A tagline would help."),
    ]
    assert summary(found) == "4 problems, 5 warnings"


def test_what_the_form_finds_wrong_the_server_refuses() -> None:
    """The form is never stricter than the model; only names in its words differ."""
    for change in ({"mission": "two words"}, {"visual": {"primary_color": "red"}}, {"budget_tokens": 10}):
        with pytest.raises(ValueError, match="validation error"):
            Brand.model_validate(BRAND | change)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[1]", 'it must be a JSON object, such as {"company_name": "Acme"}'),
        ('{\n  "a": 1,\n  b: 2\n}', "line 3, column 3: expected a name in double quotes"),
        ('{\n  "a": 1\n  "b": 2\n}', "line 3, column 3: expected a comma, or the end of the object or list"),
        ('{"a" 1}', "line 1, column 6: expected : after the name"),
        ('{"a": x}', "line 1, column 7: expected a value"),
        ('{"a": "b}', "line 1, column 7: this text has no closing quote"),
        ('{"a": 1} b', "line 1, column 10: unexpected text after the end"),
        (
            '{"a": 1',
            "line 1, column 8: the text ends here, expected a comma, or the end of the object or list",
        ),
        ('{"a": NaN}', "NaN is no number of JSON"),
    ],
)
def test_what_is_no_json_is_named_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        parse_brand(text)
    assert str(refused.value) == f"The brand is not valid JSON: {problem}."
    assert [found.field for found in refused.value.problems] == ["brand"]


@pytest.mark.parametrize("text", ['{"a": 1,}', "[" * 100_000, '{"a": ' + "9" * 5_000 + "}", '{"a": "\\x"}'])
def test_any_other_text_is_refused_too(text: str) -> None:
    with pytest.raises(RequestRefused, match="The brand is not valid JSON: "):
        parse_brand(text)


def test_a_brand_comes_back_from_its_text() -> None:
    assert parse_brand(brand_text(BRAND)) == BRAND
    assert (parse_brand(" \n"), brand_text(None)) == (None, "")


class TestSavedBrands:
    @pytest.fixture(autouse=True)
    def home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("WORKER_WIDGET_HOME", str(tmp_path))
        return tmp_path

    def test_they_are_shared_by_all_that_have_the_same_home(self) -> None:
        SavedBrands().save("  Acme  Works ", BRAND)
        SavedBrands().save("zebra", {"company_name": "Z", "unknown": [1, {"a": None}]})
        assert SavedBrands().names() == ["Acme Works", "zebra"]
        assert SavedBrands().load("Acme Works") == BRAND
        assert SavedBrands().load("zebra")["unknown"] == [1, {"a": None}]

    def test_one_of_the_same_name_is_replaced_and_another_case_is_another_name(self) -> None:
        brands = SavedBrands()
        brands.save("Acme", BRAND)
        brands.save("Acme", {"company_name": "New"})
        brands.save("acme", BRAND)
        assert brands.names() == ["Acme", "acme"]
        assert brands.load("Acme") == {"company_name": "New"}
        brands.delete("Acme")
        brands.delete("Acme")
        assert brands.names() == ["acme"]

    @pytest.mark.skipif(os.name != "posix", reason="file modes")
    def test_only_the_owner_can_read_them(self, home: Path) -> None:
        SavedBrands().save("Acme", BRAND)
        (path,) = (home / "brands").iterdir()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert path.name.startswith("acme-")

    @pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x00b", "a\x1bb"])
    def test_a_name_that_cannot_be_used_is_refused(self, name: str) -> None:
        with pytest.raises(RequestRefused, match="1 to 80 characters"):
            SavedBrands().save(name, BRAND)

    @pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "CON", ".", "名前", "😀" * 80])
    def test_any_other_name_stays_in_the_directory(self, name: str, home: Path) -> None:
        SavedBrands().save(name, BRAND)
        assert [path.parent for path in home.rglob("*.json")] == [home / "brands"]
        assert SavedBrands().names() == [name]

    def test_a_name_that_is_not_there_is_refused_with_those_that_are(self) -> None:
        SavedBrands().save("Acme", BRAND)
        with pytest.raises(RequestRefused, match=r"No brand is saved as 'Acne'\. Saved: 'Acme'\."):
            SavedBrands().load("Acne")

    def test_files_of_others_are_left_out(self, home: Path) -> None:
        SavedBrands().save("Acme", BRAND)
        for name, text in (("a", "{"), ("b", "[]"), ("c", '{"name": 1, "brand": {}}'), ("d", "\xff")):
            (home / "brands" / f"{name}.json").write_text(text, encoding="latin-1")
        assert SavedBrands().names() == ["Acme"]

    def test_a_brand_that_cannot_be_written_is_refused(self) -> None:
        with pytest.raises(RequestRefused, match="cannot be written as JSON"):
            SavedBrands().save("Acme", {"company_name": object()})
        with pytest.raises(RequestRefused, match="at most 200,000 are saved"):
            SavedBrands().save("Acme", {"mission": "x" * MOST_CHARS})
        assert SavedBrands().names() == []

    def test_there_is_a_limit(self) -> None:
        brands = SavedBrands()
        for number in range(MOST_BRANDS):
            brands.save(f"{number}", {})
        with pytest.raises(RequestRefused, match="Delete one first"):
            brands.save("one more", {})
        brands.save("7", BRAND)
        assert brands.load("7") == BRAND

    def test_a_directory_that_cannot_be_written_is_an_error_that_says_so(self, home: Path) -> None:
        (home / "brands").write_text("a file")
        with pytest.raises(HistoryError, match="saved brands cannot be written"):
            SavedBrands().save("Acme", BRAND)
        with pytest.raises(HistoryError, match="saved brands cannot be read"):
            SavedBrands().names()


def test_the_docstring_of_the_console_describes_every_field() -> None:
    text = " ".join((WorkerConsole.__doc__ or "").split())
    for line in brand_docs.docstring_lines():
        assert line in text, "Run `python -m tests.brand_docs`."


def test_a_saved_brand_is_json_that_a_person_can_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(tmp_path))
    SavedBrands().save("Größe", {"mission": "Größe für alle"})
    (path,) = (tmp_path / "brands").iterdir()
    text = path.read_text(encoding="utf-8")
    assert "Größe für alle" in text
    assert json.loads(text) == {"name": "Größe", "brand": {"mission": "Größe für alle"}}
