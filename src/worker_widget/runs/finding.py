"""Finds runs of the history by what a person types: an id, its unique beginning, or "last"."""

from __future__ import annotations

from typing import Final

from ..errors import RunUnknown
from ..store.event_store import EventStore
from ..store.run_records import RunRecord

LAST: Final = "last"
"""The word for the newest run."""

_MOST_NAMED: Final = 5


def find_run(store: EventStore, text: str) -> RunRecord | None:
    """The run of the history with this id, or the only one whose id begins so; ``None`` if there is none.

    Raises `RunUnknown` if several begin so.
    """
    if text == LAST:
        return next(iter(store.runs(limit=1)), None)
    if not is_id(text):
        return None
    found = store.runs_beginning(text, _MOST_NAMED + 1)
    if len(found) > 1 and found[0].run_id != text:
        raise several_runs(text, [record.run_id for record in found])
    return found[0] if found else None


def is_id(text: str) -> bool:
    """Whether it can be the id of a run, or its beginning: text that can be encoded, and is not empty."""
    return bool(text) and not any("\ud800" <= char <= "\udfff" for char in text)


def several_runs(text: str, run_ids: list[str]) -> RunUnknown:
    """The error for a beginning that several runs have."""
    more = " and others" if len(run_ids) > _MOST_NAMED else ""
    named = ", ".join(run_ids[:_MOST_NAMED])
    return RunUnknown(f"Several runs begin with {text}: {named}{more}. Give more of the id.")
