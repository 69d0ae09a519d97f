"""The verdict on a run that has ended: how it ended, why, and where to look. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

import msgspec

from .error_words import error_words
from .incident import Incident
from .run_state import RunState, Stage
from .run_warnings import ARTIFACTS_MISSING, run_warnings

NO_SUCCESS: Final = "The worker ended the run without success."
"""The reason of a run that ends without success and without a reason of its own."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on a run, such as "Failed in Preflight Validation" with its ``reason``.

    ``incident`` is the number of the incident to look at, ``stage_id`` the stage that failed, ``location``
    the place of the text that caused the failure, such as ``brand.tagline``; each is ``None`` if not known.
    """

    tone: Literal["ok", "warning", "error", "neutral"]
    summary: str
    reason: str | None = None
    stage_id: str | None = None
    incident: int | None = None
    location: str | None = None


def verdict(run: RunState) -> Verdict | None:
    """The verdict on a run, or ``None`` before its end."""
    if run.status == "completed":
        return _completed(run)
    if run.status == "failed":
        return _failed(run)
    if run.status == "cancelled":
        return Verdict(tone="neutral", summary="Cancelled", reason=run.error)
    if run.status == "interrupted":
        return Verdict(tone="warning", summary="Interrupted", reason=run.error)
    return None


def _completed(run: RunState) -> Verdict:
    unrecovered, recovered = run.figures.unrecovered, run.figures.recovered
    differs = run.verified is not None and not run.verified["identical"]
    warned = sum(warning.code != ARTIFACTS_MISSING for warning in run_warnings(run))
    remains = [
        f"{number} {noun}{'' if number == 1 else 's'}{state}"
        for number, noun, state in ((unrecovered, "problem", " not recovered"), (warned, "warning", ""))
        if number
    ]
    problems = f" with {' and '.join(remains)}" if remains else ""
    repaired = f" · {recovered} recovered" if recovered else ""
    problem = _newest(run, lambda item: item.unrecovered)
    if problem is None and differs:
        problem = _newest(run, lambda item: item.kind == "replay")
    return Verdict(
        tone="warning" if unrecovered or warned or differs else "ok",
        summary=f"Completed{problems}{repaired}",
        reason=None
        if run.verified is None
        else f"Run again: the artifacts {'differ' if differs else 'are identical'}.",
        stage_id=problem.stage_id if problem else None,
        incident=problem.number if problem else None,
    )


def _failed(run: RunState) -> Verdict:
    problem = _newest(run, lambda item: item.kind != "replay" and item.outcome == "not_recovered")
    failed = _failed_stage(run, problem)
    own = run.error not in (None, NO_SUCCESS)
    location = problem.location if problem else None
    reason = run.error if own or failed is None or failed.error is None else failed.error
    return Verdict(
        tone="error",
        summary="Failed" if failed is None else f"Failed in {failed.name}",
        reason=None if reason is None else error_words(reason),
        stage_id=failed.stage_id if failed else None,
        incident=problem.number if problem else None,
        location=location if location and location.startswith("brand.") else None,
    )


def _failed_stage(run: RunState, problem: Incident | None) -> Stage | None:
    """The stage that failed: that of the incident, or the last stage with an error, or that was running."""
    failed = [stage for stage in run.stages if stage.status == "failed"]
    of_problem = [stage for stage in run.stages if problem and stage.stage_id == problem.stage_id]
    with_error = [stage for stage in failed if stage.error is not None]
    return next(reversed(of_problem or with_error or failed), None)


def _newest(run: RunState, fits: Callable[[Incident], bool]) -> Incident | None:
    """The fitting incident with the newest event."""
    return max(filter(fits, run.incidents), key=lambda item: item.last, default=None)
