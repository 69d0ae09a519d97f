"""A worker that tells as much as its task says, at the rate it says: for benchmarks and browser tests.

Run as a program, this is the host process itself with that worker: ``python -m tests.load``.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from worker_widget.events import Log, PolicyCheck, RoutingDecision, StageCompleted, StageFailed, StageStarted
from worker_widget.events.answers import WorkerInfo
from worker_widget.events.request_models import Brand, ValidatedRequest
from worker_widget.host.process import host_process
from worker_widget.host.worker import BrandReport, Emit, RunContext, RunResult, Worker

LOAD = ("-m", "tests.load")
NEEDLE_EVERY = 997
"""Each so many-th line has the word ``needle`` and its number; as many have the level error."""
_LEVELS = ("debug", "info", "info", "warning")
_AGENTS = ("writer", "editor", "checker")
_TURN_S = 0.01
_AT_ONCE = 200


class LoadWorker:
    """The task is a script: steps with ``;`` between them.

    ``burst N`` tells N log lines as fast as it can, ``rate N S`` N lines a second for S seconds,
    ``stages N`` begins and ends N stages, ``decisions N`` tells N routing decisions and policy checks,
    ``wait S`` is quiet for S seconds. Each line begins with the time it was emitted at, in seconds since
    the epoch.
    """

    version = "1"
    info = WorkerInfo(
        id="load", name="Load", description="Tells much.", status="available", moats=("M9", "M17")
    )

    def stages(self) -> tuple[tuple[str, str], ...]:
        return (("copy", "Copy Generation"), ("ux", "UX Layout"))

    def check_brand(self, brand: Brand) -> BrandReport:
        return BrandReport((), 0, 0)

    async def execute(self, request: ValidatedRequest, run: RunContext) -> RunResult:
        emit = run.emit
        written, begun = 0, False
        for step in request.task.split(";"):
            verb, *rest = step.split()
            if verb != "stages" and not begun:
                begun = True
                emit(StageStarted(stage_id="copy", stage_index=0, total_stages=2))
            match verb:
                case "burst":
                    written = await _lines(emit, written, int(rest[0]))
                case "rate":
                    written = await _steadily(emit, written, int(rest[0]), float(rest[1]))
                case "stages":
                    await _stages(emit, int(rest[0]))
                case "decisions":
                    await _decisions(emit, int(rest[0]))
                case "wait":
                    await asyncio.sleep(float(rest[0]))
                case _:
                    raise ValueError(f"no step is called {verb!r}")
        if begun:
            emit(StageCompleted(stage_id="copy", duration_ms=1.0, tokens_used=written))
        return RunResult(artifacts={}, total_tokens=written)


async def _lines(emit: Emit, first: int, count: int) -> int:
    for number in range(first, first + count):
        emit(line(number))
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
    return first + count


async def _steadily(emit: Emit, first: int, rate: int, seconds: float) -> int:
    began, written, total = time.monotonic(), 0, round(rate * seconds)
    while written < total:
        due = min(total, round((time.monotonic() - began) * rate))
        for number in range(written, due):
            emit(line(first + number))
        written = due
        await asyncio.sleep(_TURN_S)
    return first + written


def line(number: int) -> Log:
    """The line of this number, with the time now."""
    found = number % NEEDLE_EVERY == 0
    return Log(
        stage_id="copy",
        agent=_AGENTS[number % len(_AGENTS)],
        level="error" if found else _LEVELS[number % len(_LEVELS)],
        message=f"{time.time():.6f} line {number} of what this worker has to say"
        + (f", with needle-{number} in it" if found else ""),
    )


async def _stages(emit: Emit, count: int) -> None:
    for index in range(count):
        stage = f"step-{index}"
        emit(StageStarted(stage_id=stage, stage_index=index, total_stages=count))
        await asyncio.sleep(0.001)
        if index % 50 == 49:
            emit(StageFailed(stage_id=stage, error=f"step {index} did not work"))
        else:
            emit(StageCompleted(stage_id=stage, duration_ms=1.0, tokens_used=1))


async def _decisions(emit: Emit, count: int) -> None:
    for number in range(count):
        stage = ("copy", "ux")[number % 2]
        emit(
            RoutingDecision(
                stage_id=stage,
                selected_agent=_AGENTS[number % len(_AGENTS)],
                complexity=number % 100 / 100,
                confidence=0.9,
                alternatives=[{"agent": "other", "score": 0.5, "reason": f"decision {number}"}],
                routing_source="care",
            )
        )
        emit(PolicyCheck(stage_id=stage, policy=f"rule {number}", passed=number % 10 != 0))
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)


def load() -> dict[str, Worker | WorkerInfo]:
    return {"load": LoadWorker()}


def main() -> int:
    parser = argparse.ArgumentParser()
    host_process.add_options(parser)
    options = parser.parse_args()
    return host_process.run(options.port, options.idle_minutes, detach=True, workers=load)


if __name__ == "__main__":
    sys.exit(main())
