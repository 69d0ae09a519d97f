"""A worker that makes one page after the other, each piece of them when it is asked to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.console import Console
from tests.browser.lab import Lab, lab, run_cell, show_cells, wait_until_ran
from worker_widget.events import ArtifactCreated, ArtifactDelta, ArtifactStarted, StageStarted
from worker_widget.events.answers import WorkerInfo
from worker_widget.events.request_models import Brand, ValidatedRequest
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.host.worker import BrandReport, Emit, RunContext, RunResult

STAGE = "ux"
_TURN_S = 0.005
APART_S = 0.055
"""Longer than the console waits between two frames, so that each piece is written by itself."""


@dataclass(frozen=True)
class Made:
    """A page, in the pieces it is delivered in; one piece comes with its end. Between two of them are
    ``pause_s`` seconds; with ``stepped`` each further piece, and the end, waits to be released."""

    name: str
    pieces: tuple[str, ...] = field(repr=False)
    pause_s: float = APART_S
    stepped: bool = False
    kind: str = "html"

    @property
    def file(self) -> str:
        return f"{self.name}.{self.kind}"


def cut(text: str, places: Iterable[int]) -> tuple[str, ...]:
    """A text in pieces, cut at these places."""
    return tuple(text[start:end] for start, end in pairwise(sorted({0, len(text), *places})))


class Script:
    """What the worker makes, by the task that it is given, and how far it may go."""

    def __init__(self) -> None:
        self._pages: dict[str, list[Made]] = {}
        self._gates: dict[str, threading.Semaphore] = {}

    def add(self, task: str, pages: Iterable[Made]) -> None:
        self._pages[task] = list(pages)
        self._gates[task] = threading.Semaphore(0)

    def release(self, task: str) -> None:
        """Let the next step of the run be taken."""
        self._gates[task].release()

    def pages(self, task: str) -> list[Made]:
        return self._pages[task]

    async def step(self, task: str) -> None:
        gate = self._gates[task]
        # It is released from another thread, which knows nothing of this one's event loop.
        while not gate.acquire(blocking=False):  # noqa: ASYNC110
            await asyncio.sleep(_TURN_S)


class PageWorker:
    version = "1"
    info = WorkerInfo(id="pages", name="Pages", description="Makes pages.", status="available", moats=())

    def __init__(self, script: Script) -> None:
        self._script = script

    def stages(self) -> tuple[tuple[str, str], ...]:
        return ((STAGE, "UX Layout"),)

    def check_brand(self, brand: Brand) -> BrandReport:
        return BrandReport((), 0, 0)

    async def execute(self, request: ValidatedRequest, run: RunContext) -> RunResult:
        run.emit(StageStarted(stage_id=STAGE, stage_index=0, total_stages=1))
        pages = self._script.pages(request.task)
        for page in pages:
            await self._script.step(request.task)
            await self._make(page, request.task, run.emit)
        # The run goes on until it is cancelled: one that is over shows its first page.
        await asyncio.Event().wait()
        return RunResult(artifacts={page.name: "".join(page.pieces) for page in pages})

    async def _make(self, page: Made, task: str, emit: Emit) -> None:
        whole = "".join(page.pieces)
        if len(page.pieces) > 1:
            emit(ArtifactStarted(stage_id=STAGE, artifact_name=page.name, artifact_type=page.kind))
            offset = 0
            for text in page.pieces:
                emit(
                    ArtifactDelta(
                        stage_id=STAGE,
                        artifact_name=page.name,
                        artifact_type=page.kind,
                        offset=offset,
                        text=text,
                    )
                )
                offset += len(text)
                if page.stepped:
                    await self._script.step(task)
                else:
                    await asyncio.sleep(page.pause_s)
        emit(ArtifactCreated(stage_id=STAGE, artifact_name=page.name, artifact_type=page.kind, content=whole))


@dataclass(frozen=True)
class Pages:
    """A host with that worker, for consoles in one JupyterLab."""

    script: Script
    host: ThreadedHost
    running: Lab

    def begin(self, page: Page, task: str, made: Iterable[Made]) -> Console:
        """Show a console in a notebook of its own and start a run; it waits for its first release."""
        self.script.add(task, made)
        show = (
            "from worker_widget import WorkerConsole\n"
            f"WorkerConsole('pages', url={self.host.url!r}, api_key={self.host.token!r}, task={task!r})"
        )
        show_cells(page, self.running, f"{task}.ipynb".replace(" ", "-"), show)
        cell = run_cell(page, 0)
        wait_until_ran(cell)
        console = Console.in_cell(page, cell)
        console.start()
        console.expect_status("Running")
        return console


@contextmanager
def pages(directory: Path) -> Iterator[Pages]:
    """JupyterLab ends before the host, which would wait for those who still read its streams."""
    script = Script()
    with (
        ThreadedHost(directory, {"pages": PageWorker(script)}) as host,
        lab(directory / "lab") as running,
    ):
        yield Pages(script, host, running)
