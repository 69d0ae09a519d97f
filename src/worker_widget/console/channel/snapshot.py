"""Converts what a console shows to the wire's types: complete (`state`) or as changes (`patch`).

Pure functions of `Shown`. The reducer replaces the parts of a `RunState` that change and keeps the others, so
a part that is the same object is unchanged.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ...state import run_view
from ...state.engine_names import ENGINE_NAMES
from ...state.run_state import TAIL_ROWS
from ...state.run_view import RunHeader
from ..wire import ConsoleState, Patch, Shown

_SHORT_ROWS: Final = 10
"""As many as ``SHORT_ROWS`` of the front end (``js/src/panes/row-pages.ts``)."""


def state(shown: Shown) -> ConsoleState:
    """The wire's `ConsoleState`: everything except log rows and artifact texts."""
    plain: ConsoleState = _plain(
        {
            "engines": ENGINE_NAMES,
            "form": shown.form,
            "link": shown.link,
            "run": run_header(shown),
            "past": shown.past,
            "selection": shown.selection,
            **_shortened(shown, run_view.run_parts(shown.run)),
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
    if before.past != after.past:
        changed["past"] = after.past
    if before.selection != after.selection:
        changed["selection"] = after.selection
    old, new = before.run, after.run
    if (old, before.recording) != (new, after.recording):
        changed["run"] = run_header(after)
        changed |= _shortened(after, run_view.changed_parts(old, new))
    plain: Patch = _plain(changed)
    return plain


def run_header(shown: Shown) -> RunHeader | None:
    """The run's header, or ``None`` before the first run."""
    if shown.run_id is None:
        return None
    return run_view.run_header(shown.run_id, shown.run, shown.form.worker, recording=shown.recording)


def _shortened(shown: Shown, parts: dict[str, Any]) -> dict[str, Any]:
    """The parts of an earlier moment with fewer rows, where a front end requests the others that it shows.

    It does so if there are more rows than a tail holds, and every moment has other rows. Of the incidents it
    gets those at the top of the list, all of them each time; where the run is over, all that the state has.
    """
    if shown.past is None:
        return parts
    names = () if shown.run.over else ("routing", "ledger")
    rows = {name: part["rows"] for name in names if (part := parts.get(name)) is not None}
    if "incidents" in parts:
        rows["incidents"] = sorted(shown.run.incidents, key=lambda item: (item.unrecovered, item.number))
    most = TAIL_ROWS if shown.run.over else _SHORT_ROWS
    short = {
        name: {"total": parts[name]["total"], "rows": some[-most:]}
        for name, some in rows.items()
        if parts[name]["total"] > TAIL_ROWS
    }
    return {**parts, **short}


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)
