"""`log`, `warning` and `route`: single events of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..events import Log, RoutingDecision, RunWarning
from .json_value import json_value
from .place import here, here_var, outside
from .recording import LONG_TEXT, Recording, open_recordings

MOST_MESSAGE: Final = 1_000_000
"""The longest message of a log line, in characters; the rest is cut off."""

_LEVELS: Final = {
    "debug": "debug",
    "info": "info",
    "warning": "warning",
    "warn": "warning",
    "error": "error",
    "critical": "error",
}


def log(message: object, level: str = "info", agent: str | None = None) -> None:
    """Writes a log line of the run, in the current stage.

    ``level`` is "debug", "info", "warning" or "error"; ``agent`` defaults to that of the stage. Outside a run
    nothing happens.
    """
    if here_var.get() is None and not open_recordings:  # the shortest way outside a run
        return
    place = here()
    if place is None:
        outside()
        return
    if place.recording.attention:
        place.recording.check()
    add_line(place.recording, message, level, place.stage_id, agent or place.agent)


def warning(message: object) -> None:
    """Tells the reader of the result something that they must know, although the run goes on."""
    place = here()
    if place is None:
        outside()
        return
    if place.recording.attention:
        place.recording.check()
    text = str(message)[:MOST_MESSAGE]
    place.recording.add(RunWarning(stage_id=place.stage_id, code="warning", message=text))


def route(
    agent: str,
    alternatives: Sequence[Any] = (),
    confidence: float | None = None,
    *,
    reason: str | None = None,
    complexity: float | None = None,
) -> None:
    """Records which agent takes the current stage.

    An alternative is the name of an agent, or ``{"agent": ..., "score": ..., "reason": ...}``.
    ``confidence`` and ``complexity`` are 0 to 1.
    """
    place = here()
    if place is None:
        outside()
        return
    if place.recording.attention:
        place.recording.check()
    place.recording.add(
        RoutingDecision(
            stage_id=place.stage_id,
            selected_agent=agent,
            alternatives=[json_value(alternative) for alternative in alternatives],
            confidence=confidence,
            reason=reason,
            complexity=complexity,
        )
    )


def add_line(
    recording: Recording, message: object, level: str, stage_id: str | None, agent: str | None
) -> None:
    """Adds a log line to a recording, from any thread."""
    text = message if type(message) is str else str(message)
    line = Log(
        stage_id=stage_id,
        agent=agent,
        message=text,
        level=_LEVELS.get(level) or _LEVELS.get(str(level).lower(), "info"),
    )
    if len(text) <= LONG_TEXT:
        recording.add(line)
    elif len(text) <= MOST_MESSAGE:
        recording.add_long(line, len(text))
    else:
        add_line(
            recording,
            f"{text[:MOST_MESSAGE]}… ({len(text):,} characters in all)"[:MOST_MESSAGE],
            level,
            stage_id,
            agent,
        )
