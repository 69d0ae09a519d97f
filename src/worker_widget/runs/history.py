"""`RunHistory`: the runs that were followed on this computer, as frames and exports."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from .. import background
from ..errors import HistoryError
from ..store.event_store import EventStore
from ..store.shared import shared_store
from .ended_kernels import settle_ended
from .frames.engines import FrameEngine
from .frames.filters import Moment, is_one_run, microseconds, run_ids
from .frames.history_frames import HistoryFrames

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import pandas as pd

    from .export import ExportFormat
    from .frames.columns import FrameData
    from .frames.engines import OtherFrameEngine
    from .frames.filters import RunWithId
    from .frames.scan import HistoryScan
    from .plots.history_plots import HistoryPlots
    from .sql.engine import Parameters
    from .syncing import Synced


class RunHistory(HistoryFrames):
    """The runs that were followed on this computer; no server is needed.

    Its frames take arguments that choose rows. ``runs`` are ids of runs, or each a `Run`, by default all;
    ``worker``, ``status`` and ``tag`` those of the runs, one or several; ``starred`` whether they have a
    star; ``note`` a part of their note, in upper or lower case; ``since`` and ``until`` the earliest time,
    and the time before which all rows are: a ``datetime`` or ISO 8601 text, in UTC if it has no zone;
    ``stage`` ids of stages and ``level`` log levels, one or several; ``limit`` the most rows. Rows are in
    the order of `runs`, newest first, or in that of ``runs``, and within a run in the order of its events.
    ``engine`` is "pandas", "polars" or "arrow".

    Methods raise `RunUnknown` for a run that is not in the history, `HistoryError` for a history that cannot
    be read, `PackageMissing` for an engine that is not installed, and ``ValueError`` for an argument that is
    no time, level, limit or engine. A damaged part of the history is left out, with a warning.

    ``store`` is the history to read, by default the one that all consoles and clients write. Raises
    `HistoryError` if it cannot be opened.
    """

    def __init__(self, store: EventStore | None = None) -> None:
        self._store = shared_store() if store is None else store

    def __repr__(self) -> str:
        from .history_summary import runs_words

        try:
            return f"RunHistory({runs_words(self._store.run_count())})"
        except HistoryError:
            return "RunHistory()"

    def _repr_html_(self) -> str:
        from .history_summary import SHOWN_RUNS, history_html

        try:
            self._settle()
            return history_html(self._store.runs(limit=SHOWN_RUNS), self._store.run_count())
        except HistoryError as error:
            return f"<div>{escape(str(error))}</div>"

    def _settle(self) -> None:
        """Brings the history up to date with the runs of this process, and of processes that ended."""
        from .local_runs import wait_until_kept

        wait_until_kept()
        settle_ended(self._store)

    def _frame(self, name: str, engine: FrameEngine, *, content: bool = False, **filters: Any) -> Any:
        from .frames.reading import frame_in_engine

        self._settle()
        return frame_in_engine(self._store, name, engine, content=content, **filters)

    def scan(self, **filters: Any) -> HistoryScan:
        """The frames as sources for polars, DuckDB and everything that reads Arrow streams.

        ``history.scan().logs.polars()`` is a LazyFrame, ``.duckdb()`` a relation. Nothing is read before it
        is used, and no value is copied between the libraries. The arguments choose runs and rows, as in the
        frames. The streams need pyarrow or nanoarrow (``worker-widget[arrow]``).
        """
        from .frames.filters import frame_filter
        from .frames.reading import read_frame
        from .frames.scan import HistoryScan

        chosen = frame_filter(**filters)

        def read(name: str, only: Collection[str] | None = None) -> FrameData:
            self._settle()
            return read_frame(self._store, name, chosen, only=only)

        return HistoryScan(read)

    def to_parquet(self, directory: str | Path, **filters: Any) -> list[Path]:
        """Writes each frame to a file ``<frame>.parquet`` in a directory, and returns their paths.

        A missing directory is made, a file of that name is replaced when the new one is complete. The
        arguments choose runs and rows, as in the frames. Raises `PackageMissing` if neither pyarrow nor
        polars nor duckdb is installed, and ``OSError`` if a file cannot be written.
        """
        from .frames.filters import frame_filter
        from .frames.parquet import parquet_writer
        from .frames.reading import frame_parts
        from .frames.schema import FRAMES

        write, chosen = parquet_writer(), frame_filter(**filters)
        folder = Path(directory).expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        self._settle()
        paths = [folder / f"{name}.parquet" for name in FRAMES]
        for name, path in zip(FRAMES, paths, strict=True):
            unfinished = path.with_name(path.name + ".part")
            try:
                write(frame_parts(self._store, name, chosen), unfinished)
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
        return paths

    def text(self, run_id: str, file: str) -> str | None:
        """The text of an artifact, by its file name; ``None`` if it has no text."""
        return self._store.artifact_text(run_id, file)

    @overload
    def export(
        self, runs: str | RunWithId, format: ExportFormat, *, sign: str | Path | None = None
    ) -> str: ...

    @overload
    def export(  # type: ignore[overload-overlap]
        self,
        runs: str | RunWithId,
        format: ExportFormat,
        path: str | Path,
        *,
        sign: str | Path | None = None,
        most_bytes: int | None = None,
    ) -> Path: ...

    @overload
    def export(
        self,
        runs: Iterable[str | RunWithId],
        format: ExportFormat,
        path: str | Path,
        *,
        sign: str | Path | None = None,
        most_bytes: int | None = None,
    ) -> list[Path]: ...

    def export(
        self,
        runs: str | RunWithId | Iterable[str | RunWithId],
        format: ExportFormat,
        path: str | Path | None = None,
        *,
        sign: str | Path | None = None,
        most_bytes: int | None = None,
    ) -> str | Path | list[Path]:
        """Exports the trace of a run as ``html`` (the console on it, in one file), ``json`` (everything;
        `load_run` reads it), ``txt``, ``csv``, ``spreadsheet`` (CSV for Excel), ``md`` (a summary for an
        issue), ``pdf`` (a formal report), ``ipynb`` (a notebook with its analysis), ``otlp`` (OpenTelemetry
        spans as JSON) or ``parquet`` (a zip of its frames).

        Returns the text, or writes it to ``path`` and returns that path; Parquet and PDF need a path. A file
        is written in parts as UTF-8, so that a run of any length fits into memory, and replaces an existing
        file when it is complete. ``~`` is the home directory.

        Of several runs, ``html`` to a ``path`` that ends in ``.html`` is one file with all of them. Otherwise
        each is written to a file of its own in the directory ``path``, named after its id.
        A call that was interrupted is continued by the next: a file whose run did not change stays. Its time
        of modification is when its run was read. Progress is shown after a second.

        ``most_bytes`` is for ``html``, by default 50 MB: what does not fit is left out and listed in it.
        ``sign`` is the file of an ed25519 key, which signs a ``json`` or ``html`` export; ``worker-widget
        verify`` checks it.

        Long exports are made by a process of low priority, so that live runs are not late meanwhile. It ends
        with the call, and an interrupt of the call ends it.

        Raises `RunUnknown`, ``ValueError`` for another format or too small a bound, `PackageMissing`,
        `SigningKeyError`, ``OSError`` if a file cannot be read or written, and `WorkerWidgetError` if that
        process is killed.
        """
        from .export import check_format
        from .export.signature import signer
        from .exporting import export_report, export_to_directory, export_to_file, exported_text

        target = None if path is None else Path(path).expanduser()
        one_page = format == "html" and target is not None and (is_one_run(runs) or target.suffix == ".html")
        if most_bytes is not None and not one_page:
            raise ValueError(f"most_bytes is for html in one file, not for {format} here.")
        if target is not None and one_page:
            chosen = [(self._store, run_id) for run_id in dict.fromkeys(run_ids(runs))]
            if not chosen:
                raise ValueError("There is no run for the report: name at least one.")
            written = export_report(chosen, target, sign=sign, most_bytes=most_bytes)
            return written if is_one_run(runs) else [written]
        check_format(format, signed=sign is not None)
        key = None if sign is None else signer(sign)
        if is_one_run(runs):
            (run_id,) = run_ids(runs)
            if target is None:
                return exported_text(self._store, run_id, format, key)
            export_to_file(self._store, run_id, format, target, key)
            return target
        if target is None:
            raise ValueError("Several runs are exported into a directory: name it as path.")
        return export_to_directory(self._store, run_ids(runs), format, target, key)

    def tag(self, run_id: str, *tags: str) -> None:
        """Adds tags to a run; those that it has stay once. A run has at most 50, of up to 100 characters.

        Raises ``ValueError`` for others.
        """
        self._store.change_tags(run_id, add=tags)

    def untag(self, run_id: str, *tags: str) -> None:
        """Removes tags of a run; tags that it does not have are ignored."""
        self._store.change_tags(run_id, remove=tags)

    def note(self, run_id: str, text: str | None) -> None:
        """Sets the note of a run; ``None`` removes it."""
        self._store.set_note(run_id, text)

    def star(self, run_id: str, on: bool = True) -> None:
        """Stars a run, so that it stays when old runs are deleted, or removes the star."""
        self._store.set_starred(run_id, on)

    def sync(
        self,
        *,
        url: str | None = None,
        api_key: str | None = None,
        worker: str | None = None,
        limit: int | None = None,
        since: Moment = None,
    ) -> Synced:
        """Brings the ended runs of a server into the history, with all their events, and shows the progress.

        ``url`` and ``api_key`` are those of `WorkerClient`, by default the embedded host. ``worker`` is the
        id of one worker, by default all of the server. ``limit`` bounds it to the newest runs, ``since`` to
        those created at or after a time, as in `runs`.

        Runs that are complete in the history are not read again, runs in the trash neither. Those that have
        not ended, and those beyond the settings' limits, are left out. A call that was interrupted keeps what
        has arrived; the next one continues there, also within a run. A run that cannot be read is in
        ``failed`` of the result. Raises `HostUnreachable`, `KeyRefused`, `UnknownWorker` and `HistoryError`.
        """
        from .servers import DEFAULT_WORKER, server_at
        from .syncing import sync

        server = server_at(worker or DEFAULT_WORKER, url, api_key)
        since_us = None if since is None else microseconds("since", since)
        try:
            return sync(server, self._store, worker=worker, limit=limit, since_us=since_us)
        finally:
            background.clean_up(server.aclose)

    @property
    def plot(self) -> HistoryPlots:
        """Charts of the runs: durations, drift, failures, tokens, and the timeline of a run."""
        from .plots.history_plots import HistoryPlots

        return HistoryPlots(self)

    @overload
    def sql(
        self,
        statement: str,
        parameters: Parameters = (),
        *,
        tables: Mapping[str, Any] | None = None,
        engine: Literal["pandas"] = "pandas",
    ) -> pd.DataFrame: ...

    @overload
    def sql(
        self,
        statement: str,
        parameters: Parameters = (),
        *,
        tables: Mapping[str, Any] | None = None,
        engine: OtherFrameEngine,
    ) -> Any: ...

    def sql(
        self,
        statement: str,
        parameters: Parameters = (),
        *,
        tables: Mapping[str, Any] | None = None,
        engine: FrameEngine = "pandas",
    ) -> Any:
        """The result of an SQL statement over the frames, which are tables by their names::

            RunHistory().sql("SELECT name, avg(duration) FROM stages GROUP BY 1")

        DuckDB executes it (``pip install 'worker-widget[sql]'``). Only the frames, columns and runs that the
        statement can use are read. ``parameters`` are the values of ``?``, in a list, or of ``$name``, in a
        mapping. ``tables`` are further tables by name: DataFrames of pandas or polars, or Arrow tables. An
        interrupt of the cell ends the statement.

        Only one SELECT, or DESCRIBE, SUMMARIZE or EXPLAIN, is executed. Raises `SqlError` for one that would
        write, reads files or addresses, or is wrong, and `PackageMissing` without DuckDB.
        """
        from .sql.query import query

        self._settle()
        return query(self._store, statement, engine=engine, parameters=parameters, tables=tables)

    @property
    def trash(self) -> tuple[str, ...]:
        """The ids of the runs that were deleted in a console and can be restored, the newest first.

        They are deleted for good seven days after that, or by ``worker-widget history vacuum``.
        """
        return tuple(record.run_id for record in self._store.runs(trashed=True))

    def restore(self, *run_ids: str) -> None:
        """Takes runs out of the trash: ``history.restore(*history.trash)``."""
        for run_id in run_ids:
            self._store.restore(run_id)

    def delete(self, run_id: str) -> None:
        """Deletes a run from the history for good, without the trash; this cannot be undone."""
        self._store.delete(run_id)
