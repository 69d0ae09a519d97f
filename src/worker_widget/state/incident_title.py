"""The title of an incident: one sentence about what was found, what was tried, and the result. Pure.

The same rule as on screen: js/src/state/incidents.ts.
"""

from __future__ import annotations

from typing import Final

from .display_names import display_name
from .incident import Incident, IncidentOutcome
from .run_state import RunState

RESULTS: Final[dict[IncidentOutcome, str]] = {
    "recovered": "recovered",
    "not_recovered": "not recovered",
    "open": "still open",
    "reported": "reported only",
}
"""The last part of a title. A replay has none: its title says the result."""


def incident_title(incident: Incident, stage: str | None) -> str:
    """The title, such as "Preflight: the tagline contains “guaranteed” → reworded → recovered"."""
    if incident.kind == "replay":
        return incident.found
    who = stage or "The run"
    if incident.kind == "failure" and incident.outcome == "not_recovered" and not incident.tried:
        return f"{who} failed: {incident.found}"
    parts = (incident.found, *incident.tried, RESULTS[incident.outcome])
    return f"{who}: {' → '.join(parts)}"


def stage_name(run: RunState, stage_id: str | None) -> str | None:
    """The display name of a stage, ``None`` for ``None``."""
    if stage_id is None:
        return None
    named = (stage.name for stage in run.stages if stage.stage_id == stage_id)
    return next(named, display_name(stage_id))
