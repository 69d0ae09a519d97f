"""Converts what a console shows to the wire's types: complete (`state`) or as changes (`patch`).

Pure functions of `Shown`. The reducer replaces the parts of a `RunState` that change and keeps the others, so
a part that is the same object is unchanged.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec

from ...state.request_facts import request_facts
from ...state.run_state import RunState
from ...state.run_warnings import run_warnings
from ...state.verdict import verdict
from .. import engines
from ..wire import ConsoleState, Patch, RunHeader, Shown, ShownFigures, Verification


def state(shown: Shown) -> ConsoleState:
    """The wire's `ConsoleState`: everything except log rows and artifact texts."""
    run = shown.run
    plain: ConsoleState = _plain(
        {
            "engines": engines.NAMES,
            "form": shown.form,
            "link": shown.link,
            "run": run_header(shown),
            "request": run.request,
            "asked": request_facts(run),
            "understanding": run.understanding,
            "warnings": run_warnings(run),
            "stages": run.stages,
            "routing": {"total": run.counts.routing, "rows": run.routing},
            "ledger": {"total": run.counts.ledger, "rows": run.ledger},
            "incidents": {"total": run.counts.incidents, "rows": run.incidents},
            "artifacts": run.artifacts,
            "home": shown.home,
            "seen_us": shown.seen_us,
        }
    )
    return plain


def patch(before: Shown, after: Shown) -> Patch:
    """The changes as the wire's `Patch`, empty if there are none. Both must show the same run."""
    changed: dict[str, Any] = {}
    if before.form != after.form:
        changed["form"] = after.form
    if before.link != after.link:
        changed["link"] = after.link
    if before.home is not after.home:
        changed["home"] = after.home
    if before.seen_us != after.seen_us:
        changed["seen_us"] = after.seen_us
    old, new = before.run, after.run
    if (old, before.recording) != (new, after.recording):
        changed["run"] = run_header(after)
        changed |= _rows(old, new)
    plain: Patch = _plain(changed)
    return plain


def run_header(shown: Shown) -> RunHeader | None:
    """The run's header, or ``None`` before the first run."""
    run = shown.run
    if shown.run_id is None:
        return None
    return RunHeader(
        run_id=shown.run_id,
        status=run.status,
        success=run.success,
        error=run.error,
        task=run.task,
        worker=run.worker or shown.form.worker,
        strict_mode=run.strict_mode,
        budget=run.budget,
        replay_of=run.replay_of,
        started_us=run.started_us,
        ended_us=run.ended_us,
        latency_ms=run.latency_ms,
        tokens=run.tokens,
        total_stages=run.total_stages,
        complexity=run.complexity,
        drift=run.drift,
        replayable=run.replay_token is not None,
        verified=cast(Verification | None, run.verified),
        verdict=verdict(run),
        counts=run.counts,
        figures=msgspec.convert(run.figures, ShownFigures, from_attributes=True),
        recording=shown.recording,
    )


def _rows(old: RunState, new: RunState) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for name in ("request", "understanding"):
        if getattr(old, name) is not getattr(new, name):
            rows[name] = getattr(new, name)
    if _asked(old) != _asked(new):
        rows["asked"] = request_facts(new)
    if "understanding" in rows or old.warnings is not new.warnings:
        rows["warnings"] = run_warnings(new)
    if old.stages is not new.stages:
        known = {stage.stage_id: stage for stage in old.stages}
        rows["stages"] = [stage for stage in new.stages if known.get(stage.stage_id) != stage]
    if old.artifacts is not new.artifacts:
        had = {item.file: item for item in old.artifacts}
        rows["artifacts"] = [item for item in new.artifacts if had.get(item.file) != item]
    if old.counts.routing != new.counts.routing:
        fresh = [row for row in new.routing if row.number > old.counts.routing]
        rows["routing"] = {"total": new.counts.routing, "rows": fresh}
    if old.counts.ledger != new.counts.ledger:
        entered = [row for row in new.ledger if row.number > old.counts.ledger]
        rows["ledger"] = {"total": new.counts.ledger, "rows": entered}
    if old.incidents is not new.incidents:
        before = {item.number: item for item in old.incidents}
        changed = [item for item in new.incidents if before.get(item.number) != item]
        rows["incidents"] = {"total": new.counts.incidents, "rows": changed}
    return rows


def _asked(run: RunState) -> tuple[Any, ...]:
    """All that `request_facts` depends on; the request itself is replaced at most once."""
    return id(run.request), run.strict_mode, run.budget, run.has_brand


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)
