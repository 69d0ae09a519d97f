"""Exports a run's trace: ``json`` holds everything, ``txt`` is for reading, ``csv`` is the log.

Each format is a generator of parts of the text, so that a run of any length can be written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, Literal, get_args

from ...store.event_store import EventStore
from .csv_format import csv_parts
from .json_format import json_parts
from .trace import Trace, read_trace
from .txt_format import txt_parts

ExportFormat = Literal["json", "txt", "csv"]

_FORMATS: Final[Mapping[str, Callable[[Trace], Iterator[str]]]] = {
    "json": json_parts,
    "txt": txt_parts,
    "csv": csv_parts,
}


def export_parts(
    store: EventStore, run_id: str, format: ExportFormat, *, exported: datetime | None = None
) -> Iterator[str]:
    """The trace of a run in parts; see `export_run`."""
    if format not in _FORMATS:
        raise ValueError(f"There is no export format {format!r}. Choose {', '.join(get_args(ExportFormat))}.")
    return _FORMATS[format](read_trace(store, run_id, exported or datetime.now(UTC)))


def export_run(
    store: EventStore, run_id: str, format: ExportFormat, *, exported: datetime | None = None
) -> str:
    """The trace of a run as text. ``exported`` is the time of the export in the text, by default now.

    The text must be written as UTF-8, without translation of line ends (``newline=""``). Raises `RunUnknown`,
    and ``ValueError`` for another format.
    """
    return "".join(export_parts(store, run_id, format, exported=exported))


def export_file_name(store: EventStore, run_id: str, format: ExportFormat) -> str:
    """The file name of a trace, made of worker, run and start time; safe on every file system.

    For example ``business-builder_3d303d0d_20261122T074919Z.csv``. Raises `RunUnknown`.
    """
    record = store.known_run(run_id)
    started_us = record.created_us if record.started_us is None else record.started_us
    stamp = datetime.fromtimestamp(started_us / 1_000_000, UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{_safe(record.worker) or 'worker'}_{_safe(run_id, 8) or 'run'}_{stamp}.{format}"


def _safe(word: str, chars: int = 64) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", word).strip("-")[:chars].rstrip("-")
