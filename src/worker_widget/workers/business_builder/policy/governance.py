"""The order in which a run is governed: what must not be, what may be spent, who does it, what is wished."""

from __future__ import annotations

from typing import Final, Literal

Governance = Literal["safety", "operational", "routing", "custom"]

ORDER: Final[tuple[Governance, ...]] = ("safety", "operational", "routing", "custom")
