"""How an artifact is called."""

from __future__ import annotations

FALLBACK_TYPE = "txt"


def file_name(name: str | None, kind: str | None) -> str:
    """The file name of an artifact: its name, with its type as the ending unless it has it already.

    >>> file_name("landing", "html"), file_name("notes.md", "md"), file_name(None, None)
    ('landing.html', 'notes.md', 'artifact.txt')
    """
    stem = name or "artifact"
    ending = "." + (kind or FALLBACK_TYPE).lstrip(".").lower()
    return stem if stem.lower().endswith(ending) else stem + ending
