"""Writes frames to Parquet files, with the first of pyarrow, polars and DuckDB that is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypeAlias

from ...errors import PackageMissing
from .arrow_frames import arrow_table
from .arrow_stream import ArrowFrame
from .columns import FrameData, joined

FrameWriter: TypeAlias = Callable[[Iterator[FrameData], Path], None]
"""Writes the parts of a frame to a file. pyarrow has one part in memory at a time, the others all."""


def parquet_writer() -> FrameWriter:
    """The function that writes a frame to a file. Raises `PackageMissing` if no package can."""
    for package, write in _WRITERS.items():
        if find_spec(package) is not None:
            return write
    raise PackageMissing(
        "Parquet files need one of the packages pyarrow, polars and duckdb, and none is installed. "
        "Install it with: pip install pyarrow"
    )


def _with_pyarrow(parts: Iterator[FrameData], path: Path) -> None:
    from pyarrow import parquet

    first = arrow_table(next(parts))
    with parquet.ParquetWriter(path, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        del first
        for part in parts:
            writer.write_table(arrow_table(part))


def _with_polars(parts: Iterator[FrameData], path: Path) -> None:
    from .polars_frames import polars_frame

    polars_frame(_whole(parts)).write_parquet(path)


def _with_duckdb(parts: Iterator[FrameData], path: Path) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.from_arrow(ArrowFrame(_whole(parts))).write_parquet(str(path), compression="zstd")


def _whole(parts: Iterator[FrameData]) -> FrameData:
    first, *others = parts
    if not others:
        return first
    columns = {
        name: joined(values.kind, [values, *(part.columns[name] for part in others)])
        for name, values in first.columns.items()
    }
    return FrameData(first.schema, columns)


_WRITERS: Final[dict[str, FrameWriter]] = {
    "pyarrow": _with_pyarrow,
    "polars": _with_polars,
    "duckdb": _with_duckdb,
}
