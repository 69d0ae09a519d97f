"""The warnings that a reader of a run's result sees, the most important first. Pure."""

from __future__ import annotations

from typing import Final

from .run_state import MOST_ARTIFACTS, RunState, WarningRow

NOT_UNDERSTOOD: Final = "Written without understanding the task: add a brand or a language model."
ARTIFACTS_MISSING: Final = "artifacts_missing"
TOO_MANY_ARTIFACTS: Final = "too_many_artifacts"
_CODE: Final = "task_not_understood"


def run_warnings(run: RunState) -> tuple[WarningRow, ...]:
    """The worker's warnings; if it did not understand the task, the warning about that is the first.

    A worker that reports only the score gets the warning `NOT_UNDERSTOOD`.
    """
    about_task = [warning for warning in run.warnings if warning.code == _CODE]
    others = [warning for warning in run.warnings if warning.code != _CODE]
    if not about_task and _is_not_understood(run):
        about_task = [WarningRow(position=0, stage_id=None, code=_CODE, message=NOT_UNDERSTOOD)]
    return (*about_task, *others, *_missing_artifacts(run))


def _missing_artifacts(run: RunState) -> tuple[WarningRow, ...]:
    """The warning that the worker made more artifacts than it sent, or than are listed."""
    if run.more_artifacts:
        message = (
            f"The run has more than {MOST_ARTIFACTS:,} artifacts. The first {MOST_ARTIFACTS:,} are listed;"
            " the others are in its events."
        )
        return (WarningRow(position=0, stage_id=None, code=TOO_MANY_ARTIFACTS, message=message),)
    made, arrived = run.artifacts_count or 0, len(run.artifacts)
    if made <= arrived:
        return ()
    sent = "none of them" if not arrived else f"only {arrived}"
    message = f"The worker reports {made} artifact{'' if made == 1 else 's'} and sent {sent}."
    return (WarningRow(position=0, stage_id=None, code=ARTIFACTS_MISSING, message=message),)


def _is_not_understood(run: RunState) -> bool:
    understanding = run.understanding
    return (
        understanding is not None
        and understanding.score is not None
        and understanding.threshold is not None
        and understanding.score < understanding.threshold
    )
