"""Reads a frame of any number of runs from the history."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np

from ...store.blocks.columns import NO_INTEGER
from ...store.blocks_table import DamagedBlock, DamageWarning
from ...store.event_store import EventStore
from ...store.run_blocks import BlockQuery, RunKey, StoredBlock
from ..users_level import users_level
from .block_rows import BLOCK_ROWS, block_columns, query
from .columns import FrameData, Joining, Values, constant_word, first_rows, joined, made, taken
from .engines import FrameEngine, check_engine, in_engine
from .filters import FrameFilter, frame_filter
from .python_rows import PYTHON_PARTS, PYTHON_ROWS, Reading, Rows
from .run_rows import run_rows
from .schema import CONTENT, FRAMES, FrameSchema, ValueKind

T = TypeVar("T")

PART_ROWS: Final = 65_536
OBJECT_ROWS: Final = 16_384
"""Fewer rows, because rows that are made from objects need more memory."""

_Rows: TypeAlias = dict[str, Values]


def frame_in_engine(
    store: EventStore, name: str, engine: FrameEngine, *, content: bool = False, **filters: Any
) -> Any:
    """A frame in a library, of the rows that these arguments choose; see `RunHistory`."""
    check_engine(engine)
    return in_engine(read_frame(store, name, frame_filter(**filters), content=content), engine)


def read_frame(
    store: EventStore,
    name: str,
    filter: FrameFilter,
    *,
    content: bool = False,
    only: Collection[str] | None = None,
) -> FrameData:
    """The rows of a frame that pass the filter.

    ``content`` adds the texts to artifacts. ``only`` are the names of the columns to read, by default all.
    Raises `RunUnknown` for a run of the filter that is not in the history.
    """
    schema = FRAMES[name]
    if content:
        schema = schema._replace(columns=(*schema.columns, CONTENT))
    if only is not None:
        schema = schema._replace(columns=tuple(item for item in schema.columns if item.name in only))
    if name == "runs":
        return frame_of(schema, run_rows(store, filter, [column.name for column in schema.columns]))
    keys = store.run_keys(filter.runs)
    if name in BLOCK_ROWS:
        wanted = _without_run(schema)
        return _limited(_joined(schema, _of_blocks(store, schema, wanted, keys, filter)), filter.limit)
    return _of_objects(store, schema, keys, filter)


def frame_parts(store: EventStore, name: str, filter: FrameFilter) -> Iterator[FrameData]:
    """The rows of a frame as `read_frame` has them, in parts of about `PART_ROWS` or `OBJECT_ROWS`.

    A frame of runs, stages, artifacts, warnings or sources is one part.
    """
    schema = FRAMES[name]
    if name in PYTHON_PARTS and filter.limit is None:
        reading = _reading(store, schema, store.run_keys(filter.runs))
        for rows_of_part in PYTHON_PARTS[name](reading, OBJECT_ROWS):
            yield _filtered(schema, rows_of_part, filter)
        return
    if name not in BLOCK_ROWS:
        yield read_frame(store, name, filter)
        return
    rows, part, none = 0, list[_Rows](), True
    wanted = _without_run(schema)
    for found in _of_blocks(store, schema, wanted, store.run_keys(filter.runs), filter):
        part.append(found)
        if sum(len(item["run_id"]) for item in part) >= PART_ROWS:
            data = _limited(_joined(schema, part), None if filter.limit is None else filter.limit - rows)
            yield data
            rows, part, none = rows + len(data), [], False
    if part or none:
        yield _limited(_joined(schema, part), None if filter.limit is None else filter.limit - rows)


def frame_of(schema: FrameSchema, rows: dict[str, list[Any]]) -> FrameData:
    """A frame of Python values; a column without values has no rows."""
    return FrameData(
        schema,
        {
            column.name: joined(column.kind, [made(column.kind, rows.get(column.name, []))])
            for column in schema.columns
        },
    )


def _without_run(schema: FrameSchema) -> list[str]:
    """The columns that are read of blocks."""
    return [column.name for column in schema.columns if column.name != "run_id"] or ["seq"]


def _of_blocks(
    store: EventStore, schema: FrameSchema, wanted: list[str], keys: Sequence[RunKey], filter: FrameFilter
) -> Iterator[_Rows]:
    """The columns of each block, with those that are wanted, until there are as many rows as the limit."""
    if filter.limit == 0:
        return
    rows = 0
    read = partial(block_columns, schema.name, wanted, filter)
    for key, found in _read(store, schema.name, keys, query(BLOCK_ROWS[schema.name], filter), read):
        if found is None:
            continue
        count = len(found[wanted[0]])
        yield {"run_id": constant_word(key.run_id, count), **found}
        rows += count
        if filter.limit is not None and rows >= filter.limit:
            return


def _joined(schema: FrameSchema, parts: Iterable[_Rows]) -> FrameData:
    """One frame of these columns. Each part is joined as it comes, so that its texts are not kept twice."""
    joinings = {column.name: Joining(column.kind) for column in schema.columns}
    for part in parts:
        for name, joining in joinings.items():
            joining.add(part[name])
    return FrameData(schema, {name: joinings.pop(name).whole() for name in list(joinings)})


def _of_objects(
    store: EventStore, schema: FrameSchema, keys: Sequence[RunKey], filter: FrameFilter
) -> FrameData:
    return _filtered(schema, PYTHON_ROWS[schema.name](_reading(store, schema, keys)), filter)


def _reading(store: EventStore, schema: FrameSchema, keys: Sequence[RunKey]) -> Reading:
    read = partial(_read, store, schema.name)
    return Reading(store, keys, {column.name for column in schema.columns}, read)


def _filtered(schema: FrameSchema, rows: Rows, filter: FrameFilter) -> FrameData:
    data = frame_of(schema, rows)
    mask = np.ones(len(data), bool)
    if filter.stages is not None:
        mask &= np.array([stage in filter.stages for stage in rows["stage_id"]], bool)
    if filter.has_time and schema.time is not None:
        times = made(ValueKind.TIME, rows[schema.time]).data
        mask &= times != NO_INTEGER
        mask &= times >= (NO_INTEGER if filter.since_us is None else filter.since_us)
        if filter.until_us is not None:
            mask &= times < filter.until_us
    if not mask.all():
        columns = {name: joined(values.kind, [taken(values, mask)]) for name, values in data.columns.items()}
        data = FrameData(schema, columns)
    return _limited(data, filter.limit)


def _limited(data: FrameData, limit: int | None) -> FrameData:
    if limit is None or len(data) <= limit:
        return data
    return FrameData(
        data.schema,
        {name: joined(values.kind, [first_rows(values, limit)]) for name, values in data.columns.items()},
    )


def _read(
    store: EventStore,
    name: str,
    keys: Sequence[RunKey],
    blocks: BlockQuery,
    read: Callable[[StoredBlock], T],
) -> Iterator[tuple[RunKey, T]]:
    """What is read of each block. A damaged block is left out, with a warning that names it."""
    if not keys:
        return
    for key, found in store.read_blocks(keys, blocks, read):
        if isinstance(found, DamagedBlock):
            warnings.warn(
                f"The frame {name} is incomplete: run {key.run_id}: {found}",
                DamageWarning,
                stacklevel=users_level(),
            )
        else:
            yield key, found
