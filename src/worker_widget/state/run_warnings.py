"""The warnings that a reader of a run's result sees, the most important first. Pure."""

from __future__ import annotations

from typing import Final

from .run_state import RunState, WarningRow

NOT_UNDERSTOOD: Final = "Written without understanding the task: add a brand or a language model."
_CODE: Final = "task_not_understood"


def run_warnings(run: RunState) -> tuple[WarningRow, ...]:
    """The worker's warnings; if it did not understand the task, the warning about that is the first.

    A worker that reports only the score gets the warning `NOT_UNDERSTOOD`.
    """
    about_task = [warning for warning in run.warnings if warning.code == _CODE]
    others = [warning for warning in run.warnings if warning.code != _CODE]
    if not about_task and _is_not_understood(run):
        about_task = [WarningRow(position=0, stage_id=None, code=_CODE, message=NOT_UNDERSTOOD)]
    return (*about_task, *others)


def _is_not_understood(run: RunState) -> bool:
    understanding = run.understanding
    return (
        understanding is not None
        and understanding.score is not None
        and understanding.threshold is not None
        and understanding.score < understanding.threshold
    )
