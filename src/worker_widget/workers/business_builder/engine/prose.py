"""Words for log lines, failures and recoveries: amounts, and names of the places that texts come from."""

from __future__ import annotations

import re
from typing import Final

from ..language import typography

_LONGEST_QUOTE: Final = 160

_ITEM: Final = re.compile(r"(?P<list>.+)\[(?P<index>\d+)\](?:\.\w+)?")
_FILE: Final = re.compile(r"\w+\.(?:html|json|md)")
_PLACES: Final = {
    "task": "the task",
    "budget": "the token budget",
    "brand.company_name": "the company name",
    "brand.mission": "the brand's mission",
    "brand.value_proposition": "the brand's value proposition",
    "brand.tagline": "the brand's tagline",
    "brand.vision": "the brand's vision",
    "brief.gist": "the description in the task",
    "brief.place": "the place in the task",
}
_LISTS: Final = {
    "brand.audience_pain_points": "pain point {number} of the brand",
    "brand.target_audience": "audience {number} in the brand's words",
    "brand.voice_attributes": "voice attribute {number} of the brand",
    "brand.tone.examples_good": "good example {number} of the brand",
    "brand.tone.examples_bad": "bad example {number} of the brand",
    "brand.tone.avoid": "avoided wording {number} of the brand",
    "brand.forbidden_claims": "forbidden claim {number} of the brand",
    "brand.required_disclosures": "required disclosure {number} of the brand",
    "brief.features": "feature {number} in the task",
    "advertising": "the rule on advertising claims",
}

_SECTIONS: Final = {
    "after": "the tasks after the launch",
    "audience": "the audience",
    "audiences": "the audiences",
    "channels": "the texts by channel",
    "concerns": "the answers to concerns",
    "contrast": "the contrast table",
    "derived_from": "what was read from the task",
    "do": "the advice on the voice",
    "dont": "the advice against other voices",
    "evidence": "the evidence to collect",
    "examples": "the examples of the voice",
    "faq": "the questions and answers",
    "how_to_find_out": "the ways to find out",
    "hypotheses": "the assumptions",
    "interview_guide": "the interview guide",
    "introductions": "the introductions of sections",
    "measure": "the figures to measure",
    "messages": "the messages by audience",
    "mission": "the mission",
    "more_questions": "further questions",
    "pain_points": "the pain points",
    "pillars": "the reasons to choose the offer",
    "prepare": "the preparations",
    "problem": "the problem",
    "problem_terms": "the terms of the problem",
    "promise": "the promise",
    "reach": "the channels to reach people",
    "type": "the typefaces",
    "unclaimed": "what is not claimed",
    "value_propositions": "the value propositions",
    "vision": "the vision",
}


def place(location: str) -> str:
    """A location for people: ``brand.audience_pain_points[1]`` is "pain point 2 of the brand".

    An artifact is named by its file; an unknown location stays as it is.
    """
    if known := _PLACES.get(location):
        return known
    if item := _ITEM.fullmatch(location):
        wording = _LISTS.get(item["list"], location)
        return wording.format(number=int(item["index"]) + 1)
    if location.startswith("brief."):
        return f"the {location.removeprefix('brief.').replace('_', ' ')} in the task"
    return f"the artifact {location}" if _FILE.fullmatch(location) else location


def section(code: str) -> str:
    """The name of a part of an artifact that can be left out."""
    return _SECTIONS.get(code, code.replace("_", " "))


def percent(share: float) -> str:
    """A share of 0 to 1: "82%"."""
    return f"{round(100 * share)}%"


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: "1 rule", "3 rules", "1,200 tokens"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def quoted(text: str) -> str:
    """``text`` in quotation marks, shortened where it is long."""
    return f"“{typography.clip(text, _LONGEST_QUOTE)}”"


def sentence(text: str) -> str:
    """``text`` with a capital and an end mark."""
    return typography.sentence(text)
