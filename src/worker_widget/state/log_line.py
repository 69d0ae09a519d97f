"""Events as they stand in a run's log, and what of them a person reads as a log line."""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

import msgspec

from ..events import Event, Log, RunCancelled, RunFailed, RunReconciled, StageFailed, UnknownEvent
from . import ansi

Level = Literal["debug", "info", "warning", "error"]

LEVELS: Final[tuple[Level, ...]] = get_args(Level)
_LEVEL_NAMES = {"warn": "warning", "critical": "error", "fatal": "error", "trace": "debug"}
_SHOWN_CHARS = 2_000


class LoggedEvent(msgspec.Struct, frozen=True):
    """An event at its place in a run's log; ``position`` counts from 1 without gaps."""

    position: int
    event: Event


class LogLine(msgspec.Struct, frozen=True):
    """One line of the log pane. ``level`` is one of `LEVELS`.

    ``message`` is plain text; ``styled`` is it as it came, where that has control sequences.
    """

    level: str
    message: str
    stage_id: str | None = None
    agent: str | None = None
    styled: str | None = None


def log_line(event: Event) -> LogLine | None:
    """The log line in ``event``, or ``None`` where it has none.

    Besides ``log`` events these are: the ends that tell a reason, and everything unknown, so that
    nothing a worker says goes unseen.
    """
    data, note = event.data, _note(event)
    if isinstance(data, Log):
        return _line(level(data.level), data.message + note, data.stage_id, data.agent)
    if isinstance(data, StageFailed):
        return _line("error", f"Stage failed: {data.error or 'no reason given'}" + note, data.stage_id)
    if isinstance(data, RunFailed):
        return _line("error", f"Run failed: {data.error or 'no reason given'}" + note)
    if isinstance(data, RunCancelled):
        return _line("warning", f"Run cancelled: {data.reason or 'no reason given'}" + note)
    if isinstance(data, RunReconciled):
        if data.status is None:
            return None  # the run's end was told; this only adds to it
        return _line("error" if data.error else "info", data.error or data.reason or "Run reconciled")
    if isinstance(data, UnknownEvent):
        return _line("debug", f"{event.type}: {_short(data.data)}")
    if event.malformed:
        return _line("debug", event.type + note)
    return None


def _line(level: str, said: str, stage_id: str | None = None, agent: str | None = None) -> LogLine:
    message = ansi.plain(said)
    return LogLine(level, message, stage_id, agent, None if message == said else said)


def level(said: str) -> str:
    """One of `LEVELS` for whatever a worker calls its level."""
    word = said.strip().lower()
    word = _LEVEL_NAMES.get(word, word)
    return word if word in LEVELS else "info"


def _note(event: Event) -> str:
    if not event.malformed:
        return ""
    return " (not of the declared type: " + _short(event.malformed) + ")"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"
