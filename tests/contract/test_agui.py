"""The AG-UI worker against real servers: captures in pieces, questions and answers, and every fault."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.agui_reading import CAPTURES, read
from worker_widget.events import (
    ArtifactCreated,
    ArtifactDelta,
    Log,
    Payload,
    StageCompleted,
    StageFailed,
)
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.host.worker import CannotReplay, RunError, RunResult, ValidatedRequest, WorkerContext
from worker_widget.workers.agui import agent_run, connection
from worker_widget.workers.agui.worker import AguiWorker, create

from .host_support import Api
from .quirky_server import CUT, HOLD, QuirkyServer, Reply, Stream, Wait

PATH = "/agent"
SECRET = "sesame-open-4711"
STARTED = b'data: {"type":"RUN_STARTED","threadId":"t","runId":"r"}\n\n'
TEXT = b'data: {"type":"TEXT_MESSAGE_CONTENT","messageId":"a","delta":"Hello"}\n\n'
FINISHED = b'data: {"type":"RUN_FINISHED","threadId":"t","runId":"r"}\n\n'


def capture(name: str) -> bytes:
    return (CAPTURES[0].parent / f"{name}.sse").read_bytes()


@dataclass
class AskedRun:
    """Implements `RunContext`. ``answers`` are given to the questions in their order."""

    answers: list[Any] = field(default_factory=list)
    run_id: str = "run-1"
    replay_of: Mapping[str, Any] | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    fork: None = None
    active_s: float = 0.0
    payloads: list[Payload] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    emitted: asyncio.Event = field(default_factory=asyncio.Event)

    async def checkpoint(self) -> None:
        pass

    def keep(self, stage_id: str, state: Any = None) -> None:
        pass

    def emit(self, data: Payload) -> None:
        self.payloads.append(data)
        self.emitted.set()

    async def ask(self, message: str, **given: Any) -> Any:
        self.asked.append({"message": message, **given})
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def of_type(self, *kinds: type[Payload]) -> list[Any]:
        return [item for item in self.payloads if isinstance(item, kinds)]

    def text(self, name: str = "answer") -> str:
        return "".join(item.text for item in self.of_type(ArtifactDelta) if item.artifact_name == name)


@pytest.fixture
def worker(tmp_path: Path) -> AguiWorker:
    return create(WorkerContext(home=tmp_path))


def request(url: str, **options: Any) -> ValidatedRequest:
    return ValidatedRequest(task="What is the weather?", options={"url": url, "timeout": 20.0, **options})


async def executed(
    worker: AguiWorker, server: QuirkyServer, run: AskedRun, *replies: Reply | Stream, **options: Any
) -> RunResult:
    server.on("POST", PATH, *replies)
    return await worker.execute(request(server.origin + PATH, **options), run)


async def failure(
    worker: AguiWorker, server: QuirkyServer, run: AskedRun, *replies: Reply | Stream, **options: Any
) -> str:
    with pytest.raises(RunError) as caught:
        await executed(worker, server, run, *replies, **options)
    return str(caught.value)


def pieces(data: bytes, size: int) -> Sequence[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


# --- runs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["pydantic-ai-tool", "llama-index-tool", "langgraph-tool-raw", "crewai-flow"]
)
async def test_a_capture_in_pieces_is_a_run(server: QuirkyServer, worker: AguiWorker, name: str) -> None:
    run = AskedRun()
    result = await executed(worker, server, run, Stream(b": ping\r\n", *pieces(capture(name), 777)))
    expected = read(CAPTURES[0].parent / f"{name}.sse")
    answers = [run.text("answer" if number == 1 else f"answer-{number}") for number in (1, 2)]
    assert [text for text in answers if text] == expected.answers
    assert result.total_tokens == expected.tokens


async def test_the_request_has_every_field_that_a_server_can_require(
    server: QuirkyServer, worker: AguiWorker
) -> None:
    run = AskedRun(secrets={"Authorization": f"Bearer {SECRET}"})
    await executed(worker, server, run, Stream(STARTED + FINISHED), thread_id="t1")
    (seen,) = server.seen
    assert seen.json() == {
        "protocolVersion": "1.0",
        "threadId": "t1",
        "runId": "run-1",
        "state": {},
        "messages": [{"id": "user-run-1", "role": "user", "content": "What is the weather?"}],
        "tools": [],
        "context": [],
        "forwardedProps": {},
    }
    assert seen.headers["accept"] == "text/event-stream"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["authorization"] == f"Bearer {SECRET}"


async def test_files_are_parts_of_the_message(server: QuirkyServer, worker: AguiWorker) -> None:
    files = "https://x.org/a.png data:application/pdf;base64,QUJD"
    await executed(worker, server, AskedRun(), Stream(STARTED + FINISHED), files=files)
    assert server.seen[0].json()["messages"][0]["content"] == [
        {"type": "text", "text": "What is the weather?"},
        {"type": "image", "source": {"type": "url", "value": "https://x.org/a.png", "mimeType": "image/png"}},
        {"type": "document", "source": {"type": "data", "value": "QUJD", "mimeType": "application/pdf"}},
    ]


async def test_a_next_task_continues_the_conversation(server: QuirkyServer, tmp_path: Path) -> None:
    url = server.origin + PATH
    state = b'data: {"type":"STATE_SNAPSHOT","snapshot":{"n":1}}\n\n'
    server.on("POST", PATH, Stream(STARTED + TEXT + state + FINISHED))
    first, second = AskedRun(run_id="run-1"), AskedRun(run_id="run-2")
    result = await create(WorkerContext(home=tmp_path)).execute(request(url), first)
    assert result.replay_token == {"thread_id": "run-1"}
    await create(WorkerContext(home=tmp_path)).execute(request(url, thread_id="run-1"), second)
    body = server.seen[1].json()
    assert (body["threadId"], body["runId"], body["state"]) == ("run-1", "run-2", {"n": 1})
    assert [(item["role"], item["content"]) for item in body["messages"]] == [
        ("user", "What is the weather?"),
        ("assistant", "Hello"),
        ("user", "What is the weather?"),
    ]


async def test_pieces_that_arrive_together_are_one_event(server: QuirkyServer, worker: AguiWorker) -> None:
    run = AskedRun()
    await executed(worker, server, run, Stream(STARTED + TEXT * 50 + FINISHED))
    assert run.text() == "Hello" * 50
    assert len(run.of_type(ArtifactDelta)) == 1


async def test_a_stream_that_stays_open_after_its_run_is_left(
    server: QuirkyServer, worker: AguiWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_run, "LINGER_S", 0.05)
    run = AskedRun()
    await executed(worker, server, run, Stream(STARTED + TEXT + FINISHED, HOLD))
    assert run.text() == "Hello"
    await server.streams_left.wait()


async def test_a_stopped_run_closes_the_connection_says_so_and_keeps_what_arrived(
    server: QuirkyServer, worker: AguiWorker, tmp_path: Path
) -> None:
    run = AskedRun()
    server.on("POST", PATH, Stream(STARTED + TEXT, HOLD))
    work = asyncio.create_task(worker.execute(request(server.origin + PATH), run))
    await run.emitted.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    await server.streams_left.wait()
    assert run.payloads[-1] == Log(message=agent_run.CLOSED, level="warning")
    stored = await asyncio.to_thread(stored_under, tmp_path)
    assert '"content":"Hello"' in stored


async def test_no_run_of_an_agent_can_be_replayed(worker: AguiWorker) -> None:
    with pytest.raises(CannotReplay, match="Run the task again"):
        await worker.execute(request("http://127.0.0.1:1"), AskedRun(replay_of={"seed": 1}))


async def test_the_host_runs_it_like_any_worker(server: QuirkyServer, tmp_path: Path) -> None:
    """The whole way: from the bytes of an agent over a question to the stored events of the host."""
    approval, resumed = capture("pydantic-ai-approval"), capture("pydantic-ai-approval-resumed")
    server.on("POST", PATH, Stream(*pieces(approval, 500)), Stream(resumed))
    worker = create(WorkerContext(home=tmp_path))

    def use(host: ThreadedHost) -> list[tuple[str | None, Any]]:
        api = Api(host.url, host.token, "/api/v1/workers/agui")
        found = []
        with api.http:
            options, secrets = {"url": server.origin + PATH}, {"Authorization": SECRET}
            run_id = api.start("Delete old.txt, please", options=options, secrets=secrets)
            with api.stream(run_id) as stream:
                for frame in stream:
                    found.append((frame.event, frame.data))
                    if frame.event == "input_requested":
                        answer = {"request_id": frame.data["data"]["request_id"], "payload": True}
                        assert api.post(f"/runs/{run_id}/input", answer).status_code == 202
        return found

    with ThreadedHost(tmp_path, {"agui": worker}) as host:
        events = await asyncio.to_thread(use, host)
    assert [seen.headers["authorization"] for seen in server.seen] == [SECRET, SECRET]
    assert SECRET not in repr(events)
    completed = next(data["data"] for event, data in events if event == "run_completed")
    assert completed["total_tokens"] == 112
    assert completed["cost_report"]["models"][0]["model"] == "function::appr_fn"
    assert completed["artifacts_count"] == 2


# --- questions -------------------------------------------------------------------------------------


async def test_an_approval_is_asked_and_the_run_goes_on(server: QuirkyServer, worker: AguiWorker) -> None:
    run = AskedRun(answers=[True])
    approval, resumed = capture("pydantic-ai-approval"), capture("pydantic-ai-approval-resumed")
    result = await executed(worker, server, run, Stream(approval), Stream(resumed))
    assert run.asked[0]["message"] == 'Run delete_file(name="old.txt")?'
    assert run.asked[0]["stage_id"] == "delete_file"
    first, second = (seen.json() for seen in server.seen)
    assert second["threadId"] == first["threadId"]
    assert (second["runId"], second["parentRunId"]) == ("run-1-2", "run-1")
    payload = {"approved": True}
    assert second["resume"] == [{"interruptId": "int-call-1", "status": "resolved", "payload": payload}]
    assert second["messages"][1]["toolCalls"][0]["id"] == "call-1"
    done = [item for item in run.of_type(StageCompleted) if item.stage_id == "delete_file"]
    assert [item.output for item in done] == ["old.txt is gone"]
    assert run.text("answer-2") == "Deleted."
    assert result.total_tokens == 112


async def test_an_interrupt_of_langgraph_goes_on_by_its_command(
    server: QuirkyServer, worker: AguiWorker
) -> None:
    run = AskedRun(answers=["yes"])
    await executed(
        worker, server, run, Stream(capture("langgraph-interrupt-raw")), Stream(STARTED + TEXT + FINISHED)
    )
    assert run.asked[0]["schema"] == {"enum": ["yes", "no"]}
    body = server.seen[1].json()
    assert body["forwardedProps"] == {"command": {"resume": "yes"}}
    assert "resume" not in body


async def test_a_tool_of_the_client_is_answered_by_a_message(
    server: QuirkyServer, worker: AguiWorker
) -> None:
    run = AskedRun(answers=[{"color": "red"}])
    await executed(
        worker, server, run, Stream(capture("pydantic-ai-frontend-tool")), Stream(STARTED + TEXT + FINISHED)
    )
    assert server.seen[1].json()["messages"][-1] == {
        "id": "result-call-f",
        "role": "tool",
        "toolCallId": "call-f",
        "content": '{"color":"red"}',
    }
    done = [item for item in run.of_type(StageCompleted) if item.stage_id == "pick_color"]
    assert [item.output for item in done] == [{"color": "red"}]


async def test_a_question_that_expires_fails_the_run_with_no_stage_open(
    server: QuirkyServer, worker: AguiWorker
) -> None:
    run = AskedRun(answers=[RunError("Nobody answered in time.")])
    assert (
        await failure(worker, server, run, Stream(capture("pydantic-ai-approval")))
        == "Nobody answered in time."
    )
    assert [item.stage_id for item in run.of_type(StageFailed)] == ["delete_file"]


# --- faults ----------------------------------------------------------------------------------------


async def test_without_a_url_the_run_is_refused(worker: AguiWorker) -> None:
    with pytest.raises(RunError, match="option url is missing"):
        await worker.execute(ValidatedRequest(task="Hello agent", options={}), AskedRun())


@pytest.mark.parametrize("url", ["agent", "ftp://x/y", "http://", "http://[::1", "http://x:port/"])
async def test_a_url_that_is_none_is_refused(worker: AguiWorker, url: str) -> None:
    with pytest.raises(RunError, match="must begin with http"):
        await worker.execute(request(url), AskedRun())


async def test_nobody_at_the_url(server: QuirkyServer, worker: AguiWorker) -> None:
    url = server.origin + PATH
    await server.stop()
    with pytest.raises(RunError, match=r"No agent answers at http://127.0.0.1:\d+/agent .*Start the agent"):
        await worker.execute(request(url), AskedRun())


PAGE = "<!doctype html><html><head><title>My  app</title></head></html>"
INVALID = {"detail": [{"type": "missing", "loc": ["body", "threadId"], "msg": "Field required"}]}


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(200, PAGE, {"Content-Type": "text/html; charset=utf-8"}), r"an HTML page \(My app\)"),
        (Reply(200, {"agents": 3}), r'JSON instead of events \(\{"agents": 3\}\)'),
        (Reply(204), "instead of events"),
        (Reply(200, b"x", {"Content-Type": "application/vnd.ag-ui.event+proto"}), "binary form"),
        (Reply(401, {"detail": "Bad key"}), r"refused the request \(401 .*\): Bad key .*headers"),
        (Reply(403, ""), r"refused the request \(403"),
        (Reply(404, {"detail": "Not Found"}), "There is no agent at .*404"),
        (Reply(405, {"detail": "Method Not Allowed"}), "POST is not allowed"),
        (Reply(415, "Unsupported"), "does not take JSON"),
        (Reply(422, INVALID), "cannot take this request .*422.*: body.threadId: Field required"),
        (Reply(400, {"error": {"message": "no messages"}}), "400.*: no messages"),
        (Reply(429, {}, {"Retry-After": "7"}), "Try again in 7 s"),
        (Reply(500, "Internal Server Error", {"Content-Type": "text/plain"}), "500.*Internal Server Error"),
        (Reply(503, {"detail": {"message": "warming up"}}), "503.*warming up"),
        (Reply(302, "", {"Location": "/login"}), "answered 302"),
        (
            Reply(307, "", {"Location": "http://other.example/agent?k=1"}),
            r"redirects to http://other.example/agent\.",
        ),
    ],
)
async def test_an_answer_that_is_no_run_has_its_own_message(
    server: QuirkyServer, worker: AguiWorker, reply: Reply, says: str
) -> None:
    run = AskedRun(secrets={"Authorization": f"Bearer {SECRET}"})
    message = await failure(worker, server, run, reply)
    assert re.search(says, message), message
    assert len(server.seen) == 1


async def test_a_redirect_on_the_same_server_is_followed(server: QuirkyServer, worker: AguiWorker) -> None:
    server.on("POST", "/agent/", Stream(STARTED + TEXT + FINISHED))
    run = AskedRun()
    await executed(worker, server, run, Reply(307, "", {"Location": "/agent/"}))
    assert run.text() == "Hello"


@pytest.mark.parametrize("end", [(), (CUT,)], ids=["closed", "cut"])
async def test_a_stream_that_ends_early_keeps_what_arrived(
    server: QuirkyServer, worker: AguiWorker, end: Any
) -> None:
    run = AskedRun()
    message = await failure(worker, server, run, Stream(STARTED, TEXT, *end))
    assert "the connection ended" in message
    assert run.text() == "Hello"
    assert run.of_type(ArtifactCreated) == []
    assert [item.stage_id for item in run.of_type(StageFailed)] == ["answer"]


async def test_a_server_that_closes_without_an_answer(worker: AguiWorker) -> None:
    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    deaf = await asyncio.start_server(close, "127.0.0.1", 0)
    async with deaf:
        port = deaf.sockets[0].getsockname()[1]
        with pytest.raises(RunError, match=r"without an answer|No agent answers"):
            await worker.execute(request(f"http://127.0.0.1:{port}/"), AskedRun())


async def test_an_agent_that_never_answers(server: QuirkyServer, worker: AguiWorker) -> None:
    never = asyncio.Event()

    async def wait() -> None:
        await never.wait()

    message = await failure(worker, server, AskedRun(), Reply(200, first=wait), timeout=0.2)
    assert "did not answer within 0.2 s" in message
    assert "option timeout" in message


async def test_an_agent_that_falls_silent(server: QuirkyServer, worker: AguiWorker) -> None:
    run = AskedRun()
    message = await failure(worker, server, run, Stream(STARTED + TEXT, HOLD), timeout=1.5)
    assert "was silent for 1.5 s" in message
    assert run.text() == "Hello"
    assert len(run.of_type(StageFailed)) == 1


async def test_keepalives_are_no_silence(server: QuirkyServer, worker: AguiWorker) -> None:
    run = AskedRun()
    ping = [step for _ in range(6) for step in (b": keepalive\n\n", Wait(0.4))]
    await executed(worker, server, run, Stream(STARTED, *ping, TEXT, FINISHED), timeout=2.0)
    assert run.text() == "Hello"


async def test_an_event_that_is_too_large_ends_the_run(
    server: QuirkyServer, worker: AguiWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MOST_EVENT", 1024 * 1024)
    piece = b"x" * 65_536
    message = await failure(worker, server, AskedRun(), Stream(STARTED, b"data: ", *[piece] * 40, HOLD))
    assert "an event of more than 1 MB" in message


async def test_raw_events_of_a_megabyte_are_not_kept(server: QuirkyServer, worker: AguiWorker) -> None:
    raw = b"y" * 1_000_000
    delta = (
        b'data: {"type":"TEXT_MESSAGE_CONTENT","messageId":"a","delta":"Hi","rawEvent":"' + raw + b'"}\n\n'
    )
    run = AskedRun()
    await executed(worker, server, run, Stream(STARTED, *[delta] * 20, FINISHED))
    assert run.text() == "Hi" * 20
    assert sum(len(str(item)) for item in run.payloads) < 10_000


async def test_a_compressed_stream_is_read(server: QuirkyServer, worker: AguiWorker) -> None:
    body = gzip.compress(STARTED + TEXT + FINISHED)
    run = AskedRun()
    headers = {"Content-Type": "text/event-stream", "Content-Encoding": "gzip"}
    await executed(worker, server, run, Reply(200, body, headers))
    assert run.text() == "Hello"


async def test_a_proxy_of_the_environment_is_not_used_for_loopback(
    server: QuirkyServer, worker: AguiWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    run = AskedRun()
    await executed(worker, server, run, Stream(STARTED + TEXT + FINISHED))
    assert run.text() == "Hello"


# --- secrets ---------------------------------------------------------------------------------------


def stored_under(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.rglob("*.json"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Reply(401, {"detail": f"Key {SECRET} is unknown"}),
        lambda: Reply(422, {"detail": [{"loc": ["header"], "msg": f"Bearer {SECRET}"}]}),
        lambda: Stream(STARTED + b'data: {"type":"RUN_ERROR","message":"key ' + SECRET.encode() + b'"}\n\n'),
        lambda: Stream(STARTED + TEXT.replace(b"Hello", SECRET.encode()), CUT),
    ],
)
async def test_a_header_is_in_no_error_and_no_event(
    server: QuirkyServer, worker: AguiWorker, make: Callable[[], Reply | Stream], tmp_path: Path
) -> None:
    run = AskedRun(secrets={"Authorization": f"Bearer {SECRET}"})
    message = await failure(worker, server, run, make())
    assert SECRET not in message
    assert SECRET not in repr(run.payloads)
    stored = await asyncio.to_thread(stored_under, tmp_path)
    assert stored
    assert SECRET not in stored


@pytest.mark.parametrize(
    "header", [{"X-Key": f"{SECRET}\n"}, {"X Key": SECRET}, {"X-Key": f"{SECRET}\u2603"}]
)
async def test_a_header_that_cannot_be_sent_is_refused_without_its_value(
    worker: AguiWorker, header: dict[str, str]
) -> None:
    with pytest.raises(RunError, match="header") as caught:
        await worker.execute(request("http://127.0.0.1:1/"), AskedRun(secrets=header))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("path", "before"), [(PATH, {}), (f"{PATH}?a=b", {"a": "b"})])
async def test_a_secret_query_is_sent_with_the_url_and_neither_shown_nor_sent_as_a_header(
    server: QuirkyServer, worker: AguiWorker, path: str, before: dict[str, str]
) -> None:
    server.on("POST", PATH, Reply(400, body=f"no key {SECRET}".encode()))
    with pytest.raises(RunError) as caught:
        await worker.execute(request(server.origin + path), AskedRun(secrets={"?": f"key={SECRET}"}))
    (seen,) = server.seen
    assert seen.query == {**before, "key": SECRET}
    assert "?" not in seen.headers
    assert SECRET not in str(caught.value)


async def test_user_and_query_of_the_url_are_not_shown(server: QuirkyServer, worker: AguiWorker) -> None:
    server.on("POST", PATH, Reply(404))
    url = server.origin.replace("http://", f"http://user:{SECRET}@") + f"{PATH}?key={SECRET}"
    with pytest.raises(RunError) as caught:
        await worker.execute(request(url), AskedRun())
    assert SECRET not in str(caught.value)
