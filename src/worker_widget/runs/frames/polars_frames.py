"""Frames in polars, made from Arrow memory without copying it."""

from __future__ import annotations

from typing import Any

from ...state.log_line import LEVELS
from .arrow_stream import ArrowFrame
from .columns import FrameData
from .packages import needed
from .schema import FrameSchema, ValueKind


def polars_frame(data: FrameData) -> Any:
    """The DataFrame of these columns. Raises `PackageMissing` without polars, or without an Arrow package."""
    pl = needed("polars", 'engine="polars"')
    return pl.DataFrame(ArrowFrame(data)).cast(polars_schema(data.schema))


def polars_schema(schema: FrameSchema) -> dict[str, Any]:
    """The types of the columns in polars."""
    import polars as pl

    alternative = {"agent": pl.String, "score": pl.Float64, "reason": pl.String}
    types = {
        ValueKind.CATEGORY: pl.Categorical(),
        ValueKind.LEVEL: pl.Enum(LEVELS),
        ValueKind.TEXT: pl.String(),
        ValueKind.INTEGER: pl.Int64(),
        ValueKind.NUMBER: pl.Float64(),
        ValueKind.FLAG: pl.Boolean(),
        ValueKind.TIME: pl.Datetime("us", "UTC"),
        ValueKind.DURATION: pl.Duration("us"),
        ValueKind.ALTERNATIVES: pl.List(pl.Struct(alternative)),
        ValueKind.TAGS: pl.List(pl.String),
    }
    return {column.name: types[column.kind] for column in schema.columns}
