"""How large the front end is: every console in a saved notebook carries a copy."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figure import Figure, figure

BUNDLE = Path(__file__).parents[2] / "src" / "worker_widget" / "static" / "widget.js"


def figures() -> Iterator[Figure]:
    text = BUNDLE.read_bytes()
    yield figure("front end, minified", len(text) / 1000, "kB", "at most 60")
    yield figure("front end, gzipped", len(gzip.compress(text, 9)) / 1000, "kB", "at most 20")
