"""``market_report.json``: what the brief says of its market, what is assumed, and what nobody has looked up.

Nothing in it is research. It is the list of what research has to find out.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from .. import drift, library
from ..material import Material
from ..voice import Pen
from .draft import Draft, json_draft

OPTIONAL = ("how_to_find_out", "hypotheses", "problem_terms", "derived_from", "more_questions")
DEEP = ("interview_guide",)

_NOT_RESEARCHED = (
    "market size and growth",
    "competitors and their offers",
    "prices",
    "legal requirements",
    "demand",
)
_METHOD = "Read by rules from the task and the brand. No source outside them was used."
_GENERAL_QUESTIONS = (
    "How do {who} describe the problem in their own words?",
    "What would make someone recommend it to a friend?",
)
_DEEP_QUESTIONS = (
    "When did you last run into this, and what did you do?",
    "What did you try before, and why did you stop?",
    "What would have to happen for you to change how you do it?",
    "Who else has a say in it?",
)
_WAYS = (
    "Talk to five {who} and ask for the last time it happened, not for opinions.",
    "Read what {who} write to each other in public, and note the words they use.",
    "Watch one of them at work for an hour, and write down every detour.",
)


def compose(pen: Pen, left_out: frozenset[str] = frozenset()) -> Draft:
    material = pen.material
    report: dict[str, Any] = {
        "name": material.name,
        "name_status": pen.line(
            "status", "working title, derived from the task" if material.working_title else "given"
        ),
        "method": pen.line("method", _METHOD),
        "audience": _audience(pen),
    }
    if "derived_from" not in left_out:
        report["derived_from"] = _derived(pen)
    if "problem_terms" not in left_out:
        report["problem_terms"] = [term for term in map(pen.allowed, problem_terms(material)) if term]
    if "hypotheses" not in left_out:
        report["hypotheses"] = _hypotheses(pen)
    questions = (*material.kind.questions, *_GENERAL_QUESTIONS)
    if "more_questions" in left_out:
        questions = material.kind.questions[:2]
    report["questions_for_research"] = _lines(pen, "question", questions)
    if "how_to_find_out" not in left_out:
        report["how_to_find_out"] = _lines(pen, "way", _WAYS)
    if "interview_guide" not in left_out:
        report["interview_guide"] = _lines(pen, "interview", _DEEP_QUESTIONS)
    report["not_researched"] = _lines(pen, "not_researched", _NOT_RESEARCHED)
    return json_draft("market_report", report)


def problem_terms(material: Material, most: int = 12) -> list[str]:
    """The content words of what was said about the problem, the most frequent first."""
    said = [
        *material.all("brand.audience_pain_points"),
        *material.statements,
        material.text("brief.activity"),
    ]
    words = [word.lower() for text in said for word in text.replace("’", "'").split()]
    kept = [word.strip(".,;:!?()\"'") for word in words]
    counted = Counter(
        word for word in kept if len(word) > 3 and word.isalpha() and word not in drift.STOP_WORDS
    )
    return sorted(counted, key=lambda word: (-counted[word], kept.index(word)))[:most]


def _audience(pen: Pen) -> dict[str, Any]:
    material = pen.material
    if material.text("brief.audience"):
        basis = "said in the task"
    elif material.audiences:
        basis = "said in the brand"
    else:
        basis = f"assumed for this kind of offer ({material.field.id.replace('_', ' ')}); to be confirmed"
    segments = _lines(
        pen, "segment", tuple(library.audiences()[audience].label for audience in material.audiences)
    )
    found: dict[str, Any] = {"who": pen.line("who", "{who}", once=False), "basis": pen.line("basis", basis)}
    return {**found, "segments": segments} if segments else found


def _derived(pen: Pen) -> dict[str, Any]:
    material = pen.material
    read = {
        location.removeprefix("brief."): text
        for location, text in material.texts.items()
        if location.startswith("brief.") and "[" not in location
    }
    features = list(material.all("brief.features"))
    said: dict[str, Any] = {
        "task": read,
        "kind_of_offer": pen.line("kind", material.kind.id, once=False),
        "line_of_business": pen.line("field", material.field.id.replace("_", " "), once=False),
    }
    if features:
        said["features"] = features
    return said


def _hypotheses(pen: Pen) -> list[dict[str, str]]:
    own = pen.material.all("brand.audience_pain_points")
    if own:
        basis = pen.line("named", "named by the brand, not verified")
        stated = [(text, basis) for text in map(pen.quote, own) if text]
    else:
        blurbs = pen.material.field.pains
        lines = [
            pen.line(f"pains[{index}]", blurb.title + ": " + blurb.body) for index, blurb in enumerate(blurbs)
        ]
        basis = pen.line("usual", "usual for this kind of offer, not verified")
        stated = [(text, basis) for text in lines if text]
    return [
        {"id": f"H{number}", "statement": text, "basis": basis, "status": "open"}
        for number, (text, basis) in enumerate(stated, 1)
    ]


def _lines(pen: Pen, key: str, wordings: tuple[str, ...]) -> list[str]:
    return [text for text in (pen.line(f"{key}[{i}]", wording) for i, wording in enumerate(wordings)) if text]
