"""Which rows of the frames a statement can use: the conditions of its queries, for each mention of a frame.

A condition that an inner or outer join, or a WHERE, requires of a mention can be applied when the frame is
read, because DuckDB executes the whole statement on what was read. Whatever is not recognised is left to
DuckDB.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from ..frames.schema import FrameSchema, ValueKind
from .tree import Node, column_path, conditions, named_tables, nodes, outer_columns, replaced, table_name

RUN_ID: Final = "run_id"
_TURNED: Final = {
    "COMPARE_EQUAL": "COMPARE_EQUAL",
    "COMPARE_LESSTHAN": "COMPARE_GREATERTHAN",
    "COMPARE_GREATERTHAN": "COMPARE_LESSTHAN",
    "COMPARE_LESSTHANOREQUALTO": "COMPARE_GREATERTHANOREQUALTO",
    "COMPARE_GREATERTHANOREQUALTO": "COMPARE_LESSTHANOREQUALTO",
}
"""The operator with which a comparison holds when its sides are exchanged."""
_VOLATILE: Final = {"random", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "nextval", "setseed"}
_FLOWS: Final[Mapping[str, tuple[bool, bool]]] = {
    "INNER": (True, True),
    "SEMI": (True, True),
    "LEFT": (True, False),
    "ANTI": (True, False),
    "RIGHT": (False, True),
}
"""Of a join by run id: whether the runs of the left side limit those of the right one, and the reverse."""

_KEEPS_LEFT: Final = ("INNER", "LEFT", "SEMI", "ANTI")


class Mention:
    """One place where a statement names a frame, with the conditions on the rows that it can use.

    ``of_runs`` are conditions on columns of the frame `runs`, the others on the column that they are named
    after. ``exact`` is whether these are all conditions.
    """

    def __init__(self, schema: FrameSchema, alias: str) -> None:
        self.schema = schema
        self.alias = alias
        self.of_runs: list[Node] = []
        self.levels: list[Node] = []
        self.stages: list[Node] = []
        self.times: list[Node] = []
        self.limit: Node | None = None
        self.limited_by: list[Mention] = []
        self.exact = True

    @property
    def columns(self) -> frozenset[str]:
        """The names of the frame's columns."""
        return frozenset(column.name for column in self.schema.columns)

    def runs_conditions(self) -> list[Node]:
        """The conditions on its runs, also those of the mentions that it is joined with."""
        found: list[Node] = []
        seen: set[int] = set()
        waiting = [self]
        while waiting:
            mention = waiting.pop()
            if id(mention) not in seen:
                seen.add(id(mention))
                found += mention.of_runs
                waiting += mention.limited_by
        return found


class _Scope(NamedTuple):
    """What the FROM of a query holds: mentions of frames, and whether it holds other tables, too.

    ``first`` is the mention whose run id a plain ``run_id`` is after a join by USING.
    """

    mentions: list[Mention]
    others: bool
    first: Mention | None = None


def mentions(tree: Node, frames: Mapping[str, FrameSchema]) -> list[Mention]:
    """Every mention of a frame in a statement, in its order."""
    found: dict[int, Mention] = {}
    free: list[Mention] = []
    for node in named_tables(tree):
        name = table_name(node)
        if name in frames:
            mention = Mention(frames[name], str(node.get("alias") or name).lower())
            if node.get("sample") or node.get("column_name_alias"):
                mention.exact = False
                free.append(mention)
            else:
                found[id(node)] = mention
    for node in nodes(tree):
        if node.get("type") == "SELECT_NODE":
            _Query(found, node).read()
    return [*found.values(), *free]


