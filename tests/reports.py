"""Reads a report as its viewer does: the parts, and the state at a position from a keyframe and patches."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Any, NamedTuple
from zlib import decompress

import msgspec

from worker_widget.runs.report.moments import LINE_COUNTS
from worker_widget.state.run_state import TAIL_ROWS

_ELEMENT = re.compile(
    r'^<script type="application/x-worker-widget" data-part="(\w+)" data-run="(\d+)" data-at="(\d+)">'
    r"([A-Za-z0-9+/=]*)</script>$",
    re.MULTILINE,
)
_KEYS = {"stages": "stage_id", "artifacts": "file", "incidents": "number"}


class ReadPart(NamedTuple):
    """A part of a report, decoded."""

    kind: str
    run: int
    at: int
    data: bytes

    @property
    def content(self) -> Any:
        return msgspec.json.decode(self.data)


def parts(html: str) -> list[ReadPart]:
    """All parts, in the order of the file."""
    return [
        ReadPart(kind, int(run), int(at), decompress(b64decode(data)))
        for kind, run, at, data in _ELEMENT.findall(html)
    ]


def rows(html: str, kind: str, run: int = 0) -> list[Any]:
    """The rows of all parts of a kind."""
    return [row for part in parts(html) if (part.kind, part.run) == (kind, run) for row in part.content]


def state_at(found: list[ReadPart], position: int) -> dict[str, Any]:
    """The state after so many events, without the counts that the log has."""
    moments = [part for part in found if part.kind == "moments" and part.at <= position]
    content = max(moments, key=lambda part: part.at).content
    state = content["state"]
    for at, patch in content["patches"]:
        if at <= position:
            _apply(state, patch)
    state["stages"].sort(key=lambda stage: stage["number"])
    return without_lines(state)


def without_lines(state: dict[str, Any]) -> dict[str, Any]:
    """A state without the counts that the log has."""
    counts = {name: value for name, value in state["run"]["counts"].items() if name not in LINE_COUNTS}
    return {**state, "run": {**state["run"], "counts": counts}}


def _apply(state: dict[str, Any], patch: dict[str, Any]) -> None:
    header = patch.pop("run", {})
    for name in ("counts", "figures"):
        state["run"][name] |= header.pop(name, {})
    state["run"] |= header
    gone = patch.pop("stages_gone", ())
    state["stages"] = [stage for stage in state["stages"] if stage["stage_id"] not in gone]
    for name, key in _KEYS.items():
        changes = patch.pop(name, None)
        if changes is None:
            continue
        known = state[name]
        if isinstance(known, dict):
            known["total"], changes, known = changes["total"], changes["rows"], known["rows"]
        _merge(known, changes, key)
    for name in ("routing", "ledger"):
        tail = patch.pop(name, None)
        if tail is not None:
            rows = [*state[name]["rows"], *tail["rows"]][-TAIL_ROWS:]
            state[name] = {"total": tail["total"], "rows": rows}
    state |= patch


def _merge(known: list[dict[str, Any]], changes: list[dict[str, Any]], key: str) -> None:
    places = {row[key]: index for index, row in enumerate(known)}
    for change in changes:
        place = places.get(change[key])
        if place is None:
            known.append(change)
        else:
            known[place] = known[place] | change
