"""Composes ``launch_plan.md``: the tasks of people before, at and after the launch, without dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from .draft import Draft
from .landing_copy import Approach
from .markdown import Markdown
from .pen import Pen

OPTIONAL = ("after", "reach", "prepare")
DEEP = ("measure",)

ORDER: Final[Mapping[Approach, tuple[str, ...]]] = {
    "plain": ("prepare", "reach", "after", "measure"),
    "story": ("reach", "prepare", "after", "measure"),
}
"""The order of the parts."""


@dataclass(frozen=True)
class OpenPoints:
    """The points that people have to confirm; ``left_out`` counts the omitted sections."""

    proposals: int
    left_out: int = 0
    page_language: str | None = None


def compose(pen: Pen, open_points: OpenPoints, left_out: frozenset[str] = frozenset()) -> Draft:
    page, words = Markdown(pen), pen.words.launch
    page.heading(1, words.title)
    page.heading(2, words.confirm_heading)
    page.bullets([*_open_lines(pen, open_points), *_lines(pen, "confirm", words.confirm)], boxes=True)
    sections: Mapping[str, tuple[str, Callable[[], list[str]]]] = {
        "prepare": (words.prepare_heading, lambda: _lines(pen, "prepare", words.prepare)),
        "reach": (words.reach_heading, lambda: _channels(pen)),
        "after": (words.after_heading, lambda: _lines(pen, "after", words.after)),
        "measure": (words.measure_heading, lambda: _lines(pen, "measure", words.measure)),
    }
    for section in ORDER[pen.approach]:
        if section not in left_out:
            heading, lines = sections[section]
            page.heading(2, heading)
            page.bullets(lines(), boxes=True)
    return page.draft("launch_plan")


def _open_lines(pen: Pen, points: OpenPoints) -> list[str]:
    words = pen.words.launch
    lines: list[str] = []
    if pen.facts.working_title:
        lines.append(pen.line("title", words.choose_name))
    if not pen.facts.brief.is_read:
        lines.append(pen.line("unread", words.unread))
    elif not pen.facts.knows_trade:
        lines.append(pen.line("unknown_trade", words.unknown_trade))
    if points.proposals:
        wording = words.proposals if points.proposals > 1 else words.one_proposal
        lines.append(pen.line("proposals", wording.replace("{count}", str(points.proposals))))
    if points.left_out:
        wording = words.left_out.replace("{count}", str(points.left_out))
        lines.append(pen.line("left_out", wording))
    if points.page_language:
        wording = words.translate.replace("{language}", points.page_language)
        lines.append(pen.line("translate", wording))
    return lines


def _channels(pen: Pen) -> list[str]:
    facts = pen.facts
    found = [channel for text in facts.audience_texts for channel in text.channels[:2]]
    channels = tuple(dict.fromkeys(found)) or pen.words.launch.channels[facts.kind.id]
    return [line[:1].upper() + line[1:] + "." for line in _lines(pen, "channel", channels) if line]


def _lines(pen: Pen, key: str, wordings: tuple[str, ...]) -> list[str]:
    return [
        text for text in (pen.line(f"{key}[{index}]", text) for index, text in enumerate(wordings)) if text
    ]
