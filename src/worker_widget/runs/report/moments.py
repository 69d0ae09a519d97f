"""The states of a run at all positions: a keyframe, and what each event after it changed.

The states are those of the reducer. A log line alone changes only figures that the lines themselves have, so
it has no patch: the report counts lines.

A patch has the names of the wire's ``Patch``; of the header, of stages, incidents and artifacts it has only
the fields that changed, and the key of the row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from ...state.run_state import RunState
from ...state.run_view import changed_parts, run_header, run_parts
from .parts import Budget, element

LINE_COUNTS: Final = ("events", "logs", "debug", "warnings", "errors")
"""The counts that the log has at each position."""
MOST_PATCHES: Final = 1_500
_LEAST_BYTES: Final = 64 * 1024
_KEYS: Final = {"stages": "stage_id", "incidents": "number", "artifacts": "file"}
_PARTS: Final = tuple(
    name for name in RunState.__struct_fields__ if name not in ("position", "last_us", "counts", "book")
)

Fields = dict[str, Any]


class Moments:
    """Makes the parts of the states of one run, from its states in order."""

    def __init__(self, run: int, run_id: str, worker: str, budget: Budget) -> None:
        self._run = run
        self._run_id = run_id
        self._worker = worker
        self._budget = budget
        self._state = RunState()
        self._lost_from: int | None = None
        self._begin()

    def _begin(self) -> None:
        """A part begins with the state so far."""
        self._at = self._state.position
        self._header = self._plain_header(self._state)
        parts = _plain(run_parts(self._state))
        self._rows: dict[str, dict[Any, Fields]] = {
            name: {row[key]: row for row in _listed(parts[name])} for name, key in _KEYS.items()
        }
        self._keyframe = msgspec.json.encode({"run": self._header, **parts})
        self._patches: list[bytes] = []
        self._bytes = 0

    def add(self, state: RunState) -> Iterator[str]:
        """Takes the state after the next event; returns a part that is full."""
        before, self._state = self._state, state
        if not _differs(before, state):
            return
        patch = self._patch(before, state)
        if patch:
            self._patches.append(msgspec.json.encode([state.position, patch]))
            self._bytes += len(self._patches[-1])
        most = max(len(self._keyframe), _LEAST_BYTES)
        if self._bytes > most or len(self._patches) >= MOST_PATCHES:
            yield from self.end()
            self._begin()

    def end(self) -> Iterator[str]:
        """The last part."""
        content = b'{"state":%s,"patches":[%s]}' % (self._keyframe, b",".join(self._patches))
        text = element("moments", self._run, self._at, content)
        if self._budget.takes("moments", text):
            yield text
        elif self._lost_from is None:
            self._lost_from = self._at

    @property
    def lost_from(self) -> int | None:
        """The position from which states are left out."""
        return self._lost_from

    def _plain_header(self, state: RunState) -> Fields:
        header: Fields = _plain(run_header(self._run_id, state, self._worker, recording=True))
        for name in LINE_COUNTS:
            header["counts"][name] = 0
        return header

    def _patch(self, before: RunState, state: RunState) -> Fields:
        patch: Fields = _plain(changed_parts(before, state))
        header = self._plain_header(state)
        changed = _changed(self._header, header)
        for name in ("counts", "figures"):
            if name in changed:
                changed[name] = _changed(self._header[name], header[name])
        self._header = header
        if changed:
            patch["run"] = changed
        for name, key in _KEYS.items():
            if name in patch:
                self._shorten(_listed(patch[name]), self._rows[name], key)
        for stage_id in patch.get("stages_gone", ()):
            self._rows["stages"].pop(stage_id, None)
        if "incidents" in patch:  # those that have left the state are sent whole if they come back
            numbers = {item.number for item in state.incidents}
            known = self._rows["incidents"]
            self._rows["incidents"] = {number: known[number] for number in numbers if number in known}
        return patch

    def _shorten(self, rows: list[Fields], known: dict[Any, Fields], key: str) -> None:
        """Leaves of each row what changed."""
        for index, row in enumerate(rows):
            old = known.get(row[key])
            known[row[key]] = row
            if old is not None:
                rows[index] = {key: row[key], **_changed(old, row)}


def _differs(old: RunState, new: RunState) -> bool:
    """Whether more changed than the log and the time."""
    for name in _PARTS:
        if getattr(old, name) is not getattr(new, name):
            return True
    a, b = old.counts, new.counts
    return (a.routing, a.ledger, a.problems, a.passed, a.incidents, a.unknown) != (
        *(b.routing, b.ledger, b.problems, b.passed, b.incidents, b.unknown),
    ) or (a.stages, a.top_stages, a.top_done) != (b.stages, b.top_stages, b.top_done)


def _changed(old: Fields, new: Fields) -> Fields:
    return {name: value for name, value in new.items() if old.get(name, _NOTHING) != value}


def _listed(rows: Any) -> list[Fields]:
    """The rows of a list, or of a tail with its total."""
    found: list[Fields] = rows["rows"] if isinstance(rows, dict) else rows
    return found


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)


_NOTHING: Final = object()
