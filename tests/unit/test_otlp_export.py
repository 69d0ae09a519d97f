"""A run as OpenTelemetry spans: the export, what a collector receives, and that no run waits for it."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recorded import NAMES, events, recording
from tests.spans import RECORDED, recorded
from worker_widget.events import (
    Event,
    Log,
    Payload,
    RunFailed,
    RunStarted,
    StageCompleted,
    StageFailed,
    StageStarted,
    make,
)
from worker_widget.runs import otlp_sending
from worker_widget.runs.export import export_file_name, export_run
from worker_widget.runs.export.run_spans import MOST_EVENTS, MOST_TEXT_CHARS, span_id, trace_id
from worker_widget.runs.history import RunHistory
from worker_widget.runs.otlp_sending import Collector, TraceSender, configured, send_ended_run
from worker_widget.spans import otlp_json, otlp_protobuf, protobuf_writer
from worker_widget.spans.span import Span
from worker_widget.spans.trace_reader import TraceReader
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

BEGAN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def at(second: float, data: Payload) -> Event:
    return make(data, run_id="r1", time=BEGAN + timedelta(seconds=second))


AGENT_RUN = [
    at(0, RunStarted(task="Weather in Basel?", worker="meteo")),
    at(1, StageStarted(stage_id="a", kind="agent", name="Weather", agent="weather_agent", input="Basel?")),
    at(2, StageStarted(stage_id="m", parent_id="a", kind="model", input=[{"role": "user", "content": "Hi"}])),
    at(2.5, Log(stage_id="m", agent="weather_agent", message="thinking", level="debug")),
    at(
        3,
        StageCompleted(
            stage_id="m",
            model="gpt-4o",
            input_tokens=5,
            output_tokens=2,
            output=[{"role": "assistant", "content": "Hello"}],
            cost={"amount": 0.25, "currency": "USD"},
        ),
    ),
    at(4, StageStarted(stage_id="t", parent_id="a", kind="tool", name="weather", input={"city": "Basel"})),
    at(5, StageFailed(stage_id="t", error="ValueError: no city", traceback="Traceback\nValueError: no city")),
    at(6, Log(message="without a stage")),
    at(7, RunFailed(error="the tool failed")),
]


@pytest.fixture
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    put(memory, "r1", AGENT_RUN, "meteo")
    for name in NAMES:
        put(memory, name, events(recording(name)), "business-builder")
    yield memory
    memory.close()


def put(store: EventStore, run_id: str, reported: list[Event], worker: str) -> None:
    store.begin(run_id, worker=worker, origin="test", time_us=1_763_800_000_000_000)
    store.summarise(run_id, **summary(reduce_all(store.append(run_id, reported))))


def spans(store: EventStore, run_id: str) -> list[Span]:
    read = otlp_json.decode(export_run(store, run_id, "otlp").encode())
    assert read.rejected == 0
    return read.spans


def test_a_run_is_a_workflow_with_agents_models_and_tools(store: EventStore) -> None:
    run, agent, model, tool = spans(store, "r1")
    assert [item.name for item in (run, agent, model, tool)] == [
        *("invoke_workflow meteo", "invoke_agent weather_agent", "chat gpt-4o", "execute_tool weather")
    ]
    assert [item.kind for item in (run, agent, model, tool)] == ["internal", "internal", "client", "internal"]
    assert {item.trace_id for item in (run, agent, model, tool)} == {trace_id("r1")}
    assert (run.span_id, run.parent_id) == (span_id("r1", None), None)
    assert (agent.parent_id, model.parent_id, tool.parent_id) == (run.span_id, agent.span_id, agent.span_id)
    kinds = [item.attributes["openinference.span.kind"] for item in (run, agent, model, tool)]
    assert kinds == ["CHAIN", "AGENT", "LLM", "TOOL"]
    assert run.attributes["input.value"] == "Weather in Basel?"
    assert run.attributes["session.id"] == tool.attributes["session.id"] == "r1"
    assert (run.status, run.status_message) == ("error", "the tool failed")
    second = 1_000_000_000
    assert (run.end_ns - run.start_ns, model.end_ns - model.start_ns) == (7 * second, second)
    usage = {key: value for key, value in model.attributes.items() if ".usage." in key}
    assert usage == {
        "gen_ai.usage.input_tokens": 5,
        "gen_ai.usage.output_tokens": 2,
        "gen_ai.usage.total_tokens": 7,
    }
    assert json.loads(model.attributes["gen_ai.output.messages"])[0]["content"] == "Hello"
    assert tool.attributes["gen_ai.tool.call.arguments"] == '{"city":"Basel"}'
    line, failure = tool.events
    assert line.attributes["message"] == "Stage failed: ValueError: no city"
    assert failure.attributes["exception.stacktrace"].endswith("ValueError: no city")


def test_log_lines_are_events_of_the_span_of_their_stage(store: EventStore) -> None:
    run, _, model, _ = spans(store, "r1")
    assert [event.attributes.get("message") for event in run.events] == [
        *("without a stage", "Run failed: the tool failed", None)
    ]
    (line,) = model.events
    assert line.attributes == {"message": "thinking", "level": "debug", "gen_ai.agent.name": "weather_agent"}


def test_spans_that_were_exported_are_the_same_run_when_read(store: EventStore) -> None:
    read = TraceReader().read(spans(store, "r1"))
    starts = [item.data for item in read if isinstance(item.data, StageStarted)]
    assert [(item.kind, item.name) for item in starts] == [
        *(("stage", "meteo"), ("agent", "weather_agent"), ("model", "chat gpt-4o"), ("tool", "weather"))
    ]
    ends = {item.data.stage_id: item.data for item in read if isinstance(item.data, StageCompleted)}
    model = ends[span_id("r1", "m")]
    assert (model.model, model.input_tokens, model.cost) == ("gpt-4o", 5, {"amount": 0.25, "currency": "USD"})
    failed = [item.data for item in read if isinstance(item.data, StageFailed)]
    assert [item.error for item in failed][:1] == ["ValueError: no city"]
    lines = [item.data.message for item in read if isinstance(item.data, Log)]
    assert lines == [
        *("thinking", "Stage failed: ValueError: no city", "without a stage", "Run failed: the tool failed")
    ]


@pytest.mark.parametrize("run_id", NAMES)
def test_every_recorded_run_has_a_span_for_each_stage_that_started(store: EventStore, run_id: str) -> None:
    run, *rest = spans(store, run_id)
    started = [stage for stage in store.stages(run_id) if stage.started_us is not None]
    assert len(rest) == len(started)
    assert all(item.parent_id == run.span_id for item in rest)
    assert all(item.start_ns <= item.end_ns for item in (run, *rest))
    assert spans(store, run_id) == [run, *rest]


def test_the_log_lines_and_texts_of_a_span_are_bounded(store: EventStore) -> None:
    lines = [at(1, Log(stage_id="a", message=f"line {number}")) for number in range(MOST_EVENTS + 9)]
    start = at(0, StageStarted(stage_id="a", input="x" * (MOST_TEXT_CHARS + 1)))
    put(store, "long", [start, *lines], "meteo")
    _, stage = spans(store, "long")
    assert len(stage.events) == MOST_EVENTS
    assert stage.events[-1].attributes["message"] == f"line {MOST_EVENTS + 8}"
    assert len(stage.attributes["input.value"]) == MOST_TEXT_CHARS


def test_the_file_of_an_export_of_spans_is_a_json_file(store: EventStore) -> None:
    assert export_file_name(store, "r1", "otlp") == "meteo_r1_20261123T080000Z.otlp.json"
    assert RunHistory(store).export("r1", "otlp") == export_run(store, "r1", "otlp")


# --- protobuf ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECORDED)
def test_spans_written_as_protobuf_are_read_as_the_same(name: str) -> None:
    wanted = recorded(name)
    body = protobuf_writer.encode(wanted, wanted[0].resource, {"name": "s", "version": "1"})
    assert otlp_protobuf.decode(body).spans == wanted


def test_an_export_in_json_and_what_is_sent_have_the_same_spans(store: EventStore) -> None:
    wanted = spans(store, "r1")
    body = protobuf_writer.encode(wanted, wanted[0].resource, {"name": "s", "version": "1"})
    assert otlp_protobuf.decode(body).spans == wanted


VALUES = st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.floats(allow_nan=False) | st.text()


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(), VALUES, max_size=5), st.text(), st.integers(0, (1 << 64) - 1))
def test_any_attributes_are_written_as_protobuf(given_: dict[str, Any], name: str, time_ns: int) -> None:
    span = Span(
        trace_id="1" * 32, span_id="2" * 16, name=name, start_ns=time_ns, end_ns=time_ns, attributes=given_
    )
    body = protobuf_writer.encode([span], {}, {"name": "s", "version": "1"})
    assert otlp_protobuf.decode(body).spans == [span]


# --- sending ----------------------------------------------------------------------------------------


class CollectorHandler(BaseHTTPRequestHandler):
    """Answers with the ``statuses`` in turn, 200 after them, and keeps what it got."""

    statuses: ClassVar[list[int]] = []
    got: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, {key.lower(): value for key, value in self.headers.items()}, body))
        self.send_response(self.statuses.pop(0) if self.statuses else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[str]:
    CollectorHandler.statuses, CollectorHandler.got = [], []
    server = HTTPServer(("127.0.0.1", 0), CollectorHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def sent() -> list[Span]:
    return [span for _, _, body in CollectorHandler.got for span in otlp_protobuf.decode(body).spans]


def test_an_ended_run_is_sent_once_to_the_collector_of_the_environment(
    store: EventStore, collector: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKER_OTLP_ENDPOINT", collector + "/api/otel/")
    monkeypatch.setenv("WORKER_OTLP_HEADERS", "Authorization=Basic%20abc, x-project = p1")
    monkeypatch.setattr(otlp_sending, "_sender", None)
    for _ in range(2):
        send_ended_run(store, "r1", "meteo", None)
    send_ended_run(store, "valid_professional", "otlp", None)
    send_ended_run(store, "failure_strategy", "business-builder", 1)
    assert otlp_sending._sender is not None
    otlp_sending._sender[2].close(within_s=60)
    ((path, headers, _),) = CollectorHandler.got
    assert path == "/api/otel/v1/traces"
    assert headers["content-type"] == "application/x-protobuf"
    assert (headers["authorization"], headers["x-project"]) == ("Basic abc", "p1")
    assert sent() == spans(store, "r1")


def test_a_collector_that_is_busy_is_asked_again(store: EventStore, collector: str) -> None:
    CollectorHandler.statuses = [503, 429]
    sender = TraceSender(Collector(collector + "/v1/traces"), (0.001, 0.001))
    sender.send(store, "r1")
    while len(CollectorHandler.got) < 3:
        threading.Event().wait(0.005)
    sender.close(within_s=60)
    assert len(CollectorHandler.got) == 3


def test_a_collector_that_refuses_or_is_down_is_one_warning_without_its_key(
    store: EventStore, collector: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    CollectorHandler.statuses = [401, 401]
    refusing = TraceSender(Collector(collector + "/v1/traces", {"authorization": "secret-key"}), (0.001,))
    for run_id in ("r1", "valid_professional"):
        refusing.send(store, run_id)
    refusing.close(within_s=60)
    assert len(CollectorHandler.got) == 2
    down = TraceSender(Collector("http://127.0.0.1:9/v1/traces?token=secret-key"), (0.001,))
    for run_id in ("r1", "valid_professional", "unknown"):
        down.send(store, run_id)
    down.close(within_s=60)
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 2
    assert f"{collector}/v1/traces (it answers 401 Unauthorized)" in messages[0]
    assert "http://127.0.0.1:9/v1/traces (ConnectError" in messages[1]
    assert not any("secret-key" in message for message in messages)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKER_OTLP_ENDPOINT", "localhost:4318"),
        ("WORKER_OTLP_ENDPOINT", "http://[::1"),
        ("WORKER_OTLP_HEADERS", "no value"),
        ("WORKER_OTLP_HEADERS", "a=%0Aevil"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_warning(
    store: EventStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv("WORKER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(otlp_sending, "_reported", set())
    for _ in range(2):
        send_ended_run(store, "r1", "meteo", None)
    (message,) = (record.getMessage() for record in caplog.records)
    assert f"{name} " in message


def test_without_a_setting_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKER_OTLP_ENDPOINT", raising=False)
    assert configured() is None
