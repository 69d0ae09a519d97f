"""Statements as trees: what DuckDB's ``json_serialize_sql`` makes of them, and how such trees are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

Node: TypeAlias = "dict[str, Any]"
"""A part of a statement: a query, a table reference or an expression."""


def nodes(tree: Any) -> Iterator[Node]:
    """Every node in a tree, each before those inside it."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(reversed(item.values()))
        elif isinstance(item, list):
            waiting.extend(reversed(item))


def named_tables(tree: Any) -> Iterator[Node]:
    """The places where a statement names a table that is none of its own WITH clauses."""
    waiting: list[tuple[Any, frozenset[str]]] = [(tree, frozenset())]
    while waiting:
        item, hidden = waiting.pop()
        if isinstance(item, list):
            waiting.extend((part, hidden) for part in reversed(item))
        if not isinstance(item, dict):
            continue
        is_own = table_name(item) in hidden and not item.get("schema_name")
        if item.get("type") in ("BASE_TABLE", "SHOW_REF") and not is_own:
            yield item
        inside = dict(item)
        clause = inside.pop("cte_map", None)
        parts: list[tuple[Any, frozenset[str]]] = []
        for entry in clause["map"] if isinstance(clause, dict) else ():
            # A query of a WITH clause sees those before it, and not itself.
            parts.append((entry["value"], hidden))
            hidden |= {entry["key"].lower()}
        if item.get("type") == "RECURSIVE_CTE_NODE":
            parts.append((inside.pop("right"), hidden | {item["cte_name"].lower()}))
        parts.extend((value, hidden) for value in inside.values())
        waiting.extend(reversed(parts))


def table_name(node: Node) -> str:
    """The name of a table in lower case; empty for another node."""
    return str(node.get("table_name") or "").strip('"').lower()


def texts(tree: Any) -> Iterator[str]:
    """Every text in a tree."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def conditions(expression: Node | None) -> Iterator[Node]:
    """The conditions that AND connects."""
    if expression is None:
        return
    if expression.get("type") == "CONJUNCTION_AND":
        for child in expression["children"]:
            yield from conditions(child)
    else:
        yield expression


def column_path(expression: Node) -> list[str]:
    """The names of a column reference in lower case, such as ``["s", "run_id"]``; empty for another node."""
    if expression.get("type") != "COLUMN_REF":
        return []
    return [name.lower() for name in expression["column_names"]]


def outer_columns(expression: Node) -> Iterator[Node]:
    """The column references of an expression, without those of queries inside it."""
    waiting: list[Any] = [expression]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            if item.get("type") == "COLUMN_REF":
                yield item
            waiting.extend(value for key, value in item.items() if key != "subquery")


def replaced(tree: Any, old: Node, new: Node) -> Any:
    """A tree with another node in the place of ``old``; the parts that do not change are the same objects."""
    if tree is old:
        return new
    if isinstance(tree, dict):
        values = {key: replaced(value, old, new) for key, value in tree.items()}
        return tree if all(values[key] is value for key, value in tree.items()) else values
    if isinstance(tree, list):
        items = [replaced(item, old, new) for item in tree]
        return tree if all(item is other for item, other in zip(items, tree, strict=True)) else items
    return tree
