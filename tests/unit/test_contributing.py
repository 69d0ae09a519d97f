"""CONTRIBUTING.md and SECURITY.md name files and folders that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "worker_widget"
PLACES = (
    *(ROOT, PACKAGE, ROOT / "js" / "src", ROOT / "js" / "src" / "panes", ROOT / "tests" / "unit"),
    PACKAGE / "workers" / "business_builder",
)
PATH = re.compile(r"`([\w./*-]+)`")
SOURCE = (".py", ".ts", ".tsx", ".css", ".toml")


def named(text: str) -> Iterator[tuple[str, list[Path]]]:
    """Each path in a guide, and the folders that it may be in: first those named before it in its row."""
    for line in text.splitlines():
        folders: list[Path] = []
        for name in PATH.findall(line):
            if "/" in name or name.endswith(SOURCE):
                yield name, [*folders, *PLACES]
            folders += [
                folder if folder.is_dir() else folder.parent
                for folder in (place / name for place in PLACES)
                if folder.exists()
            ]


@pytest.mark.parametrize(("guide", "least"), [("CONTRIBUTING.md", 120), ("SECURITY.md", 5)])
def test_every_path_in_it_exists(guide: str, least: int) -> None:
    found = list(named((ROOT / guide).read_text(encoding="utf-8")))
    assert len(found) >= least
    missing = {name for name, folders in found if not any(any(folder.glob(name)) for folder in folders)}
    assert missing == set()
