"""The messages between kernel and browser. ``js/src/kernel/wire.ts`` is generated from these types.

Stages, routing decisions, ledger rows and artifacts are the structs of `worker_widget.state.run_state`; the
arguments and results of requests are declared in `worker_widget.console.requests`. Times are integer
microseconds since 1970-01-01 UTC, durations milliseconds, sizes Unicode code points.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NotRequired, TypedDict

import msgspec

from ..events.answers import WorkerInfo
from ..events.run_request import Depth, RunRequest
from ..state.incident import Incident
from ..state.log_line import Level
from ..state.run_state import (
    Artifact,
    InputRequest,
    LedgerRow,
    RoutingRow,
    RunState,
    Stage,
    Understanding,
    WarningRow,
)
from ..state.run_view import RunHeader
from ..store.log_search import LogSearch

EVERY_SUBSCRIBER = "*"
"""Stands for a subscriber that could not send hello yet, in ``subscribers``."""

EMBEDDED: Final = "embedded host"
"""The origin of the host that the package starts itself."""

LinkPhase = Literal["idle", "starting", "connecting", "live", "reconnecting", "stalled", "ended"]


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the worker's event stream; ``retry_us`` is when the next attempt begins or began."""

    phase: LinkPhase = "idle"
    message: str | None = None
    attempt: int = 0
    retry_us: int | None = None


class WireProblem(msgspec.Struct, frozen=True):
    """A field that has an error, and the error."""

    field: str
    message: str


class WireError(msgspec.Struct, frozen=True):
    """An error with a message for the user; ``code`` is that of the package's error."""

    code: str
    message: str
    problems: tuple[WireProblem, ...] = ()


class FormState(msgspec.Struct, frozen=True, kw_only=True):
    """The run form and what it offers.

    ``task``, ``brand`` (JSON text or ""), ``strict_mode``, ``depth``, ``budget`` (tokens) and ``options`` are
    the request of the run that was on screen last, all of them, or else the console's own. ``origin`` is
    "embedded host" or the server's origin. ``brand_unknown``: that run had a brand that its server did not
    repeat, so that the form has none. ``notice`` is an error that the user must see: host missing, key
    refused, run unknown, history not writable.
    """

    worker: str
    workers: tuple[WorkerInfo, ...] = ()
    origin: str = EMBEDDED
    task: str = ""
    brand: str = ""
    brand_unknown: bool = False
    strict_mode: bool = False
    depth: Depth = "auto"
    budget: int | None = None
    options: Mapping[str, Any] = {}
    notice: WireError | None = None


class HistoryRow(TypedDict):
    """A run in the history. ``worker`` is the worker's id.

    ``started_us`` is when it started, or was added to the history. ``recorded``: its events are in this
    computer's history, so that it can be watched without the server. ``replayable``: it has a replay token.
    ``starred``, ``tags`` and ``note`` are what people added. ``lines`` is the number of its log lines that a
    search matches.
    """

    run_id: str
    worker: str | None
    task: str | None
    status: str
    success: bool | None
    error: str | None
    started_us: int | None
    latency_ms: float | None
    replay_of: str | None
    parent_run_id: str | None
    strict_mode: bool | None
    recorded: bool
    replayable: bool
    starred: bool
    tags: list[str]
    note: str | None
    lines: NotRequired[int]


EngineStatus = Literal["available", "unavailable", "planned", "unknown"]
HealthTone = Literal["", "busy", "ok", "warning", "error"]


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """An engine of a worker: its number such as M18, its name, its state and the reason of that."""

    number: str
    name: str
    status: EngineStatus
    reason: str | None = None


class WorkerCard(msgspec.Struct, frozen=True, kw_only=True):
    """A worker on the home page; ``status`` and ``reason`` are those of `WorkerInfo`."""

    id: str
    name: str
    description: str
    status: str
    reason: str | None
    runnable: bool
    engines: tuple[Engine, ...]


