"""The import graph of the Business Builder, read from its source."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import worker_widget

PACKAGE = "worker_widget.workers.business_builder"
ALLOWED = ("worker_widget.events", "worker_widget.host.worker")
MOST_FLOORS = 8

SOURCE = Path(worker_widget.__file__).parent


@cache
def _imports() -> Mapping[str, frozenset[str]]:
    """The modules of ``worker_widget`` that each module of the Business Builder imports."""
    graph = {}
    for path in sorted((SOURCE / "workers" / "business_builder").rglob("*.py")):
        parts = ("worker_widget", *path.relative_to(SOURCE).with_suffix("").parts)
        package = parts[:-1]
        module = ".".join(package if parts[-1] == "__init__" else parts)
        graph[module] = frozenset(_imported(path, package))
    return graph


def _imported(path: Path, package: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("worker_widget")}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            source = ".".join((*base, *filter(None, (node.module,))))
            if source.startswith("worker_widget"):
                found |= {_module(f"{source}.{alias.name}") or source for alias in node.names}
    return found


def _module(name: str) -> str | None:
    path = SOURCE.parent.joinpath(*name.split("."))
    return name if path.with_suffix(".py").is_file() or path.is_dir() else None


def _inside() -> dict[str, set[str]]:
    return {
        module: {name for name in imported if name.startswith(PACKAGE)}
        for module, imported in _imports().items()
    }


def _room(module: str) -> str:
    return module.removeprefix(PACKAGE).lstrip(".").split(".")[0]


def test_no_chain_of_imports_has_more_modules_than_eight() -> None:
    graph = _inside()
    floors: dict[str, int] = {}
    for module in TopologicalSorter(graph).static_order():  # raises CycleError
        floors[module] = 1 + max((floors[name] for name in graph[module]), default=0)
    assert max(floors.values()) <= MOST_FLOORS, sorted(floors.items(), key=lambda item: -item[1])[:5]


def test_rooms_do_not_import_each_other_in_a_circle() -> None:
    rooms: dict[str, set[str]] = {}
    for module, imported in _inside().items():
        rooms.setdefault(_room(module), set()).update(map(_room, imported))
    for room, others in rooms.items():
        others.discard(room)
    TopologicalSorter(rooms).prepare()  # raises CycleError


def test_only_the_events_and_the_worker_protocol_are_imported_from_outside() -> None:
    outside = {
        (module, name)
        for module, imported in _imports().items()
        for name in imported
        if not name.startswith(PACKAGE) and not name.startswith(ALLOWED)
    }
    assert not outside


def test_the_template_engine_and_the_openai_client_are_imported_when_they_are_needed() -> None:
    code = (
        f"import sys, worker_widget, worker_widget.host, {PACKAGE}.worker; "
        "print(sorted({'jinja2', 'openai', 're2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
