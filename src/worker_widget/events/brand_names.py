"""The names of the listed values of a brand. They need no pydantic, which is slow to import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TONES: Final[Mapping[str, str]] = {
    "casual": "Casual",
    "neutral": "Neutral",
    "professional": "Professional",
    "formal": "Formal",
    "luxury": "Luxury",
}
AUDIENCES: Final[Mapping[str, str]] = {
    "b2c_consumer": "Consumers",
    "b2c_prosumer": "Ambitious amateurs",
    "b2b_smb": "Small and medium companies",
    "b2b_enterprise": "Large companies",
    "b2b_developer": "Developers",
}
SEVERITIES: Final[Mapping[str, str]] = {"error": "Error", "warning": "Warning"}

BY_FIELD: Final[Mapping[str, Mapping[str, str]]] = {
    "target_audience": AUDIENCES,
    "primary": TONES,
    "severity": SEVERITIES,
}
"""The names by the name of the field that has the values."""
