"""Composes ``market_report.json``: what the brief says about its market, the assumptions, and the open
questions.

It contains no research; it lists what research has to find out.
"""

from __future__ import annotations

from typing import Any

from ..brief.brief import KINDS
from ..brief.facts import Facts
from .draft import Draft, json_draft
from .pen import Pen

OPTIONAL = ("how_to_find_out", "hypotheses", "problem_terms", "derived_from", "more_questions")
DEEP = ("interview_guide",)


def compose(pen: Pen, left_out: frozenset[str] = frozenset()) -> Draft:
    """The report; the approach ``story`` starts with the people and their problems."""
    facts, words = pen.facts, pen.words.report
    report: dict[str, Any] = {
        "name": facts.name,
        "name_status": pen.line("status", words.working_title if facts.working_title else words.given),
        "method": pen.line("method", words.method),
    }
    audience = _audience(pen)
    if audience:
        report["audience"] = audience
    if "derived_from" not in left_out:
        report["derived_from"] = _derived(pen)
    if "problem_terms" not in left_out:
        terms = [term for term in map(pen.allowed, problem_terms(facts)) if term]
        report |= {"problem_terms": terms} if terms else {}
    hypotheses = _hypotheses(pen) if "hypotheses" not in left_out else []
    if hypotheses:
        report["hypotheses"] = hypotheses
    questions = (*facts.kind.questions, *words.questions)
    if "more_questions" in left_out:
        questions = facts.kind.questions[:2]
    report["questions_for_research"] = _lines(pen, "question", questions)
    if "how_to_find_out" not in left_out:
        report["how_to_find_out"] = _lines(pen, "way", words.ways)
    if "interview_guide" not in left_out:
        report["interview_guide"] = _lines(pen, "interview", words.interview)
    report["not_researched"] = _lines(pen, "not_researched", words.not_researched)
    if pen.approach == "story":
        people = ("name", "name_status", "audience", "hypotheses", "problem_terms")
        report = {key: report[key] for key in (*people, *report) if key in report}
    return json_draft("market_report", report)


def problem_terms(facts: Facts, most: int = 12) -> list[str]:
    """The content words of the texts about the problem, the most frequent first."""
    texts = [
        *facts.all("brand.audience_pain_points"),
        *(facts.statements if facts.text("brand.mission") else ()),
        *map(facts.text, ("brief.activity", "brief.function", "brief.theme")),
    ]
    return facts.language.terms(texts, most, place=facts.text("brief.place"))


def _audience(pen: Pen) -> dict[str, Any]:
    facts, words = pen.facts, pen.words.report
    if facts.text("brief.audience"):
        basis = words.stated_in_task
    elif facts.readers:
        basis = words.stated_in_brand
    else:
        basis = words.assumed.replace("{field}", facts.field.label)
    segments = _lines(pen, "segment", facts.readers)
    who = pen.line("who", "{who}", once=False)
    found: dict[str, Any] = {"who": who, "basis": pen.line("basis", basis)} if who else {}
    return {**found, "segments": segments} if segments else found


def _derived(pen: Pen) -> dict[str, Any]:
    facts = pen.facts
    read = {
        location.removeprefix("brief."): text
        for location, text in facts.texts.items()
        if location.startswith("brief.") and "[" not in location
    }
    features = list(facts.all("brief.features"))
    derived: dict[str, Any] = {
        "task": read,
        "kind_of_offer": pen.line("kind", facts.kind.label, once=False),
    }
    if facts.knows_trade:
        derived["line_of_business"] = pen.line("field", facts.field.label, once=False)
    stated = {kind: found for kind in KINDS if (found := list(facts.all(f"brief.{kind}")))}
    if stated:
        derived["stated"] = stated
    statements = list(facts.all("brief.statements"))
    if statements:
        derived["statements"] = statements
    if features:
        derived["features"] = features
    return derived


def _hypotheses(pen: Pen) -> list[dict[str, str]]:
    own = pen.facts.all("brand.audience_pain_points")
    if own:
        basis = pen.line("named", pen.words.report.named_by_brand)
        stated = [(text, basis) for text in map(pen.quote, own) if text]
    else:
        blurbs = pen.facts.field.pains
        lines = [
            pen.line(f"pains[{index}]", blurb.title + ": " + blurb.body) for index, blurb in enumerate(blurbs)
        ]
        basis = pen.line("usual", pen.words.report.usual)
        stated = [(text, basis) for text in lines if text]
    return [
        {"id": f"H{number}", "statement": text, "basis": basis, "status": "open"}
        for number, (text, basis) in enumerate(stated, 1)
    ]


def _lines(pen: Pen, key: str, wordings: tuple[str, ...]) -> list[str]:
    return [text for text in (pen.line(f"{key}[{i}]", wording) for i, wording in enumerate(wordings)) if text]
