"""CONTRIBUTING.md and SECURITY.md name files and folders that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = (ROOT, ROOT / "src" / "worker_widget", ROOT / "js" / "src", ROOT / "tests" / "unit")


@pytest.mark.parametrize(("guide", "least"), [("CONTRIBUTING.md", 40), ("SECURITY.md", 5)])
def test_every_path_in_it_exists(guide: str, least: int) -> None:
    text = (ROOT / guide).read_text(encoding="utf-8")
    named = {
        name for name in re.findall(r"`([\w./-]+)`", text) if "/" in name or name.endswith((".py", ".ts"))
    }
    assert len(named) >= least
    assert {name for name in named if not any((place / name).exists() for place in PLACES)} == set()
