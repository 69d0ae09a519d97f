"""Streams of any bytes: no exception, every event is kept, and what a console shows of it is JSON."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzzing.stream import TOKENS, check_stream, seeds
from worker_widget.store.event_store import EventStore

SEEDS = list(seeds())
FUZZED_S = 600
PARTS = st.one_of(
    st.sampled_from(SEEDS).flatmap(
        lambda seed: st.builds(
            lambda at, size: seed[at : at + size], st.integers(0, len(seed)), st.integers(1, 400)
        )
    ),
    st.sampled_from(TOKENS).map(str.encode),
    st.binary(max_size=20),
)
STREAMS = st.builds(
    lambda first, parts: bytes([first]) + b"".join(parts), st.integers(0, 255), st.lists(PARTS)
)


@pytest.fixture(scope="module")
def store() -> Iterator[EventStore]:
    made = EventStore.memory()
    yield made
    made.close()


@pytest.mark.parametrize("size", [0, 4])
def test_every_seed_is_a_stream_whose_events_are_kept(store: EventStore, size: int) -> None:
    for seed in SEEDS:
        assert check_stream(bytes([size]) + seed[1:], store) >= 2


@settings(max_examples=150)
@given(STREAMS)
def test_parts_of_streams_in_any_order_are_read_and_kept(store: EventStore, stream: bytes) -> None:
    check_stream(stream, store)


@pytest.mark.soak
def test_ten_minutes_of_fuzzing_find_no_stream_that_breaks_anything(
    store: EventStore, tmp_path: Path
) -> None:
    """Guided by coverage; where atheris cannot be installed, with as many random streams as fit."""
    if find_spec("atheris") is None:
        settings(max_examples=20_000)(given(STREAMS)(lambda stream: check_stream(stream, store)))()
        return
    fuzzing = subprocess.run(
        [sys.executable, "-m", "tests.fuzzing", str(FUZZED_S), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=FUZZED_S + 300,
    )
    assert fuzzing.returncode == 0, fuzzing.stderr[-4_000:]
    executed = [line for line in fuzzing.stderr.splitlines() if "number_of_executed_units" in line]
    print(*executed)
    assert executed
