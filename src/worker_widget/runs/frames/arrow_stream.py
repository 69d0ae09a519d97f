"""Frames as Arrow streams, which any library with the Arrow PyCapsule interface reads.

The stream is made by pyarrow if it is installed, else by nanoarrow, which cannot make dictionaries: from it
categories and levels arrive as texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np

from ...errors import PackageMissing
from .arrow_frames import arrow_schema, arrow_table, bits
from .columns import FrameData, Values, spelled
from .schema import FrameSchema, ValueKind


class ArrowFrame:
    """A frame that exports an Arrow stream."""

    def __init__(self, data: FrameData) -> None:
        self._data = data

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A PyCapsule with the stream of the frame's only record batch. Raises `PackageMissing`."""
        if _has_pyarrow():
            return arrow_table(self._data).__arrow_c_stream__(requested_schema)
        return _stream(self._data)


def schema_capsule(schema: FrameSchema) -> object:
    """A PyCapsule with the Arrow schema of a frame. Raises `PackageMissing`."""
    if _has_pyarrow():
        return arrow_schema(schema).__arrow_c_schema__()
    return _struct({column.name: column.kind for column in schema.columns}).__arrow_c_schema__()


def _has_pyarrow() -> bool:
    """Whether pyarrow makes the streams; else nanoarrow does. Raises `PackageMissing` without both."""
    if find_spec("pyarrow") is not None:
        return True
    if find_spec("nanoarrow") is None:
        raise PackageMissing(
            "An Arrow stream needs the package pyarrow or nanoarrow, and neither is installed. "
            "Install the smaller with: pip install 'worker-widget[arrow]'"
        )
    return False


def _stream(data: FrameData) -> object:
    import nanoarrow as na

    arrays = [_array(values) for values in data.columns.values()]
    schema = _struct({name: values.kind for name, values in data.columns.items()})
    batch = na.c_array_from_buffers(schema, len(data), [None], children=arrays)
    return na.c_array_stream(batch).__arrow_c_stream__()


def _struct(kinds: Mapping[str, ValueKind]) -> Any:
    import nanoarrow as na

    return na.struct({name: _type(kind) for name, kind in kinds.items()})


def _type(kind: ValueKind) -> Any:
    import nanoarrow as na

    text = na.large_string()
    types = {
        ValueKind.CATEGORY: text,
        ValueKind.LEVEL: text,
        ValueKind.TEXT: text,
        ValueKind.INTEGER: na.int64(),
        ValueKind.NUMBER: na.float64(),
        ValueKind.FLAG: na.bool_(),
        ValueKind.TIME: na.timestamp("us", "UTC"),
        ValueKind.DURATION: na.duration("us"),
        ValueKind.ALTERNATIVES: na.large_list(
            na.struct({"agent": text, "score": na.float64(), "reason": text})
        ),
        ValueKind.TAGS: na.large_list(text),
    }
    return types[kind]


def _array(values: Values) -> Any:
    import nanoarrow as na

    kind, rows = values.kind, len(values)
    if kind in (ValueKind.ALTERNATIVES, ValueKind.TAGS):
        items = [_array(item) for item in values.items]
        child = items[0]
        if kind is ValueKind.ALTERNATIVES:
            fields = {"agent": na.large_string(), "score": na.float64(), "reason": na.large_string()}
            child = na.c_array_from_buffers(na.struct(fields), len(values.items[0]), [None], children=items)
        return na.c_array_from_buffers(_type(kind), rows, [None, values.ends], children=[child])
    if kind in (ValueKind.CATEGORY, ValueKind.LEVEL):
        values = spelled(values)
    missing = values.missing
    count = int(np.count_nonzero(missing))
    validity = bits(~missing) if count else None
    if values.lengths is not None:
        buffers = [validity, values.ends, values.data]
    else:
        buffers = [validity, bits(values.data == 1) if kind is ValueKind.FLAG else values.data]
    return na.c_array_from_buffers(_type(kind), rows, buffers, null_count=count)
