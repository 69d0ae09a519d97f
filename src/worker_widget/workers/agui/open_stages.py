"""The open steps and subagents: the stages that other stages are inside of."""

from __future__ import annotations

from typing import Any, NamedTuple

from .stage_tree import StageTree


class _Step(NamedTuple):
    subagent: str | None
    name: str
    stage_id: str


class OpenStages:
    """Opens and closes steps and subagents. A step is known by its name and the subagent it belongs to."""

    def __init__(self, tree: StageTree) -> None:
        self._tree = tree
        self._steps: list[_Step] = []
        self._subagents: dict[str, tuple[str, str]] = {}

    def place(self, subagent: str | None) -> str | None:
        """The stage that new work of the subagent belongs to: the step opened last, or the subagent's own."""
        for step in reversed(self._steps):
            if step.subagent == subagent:
                return step.stage_id
        if subagent is None:
            return None
        return self.subagent(subagent) or self.place(None)

    def agent(self, subagent: str | None) -> str | None:
        """The name of the subagent; ``None`` for the agent itself."""
        known = None if subagent is None else self._subagents.get(subagent)
        return None if known is None else known[1]

    def step(self, name: str) -> str | None:
        """The open step of that name that was opened last."""
        return next((step.stage_id for step in reversed(self._steps) if step.name == name), None)

    def start_step(self, name: str, subagent: str | None, time: float) -> None:
        parent = None if subagent is None else self.subagent(subagent)
        agent = self.agent(subagent)
        stage_id = self._tree.start(name or "step", "stage", time, parent=parent, agent=agent)
        self._steps.append(_Step(subagent, name, stage_id))

    def end_step(self, name: str, subagent: str | None, time: float) -> None:
        for step in reversed(self._steps):
            if step.name == name and step.subagent == subagent:
                self._steps.remove(step)
                self._tree.complete(step.stage_id, time)
                return

    def subagent(self, run_id: str) -> str | None:
        """The stage of an open subagent."""
        known = self._subagents.get(run_id)
        return None if known is None else known[0]

    def start_subagent(
        self, run_id: str, name: str, time: float, *, parent: str | None, task: str | None
    ) -> str | None:
        """Starts the stage of a subagent; ``None`` if it is open already."""
        if run_id in self._subagents:
            return None
        name = name or "subagent"
        stage_id = self._tree.start(name, "agent", time, parent=parent, agent=name, input=task)
        self._subagents[run_id] = (stage_id, name)
        return stage_id

    def end_subagent(self, run_id: str, time: float, result: Any) -> None:
        known = self._subagents.pop(run_id, None)
        if known is not None:
            self._tree.complete(known[0], time, result)

    def fail_subagent(self, run_id: str, error: str) -> None:
        known = self._subagents.pop(run_id, None)
        if known is not None:
            self._tree.fail(known[0], error)

    def clear(self) -> None:
        """The run is over, and the tree has ended its stages."""
        self._steps.clear()
        self._subagents.clear()
