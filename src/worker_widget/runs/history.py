"""`RunHistory` reads the runs that were followed on this computer, as DataFrames."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, overload

from ..state.reduce import reduce_all
from ..state.routing_and_ledger import TYPES_WITHOUT_ROWS
from ..state.run_state import RunState
from ..store.event_store import EventStore
from ..store.shared import shared_store
from .saving import write_parts

if TYPE_CHECKING:
    import pandas as pd

    from .export import ExportFormat


class RunHistory:
    """The runs that were followed on this computer; no server is needed.

    The columns of each DataFrame and their dtypes are documented in `worker_widget.runs.dataframes`. Methods
    raise `RunUnknown` for a run that is not in the history, and `HistoryError` for a history that cannot be
    read.

    ``store`` is the history to read, by default the one that all consoles and clients write. Raises
    `HistoryError` if it cannot be opened.
    """

    def __init__(self, store: EventStore | None = None) -> None:
        self._store = shared_store() if store is None else store

    def __repr__(self) -> str:
        return "RunHistory()"

    def runs(
        self,
        limit: int | None = None,
        status: str | None = None,
        since: datetime | str | None = None,
        worker: str | None = None,
    ) -> pd.DataFrame:
        """Runs, newest first, one row each.

        ``limit`` is the most rows. ``status`` is queued, running, completed, failed or cancelled. ``since``
        is the earliest time of creation: a ``datetime`` or ISO 8601 text, in UTC if it has no zone. Raises
        ``ValueError`` for other text.
        """
        from . import dataframes

        since_us = None if since is None else _microseconds(since)
        records = self._store.runs(limit, status=status, since_us=since_us, worker=worker)
        opened = self._store.opening_states([record.run_id for record in records])
        return dataframes.runs_frame(records, opened)

    def events(self, run_id: str) -> pd.DataFrame:
        """The events of a run, one row each."""
        from . import dataframes

        return dataframes.events_frame(self._store.iterate(run_id))

    def logs(self, run_id: str) -> pd.DataFrame:
        """The log lines of a run, one row each."""
        from . import dataframes

        return dataframes.logs_frame(self._store.log_rows(run_id))

    def stages(self, run_id: str) -> pd.DataFrame:
        """The stages of a run, one row each."""
        from . import dataframes

        return dataframes.stages_frame(self._state(run_id))

    def routing(self, run_id: str) -> pd.DataFrame:
        """The routing decisions of a run, one row each."""
        from . import dataframes

        return dataframes.routing_frame(self._store.iterate(run_id, without=TYPES_WITHOUT_ROWS))

    def ledger(self, run_id: str) -> pd.DataFrame:
        """Failures, policy, drift and recovery of a run, one row each."""
        from . import dataframes

        return dataframes.ledger_frame(self._store.iterate(run_id, without=TYPES_WITHOUT_ROWS))

    def incidents(self, run_id: str) -> pd.DataFrame:
        """The incidents of a run, one row each: what was found, what was tried, and how it ended."""
        from . import dataframes

        events = self._store.iterate(run_id, without=TYPES_WITHOUT_ROWS)
        return dataframes.incidents_frame(events, self._state(run_id))

    def warnings(self, run_id: str) -> pd.DataFrame:
        """The warnings about the result of a run, one row each."""
        from . import dataframes

        return dataframes.warnings_frame(self._state(run_id))

    def artifacts(self, run_id: str) -> pd.DataFrame:
        """The artifacts of a run, one row each, without their contents."""
        from . import dataframes

        return dataframes.artifacts_frame(self._state(run_id))

    def text(self, run_id: str, file: str) -> str | None:
        """The text of an artifact, by its file name; ``None`` if it has no text."""
        return self._store.artifact_text(run_id, file)

    @overload
    def export(self, run_id: str, format: ExportFormat) -> str: ...

    @overload
    def export(self, run_id: str, format: ExportFormat, path: str | Path) -> Path: ...

    def export(self, run_id: str, format: ExportFormat, path: str | Path | None = None) -> str | Path:
        """Exports the trace of a run as ``json``, ``txt`` or ``csv``.

        Returns the text, or writes it to ``path`` and returns that path. A file is written in parts as UTF-8,
        so that a run of any length fits into memory, and replaces an existing file when it is complete. ``~``
        is the home directory. Raises `RunUnknown`, ``ValueError`` for another format, and ``OSError`` if the
        file cannot be written.
        """
        from .export import export_parts, export_run

        if path is None:
            return export_run(self._store, run_id, format)
        target = Path(path).expanduser()
        write_parts(target, export_parts(self._store, run_id, format))
        return target

    def delete(self, run_id: str) -> None:
        """Deletes a run from the history; this cannot be undone."""
        self._store.delete(run_id)

    def _state(self, run_id: str) -> RunState:
        return reduce_all(self._store.iterate(run_id, without=("log",)))


def _microseconds(since: datetime | str) -> int:
    if isinstance(since, str):
        try:
            since = datetime.fromisoformat(since)
        except ValueError:
            raise ValueError(
                f"since={since!r} is not a time. Give a datetime, or text such as 2026-11-22 "
                "or 2026-11-22T07:49:19Z."
            ) from None
    if since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    return round(since.timestamp() * 1_000_000)
