"""What of each frame a statement needs: the columns, and the filter on runs and rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ...state.log_line import LEVELS
from ..frames.columns import FrameData, Values
from ..frames.filters import FrameFilter
from ..frames.schema import FRAMES, FrameSchema, ValueKind
from .engine import parsed, rows, statement_of
from .references import RUN_ID, Mention, comparisons, constants, mentions
from .tables import registered
from .tree import Node, nodes, replaced, texts

if TYPE_CHECKING:
    import duckdb

_SIMPLE: Final = (str, bool, int, float, datetime, date, time, timedelta)


class FrameNeed(NamedTuple):
    """What a statement needs of a frame: the columns, in the order of its schema, and which rows."""

    columns: tuple[str, ...]
    filter: FrameFilter


class Planner:
    """Finds what a statement needs of each frame.

    ``read_runs`` reads the given columns of the frame `runs`; it is called when conditions on runs decide
    which runs the other frames are read for.
    """

    def __init__(
        self,
        engine: duckdb.DuckDBPyConnection,
        frames: Mapping[str, FrameSchema],
        read_runs: Callable[[Sequence[str]], FrameData],
    ) -> None:
        self._engine = engine
        self._frames = frames
        self._read_runs = read_runs

    def needs(self, tree: Node, parameters: Any = ()) -> dict[str, FrameNeed]:
        """The needs of a statement by frame. ``tree`` is from `parsed`."""
        tree = self._with_values(tree, parameters)
        by_frame: dict[str, list[Mention]] = {}
        for mention in mentions(tree, self._frames):
            by_frame.setdefault(mention.schema.name, []).append(mention)
        used = _Used(tree, [mention.alias for found in by_frame.values() for mention in found])
        return {
            name: FrameNeed(used.columns(self._frames[name]), self._filter(found))
            for name, found in by_frame.items()
        }

    def _filter(self, found: Sequence[Mention]) -> FrameFilter:
        """The filter with which a frame has the rows of all its mentions."""
        filters = [self._of_mention(mention) for mention in found]
        since = [item.since_us for item in filters]
        until = [item.until_us for item in filters]
        return FrameFilter(
            run_ids=_all_of([item.run_ids for item in filters], tuple),
            stages=_all_of([item.stages for item in filters], frozenset),
            levels=_all_of([item.levels for item in filters], frozenset),
            since_us=None if None in since else min(item for item in since if item is not None),
            until_us=None if None in until else max(item for item in until if item is not None),
            limit=filters[0].limit if len(filters) == 1 else None,
        )

    def _of_mention(self, mention: Mention) -> FrameFilter:
        exact = mention.exact
        run_ids: tuple[str, ...] | None = None
        conditions = mention.runs_conditions()
        if conditions:
            run_ids = self._runs(conditions)
            exact = exact and run_ids is not None
        levels: frozenset[str] | None = None
        if mention.levels:
            levels = self._levels(mention.levels)
            exact = exact and levels is not None
        stages: frozenset[str] | None = None
        for condition in mention.stages:
            values = self._values(constants(condition))
            if values is None:
                exact = False
            else:
                names = frozenset(value for value in values if isinstance(value, str))
                stages = names if stages is None else stages & names
        since: int | None = None
        until: int | None = None
        for condition in mention.times:
            bounds = self._bounds(condition)
            if bounds is None:
                exact = False
                continue
            since = _narrower(max, since, bounds[0])
            until = _narrower(min, until, bounds[1])
        # The statement has a later "now" than this: a limit here could leave it too few rows.
        exact = exact and not any(node.get("class") == "FUNCTION" for node in nodes(mention.times))
        limit = self._limit(mention.limit) if exact and mention.limit is not None else None
        return FrameFilter(
            run_ids=run_ids, levels=levels, stages=stages, since_us=since, until_us=until, limit=limit
        )

    def _runs(self, conditions: Sequence[Node]) -> tuple[str, ...] | None:
        """The ids of the runs that meet conditions on columns of `runs`; ``None`` if that is not certain."""
        used = _Used(conditions, ["runs"])
        columns = used.columns(FRAMES["runs"])
        with registered(self._engine, self._read_runs(columns)):
            found = self._chosen("runs", columns, conditions)
        return None if found is None else tuple(found)

    def _levels(self, conditions: Sequence[Node]) -> frozenset[str] | None:
        codes = np.arange(1, len(LEVELS) + 1, dtype=np.uint32)
        every = FrameData(FRAMES["logs"], {"level": Values(ValueKind.LEVEL, codes, words=LEVELS)})
        with registered(self._engine, every):
            found = self._chosen("logs", ["level"], conditions)
        return None if found is None else frozenset(found)

    def _chosen(self, table: str, columns: Sequence[str], conditions: Sequence[Node]) -> list[str] | None:
        """The first column of the rows that meet conditions; ``None`` if a row of NULL does, or on errors."""
        import duckdb

        query = parsed(self._engine, f"SELECT {columns[0]} FROM {table} WHERE true")
        node = query["statements"][0]["node"]
        together = parsed(self._engine, "SELECT true AND true")["statements"][0]["node"]["select_list"][0]
        node["where_clause"] = {**together, "children": [*conditions, *together["children"][:1]]}
        no_row = f"SELECT known.* FROM (SELECT 1) LEFT JOIN {table} AS known ON false"
        try:
            statement = statement_of(self._engine, query)
            of_null = f"WITH {table} AS ({no_row}) {statement}"
            if rows(self._engine, of_null):
                return None
            return [str(value) for (value,) in rows(self._engine, statement)]
        except duckdb.Error:
            return None  # the whole statement has the error, or a meaning that is not understood here

    def _bounds(self, condition: Node) -> tuple[int | None, int | None] | None:
        """The first time that a comparison allows, and the time before which all allowed times are, in µs."""
        since, until = None, None
        for kind, side in comparisons(condition):
            values = self._values([side], "SELECT epoch_us(({})::TIMESTAMPTZ)")
            if values is None or type(values[0]) is not int:
                return None
            at = values[0]
            first, end = {
                "COMPARE_EQUAL": (at, at + 1),
                "COMPARE_LESSTHAN": (None, at),
                "COMPARE_LESSTHANOREQUALTO": (None, at + 1),
                "COMPARE_GREATERTHAN": (at + 1, None),
                "COMPARE_GREATERTHANOREQUALTO": (at, None),
            }[kind]
            since, until = _narrower(max, since, first), _narrower(min, until, end)
        return since, until

    def _limit(self, modifier: Node) -> int | None:
        parts = [modifier[key] for key in ("limit", "offset") if modifier.get(key)]
        values = self._values(parts)
        in_rows = modifier.get("limit_type", "ROW_COUNT") == "ROW_COUNT"
        if values is None or not modifier.get("limit") or not in_rows:
            return None
        return sum(values) if all(type(value) is int for value in values) else None

    def _values(self, expressions: Sequence[Node], query_of: str = "{}") -> list[Any] | None:
        """The values of expressions without columns; ``None`` if they have columns, or on errors."""
        import duckdb

        if any(node.get("type") in ("COLUMN_REF", "SUBQUERY", "STAR") for node in nodes(list(expressions))):
            return None
        query = parsed(self._engine, "SELECT 1")
        query["statements"][0]["node"]["select_list"] = list(expressions)
        try:
            (values,) = rows(self._engine, query_of.format(statement_of(self._engine, query)))
        except duckdb.Error:
            return None
        return list(values)

    def _with_values(self, tree: Node, parameters: Any) -> Node:
        """The statement with the values of its parameters, as far as they are simple ones."""
        named = dict(parameters) if isinstance(parameters, Mapping) else {}
        if not named:
            named = {str(number): value for number, value in enumerate(parameters, 1)}
        for node in list(nodes(tree)):
            if node.get("class") != "PARAMETER":
                continue
            value = named.get(str(node.get("identifier")))
            if isinstance(value, _SIMPLE):
                tree = replaced(tree, node, self._literal(value))
        return tree

    def _literal(self, value: Any) -> Node:
        text = str(value) if isinstance(value, (int, float)) else "'" + str(value).replace("'", "''") + "'"
        kinds: dict[type, str] = {date: "DATE", time: "TIME", timedelta: "INTERVAL", float: "DOUBLE"}
        kinds[datetime] = "TIMESTAMPTZ" if getattr(value, "tzinfo", None) else "TIMESTAMP"
        suffix = f"::{kinds[type(value)]}" if type(value) in kinds else ""
        expression: Node = parsed(self._engine, f"SELECT ({text}{suffix})")["statements"][0]["node"][
            "select_list"
        ][0]
        return expression


class _Used:
    """The columns that a statement can use, by the texts in it."""

    def __init__(self, tree: Any, aliases: Iterable[str]) -> None:
        self._texts = {text.lower() for text in texts(tree)}
        whole_rows = set(aliases)
        self._all = any(
            node.get("type") == "STAR"
            or str(node.get("ref_type")) in ("NATURAL", "POSITIONAL")
            or node.get("type") == "SHOW_REF"
            or bool(node.get("column_name_alias"))
            or (node.get("type") == "COLUMN_REF" and node["column_names"][-1].lower() in whole_rows)
            for node in nodes(tree)
        )

    def columns(self, schema: FrameSchema) -> tuple[str, ...]:
        """The columns of a frame that the statement can use; its first one if it uses none."""
        names = tuple(column.name for column in schema.columns)
        used = tuple(name for name in names if self._all or name in self._texts or name == RUN_ID)
        return used or names[:1]


def _all_of(values: Sequence[Iterable[str] | None], make: Callable[[Iterable[str]], Any]) -> Any:
    """What is in any of the values; ``None`` if one of them is all."""
    if None in values:
        return None
    return make(dict.fromkeys(item for value in values if value is not None for item in value))


def _narrower(choose: Callable[[int, int], int], known: int | None, other: int | None) -> int | None:
    if known is None or other is None:
        return other if known is None else known
    return choose(known, other)
