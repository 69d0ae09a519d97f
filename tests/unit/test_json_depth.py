"""JSON of any depth is read the same from any place of the code, or not at all."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from worker_widget import RunHistory, cli, load_run
from worker_widget.events import (
    PAYLOADS,
    Event,
    Log,
    RunCompleted,
    StageStarted,
    UnknownEvent,
    decode,
    json_depth,
    make,
)
from worker_widget.events.json_depth import MOST_DEPTH, nested_too_deep
from worker_widget.recording.json_value import json_value
from worker_widget.runs.export import ExportFormat
from worker_widget.spans import otlp_json
from worker_widget.spans.attributes import parsed
from worker_widget.spans.otlp_json import NotTraces
from worker_widget.state.reduce import reduce_all
from worker_widget.store.run_records import summary
from worker_widget.store.shared import shared_store

RUN = "run"


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


TEXTS = st.text('[]{}"\\a', max_size=6)
VALUES = st.recursive(
    TEXTS | st.integers(0, 9) | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=25,
)


@given(VALUES, st.integers(0, 6), st.integers(0, 9))
@example(["\\", [[["[" * 9, '\\"[']]]], 0, 4)
def test_the_depth_of_json_is_that_of_its_values(value: Any, around: int, most: int) -> None:
    for _ in range(around):
        value = [value, [], {"a": []}]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_depth, "_FLAT_LEVELS", min(2, most))
        assert nested_too_deep(json.dumps(value).encode(), most) == (depth_of(value) > most)


@given(st.binary(max_size=40) | st.text('[]{}"\\,:1', max_size=60).map(str.encode))
def test_text_that_is_no_json_has_a_depth_too(raw: bytes) -> None:
    assert nested_too_deep(raw) is False
    assert nested_too_deep(b"[" * 500 + raw) is True


def event(depth: int, name: str = "log") -> bytes:
    """An event whose JSON is nested that deep."""
    inside = "[" * (depth - 2) + "]" * (depth - 2)
    return f'{{"type":"{name}","data":{{"message":"m","stage_id":"a","input":{inside}}}}}'.encode()


def called_deep(calls: int, made: Callable[[], Event]) -> Event:
    return made() if not calls else called_deep(calls - 1, made)


@pytest.mark.parametrize("depth", [MOST_DEPTH, MOST_DEPTH + 1, 990, 2_000, 100_000])
@pytest.mark.parametrize("name", ["log", "stage_started", "theirs", ""])
def test_an_event_is_decoded_the_same_from_any_place_of_the_code(depth: int, name: str) -> None:
    raw = event(depth, name or "log")
    found = decode(raw, name, "1")
    deep = sys.getrecursionlimit() - 500
    assert called_deep(deep, lambda: decode(raw, name, "1")) == found
    if depth > MOST_DEPTH and name != "theirs":
        kind = PAYLOADS[name or "log"]
        assert found == Event(name or "log", kind(), raw, malformed={"data": raw.decode()}, id="1")
    elif depth > MOST_DEPTH:
        assert found == Event(name, UnknownEvent(data=raw.decode()), raw, id="1")
    elif name == "stage_started":
        assert isinstance(found.data, StageStarted)
        assert found.data.input is not None
    elif name in ("log", ""):
        assert found.data == Log(stage_id="a", message="m")


@pytest.fixture
def sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """A stored run with an event just shallow enough, and three that are too deep."""
    deep = [(MOST_DEPTH, "stage_started"), (MOST_DEPTH + 1, "stage_started"), (990, "log"), (5_000, "theirs")]
    sent = [decode(event(depth, name), name, str(number)) for number, (depth, name) in enumerate(deep, 1)]
    sent.append(make(RunCompleted(success=True), run_id=RUN, time=datetime(2026, 11, 22, tzinfo=UTC)))
    store = shared_store()
    store.begin(RUN, worker="w", origin="http://127.0.0.1:9", time_us=0)
    store.summarise(RUN, **summary(reduce_all(store.append(RUN, sent))))
    return sent


def test_a_run_with_events_that_are_too_deep_is_read_and_exported(sent: list[Event], tmp_path: Path) -> None:
    history = RunHistory()
    assert [logged.event for logged in shared_store().read(RUN, 0, 9)] == sent
    for format in get_args(ExportFormat):
        assert history.export(RUN, format, tmp_path / f"run.{format}").stat().st_size
    data = history.events(runs=RUN)["data"]
    assert json.loads(data[0]) == json.loads(sent[0].raw)["data"]
    assert [text.encode() for text in data[1:4]] == [event.raw for event in sent[1:4]]
    shared_store().delete(RUN)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = load_run(tmp_path / "run.json")
    assert [logged.event for logged in run.store.read(RUN, 0, 9)] == sent
    assert run.state.status == "completed"


def test_tail_shows_events_that_are_too_deep(sent: list[Event], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tail", RUN, "--offline"]) == 0
    assert capsys.readouterr().out
    assert cli.main(["tail", RUN, "--offline", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    shown = {row["position"]: row for row in rows if "position" in row}
    assert shown[1]["data"] == json.loads(sent[0].raw)["data"]
    assert [shown[at]["text"].encode() for at in (2, 3, 4)] == [event.raw for event in sent[1:4]]


def test_a_value_of_ones_own_that_is_too_deep_is_its_text() -> None:
    value: Any = []
    for _ in range(MOST_DEPTH):
        value = [value]
    stored = make(StageStarted(stage_id="a", input=json_value(value)), run_id=RUN, time=datetime.now(UTC))
    assert isinstance(stored.data, StageStarted)
    assert stored.data.input == json.dumps(value)


def test_spans_that_are_nested_too_deep_are_refused_and_their_values_stay_text() -> None:
    deep = "[" * 300 + "]" * 300
    with pytest.raises(NotTraces, match="nested too deep"):
        otlp_json.decode(f'{{"resourceSpans":[],"x":{deep}}}'.encode())
    assert parsed(deep) == deep
    assert parsed("[[1]]") == [[1]]
