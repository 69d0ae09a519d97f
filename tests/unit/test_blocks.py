"""Blocks of any size, joined and sealed in any way, hold the same events, lines and rows."""

from __future__ import annotations

import itertools
import random
import sqlite3
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha512
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from worker_widget.events import (
    ArtifactCreated,
    ArtifactDelta,
    Event,
    Log,
    Payload,
    PolicyCheck,
    RoutingDecision,
    RunCompleted,
    StageFailed,
    decode,
    encode,
)
from worker_widget.state.incident import IncidentBook
from worker_widget.state.incidents import ledger_rows
from worker_widget.state.log_line import LoggedEvent, log_line, with_derived_line
from worker_widget.state.reduce import reduce_all
from worker_widget.state.routing_and_ledger import routing_rows
from worker_widget.store import blocks_table
from worker_widget.store.blocks import columns
from worker_widget.store.blocks.block import Derived, block_of, numeric_id, numeric_ids
from worker_widget.store.event_store import EventStore
from worker_widget.store.line_filter import LineFilter
from worker_widget.store.log_search import LogSearch

RUN = "run"
START = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)

payloads = st.one_of(
    st.builds(
        Log,
        message=st.text("ab\n\x1b[1mÄ", max_size=8),
        level=st.sampled_from(["info", "error", "odd"]),
        stage_id=st.sampled_from([None, "copy", "ux"]),
        agent=st.sampled_from([None, "writer"]),
    ),
    st.builds(StageFailed, stage_id=st.sampled_from(["copy", "ux"]), error=st.sampled_from([None, "broken"])),
    st.builds(PolicyCheck, stage_id=st.just("copy"), passed=st.booleans()),
    st.builds(RoutingDecision, selected_agent=st.text(max_size=3), alternatives=st.just([])),
    st.builds(ArtifactDelta, artifact_name=st.sampled_from(["a", "b"]), text=st.text(max_size=3)),
    st.builds(ArtifactCreated, artifact_name=st.sampled_from(["a", "b"])),
)
ids = st.one_of(st.none(), st.integers(1, 40).map(str), st.sampled_from(["x-1", "x-2", "007", "9" * 30]))
times = st.one_of(st.none(), st.integers(-9, 9))


@st.composite
def batches(draw: st.DrawFn) -> list[list[Event]]:
    return [
        [event(draw(payloads), draw(times), draw(ids)) for _ in range(draw(st.integers(0, 9)))]
        for _ in range(draw(st.integers(1, 12)))
    ]


def event(data: Payload, seconds: int | None, id: str | None) -> Event:
    raw = encode(data, run_id=RUN, time=START + timedelta(seconds=seconds or 0))
    if seconds is None:
        raw = raw.replace(b'"timestamp"', b'"no_timestamp"')
    return decode(raw, id=id)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_table, "SEALED_EVENTS", 12)
    monkeypatch.setattr(blocks_table, "_SIZES", (2, 5, 12))
    monkeypatch.setattr(blocks_table, "_JOINED_AT_ONCE", 3)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as directory:
        yield Path(directory)


def unique(written: list[list[Event]]) -> list[LoggedEvent]:
    """What a log holds: each event once, known by its id or else by its bytes."""
    kept: dict[str | bytes, Event] = {}
    for batch in written:
        for item in batch:
            kept.setdefault(item.raw if item.id is None else item.id, item)
    return [LoggedEvent(position, item) for position, item in enumerate(kept.values(), 1)]


@settings(max_examples=120, deadline=None)
@given(batches())
def test_two_writers_of_the_same_run_store_each_event_once(folder: Path, written: list[list[Event]]) -> None:
    path = folder / "history.db"
    path.unlink(missing_ok=True)
    stores = [EventStore.open(path), EventStore.open(path)]
    stores[0].begin(RUN, worker="w", origin="o", time_us=0)
    for index, batch in enumerate(written):
        stores[index % 2].append(RUN, batch)
    expected = unique(written)
    for store in stores:
        check(store, expected)
        store.close()
    for name in ("history.db", "history.db-wal", "history.db-shm"):
        (folder / name).unlink(missing_ok=True)


