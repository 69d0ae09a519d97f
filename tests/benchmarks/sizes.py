"""The sizes of the front end: a saved notebook contains a copy of `widget.js`, the kernel sends `live.js`."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figure import Figure, figure

STATIC = Path(__file__).parents[2] / "src" / "worker_widget" / "static"
LIMITS_KB = {"widget.js": 60, "live.js": 100}


def figures() -> Iterator[Figure]:
    for name, limit in LIMITS_KB.items():
        script = (STATIC / name).read_bytes()
        beside = f"at most {limit}; gzipped {len(gzip.compress(script, 9)) / 1000:.1f}"
        yield figure(f"{name}, minified", len(script) / 1000, "kB", beside)
