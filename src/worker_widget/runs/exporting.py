"""Makes the exports of one run, or of many, writes them to files, and shows the progress."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ..events.file_names import safe_names
from ..store.event_store import EventStore
from ..store.run_records import RunRecord
from .export import ExportFormat, check_format, check_text
from .export.exporter import Exporter
from .export.file_name import suffix
from .export.run_export import RunExport
from .export.signature import Signer, signer
from .progress_line import CallProgress
from .run_pairs import PairedRuns
from .saving import write_parts


def exported_text(store: EventStore, run_id: str, format: ExportFormat, signer: Signer | None = None) -> str:
    """The trace of a run as text. Raises `RunUnknown`, and ``ValueError`` for a format that is no text."""
    check_text(format, signed=signer is not None)
    runs = ((store, run_id),)
    with Exporter(runs) as exporter:
        pieces = exporter.pieces(RunExport(runs, format), signer=signer)
        return "".join(piece.decode("utf-8", "surrogatepass") for piece in pieces)


def export_to_file(
    store: EventStore, run_id: str, format: ExportFormat, path: Path, signer: Signer | None = None
) -> None:
    """Writes the trace of a run to a file. Raises `RunUnknown`, ``ValueError`` and ``OSError``."""
    check_format(format, signed=signer is not None)
    runs = ((store, run_id),)
    with Exporter(runs) as exporter, CallProgress(f"Exporting run {run_id[:8]}", 1) as progress:
        write_parts(path, exporter.pieces(RunExport(runs, format), progress.at, signer))


def export_to_directory(
    store: EventStore,
    run_ids: Sequence[str],
    format: ExportFormat,
    directory: Path,
    signer: Signer | None = None,
) -> list[Path]:
    """Writes the trace of each run to a file of its own; see `RunHistory.export`."""
    check_format(format, signed=signer is not None)
    records = [store.known_run(run_id) for run_id in dict.fromkeys(run_ids)]
    names = safe_names([record.run_id for record in records])
    paths = [directory / f"{names[record.run_id]}.{suffix(format)}" for record in records]
    directory.mkdir(parents=True, exist_ok=True)
    # A file that is there can be without the signature.
    left = [
        (number, record.run_id, path)
        for number, (record, path) in enumerate(zip(records, paths, strict=True))
        if signer is not None or not _is_written(record, path)
    ]
    with (
        Exporter([(store, run_id) for _, run_id, _ in left]) as exporter,
        CallProgress(f"Exporting {len(records):,} runs", len(records)) as progress,
    ):
        for number, run_id, path in left:
            progress.at(number)
            export = RunExport(((store, run_id),), format)
            # Not when it was written: the run can change while it is read, and the clock of a file system
            # is some ms behind.
            read_ns = time.time_ns()
            pieces = exporter.pieces(export, partial(_at, progress, number), signer)
            write_parts(path, pieces, modified_ns=read_ns)
    return paths


def export_report(
    runs: Sequence[tuple[EventStore, str]],
    path: Path,
    *,
    sign: str | Path | None = None,
    most_bytes: int | None = None,
    compared: PairedRuns | None = None,
) -> Path:
    """Writes the report of several runs to one file, with their comparison where they are a pair."""
    from .report.pair import pair_section
    from .report.report import MOST_BYTES

    key = None if sign is None else signer(sign)
    now = datetime.now(UTC)
    with Exporter(runs) as exporter:
        pair = ("", list[str]()) if compared is None else pair_section(compared, most_bytes or MOST_BYTES)
        export = RunExport(tuple(runs), "html", now, most_bytes, pair)
        with CallProgress(f"Exporting {len(runs):,} runs", 1) as progress:
            write_parts(path, exporter.pieces(export, progress.at, key))
    return path


def _at(progress: CallProgress, before: int, share: float) -> None:
    progress.at(before + share)


def _is_written(record: RunRecord, path: Path) -> bool:
    """Whether a file has the whole run: the run has ended, and did not change after the file's time."""
    try:
        written_us = path.stat().st_mtime_ns // 1000
    except OSError:
        return False
    return record.ended_us is not None and written_us > record.updated_us
