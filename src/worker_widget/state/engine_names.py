"""The names of the engines of workers, by their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ENGINE_NAMES: Final[Mapping[str, str]] = {
    "M4": "Golden replay",
    "M9": "Failure catalog",
    "M10": "Recovery",
    "M15": "Governance",
    "M17": "Agent routing",
    "M18": "Drift detection",
    "M19": "Policy checks",
    "M20": "Policy compiler",
}
