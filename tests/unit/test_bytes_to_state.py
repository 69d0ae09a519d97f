from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recorded import NAMES, events, logged, recording
from worker_widget.events import Connected, StreamEnd, decode
from worker_widget.events.sse import SSEDecoder
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.store.event_store import EventStore

WHOLE = {name: reduce_all(logged(events(recording(name)))) for name in NAMES}


def state_of(chunks: list[bytes]) -> RunState:
    """What the kernel makes of a stream that arrives in these chunks: the path of a live run."""
    store = EventStore.memory()
    store.begin("run", worker="w", origin="o", time_us=0)
    decoder = SSEDecoder()
    state = RunState()
    for chunk in chunks:
        batch = [decode(frame.data, frame.name, frame.id) for frame in decoder.feed(chunk)]
        batch = [event for event in batch if not isinstance(event.data, Connected | StreamEnd)]
        state = reduce_all(store.append("run", batch, after=state.position), state)
    store.close()
    return state


def cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(NAMES), st.lists(st.integers(0, 10**6), max_size=40))
def test_any_chunking_of_a_recorded_stream_gives_the_same_state(name: str, cuts: list[int]) -> None:
    assert state_of(cut(recording(name), cuts)) == WHOLE[name]


@pytest.mark.parametrize("name", ["failure_strategy", "tone_invalid_streaming"])
def test_byte_by_byte_too(name: str) -> None:
    stream = recording(name)
    assert state_of([stream[at : at + 1] for at in range(len(stream))]) == WHOLE[name]


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(NAMES), st.integers(1, 10**6))
def test_a_reconnect_that_repeats_everything_changes_nothing(name: str, at: int) -> None:
    stream = recording(name)
    torn = stream[: at % len(stream)].rpartition(b"\n\n")[0] + b"\n\n"
    assert state_of([torn, stream]) == WHOLE[name]
