"""Events with their position in a run's log, and the log lines made from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, get_args

import msgspec

from ..events import (
    Event,
    InputGiven,
    InputRequested,
    Log,
    RunCancelled,
    RunFailed,
    RunPaused,
    RunReconciled,
    RunResumed,
    RunWarning,
    StageFailed,
    UnknownEvent,
)
from . import ansi
from .incident import IncidentBook, error_digest
from .overwriting import overwritten

Level = Literal["debug", "info", "warning", "error"]

LEVELS: Final[tuple[Level, ...]] = get_args(Level)
_LEVELS: Final = frozenset(LEVELS)
_LEVEL_NAMES: Final[dict[str, Level]] = {
    **dict.fromkeys(
        (
            *(
                "e",
                "err",
                "c",
                "crit",
                "critical",
                "f",
                "ftl",
                "fatal",
                "severe",
                "alert",
                "panic",
                "emerg",
                "emergency",
            ),
            *("fail", "failed", "failure", "exception"),
        ),
        "error",
    ),
    **dict.fromkeys(("w", "wrn", "warn"), "warning"),
    **dict.fromkeys(
        ("d", "dbg", "t", "trc", "v", "trace", "verbose", "fine", "finer", "finest", "silly"), "debug"
    ),
}
"""Levels as other loggers name them, by their first letter too; all others are information."""
_LEAST_NUMBERS: Final[tuple[tuple[int, Level], ...]] = (
    (50, "error"),
    (40, "warning"),
    (30, "info"),
    (8, "debug"),
)
"""The least number of each level in pino and bunyan; below are the severities of syslog, 7 to 0."""
_SYSLOG: Final[tuple[Level, ...]] = ("error", "error", "error", "error", "warning", "info", "info", "debug")
_AROUND_LEVEL: Final = " \t\r\n[]<>():*.!|"
"""What programs write around a level: ``[ERROR]``, ``Warning:``."""
_CONTROLS: Final = ("\b", "\r", "\x1b", "\x9b")
"""A text without these is what `overwriting.overwritten` and `ansi.plain` make of it."""
_SHOWN_CHARS = 2_000


class LoggedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event and its ``position`` in the run's log, which counts from 1 without gaps."""

    position: int
    event: Event


class LogLine(msgspec.Struct, frozen=True, gc=False):
    """A line of the log. ``level`` is one of `LEVELS`.

    ``message`` is plain text; ``styled`` is the original message, if that has control sequences.
    """

    level: str
    message: str
    stage_id: str | None = None
    agent: str | None = None
    styled: str | None = None


def log_line(event: Event, book: IncidentBook) -> LogLine | None:
    """The log line of ``event``, or ``None`` for an event without one.

    Besides ``log`` events, these events have a line: warnings, questions and their answers, pauses, ends of a
    stage or run that have a reason, unknown events, and events with malformed fields. So everything a worker
    sends is visible. ``book`` holds the incidents before the event: neither the end of a run nor the stages
    around repeat the reason with which a stage failed.
    """
    data = event.data
    note = _note(event) if event.malformed else ""
    if isinstance(data, Log):
        text = data.message + note if data.message else note.lstrip()
        return _line(level(data.level), text, data.stage_id, data.agent)
    if isinstance(data, RunWarning):
        return _line("warning", (data.message or data.code or "Warning without a text") + note, data.stage_id)
    if isinstance(data, InputRequested):
        return _line("warning", f"Waiting for you: {data.message or 'an answer'}" + note, data.stage_id)
    if isinstance(data, InputGiven):
        return _line("info", _answered(data) + note)
    if isinstance(data, RunPaused):
        return _line("info", "Run paused." + note)
    if isinstance(data, RunResumed):
        after = "" if data.paused_ms is None else f" after a pause of {data.paused_ms / 1000:,.1f} s"
        return _line("info", f"Run resumed{after}." + note)
    if isinstance(data, StageFailed):
        passed_on = _passed_on(data, book)
        if passed_on is not None:
            return _line("info", passed_on + note, data.stage_id)
        return _line("error", f"Stage failed: {data.error or 'no reason given'}" + note, data.stage_id)
    if isinstance(data, RunFailed):
        failed = _stage_with_error(data.error, book)
        if failed is not None:
            return _line("error", "Run failed in this stage." + note, failed)
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


def with_derived_line(events: Sequence[Event]) -> list[int]:
    """The indexes of the events that need `log_line`: all but ``log`` events of plain text.

    Such an event is its own line: it has the same message, stage and agent, and a level for `level`.
    """
    messages = [event.data.message for event in events if type(event.data) is Log]
    styled = _has_control("\n".join(messages))
    return [
        index
        for index, event in enumerate(events)
        if type(event.data) is not Log or event.malformed or (styled and _has_control(event.data.message))
    ]


def _has_control(text: str) -> bool:
    return any(char in text for char in _CONTROLS)


def _stage_with_error(error: str | None, book: IncidentBook) -> str | None:
    """The stage that failed with the same reason, whose line is in the log already."""
    digest = error_digest(error)
    found = (item.incident.stage_id for item in reversed(book.open) if item.stage_error == digest)
    return next(found, None) if digest else None


def _passed_on(data: StageFailed, book: IncidentBook) -> str | None:
    """The line of a stage that only passes on the error of a stage inside it, which has a line already."""
    if data.failed_in is None:
        return None
    if _stage_with_error(data.error, book) is not None:
        return "Failed with the error of a stage inside it."
    return data.error if data.traceback is None else None


def _line(level: str, text: str, stage_id: str | None = None, agent: str | None = None) -> LogLine:
    shown = overwritten(text)
    message = ansi.plain(shown)
    return LogLine(level, message, stage_id, agent, None if message == shown else shown)


def level(text: str) -> str:
    """Converts a worker's level to one of `LEVELS`; an unknown one becomes info."""
    if text in _LEVELS:
        return text
    word = text.strip(_AROUND_LEVEL).lower()
    if word.isascii() and word.isdigit() and len(word) < 4:
        number = int(word)
        return next((name for least, name in _LEAST_NUMBERS if number >= least), None) or _SYSLOG[number]
    word = _LEVEL_NAMES.get(word, word)
    return word if word in _LEVELS else "info"


def _answered(data: InputGiven) -> str:
    if data.outcome == "answered":
        return "Answered" if data.payload is None else f"Answered: {_short(data.payload)}"
    return "The time for an answer is over." if data.outcome == "expired" else "The question was withdrawn."


def _note(event: Event) -> str:
    return " (not of the declared type: " + _short(event.malformed) + ")"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"
