"""Random programs of stages, lines and errors, in tasks and threads: what is recorded is what they did."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from worker_widget.events import Log, Payload, StageCompleted, StageFailed, StageStarted
from worker_widget.events.run_request import RunRequest
from worker_widget.recording.lines import log
from worker_widget.recording.place import Place
from worker_widget.recording.recording import Recording
from worker_widget.recording.stage import placed, stage
from worker_widget.sources.local.local_run import LocalRun
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.store.event_store import EventStore

Strand = Literal["here", "task", "thread"]


@dataclass(frozen=True)
class Block:
    """A stage with what happens in it. ``strand`` is what runs it, ``catches`` whether its error ends there.

    ``raises`` is at its end. A task or thread of a stage goes on beside what follows, to the stage's end.
    """

    strand: Strand
    catches: bool
    raises: bool
    body: tuple[Block, ...]


@dataclass
class Program:
    """Runs blocks, and keeps what they did: the stages with the one around each, by name."""

    parents: dict[str, str | None] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    """The stages that an exception left, and the stage in which it was raised."""

    def named(self, around: str | None) -> str:
        name = f"s{len(self.parents)}"
        self.parents[name] = around
        return name

    async def run(self, blocks: Sequence[Block], around: str | None) -> None:
        """Runs the blocks in the stage ``around``; the first error of a strand comes out of it at the end."""
        strands: list[Any] = []
        try:
            for block in blocks:
                name = self.named(around)
                if block.strand == "here":
                    await self.stage(block, name)
                elif block.strand == "task":
                    strands.append(asyncio.create_task(self.stage(block, name)))
                else:
                    strands.append(asyncio.create_task(asyncio.to_thread(self.in_thread, block, name)))
        finally:
            ended = await asyncio.gather(*strands, return_exceptions=True)
        for error in ended:
            if isinstance(error, BaseException):
                raise error

    def in_thread(self, block: Block, name: str) -> None:
        asyncio.run(self.stage(block, name))

    async def stage(self, block: Block, name: str) -> None:
        with suppress(*([Raised] if block.catches else [])):
            try:
                with stage(name):
                    log(f"enter {name}")
                    await asyncio.sleep(0)
                    await self.run(block.body, name)
                    log(f"leave {name}")
                    if block.raises:
                        raise Raised(name)
            except Raised as error:
                self.failed[name] = error.place
                raise


class Raised(Exception):
    def __init__(self, place: str) -> None:
        super().__init__(f"in {place}")
        self.place = place


BLOCKS = st.recursive(
    st.just(()),
    lambda inner: st.lists(
        st.builds(
            Block,
            strand=st.sampled_from(["here", "here", "task", "thread"]),
            catches=st.booleans(),
            raises=st.integers(0, 4).map(lambda number: number == 0),
            body=inner,
        ),
        max_size=4,
    ).map(tuple),
    max_leaves=12,
)


def ran(blocks: Sequence[Block]) -> tuple[Program, list[Payload], RunState]:
    """The program, its events, and the state of the run at its end."""
    run = LocalRun(Recording("run"), "program", RunRequest(task="program"))
    program = Program()
    error: BaseException | None = None
    try:
        with placed(Place(run.recording)):
            asyncio.run(program.run(blocks, None))
    except Raised as raised:
        error = raised
    run.end_after(error)
    items = list(run.recording._queue)
    store = EventStore.memory()
    store.begin("run", worker="program", origin="", task="program", time_us=1)
    state = reduce_all(store.append("run", [run._event(item) for item in items]))
    return program, [item.data for item in items], state


def of(events: Sequence[Payload], *kinds: type[Any]) -> list[Any]:
    return [data for data in events if isinstance(data, kinds)]


def numbers(events: Sequence[Payload], *kinds: type[Any]) -> dict[str, int]:
    """The places of the events of these kinds among all, by stage."""
    return {data.stage_id: number for number, data in enumerate(events) if isinstance(data, kinds)}


@settings(deadline=None, max_examples=80)
@given(BLOCKS)
def test_every_stage_starts_once_in_its_parent_and_ends_once(blocks: tuple[Block, ...]) -> None:
    program, events, state = ran(blocks)
    started = {data.stage_id: data.parent_id for data in of(events, StageStarted)}
    assert started == program.parents
    assert len(of(events, StageStarted)) == len(program.parents)
    assert sorted(data.stage_id for data in of(events, StageCompleted, StageFailed)) == sorted(
        program.parents
    )
    assert {stage.stage_id: stage.parent_id for stage in state.stages} == program.parents
    assert {stage.status for stage in state.stages} <= {"completed", "failed"}


@settings(deadline=None, max_examples=80)
@given(BLOCKS)
def test_a_stage_is_open_exactly_while_its_code_runs(blocks: tuple[Block, ...]) -> None:
    program, events, _ = ran(blocks)
    starts, ends = numbers(events, StageStarted), numbers(events, StageCompleted, StageFailed)
    for name, around in program.parents.items():
        begun = starts[name]
        assert begun < ends[name]
        if around is not None:
            assert starts[around] < begun < ends[name] < ends[around]
    for number, line in enumerate(events):
        if isinstance(line, Log):
            assert line.message.split()[1] == line.stage_id
            assert starts[line.stage_id or ""] < number < ends[line.stage_id or ""]


@settings(deadline=None, max_examples=80)
@given(BLOCKS)
def test_an_error_fails_the_stages_that_it_leaves_and_is_one_problem_for_each_cause(
    blocks: tuple[Block, ...],
) -> None:
    program, events, state = ran(blocks)
    failed = {data.stage_id: data.failed_in or data.stage_id for data in of(events, StageFailed)}
    assert failed == program.failed
    for data in of(events, StageFailed):
        innermost = program.failed[data.stage_id] == data.stage_id
        assert (data.traceback is not None) == innermost
        assert data.error == (f"Raised: in {data.stage_id}" if innermost else f"Failed in {data.failed_in}")
    assert sorted(item.stage_id or "" for item in state.incidents) == sorted(set(program.failed.values()))


def test_threads_with_a_copied_context_record_beside_each_other() -> None:
    recording = Recording("run")

    def work(number: int) -> None:
        for step in range(50):
            with stage(f"{number}-{step}"):
                log("line")

    with placed(Place(recording)), stage("all"):
        threads = [
            threading.Thread(target=contextvars.copy_context().run, args=(work, number))
            for number in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    recording.close()
    events = [item.data for item in recording._queue]
    assert {data.parent_id for data in of(events, StageStarted) if data.stage_id != "all"} == {"all"}
    assert len({data.stage_id for data in of(events, StageStarted)}) == 401
    assert sorted(data.stage_id for data in of(events, StageCompleted)) == sorted(
        data.stage_id for data in of(events, StageStarted)
    )
    assert all(line.stage_id != "all" for line in of(events, Log))
