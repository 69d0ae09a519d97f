"""The changes of a request with which a run is run again, and the stage from which that is done."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, Final

from ..errors import RequestRefused
from ..events.run_request import RunRequest
from ..state.run_state import RunState
from .request_arguments import checked_request


class Unchanged(Enum):
    """Stands for the value of the run that is run again, as the default of an argument."""

    UNCHANGED = auto()

    def __repr__(self) -> str:
        return "<unchanged>"


UNCHANGED: Final = Unchanged.UNCHANGED


def changed(request: RunRequest, changes: Mapping[str, Any]) -> RunRequest:
    """``request`` with changes; ``options`` are those that change, ``None`` for the default.

    Raises `RequestRefused` for a value of a wrong type.
    """
    options = {**request.options, **changes.get("options", {})}
    given = {name: value for name, value in options.items() if value is not None}
    fields = {name: getattr(request, name) for name in request.__struct_fields__}
    return checked_request(**{**fields, **changes, "options": given})


def stage_named(state: RunState, named: str) -> str:
    """The id of the stage of a run with this id or name.

    Raises `RequestRefused` if there is not one, or not yet.
    """
    found = {stage.stage_id for stage in state.stages if stage.stage_id == named} or {
        stage.stage_id for stage in state.stages if stage.name == named
    }
    if len(found) == 1:
        return found.pop()
    if not found and not state.over:
        raise RequestRefused(
            f"Run {state.run_id} is {state.status} and has no stage {named!r} so far. It can be forked when"
            " it has ended: wait for that, or stop it."
        )
    stages = ", ".join(stage.stage_id for stage in state.stages if stage.parent_id is None)
    which = "no stage" if not found else f"{len(found)} stages with the name"
    raise RequestRefused(f"Run {state.run_id} has {which} {named!r}. Its stages are: {stages or 'none'}.")
