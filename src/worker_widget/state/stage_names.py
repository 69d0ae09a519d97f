"""Display names of stages that the worker gave no name."""

from __future__ import annotations


def display_name(stage_id: str) -> str:
    """A display name made of a stage's id: words with capitals, two letters as an abbreviation.

    >>> display_name("deep_scan"), display_name("ux")
    ('Deep Scan', 'UX')
    """
    words = stage_id.replace("_", " ").replace("-", " ").split()
    return " ".join(word.upper() if len(word) == 2 else word.capitalize() for word in words) or "Stage"
