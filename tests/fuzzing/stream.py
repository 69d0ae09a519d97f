"""What holds for any bytes that a server sends as an event stream: the target of the fuzzer and its seeds."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec

from tests.recorded import NAMES, logged, recording
from worker_widget.console.channel import snapshot
from worker_widget.console.wire import FormState, Link, Shown
from worker_widget.events import PAYLOADS, Event, UnknownEvent, decode
from worker_widget.events.sse import Frame, SSEDecoder
from worker_widget.sources.worker_api.stream_state import StreamState
from worker_widget.state.incident import IncidentBook
from worker_widget.state.log_line import LEVELS, log_line
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore

TYPES = sorted(PAYLOADS)
TOKENS = (
    *(f'"{name}"' for name in TYPES),
    *sorted({f'"{field}"' for payload in PAYLOADS.values() for field in payload.__struct_fields__}),
    *("event: ", "data: ", "id: ", "retry: ", ": ", "\n\n", "\r\n\r\n", '"type"', '"timestamp"', '"data"'),
    *("NaN", "-Infinity", "1e400", "\\ud83d", "\\u0000", "\ufeff", "\u2028", "[[[[[[[[", "]]]]]]]]"),
)
"""Words of the format, which a fuzzer does not find by itself."""

KEEPALIVES = frozenset({"ping", "pong", "keepalive", "keep-alive", "keep_alive", "heartbeat"})
"""Names of events that servers send in place of comments."""
_MOST_REPLACED = 3
"""A byte that is no UTF-8 becomes the three bytes of U+FFFD."""
_FIRST_YEAR, _LAST_YEAR = 1, 9999


def check_stream(data: bytes, store: EventStore) -> int:
    """Reads ``data`` as a stream in pieces and as one event; returns the number of events.

    The first byte is the size of the pieces and the name that the whole has as an event. ``store`` keeps the
    events of every fourth stream, which takes five times as long.
    """
    size, body = (data[0], data[1:]) if data else (0, b"")
    frames = _frames(body, size or 1 << 16)
    check_event(decode(body, TYPES[size % len(TYPES)]), body)
    check_event(decode(body), body)
    events = [decode(frame.data, frame.name, frame.id or None) for frame in frames]
    for frame, event in zip(frames, events, strict=True):
        check_event(event, frame.data)
    state = StreamState("r1")
    received = state.receive(frames)
    kept = [
        event.raw
        for frame, event in zip(frames, events, strict=True)
        if not _is_of_the_connection(frame.name, event)
    ]
    assert [event.raw for event in received] == kept, "every event of the run is kept"
    _check_shown(received)
    if size % 4 == 0:
        _check_kept(received, store)
    return len(events) + 2


def check_event(event: Event, raw: bytes) -> None:
    """An event is kept as it arrived, keeps a declared type, and can be placed in time, log and history."""
    assert event.raw == raw
    assert event.type
    assert isinstance(event.data, UnknownEvent) == (event.type not in PAYLOADS)
    assert event.time is None or _FIRST_YEAR <= event.time.year <= _LAST_YEAR
    assert event.key
    event.type.encode(), msgspec.json.encode(event.data), msgspec.json.encode(event.malformed)
    line = log_line(event, IncidentBook())
    assert line is None or (line.level in LEVELS and line.message.encode() is not None)
    if isinstance(event.data, UnknownEvent):
        assert line is not None, "an unknown event has a line"


def seeds() -> Iterator[bytes]:
    """Parts of recorded streams, each of some frames, with every declared event beside them."""
    for name in NAMES:
        frames = recording(name).split(b"\n\n")
        step = max(1, len(frames) // 12)
        for start in range(0, len(frames), step):
            part = b"\n\n".join(frames[start : start + 3])[:4_000] + b"\n\n"
            yield b"\x00" + part
    for number, (name, payload) in enumerate(PAYLOADS.items()):
        fields = dict.fromkeys(payload.__struct_fields__, None)
        body = json.dumps({"type": name, "timestamp": "2026-11-22T07:50:01.5Z", "data": fields})
        yield bytes([7]) + f"id: {number}\nevent: {name}\ndata: {body}\n\n".encode()
        yield bytes([TYPES.index(name)]) + body.encode()


def _frames(body: bytes, size: int) -> list[Frame]:
    """The frames of ``body``, which are the same however it is cut."""
    whole, cut = SSEDecoder(), SSEDecoder()
    frames = whole.feed(body)
    pieces = [frame for at in range(0, len(body), size) for frame in cut.feed(body[at : at + size])]
    assert pieces == frames
    assert (cut.last_event_id, cut.retry_ms, cut.comments) == (
        whole.last_event_id,
        whole.retry_ms,
        whole.comments,
    )
    held = sum(len(frame.data) for frame in frames)
    assert held <= _MOST_REPLACED * len(body), "no more is held than has arrived"
    for frame in frames:
        frame.data.decode()
        frame.name.encode()
    return frames


def _is_of_the_connection(name: str, event: Event) -> bool:
    """Whether an event is no event of the run; one that keeps a connection alive has a name for that."""
    return event.type in ("connected", "stream_end") or (
        isinstance(event.data, UnknownEvent) and bool({name.lower(), event.type.lower()} & KEEPALIVES)
    )


def _check_shown(events: list[Event]) -> None:
    """What a console shows of the events is JSON that a browser reads."""
    state = reduce_all(logged(events))
    assert state.position == len(events)
    shown = Shown(form=FormState(worker="w"), link=Link(), run_id="r1", run=state)
    json.loads(msgspec.json.encode(snapshot.state(shown)), parse_constant=_refused)


def _check_kept(events: list[Event], store: EventStore) -> None:
    """The history has the bytes of every event once, and gives the same state."""
    different: dict[tuple[bytes, int], bytes] = {}
    for event in events:
        different.setdefault((event.key, event.copy), event.raw)
    store.begin("r1", worker="w", origin="o", time_us=0)
    state = reduce_all(store.append("r1", events))
    assert [item.event.raw for item in store.iterate("r1")] == list(different.values())
    assert store.state("r1") == state
    store.delete("r1")


def _refused(text: str) -> None:
    raise AssertionError(f"{text} is no JSON")
