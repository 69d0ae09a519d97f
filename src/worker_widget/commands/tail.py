"""``worker-widget tail``: the events of a run from a position on, to the newest or to the end of the run."""

from __future__ import annotations

import argparse
import json
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from ..errors import RequestRefused, RunTimeout
from ..events import ArtifactCreated, RunCompleted, StageCompleted, StageStarted
from ..events.json_depth import nested_too_deep
from ..runs.following import Following
from ..runs.run_summary import duration_words
from ..state.display_names import agent_name, display_name
from ..state.log_line import LoggedEvent, LogLine, log_line
from ..state.reduce import reduce_all
from ..state.run_state import RunState
from ..state.terminal_text import harmless
from ..state.verdict import verdict
from .exit_status import RUN_FAILED
from .reporting import Report, reported
from .rows import cursor_row, instant, local_time
from .run_access import followed, named_run
from .run_options import EPILOG, add_json, add_offline, add_run, add_server, seconds, whole_number

_SHOWN: Final = 20
_EVENTS_OF_A_LINE: Final = 20


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.description = (
        "The events of a run in their order, each with its position from 1 on. The last thing printed is the"
        " position up to which you have them: --after continues there, also after an interrupt."
    )
    parser.epilog = EPILOG
    add_run(parser)
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--after", type=whole_number, metavar="POSITION", help="the events after this position; 0 for all"
    )
    start.add_argument("-n", "--last", type=whole_number, default=_SHOWN, help="the last N (20)")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the run ends")
    parser.add_argument("--timeout", type=seconds, metavar="S", help="with --follow: at most so long")
    add_server(parser, worker="the worker of a run that the history does not have")
    add_offline(parser)
    add_json(parser)
    parser.set_defaults(execute=reported(_tail, "tail"))


def _tail(options: argparse.Namespace, report: Report) -> int:
    deadline = None if options.timeout is None else time.monotonic() + options.timeout
    named = named_run(options, offline=options.offline)
    with followed(named, report, strict=options.follow) as (following, status):
        reader = _Reader(following, report, options.run)
        reader.check(options.after)
        try:
            reader.begin(options.after, options.last)
            while options.follow and not following.over:
                if deadline is not None and time.monotonic() >= deadline:
                    raise RunTimeout(f"Run {named.run_id} has not ended after {options.timeout:g} s.")
                following.wait()
                reader.read()
            reader.read()
        finally:
            reader.end()
        failed = options.follow and following.state.status in ("failed", "cancelled", "interrupted")
    return RUN_FAILED if failed else status


class _Reader:
    """Prints the events of a run from a position on."""

    def __init__(self, following: Following, report: Report, name: str) -> None:
        self.position = 0
        self._following = following
        self._report = report
        self._name = name
        self._state = RunState()

    def check(self, after: int | None) -> None:
        """Raises `RequestRefused` for a position that the run has not reached."""
        total = self._following.state.position
        if after is not None and after > total:
            raise RequestRefused(
                f"Run {self._following.run_id} has {total} events here, so there is none after {after}."
                " Positions are those of the history of one computer; --after 0 prints all events."
            )

    def begin(self, after: int | None, last: int) -> None:
        """Prints the events after a position, or the last ones."""
        if after is None:
            self._last(last, self._following.state.position)
        else:
            self._start_at(after)
            self.read()

    def read(self) -> None:
        """Prints the events that arrived since."""
        for row, words in self._rows():
            self._report.row(row, words)
        self._report.flush()

    def end(self) -> None:
        """Prints the position up to which events were printed."""
        state = self._following.state
        self._report.row(cursor_row(self._following.run_id, self.position, state))
        again = "" if state.over else f" · go on: worker-widget tail {self._name} --after {self.position}"
        self._report.note(f"position {self.position} · {state.status}{again}")
        self._report.flush()

    def _last(self, last: int, total: int) -> None:
        """Prints the last rows; most events have none of their own for a person."""
        start = max(0, total - (last if self._report.json else last * _EVENTS_OF_A_LINE))
        while True:
            self._start_at(start)
            rows = deque(self._rows(), maxlen=last)
            if len(rows) >= last or start == 0:
                break
            start = 0
        for row, words in rows:
            self._report.row(row, words)
        self._report.flush()

    def _start_at(self, position: int) -> None:
        run_id, store = self._following.run_id, self._following.store
        self.position = position
        self._state = store.state_at(run_id, position) if position else RunState()

    def _rows(self) -> Iterator[tuple[dict[str, Any], str | None]]:
        """The rows of the events after the position, which they move; for a person only those with words."""
        for logged in self._following.events(self.position):
            line = log_line(logged.event, self._state.book)
            self._state = reduce_all([logged], self._state)
            self.position = logged.position
            words = None if self._report.json else _words(logged, line, self._state)
            if self._report.json or words is not None:
                yield event_row(self._following.run_id, logged, line) if self._report.json else {}, words


def event_row(run_id: str, logged: LoggedEvent, line: LogLine | None) -> dict[str, Any]:
    """An event as an object; ``level``, ``agent`` and ``message`` are those of its log line."""
    event = logged.event
    data, text = _payload(event.raw)
    stage_id = line.stage_id if line is not None else None
    stage_id = stage_id or getattr(event.data, "stage_id", None)
    row = {
        "kind": "event",
        "run_id": run_id,
        "position": logged.position,
        "type": event.type,
        "time": instant(event.time_us),
        "id": event.id,
        "stage_id": stage_id if isinstance(stage_id, str) else None,
        "level": None if line is None else line.level,
        "agent": None if line is None else line.agent,
        "message": None if line is None else line.message,
        "data": data,
    }
    return row if text is None else {**row, "text": text}


def _payload(raw: bytes) -> tuple[Any, str | None]:
    """The data of an event as it arrived, or else its text: what arrived can be no JSON."""
    if nested_too_deep(raw):
        return None, raw.decode("utf-8", "replace")
    try:
        event = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None, raw.decode("utf-8", "replace")
    return (event.get("data", event) if isinstance(event, dict) else event), None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _words(logged: LoggedEvent, line: LogLine | None, state: RunState) -> str | None:
    """The line of an event for a person; ``None`` for an event without one."""
    data = logged.event.data
    stage_id = getattr(data, "stage_id", None) if line is None else line.stage_id
    if line is not None:
        agent = f"  {agent_name(line.agent)}" if line.agent else ""
        words = f"{line.level:7}  {_stage(state, stage_id)}{agent}  {line.message}"
    elif isinstance(data, StageStarted):
        words = f"stage    {_stage(state, stage_id)}  started"
    elif isinstance(data, StageCompleted):
        took = "" if data.duration_ms is None else f" in {duration_words(round(data.duration_ms * 1000))}"
        words = f"stage    {_stage(state, stage_id)}  completed{took}"
    elif isinstance(data, ArtifactCreated):
        words = f"artifact {_stage(state, stage_id)}  {data.artifact_name or ''}.{data.artifact_type or ''}"
    elif isinstance(data, RunCompleted) and (ended := verdict(state)):
        words = f"run      {ended.summary}"
    else:
        return None
    return f"{local_time(logged.event.time_us, '%H:%M:%S'):8}  {harmless_columns(words)}"


def harmless_columns(words: str) -> str:
    """A line without control sequences, whose columns keep their distance."""
    return "  ".join(harmless(part) if part else "" for part in words.split("  "))


def _stage(state: RunState, stage_id: str | None) -> str:
    known = next((stage.name for stage in state.stages if stage.stage_id == stage_id), None)
    return known or (display_name(stage_id) if stage_id else "")
