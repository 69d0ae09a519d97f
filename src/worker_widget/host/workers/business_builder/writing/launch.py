"""``launch_plan.md``: what people have to do before, at and after the launch. The dates are theirs to set."""

from __future__ import annotations

from dataclasses import dataclass

from .. import library
from ..voice import Pen
from .draft import Draft, Markdown

OPTIONAL = ("after", "reach", "prepare")
DEEP = ("measure",)

_CONFIRM = (
    "Read the page aloud with someone from the audience in the room.",
    "Link the buttons: on the draft they only move within the page.",
)
_PREPARE = (
    "Answer the first two questions of the market report by talking to {who}.",
    "Write down what happens when the first person says yes, step by step.",
    "Decide who answers questions, and how soon.",
)
_AFTER = (
    "Ask everyone who said no for the reason, once and politely.",
    "Change one thing at a time, and note what it was.",
    "Replace a proposal on the page by evidence as soon as there is some.",
)
_MEASURE = (
    "Count conversations, not visits: how many {who} asked something?",
    "Count second times: who came back without being reminded?",
    "Note which sentence of the page people repeat, and which they misread.",
)
_CHANNELS = {
    "software": (
        "a personal message to ten people who have the problem",
        "a place where {who} already compare notes",
    ),
    "device": (
        "a trial with two or three people who will look after it",
        "a place where {who} already compare notes",
    ),
    "place": ("the street itself: window, door and board", "the neighbours, in person"),
    "practice": (
        "everyone who has asked for this before",
        "colleagues who are asked for it and do something else",
    ),
    "publication": ("a first reading in a small circle", "the people who recommend such things to {who}"),
    "cause": ("the people who already help", "a notice where {who} pass by"),
    "product": ("a table where it can be touched", "the people who gave advice while it was being made"),
}


@dataclass(frozen=True)
class Open:
    """What the run leaves for people to confirm: how many proposals, and sections left out, there are."""

    proposals: int
    left_out: int = 0
    page_language: str | None = None


def compose(pen: Pen, open_points: Open, left_out: frozenset[str] = frozenset()) -> Draft:
    page = Markdown(pen)
    page.heading(1, "Launch plan: {Name}")
    page.heading(2, "Confirm")
    page.bullets([*_open_lines(pen, open_points), *_lines(pen, "confirm", _CONFIRM)], boxes=True)
    if "prepare" not in left_out:
        page.heading(2, "Prepare")
        page.bullets(_lines(pen, "prepare", _PREPARE), boxes=True)
    if "reach" not in left_out:
        page.heading(2, "Reach the first people")
        page.bullets(_channels(pen), boxes=True)
    if "after" not in left_out:
        page.heading(2, "Afterwards")
        page.bullets(_lines(pen, "after", _AFTER), boxes=True)
    if "measure" not in left_out:
        page.heading(2, "Measure")
        page.bullets(_lines(pen, "measure", _MEASURE), boxes=True)
    return page.draft("launch_plan")


def _open_lines(pen: Pen, points: Open) -> list[str]:
    lines: list[str] = []
    if pen.material.working_title:
        lines.append(pen.line("title", "Choose a name. {Name} is only a working title."))
    if points.proposals:
        count = f"the {points.proposals} lines" if points.proposals > 1 else "the line"
        lines.append(
            pen.line("proposals", f"Confirm or replace {count} marked as proposals in landing_copy.json.")
        )
    if points.left_out:
        wording = f"Decide whether to add what the token budget left out ({points.left_out} sections)."
        lines.append(pen.line("left_out", wording))
    if points.page_language:
        spoken = points.page_language
        lines.append(
            pen.line("translate", f"Translate: the task is in {spoken}, and the texts are in English.")
        )
    return lines


def _channels(pen: Pen) -> list[str]:
    material = pen.material
    found = [
        channel for audience in material.audiences for channel in library.audiences()[audience].channels[:2]
    ]
    channels = tuple(dict.fromkeys(found)) or _CHANNELS[material.kind.id]
    return [line[:1].upper() + line[1:] + "." for line in _lines(pen, "channel", channels) if line]


def _lines(pen: Pen, key: str, wordings: tuple[str, ...]) -> list[str]:
    return [
        text for text in (pen.line(f"{key}[{index}]", text) for index, text in enumerate(wordings)) if text
    ]
