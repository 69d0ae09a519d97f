"""The recorded streams of tests/recordings, as events."""

from __future__ import annotations

from pathlib import Path

from worker_widget.events import Event, decode
from worker_widget.events.sse import SSEDecoder
from worker_widget.state.log_line import LoggedEvent

RECORDINGS = Path(__file__).parent / "recordings"
NAMES = sorted(path.stem for path in RECORDINGS.glob("*.sse"))


def recording(name: str) -> bytes:
    """The bytes of one recorded stream."""
    return (RECORDINGS / f"{name}.sse").read_bytes()


def events(stream: bytes) -> list[Event]:
    """The run's events in the bytes of a stream, without its own ``connected`` and ``stream_end``."""
    frames = SSEDecoder().feed(stream)
    decoded = [decode(frame.data, frame.name, frame.id) for frame in frames]
    return [event for event in decoded if event.type not in ("connected", "stream_end")]


def logged(events: list[Event]) -> list[LoggedEvent]:
    """The events as a log numbers them."""
    return [LoggedEvent(position, event) for position, event in enumerate(events, start=1)]
