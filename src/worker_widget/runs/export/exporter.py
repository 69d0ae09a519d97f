"""`Exporter` makes exports: short ones here, long ones in a process of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Self

from ...store.event_store import EventStore
from .process import ExportProcess
from .run_export import RunExport
from .signature import Signer

LONG_ROWS: Final = 20_000
"""From so many events and log lines on, an export takes longer than the start of a process."""
LONG_BYTES: Final = 8 * 1024 * 1024
"""From so many bytes of events on, too."""


class Exporter:
    """Exports some or all of ``runs``, a context manager. Raises `RunUnknown` for one that is unknown.

    If they are long together, a process of low priority makes the exports, but not of a history in memory,
    and not where no process can be started.
    """

    def __init__(self, runs: Sequence[tuple[EventStore, str]]) -> None:
        self._process = ExportProcess.started() if _are_long(runs) else None

    def pieces(
        self,
        export: RunExport,
        read: Callable[[float], None] = lambda share: None,
        signer: Signer | None = None,
    ) -> Iterator[bytes]:
        """The bytes of an export, in pieces; see `RunExport.pieces`. The last one must have been read."""
        if self._process is None:
            return export.pieces(read, signer)
        return self._process.pieces(export, read, signer)

    def close(self) -> None:
        """Ends the process, also in the middle of an export. May be called twice."""
        if self._process is not None:
            self._process.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _are_long(runs: Sequence[tuple[EventStore, str]]) -> bool:
    records = [store.known_run(run_id) for store, run_id in runs]
    if any(store.path is None or store.closed or store.replaced for store, _ in runs):
        return False
    if sum(record.events + record.lines for record in records) >= LONG_ROWS:
        return True
    return sum(store.event_bytes(run_id) for store, run_id in runs) >= LONG_BYTES
