"""What code records of a run: which events, in which stage, from which task, thread and generator."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from worker_widget.events import (
    ArtifactCreated,
    ArtifactDelta,
    Log,
    Payload,
    Progress,
    StageCompleted,
    StageFailed,
    StageStarted,
)
from worker_widget.recording.artifact import artifact
from worker_widget.recording.cancelled import Cancelled
from worker_widget.recording.lines import log, route, warning
from worker_widget.recording.place import Place
from worker_widget.recording.recording import Recording
from worker_widget.recording.stage import placed, stage
from worker_widget.recording.track import track


class Recorded:
    """A run that is being recorded, and what was recorded so far."""

    def __init__(self) -> None:
        self.recording = Recording("run")
        self.place = Place(self.recording)

    @property
    def events(self) -> list[Payload]:
        return [item.data for item in self.recording._queue]

    def of(self, kind: type[Any]) -> list[Any]:
        return [data for data in self.events if type(data) is kind]

    @property
    def lines(self) -> list[tuple[str, str | None]]:
        return [(line.message, line.stage_id) for line in self.of(Log)]


@contextmanager
def recorded() -> Iterator[Recorded]:
    found = Recorded()
    with placed(found.place):
        try:
            yield found
        finally:
            found.recording.close()


def test_a_line_belongs_to_the_innermost_stage_and_its_agent() -> None:
    with recorded() as run:
        log("before")
        with stage("fetch", agent="reader"):
            log("in fetch")
            with stage("parse"):
                log("in parse", level="WARN")
            log("in fetch again", agent="other")
        log("after")
    assert run.lines == [
        ("before", None),
        ("in fetch", "fetch"),
        ("in parse", "parse"),
        ("in fetch again", "fetch"),
        ("after", None),
    ]
    assert [line.agent for line in run.of(Log)] == [None, "reader", "reader", "other", None]
    assert [line.level for line in run.of(Log)] == ["info", "info", "warning", "info", "info"]
    assert [start.parent_id for start in run.of(StageStarted)] == [None, "fetch"]


def test_outside_a_run_nothing_happens() -> None:
    with stage("fetch") as fetch, artifact("a.md") as out:
        fetch.output = 1
        fetch.tokens(input=1)
        fetch.cost(1)
        out.write("text")
        log("line")
        warning("careful")
        route("agent")
    items = [1, 2]
    assert track(items) is items
    assert fetch.id is None


def test_a_stage_has_its_output_tokens_and_cost() -> None:
    with recorded() as run, stage("ask", kind="model", input={"prompt": "hi"}) as ask:
        ask.output = [1, 2]
        ask.tokens(input=3, model="m-1")
        ask.tokens(output=4)
        ask.cost(0.5, "EUR")
        ask.cost(0.25, "EUR")
        ask.cost(9, "USD")
    done = run.of(StageCompleted)[0]
    assert (done.input_tokens, done.output_tokens, done.model) == (3, 4, "m-1")
    assert done.cost == {"amount": 0.75, "currency": "EUR"}
    assert (bytes(run.of(StageStarted)[0].input), bytes(done.output)) == (b'{"prompt":"hi"}', b"[1,2]")
    assert run.recording.tokens == 7


def test_an_input_is_what_it_was_when_the_stage_started() -> None:
    asked = {"q": "one"}
    with recorded() as run, stage("ask", input=asked):
        asked["q"] = "two"
    assert bytes(run.of(StageStarted)[0].input) == b'{"q":"one"}'


def test_stage_ids_are_unique_in_a_run() -> None:
    with recorded() as run:
        for _ in range(3):
            with stage("load"):
                pass
        with stage("load-2"):
            pass
    ids = [start.stage_id for start in run.of(StageStarted)]
    assert len(set(ids)) == 4
    assert ids[0] == "load"
    assert [start.name for start in run.of(StageStarted)][:3] == ["load"] * 3


def test_an_exception_fails_each_stage_and_its_traceback_is_in_the_innermost() -> None:
    with pytest.raises(ZeroDivisionError) as raised, recorded() as run, stage("outer"), stage("inner"):
        _ = 1 / 0
    inner, outer = run.of(StageFailed)
    assert (inner.stage_id, outer.stage_id) == ("inner", "outer")
    assert inner.error == "ZeroDivisionError: division by zero"
    assert (outer.error, outer.failed_in, inner.failed_in) == ("Failed in inner", "inner", None)
    assert "_ = 1 / 0" in inner.traceback
    assert "worker_widget/recording" not in inner.traceback
    assert outer.traceback is None
    assert raised.value.__context__ is None


async def test_the_errors_of_a_task_group_come_from_the_stages_inside() -> None:
    async def work(name: str) -> None:
        with stage(name):
            raise ValueError(name)

    async def together() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(work("first"))
            group.create_task(work("second"))

    with recorded() as run, pytest.raises(ExceptionGroup), stage("all"):
        await together()
    failed = {data.stage_id: (data.error, data.failed_in) for data in run.of(StageFailed)}
    assert failed["all"] == ("ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)", "first")


def test_an_exception_that_wraps_that_of_a_stage_inside_comes_from_it() -> None:
    def wraps() -> None:
        try:
            with stage("inner"):
                raise KeyError("x")
        except KeyError as error:
            raise RuntimeError("wrapped") from error

    with recorded() as run, pytest.raises(RuntimeError), stage("outer"):
        wraps()
    inner, outer = run.of(StageFailed)
    assert (inner.error, inner.failed_in) == ("KeyError: 'x'", None)
    assert (outer.error, outer.failed_in) == ("RuntimeError: wrapped", "inner")
    assert "RuntimeError: wrapped" in outer.traceback


def test_an_exception_that_is_raised_again_elsewhere_is_an_error_of_that_stage() -> None:
    error = ValueError("no")
    with recorded() as run:
        for name in ("first", "second"):
            with suppress(ValueError), stage(name):
                raise error
        with suppress(ValueError), stage("third"):
            try:
                raise error
            except ValueError:
                raise ValueError("other") from None
    failed = {data.stage_id: (data.error, data.failed_in) for data in run.of(StageFailed)}
    assert failed == {
        "first": ("ValueError: no", None),
        "second": ("ValueError: no", None),
        "third": ("ValueError: other", None),
    }


def test_local_variables_are_in_a_traceback_only_on_demand() -> None:
    for with_locals in (False, True):
        recording = Recording("run", with_locals=with_locals)
        password = "hunter2"
        with pytest.raises(ValueError, match="no"), placed(Place(recording)), stage("x"):
            raise ValueError("no" if password else "")
        failed = next(item.data for item in recording._queue if isinstance(item.data, StageFailed))
        assert failed.traceback is not None
        assert ("password = 'hunter2'" in failed.traceback) is with_locals
        recording.close()


async def test_tasks_and_threads_of_asyncio_are_in_the_stage_that_started_them() -> None:
    async def work(number: int) -> None:
        with stage(f"work {number}"):
            await asyncio.sleep(0)
            log(f"line {number}")
            await asyncio.to_thread(log, f"thread {number}")

    with recorded() as run, stage("all"):
        await asyncio.gather(*(work(number) for number in range(20)))
        log("end")
    assert run.lines[-1] == ("end", "all")
    assert sorted(run.lines[:-1]) == sorted(
        (f"{kind} {number}", f"work {number}") for number in range(20) for kind in ("line", "thread")
    )
    assert {start.parent_id for start in run.of(StageStarted)[1:]} == {"all"}


def test_a_generator_keeps_its_stage_to_itself() -> None:
    def items() -> Iterator[int]:
        with stage("generate"):
            for number in range(2):
                log(f"make {number}")
                yield number

    with recorded() as run, stage("consume"):
        for number in items():
            log(f"use {number}")
            with stage("inner"):
                log(f"deep {number}")
        log("end")
    assert run.lines[:2] == [("make 0", "generate"), ("use 0", "consume")]
    assert [stage_id for message, stage_id in run.lines if message.startswith("make")] == ["generate"] * 2
    assert [stage_id for message, stage_id in run.lines if message.startswith("use")] == ["consume"] * 2
    assert run.lines[-1] == ("end", "consume")
    parents = {start.stage_id: start.parent_id for start in run.of(StageStarted)}
    assert (parents["generate"], parents["inner"]) == ("consume", "consume")


async def test_an_asynchronous_generator_keeps_its_stage_to_itself() -> None:
    async def items() -> AsyncIterator[int]:
        with stage("generate"):
            for number in range(3):
                await asyncio.sleep(0)
                await asyncio.gather(asyncio.to_thread(log, f"make {number}"))
                yield number

    with recorded() as run, stage("consume"):
        async for number in items():
            log(f"use {number}")
            if number == 1:
                break
        log("end")
    assert run.lines == [
        ("make 0", "generate"),
        ("use 0", "consume"),
        ("make 1", "generate"),
        ("use 1", "consume"),
        ("end", "consume"),
    ]


def test_a_stage_of_a_context_manager_holds_for_its_block() -> None:
    @contextmanager
    def step(name: str) -> Iterator[None]:
        with stage(name):
            yield

    with recorded() as run:
        with step("inside"):
            log("line")
        log("end")
    assert run.lines == [("line", "inside"), ("end", None)]


def test_a_generator_that_is_left_early_completes_its_stage() -> None:
    def items() -> Iterator[int]:
        with stage("generate"):
            yield from range(5)

    with recorded() as run:
        for _ in items():
            break
        log("end")
    assert run.lines == [("end", None)]
    assert [done.stage_id for done in run.of(StageCompleted)] == ["generate"]
    assert run.events.index(run.of(StageCompleted)[0]) < run.events.index(run.of(Log)[0])


def test_decorated_functions_of_each_kind_are_stages() -> None:
    @stage
    def plain(a: int, b: int = 2) -> int:
        log("plain")
        return a + b

    @stage("named", kind="tool", agent="hand")
    async def awaited() -> str:
        await asyncio.sleep(0)
        log("awaited")
        return "done"

    @stage
    def generated() -> Iterator[int]:
        log("generated")
        yield 1
        yield 2

    @stage
    async def generated_async() -> AsyncIterator[int]:
        log("generated_async")
        yield 1

    async def consume() -> list[int]:
        return [item async for item in generated_async()]

    with recorded() as run:
        assert plain(1) == 3
        assert asyncio.run(awaited()) == "done"
        assert list(generated()) == [1, 2]
        assert asyncio.run(consume()) == [1]
    assert run.lines == [
        ("plain", "plain"),
        ("awaited", "named"),
        ("generated", "generated"),
        ("generated_async", "generated_async"),
    ]
    first = run.of(StageStarted)[0]
    assert bytes(first.input) == b'{"a":1}'
    assert run.of(StageCompleted)[0].output == 3
    assert plain(2) == 4  # outside a run


def test_a_bare_thread_belongs_to_no_run_and_says_so_once() -> None:
    def work() -> None:
        for _ in range(3):
            log("lost")

    with recorded() as run, ThreadPoolExecutor(1) as pool:
        with pytest.warns(RuntimeWarning, match=r"contextvars\.copy_context\(\)\.run") as warned:
            pool.submit(work).result()
        pool.submit(contextvars.copy_context().run, log, "carried").result()
    assert len(warned) == 1
    assert warned[0].filename == __file__
    assert run.lines == [("carried", None)]


def test_concurrent_and_nested_runs_do_not_mix() -> None:
    def work(run: Recorded, name: str, barrier: threading.Barrier) -> None:
        with placed(run.place), stage(name):
            for number in range(50):
                barrier.wait(120)
                log(f"{name} {number}")

    runs = {name: Recorded() for name in ("a", "b")}
    barrier = threading.Barrier(2)
    threads = [threading.Thread(target=work, args=(run, name, barrier)) for name, run in runs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, run in runs.items():
        assert run.lines == [(f"{name} {number}", name) for number in range(50)]
    with recorded() as outer, stage("outer"):
        with recorded() as inner:
            log("inner")
        log("outer")
    assert (inner.lines, outer.lines) == ([("inner", None)], [("outer", "outer")])


class TestTrack:
    def test_counts_in_the_current_stage(self) -> None:
        with recorded() as run, stage("rank"):
            assert list(track([1, 2, 3], unit="pages")) == [1, 2, 3]
        counts = run.of(Progress)
        assert (counts[0].done, counts[0].total, counts[0].unit) == (0, 3, "pages")
        assert (counts[-1].done, counts[-1].stage_id) == (3, "rank")

    def test_is_a_stage_of_its_own_where_it_is_named(self) -> None:
        with recorded() as run, stage("all"):
            for item in track((n for n in range(2)), stage="rank", total=2):
                log(f"line {item}")
            log("end")
        assert run.lines == [("line 0", "rank"), ("line 1", "rank"), ("end", "all")]
        assert run.of(Progress)[-1].total == 2

    def test_many_items_are_few_events(self) -> None:
        with recorded() as run, stage("all"):
            for _ in track(range(100_000)):
                pass
        assert len(run.of(Progress)) < 1_000
        assert run.of(Progress)[-1].done == 100_000

    async def test_the_count_is_that_of_the_current_item_however_long_it_takes(self) -> None:
        run = Recorded()

        async def loop() -> None:
            with placed(run.place), stage("all"):
                for item in track(range(3)):
                    if item == 2:
                        await is_shown.wait()
            run.recording.close()

        is_shown = asyncio.Event()
        looping = asyncio.create_task(loop())
        counts = []
        async for batch in run.recording.batches():
            counts += [item.data.done for item in batch if isinstance(item.data, Progress)]
            if counts[-1:] == [2]:
                is_shown.set()
        await looping
        assert counts == [0, 2, 3]

    def test_a_loop_that_is_left_by_break_is_complete(self) -> None:
        with recorded() as run, stage("all"):
            for _ in track(range(9), stage="rank"):
                break
            log("after")
            with stage("next"):
                pass
        assert run.lines == [("after", "all")]
        assert "rank" in [done.stage_id for done in run.of(StageCompleted)]

    def test_a_loop_that_is_left_by_an_exception_has_failed(self) -> None:
        with pytest.raises(ValueError, match="invalid"), recorded() as run, stage("all"):
            [int("no") for _ in track(range(9), stage="rank")]
        assert [failed.stage_id for failed in run.of(StageFailed)] == ["rank", "all"]

    async def test_asynchronous_iterables(self) -> None:
        async def items() -> AsyncIterator[int]:
            for number in range(3):
                await asyncio.sleep(0)
                yield number

        with recorded() as run:
            found = []
            async for item in track(items(), stage="rank", total=3):
                log(f"line {item}")
                found.append(item)
            log("end")
        assert found == [0, 1, 2]
        assert run.lines == [("line 0", "rank"), ("line 1", "rank"), ("line 2", "rank"), ("end", None)]
        assert run.of(Progress)[-1].done == 3


class TestArtifact:
    def text(self, run: Recorded, name: str) -> str:
        deltas = [delta for delta in run.of(ArtifactDelta) if delta.artifact_name == name]
        assert [delta.offset for delta in deltas] == [
            sum(len(before.text) for before in deltas[:index]) for index in range(len(deltas))
        ]
        return "".join(delta.text for delta in deltas)

    def test_is_written_piece_by_piece(self) -> None:
        with recorded() as run, stage("write"), artifact("digest.md") as out:
            out.write("Grüße ")
            out.write("🙂")
            out.write("é".encode()[:1])
            out.write("é".encode()[1:])
        assert self.text(run, "digest.md") == "Grüße 🙂é"
        done = run.of(ArtifactCreated)[0]
        assert (done.stage_id, done.artifact_type) == ("write", "md")
        assert run.recording.artifacts == {"digest.md"}

    def test_a_picture_is_base64_of_all_its_bytes(self) -> None:
        import base64

        content = bytes(range(256))
        with recorded() as run, artifact("plot.png") as out:
            for start in range(0, 256, 7):
                out.write(content[start : start + 7])
        assert base64.b64decode(self.text(run, "plot.png"), validate=True) == content

    def test_a_long_text_is_several_events(self) -> None:
        with recorded() as run, artifact("long.txt") as out:
            out.write("x" * 200_000)
        assert len(self.text(run, "long.txt")) == 200_000
        assert max(len(delta.text) for delta in run.of(ArtifactDelta)) <= 65_536

    def test_an_artifact_that_fails_is_not_finished(self) -> None:
        with pytest.raises(TypeError), recorded() as run, artifact("a.md") as out:
            _ = out.write("half") + "no"  # type: ignore[operator]
        assert self.text(run, "a.md") == "half"
        assert not run.of(ArtifactCreated)

    def test_writing_after_the_block_says_why_it_is_refused(self) -> None:
        with recorded(), artifact("a.md") as out:
            pass
        with pytest.raises(ValueError, match="is finished"):
            out.write("late")


def test_a_stopped_run_raises_once_in_its_code_and_always_when_it_has_ended() -> None:
    with recorded() as run:
        run.recording.stop(raises=True)
        with pytest.raises(Cancelled):
            log("one")
        log("cleaning up")
        run.recording.close()
        for call in (lambda: log("x"), lambda: stage("x").__enter__(), lambda: warning("x")):
            with pytest.raises(Cancelled):
                call()
    assert run.lines == [("cleaning up", None)]


def test_a_recursion_error_fails_the_stages_and_goes_on_unchanged() -> None:
    def deep(number: int) -> None:
        with stage("deep"):
            deep(number + 1)

    with pytest.raises(RecursionError), recorded() as run:
        deep(0)
    started = {start.stage_id for start in run.of(StageStarted)}
    assert {failed.stage_id for failed in run.of(StageFailed)} == started
    assert len(run.of(StageFailed)[0].traceback or "") < 100_000
