"""The sizes of the front end: a saved notebook has a copy of `widget.js`, the kernel sends the others."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figure import Figure, figure

STATIC = Path(__file__).parents[2] / "src" / "worker_widget" / "static"
LIMITS_KB = {
    "widget.js": 60,
    "live.js": 100,
    "pages.js": 60,
    "extras.js": 10,
    "travel.js": 30,
    "report.js": 150,
}


def figures() -> Iterator[Figure]:
    for name, limit in LIMITS_KB.items():
        script = (STATIC / name).read_bytes()
        beside = f"at most {limit}; gzipped {len(gzip.compress(script, 9)) / 1000:.1f}"
        yield figure(f"{name}, minified", len(script) / 1000, "kB", beside)
