"""Executes one statement over the frames of a history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ...errors import SqlError
from ...store.event_store import EventStore
from ..frames.columns import FrameData
from ..frames.engines import FrameEngine, check_engine
from ..frames.filters import FrameFilter
from ..frames.reading import read_frame
from ..frames.schema import FRAMES
from . import explanations
from .checks import Checked, checked
from .engine import Parameters, interruptible, open_engine, statement_of
from .levels import with_levels
from .needs import Planner
from .results import result
from .tables import columns_of, declare, register
from .tree import Node, named_tables, nodes, table_name

if TYPE_CHECKING:
    import duckdb


def query(
    store: EventStore,
    statement: str,
    *,
    engine: FrameEngine = "pandas",
    parameters: Parameters = (),
    tables: Mapping[str, Any] | None = None,
) -> Any:
    """The result of a statement; see `RunHistory.sql`."""
    check_engine(engine)
    given = {name.lower(): table for name, table in (tables or {}).items()}
    for name in given:
        if name in FRAMES:
            raise ValueError(f"tables has {name!r}, which is the name of a frame. Give it another name.")
    with open_engine() as connection:
        asked = checked(connection, statement)
        return _Execution(store, connection, asked, given, parameters).result(engine)


def query_with_variables(store: EventStore, statement: str, variables: Mapping[str, Any]) -> Any:
    """The result of a statement whose further tables and ``$name`` parameters are variables."""
    with open_engine() as connection:
        tree = checked(connection, statement).tree
    names = [str(node["table_name"]) for node in named_tables(tree) if node.get("type") == "BASE_TABLE"]
    tables = {name: variables[name] for name in names if name.lower() not in FRAMES and name in variables}
    parameters = {}
    for node in nodes(tree):
        if node.get("class") == "PARAMETER":
            name = str(node["identifier"])
            if name not in variables:
                raise SqlError(f"There is no variable {name!r} for ${name}.")
            parameters[name] = variables[name]
    return query(store, statement, parameters=parameters, tables=tables)


class _Execution:
    """One statement on its way to its result."""

    def __init__(
        self,
        store: EventStore,
        connection: duckdb.DuckDBPyConnection,
        asked: Checked,
        given: Mapping[str, Any],
        parameters: Parameters,
    ) -> None:
        self._store = store
        self._connection = connection
        self._asked = asked
        self._given = given
        self._parameters = parameters
        self._columns: dict[str, Sequence[str]] = {}

    def result(self, engine: FrameEngine) -> Any:
        import duckdb

        try:
            self._add_given()
            changed = self._with_levels()
            self._add_frames(changed or self._asked.tree)
            text = self._asked.text
            if changed is not None:
                text = f"{self._asked.explain} {statement_of(self._connection, changed)}"
            return interruptible(
                self._connection,
                lambda: result(self._connection.execute(text, self._parameters), engine),
            )
        except duckdb.Error as error:
            raise explanations.explained(
                str(error), FRAMES, self._columns, _aliases(self._asked.tree)
            ) from error

    def _add_given(self) -> None:
        for name, table in self._given.items():
            try:
                self._connection.register(name, table)
            except Exception as error:
                raise SqlError(
                    f"tables has {name!r}, which DuckDB cannot read: {type(table).__name__}."
                    " Give a DataFrame of pandas or polars, or an Arrow table."
                ) from error
            self._columns[name] = columns_of(self._connection, name)

    def _with_levels(self) -> Node | None:
        """The statement with ordered comparisons of log levels, if it has any."""
        aliases = _aliases(self._asked.tree)
        if "logs" not in aliases.values():
            return None
        others = {alias for alias, name in aliases.items() if name in self._given}
        if any("level" in (column.lower() for column in self._columns[name]) for name in self._given):
            others.add("")
        return with_levels(self._connection, self._asked.tree, others)

    def _add_frames(self, tree: Node) -> None:
        """Makes tables of what the statement needs of the frames."""
        if _only_describes(tree):
            for schema in FRAMES.values():
                declare(self._connection, schema)
                if schema.name in _aliases(tree).values():
                    self._columns[schema.name] = [column.name for column in schema.columns]
            return
        planner = Planner(self._connection, FRAMES, partial(self._read, "runs", FrameFilter()))
        for name, need in planner.needs(tree, self._parameters).items():
            self._columns[name] = [column.name for column in FRAMES[name].columns]
            register(self._connection, self._read(name, need.filter, need.columns))

    def _read(self, name: str, rows: FrameFilter, columns: Sequence[str]) -> FrameData:
        return read_frame(self._store, name, rows, only=columns)


def _aliases(tree: Node) -> dict[str, str]:
    """The tables of a statement by the names that it gives them."""
    return {
        str(node.get("alias") or node["table_name"]).lower(): table_name(node)
        for node in named_tables(tree)
        if node.get("type") == "BASE_TABLE"
    }


def _only_describes(tree: Node) -> bool:
    kinds = [node["show_type"] for node in nodes(tree) if node.get("type") == "SHOW_REF"]
    return bool(kinds) and "SUMMARY" not in kinds
