"""The examples of docs/functions.md run, in their order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import worker_widget

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "functions.md").read_text(encoding="utf-8")


def test_the_examples_run() -> None:
    names: dict[str, Any] = {"__name__": "functions"}
    blocks = re.findall(r"^```python\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 5
    for number, block in enumerate(blocks):
        exec(compile(block, f"functions.md, example {number + 1}", "exec"), names)


def test_every_name_in_the_table_is_public() -> None:
    table = re.findall(r"^\| `(?:with |await |@)?(\w+)", DOC, re.MULTILINE)
    assert {"stage", "log", "artifact", "track", "route", "warning", "ask"} == set(table)
    assert set(table) | {"ask_and_wait"} <= set(worker_widget.__all__)
