"""Frames that are read when a library asks for them: `HistoryScan` and its `FrameSource`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from .arrow_stream import ArrowFrame, schema_capsule
from .columns import FrameData, first_rows
from .packages import needed
from .schema import FRAMES, FrameSchema

if TYPE_CHECKING:
    import duckdb
    import polars as pl


class FrameSource:
    """One frame that is not read yet. Each use reads what the history then has.

    Everything that reads Arrow streams takes it as a table: ``polars.DataFrame(source)``,
    ``pyarrow.table(source)``, and DuckDB by the name of a variable.
    """

    def __init__(self, schema: FrameSchema, read: Callable[..., FrameData]) -> None:
        self._schema = schema
        self._read = read

    def __repr__(self) -> str:
        return f"FrameSource({self._schema.name!r}, {len(self.columns)} columns)"

    def _repr_html_(self) -> str:
        from ..history_summary import source_html

        return source_html(self._schema)

    @property
    def columns(self) -> list[str]:
        """The names of its columns."""
        return [column.name for column in self._schema.columns]

    def __arrow_c_schema__(self) -> object:
        return schema_capsule(self._schema)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A PyCapsule with an Arrow stream of all rows. Raises `PackageMissing` without an Arrow package."""
        return ArrowFrame(self._read()).__arrow_c_stream__(requested_schema)

    def polars(self) -> pl.LazyFrame:
        """A LazyFrame of polars, which reads only the columns that a query uses.

        Raises `PackageMissing` without polars, or without an Arrow package.
        """
        plugins = needed("polars.io.plugins", "A LazyFrame")
        from .polars_frames import polars_frame, polars_schema

        def batches(
            columns: list[str] | None, predicate: Any, rows: int | None, batch: int | None
        ) -> Iterator[pl.DataFrame]:
            data = self._read(only=columns)
            if rows is not None and predicate is None:
                kept = {name: first_rows(values, rows) for name, values in data.columns.items()}
                data = FrameData(data.schema, kept)
            frame = polars_frame(data)
            yield frame if predicate is None else frame.filter(predicate)

        source: pl.LazyFrame = plugins.register_io_source(batches, schema=polars_schema(self._schema))
        return source

    def duckdb(self, connection: duckdb.DuckDBPyConnection | None = None) -> duckdb.DuckDBPyRelation:
        """A relation of DuckDB on Arrow memory, by default of its default connection.

        Raises `PackageMissing` without duckdb, or without an Arrow package.
        """
        module = needed("duckdb", "A relation")
        return (module if connection is None else connection).from_arrow(self)


class HistoryScan(Mapping[str, FrameSource]):
    """The frames of runs as sources by name: ``scan["logs"]``, or ``scan.logs``."""

    def __init__(self, read: Callable[..., FrameData]) -> None:
        self._read_frame = read

    def __repr__(self) -> str:
        return f"HistoryScan({', '.join(self)})"

    def _repr_html_(self) -> str:
        from ..history_summary import scan_html

        return scan_html(FRAMES.values())

    def __getitem__(self, name: str) -> FrameSource:
        return FrameSource(FRAMES[name], partial(self._read_frame, name))

    def __getattr__(self, name: str) -> FrameSource:
        if name in FRAMES:
            return self[name]
        raise AttributeError(f"there is no frame {name!r}; there are: {', '.join(FRAMES)}")

    def __dir__(self) -> Collection[str]:
        return [*super().__dir__(), *FRAMES]

    def __iter__(self) -> Iterator[str]:
        return iter(FRAMES)

    def __len__(self) -> int:
        return len(FRAMES)
