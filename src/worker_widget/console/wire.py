"""What the kernel and the browser say to each other: the mirror of ``js/src/wire.ts``.

Rows of stages, routing, ledger and artifacts are `worker_widget.state.run_state`'s structs as they are.
Times are integer microseconds since 1970-01-01 UTC, durations milliseconds, sizes code points.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from ..events.answers import WorkerOption
from ..state.run_state import Counts, RunState

EVERY_VIEW = "*"
"""Stands for a view that has not said hello yet, in ``views``."""

PartName = Literal["lists", "desk", "search", "viewer"]
"""The parts of the front end that the kernel sends, each the name of its bundle."""

LinkPhase = Literal["idle", "starting", "connecting", "live", "reconnecting", "stalled", "ended"]


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """How the kernel stands with the event stream; ``retry_us`` is when it tries again."""

    phase: LinkPhase = "idle"
    message: str | None = None
    attempt: int = 0
    retry_us: int | None = None


class WireProblem(msgspec.Struct, frozen=True):
    field: str
    message: str


class WireError(msgspec.Struct, frozen=True):
    code: str
    message: str
    problems: tuple[WireProblem, ...] = ()


class WorkerRow(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str
    status: str
    moats: tuple[str, ...] = ()
    options: tuple[WorkerOption, ...] = ()
    reason: str | None = None


class DeskView(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around the run: the form and what it may offer; ``brand`` is JSON text or "",
    ``options`` are the values that the last run was started with."""

    worker: str
    workers: tuple[WorkerRow, ...] = ()
    origin: str = "embedded host"
    task: str = ""
    brand: str = ""
    options: Mapping[str, Any] = {}
    notice: WireError | None = None


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """The figures and the fate of the run on screen."""

    run_id: str
    status: str
    success: bool | None
    error: str | None
    task: str | None
    worker: str | None
    strict_mode: bool | None
    budget: int | None
    replay_of: str | None
    started_us: int | None
    ended_us: int | None
    latency_ms: float | None
    tokens: int
    total_stages: int | None
    complexity: float | None
    drift: float | None
    replayable: bool
    verified: dict[str, Any] | None
    counts: Counts
    recording: bool


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """All that a console shows at one moment; ``run_id`` is ``None`` where nothing was run yet.

    ``skew_us`` is how far the worker's clock was seen ahead of ours.
    """

    desk: DeskView
    link: Link = Link()
    run_id: str | None = None
    run: RunState = RunState()
    recording: bool = False
    skew_us: int = 0


class LogSearch(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    regex: bool = False
    case_sensitive: bool = False


class LogFilter(msgspec.Struct, frozen=True, kw_only=True):
    levels: tuple[str, ...] | None = None
    stage_id: str | None = None
    agent: str | None = None
    search: LogSearch | None = None


class WatchedLog(msgspec.Struct, frozen=True, kw_only=True):
    filter: LogFilter = LogFilter()
    search: LogSearch | None = None
    rows: int = 60


class WatchedArtifact(msgspec.Struct, frozen=True, kw_only=True):
    file: str
    version: int = 0
    have: int = 0


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """What one view watches: log rows under a filter, and one artifact from where it has it."""

    log: WatchedLog = WatchedLog()
    artifact: WatchedArtifact | None = None


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="hello"):
    client: str
    have: int = 0
    visible: bool = True
    watch: Watch = Watch()


class Ack(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="ack"):
    client: str
    seq: int


class Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="request"):
    client: str
    id: int
    name: str
    args: dict[str, Any] = {}


FromBrowser = Hello | Ack | Request


def from_browser(content: Any) -> FromBrowser:
    """The message in ``content``. Raises ``msgspec.ValidationError`` for anything else."""
    message: FromBrowser = msgspec.convert(content, Hello | Ack | Request)
    return message


def heartbeat(seq: int, now_us: int) -> dict[str, Any]:
    return {"kind": "heartbeat", "seq": seq, "now_us": now_us}


def frame(seq: int, patch: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "frame", "seq": seq, "patch": patch}


def snapshot(
    seq: int, state: dict[str, Any], views: dict[str, Any], now_us: int, client: str | None = None
) -> dict[str, Any]:
    return {
        "kind": "snapshot",
        "client": client,
        "seq": seq,
        "state": state,
        "views": views,
        "now_us": now_us,
    }


def reply(request: Request, result: Any) -> dict[str, Any]:
    return {"kind": "reply", "client": request.client, "id": request.id, "ok": True, "result": result}


def refusal(request: Request, error: WireError) -> dict[str, Any]:
    return {
        "kind": "reply",
        "client": request.client,
        "id": request.id,
        "ok": False,
        "error": msgspec.to_builtins(error),
    }
