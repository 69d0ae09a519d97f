"""Requests that download the trace of the run on screen, part by part."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Final, TypedDict

from ...errors import RequestRefused
from ...runs.export import ExportFormat, export_file_name
from ...runs.export.exporter import Exporter
from ...runs.export.run_export import RunExport
from ...store.event_store import EventStore
from ..controller import ConsoleController
from .handlers import Args, Handlers, RequestAnswer, RequestHandler, shown_run

PART_BYTES: Final = 1024 * 1024
"""The size from which a part is sent."""

MOST_OPEN: Final = 4
"""Opening one more export ends the oldest: a browser that left never closes its own."""

UNREAD_S: Final = 120.0
"""An export no part of which is requested for so long ends: a process can make it."""

_MIME: Final = {
    "html": "text/html",
    "json": "application/json",
    "txt": "text/plain",
    "csv": "text/csv",
    "spreadsheet": "text/csv",
    "md": "text/markdown",
    "pdf": "application/pdf",
    "ipynb": "application/x-ipynb+json",
    "otlp": "application/json",
    "parquet": "application/zip",
}


class ExportArgs(Args, frozen=True, kw_only=True):
    format: ExportFormat


class ExportPartArgs(Args, frozen=True, kw_only=True):
    export_id: int


class OpenedExport(TypedDict):
    """An export that can be read; its parts together are the file."""

    export_id: int
    file_name: str
    mime: str


class ExportPart(TypedDict):
    """The next part of an export, whose bytes are the first buffer of the reply.

    ``share`` is how much of the run has been read, 0 to 1.
    """

    done: bool
    share: float


class _OpenExport:
    """An export in progress."""

    def __init__(self, store: EventStore, run_id: str, format: ExportFormat) -> None:
        self.share = 0.0
        runs = ((store, run_id),)
        self._exporter = Exporter(runs)
        try:
            self._pieces = self._exporter.pieces(RunExport(runs, format), self._read)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends the export, unless it has ended."""
        self._exporter.close()

    def next_part(self) -> tuple[bytes, bool]:
        """The next bytes, and whether they are the last."""
        part = bytearray()
        for piece in self._pieces:
            part += piece
            if len(part) >= PART_BYTES:
                return bytes(part), False
        return bytes(part), True

    def _read(self, share: float) -> None:
        self.share = share


class ExportRequests:
    """Answers the requests about exports for one console."""

    def __init__(self, controller: ConsoleController) -> None:
        self._controller = controller
        self._ids = count(1)
        self._open: dict[int, _OpenExport] = {}
        self._unread: dict[int, asyncio.TimerHandle] = {}
        self.handlers: Handlers = {
            "export.open": RequestHandler(ExportArgs, OpenedExport, self._begin),
            "export.part": RequestHandler(ExportPartArgs, ExportPart, self._part),
        }

    async def _begin(self, args: ExportArgs) -> RequestAnswer:
        """Begins an export of the run on screen."""
        run_id, store, _, _ = shown_run(self._controller)
        name = await asyncio.to_thread(export_file_name, store, run_id, args.format)
        export_id = next(self._ids)
        self._keep(export_id, await asyncio.to_thread(_OpenExport, store, run_id, args.format))
        while len(self._open) > MOST_OPEN:
            self._end(next(iter(self._open)))
        return RequestAnswer({"export_id": export_id, "file_name": name, "mime": _MIME[args.format]})

    async def _part(self, args: ExportPartArgs) -> RequestAnswer:
        """The next part of an export, of about 1 MiB."""
        # Taken out while it is read: a generator cannot be read twice at a time.
        export = self._open.pop(args.export_id, None)
        if export is None:
            raise RequestRefused("This export has ended. Export the run again.")
        self._unread.pop(args.export_id).cancel()
        try:
            part, done = await asyncio.to_thread(export.next_part)
        except BaseException:
            export.close()
            raise
        if done:
            export.close()
        else:
            self._keep(args.export_id, export)
        return RequestAnswer({"done": done, "share": export.share}, (part,))

    def _keep(self, export_id: int, export: _OpenExport) -> None:
        """Keeps an export for the request of its next part."""
        self._open[export_id] = export
        loop = asyncio.get_running_loop()
        self._unread[export_id] = loop.call_later(UNREAD_S, self._end, export_id)

    def _end(self, export_id: int) -> None:
        """Ends an export whose next part was not requested."""
        self._unread.pop(export_id).cancel()
        self._open.pop(export_id).close()
