"""A worker that does what its task says, and small tools to speak with a host over real sockets.

Run as a program, this is the host process itself with that worker:
``python -m tests.contract.host_support [--port N] [--idle-minutes M]``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
from fastapi import FastAPI

from worker_widget.events import (
    ArtifactCreated,
    ArtifactDelta,
    ArtifactStarted,
    Log,
    RunCompleted,
    StageCompleted,
    StageStarted,
)
from worker_widget.events.answers import WorkerInfo, WorkerOption
from worker_widget.events.request_models import Brand, ValidatedRequest
from worker_widget.host.activity import Activity
from worker_widget.host.http.app import Services, create_app
from worker_widget.host.http.middleware import AccessKey
from worker_widget.host.process import host_process
from worker_widget.host.worker import BrandReport, Emit, RunContext, RunError, RunResult, Worker

from ..request_body import request_body

ROOT = Path(__file__).parents[2]
BASE = "/api/v1/workers/scripted"
SCRIPTED = ("-m", "tests.contract.host_support")
GATED_PIECE = 20
"""So many pieces of a story are written before it waits for a file."""


class ScriptedWorker:
    """The task is a script: steps with ``;`` between them.

    ``log N`` tells N log lines, ``page TEXT`` makes landing.html, ``story N`` writes story.md in N
    pieces, ``story N FILE`` waits after 20 of them until there is that file, ``notes N`` makes N short
    files, ``table N`` writes table.csv of N lines, ``vary`` makes serial.txt, which differs each time,
    ``wait`` waits for `gate`, ``hold on`` waits for ever, ``stubborn`` does not end when cancelled,
    ``fail WHY``, ``garble WHY``, ``crash``, ``exit`` and ``cheat`` end the run badly.
    """

    info = WorkerInfo(
        id="scripted",
        name="Scripted",
        description="Does what its task says.",
        status="available",
        moats=("M9", "M17"),
        options=(
            WorkerOption(name="pace", type="number", minimum=0, maximum=120, affects_artifacts=False),
            WorkerOption(name="writer", type="choice", choices=("auto", "rules"), default="auto"),
        ),
    )

    version = "1"

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.made = 0

    def stages(self) -> tuple[tuple[str, str], ...]:
        return (("preflight", "Preflight Validation"), ("copy", "Copy Generation"))

    def check_brand(self, brand: Brand) -> BrandReport:
        return BrandReport(("A tagline would help.",), len(brand.forbidden_claims), 2)

    async def execute(self, request: ValidatedRequest, run: RunContext) -> RunResult:
        emit = run.emit
        artifacts: dict[str, str] = {}
        emit(StageStarted(stage_id="copy", stage_index=0, total_stages=1))
        for step in request.task.split(";"):
            verb, _, rest = step.strip().partition(" ")
            match verb:
                case "log":
                    for index in range(int(rest)):
                        emit(Log(stage_id="copy", agent="writer", message=f"line {index}"))
                        if index % 50 == 49:
                            await asyncio.sleep(0)
                case "page":
                    artifacts["landing.html"] = rest
                    emit(ArtifactStarted(stage_id="copy", artifact_name="landing", artifact_type="html"))
                    emit(
                        ArtifactDelta(
                            stage_id="copy",
                            artifact_name="landing",
                            artifact_type="html",
                            offset=0,
                            text=rest,
                        )
                    )
                    emit(
                        ArtifactCreated(
                            stage_id="copy", artifact_name="landing", artifact_type="html", content=rest
                        )
                    )
                case "story":
                    count, _, gate = rest.partition(" ")
                    parts = [f"## Part {number}\n\nIt goes on.\n\n" for number in range(int(count))]
                    await _write(emit, "story", "md", parts, gate=Path(gate) if gate else None)
                case "notes":
                    for index in range(int(rest)):
                        await _write(emit, f"note-{index}", "md", [f"# Note {index}\n"])
                case "table":
                    await _write(emit, "table", "csv", _table(int(rest)), pause_s=0)
                case "vary":
                    self.made += 1
                    artifacts["serial.txt"] = f"number {self.made}"
                case "wait":
                    gate = self.gate  # another one is for the next that waits
                    while not gate.is_set():  # noqa: ASYNC110 - set from another thread
                        await asyncio.sleep(0.005)
                case "hold":
                    await asyncio.Event().wait()
                case "stubborn":
                    try:
                        await asyncio.Event().wait()
                    except asyncio.CancelledError:
                        emit(Log(message="I go on"))
                        await asyncio.Event().wait()
                case "fail":
                    emit(StageCompleted(stage_id="copy", duration_ms=1.0, tokens_used=7))
                    raise RunError(rest)
                case "garble":
                    raise RunError(rest, RunResult(cost_report={"total": object()}))
                case "crash":
                    raise ZeroDivisionError("division by zero")
                case "exit":
                    sys.exit(9)
                case "cheat":
                    emit(RunCompleted(success=True))
        return RunResult(
            artifacts=artifacts,
            total_tokens=12,
            cost_report={"total_tokens": 12},
            replay_token={"plan_id": "p1", "seed": 7, "version": "1"},
            drift_metrics={"copy": 0.25},
        )


async def _write(
    emit: Emit, name: str, kind: str, pieces: Iterable[str], pause_s: float = 0.02, gate: Path | None = None
) -> None:
    """One artifact in pieces, as a worker that writes it."""
    emit(ArtifactStarted(stage_id="copy", artifact_name=name, artifact_type=kind))
    offset = 0
    for number, piece in enumerate(pieces):
        while gate is not None and number == GATED_PIECE and not gate.exists():  # noqa: ASYNC110, ASYNC240
            await asyncio.sleep(pause_s)
        emit(
            ArtifactDelta(stage_id="copy", artifact_name=name, artifact_type=kind, offset=offset, text=piece)
        )
        offset += len(piece)
        await asyncio.sleep(pause_s)
    emit(ArtifactCreated(stage_id="copy", artifact_name=name, artifact_type=kind))


def _table(lines: int) -> Iterator[str]:
    """A table of many lines, some thousands of them at once."""
    for start in range(0, lines, 5_000):
        yield "".join(
            f"{number},{'rare' if number % 10_000 == 9_999 else 'usual'},{'x' * 80}\n"
            for number in range(start, min(start + 5_000, lines))
        )


LATER = WorkerInfo(
    id="later", name="Later", description="Not there yet.", status="coming_soon", moats=("M9",)
)


def scripted() -> dict[str, Worker | WorkerInfo]:
    return {"scripted": ScriptedWorker(), "later": LATER}


@dataclass(frozen=True)
class Frame:
    """One frame of a stream; a comment has no event."""

    event: str | None
    data: Any
    id: int | None


def frames(lines: Iterator[str]) -> Iterator[Frame]:
    """The frames of an event stream's lines, the keepalive comments too."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            assert name not in fields, f"two {name!r} in one frame"
            fields[name] = value
        else:
            number = fields.get("id")
            yield Frame(
                fields.get("event"),
                json.loads(fields.get("data", "null")),
                None if number is None else int(number),
            )
            fields = {}
    assert not fields, "the stream was cut inside a frame"


