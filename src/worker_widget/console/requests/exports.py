"""Requests that download the trace of the run on screen, part by part."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count
from typing import Final, TypedDict

from ...errors import RequestRefused
from ...runs.export import ExportFormat, export_file_name, export_parts
from ..controller import ConsoleController
from .handlers import Args, Handlers, RequestAnswer, RequestHandler, shown_run

PART_BYTES: Final = 1024 * 1024
"""The size from which a part is sent."""

MOST_OPEN: Final = 4
"""Opening one more export ends the oldest: a browser that left never closes its own."""

_MIME: Final = {"json": "application/json", "txt": "text/plain", "csv": "text/csv"}


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
    """The next part of an export, whose UTF-8 bytes are the first buffer of the reply."""

    done: bool


class ExportRequests:
    """Answers the requests about exports for one console."""

    def __init__(self, controller: ConsoleController) -> None:
        self._controller = controller
        self._ids = count(1)
        self._open: dict[int, Iterator[str]] = {}
        self.handlers: Handlers = {
            "export.open": RequestHandler(ExportArgs, OpenedExport, self._begin),
            "export.part": RequestHandler(ExportPartArgs, ExportPart, self._part),
        }

    async def _begin(self, args: ExportArgs) -> RequestAnswer:
        """Begins an export of the run on screen."""
        run_id, store = shown_run(self._controller)
        name = await asyncio.to_thread(export_file_name, store, run_id, args.format)
        export_id = next(self._ids)
        self._open[export_id] = await asyncio.to_thread(export_parts, store, run_id, args.format)
        while len(self._open) > MOST_OPEN:
            del self._open[next(iter(self._open))]
        return RequestAnswer({"export_id": export_id, "file_name": name, "mime": _MIME[args.format]})

    async def _part(self, args: ExportPartArgs) -> RequestAnswer:
        """The next part of an export, of about 1 MiB."""
        # Taken out while it is read: a generator cannot be read twice at a time.
        parts = self._open.pop(args.export_id, None)
        if parts is None:
            raise RequestRefused("This export has ended. Export the run again.")
        part, done = await asyncio.to_thread(_next_part, parts)
        if not done:
            self._open[args.export_id] = parts
        return RequestAnswer({"done": done}, (part,))


def _next_part(parts: Iterator[str]) -> tuple[bytes, bool]:
    """The next bytes, and whether they are the last."""
    part = bytearray()
    for text in parts:
        part += text.encode("utf-8", "surrogatepass")
        if len(part) >= PART_BYTES:
            return bytes(part), False
    return bytes(part), True
