"""The newest runs of the history under conditions, read page by page."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..errors import RunUnknown
from ..events.event import instant_us
from ..state.normal_forms import normal_forms
from ..store.event_store import EventStore
from ..store.run_records import RunRecord
from .finding import find_run
from .frames.filters import microseconds
from .listed_status import listed_status

_PAGE: Final = 200


@dataclass(frozen=True)
class RunQuery:
    """Conditions on runs; those with the defaults are none. ``text`` is a part of the task or the note."""

    statuses: frozenset[str] = frozenset()
    worker: str | None = None
    tags: tuple[str, ...] = ()
    starred: bool = False
    text: str = ""
    since_us: int | None = None

    @classmethod
    def of(
        cls,
        *,
        statuses: Collection[str] | None = None,
        worker: str | None = None,
        tags: Collection[str] = (),
        starred: bool = False,
        text: str | None = None,
        since: str | None = None,
    ) -> RunQuery:
        """The conditions that a person gives. Raises ``ValueError`` for a time that is none."""
        return cls(
            frozenset(statuses or ()),
            worker,
            tuple(tags),
            starred,
            (text or "").casefold(),
            None if since is None else microseconds("since", since),
        )

    def accepts(self, row: Mapping[str, Any]) -> bool:
        """Whether a row with the keys of a list passes."""
        created_us = instant_us(row["created_at"])
        return (
            (not self.statuses or row["status"] in self.statuses)
            and (self.worker is None or row["worker"] == self.worker)
            and set(self.tags) <= set(row["tags"])
            and (not self.starred or row["starred"])
            and self._has_text(row["task"], row["note"])
            and (self.since_us is None or (created_us or 0) >= self.since_us)
        )

    def _has_text(self, *texts: str | None) -> bool:
        return not self.text or any(
            form in (text or "").casefold() for text in texts for form in normal_forms(self.text)
        )


def chosen_runs(
    store: EventStore, query: RunQuery, limit: int, *, before: str | None = None
) -> Iterator[RunRecord]:
    """The newest runs that pass, newest first, at most ``limit``; those older than the run ``before``.

    Raises `RunUnknown` for a run ``before`` that the history does not have.
    """
    if before is not None:
        record = find_run(store, before)
        if record is None:
            raise RunUnknown(f"The history of this computer has no run {before!r}.")
        before = record.run_id
    found = 0
    while found < limit:
        page = store.runs(
            _PAGE,
            worker=query.worker,
            tags=query.tags,
            starred=True if query.starred else None,
            since_us=query.since_us,
            before=before,
        )
        for record in page:
            if query.statuses and listed_status(record) not in query.statuses:
                continue
            if not query._has_text(record.task, record.note):
                continue
            yield record
            found += 1
            if found == limit:
                return
        if len(page) < _PAGE:
            return
        before = page[-1].run_id
