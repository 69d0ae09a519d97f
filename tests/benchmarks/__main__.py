"""``make bench``: each figure beside its peer or its bare limit, measured in the same run.

Writes ``bench.json``: for each figure its value, the peer's, and their ratio.
"""

from __future__ import annotations

import json
import platform
from pathlib import Path

from tests.benchmarks import browser, imports, kernel, sizes

ROOT = Path(__file__).parents[2]


def main() -> None:
    figures = [*sizes.figures(), *imports.figures(), *kernel.figures(), *browser.figures()]
    machine = {"python": platform.python_version(), "machine": platform.machine()}
    (ROOT / "bench.json").write_text(json.dumps({"machine": machine, "figures": figures}, indent=2) + "\n")
    for figure in figures:
        print(f"{figure['name']:<58} {figure['value']:>12,.3f} {figure['unit']:<10} {figure['beside']}")


if __name__ == "__main__":
    main()
