"""The browser's side of the wire is the one that the Python types give."""

from __future__ import annotations

from tests import wire_types


def test_the_types_in_typescript_are_generated_from_python() -> None:
    hint = "Run `python -m tests.wire_types`, and adapt the front end."
    assert wire_types.PATH.read_text(encoding="utf-8") == wire_types.generate(), hint
    assert wire_types.FORM_PATH.read_text(encoding="utf-8") == wire_types.brand_form(), hint
