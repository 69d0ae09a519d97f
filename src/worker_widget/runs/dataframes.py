"""Runs as pandas DataFrames. Each has the same typed columns, also if it has no rows.

The dtypes are pandas' types with missing values: ``string``, ``Int64``, ``Float64``, ``boolean``, and
``datetime64[us, UTC]`` for times. Log levels are an ordered ``category``, debug < info < warning < error, so
that ``logs[logs.level >= "warning"]`` works. Missing values are ``NA``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec
import numpy as np
import pandas as pd

from ..events.vocabulary import SentenceSource
from ..state.incident_title import incident_title, stage_name
from ..state.incidents import incidents, ledger_rows
from ..state.log_line import LEVELS, LoggedEvent
from ..state.routing_and_ledger import routing_rows
from ..state.run_state import RunState
from ..state.run_warnings import run_warnings
from ..store.event_store import RunRecord
from ..store.log_table import StoredLine


class ListedRun(Protocol):
    """A run in a server's list."""

    @property
    def run_id(self) -> str: ...
    @property
    def task(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def success(self) -> bool | None: ...
    @property
    def created_at(self) -> datetime | None: ...
    @property
    def total_latency_ms(self) -> float | None: ...


def events_frame(events: Iterable[LoggedEvent]) -> pd.DataFrame:
    """The events of a run, one row each.

    =========  ===================  =====================================================
    position   Int64                position in the run, from 1
    time       datetime64[us, UTC]  when the server made it
    type       string
    stage_id   string
    event_id   string               its id in the stream
    data       string               its data as JSON, or the whole text if it is not JSON
    =========  ===================  =====================================================
    """
    columns = _Columns("position", "time", "type", "stage_id", "event_id", "data")
    for logged in events:
        event = logged.event
        stage_id = getattr(event.data, "stage_id", None)
        columns.add(logged.position, event.time_us, event.type, stage_id, event.id, _data(event.raw))
    return columns.frame(position=_integers, time=_times)


def sources_frame(text: str, sources: Iterable[SentenceSource]) -> pd.DataFrame:
    """The sentences of an artifact's ``text``, one row each.

    ========  ======  ===========================================
    sentence  string  as it is in the text
    start     Int64   its first code point, from 0
    end       Int64   the code point after its last
    source    string  brief, brand, rule or model
    stage_id  string  the stage that wrote it
    ========  ======  ===========================================
    """
    columns = _Columns("sentence", "start", "end", "source", "stage_id")
    for part in sources:
        columns.add(text[part.start : part.end], part.start, part.end, part.source, part.stage_id)
    return columns.frame(start=_integers, end=_integers)


def logs_frame(rows: Iterable[StoredLine]) -> pd.DataFrame:
    """The log lines of a run, one row each.

    =========  ===================  ==========================================
    line       Int64                number in the run's log, from 1
    position   Int64                position of its event
    time       datetime64[us, UTC]
    level      category, ordered    debug < info < warning < error
    stage_id   string
    agent      string
    message    string               plain text, without control sequences
    =========  ===================  ==========================================
    """
    columns = _Columns("line", "position", "time", "level", "stage_id", "agent", "message")
    for row in rows:
        columns.add(row.line, row.position, row.time_us, row.level, row.stage_id, row.agent, row.message)
    return columns.frame(line=_integers, position=_integers, time=_times, level=_levels)


def stages_frame(state: RunState) -> pd.DataFrame:
    """The stages of a run, one row each, in their order.

    ===========  ===================  =================================================
    stage_id     string
    name         string
    status       string               pending, running, completed, failed, recovering,
                                      recovered or cancelled
    agent        string
    attempts     Int64                number of attempts
    started      datetime64[us, UTC]
    ended        datetime64[us, UTC]
    duration_ms  Float64              the worker's figure, summed over the attempts
    tokens       Int64                likewise
    complexity   Float64              0 to 1
    drift        Float64              0 to 1
    recoveries   Int64
    violations   Int64
    error        string
    ===========  ===================  =================================================
    """
    columns = _Columns(
        *("stage_id", "name", "status", "agent", "attempts", "started", "ended", "duration_ms"),
        *("tokens", "complexity", "drift", "recoveries", "violations", "error"),
    )
    for stage in state.stages:
        columns.add(
            *(stage.stage_id, stage.name, stage.status, stage.agent, stage.attempts),
            *(stage.started_us, stage.ended_us, stage.duration_ms, stage.tokens),
            *(stage.complexity, stage.drift, stage.recoveries, stage.violations, stage.error),
        )
    return columns.frame(
        attempts=_integers,
        started=_times,
        ended=_times,
        duration_ms=_numbers,
        tokens=_integers,
        complexity=_numbers,
        drift=_numbers,
        recoveries=_integers,
        violations=_integers,
    )


def routing_frame(events: Iterable[LoggedEvent]) -> pd.DataFrame:
    """The routing decisions of a run, one row each.

    ============  ===================  ==================================================
    number        Int64                number in the run, from 1
    position      Int64                position of its event
    time          datetime64[us, UTC]
    stage_id      string
    agent         string               the selected agent
    score         Float64              its score, 0 to 1; NA on servers that send none
    reason        string               why it was selected; NA on servers that send none
    complexity    Float64              how demanding the stage is, 0 to 1
    confidence    Float64              how clear the lead over the next agent is, 0 to 1
    source        string
    alternatives  object               list of ``{agent, score, reason}``
    ============  ===================  ==================================================
    """
    columns = _Columns(
        *("number", "position", "time", "stage_id", "agent", "score", "reason"),
        *("complexity", "confidence", "source", "alternatives"),
    )
    for row in routing_rows(events):
        columns.add(
            *(row.number, row.position, row.time_us, row.stage_id, row.agent, row.score, row.reason),
            *(row.complexity, row.confidence, row.source, list(row.alternatives)),
        )
    return columns.frame(
        number=_integers,
        position=_integers,
        time=_times,
        score=_numbers,
        complexity=_numbers,
        confidence=_numbers,
        alternatives=_objects,
    )


def ledger_frame(events: Iterable[LoggedEvent]) -> pd.DataFrame:
    """Failures, policy, drift, recovery and replay verdicts of a run, one row each.

    =========  ===================  ==================================================
    number     Int64                number in the run, from 1
    position   Int64                position of its event
    time       datetime64[us, UTC]
    stage_id   string
    kind       string               failure, policy, drift, recovery or replay
    engine     string               M4, M9, M10, M18 or M19
    outcome    string               ok, info, warning or error
    title      string
    detail     string               further fields, ``label: text`` on each line
    incident   Int64                number of its incident, 0 for a check that passed
    =========  ===================  ==================================================
    """
    columns = _Columns(
        *("number", "position", "time", "stage_id", "kind"),
        *("engine", "outcome", "title", "detail", "incident"),
    )
    for row in ledger_rows(events):
        detail = "\n".join(f"{label}: {text}" for label, text in row.detail)
        columns.add(
            *(row.number, row.position, row.time_us, row.stage_id, row.kind),
            *(row.engine, row.outcome, row.title, detail or None, row.incident),
        )
    return columns.frame(number=_integers, position=_integers, time=_times, incident=_integers)


def incidents_frame(events: Iterable[LoggedEvent], state: RunState) -> pd.DataFrame:
    """The incidents of a run, one row each: what was found, what was tried, and how it ended.

    ===========  ===================  ==========================================================
    number       Int64                number in the run, from 1; ``ledger()`` has it as ``incident``
    stage_id     string
    stage        string               the stage's display name
    kind         string               failure, policy, drift, recovery or replay
    outcome      string               open, fixed, not_fixed, reported (nothing was tried), or
                                      passed (a replay that is identical)
    severity     string               error or warning
    title        string               a sentence about all of it
    found        string               what was found
    tried        string               what was tried, in order, separated by commas
    before       string               the wording, or the drift, before a recovery
    after        string               the same after it
    location     string               where the text is, such as ``brand.tagline``
    code         string               the worker's code of the failure
    recoveries   Int64                recoveries that were started
    started      datetime64[us, UTC]  time of its first event
    ended        datetime64[us, UTC]  time of its last event
    duration_ms  Float64              the time between them
    events       Int64                number of its events
    position     Int64                position of its first event
    last         Int64                position of its last event
    ===========  ===================  ==========================================================
    """
    columns = _Columns(
        *("number", "stage_id", "stage", "kind", "outcome", "severity", "title", "found", "tried", "before"),
        *("after", "location", "code", "recoveries", "started", "ended", "duration_ms", "events"),
        *("position", "last"),
    )
    for item in incidents(events):
        stage = stage_name(state, item.stage_id)
        columns.add(
            *(item.number, item.stage_id, stage, item.kind, item.outcome, item.severity),
            *(incident_title(item, stage), item.found, ", ".join(item.tried) or None, item.before),
            *(item.after, item.location, item.code, item.recoveries, item.started_us, item.ended_us),
            *(item.duration_ms, item.events, item.position, item.last),
        )
    return columns.frame(
        number=_integers,
        recoveries=_integers,
        started=_times,
        ended=_times,
        duration_ms=_numbers,
        events=_integers,
        position=_integers,
        last=_integers,
    )


def warnings_frame(state: RunState) -> pd.DataFrame:
    """The warnings about a run's result, one row each, the most important first.

    ========  ======  ==================================================
    code      string  the kind of warning
    stage_id  string
    message   string
    position  Int64   position of its event, 0 for one without an event
    ========  ======  ==================================================
    """
    columns = _Columns("code", "stage_id", "message", "position")
    for row in run_warnings(state):
        columns.add(row.code, row.stage_id, row.message, row.position)
    return columns.frame(position=_integers)


def artifacts_frame(state: RunState) -> pd.DataFrame:
    """The artifacts of a run, one row each, without their contents.

    =========  ======  ==========================================
    file       string  the file name
    kind       string  html, css, md, json, txt or another
    stage_id   string
    status     string  assembling, done or failed
    chars      Int64   length in Unicode code points
    version    Int64   number of the newest version, from 1
    sha256     string  of its UTF-8 bytes, in hex
    =========  ======  ==========================================
    """
    columns = _Columns("file", "kind", "stage_id", "status", "chars", "version", "sha256")
    for item in state.artifacts:
        columns.add(item.file, item.kind, item.stage_id, item.status, item.chars, item.version, item.sha256)
    return columns.frame(chars=_integers, version=_integers)


def runs_frame(records: Iterable[RunRecord], opened: Mapping[str, RunState]) -> pd.DataFrame:
    """Runs of the history, one row each. ``opened`` are their states after their first events, by run id.

    ===========  ===================  ============================================
    run_id       string
    worker       string
    task         string
    status       string               queued, running, completed, failed, cancelled
    success      boolean              NA until the run has ended
    error        string
    created      datetime64[us, UTC]  when it was added to the history
    started      datetime64[us, UTC]
    ended        datetime64[us, UTC]
    latency_ms   Float64              the worker's figure
    tokens       Int64
    events       Int64                number of events
    lines        Int64                number of log lines
    origin       string               "embedded host" or the server's address
    strict_mode  boolean              NA where it is unknown, like the following four
    depth        string               auto, shallow or deep
    budget       Int64                tokens; NA also where none was set
    has_brand    boolean
    replay_of    string               the run that was executed again
    ===========  ===================  ============================================
    """
    columns = _Columns(
        *("run_id", "worker", "task", "status", "success", "error", "created", "started", "ended"),
        *("latency_ms", "tokens", "events", "lines", "origin"),
        *("strict_mode", "depth", "budget", "has_brand", "replay_of"),
    )
    for record in records:
        state = opened.get(record.run_id, RunState())
        columns.add(
            *(record.run_id, record.worker, record.task, record.status, record.success, record.error),
            *(record.created_us, record.started_us, record.ended_us, record.latency_ms),
            *(record.tokens, record.events, record.lines, record.origin),
            *(state.strict_mode, state.request and state.request.depth, state.budget, state.has_brand),
            state.replay_of,
        )
    return columns.frame(
        success=_flags,
        created=_times,
        started=_times,
        ended=_times,
        latency_ms=_numbers,
        tokens=_integers,
        events=_integers,
        lines=_integers,
        strict_mode=_flags,
        budget=_integers,
        has_brand=_flags,
    )


def listed_runs_frame(runs: Iterable[ListedRun]) -> pd.DataFrame:
    """Runs in a server's list, one row each.

    ==========  ===================  ============================
    run_id      string
    task        string
    status      string
    success     boolean              NA until the run has ended
    created     datetime64[us, UTC]
    latency_ms  Float64
    ==========  ===================  ============================
    """
    columns = _Columns("run_id", "task", "status", "success", "created", "latency_ms")
    for run in runs:
        created_us = None if run.created_at is None else round(run.created_at.timestamp() * 1_000_000)
        columns.add(run.run_id, run.task, run.status, run.success, created_us, run.total_latency_ms)
    return columns.frame(success=_flags, created=_times, latency_ms=_numbers)


# --- columns ---------------------------------------------------------------------------------------

_Make = Callable[[list[Any]], Any]


class _Columns:
    """Collects rows as one list for each column, from which `frame` makes typed arrays."""

    def __init__(self, *names: str) -> None:
        self._values: dict[str, list[Any]] = {name: [] for name in names}
        self._appends = [values.append for values in self._values.values()]

    def add(self, *row: Any) -> None:
        for append, value in zip(self._appends, row, strict=True):
            append(value)

    def frame(self, **makes: _Make) -> pd.DataFrame:
        """Makes the DataFrame. ``makes`` maps columns to functions; other columns are text."""
        arrays = {}
        for name, values in self._values.items():
            make: _Make = makes.get(name) or _texts
            arrays[name] = make(values)
        return pd.DataFrame(arrays)


def _texts(values: list[str | None]) -> Any:
    return pd.array(values, dtype="string")


def _integers(values: list[int | None]) -> Any:
    """Makes an ``Int64`` array. A number that does not fit becomes NA: a server may send any number."""
    missing = np.fromiter((not _fits(value) for value in values), bool, len(values))
    known = np.fromiter((value if _fits(value) else 0 for value in values), np.int64, len(values))
    return pd.arrays.IntegerArray(known, missing)


def _fits(value: int | None) -> bool:
    return value is not None and -_INT64 <= value < _INT64


def _numbers(values: list[float | None]) -> Any:
    missing = np.fromiter((value is None for value in values), bool, len(values))
    known = np.fromiter((0.0 if value is None else value for value in values), np.float64, len(values))
    return pd.arrays.FloatingArray(known, missing)


def _flags(values: list[bool | None]) -> Any:
    missing = np.fromiter((value is None for value in values), bool, len(values))
    known = np.fromiter((bool(value) for value in values), bool, len(values))
    return pd.arrays.BooleanArray(known, missing)


def _times(values: list[int | None]) -> Any:
    numbers = np.fromiter((_NO_TIME if value is None else value for value in values), np.int64, len(values))
    return pd.Series(numbers.view("datetime64[us]")).dt.tz_localize("UTC")


def _levels(values: list[str]) -> Any:
    return pd.Categorical(values, categories=list(LEVELS), ordered=True)


def _objects(values: list[Any]) -> Any:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


_INT64: Final = 1 << 63
_NO_TIME: Final = np.iinfo(np.int64).min


class _Envelope(msgspec.Struct):
    data: msgspec.Raw


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)


def _data(raw: bytes) -> str:
    """The JSON text of an event's ``data``, or all of ``raw`` if there is none."""
    try:
        data: bytes = bytes(_ENVELOPE.decode(raw).data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        data = raw
    return data.decode("utf-8", "replace")
