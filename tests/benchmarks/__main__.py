"""``make bench``: each figure beside its peer or its bare limit, measured in the same run.

Writes ``bench.json``. ``python -m tests.benchmarks NAME ...`` measures only these groups, and writes
nothing.
"""

from __future__ import annotations

import importlib
import json
import platform
import sys
from pathlib import Path

from tests.benchmarks.figure import Figure

RESULT = Path(__file__).parents[2] / "bench.json"
GROUPS = (
    "sizes",
    "imports",
    "kernel",
    "local",
    "search",
    "exports",
    "frameworks",
    "artifacts",
    "drawing",
    "host",
    "load",
    "beside",
    "agui",
    "burst",
    "steady",
    "flood",
    "million",
    "data",
    "seek",
    "report",
)


def main(groups: list[str]) -> None:
    figures: list[Figure] = []
    for group in groups or GROUPS:
        for figure in importlib.import_module(f"tests.benchmarks.{group}").figures():
            print(f"{figure['name']:<68} {figure['value']:>12,.3f} {figure['unit']:<10} {figure['beside']}")
            figures.append(figure)
    if not groups:
        machine = {"python": platform.python_version(), "machine": platform.machine()}
        RESULT.write_text(json.dumps({"machine": machine, "figures": figures}, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
