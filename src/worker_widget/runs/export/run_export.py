"""`RunExport`: which runs are exported to one file, and how. The process of the call or another makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ...store.event_store import EventStore
from . import ExportFormat, export_pieces
from .signature import Signer
from .trace import read_trace


@dataclass(frozen=True)
class RunExport:
    """The export of runs to one file: of one run, as ``html`` also of several.

    ``exported`` is its time, by default now. ``most_bytes`` and ``comparison`` are for ``html``: see
    `worker_widget.runs.report.report.report_parts`.
    """

    runs: tuple[tuple[EventStore, str], ...]
    format: ExportFormat
    exported: datetime | None = None
    most_bytes: int | None = None
    comparison: tuple[str, list[str]] = ("", [])

    def pieces(
        self, read: Callable[[float], None] = lambda share: None, signer: Signer | None = None
    ) -> Iterator[bytes]:
        """The bytes of the file, made here, in pieces; see `export_pieces`."""
        if self.format == "html":
            return self._report(read, signer)
        ((store, run_id),) = self.runs
        return export_pieces(store, run_id, self.format, exported=self.exported, read=read, signer=signer)

    def _report(self, read: Callable[[float], None], signer: Signer | None) -> Iterator[bytes]:
        from ..report.report import report_parts

        now = self.exported or datetime.now(UTC)
        traces = [read_trace(store, run_id, now) for store, run_id in self.runs]
        total = sum(trace.record.lines + trace.record.events for trace in traces)
        parts = report_parts(traces, self.most_bytes, signer=signer, comparison=self.comparison)

        def pieces() -> Iterator[bytes]:
            for part in parts:
                read(min(sum(trace.rows.read for trace in traces) / max(total, 1), 1))
                yield part.encode("utf-8", "surrogatepass")

        return pieces()
