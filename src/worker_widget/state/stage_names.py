"""Display names for stages to which the worker gave no name."""

from __future__ import annotations


def display_name(stage_id: str) -> str:
    """Makes a display name from a stage's id: capitalised words; a word of two letters in capitals.

    >>> display_name("deep_scan"), display_name("ux")
    ('Deep Scan', 'UX')
    """
    words = stage_id.replace("_", " ").replace("-", " ").split()
    return " ".join(word.upper() if len(word) == 2 else word.capitalize() for word in words) or "Stage"
