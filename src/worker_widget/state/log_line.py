"""Events with their position in a run's log, and the log lines made from them."""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

import msgspec

from ..events import (
    Event,
    Log,
    RunCancelled,
    RunFailed,
    RunReconciled,
    RunWarning,
    StageFailed,
    UnknownEvent,
)
from . import ansi

Level = Literal["debug", "info", "warning", "error"]

LEVELS: Final[tuple[Level, ...]] = get_args(Level)
_LEVEL_NAMES = {"warn": "warning", "critical": "error", "fatal": "error", "trace": "debug"}
_SHOWN_CHARS = 2_000


class LoggedEvent(msgspec.Struct, frozen=True):
    """An event and its ``position`` in the run's log, which counts from 1 without gaps."""

    position: int
    event: Event


class LogLine(msgspec.Struct, frozen=True):
    """A line of the log. ``level`` is one of `LEVELS`.

    ``message`` is plain text; ``styled`` is the original message, if that has control sequences.
    """

    level: str
    message: str
    stage_id: str | None = None
    agent: str | None = None
    styled: str | None = None


def log_line(event: Event) -> LogLine | None:
    """The log line of ``event``, or ``None`` for an event without one.

    Besides ``log`` events, these events have a line: warnings, ends of a stage or run that have a reason,
    unknown events, and events with malformed fields. So everything a worker sends is visible.
    """
    data, note = event.data, _note(event)
    if isinstance(data, Log):
        return _line(level(data.level), data.message + note, data.stage_id, data.agent)
    if isinstance(data, RunWarning):
        return _line("warning", (data.message or data.code or "Warning without a text") + note, data.stage_id)
    if isinstance(data, StageFailed):
        return _line("error", f"Stage failed: {data.error or 'no reason given'}" + note, data.stage_id)
    if isinstance(data, RunFailed):
        return _line("error", f"Run failed: {data.error or 'no reason given'}" + note)
    if isinstance(data, RunCancelled):
        return _line("warning", f"Run cancelled: {data.reason or 'no reason given'}" + note)
    if isinstance(data, RunReconciled):
        if data.status is None:
            return None  # the log already has the line for the end of the run
        return _line("error" if data.error else "info", data.error or data.reason or "Run reconciled")
    if isinstance(data, UnknownEvent):
        return _line("debug", f"{event.type}: {_short(data.data)}")
    if event.malformed:
        return _line("debug", event.type + note)
    return None


def _line(level: str, text: str, stage_id: str | None = None, agent: str | None = None) -> LogLine:
    message = ansi.plain(text)
    return LogLine(level, message, stage_id, agent, None if message == text else text)


def level(text: str) -> str:
    """Converts a worker's level to one of `LEVELS`; an unknown one becomes info."""
    word = text.strip().lower()
    word = _LEVEL_NAMES.get(word, word)
    return word if word in LEVELS else "info"


def _note(event: Event) -> str:
    if not event.malformed:
        return ""
    return " (not of the declared type: " + _short(event.malformed) + ")"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"
