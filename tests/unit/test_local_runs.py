"""Functions and blocks of this process as runs: in the history, with state, artifacts and an end."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

import pytest

import worker_widget
from tests.unit.test_frames import rows
from worker_widget import (
    Cancelled,
    RequestRefused,
    Run,
    RunHistory,
    WorkerClient,
    ask,
    ask_and_wait,
    log,
    run,
    stage,
    track,
    warning,
    worker,
)
from worker_widget.events import ArtifactCreated, StageCompleted, StageStarted
from worker_widget.events.answers import WorkerInfo, WorkerOption
from worker_widget.host.worker import BrandReport, RunContext, RunError, RunResult
from worker_widget.recording import recording
from worker_widget.recording.recording import Recording
from worker_widget.runs.functions import WorkerFunction
from worker_widget.sources.local import local_workers
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import RunRecord

GUARD_S = 120.0


def wait_until(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + GUARD_S
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.005)


def messages(of: Run) -> list[str]:
    return [str(message) for message in of.logs()["message"]]


def test_a_function_is_a_run_with_stages_lines_and_artifacts() -> None:
    @worker(stages=["fetch", "rank"])
    async def digest(task: str, brand: Any = None, pages: int = 3) -> str:
        """Reads feeds.

        And more.
        """
        with stage("fetch", agent="reader") as fetch:
            log(f"{task} {brand} {pages}")
            fetch.output = [number async for number in numbers(pages)]
        return "# Digest"

    async def numbers(count: int) -> Any:
        for number in range(count):
            await asyncio.sleep(0)
            yield number

    done = digest.run("this week", pages=2).wait(GUARD_S)
    assert (done.status, done.success) == ("completed", True)
    assert messages(done) == ["this week None 2"]
    assert [(row.stage_id, row.status) for row in done.state.stages] == [
        ("fetch", "completed"),
        ("rank", "pending"),
    ]
    assert done.artifacts["result.md"].text == "# Digest"
    assert done.request is not None
    assert (done.request.task, done.request.options) == ("this week", {"pages": 2})
    assert (digest.info.id, digest.info.name, digest.info.description) == ("digest", "Digest", "Reads feeds.")
    record = RunHistory(done.store).runs().iloc[0]
    assert (record["run_id"], record["source"], record["worker"]) == (done.run_id, "this kernel", "digest")
    again = WorkerClient(digest).get(done.run_id)
    assert again.artifacts["result.md"].text == "# Digest"


def test_a_run_has_its_frames_while_it_goes_on() -> None:
    seen = threading.Event()

    @worker(stages=["fetch"])
    def digest(task: str) -> str:
        with stage("fetch"):
            log("one")
            log("two", level="error")
            warning("old feed")
            seen.wait(GUARD_S)
        return "# <Digest>"

    running = digest.run("this <week>")
    wait_until(lambda: len(running.logs()) == 3)
    assert list(running.logs(level="error")["message"]) == ["two"]
    assert list(running.stages(stage="fetch")["status"]) == ["running"]
    dtypes = {name: getattr(running, name)().dtypes for name in ("events", "artifacts", "warnings")}
    seen.set()
    done = running.wait(GUARD_S)
    for name, before in dtypes.items():
        found = getattr(done, name)()
        assert list(found.dtypes.astype(str)) == list(before.astype(str))
        assert rows(found) == rows(getattr(RunHistory(done.store), name)(done))
    assert (done.warnings, done.warnings()["message"].tolist()) == (("old feed",), ["old feed"])
    assert done.artifacts(content=True)["content"].tolist() == ["# <Digest>"]
    shown = done._repr_html_()
    assert "<b>completed</b> · this &lt;week&gt; · digest · " in shown
    assert "1 of 1 stages · 1 artifact · 3 log lines" in shown
    assert "<code>.logs()</code>" in shown


def test_the_history_has_the_figures_of_a_run_that_goes_on() -> None:
    seen = threading.Event()

    @worker(stages=["fetch", "rank"])
    def digest(task: str) -> str:
        with stage("fetch") as fetch:
            fetch.cost(0.25, "EUR")
        seen.wait(GUARD_S)
        return "# Digest"

    running = digest.run("this week")

    def record() -> RunRecord:
        return running.store.known_run(running.run_id)

    wait_until(lambda: record().stages_done == 1)
    assert (record().status, record().stages_total, record().depth) == ("running", 2, "auto")
    seen.set()
    running.wait(GUARD_S)
    wait_until(lambda: record().status == "completed")
    assert (record().artifacts, record().cost) == (1, 0.25)
    running.tag("weekly", "first")
    running.untag("first")
    running.star()
    running.note("The first digest")
    assert (record().tags, record().starred, record().note) == (("weekly",), True, "The first digest")


async def test_called_directly_it_is_the_plain_function() -> None:
    @worker
    async def double(task: str) -> str:
        with stage("x"):
            log("nothing")
        return task * 2

    @worker
    def single(task: str) -> str:
        return task

    assert await double("a") == "aa"
    assert single("a") == "a"
    assert single.__name__ == "single"
    assert not RunHistory().runs().shape[0]


@pytest.mark.parametrize(
    ("value", "file", "text"),
    [
        ("# Text", "result.md", "# Text"),
        ({"a": [1, None]}, "result.json", '{\n  "a": [\n    1,\n    null\n  ]\n}'),
        ([1], "result.json", "[\n  1\n]"),
        (3, "result.json", "3"),
        (object, "result.txt", "<class 'object'>"),
        (None, None, None),
    ],
)
def test_what_a_function_returns_is_an_artifact(value: Any, file: str | None, text: str | None) -> None:
    @worker
    def give(task: str) -> Any:
        return value

    done = give.run("x").wait(GUARD_S)
    assert {name: done.artifacts[name].text for name in done.artifacts} == (
        {} if file is None else {file: text}
    )


def test_an_exception_fails_the_run_with_its_traceback() -> None:
    @worker
    def fail(task: str) -> None:
        raise LookupError("no feed")

    done = fail.run("x").wait(GUARD_S)
    assert (done.status, done.error) == ("failed", "LookupError: no feed")
    raw = done.export("json")
    assert "raise LookupError" in raw
    assert "worker_widget/recording" not in raw


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (ValueError("no"), "failed", "ValueError: no"),
        (KeyboardInterrupt(), "cancelled", "The cell was interrupted."),
        (SystemExit(3), "cancelled", "The program exits (3)."),
        (asyncio.CancelledError(), "cancelled", "The task of the run was cancelled."),
    ],
)
def test_what_leaves_a_block_goes_on_unchanged(error: BaseException, status: str, reason: str) -> None:
    with pytest.raises(type(error)) as raised, run("nightly") as block, stage("load"):
        raise error
    assert raised.value is error
    done = WorkerClient().get(block.run_id)
    assert (done.status, done.error) == (status, reason)
    assert done.state.stages[0].status == status


def test_a_block_is_in_the_history_when_it_has_ended() -> None:
    with run("nightly", task="The night's work") as block, stage("load"):
        log("line")
    record = RunHistory().runs().iloc[0]
    assert (record["run_id"], record["status"], record["task"]) == (
        block.run_id,
        "completed",
        "The night's work",
    )


class TestStop:
    def test_an_asynchronous_function_is_cancelled(self) -> None:
        @worker
        async def endless(task: str) -> None:
            with stage("wait"):
                log("waiting")
                await asyncio.sleep(GUARD_S * 10)

        going = endless.run("x")
        wait_until(lambda: going.state.counts.logs > 0)
        going.stop()
        assert going.wait(GUARD_S).status == "cancelled"
        assert going.state.stages[0].status == "cancelled"

    def test_a_function_ends_at_its_next_call(self) -> None:
        ended = threading.Event()

        @worker
        def endless(task: str) -> None:
            try:
                while True:
                    log("again")
                    time.sleep(0.001)
            except Exception:
                raise AssertionError("Cancelled is no Exception") from None
            except Cancelled:
                ended.set()
                raise

        going = endless.run("x")
        wait_until(lambda: going.state.counts.logs > 0)
        going.stop()
        assert going.wait(GUARD_S).status == "cancelled"
        assert ended.wait(GUARD_S)

    def test_a_function_that_does_not_end_is_left_behind_and_said(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(local_workers, "STOP_GRACE_S", 0.05)
        release, ended = threading.Event(), threading.Event()

        @worker
        async def blocks(task: str) -> None:
            log("blocks its loop")
            release.wait(GUARD_S)
            try:
                log("late")
            except Cancelled:
                ended.set()

        going = blocks.run("x")
        wait_until(lambda: going.state.counts.logs > 0)
        going.stop()
        assert going.wait(GUARD_S).status == "cancelled"
        assert "still runs" in str(going.error)
        release.set()
        assert ended.wait(GUARD_S)
        assert messages(going)[0] == "blocks its loop"
        assert "late" not in messages(going)


class TestAsk:
    def test_an_answer_goes_to_the_function(self) -> None:
        @worker
        async def publish(task: str) -> str:
            with stage("confirm"):
                return f"answer {await ask('Publish?', schema={'type': 'boolean'})}"

        going = publish.run("x")
        wait_until(lambda: going.state.status == "waiting")
        question = going.state.inputs[0]
        assert (question.message, question.stage_id) == ("Publish?", "confirm")
        server = local_workers.LocalWorkers("publish")
        assert [run.status for run in worker_widget.background.call(lambda: server.runs()).runs] == [
            "waiting"
        ]
        with pytest.raises(RequestRefused) as refused:
            going.answer("yes")
        assert [problem.field for problem in refused.value.problems] == ["payload"]
        going.answer(True)
        assert going.wait(GUARD_S).artifacts["result.md"].text == "answer True"
        with pytest.raises(RequestRefused, match="closed"):
            worker_widget.background.call(lambda: going._live.answer(question.request_id, True))

    def test_a_question_expires(self) -> None:
        @worker
        def publish(task: str) -> str:
            try:
                ask_and_wait("Publish?", expires_in=0.01)
            except TimeoutError as error:
                return str(error)
            return ""

        done = publish.run("x").wait(GUARD_S)
        assert done.artifacts["result.md"].text == "Nobody answered in time: Publish?"
        assert done.state.inputs == ()

    @pytest.mark.parametrize("is_async", [True, False])
    def test_a_run_that_waits_can_be_stopped(self, is_async: bool) -> None:
        @worker
        async def asks(task: str) -> None:
            await ask("Publish?")

        @worker
        def asks_and_waits(task: str) -> None:
            ask_and_wait("Publish?")

        waiting: WorkerFunction[..., Any] = asks if is_async else asks_and_waits
        going = waiting.run("x")
        wait_until(lambda: going.state.status == "waiting")
        going.stop()
        assert going.wait(GUARD_S).status == "cancelled"
        assert going.state.inputs == ()

    async def test_outside_a_run_it_says_what_to_do(self) -> None:
        with pytest.raises(RuntimeError, match="outside a run"):
            await ask("Publish?")


class TestOptions:
    def test_parameters_are_options_of_the_form(self) -> None:
        @worker
        def digest(
            task: str,
            words: str,
            brand: Any = None,
            *,
            count: int = 3,
            share: float | None = None,
            fast: bool = True,
            tone: Literal["calm", "loud"] = "calm",
            level: Literal[1, 2] = 1,
            bare=2.5,  # type: ignore[no-untyped-def]
            cache: dict[str, int] | None = None,
        ) -> str:
            return f"{words} {count} {share} {fast} {tone} {level!r} {bare}"

        shown = [(option.name, option.type, option.default, option.choices) for option in digest.info.options]
        assert shown == [
            ("words", "text", None, ()),
            ("count", "integer", 3, ()),
            ("share", "number", None, ()),
            ("fast", "boolean", True, ()),
            ("tone", "choice", "calm", ("calm", "loud")),
            ("level", "choice", "1", ("1", "2")),
            ("bare", "number", 2.5, ()),
        ]
        done = digest.run("x", words="w", level="2", share=0.5).wait(GUARD_S)
        assert done.artifacts["result.md"].text == "w 3 0.5 True calm 2 2.5"

    @pytest.mark.parametrize(
        ("options", "field"),
        [
            ({}, "options.words"),
            ({"words": "w", "count": "3"}, "options.count"),
            ({"words": "w", "tone": "shrill"}, "options.tone"),
            ({"words": "w", "colour": 1}, "options.colour"),
            ({"words": "w", "share": float("nan")}, "options.share"),
        ],
    )
    def test_invalid_options_are_refused_by_name(self, options: dict[str, Any], field: str) -> None:
        @worker
        def digest(
            task: str, words: str, count: int = 3, share: float = 1.0, tone: Literal["a", "b"] = "a"
        ) -> None: ...

        with pytest.raises(RequestRefused) as refused:
            digest.run("x", **options)
        assert [problem.field for problem in refused.value.problems] == [field]

    def test_a_parameter_that_no_form_can_offer_is_refused(self) -> None:
        with pytest.raises(TypeError, match="'cache'"):

            @worker
            def digest(task: str, cache: dict[str, int]) -> None: ...

    def test_a_generator_is_no_worker(self) -> None:
        with pytest.raises(TypeError, match="yields"):

            @worker
            def digest(task: str) -> Any:
                yield 1


class TestCapture:
    def test_prints_and_records_inside_the_run_are_log_lines(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before, handlers = sys.stdout, list(logging.getLogger().handlers)
        print("outside before")
        with run("nightly", capture=["stdout", "logging"]) as block, stage("load"):
            print("one")
            print("half ", end="")
            logging.getLogger("feeds").warning("slow %s", "feed")
            print("two")
            print("rest", end="")
            other = threading.Thread(target=print, args=("from another thread",))
            other.start()
            other.join()
        assert sys.stdout is before
        assert logging.getLogger().handlers == handlers
        assert capsys.readouterr().out == "outside before\nfrom another thread\n"
        lines = WorkerClient().get(block.run_id).logs()
        assert list(lines["message"]) == ["one", "slow feed", "half two", "rest"]
        assert list(lines["level"]) == ["info", "warning", "info", "info"]
        assert set(lines["stage_id"]) == {"load"}

    def test_two_runs_capture_each_its_own(self) -> None:
        barrier = threading.Barrier(2)

        @worker(capture="stdout")
        def first(task: str) -> None:
            for number in range(20):
                barrier.wait(GUARD_S)
                print(f"{task} {number}")

        runs = [first.run(name) for name in ("a", "b")]
        for name, going in zip(("a", "b"), runs, strict=True):
            assert messages(going.wait(GUARD_S)) == [f"{name} {number}" for number in range(20)]

    def test_an_unknown_name_is_refused(self) -> None:
        with pytest.raises(ValueError, match="stdout"):
            worker(capture="stderr")(lambda task: None)


def test_a_slow_history_makes_the_run_wait_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST_EVENTS", 100)
    longest = 0

    def watch(self: Recording) -> list[Any]:
        nonlocal longest
        longest = max(longest, len(self._queue))
        return taken(self)

    taken = Recording._take
    monkeypatch.setattr(Recording, "_take", watch)
    with run("many") as block:
        for number in track(range(3_000)):
            log(f"line {number}")
    assert longest <= 110
    assert messages(WorkerClient().get(block.run_id)) == [f"line {number}" for number in range(3_000)]


def test_any_text_and_value_can_be_recorded() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise ValueError("no")

    circle: list[Any] = []
    circle.append(circle)
    with run("odd") as block:
        log("half \ud83d pair \x00")
        for value in (
            float("nan"),
            circle,
            Broken(),
            {1: 2, (3, 4): 5},
            {"\ud83d"},
            b"\xff",
            "x" * 3_000_000,
        ):
            with stage("odd", input=value) as odd:
                odd.output = value
    done = WorkerClient().get(block.run_id)
    assert done.status == "completed"
    assert messages(done) == ["half ? pair \x00"]
    assert {row.status for row in done.state.stages} == {"completed"}


class Greeter:
    """A worker of the host's protocol."""

    info = WorkerInfo(id="greeter", name="Greeter", options=(WorkerOption(name="loud", type="boolean"),))
    version = "1"

    def check_brand(self, brand: Any) -> BrandReport:
        return BrandReport()

    def stages(self) -> tuple[tuple[str, str], ...]:
        return (("greet", "Greeting"),)

    async def execute(self, request: Any, context: RunContext) -> RunResult:
        context.emit(StageStarted(stage_id="greet"))
        name = await context.ask("Name?", schema={"type": "string"})
        context.emit(ArtifactCreated(artifact_name="a.txt", artifact_type="txt", content=f"Hello {name}"))
        context.emit(StageCompleted(stage_id="greet"))
        if request.options["loud"]:
            raise RunError("Too loud.")
        return RunResult(total_tokens=3)


