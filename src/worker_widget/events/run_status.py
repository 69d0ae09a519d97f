"""The words that servers have for the status of a run. Pure."""

from __future__ import annotations

from typing import Final, Literal

EndStatus = Literal["completed", "failed", "cancelled", "interrupted"]

_ENDS: Final[dict[str, EndStatus]] = {
    **dict.fromkeys(
        ("complete", "succeeded", "success", "successful", "finished", "done", "ok", "passed"), "completed"
    ),
    **dict.fromkeys(("blocked", "crashed", "error", "errored", "failure", "rejected", "timed_out"), "failed"),
    **dict.fromkeys(("timeout", "timedout", "expired", "exception", "fail", "fatal", "oom"), "failed"),
    **dict.fromkeys(("canceled", "aborted", "killed", "terminated", "stopped", "revoked"), "cancelled"),
    **dict.fromkeys(("lost", "orphaned", "abandoned", "evicted", "preempted"), "interrupted"),
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
    "interrupted": "interrupted",
}
_KEPT: Final = ("blocked", "crashed")
"""Statuses of one generation of servers, which are shown as they are."""


def end_status(word: str) -> EndStatus | None:
    """The status with which a run ended, ``None`` if ``word`` is of a run that goes on, or is not known."""
    return _ENDS.get(_plain(word))


def known_status(word: str) -> str:
    """``word`` in this package's own words, if it is another one for the end of a run."""
    plain = _plain(word)
    return plain if plain in _KEPT else _ENDS.get(plain, plain)


def _plain(word: str) -> str:
    """The word without its form: also that of an enumeration, such as ``RunStatus.FAILED``."""
    name = word.strip().rstrip(".…!").lower().rpartition(".")[2].strip()
    return name.replace("-", "_").replace(" ", "_")