def check(store: EventStore, expected: list[LoggedEvent]) -> None:
    assert list(store.iterate(RUN)) == expected
    assert [item.raw for item in store.raw_events(RUN)] == [item.event.raw for item in expected]
    assert store.state(RUN) == reduce_all(expected)
    assert list(store.ledger_rows(RUN)) == list(ledger_rows(expected))
    assert list(store.routing_rows(RUN)) == list(routing_rows(expected))
    lines = list(store.log_rows(RUN))
    assert [line.line for line in lines] == list(range(1, len(lines) + 1))
    assert len(lines) == reduce_all(expected).counts.logs
    by_position = {item.position: item.event for item in expected}
    for line in lines:
        assert line.time_us == by_position[line.position].time_us
        assert store.log_line_at_position(RUN, line.position) == line.line
    errors = LineFilter(levels=frozenset({"error"}), stage_id="copy")
    wanted = [line for line in lines if line.level == "error" and line.stage_id == "copy"]
    assert store.log_window(RUN, errors, 0, 99).rows == wanted
    logs = [item for item in expected if item.event.type == "log"]
    assert list(store.iterate(RUN, only=("log",))) == logs
    assert list(store.iterate(RUN, without=("log",))) == [item for item in expected if item not in logs]
    middle = len(expected) // 2
    assert store.read(RUN, middle, 3) == expected[middle : middle + 3]
    texts = "".join(
        item.event.data.text
        for item in expected
        if isinstance(item.event.data, ArtifactDelta) and item.event.data.artifact_name == "a"
    )
    assert (store.artifact_text(RUN, "a.txt") or "") == texts


kinds = st.sampled_from(list(columns.ColumnKind))
VALUES = {
    columns.ColumnKind.POSITION: st.integers(0, 2**32 - 1),
    columns.ColumnKind.LEVEL: st.integers(0, 3),
    columns.ColumnKind.INTEGER: st.one_of(st.none(), st.integers(-(2**63) + 1, 2**63 - 1)),
    columns.ColumnKind.NUMBER: st.one_of(st.none(), st.floats(allow_nan=False)),
    columns.ColumnKind.FLAG: st.one_of(st.none(), st.booleans()),
    columns.ColumnKind.WORD: st.one_of(st.none(), st.text(max_size=3)),
    columns.ColumnKind.TEXT: st.one_of(st.none(), st.text(max_size=5)),
}


@settings(max_examples=200)
@given(st.data(), kinds)
def test_joined_columns_have_the_values_of_all(data: st.DataObject, kind: columns.ColumnKind) -> None:
    parts = data.draw(st.lists(st.lists(VALUES[kind], max_size=5), min_size=1, max_size=4))
    tables = [{"c": columns.column(kind, part)} for part in parts]
    joined = columns.joined(tables)["c"]
    assert values_of(kind, joined) == [value for part in parts for value in part]


def values_of(kind: columns.ColumnKind, column: columns.Column) -> list[object]:
    match kind:
        case columns.ColumnKind.WORD:
            return list(columns.words(column))
        case columns.ColumnKind.TEXT:
            return list(columns.texts(column))
        case _:
            found: list[object] = []
            for value in columns.numbers(kind, column):
                missing = value != value or value == columns.NO_INTEGER
                if kind is columns.ColumnKind.FLAG:
                    found.append(None if value == columns.NO_FLAG else bool(value))
                else:
                    found.append(None if missing and kind is not columns.ColumnKind.POSITION else value)
            return found


@given(st.lists(st.text("ab\n\r\b\x1b[1m\x9bÄ\ud800", max_size=8), min_size=1, max_size=6))
def test_a_log_event_of_plain_text_is_the_line_that_is_derived_of_others(messages: list[str]) -> None:
    events = [
        decode(b"", "log") if not text else replace(decode(b"", "log"), data=Log(message=text, level=level))
        for text, level in zip(messages, itertools.cycle(["info", "WARN", "odd", "40"]))
    ]
    lines = {index: log_line(item, IncidentBook()) for index, item in enumerate(events)}
    needed = with_derived_line(events)
    found = block_of(events, 1, Derived({index: lines[index] for index in needed}, {}), None)
    assert found == block_of(events, 1, Derived(lines, {}), None)


@given(st.lists(st.none() | st.text("0123456789x٣", max_size=3) | st.just("9" * 30), max_size=6))
def test_the_numbers_of_ids_are_those_of_each(names: list[str | None]) -> None:
    assert numeric_ids(names) == [numeric_id(name) for name in names]


@pytest.mark.parametrize("compressible", [True, False])
def test_the_bytes_of_many_events_are_compressed_before_they_are_sealed(
    tmp_path: Path, compressible: bool
) -> None:
    store = EventStore.open(tmp_path / "history.db")
    store.begin(RUN, worker="w", origin="o", time_us=0)
    chars = "a" if compressible else "".join(map(chr, range(33, 127)))
    texts = ["".join(random.Random(number).choices(chars, k=30_000)) for number in (1, 2)]
    events = [event(Log(message=text), number, str(number)) for number, text in enumerate(texts, 1)]
    for count in (1, 2):
        store.append(RUN, events[count - 1 : count])
        check(store, unique([events[:count]]))
    with store._db.read() as db:
        stored = db.execute("SELECT sealed, length(raw) < bytes FROM blocks ORDER BY row_key").fetchall()
    assert set(stored) == {(0, compressible)}
    events.append(event(RunCompleted(success=True), 9, "9"))
    store.append(RUN, events[2:])
    check(store, unique([events]))
    store.close()