class Opaque:
    def __repr__(self) -> str:
        return "<Opaque \ud800>"


def test_a_run_of_any_task_and_brand_is_in_the_history() -> None:
    """Halves of surrogate pairs and objects are no JSON: the function gets them, and the run is stored."""
    asked: list[Any] = []

    @worker
    def digest(task: str, brand: Any = None) -> None:
        asked.extend((task, brand))

    brand = {"name\ud800": "x\ud800", "logo": Opaque(), "kept": [1, {"a": None}]}
    done = digest.run("half \ud800", brand).wait(GUARD_S)
    assert asked == ["half \ud800", brand]
    assert done.request is not None
    assert done.request.task == "half ?"
    assert done.request.brand == {"name?": "'x\\ud800'", "logo": "<Opaque ?>", "kept": [1, {"a": None}]}
    with run("block \ud800") as block:
        log("x")
    listed = RunHistory().runs().set_index("run_id")["task"]
    assert (listed[done.run_id], listed[block.run_id]) == ("half ?", "block ?")
    assert "half ?" in done.export("json")


def test_a_worker_of_the_host_runs_in_this_process() -> None:
    client = WorkerClient(Greeter())
    for loud, status in ((False, "completed"), (True, "failed")):
        going = client.run("say hello", loud=loud)
        wait_until(lambda: going.state.status == "waiting")  # noqa: B023
        going.answer("Ann")
        assert going.wait(GUARD_S).status == status
        assert going.artifacts["a.txt"].text == "Hello Ann"
    assert going.error == "Too loud."
    with pytest.raises(RequestRefused) as refused:
        client.run("say hello", loud="yes")
    assert [problem.field for problem in refused.value.problems] == ["options.loud"]
    with pytest.raises(RequestRefused) as refused:
        client.run("hi")
    assert [problem.field for problem in refused.value.problems] == ["task"]


def test_a_run_that_has_just_begun_is_in_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = EventStore.begin

    def slow_begin(*args: Any, **fields: Any) -> None:
        time.sleep(0.3)
        begin(*args, **fields)

    monkeypatch.setattr(EventStore, "begin", slow_begin)
    with run("just begun") as begun:
        assert list(RunHistory().runs()["run_id"]) == [begun.run_id]
