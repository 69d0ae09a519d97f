"""The names and the order of the stages that the worker API knows."""

from __future__ import annotations

from typing import Final

DISPLAY_NAMES: Final = {
    "preflight": "Preflight Validation",
    "research": "Market Research",
    "strategy": "Strategy Synthesis",
    "copy": "Copy Generation",
    "ux": "UX Layout",
    "consistency": "Consistency Check",
    "recovery": "Recovery & Normalization",
    "bundle": "Final Packaging",
}

ORDER: Final = tuple(DISPLAY_NAMES)


def display_name(stage_id: str) -> str:
    """What a person reads for a stage; an unknown one is told from its id.

    >>> display_name("ux"), display_name("deep_scan")
    ('UX Layout', 'Deep Scan')
    """
    known = DISPLAY_NAMES.get(stage_id)
    return known or stage_id.replace("_", " ").replace("-", " ").strip().title() or "Stage"