class HealthLine(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one part of the system in words."""

    name: str
    tone: HealthTone
    text: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A short explanation."""

    title: str
    text: str


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """The home page. ``runs`` are the newest, ``total`` is the number of runs in this computer's history.

    ``error`` is why the history cannot be read.
    """

    intro: tuple[Card, ...]
    workers: tuple[WorkerCard, ...]
    runs: tuple[HistoryRow, ...]
    total: int
    health: tuple[HealthLine, ...]
    error: WireError | None


class ShownRange(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a run that is shown alone: the events after position ``after``, up to ``upto``.

    ``start_us`` and ``end_us`` are its times as they were chosen, ``None`` in a run whose events have none.
    """

    after: int
    upto: int
    start_us: int | None
    end_us: int | None


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A moment of the run that is shown instead of the newest as it goes on.

    With ``range`` only what happened in that is shown, up to the moment, which can be the newest then.

    It is after the first ``position`` events, the last of them at ``time_us``. ``speed`` is how fast the run
    is being played from there, ``None`` while it stands still. ``newest`` is the number of all events so far,
    the last at ``newest_us``; with ``over`` the run has ended.
    """

    position: int
    time_us: int | None
    speed: float | None
    newest: int
    newest_us: int | None
    over: bool
    range: ShownRange | None = None


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What a person or a program has selected in the run: a stage, whose rows all panes then show.

    ``number`` counts the selections of a console, ``client`` is the front end where it was made, ``None`` for
    one made in Python.
    """

    number: int
    stage_id: str | None
    client: str | None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a console shows at one moment; ``run_id`` is ``None`` before the first run.

    ``run`` is the state of the run at the moment that is shown; ``past`` is ``None`` for the newest.

    ``skew_us`` is how far the worker's clock is ahead of this computer's, at least. ``home`` is ``None``
    until a front end watches the home page, ``seen_us`` is when the server answered for it last.
    """

    form: FormState
    link: Link = Link()
    run_id: str | None = None
    run: RunState = RunState()
    past: Past | None = None
    selection: Selection | None = None
    recording: bool = False
    skew_us: int = 0
    home: Home | None = None
    seen_us: int | None = None

    @property
    def upto(self) -> int | None:
        """How many events of the run are shown; all for ``None``."""
        return None if self.past is None else self.past.position

    @property
    def after(self) -> int:
        """How many of those are left out, because only a range is shown."""
        return 0 if self.past is None or self.past.range is None else self.past.range.after


class LogFilter(msgspec.Struct, frozen=True, kw_only=True):
    """The log lines to show; ``None`` lets every line pass. With ``search`` only matching lines pass."""

    levels: tuple[Level, ...] | None = None
    stage_id: str | None = None
    agent: str | None = None
    search: LogSearch | None = None


class WatchedLog(msgspec.Struct, frozen=True, kw_only=True):
    """The log rows on screen and a margin; ``search`` marks and counts among them."""

    filter: LogFilter = LogFilter()
    search: LogSearch | None = None
    rows: int = 60


class WatchedArtifact(msgspec.Struct, frozen=True, kw_only=True):
    """The artifact on screen; ``have`` is how much of its ``version`` the browser already has.

    With ``newest`` the browser shows the one that was changed last, which is another at another moment.
    """

    file: str
    version: int = 0
    have: int = 0
    newest: bool = False


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """What a subscriber watches: log rows under a filter, an artifact, and the home page."""

    log: WatchedLog = WatchedLog()
    artifact: WatchedArtifact | None = None
    home: bool = False


class LogRow(TypedDict):
    """A log line under a filter: ``index`` is its place among the lines that pass (from 0).

    ``line`` is its number in the whole log (from 1), ``position`` that of its event. ``message`` is plain
    text without control sequences; it may have line breaks. Where it is cut, ``chars`` is its whole length.
    ``pieces`` are consecutive pieces of it with class names, where some of it is styled or matches: "match",
    "bold", "dim", "italic", "underline", "strike", "inverse", and "fg-" or "bg-" with one of the 16 colours
    of terminals, such as "fg-red" and "bg-bright-blue".
    """

    index: int
    line: int
    position: int
    time_us: int | None
    level: Level
    stage_id: str | None
    agent: str | None
    message: str
    chars: NotRequired[int]
    pieces: NotRequired[list[tuple[str, str]]]


class LogRows(TypedDict):
    """A window of the log: ``rows`` are those from index ``start`` on, of ``total`` under the filter."""

    total: int
    start: int
    rows: list[LogRow]


class SearchProgress(TypedDict):
    """The progress of the watched search: ``count`` of the first ``scanned`` lines match, ``of`` all lines.

    ``error`` is the error in the pattern, which ends the search.
    """

    count: int
    scanned: int
    of: int
    done: bool
    error: str | None


class ArtifactNews(TypedDict):
    """More of the watched artifact: ``text`` starts at ``offset``. ``done``: it is complete with this text.

    ``cut``: no more of it is sent; the browser requests the rest.
    """

    file: str
    version: int
    offset: int
    text: str
    done: bool
    cut: NotRequired[bool]


class SubscriberNews(TypedDict, total=False):
    """What is new for one subscriber.

    ``log`` holds the newest rows under the watched filter, at most as many as watched. Where the filter
    searches, its total is that of the lines scanned so far.
    """

    log: LogRows
    search: SearchProgress
    artifact: ArtifactNews


class RoutingTail(TypedDict):
    """The newest routing decisions; older ones are requested."""

    total: int
    rows: list[RoutingRow]


class LedgerTail(TypedDict):
    """The newest ledger rows; older ones are requested."""

    total: int
    rows: list[LedgerRow]


class IncidentTail(TypedDict):
    """The newest incidents, and before those the newest problems that remain; the others are requested."""

    total: int
    rows: list[Incident]


class ConsoleState(TypedDict):
    """Everything that a console shows, without log rows and artifact texts.

    ``request`` is the request of the run, ``None`` where only a part of it is known; ``asked`` is what is
    known of it in words, as pairs of label and text, without the task. ``home`` is ``None`` until a front end
    watches the home page, ``seen_us`` is when the server answered for it last. ``engines`` are the names of
    the engines by their numbers, such as M18. ``stages`` are those in view: at work, around those, and the
    newest others. ``inputs`` are the open requests for an answer of a person. ``past`` is ``None`` where the
    newest moment of the run is shown. A front end takes over a ``selection`` that was made elsewhere; it is
    ``None`` before the first.
    """

    engines: Mapping[str, str]
    form: FormState
    link: Link
    run: RunHeader | None
    past: Past | None
    selection: Selection | None
    request: RunRequest | None
    asked: list[tuple[str, str]]
    understanding: Understanding | None
    warnings: list[WarningRow]
    stages: list[Stage]
    inputs: list[InputRequest]
    routing: RoutingTail
    ledger: LedgerTail
    incidents: IncidentTail
    artifacts: list[Artifact]
    home: Home | None
    seen_us: int | None


class Patch(TypedDict, total=False):
    """What changed since the frame before: rows replace those of the same key, or follow the last.

    ``warnings`` and ``inputs`` are all of them. ``stages_gone`` are the ids of stages that are no longer in
    view: they are requested when they are to be seen.
    """

    form: FormState
    link: Link
    run: RunHeader
    past: Past | None
    selection: Selection | None
    request: RunRequest | None
    asked: list[tuple[str, str]]
    understanding: Understanding | None
    warnings: list[WarningRow]
    stages: list[Stage]
    stages_gone: list[str]
    inputs: list[InputRequest]
    routing: RoutingTail
    ledger: LedgerTail
    incidents: IncidentTail
    artifacts: list[Artifact]
    home: Home
    seen_us: int
    subscribers: dict[str, SubscriberNews]


class SnapshotMessage(TypedDict):
    """The whole state, for the subscriber ``client`` or for all (``None``).

    ``now_us`` is the time by the worker's clock; figures that tick count from it.
    """

    kind: Literal["snapshot"]
    client: str | None
    seq: int
    state: ConsoleState
    subscribers: dict[str, SubscriberNews]
    now_us: int


class FrameMessage(TypedDict):
    """What changed since frame ``seq`` - 1."""

    kind: Literal["frame"]
    seq: int
    patch: Patch


class HeartbeatMessage(TypedDict):
    """The number of the last frame, so that a lost one is noticed."""

    kind: Literal["heartbeat"]
    seq: int
    now_us: int


class ReplyResult(TypedDict):
    """The result of a request."""

    kind: Literal["reply"]
    client: str
    id: int
    ok: Literal[True]
    result: Any


class ReplyError(TypedDict):
    """The error of a request."""

    kind: Literal["reply"]
    client: str
    id: int
    ok: Literal[False]
    error: WireError


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="hello"):
    """Subscribes a front end, or requests a snapshot; ``have`` is the last frame it has."""

    client: str
    have: int = 0
    visible: bool = True
    watch: Watch = Watch()


class Ack(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="ack"):
    """Acknowledges that frame ``seq`` is drawn."""

    client: str
    seq: int


class Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="request"):
    """A request to the kernel, answered by a reply with the same ``id``."""

    client: str
    id: int
    name: str
    args: dict[str, Any] = {}


