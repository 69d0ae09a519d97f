"""The stages of a run that are open, and their events."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from ...events import Payload, StageCompleted, StageFailed, StageStarted
from .usage import ModelUsage

_MOST_NAME: Final = 200


class StageTree:
    """Starts and ends stages; their events go into ``out``. Times are milliseconds since 1970.

    A stage is named after its step, tool or kind; the second of a name has the id ``name #2``. An open stage
    is known by its id.
    """

    def __init__(self, out: list[Payload]) -> None:
        self._out = out
        self._open: dict[str, float] = {}
        self._used: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._failed: tuple[str | None, str | None] = (None, None)

    def start(
        self,
        name: str,
        kind: str,
        time: float,
        *,
        parent: str | None = None,
        agent: str | None = None,
        title: str | None = None,
        input: Any = None,
    ) -> str:
        """Starts a stage and returns its id."""
        name = name[:_MOST_NAME] or kind
        stage_id = self._free(name)
        self._open[stage_id] = time
        self._out.append(
            StageStarted(
                stage_id=stage_id,
                parent_id=parent,
                kind=kind,
                name=title or name,
                agent=agent,
                input=input,
            )
        )
        return stage_id

    def set_input(self, stage_id: str, input: Any) -> None:
        """Adds the input of a stage, which is known only after its start."""
        if input is not None:
            self._out.append(StageStarted(stage_id=stage_id, input=input))

    def complete(self, stage_id: str, time: float, output: Any = None) -> None:
        """Completes a stage. A stage that is closed already only gets its output, if that comes late."""
        began = self._open.pop(stage_id, None)
        if began is not None:
            duration = round(max(0.0, time - began), 3)
            self._out.append(StageCompleted(stage_id=stage_id, duration_ms=duration, output=output))
        elif output is not None:
            self._out.append(StageCompleted(stage_id=stage_id, output=output))

    def add_usage(self, stage_id: str, usage: ModelUsage) -> None:
        """Completes a stage, once more if it is complete, with the tokens of a model."""
        self._open.pop(stage_id, None)
        self._out.append(
            StageCompleted(
                stage_id=stage_id,
                model=usage.model,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                tokens_used=usage.total_tokens,
            )
        )

    def fail(self, stage_id: str, error: str, *, failed_in: str | None = None) -> None:
        """Fails an open stage, with the error of the stage ``failed_in``."""
        if self._open.pop(stage_id, None) is not None:
            self._out.append(StageFailed(stage_id=stage_id, error=error, failed_in=failed_in))
            self._failed = (error, failed_in or stage_id)

    def fail_closed(self, stage_id: str, error: str) -> None:
        """Fails a stage that may have completed: its result turned out to be a failure."""
        self._open.pop(stage_id, None)
        self._out.append(StageFailed(stage_id=stage_id, error=error))
        self._failed = (error, stage_id)

    def is_open(self, stage_id: str | None) -> bool:
        return stage_id in self._open

    @property
    def innermost(self) -> str | None:
        """The stage that was opened last, of those that are open."""
        return next(reversed(self._open), None)

    def complete_all(self, time: float, except_for: Collection[str] = ()) -> None:
        for stage_id in reversed(tuple(self._open)):
            if stage_id not in except_for:
                self.complete(stage_id, time)

    def fail_all(self, error: str) -> None:
        """Fails all open stages with one error: that of the stage that failed with it last, or else of the
        innermost."""
        for stage_id in reversed(tuple(self._open)):
            known, failed_in = self._failed
            self.fail(stage_id, error, failed_in=failed_in if known == error else None)

    def _free(self, name: str) -> str:
        number = self._numbers.get(name, 0) + 1
        stage_id = name if number == 1 else f"{name} #{number}"
        while stage_id in self._used:
            number += 1
            stage_id = f"{name} #{number}"
        self._numbers[name] = number
        self._used.add(stage_id)
        return stage_id
