"""The shape of the package: no modules that import each other, and one meaning for each public class name."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import worker_widget

PACKAGE = "worker_widget"
ROOT = Path(worker_widget.__file__).parent


def modules() -> dict[str, ast.Module]:
    """Every module by its full name; the package's own root, which imports lazily, is left out."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = [PACKAGE, *path.relative_to(ROOT).with_suffix("").parts]
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name != PACKAGE:
            found[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return found


MODULES = modules()
PACKAGES = {name for name in MODULES if (ROOT.parent / Path(*name.split(".")) / "__init__.py").exists()}


def imported(name: str, tree: ast.Module) -> Iterator[str]:
    """Every module of the package that ``tree`` imports, anywhere in it: in functions and for types, too."""
    package = name if name in PACKAGES else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            targets = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for target in targets:
            # `from .events import Log` names a module and something in it.
            found = next((part for part in (target, target.rpartition(".")[0]) if part in MODULES), None)
            if found is not None and found != name:
                yield found


def graph() -> Mapping[str, set[str]]:
    return {name: set(imported(name, tree)) for name, tree in MODULES.items()}


def public_classes(tree: ast.Module) -> Iterator[str]:
    """The classes and type aliases that a module defines for others."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            name = node.name
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation).endswith("TypeAlias"):
            name = ast.unparse(node.target)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and _is_alias(node):
            name = ast.unparse(node.targets[0])
        else:
            continue
        if not name.startswith("_"):
            yield name


def _is_alias(node: ast.Assign) -> bool:
    """``Theme = Literal[...]``, ``Number = int | float``: a name in capitals of words, for a type."""
    target = node.targets[0]
    named = isinstance(target, ast.Name) and target.id[:1].isupper() and not target.id.isupper()
    return named and isinstance(node.value, ast.Subscript | ast.BinOp | ast.Name | ast.Attribute)


def test_the_whole_package_is_looked_at() -> None:
    found = graph()
    assert len(found) > 100
    assert f"{PACKAGE}.state.reduce" in found[f"{PACKAGE}.runs.live_run"]


def test_no_modules_import_each_other() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        raise AssertionError("an import circle: " + " imports ".join(reversed(error.args[1]))) from None


def test_a_public_class_name_exists_once() -> None:
    places = defaultdict(list)
    for module, tree in MODULES.items():
        for name in public_classes(tree):
            places[name].append(module)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