FromBrowser = Hello | Ack | Request


class SavedArtifact(TypedDict):
    """The artifact that a saved notebook shows."""

    file: str
    text: str


class Saved(TypedDict):
    """The trait ``saved``: a finished run in the notebook, shown without a kernel."""

    state: ConsoleState
    log: list[LogRow]
    artifact: SavedArtifact | None


class ShownReceipt(TypedDict):
    """The trait ``receipt``: the receipt of the run as an output of the notebook.

    The metadata of that output has the same ``id``, as ``worker_widget.receipt``. ``data`` is by MIME type.
    """

    id: str
    data: Mapping[str, Any]


def from_browser(content: Any) -> FromBrowser:
    """The message in ``content``. Raises ``msgspec.ValidationError`` for anything else."""
    message: FromBrowser = msgspec.convert(content, Hello | Ack | Request)
    return message


def heartbeat(seq: int, now_us: int) -> HeartbeatMessage:
    return {"kind": "heartbeat", "seq": seq, "now_us": now_us}


def frame(seq: int, patch: Patch) -> FrameMessage:
    return {"kind": "frame", "seq": seq, "patch": patch}


def snapshot(
    seq: int,
    state: ConsoleState,
    subscribers: dict[str, SubscriberNews],
    now_us: int,
    client: str | None = None,
) -> SnapshotMessage:
    return {
        "kind": "snapshot",
        "client": client,
        "seq": seq,
        "state": state,
        "subscribers": subscribers,
        "now_us": now_us,
    }


def reply(request: Request, result: Any) -> ReplyResult:
    return {"kind": "reply", "client": request.client, "id": request.id, "ok": True, "result": result}


def refusal(request: Request, error: WireError) -> ReplyError:
    return {
        "kind": "reply",
        "client": request.client,
        "id": request.id,
        "ok": False,
        "error": msgspec.to_builtins(error),
    }
