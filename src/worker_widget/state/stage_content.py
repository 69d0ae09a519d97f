"""The contents of stages: their inputs, outputs and tracebacks, which the run state does not hold. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NotRequired, TypedDict

import msgspec
from msgspec.structs import replace

from ..events import StageCompleted, StageFailed, StageStarted
from .log_line import LoggedEvent

CONTENT_TYPES: Final = ("stage_started", "stage_completed", "stage_failed")
"""The types of events that have contents."""
MOST_TEXT: Final = 64 * 1024
"""A content is shown up to so many code points."""


class StageContent(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a stage: any JSON as input and output, and the traceback of its exception."""

    input: Any = None
    output: Any = None
    traceback: str | None = None


def stage_contents(events: Iterable[LoggedEvent]) -> dict[str, StageContent]:
    """The contents of stages by id, each as its last attempt has it."""
    contents: dict[str, StageContent] = {}
    for logged in events:
        data = logged.event.data
        if not isinstance(data, StageStarted | StageCompleted | StageFailed) or data.stage_id is None:
            continue
        known = contents.get(data.stage_id, StageContent())
        if isinstance(data, StageStarted):
            known = replace(known, input=known.input if data.input is None else data.input)
        elif isinstance(data, StageCompleted):
            known = replace(known, output=data.output, traceback=None)
        else:
            known = replace(known, traceback=data.traceback)
        contents[data.stage_id] = known
    return contents


class ContentText(TypedDict):
    """A content of a stage: a text, or JSON. Where ``text`` is cut, ``chars`` is its length."""

    text: str
    json: bool
    chars: NotRequired[int]


class StageDetail(TypedDict):
    """The contents of a stage, as far as it has them."""

    input: ContentText | None
    output: ContentText | None
    traceback: ContentText | None


def stage_detail(content: StageContent) -> StageDetail:
    """The contents of a stage as they are shown."""
    return {
        "input": _text(content.input),
        "output": _text(content.output),
        "traceback": _text(content.traceback),
    }


def _text(value: Any) -> ContentText | None:
    if value is None:
        return None
    json = not isinstance(value, str)
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode() if json else value
    if len(text) <= MOST_TEXT:
        return {"text": text, "json": json}
    return {"text": text[:MOST_TEXT], "json": json, "chars": len(text)}
