"""What a function returned, as an artifact."""

from __future__ import annotations

from typing import Any

import msgspec

from .artifact import write_artifact
from .json_value import json_bytes, shown
from .recording import Recording


def write_result(recording: Recording, value: Any) -> None:
    """Writes the value that a run's function returned as an artifact.

    A text is ``result.md``; a list, a dict, and what JSON represents as such, is ``result.json``; ``None`` is
    no artifact; anything else is its text, ``result.txt``.
    """
    if value is None:
        return
    if isinstance(value, str):
        write_artifact(recording, "result.md", value)
        return
    raw = None if isinstance(value, bytes | bytearray) else json_bytes(value)
    if raw is None or raw.startswith(b'"'):
        write_artifact(recording, "result.txt", shown(value))
    else:
        write_artifact(recording, "result.json", msgspec.json.format(raw, indent=2))
