"""Each promise of docs/promises.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROMISED, _, _ = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8").partition("## What is not")
PROMISES = [text for text in re.split(r"^- ", PROMISED, flags=re.MULTILINE) if text.startswith("**")]
TEST = re.compile(r"`(tests/\S+\.py)::(\w+)`")


@pytest.mark.parametrize("promise", PROMISES, ids=lambda text: re.split(r"\*\*", text)[1][:60])
def test_a_promise_has_a_test(promise: str) -> None:
    tests = TEST.findall(promise)
    assert tests
    for file, name in tests:
        code = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^(async )?def {name}\(", code, re.MULTILINE), f"{file}::{name}"