class _Query:
    """One SELECT: adds its conditions to the mentions in its FROM."""

    def __init__(self, found: Mapping[int, Mention], node: Node) -> None:
        self._found = found
        self._node = node

    def read(self) -> None:
        scope = self._scope(self._node["from_table"])
        for condition in conditions(self._node.get("where_clause")):
            self._require(condition, scope, scope.mentions)
        if len(scope.mentions) == 1 and not scope.others:
            self._limit(scope.mentions[0])

    def _scope(self, source: Node) -> _Scope:
        """The tables of a FROM; the conditions of its joins are added on the way."""
        if source["type"] == "BASE_TABLE" and id(source) in self._found:
            mention = self._found[id(source)]
            return _Scope([mention], False, mention)
        if source["type"] != "JOIN":
            return _Scope([], source["type"] != "EMPTY")
        left, right = self._scope(source["left"]), self._scope(source["right"])
        by_run = RUN_ID in [name.lower() for name in source.get("using_columns") or ()]
        first = left.first if by_run and source["join_type"] in _KEEPS_LEFT else None
        both = _Scope([*left.mentions, *right.mentions], left.others or right.others, first)
        for mention in both.mentions:
            mention.exact = False
        if source["ref_type"] not in ("REGULAR", "CROSS"):
            return _Scope([], True)  # where rows count, or the nearest row, none may be left out before
        kind = "INNER" if source["ref_type"] == "CROSS" else source["join_type"]
        for condition in conditions(source.get("condition")):
            if kind == "INNER":
                self._require(condition, both, both.mentions)
            elif kind in ("LEFT", "RIGHT"):
                optional = right if kind == "LEFT" else left
                self._require(condition, both, optional.mentions, joins=False)
                self._join(condition, both, left, right, kind)
            else:
                self._join(condition, both, left, right, kind)
        if by_run:
            _connect(left.mentions, right.mentions, kind)
        return both

    def _join(self, condition: Node, both: _Scope, left: _Scope, right: _Scope, kind: str) -> None:
        pair = self._joined(condition, both)
        if pair is None:
            return
        first, second = pair
        if first in left.mentions and second in right.mentions:
            _connect([first], [second], kind)
        elif second in left.mentions and first in right.mentions:
            _connect([second], [first], kind)

    def _joined(self, condition: Node, scope: _Scope) -> tuple[Mention, Mention] | None:
        """The two mentions whose run ids a condition compares."""
        if condition["type"] != "COMPARE_EQUAL":
            return None
        sides = [self._owner(condition[side], scope) for side in ("left", "right")]
        names = [column_path(condition[side])[-1:] for side in ("left", "right")]
        if names != [[RUN_ID], [RUN_ID]] or sides[0] is None or sides[1] is None or sides[0] is sides[1]:
            return None
        return sides[0], sides[1]

    def _require(
        self, condition: Node, scope: _Scope, allowed: Iterable[Mention], *, joins: bool = True
    ) -> None:
        """Adds a condition to the mention that it is about; it is false for a row without its columns."""
        pair = self._joined(condition, scope)
        if pair is not None:
            if joins:
                _connect([pair[0]], [pair[1]], "INNER")
            return
        columns = list(outer_columns(condition))
        owners = {id(owner): owner for owner in (self._owner(column, scope) for column in columns)}
        owner = owners.popitem()[1] if len(owners) == 1 else None
        if owner is None or owner not in allowed or not self._add(condition, columns, owner):
            for mention in scope.mentions:
                mention.exact = False

    def _add(self, condition: Node, columns: list[Node], owner: Mention) -> bool:
        if any(str(node.get("function_name", "")).lower() in _VOLATILE for node in nodes(condition)):
            return False
        names = {column_path(column)[-1] for column in columns}
        bare = condition
        for column in columns:
            bare = replaced(bare, column, {**column, "column_names": [column_path(column)[-1]]})
        if owner.schema.name == "runs" or names == {RUN_ID}:
            owner.of_runs.append(bare)
            return True
        if len(names) != 1:
            return False
        (name,) = names
        if any(node.get("class") == "SUBQUERY" for node in nodes(condition)):
            return False
        if owner.schema.column(name).kind is ValueKind.LEVEL:
            owner.levels.append(bare)
        elif name == "stage_id" and "stage" in owner.schema.filters and constants(bare):
            owner.stages.append(bare)
        elif name == owner.schema.time and "since" in owner.schema.filters and comparisons(bare):
            owner.times.append(bare)
        else:
            return False
        return True

    def _owner(self, column: Node, scope: _Scope) -> Mention | None:
        """The mention that a column belongs to; ``None`` where that is not certain."""
        path = column_path(column)
        if len(path) == 2:
            named = [mention for mention in scope.mentions if mention.alias == path[0]]
        elif len(path) == 1 and not scope.others:
            named = [mention for mention in scope.mentions if path[0] in mention.columns]
            if len(named) > 1 and path[0] == RUN_ID and scope.first is not None:
                named = [scope.first]
        else:
            return None
        return named[0] if len(named) == 1 and path[-1] in named[0].columns else None

    def _limit(self, mention: Mention) -> None:
        """Adds the LIMIT of a query that does nothing else than choose rows and columns."""
        node = self._node
        modifiers = node["modifiers"]
        plain = all(item.get("type") in ("COLUMN_REF", "STAR") for item in node["select_list"])
        nothing_else = not (node["group_expressions"] or node["having"] or node["qualify"] or node["sample"])
        if plain and nothing_else and len(modifiers) == 1 and modifiers[0]["type"] == "LIMIT_MODIFIER":
            mention.limit = modifiers[0]


def _connect(left: Iterable[Mention], right: Iterable[Mention], kind: str) -> None:
    to_right, to_left = _FLOWS.get(kind, (False, False))
    for first in left:
        for second in right:
            if to_right:
                second.limited_by.append(first)
            if to_left:
                first.limited_by.append(second)


def comparisons(condition: Node) -> list[tuple[str, Node]]:
    """The operators and other sides of a column's comparison, as if the column were on the left."""
    kind = condition["type"]
    if kind == "COMPARE_BETWEEN" and column_path(condition["input"]):
        return [
            ("COMPARE_GREATERTHANOREQUALTO", condition["lower"]),
            ("COMPARE_LESSTHANOREQUALTO", condition["upper"]),
        ]
    if kind not in _TURNED:
        return []
    if column_path(condition["left"]):
        return [(kind, condition["right"])]
    return [(_TURNED[kind], condition["left"])] if column_path(condition["right"]) else []


def constants(condition: Node) -> list[Node]:
    """The values of ``column = value`` or ``column IN (values)``; empty for another condition."""
    if condition["type"] == "COMPARE_IN" and column_path(condition["children"][0]):
        return list(condition["children"][1:])
    return [side for kind, side in comparisons(condition) if kind == "COMPARE_EQUAL"]
