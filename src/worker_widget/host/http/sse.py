"""Encodes events as server-sent events, byte for byte as the worker API specifies."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ..runs.store import StoredEvent

RETRY_MS = 1000
KEEPALIVE = b": keepalive\n\n"


def opening(run_id: str) -> bytes:
    """The first bytes of a connection: the reconnect delay and ``connected``."""
    return b"retry: %d\n" % RETRY_MS + _bare(b"connected", {"run_id": run_id})


def frames(events: Iterable[StoredEvent]) -> bytes:
    """Events of a run as frames, each with its sequence number as ``id``, in one byte string."""
    return b"".join(
        b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, event.type.encode(), event.raw) for event in events
    )


def closing(run_id: str, reason: str) -> bytes:
    """The last frame of the stream of a finished run; ``reason`` is the type of its terminal event."""
    return _bare(b"stream_end", {"run_id": run_id, "reason": reason})


def _bare(name: bytes, data: dict[str, str]) -> bytes:
    """A frame without an id: a client does not take it as the last event."""
    return b"event: %s\ndata: %s\n\n" % (name, msgspec.json.encode(data))
