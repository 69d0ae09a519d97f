"""The names of export files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from ...store.run_records import RunRecord

_SUFFIXES: Final[Mapping[str, str]] = {
    "otlp": "otlp.json",
    "parquet": "parquet.zip",
    "spreadsheet": "csv",
}


def suffix(format: str) -> str:
    """The extension of a format's files."""
    return _SUFFIXES.get(format, format)


def file_name(record: RunRecord, format: str) -> str:
    """The file name of a trace, made of worker, run and start time; safe on every file system.

    For example ``business-builder_3d303d0d_20261122T074919Z.csv``.
    """
    started_us = record.created_us if record.started_us is None else record.started_us
    stamp = datetime.fromtimestamp(started_us / 1_000_000, UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{_safe(record.worker) or 'worker'}_{_safe(record.run_id, 8) or 'run'}_{stamp}.{suffix(format)}"


def _safe(word: str, chars: int = 64) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", word).strip("-")[:chars].rstrip("-")
