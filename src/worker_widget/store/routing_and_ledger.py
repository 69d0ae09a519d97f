"""Windows of a run's routing decisions and ledger rows, read from the store.

The tables hold which events have a row, and the columns that filters use. The row itself is made from its
event by `worker_widget.state.routing_and_ledger`.
"""

from __future__ import annotations

from sqlite3 import Connection
from typing import Any, Final, Literal, NamedTuple, get_args

import msgspec

from ..events import decode
from ..state.log_line import LoggedEvent
from ..state.routing_and_ledger import ledger_row, routing_row
from ..state.run_state import LedgerKind, LedgerRow, RoutingRow
from .database import NUMBER_MASK, key_range

LedgerFilter = Literal["all", "problems"] | LedgerKind
"""Which ledger rows to show: all, those with the outcome error or warning, or those of one kind."""

_KINDS: Final = get_args(LedgerKind)


class RoutingWindow(msgspec.Struct, frozen=True):
    """A range of ``total`` routing decisions: ``rows`` are those from index ``start`` on (from 0)."""

    total: int
    start: int
    rows: list[RoutingRow]


class LedgerWindow(msgspec.Struct, frozen=True):
    """A range of ``total`` ledger rows: ``rows`` are those from index ``start`` on (from 0).

    ``counts`` maps each `LedgerFilter` to the number of rows that it passes.
    """

    total: int
    start: int
    rows: list[LedgerRow]
    counts: dict[str, int]


class _NumberedEvent(NamedTuple):
    """The event of a row; ``number`` is the row's number in its table (from 1)."""

    number: int
    position: int
    type: str
    event_id: str | None
    raw: str


def routing_window(db: Connection, run: int, stage_id: str | None, start: int, count: int) -> RoutingWindow:
    """Up to ``count`` decisions, of all stages or one, from index ``start`` on (from 0)."""
    condition, values = _of_stage(stage_id)
    first, last = key_range(run)
    (total,) = db.execute(
        f"SELECT count(*) FROM routing WHERE row_key BETWEEN ? AND ?{condition}", (first, last, *values)
    ).fetchone()
    start = min(max(start, 0), total)
    events = _events(db, run, "routing", condition, values, start, count)
    rows = [routing_row(logged, number) for number, logged in events]
    return RoutingWindow(total, start, [row for row in rows if row is not None])


def ledger_window(
    db: Connection, run: int, stage_id: str | None, kind: LedgerFilter, start: int, count: int
) -> LedgerWindow:
    """Up to ``count`` rows of a kind, of all stages or one, from index ``start`` on (from 0)."""
    condition, values = _of_stage(stage_id)
    first, last = key_range(run)
    (found,) = db.execute(
        f"""SELECT json_group_array(json_array(kind, problem, rows)) FROM (
                SELECT kind, problem, count(*) AS rows FROM ledger
                WHERE row_key BETWEEN ? AND ?{condition} GROUP BY kind, problem
            )""",
        (first, last, *values),
    ).fetchone()
    counts = dict.fromkeys(("all", "problems", *_KINDS), 0)
    for known, problem, rows in msgspec.json.decode(found, type=list[tuple[str, int, int]]):
        counts["all"] += rows
        counts["problems"] += rows if problem else 0
        counts[known] += rows
    if kind == "problems":
        condition += " AND problem"
    elif kind != "all":
        condition += " AND kind = ?"
        values.append(kind)
    start = min(max(start, 0), counts[kind])
    events = _events(db, run, "ledger", condition, values, start, count)
    ledger = [ledger_row(logged, number) for number, logged in events]
    return LedgerWindow(counts[kind], start, [row for row in ledger if row is not None], counts)


def _of_stage(stage_id: str | None) -> tuple[str, list[Any]]:
    return ("", []) if stage_id is None else (" AND stage_id = ?", [stage_id])


def _events(
    db: Connection, run: int, table: str, condition: str, values: list[Any], start: int, count: int
) -> list[tuple[int, LoggedEvent]]:
    """The events of a range of rows, each with the row's number.

    One statement with one row, see `database`.
    """
    first, last = key_range(run)
    (found,) = db.execute(
        f"""SELECT json_group_array(json_array(
                page.row_key & {NUMBER_MASK}, events.row_key & {NUMBER_MASK}, type, event_id, hex(raw)
            )) FROM (
                SELECT row_key, event_key FROM {table} WHERE row_key BETWEEN ? AND ?{condition}
                ORDER BY row_key LIMIT ? OFFSET ?
            ) AS page JOIN events ON events.row_key = page.event_key""",
        (first, last, *values, max(count, 0), start),
    ).fetchone()
    rows = sorted(msgspec.json.decode(found, type=list[_NumberedEvent]))
    return [
        (row.number, LoggedEvent(row.position, decode(bytes.fromhex(row.raw), row.type, row.event_id)))
        for row in rows
    ]
