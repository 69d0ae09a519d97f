"""Frames in Arrow memory: the buffers of each column, made by numpy, as arrays of pyarrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .columns import FrameData, Numbers, Values
from .packages import needed
from .schema import FrameSchema, ValueKind

if TYPE_CHECKING:
    import pyarrow as pa


def arrow_table(data: FrameData) -> pa.Table:
    """The table of these columns. Raises `PackageMissing` without pyarrow."""
    pa = needed("pyarrow", 'engine="arrow"')
    return pa.Table.from_arrays(
        [arrow_array(values) for values in data.columns.values()],
        schema=pa.schema([(name, _type(values.kind)) for name, values in data.columns.items()]),
    )


def arrow_schema(schema: FrameSchema) -> pa.Schema:
    """The schema of a frame's table."""
    import pyarrow as pa

    return pa.schema([(column.name, _type(column.kind)) for column in schema.columns])


def _type(kind: ValueKind) -> Any:
    import pyarrow as pa

    alternative = {"agent": pa.large_string(), "score": pa.float64(), "reason": pa.large_string()}
    types = {
        ValueKind.CATEGORY: pa.dictionary(pa.int32(), pa.large_string()),
        ValueKind.LEVEL: pa.dictionary(pa.int32(), pa.large_string(), ordered=True),
        ValueKind.TEXT: pa.large_string(),
        ValueKind.INTEGER: pa.int64(),
        ValueKind.NUMBER: pa.float64(),
        ValueKind.FLAG: pa.bool_(),
        ValueKind.TIME: pa.timestamp("us", "UTC"),
        ValueKind.DURATION: pa.duration("us"),
        ValueKind.ALTERNATIVES: pa.large_list(pa.struct(list(alternative.items()))),
        ValueKind.TAGS: pa.large_list(pa.large_string()),
    }
    return types[kind]


def arrow_array(values: Values) -> Any:
    """The array of a column."""
    import pyarrow as pa

    kind, rows = values.kind, len(values)
    if kind in (ValueKind.ALTERNATIVES, ValueKind.TAGS):
        child = arrow_array(values.items[0])
        if kind is ValueKind.ALTERNATIVES:
            fields = list(_type(kind).value_type)
            child = pa.StructArray.from_arrays([arrow_array(item) for item in values.items], fields=fields)
        return pa.Array.from_buffers(_type(kind), rows, [None, pa.py_buffer(values.ends)], children=[child])
    if kind in (ValueKind.CATEGORY, ValueKind.LEVEL):
        missing, validity = _validity(values)
        codes = pa.py_buffer(values.data.astype(np.int32) - 1)
        indices = pa.Array.from_buffers(pa.int32(), rows, [validity, codes], missing)
        words = pa.array(values.words, pa.large_string())
        ordered = kind is ValueKind.LEVEL
        return pa.DictionaryArray.from_arrays(indices, words, ordered=ordered, safe=False)
    missing, validity = _validity(values)
    if kind is ValueKind.TEXT:
        buffers = [validity, pa.py_buffer(values.ends), pa.py_buffer(values.data)]
    elif kind is ValueKind.FLAG:
        buffers = [validity, pa.py_buffer(bits(values.data == 1))]
    else:
        buffers = [validity, pa.py_buffer(values.data)]
    return pa.Array.from_buffers(_type(kind), rows, buffers, missing)


def _validity(values: Values) -> tuple[int, Any]:
    """The number of missing values, and the buffer that says which are there."""
    import pyarrow as pa

    missing = values.missing
    count = int(np.count_nonzero(missing))
    return count, pa.py_buffer(bits(~missing)) if count else None


def bits(flags: Numbers) -> Numbers:
    """Flags as Arrow packs them: one bit each, the lowest first."""
    return np.packbits(flags, bitorder="little")
