"""What a statement may be: one SELECT, or DESCRIBE, SHOW, SUMMARIZE or EXPLAIN of one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ...errors import SqlError
from .engine import parsed
from .tree import Node, nodes

if TYPE_CHECKING:
    import duckdb

READ_ONLY: Final = "SQL over runs only reads: write one SELECT (or WITH, DESCRIBE, SUMMARIZE, EXPLAIN)."
_QUERIES: Final = ("SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE")
_COMMENTS: Final = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*"
_EXPLAIN: Final = re.compile(
    rf"{_COMMENTS}EXPLAIN\b(?:{_COMMENTS}ANALY[ZS]E\b)?(?:{_COMMENTS}\(\s*(?:ANALY[ZS]E|FORMAT)\b[^)]*\))?",
    re.IGNORECASE | re.DOTALL,
)
_NAMES: Final = {"MULTI": "PIVOT", "MULTI_STATEMENT": "PIVOT"}


class Checked(NamedTuple):
    """A statement that reads.

    ``tree`` is the query that it executes or explains, ``explain`` the text before a query to explain.
    """

    text: str
    tree: Node
    explain: str


def checked(engine: duckdb.DuckDBPyConnection, statement: str) -> Checked:
    """Checks a statement. Raises `SqlError` if it does anything else than read, or has a syntax error."""
    import duckdb

    if not isinstance(statement, str):
        raise SqlError(f"A statement is text, not a value of the type {type(statement).__name__}.")
    try:
        statements = engine.extract_statements(statement)
    except duckdb.Error as error:
        words = str(error).removeprefix("Parser Error: ").rstrip()
        raise SqlError(words if "syntax error" in words else f"{words}. {READ_ONLY}") from error
    if not statements:
        raise SqlError(f"The statement is empty. {READ_ONLY}")
    if len(statements) > 1:
        raise SqlError(f"These are {len(statements)} statements; only one is executed. {READ_ONLY}")
    kind = statements[0].type.name
    query, explain = statement, ""
    if kind == "EXPLAIN" and (found := _EXPLAIN.match(statement)):
        explain = found.group()
        query = statement[found.end() :]
    elif kind != "SELECT":
        raise SqlError(f"A statement {_NAMES.get(kind, kind)} is refused. {READ_ONLY}")
    tree = parsed(engine, query)
    if tree.get("error"):
        raise SqlError(f"This statement is refused. {READ_ONLY}")
    for node in nodes(tree):
        name = str(node.get("type"))
        if name.endswith("_NODE") and name not in _QUERIES:
            raise SqlError(f"{name.removesuffix('_QUERY_NODE')} inside a statement is refused. {READ_ONLY}")
    return Checked(statement, tree, explain)
