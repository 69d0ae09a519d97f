"""What a report has of the events of a run: read once, in order, and written as it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec

from ...events import StageCompleted, StageFailed, StageStarted
from ...state.log_line import LoggedEvent
from ...state.reduce import reduce
from ...state.run_state import RunState, Stage
from ...state.run_view import changed_parts
from ...state.stage_content import StageContent, stage_detail
from .moments import Moments
from .parts import Budget, PartKind, PartRows, element

EVENTS_AT_ONCE: Final = 16_384
"""A part has the times and types of so many events."""

_ROWS: Final[tuple[PartKind, ...]] = (*("routing", "ledger", "incidents", "stages", "contents", "versions"),)


class EventsPass:
    """Makes the parts of a run that come from its events: states, rows, contents of stages, times, types."""

    def __init__(
        self, run: int, run_id: str, worker: str, budget: Budget, stages: Callable[[], Iterable[Stage]]
    ) -> None:
        self._run = run
        self._budget = budget
        self._stages = stages
        self._seen = bytearray()
        """Whether the stage of each number was in a state."""
        self._moments = Moments(run, run_id, worker, budget)
        self._rows = {kind: PartRows(kind, run, budget) for kind in _ROWS}
        self._times: list[int | None] = []
        self._types: list[int] = []
        self._words: dict[str, int] = {}
        self._first = 1
        self.lost_events = 0
        self._versions: dict[str, int] = {}

    def parts(self, events: Iterable[LoggedEvent]) -> Iterator[str]:
        """The parts of all events."""
        state = RunState()
        for logged in events:
            before, state = state, reduce(state, logged)
            yield from self._moments.add(state)
            yield from self._content(logged)
            yield from self._time(logged, state)
            if _has_rows(before, state):
                yield from self._changes(before, state)
        yield from self._moments.end()
        yield from self._last(state)
        for rows in self._rows.values():
            yield from rows.end()
        yield from self._end_times()

    def omitted(self) -> Iterator[str]:
        """What did not fit, in words."""
        named: tuple[tuple[PartKind, str], ...] = (
            ("routing", "routing decisions"),
            ("ledger", "rows of the ledger"),
            ("incidents", "incidents"),
            ("stages", "stages that had ended"),
            ("contents", "inputs, outputs and tracebacks of stages"),
        )
        for kind, words in named:
            lost = self._rows[kind].lost
            if lost:
                yield f"{lost:,} {words}"
        if self.lost_events:
            yield f"The times and types of {self.lost_events:,} events"

    @property
    def lost_moments(self) -> int | None:
        """The position from which states are left out."""
        return self._moments.lost_from

    # -------------------------------------------------------------------------------------------

    def _time(self, logged: LoggedEvent, state: RunState) -> Iterator[str]:
        self._times.append(state.last_us)
        self._types.append(self._words.setdefault(logged.event.type, len(self._words)))
        if len(self._types) >= EVENTS_AT_ONCE:
            yield from self._end_times()

    def _end_times(self) -> Iterator[str]:
        if not self._types:
            return
        columns = {"types": list(self._words), "type": self._types, "time_us": steps(self._times)}
        text = element("events", self._run, self._first, msgspec.json.encode(columns))
        if self._budget.takes("events", text):
            yield text
        else:
            self.lost_events += len(self._types)
        self._first += len(self._types)
        self._times, self._types = [], []

    def _content(self, logged: LoggedEvent) -> Iterator[str]:
        data = logged.event.data
        if isinstance(data, StageStarted):
            content = StageContent(input=data.input)
        elif isinstance(data, StageCompleted):
            content = StageContent(output=data.output)
        elif isinstance(data, StageFailed):
            content = StageContent(traceback=data.traceback)
        else:
            return
        found = {name: text for name, text in stage_detail(content).items() if text is not None}
        if found:
            yield from self._rows["contents"].add([logged.position, found])

    def _changes(self, before: RunState, state: RunState) -> Iterator[str]:
        changed = changed_parts(before, state)
        at = state.position
        for kind in ("routing", "ledger"):
            if kind in changed:
                yield from self._rows[kind].extend(changed[kind]["rows"])
        if state.counts.stages != before.counts.stages:
            yield from self._rows["stages"].add([at, state.counts.stages])
            self._seen.extend(bytes(state.counts.stages + 1 - len(self._seen)))
        for stage in changed.get("stages", ()):
            self._seen[stage.number] = 1
        if "stages_gone" in changed:
            gone = set(changed["stages_gone"])
            yield from self._rows["stages"].extend(
                [at, stage] for stage in before.stages if stage.stage_id in gone
            )
        if "incidents" in changed:
            kept = {item.number for item in state.incidents}
            yield from self._rows["incidents"].extend(
                [at, item] for item in before.incidents if item.number not in kept
            )
        for artifact in changed.get("artifacts", ()):
            if self._versions.get(artifact.file) != artifact.version:
                self._versions[artifact.file] = artifact.version
                yield from self._rows["versions"].add([artifact.file, artifact.version, at])

    def _last(self, state: RunState) -> Iterator[str]:
        """What is in the last state, as it is at the end."""
        at = state.position + 1
        if sum(self._seen) < state.counts.stages:
            seen = self._seen
            yield from self._rows["stages"].extend(
                [at, stage] for stage in self._stages() if stage.number < len(seen) and not seen[stage.number]
            )
        yield from self._rows["stages"].extend([at, stage] for stage in state.stages)
        yield from self._rows["incidents"].extend([at, item] for item in state.incidents)


def _has_rows(old: RunState, new: RunState) -> bool:
    return (
        old.counts.routing != new.counts.routing
        or old.counts.ledger != new.counts.ledger
        or old.stages is not new.stages
        or old.incidents is not new.incidents
        or old.artifacts is not new.artifacts
    )


def steps(values: Iterable[int | None]) -> list[Any]:
    """Numbers as their differences, which compress well; ``None`` stays."""
    before, found = 0, list[Any]()
    for value in values:
        found.append(None if value is None else value - before)
        before = before if value is None else value
    return found