class Api:
    """A client of one host; ``get`` and ``post`` are relative to ``base``, the scripted worker's."""

    def __init__(self, url: str, token: str, base: str = BASE) -> None:
        self.base = base
        self.http = httpx.Client(base_url=url, headers={"X-AOS-Key": token}, timeout=120)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(self.base + path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.http.post(self.base + path, json=body, **options)

    def start(self, task: str, **request: Any) -> str:
        answer = self.post("/run-streaming", request_body(task=task, **request))
        assert answer.status_code == 202, answer.text
        run_id: str = answer.json()["run_id"]
        return run_id

    @contextmanager
    def stream(self, run_id: str, after: int | None = None) -> Iterator[Iterator[Frame]]:
        headers = {} if after is None else {"Last-Event-ID": str(after)}
        with self.http.stream("GET", f"{self.base}/stream/{run_id}", headers=headers) as answer:
            assert answer.status_code == 200, answer.read()
            yield frames(answer.iter_lines())

    def follow(self, run_id: str, after: int | None = None) -> list[Frame]:
        """The stream to its end."""
        with self.stream(run_id, after) as stream:
            return list(stream)

    def finish(self, task: str, **request: Any) -> tuple[str, list[Frame]]:
        """Run a task to its end: its run id and the whole stream."""
        run_id = self.start(task, **request)
        return run_id, self.follow(run_id)


def events(stream: list[Frame]) -> list[Frame]:
    """The run's own events, without what belongs to the connection."""
    return [frame for frame in stream if frame.id is not None]


class HostProcess:
    """The host as a process of its own with the scripted worker."""

    def __init__(self, home: Path, *options: str, command: tuple[str, ...] = SCRIPTED) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, *command, *options],
            env=environment(home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    @property
    def state_path(self) -> Path:
        return self.home / "host.json"

    def state(self) -> Mapping[str, Any]:
        """Wait for the state file of this host, and read it."""
        while True:
            with contextlib.suppress(FileNotFoundError):
                state: Mapping[str, Any] = json.loads(self.state_path.read_bytes())
                if state["pid"] == self.process.pid:
                    return state
            if self.process.poll() is not None:
                raise AssertionError(f"the host ended with {self.process.returncode}: {self.output()}")
            time.sleep(0.01)

    def api(self) -> Api:
        state = self.state()
        return Api(f"http://127.0.0.1:{state['port']}", state["token"])

    def output(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.read().decode()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; returns the exit status."""
        self.process.send_signal(number)
        return self.process.wait(120)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def app_of_routes() -> FastAPI:
    """The host's app, to see which routes it has; it can answer none."""
    runs = SimpleNamespace(elsewhere=None, settle_retired=None)
    services = SimpleNamespace(activity=Activity(), registry=None, runs=runs)
    return create_app(cast(Services, services), AccessKey(""))


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "WORKER_WIDGET_HOME": str(home), "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}


def main() -> int:
    parser = argparse.ArgumentParser()
    host_process.add_options(parser)
    options = parser.parse_args()
    return host_process.run(options.port, options.idle_minutes, detach=True, workers=scripted)


if __name__ == "__main__":
    sys.exit(main())
