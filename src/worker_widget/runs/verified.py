"""`Verified`: what was found when an exported file was checked."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Verified(NamedTuple):
    """What was found. ``changed`` says what and where, ``None`` for an intact file.

    ``head`` is the hash that stands for all events and their order. ``note`` is what a reader of the result
    must know: a report can have a part of the events only. ``signed_by`` is the fingerprint of the key that
    signed the file, ``signature`` says so in words, and ``refused`` why the signature is not accepted.
    """

    path: Path
    run_id: str
    events: int
    head: str
    changed: str | None
    note: str | None = None
    signed_by: str | None = None
    signature: str | None = None
    refused: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the file is intact, and its signature is right if it has one or has to have one."""
        return self.changed is None and self.refused is None

    def __str__(self) -> str:
        if self.changed is not None:
            return f"{self.path} was changed after its export: {self.changed}."
        if self.refused is not None:
            return f"{self.path} is not accepted: {self.refused}."
        intact = f"{self.path} is intact: run {self.run_id}, {self.events:,} events."
        return "\n".join(filter(None, (intact, self.note, f"Its head hash: {self.head}", self.signature)))
