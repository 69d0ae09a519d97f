"""What comes from the kernel over a page's websockets."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Self

from playwright.sync_api import Page, WebSocket

_FRAME = re.compile(rb'"kind": ?"frame"')


@dataclass
class Traffic:
    """Widget messages and their bytes; the console's frames among them, and the largest one's bytes."""

    messages: int = 0
    frames: int = 0
    bytes: int = 0
    largest_frame: int = 0

    @classmethod
    def of(cls, page: Page) -> Self:
        """Count from the next websocket on, so call it before the page is opened."""
        traffic = cls()
        page.on("websocket", traffic._attach)
        return traffic

    def _attach(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._count)

    def _count(self, frame: str | bytes) -> None:
        if isinstance(frame, str) or b'"comm_msg"' not in _header(frame):
            return
        self.messages += 1
        self.bytes += len(frame)
        if _FRAME.search(frame):
            self.frames += 1
            self.largest_frame = max(self.largest_frame, len(frame))


def _header(message: bytes) -> bytes:
    """The header of a message as Jupyter's protocol v1.kernel.websocket.jupyter.org frames it."""
    begin, end = struct.unpack_from("<QQ", message, 16)
    return message[begin:end]
