"""Exports a run's trace.

``html`` is the console on the run in one file, ``json`` holds everything, ``txt`` is for reading, ``csv`` is
the log and ``spreadsheet`` the log for Excel, ``md`` is a summary for an issue, ``pdf`` a formal report,
``ipynb`` a notebook, ``otlp`` are OpenTelemetry spans, and ``parquet`` is a zip with the frames.

Each format is a generator of parts, so that a run of any length can be written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, Literal, get_args

from ...store.event_store import EventStore
from .csv_format import csv_parts, spreadsheet_parts
from .file_name import file_name
from .html_format import html_parts
from .ipynb_format import ipynb_parts
from .json_format import json_parts
from .md_format import md_parts
from .otlp_format import otlp_parts
from .signature import Signer
from .trace import Trace, read_trace
from .txt_format import txt_parts

ExportFormat = Literal["html", "json", "txt", "csv", "spreadsheet", "md", "pdf", "ipynb", "otlp", "parquet"]

_FORMATS: Final[Mapping[str, Callable[[Trace], Iterator[str]]]] = {
    "html": html_parts,
    "json": json_parts,
    "txt": txt_parts,
    "csv": csv_parts,
    "spreadsheet": spreadsheet_parts,
    "md": md_parts,
    "ipynb": ipynb_parts,
    "otlp": otlp_parts,
}


_BINARY: Final = ("parquet", "pdf")
_SIGNED: Final = ("html", "json")
_PIECE_CHARS: Final = 64 * 1024
_LINES: Final = frozenset({"txt", "csv", "spreadsheet", "otlp"})


def export_pieces(
    store: EventStore,
    run_id: str,
    format: ExportFormat,
    *,
    exported: datetime | None = None,
    read: Callable[[float], None] = lambda share: None,
    signer: Signer | None = None,
) -> Iterator[bytes]:
    """The bytes of an export, in pieces. ``read`` is called with the share of the run that was read.
    ``signer`` signs the export, if its format can be signed.

    Raises `RunUnknown`, ``ValueError`` for an unknown format, and `PackageMissing` for Parquet and PDF
    without a package that writes them.
    """
    check_format(format, signed=signer is not None)
    if format == "parquet":
        from ..frames.parquet import parquet_writer
        from ..frames.schema import FRAMES
        from .parquet_format import parquet_pieces

        store.known_run(run_id)
        return parquet_pieces(store, run_id, parquet_writer(), lambda frames: read(frames / len(FRAMES)))
    if format == "pdf":
        from .pdf.typesetting import pdf_pieces, typst_compiler

        return pdf_pieces(_trace(store, run_id, exported), typst_compiler(), read)
    return _encoded(_trace(store, run_id, exported, signer), format, read)


def export_parts(
    store: EventStore,
    run_id: str,
    format: ExportFormat,
    *,
    exported: datetime | None = None,
    signer: Signer | None = None,
) -> Iterator[str]:
    """The trace of a run in parts; see `export_run`."""
    check_text(format, signed=signer is not None)
    return _FORMATS[format](_trace(store, run_id, exported, signer))


def check_format(format: str, *, signed: bool = False) -> None:
    """Raises ``ValueError`` for an unknown format, and for one that cannot be signed if it is to be."""
    if format not in get_args(ExportFormat):
        raise ValueError(f"There is no export format {format!r}. Choose {', '.join(get_args(ExportFormat))}.")
    if signed and format not in _SIGNED:
        raise ValueError(f"{format} cannot be signed. Choose {' or '.join(_SIGNED)}.")


def check_text(format: str, *, signed: bool = False) -> None:
    """The same as `check_format`, and raises ``ValueError`` for a format that is no text."""
    check_format(format, signed=signed)
    if format in _BINARY:
        raise ValueError(f"{format} is no text: export it to a file.")


def _trace(store: EventStore, run_id: str, exported: datetime | None, signer: Signer | None = None) -> Trace:
    return read_trace(store, run_id, exported or datetime.now(UTC), signer)


def _encoded(trace: Trace, format: ExportFormat, read: Callable[[float], None]) -> Iterator[bytes]:
    record = trace.record
    total = record.lines + (0 if format in _LINES else record.events)
    piece: list[str] = []
    chars = 0
    for part in _FORMATS[format](trace):
        piece.append(part)
        chars += len(part)
        if chars >= _PIECE_CHARS:
            read(min(trace.rows.read / total, 1) if total else 0)
            yield "".join(piece).encode("utf-8", "surrogatepass")
            piece, chars = [], 0
    yield "".join(piece).encode("utf-8", "surrogatepass")


def export_run(
    store: EventStore,
    run_id: str,
    format: ExportFormat,
    *,
    exported: datetime | None = None,
    signer: Signer | None = None,
) -> str:
    """The trace of a run as text. ``exported`` is the time of the export in the text, by default now.

    The text must be written as UTF-8, without translation of line ends (``newline=""``). Raises `RunUnknown`,
    and ``ValueError`` for a format that is unknown or no text.
    """
    return "".join(export_parts(store, run_id, format, exported=exported, signer=signer))


def export_file_name(store: EventStore, run_id: str, format: ExportFormat) -> str:
    """The file name of a trace; see `file_name`. Raises `RunUnknown`."""
    return file_name(store.known_run(run_id), format)
