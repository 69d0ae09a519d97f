"""The list of runs under a filter: windows of it, newest first, and what there is to filter by."""

from __future__ import annotations

from collections.abc import Collection
from sqlite3 import Connection
from typing import Any, Literal

import msgspec

from ..state.normal_forms import normal_forms
from ..state.run_state import ENDED
from . import run_records
from .run_records import RunRecord, anywhere

ListedStatus = Literal["running", "waiting", "paused", "completed", "failed", "cancelled", "interrupted"]
"""A run that has not ended is running, or counts as interrupted if nothing was written for long."""


class RunFilter(msgspec.Struct, frozen=True, kw_only=True):
    """The runs to list; with the defaults every run.

    ``text`` is a part of the task or the note, in upper or lower case, or of a line of the run's log.
    """

    text: str = ""
    status: ListedStatus | None = None
    worker: str | None = None
    tag: str | None = None
    starred: bool = False


class RunWindow(msgspec.Struct, frozen=True):
    """The runs from index ``start`` on, of ``total`` under a filter.

    First those whose task or note has the filter's text: ``in_rows``; then those that only have it in their
    logs.
    """

    total: int
    in_rows: int
    start: int
    runs: list[RunRecord]


class RunFacets(msgspec.Struct, frozen=True):
    """The workers and the tags of the runs, each with its number of runs, the most frequent first."""

    workers: list[tuple[str, int]]
    tags: list[tuple[str, int]]


def window(
    db: Connection, filter: RunFilter, start: int, count: int, *, quiet_us: int, logs: Collection[str] = ()
) -> RunWindow:
    """Reads up to ``count`` runs under the filter, from index ``start`` on (from 0).

    ``quiet_us`` is the time since when a running run has been written, else it counts as interrupted.
    ``logs`` are the ids of the runs whose logs have the filter's text.
    """
    texts = {f"text{number}": anywhere(form) for number, form in enumerate(normal_forms(filter.text))}
    in_row = " OR ".join(f"ifnull(task, '') GLOB :{key} OR ifnull(note, '') GLOB :{key}" for key in texts)
    found = f"({in_row})" if filter.text else "TRUE"
    where = _conditions(filter)
    if filter.text:
        where += f" AND ({found} OR run_id IN (SELECT value FROM json_each(:logs)))"
    values: dict[str, Any] = {
        "status": filter.status,
        "worker": filter.worker,
        "tag": filter.tag,
        "quiet_us": quiet_us,
        **texts,
        "logs": msgspec.json.encode(list(logs)).decode(),
        "start": max(start, 0),
        "count": max(count, 0),
    }
    total, in_rows = db.execute(
        f"SELECT count(*), coalesce(sum({found}), 0) FROM runs WHERE {where}", values
    ).fetchone()
    order = f"{found} DESC, created_us DESC, run DESC" if filter.text else "created_us DESC, run DESC"
    rows = db.execute(
        f"""SELECT {run_records.COLUMNS} FROM runs WHERE run IN (
                SELECT run FROM runs WHERE {where} ORDER BY {order} LIMIT :count OFFSET :start
            ) ORDER BY {order}""",
        values,
    ).fetchall()
    return RunWindow(total, in_rows, values["start"], list(map(run_records.record, rows)))


def facets(db: Connection) -> RunFacets:
    """Counts the runs by worker and by tag."""
    workers = db.execute(
        """SELECT worker, count(*) AS runs FROM runs WHERE trashed_us IS NULL
           GROUP BY worker ORDER BY runs DESC, worker"""
    ).fetchall()
    tags = db.execute(
        """SELECT tag.value, count(*) AS runs FROM runs, json_each(runs.tags) AS tag
           WHERE trashed_us IS NULL AND tags IS NOT NULL GROUP BY tag.value ORDER BY runs DESC, tag.value"""
    ).fetchall()
    return RunFacets(workers, tags)


def _conditions(filter: RunFilter) -> str:
    conditions = ["trashed_us IS NULL"]
    going = f"status NOT IN {(*ENDED, 'waiting', 'paused')}"
    if filter.status == "running":
        conditions.append(f"{going} AND updated_us >= :quiet_us")
    elif filter.status == "interrupted":
        conditions.append(f"(status = :status OR ({going} AND updated_us < :quiet_us))")
    elif filter.status is not None:
        conditions.append("status = :status")
    if filter.worker is not None:
        conditions.append("worker = :worker")
    if filter.tag is not None:
        conditions.append("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = :tag)")
    if filter.starred:
        conditions.append("starred")
    return " AND ".join(conditions)