# --- damage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["raw", "columns", "messages", "line_columns", "row_tables"])
def test_a_damaged_block_is_named_and_the_rest_is_read(tmp_path: Path, part: str) -> None:
    path = tmp_path / "history.db"
    store = EventStore.open(path)
    store.begin(RUN, worker="w", origin="o", time_us=0)
    for start in range(0, 36, 12):
        made = [
            event(Log(message=f"line {n}") if n % 2 else PolicyCheck(passed=False), n, None)
            for n in range(start, start + 12)
        ]
        store.append(RUN, made)
    store.close()
    with sqlite3.connect(path) as db:
        damaged = db.execute(
            f"UPDATE blocks SET {part} = substr({part}, 2) WHERE row_key = (1 << 32) + 13"
        ).rowcount
    db.close()
    assert damaged == 1
    store = EventStore.open(path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        positions = [item.position for item in store.iterate(RUN)]
        state = store.state(RUN)
        lines = list(store.log_rows(RUN))
        exported = list(store.raw_events(RUN))
    outside = [*range(1, 13), *range(25, 37)]
    if part in ("raw", "columns"):
        assert positions == [item.position for item in exported] == outside
        assert state.counts.events == 24
    else:
        assert positions == list(range(1, 37))
    if part in ("raw", "columns", "messages", "line_columns"):
        assert "events 13 to 24 of the run" in str(caught[0].message)
    assert [line.line for line in lines] == list(range(1, 19))
    for line in lines:
        if 6 < line.line <= 12 and part in ("messages", "line_columns", "columns"):
            assert "damaged" in line.message
        else:
            assert line.message == f"line {line.line * 2 - 1}"
    store.append(RUN, [event(Log(message="more"), 99, None)])
    assert store.known_run(RUN).events == 37, "the run goes on"
    store.close()


def test_a_line_whose_message_is_damaged_is_found_by_its_level_and_not_by_text(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store = EventStore.open(path)
    store.begin(RUN, worker="w", origin="o", time_us=0)
    for start in range(0, 36, 12):
        store.append(RUN, [event(Log(message=f"line {n}"), n, None) for n in range(start, start + 12)])
    store.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE blocks SET messages = substr(messages, 2) WHERE row_key = (1 << 32) + 13")
    db.close()
    store = EventStore.open(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert store.log_total(RUN, LineFilter(levels=frozenset({"info"}))) == 36
        assert store.log_total(RUN, LineFilter(levels=frozenset({"error"}))) == 0
        assert store.log_total(RUN, LineFilter(searches=frozenset({LogSearch(text="line")}))) == 24
    store.close()


@pytest.mark.parametrize("part", blocks_table.PARTS)
def test_the_small_blocks_beside_a_damaged_one_stay_readable(tmp_path: Path, part: str) -> None:
    path = tmp_path / "history.db"
    store = EventStore.open(path)
    store.begin(RUN, worker="w", origin="o", time_us=0)
    for n in range(2):
        store.append(RUN, [event(Log(message=f"line {n}"), n, None)])
    with sqlite3.connect(path) as db:
        db.execute(f"UPDATE blocks SET {part} = x'00' WHERE row_key = (1 << 32) + 2")
    db.close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for n in range(2, 60):
            store.append(RUN, [event(Log(message=f"line {n}"), n, None)])
        store.append(RUN, [event(RunCompleted(success=True), 99, None)])
        store.close()
        store = EventStore.open(path)
        messages = [line.message for line in store.log_rows(RUN)]
    lost = "This line is damaged in the history."
    readable = [f"line {n}" for n in range(60)]
    assert [text for text in messages if text != lost] in (readable, readable[:1] + readable[2:])
    store.close()


def test_a_page_of_the_file_that_is_overwritten_damages_one_block(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store = EventStore.open(path)
    store.begin(RUN, worker="w", origin="o", time_us=0)
    for start in range(0, 48, 12):
        texts = [
            "".join(sha512(f"{n} {part}".encode()).hexdigest() for part in range(20))
            for n in range(start, start + 12)
        ]
        store.append(RUN, [event(Log(message=text), n, None) for n, text in enumerate(texts, start)])
    store.close()
    content = bytearray(path.read_bytes())
    with sqlite3.connect(path) as db:
        (messages,) = db.execute("SELECT messages FROM blocks WHERE row_key = (1 << 32) + 13").fetchone()
    db.close()
    place = content.find(messages[8_000:8_100])
    assert place > 0
    page = place // 4_096 * 4_096
    content[page : page + 4_096] = b"\xff" * 4_096
    path.write_bytes(content)
    store = EventStore.open(path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        lines = list(store.log_rows(RUN))
    assert [line.line for line in lines if "damaged" in line.message] == list(range(13, 25))
    assert "events 13 to 24" in str(caught[0].message)
    store.close()
