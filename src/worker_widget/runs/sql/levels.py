"""Comparisons of log levels with texts, made comparisons of levels.

DuckDB compares an enum with a text as text, so that ``level >= 'warning'`` would leave out errors.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

from .engine import parsed
from .results import LEVEL_TYPE
from .tree import Node, column_path, nodes, replaced

if TYPE_CHECKING:
    import duckdb

_ORDERED: Final = (
    "COMPARE_LESSTHAN",
    "COMPARE_GREATERTHAN",
    "COMPARE_LESSTHANOREQUALTO",
    "COMPARE_GREATERTHANOREQUALTO",
    "COMPARE_BETWEEN",
)


_OF_LEVELS: Final = ("max", "min", "any_value", "first", "last", "mode", "arg_max", "arg_min")
"""Functions whose result is one of the levels that they get."""


def with_levels(engine: duckdb.DuckDBPyConnection, tree: Node, others: Collection[str] = ()) -> Node | None:
    """The statement with ordered comparisons of levels; ``None`` if it compares none with a text.

    ``others`` are names of tables whose column ``level`` is no log level, "" if that has no qualifier.
    """
    changed = tree
    for node in nodes(tree):
        if node.get("type") not in _ORDERED:
            continue
        sides = [node[key] for key in ("left", "right", "input", "lower", "upper") if key in node]
        if not any(_is_level(side, others) for side in sides):
            continue
        for side in sides:
            if side.get("class") in ("CONSTANT", "PARAMETER"):
                changed = replaced(changed, side, _level(engine, side))
    return None if changed is tree else changed


def _is_level(expression: Node, others: Collection[str]) -> bool:
    if str(expression.get("function_name", "")).lower() in _OF_LEVELS:
        return any(_is_level(node, others) for node in nodes(expression) if "column_names" in node)
    path = column_path(expression)
    return path[-1:] == ["level"] and (path[-2] if len(path) > 1 else "") not in others


def _level(engine: duckdb.DuckDBPyConnection, text: Node) -> Any:
    cast = parsed(engine, f"SELECT CAST('x' AS {LEVEL_TYPE})")["statements"][0]["node"]["select_list"][0]
    return {**cast, "child": text}
