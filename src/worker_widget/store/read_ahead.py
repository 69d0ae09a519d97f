"""Reads many blocks in order, the next blocks in other threads.

SQLite and the decompression release the interpreter's lock, so that they use other cores while a search runs.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from sqlite3 import Connection
from typing import Final, TypeVar

from .blocks_table import BlockSpan
from .database import Database

T = TypeVar("T")

CORES: Final = min(4, os.cpu_count() or 1)
"""The most cores that a search uses."""
_THREADS: Final = max(1, CORES - 1)
_AHEAD: Final = 6
_FEW: Final = 3
_KEPT_BYTES: Final = 8 * 1024 * 1024
"""As much memory as a search uses for a block, or for some small ones."""


def read_ahead(
    db: Database,
    connection: Connection,
    spans: Sequence[BlockSpan],
    is_quick: Callable[[BlockSpan], bool],
    read: Callable[[Connection, BlockSpan], T],
) -> Iterator[tuple[BlockSpan, T]]:
    """Applies ``read`` to blocks and yields the results in order.

    ``connection`` reads the blocks that can still change, and those that are quick to read.
    """
    if len(spans) <= _FEW or db.reads_in_turn:
        for span in spans:
            yield span, read(connection, span)
        return
    keep_freed_memory()
    coming: deque[tuple[BlockSpan, Future[T] | None]] = deque()
    rest = iter(spans)
    with ThreadPoolExecutor(_THREADS, "worker-widget-read") as pool:
        try:
            while True:
                for span in islice(rest, _AHEAD - len(coming)):
                    alone = span.sealed and not is_quick(span)
                    coming.append((span, pool.submit(_read_sealed, db, span, read) if alone else None))
                if not coming:
                    return
                span, future = coming.popleft()
                yield span, read(connection, span) if future is None else future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def keep_freed_memory() -> None:
    """Makes the C library of Linux reuse the memory of freed blocks instead of returning it to the system.

    It does so for blocks as large as one that was freed before. Otherwise each decompressed block costs more
    time for new pages than for its search.
    """
    import numpy as np  # takes a while

    np.empty(_KEPT_BYTES, np.uint8)


def _read_sealed(db: Database, span: BlockSpan, read: Callable[[Connection, BlockSpan], T]) -> T:
    with db.read() as connection:
        return read(connection, span)
