"""Traces that other programs send to the host, as runs; and runs that are sent to a collector."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status, StatusCode

from tests.killing import until
from tests.spans import LANGGRAPH, PYDANTIC_AI, TRACE, body, recorded, span, traces
from worker_widget import WorkerClient
from worker_widget.host.http.traces import MAX_BODY_BYTES, MAX_UNPACKED_BYTES
from worker_widget.host.process.server import HostSettings
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.host.runs import received_traces
from worker_widget.spans import otlp_protobuf, protobuf_writer
from worker_widget.spans.otlp_json import encode_span
from worker_widget.spans.span import Span

from .host_support import Api, Frame, HostProcess, environment, events, scripted

OTLP = "/api/v1/workers/otlp"
PROTOBUF = "application/x-protobuf"
RUN = str(uuid.UUID(TRACE))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[ThreadedHost]:
    with ThreadedHost(tmp_path, scripted()) as running:
        yield running


@pytest.fixture
def api(host: ThreadedHost) -> Iterator[Api]:
    client = Api(host.url, host.token, OTLP)
    yield client
    client.http.close()


def post(api: Api, content: bytes, kind: str = PROTOBUF, **headers: str) -> httpx.Response:
    return api.http.post("/v1/traces", content=content, headers={"Content-Type": kind, **headers})


def send(api: Api, *spans: Span) -> None:
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [encode_span(item) for item in spans]}]}]}
    answer = post(api, json.dumps(body).encode(), "application/json")
    assert (answer.status_code, answer.json()) == (200, {})


def listed(api: Api) -> list[tuple[str, str]]:
    return [(run["task"], run["status"]) for run in api.get("/runs").json()["runs"]]


def types(frames: Sequence[Frame]) -> list[str]:
    return [str(frame.event) for frame in events(list(frames))]


# --- other programs ---------------------------------------------------------------------------------


def test_what_a_program_with_opentelemetry_does_is_a_run(
    host: ThreadedHost, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(tmp_path / "home"))
    exporter = OTLPSpanExporter(f"{host.url}/v1/traces", headers={"x-aos-key": host.token})
    provider = TracerProvider(resource=Resource.create({"service.name": "shop"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("shop")
    asked = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "seller"}
    with tracer.start_as_current_span("invoke_agent seller", attributes=asked) as root:
        call = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m1", "gen_ai.usage.input_tokens": 4}
        with tracer.start_as_current_span("chat m1", attributes=call) as inner:
            inner.add_event("cache miss", {"key": "a"})
        with pytest.raises(ValueError, match="no stock"), tracer.start_as_current_span("look up"):
            raise ValueError("no stock")
        root.set_status(Status(StatusCode.ERROR, "sold out"))
    provider.shutdown()
    run_id = str(uuid.UUID(int=root.get_span_context().trace_id))
    client = WorkerClient("otlp", url=host.url, api_key=host.token)
    try:
        run = client.get(run_id).wait()
        assert (run.status, run.error) == ("failed", "sold out")
        stages = run.stages()
        assert list(stages["name"]) == ["seller", "chat m1", "look up"]
        assert list(stages["kind"]) == ["agent", "model", "stage"]
        assert list(stages["status"]) == ["failed", "completed", "failed"]
        assert "no stock" in stages["error"].iloc[2]
        assert run.state.tokens == 4
        assert any("cache miss key=a" in message for message in run.logs()["message"])
    finally:
        client.close()


def test_the_lines_that_the_host_prints_make_a_program_send_its_traces_there(tmp_path: Path) -> None:
    host = HostProcess(tmp_path, "host", "--port", "0", command=("-m", "worker_widget.cli"))
    try:
        api = host.api()
        assert host.process.stdout is not None
        printed = [host.process.stdout.readline().decode() for _ in range(5)]
        assert host.state()["token"] not in "".join(printed)
        exports = "".join(line for line in printed if line.startswith("  export "))
        program = f"""{exports}
{sys.executable} -c '
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
provider.get_tracer("t").start_span("nightly").end()
'"""
        subprocess.run(["sh", "-ec", program], check=True, env=environment(tmp_path))
        runs = api.http.get(f"{OTLP}/runs").json()["runs"]
        assert [(run["task"], run["status"]) for run in runs] == [("nightly", "completed")]
        api.http.close()
    finally:
        host.close()


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(("suffix", "kind"), [("pb", PROTOBUF), ("json", "application/json; charset=utf-8")])
def test_a_recorded_export_becomes_runs(api: Api, suffix: str, kind: str, packed: bool) -> None:
    assert all(worker["id"] != "otlp" for worker in api.http.get("/api/v1/workers").json()["workers"])
    assert listed(api) == []
    for name in (PYDANTIC_AI, LANGGRAPH):
        content = body(name, suffix)
        headers = {"Content-Encoding": "gzip"} if packed else {}
        answer = post(api, gzip.compress(content) if packed else content, kind, **headers)
        assert answer.status_code == 200, answer.text
        if suffix == "pb":
            assert answer.headers["content-type"] == PROTOBUF
            assert not ExportTraceServiceResponse.FromString(answer.content).HasField("partial_success")
    assert sorted(listed(api)) == [
        *(("What is the weather in Basel?", "completed"), ("do it", "failed")),
        *(("hi", "completed"), ("weather?", "completed")),
    ]
    listing = api.http.get("/api/v1/workers").json()["workers"]
    assert [worker["status"] for worker in listing if worker["id"] == "otlp"] == ["unavailable"]
    good, bad = traces(recorded(PYDANTIC_AI))
    answered = api.get(f"/runs/{uuid.UUID(good[0].trace_id)}").json()
    assert (answered["total_tokens_used"], answered["total_latency_ms"]) == (131, 42.009)
    stream = api.follow(str(uuid.UUID(bad[0].trace_id)))
    assert types(stream)[0] == "run_started"
    assert types(stream)[-1] == "run_failed"
    assert types(stream).count("stage_started") == 3
    times = [frame.data["timestamp"] for frame in events(stream)]
    assert times == sorted(times)


