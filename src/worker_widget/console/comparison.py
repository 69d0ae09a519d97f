"""The comparison of two runs of the history, and the figures of any number of runs, a row each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from ..runs.compare import compare_recorded
from ..runs.comparison_table import ComparedSection, compared_sections, figures
from ..store.event_store import EventStore
from ..store.run_records import RunRecord


class ComparedRuns(TypedDict):
    """Two runs, by their ids and tasks. ``started_us`` are the times when they started."""

    run_ids: tuple[str, str]
    tasks: tuple[str, str]
    started_us: tuple[int, int]
    sections: list[ComparedSection]


class ComparedFigure(TypedDict):
    """A figure of several runs, a text for each; ``differs``: they are not all equal."""

    title: str
    texts: list[str]
    differs: bool


class ComparedFigures(TypedDict):
    """The figures of several runs: a row for each run, oldest first, and the columns' texts in this order."""

    run_ids: list[str]
    tasks: list[str]
    started_us: list[int]
    columns: list[ComparedFigure]


def run_figures(store: EventStore, run_ids: Sequence[str]) -> ComparedFigures:
    """The figures of runs of the history by their ids. Raises `RunUnknown`, and `HistoryError`."""
    records = sorted(map(store.known_run, run_ids), key=_start)
    states = [store.state(record.run_id) for record in records]
    rows = [{row["name"]: row["a"] for row in figures(state, state)} for state in states]
    columns: list[ComparedFigure] = []
    for title in rows[0] if rows else ():
        texts = [row[title] for row in rows]
        columns.append({"title": title, "texts": texts, "differs": len(set(texts)) > 1})
    return {
        "run_ids": [record.run_id for record in records],
        "tasks": [_task(record) for record in records],
        "started_us": [_start(record) for record in records],
        "columns": columns,
    }


def compared_runs(store: EventStore, a: str, b: str) -> ComparedRuns:
    """Compares two runs of the history by their ids, the older as the first.

    Raises `RunUnknown`, and `HistoryError`.
    """
    first, second = sorted((store.known_run(a), store.known_run(b)), key=_start)
    comparison = compare_recorded(store, first.run_id, second.run_id)
    return {
        "run_ids": (first.run_id, second.run_id),
        "tasks": (_task(first), _task(second)),
        "started_us": (_start(first), _start(second)),
        "sections": compared_sections(comparison),
    }


def _task(record: RunRecord) -> str:
    return record.task or f"Run {record.run_id[:8]}"


def _start(record: RunRecord) -> int:
    return record.started_us or record.created_us
