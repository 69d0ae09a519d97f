"""Windows of a run's routing decisions, ledger rows and incidents, read from the store.

The blocks hold which events have a row, and what filters use. The row itself is made from its event by
`worker_widget.state.routing_and_ledger`. Incidents are stored whole.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from sqlite3 import Connection
from typing import Final, NamedTuple

import msgspec

from ..state.incident import Incident, IncidentBook
from ..state.incidents import PASSED_CHECKS
from ..state.log_line import LoggedEvent
from ..state.routing_and_ledger import ledger_row, routing_row
from ..state.run_state import LedgerRow, RoutingRow
from . import blocks_table, events_table, stages_table
from .blocks.columns import ColumnKind, numbers, words
from .blocks_table import BlockReader, BlockSpan
from .database import key_range
from .stages_table import StageSubtree

_INCIDENTS_AT_ONCE: Final = 2_000


class RoutingWindow(msgspec.Struct, frozen=True):
    """A range of ``total`` routing decisions: ``rows`` are those from index ``start`` on (from 0)."""

    total: int
    start: int
    rows: list[RoutingRow]


class LedgerWindow(msgspec.Struct, frozen=True):
    """A range of the ``total`` ledger rows of an incident: those from index ``start`` on (from 0)."""

    total: int
    start: int
    rows: list[LedgerRow]


class IncidentWindow(msgspec.Struct, frozen=True):
    """A range of ``total`` incidents: ``rows`` are those from index ``start`` on (from 0).

    ``passed`` is the number of checks that passed, in the same stage or in all.
    """

    total: int
    start: int
    rows: list[Incident]
    passed: int


class _Place(NamedTuple):
    """Where a row is: its number in its table (from 1), and the position of its event."""

    number: int
    position: int


class _Places(NamedTuple):
    """How many rows of a block match, and how their places are read."""

    total: int
    read: Callable[[], list[_Place]]


def routing_window(
    db: Connection,
    reader: BlockReader,
    run: int,
    stage_id: str | None,
    start: int,
    count: int,
    upto: int,
    after: int = 0,
) -> RoutingWindow:
    """Up to ``count`` decisions, of all stages or one, from index ``start`` on (from 0).

    As in all windows here, those of the events after the position ``after``, up to ``upto``.
    """
    start, total, places = _window(_routing(db, reader, run, stage_id, upto, after), start, count)
    rows = [routing_row(logged, number) for number, logged in _page(db, reader, run, places)]
    return RoutingWindow(total, start, [row for row in rows if row is not None])


def ledger_window(
    db: Connection,
    reader: BlockReader,
    run: int,
    incident: int,
    stage_id: str | None,
    start: int,
    count: int,
    upto: int,
    after: int = 0,
) -> LedgerWindow:
    """Up to ``count`` rows of an incident, from index ``start`` on (from 0)."""
    stage = stage_id if incident == PASSED_CHECKS else None
    start, total, places = _window(_ledger(db, reader, run, incident, stage, upto, after), start, count)
    rows = [ledger_row(logged, number, incident) for number, logged in _page(db, reader, run, places)]
    return LedgerWindow(total, start, [row for row in rows if row is not None])


def incident_window(
    db: Connection,
    reader: BlockReader,
    run: int,
    stage_id: str | None,
    start: int,
    count: int,
    upto: int,
    book: IncidentBook | None = None,
    after: int = 0,
    before: IncidentBook | None = None,
) -> IncidentWindow:
    """Up to ``count`` incidents of all stages or one, from index ``start`` on (from 0).

    ``book`` are the incidents after the first ``upto`` events; ``None`` for those after all: an incident that
    is not open there has its last state. ``before`` are those after the first ``after`` events: without one
    of the later events none of them is in the window.
    """
    first, last = key_range(run)
    if book is not None:
        last = first + book.total
    begun = () if before is None else joined(db, run, after, before, book)
    earlier = 0 if before is None else before.total
    changing = [
        (item.number, item.unrecovered, item.stage_id, item)
        for item in (opened.incident for opened in (() if book is None else book.open))
        if item.number > earlier or item.number in begun
    ]
    values = {
        "first": first,
        "last": last,
        "later": first + earlier,
        "stage_id": stage_id,
        "changing": msgspec.json.encode(changing).decode(),
        "begun": msgspec.json.encode(begun).decode(),
    }
    incidents = _INCIDENTS if before is None else f"{_INCIDENTS} {_LATER}"
    stored = f"{incidents} {_NOT_CHANGING}" if changing else incidents
    rows = f"{stored} UNION ALL {_CHANGING}" if changing else stored
    if stage_id is not None:
        rows = f"SELECT * FROM ({rows}) WHERE stage_id IN ({stages_table.inside(run, upto, ':stage_id')})"
    if book is not None and stage_id is None:
        total = book.total - earlier + len(begun)
    else:
        (total,) = db.execute(f"SELECT count(*) FROM ({rows})", values).fetchone()
    start = min(max(start, 0), total)
    count = max(count, 0)
    if stage_id is None:  # the first rows of each outcome, which the index has in order
        rows = " UNION ALL ".join(
            f"""SELECT * FROM (
                    {stored} AND unrecovered = {unrecovered} ORDER BY row_key DESC LIMIT :start + :count
                )"""
            for unrecovered in (1, 0)
        ) + (f" UNION ALL {_CHANGING}" if changing else "")
    (found,) = db.execute(
        f"""SELECT json_group_array(json(body)) FROM (
                SELECT body FROM ({rows}) ORDER BY unrecovered DESC, row_key DESC LIMIT :count OFFSET :start
            )""",
        {**values, "count": count, "start": start},
    ).fetchone()
    passed = _passed(db, reader, run, stage_id, upto, after)
    return IncidentWindow(total, start, msgspec.json.decode(found, type=list[Incident]), passed)


_INCIDENTS: Final = """SELECT row_key, unrecovered, stage_id, body FROM incidents
    WHERE row_key BETWEEN :first AND :last"""
_LATER: Final = """AND (
        row_key > :later OR row_key IN (SELECT :first + value FROM json_each(:begun))
    )"""
_NOT_CHANGING: Final = """AND row_key NOT IN (
        SELECT :first + json_extract(value, '$[0]') FROM json_each(:changing)
    )"""
_CHANGING: Final = """SELECT
        :first + json_extract(value, '$[0]'), json_extract(value, '$[1]'),
        json_extract(value, '$[2]'), json_extract(value, '$[3]')
    FROM json_each(:changing)"""


def joined(
    db: Connection, run: int, after: int, before: IncidentBook, book: IncidentBook | None
) -> list[int]:
    """The numbers of the incidents that were open after the first ``after`` events and that later events have
    joined since, in the state of ``book`` (``None``: in their last)."""
    known = {item.number: item for item in (opened.incident for opened in (book.open if book else ()))}
    found: list[int] = []
    for number in (opened.incident.number for opened in before.open):
        incident = known.get(number) or next(iter(incidents(db, run, number - 1, 1)), None)
        if incident is not None and incident.number == number and incident.last > after:
            found.append(number)
    return found


def _passed(
    db: Connection, reader: BlockReader, run: int, stage_id: str | None, upto: int, after: int
) -> int:
    if stage_id is not None:
        return sum(places.total for places in _ledger(db, reader, run, PASSED_CHECKS, stage_id, upto, after))
    first, _ = key_range(run)
    passed = 0
    for span in blocks_table.spans(db, run, "passed > 0 AND row_key <= ?", (first + upto,)):
        if span.end - 1 <= after:
            continue
        if span.position > after and span.end - 1 <= upto:
            passed += span.passed
        else:
            with blocks_table.skipping_damage():
                table = reader.row_tables(db, span)["ledger"]
                positions = numbers(ColumnKind.POSITION, table["position"])
                incidents = numbers(ColumnKind.INTEGER, table["incident"])
                inside = slice(bisect_right(positions, after), bisect_right(positions, upto))
                passed += incidents[inside].count(PASSED_CHECKS)
    return passed


def _routing(
    db: Connection, reader: BlockReader, run: int, stage_id: str | None, upto: int, after: int
) -> Iterator[_Places]:
    tree = None if stage_id is None else StageSubtree(run, stage_id, upto)
    for span in blocks_table.spans(db, run, "routing > 0 AND row_key <= ?", (key_range(run)[0] + upto,)):
        if span.end - 1 <= after:
            continue
        read = partial(_routing_places, db, reader, span, tree, upto, after)
        whole = tree is None and span.position > after and span.end - 1 <= upto
        yield _Places(span.routing, read) if whole else _known_places(read())


def _routing_places(
    db: Connection, reader: BlockReader, span: BlockSpan, tree: StageSubtree | None, upto: int, after: int
) -> list[_Place]:
    positions = numbers(ColumnKind.POSITION, reader.row_tables(db, span)["routing"]["position"])
    places = map(_Place, range(span.first_routing + 1, span.first_routing + 1 + span.routing), positions)
    known = [place for place in places if after < place.position <= upto]
    if tree is None:
        return known
    stages, inside = _stages(db, reader, span, tree)
    return [place for place in known if stages[place.position - span.position] in inside]


def _ledger(
    db: Connection,
    reader: BlockReader,
    run: int,
    incident: int,
    stage_id: str | None,
    upto: int,
    after: int,
) -> Iterator[_Places]:
    tree = None if stage_id is None else StageSubtree(run, stage_id, upto)
    for span in blocks_table.spans(db, run, "ledger > 0 AND row_key <= ?", (key_range(run)[0] + upto,)):
        if span.end - 1 <= after:
            continue
        table = reader.row_tables(db, span)["ledger"]
        incidents = numbers(ColumnKind.INTEGER, table["incident"])
        if incident not in incidents:
            continue
        stages, inside = ([], set()) if tree is None else _stages(db, reader, span, tree)
        positions = numbers(ColumnKind.POSITION, table["position"])
        yield _known_places(
            [
                _Place(number, position)
                for number, (position, found) in enumerate(
                    zip(positions, incidents, strict=True), span.first_ledger + 1
                )
                if found == incident
                and after < position <= upto
                and (tree is None or stages[position - span.position] in inside)
            ]
        )


def _known_places(places: list[_Place]) -> _Places:
    return _Places(len(places), lambda: places)


class LedgerRows(NamedTuple):
    """The ledger rows of a block, and the position of its last event."""

    position: int
    rows: list[LedgerRow]


def ledger_rows(
    db: Connection, reader: BlockReader, run: int, after: int, types: Collection[str]
) -> LedgerRows | None:
    """The ledger rows of events of these types in the next block after a position.

    ``None`` if no block follows.
    """
    spans = blocks_table.spans(db, run, "ledger > 0 AND row_key > ?", (key_range(run)[0] + after,), limit=1)
    if not spans:
        return None
    (span,) = spans
    with blocks_table.skipping_damage():
        return LedgerRows(span.end - 1, _block_ledger_rows(db, reader, run, span, types))
    return LedgerRows(span.end - 1, [])


def _block_ledger_rows(
    db: Connection, reader: BlockReader, run: int, span: BlockSpan, types: Collection[str]
) -> list[LedgerRow]:
    table = reader.row_tables(db, span)["ledger"]
    kinds = reader.columns(db, span)["events"]["type"]
    wanted = {code for code, word in enumerate(kinds.words or (), 1) if word in types}
    if not wanted:
        return []
    codes, base = numbers(ColumnKind.WORD, kinds), span.position
    places: list[_Place] = []
    incidents_of: list[int] = []
    rows = zip(
        numbers(ColumnKind.POSITION, table["position"]),
        numbers(ColumnKind.INTEGER, table["incident"]),
        strict=True,
    )
    for number, (position, incident) in enumerate(rows, span.first_ledger + 1):
        if codes[position - base] in wanted:
            places.append(_Place(number, position))
            incidents_of.append(incident)
    found = [
        ledger_row(logged, number, incident)
        for (number, logged), incident in zip(_page(db, reader, run, places), incidents_of, strict=True)
    ]
    return [row for row in found if row is not None]


def incidents(db: Connection, run: int, after: int, most: int = _INCIDENTS_AT_ONCE) -> list[Incident]:
    """The next incidents of a run after number ``after``, at most a few thousand."""
    first, last = key_range(run)
    (found,) = db.execute(
        """SELECT json_group_array(json(body)) FROM (
                SELECT body FROM incidents WHERE row_key BETWEEN ? AND ? ORDER BY row_key LIMIT ?
            )""",
        (first + after + 1, last, most),
    ).fetchone()
    return msgspec.json.decode(found, type=list[Incident])


def _window(parts: Iterable[_Places], start: int, count: int) -> tuple[int, int, list[_Place]]:
    """The start within the total, the total, and the places of a range; only the blocks of the range are
    read."""
    known = list(parts)
    total = sum(part.total for part in known)
    start = min(max(start, 0), total)
    end = start + max(count, 0)
    places: list[_Place] = []
    before = 0
    for part in known:
        if before < end and before + part.total > start:
            places += part.read()[max(start - before, 0) : end - before]
        before += part.total
    return start, total, places


def _stages(
    db: Connection, reader: BlockReader, span: BlockSpan, tree: StageSubtree
) -> tuple[list[str | None], set[str | None]]:
    """The stage of each event of a block, and which of them are in the tree."""
    stages = reader.columns(db, span)["events"]["stage_id"]
    return words(stages), set(tree.among(db, stages.words or ()))


def _page(
    db: Connection, reader: BlockReader, run: int, places: list[_Place]
) -> list[tuple[int, LoggedEvent]]:
    """The events of a range of rows, each with the row's number."""
    events = events_table.events_at(db, reader, run, [place.position for place in places])
    return [(place.number, logged) for place, logged in zip(places, events, strict=True)]