def test_a_run_streams_while_its_spans_arrive(api: Api) -> None:
    send(api, span(3, 2, name="inner"))
    assert [status for _, status in listed(api)] == ["running"]
    with api.stream(RUN) as stream:
        got = [next(stream) for _ in range(5)]
        assert types(got) == ["run_started", "stage_started", "stage_started", "stage_completed"]
        send(api, span(2, name="outer"))
        rest = list(stream)
    assert types(rest) == ["stage_started", "stage_completed", "run_completed"]
    assert listed(api) == [("inner", "completed")]


def test_spans_after_the_end_are_kept_and_repeated_ones_are_not(api: Api) -> None:
    send(api, span(1, name="root"))
    before = types(api.follow(RUN))
    send(api, span(1, name="root"))
    assert types(api.follow(RUN)) == before
    late = span(2, 1, name="late", attributes={"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 3})
    send(api, span(1, name="root"), late)
    assert types(api.follow(RUN)) == [*before, "stage_started", "stage_completed"]
    answered = api.get(f"/runs/{RUN}").json()
    assert (answered["status"], answered["total_tokens_used"]) == ("completed", 3)
    assert listed(api) == [("root", "completed")]


def test_a_trace_without_its_root_ends_when_it_is_quiet_and_a_late_root_says_how_it_ended(
    tmp_path: Path,
) -> None:
    with ThreadedHost(tmp_path, {}, settings=HostSettings(traces_quiet_s=0.05)) as host:
        api = Api(host.url, host.token, OTLP)
        send(api, span(2, 1, name="inner"))
        got = types(api.follow(RUN))
        assert got[-2:] == ["run_warning", "run_completed"]
        send(api, span(1, name="root", status="error", status_message="it broke"))
        answered = api.get(f"/runs/{RUN}").json()
        assert (answered["status"], answered["error"]) == ("failed", "it broke")
        assert types(api.follow(RUN))[-2:] == ["stage_failed", "run_failed"]
        api.http.close()


def test_the_trace_that_is_quiet_for_longest_ends_where_there_are_too_many(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(received_traces, "MOST_OPEN", 2)
    for number in range(3):
        send(api, span(2, 1, name=f"trace {number}", trace_id=f"{number + 1:032x}"))
    assert listed(api) == [("trace 2", "running"), ("trace 1", "running"), ("trace 0", "completed")]


def test_a_run_whose_spans_are_awaited_can_be_stopped_and_then_deleted(api: Api) -> None:
    send(api, span(2, 1))
    assert api.http.delete(f"{OTLP}/runs/{RUN}").status_code == 409
    assert api.post(f"/runs/{RUN}/cancel").status_code == 202
    assert types(api.follow(RUN))[-1] == "run_cancelled"
    send(api, span(1))
    assert [status for _, status in listed(api)] == ["cancelled"]
    assert api.post(f"/runs/{RUN}/cancel").status_code == 409
    assert api.http.delete(f"{OTLP}/runs/{RUN}").status_code == 200
    assert listed(api) == []
    send(api, span(1))
    assert [status for _, status in listed(api)] == ["completed"]


def test_a_received_run_cannot_be_started_or_run_again(api: Api) -> None:
    send(api, span(1, name="x"))
    for path in ("/run-streaming", f"/runs/{RUN}/retry"):
        answer = api.post(path, {"task": "Do it once more"})
        assert answer.status_code == 409, answer.text
        assert "other programs run" in answer.text


def test_a_host_that_starts_again_knows_its_received_runs(tmp_path: Path) -> None:
    for number in (1, 2):
        with ThreadedHost(tmp_path, {}) as host:
            api = Api(host.url, host.token, OTLP)
            send(api, span(number, None if number == 1 else 1, name=f"span {number}"))
            assert len(api.get("/runs").json()["runs"]) == 1
            assert types(api.follow(RUN)).count("stage_completed") == number
            api.http.close()


# --- refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "content", "headers", "status", "reason"),
    [
        ("application/json", b"{", {}, 400, "not JSON"),
        (PROTOBUF, b"\xff\xff", {}, 400, "not an ExportTraceServiceRequest"),
        ("application/grpc", b"", {}, 415, "gRPC is not served"),
        ("", b"", {}, 415, "Content-Type must be"),
        (PROTOBUF, b"", {"Content-Encoding": "br"}, 415, "Content-Encoding must be gzip"),
        (PROTOBUF, b"plain", {"Content-Encoding": "gzip"}, 400, "not gzip"),
        (PROTOBUF, gzip.compress(b"x" * 99, mtime=0)[:20], {"Content-Encoding": "gzip"}, 400, "cut off"),
        (PROTOBUF, b"x" * (MAX_BODY_BYTES + 1), {}, 413, "too large"),
        (
            PROTOBUF,
            gzip.compress(bytes(MAX_UNPACKED_BYTES + 1)),
            {"Content-Encoding": "gzip"},
            413,
            "unpacked",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, bytes | dict) else str(value),
)
def test_a_body_that_cannot_be_read_is_refused_with_the_reason(
    api: Api, kind: str, content: bytes, headers: dict[str, Any], status: int, reason: str
) -> None:
    answer = post(api, content, kind, **headers)
    assert (answer.status_code, reason in answer.json()["detail"]) == (status, True), answer.text


def test_without_the_extra_protobuf_is_refused_with_its_name_and_json_works(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otlp_protobuf, "available", lambda: False)
    answer = post(api, body(PYDANTIC_AI))
    assert answer.status_code == 415
    assert "worker-widget[otel]" in answer.json()["detail"]
    assert post(api, body(PYDANTIC_AI, "json"), "application/json").status_code == 200


def test_a_body_without_the_key_is_refused(host: ThreadedHost) -> None:
    answer = httpx.post(
        f"{host.url}/v1/traces", content=body(PYDANTIC_AI), headers={"Content-Type": PROTOBUF}
    )
    assert answer.status_code == 401
    bearer = {"Content-Type": PROTOBUF, "Authorization": f"Bearer {host.token}"}
    assert httpx.post(f"{host.url}/v1/traces", content=body(PYDANTIC_AI), headers=bearer).status_code == 200


def test_spans_without_ids_are_reported_as_rejected(api: Api) -> None:
    spans = [encode_span(span(1)), {"name": "no ids"}]
    message = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    answer = post(api, json.dumps(message).encode(), "application/json")
    assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"
    bad = Span(trace_id="0" * 32, span_id="1" * 16)
    written = protobuf_writer.encode([bad], {}, {"name": "s", "version": "1"})
    got = ExportTraceServiceResponse.FromString(post(api, written).content)
    assert got.partial_success.rejected_spans == 1


# --- our own runs -----------------------------------------------------------------------------------


def test_a_run_is_sent_at_its_end_to_the_collector_of_the_environment(
    host: ThreadedHost, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WORKER_OTLP_ENDPOINT", host.url)
    monkeypatch.setenv("WORKER_OTLP_HEADERS", f"x-aos-key={host.token}")
    client = WorkerClient("scripted", url=host.url, api_key=host.token)
    try:
        run = client.run("log 3; page <p>Hello</p>").wait()
        assert run.status == "completed"
        sent = [("log 3; page <p>Hello</p>", "completed")]
        until(lambda: listed(api) == sent, "the end of the run at its collector")
    finally:
        client.close()


def test_a_collector_that_is_down_neither_delays_nor_fails_a_run(
    host: ThreadedHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WORKER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    client = WorkerClient("scripted", url=host.url, api_key=host.token)
    try:
        assert client.run("log 3; page <p>Hello</p>").wait().status == "completed"
    finally:
        client.close()
