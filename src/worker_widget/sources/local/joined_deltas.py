"""Joins the pieces of an artifact's text that were added one after another: fewer events, the same text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ...events import ArtifactDelta
from ...recording.recording import Recorded

MOST_CHARS: Final = 16 * 1024
"""The longest text of a joined event; a longer piece stays as it is."""


def joined(items: Iterable[Recorded]) -> list[Recorded]:
    """``items`` with each row of pieces that continue one artifact as one event, at the time of its first."""
    result: list[Recorded] = []
    row: list[Recorded] = []
    chars = 0
    for item in items:
        data = item.data
        if type(data) is ArtifactDelta:
            if row and (not _continues(row, chars, data) or chars + len(data.text) > MOST_CHARS):
                result.append(_one(row))
                row, chars = [], 0
            row.append(item)
            chars += len(data.text)
            continue
        if row:
            result.append(_one(row))
            row, chars = [], 0
        result.append(item)
    if row:
        result.append(_one(row))
    return result


def _continues(row: list[Recorded], chars: int, data: ArtifactDelta) -> bool:
    first = row[0].data
    return (
        isinstance(first, ArtifactDelta)
        and first.artifact_name == data.artifact_name
        and first.stage_id == data.stage_id
        and first.offset is not None
        and first.offset + chars == data.offset
    )


def _one(row: list[Recorded]) -> Recorded:
    first = row[0].data
    if len(row) == 1 or not isinstance(first, ArtifactDelta):
        return row[0]
    text = "".join(item.data.text for item in row if isinstance(item.data, ArtifactDelta))
    return Recorded(
        row[0].time_ns,
        ArtifactDelta(
            stage_id=first.stage_id,
            artifact_name=first.artifact_name,
            artifact_type=first.artifact_type,
            offset=first.offset,
            text=text,
        ),
    )
