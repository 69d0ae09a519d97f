"""The claims that no text of any brand may make, in the wordings that people use."""

from __future__ import annotations

import pytest

from worker_widget.workers.business_builder.policy import compiler, rewriting
from worker_widget.workers.business_builder.policy.rules import breaks, check

TEN = (
    "guarantee",
    "100% success",
    "risk-free",
    "world's best",
    "#1 rated",
    "money-back guarantee",
    "clinically proven",
    "medically proven",
    "double your revenue",
    "no side effects",
)

WORDINGS = [
    "guarantee", "Guaranteed", "GUARANTEES", "guaranteeing", "a guaranty", "100 % success",
    "100% Success", "100 percent success", "one hundred per cent success", "Risk-free", "risk free",
    "riskfree", "risk‑free", "risk–free", "no risk", "without any risk", "zero-risk", "free of risk",
    "the world's best", "world’s best", "worlds best", "World's Best", "world's-best", "#1 rated",
    "# 1-rated", "#1", "number one rated", "number 1 rated", "No. 1 rated", "rated number one",
    "money-back guarantee", "money back guarantee", "Money‑Back Guarantee", "clinically proven",
    "Clinically-Proven", "clinically  proven", "medically proven", "MEDICALLY PROVEN", "medically-proven",
    "clinically and medically proven", "proven clinically", "double your revenue", "Double Your Revenue",
    "doubles your revenue", "doubling their sales", "doubled our monthly revenue", "double the profit",
    "twice your revenue", "no side effects", "No side-effects", "no known side effects",
    "without side effects", "without any side effects", "zero side effects", "side-effect-free",
    "side effect free", "free of side effects", "no\nside effects", "clinically\u00a0proven",
]  # fmt: skip

GERMAN = [
    "garantiert", "Garantie", "Geld-zurück-Garantie", "Geld zurück Garantie", "100 % Erfolg",
    "100 Prozent Erfolg", "hundert Prozent Erfolg", "risikofrei", "ohne Risiko", "das weltbeste Brot",
    "Nummer 1", "klinisch erwiesen", "klinisch erwiesene Wirkung", "medizinisch nachgewiesen",
    "Verdoppeln Sie Ihren Umsatz", "verdoppelt deinen Umsatz", "den Umsatz verdoppeln",
    "keine Nebenwirkungen", "ohne Nebenwirkungen", "nebenwirkungsfrei",
]  # fmt: skip

HARMLESS = [
    "We double the espresso on request", "double room with a view", "twice a week", "a proven recipe",
    "clinical trials are run by others", "a medical practice", "side effects of the new timetable",
    "no risk assessment is needed", "the risks are explained", "room number 12", "1000% more", "#12",
    "all the world is a stage", "best practices", "side dishes", "a doubled hem", "revenue of the year",
]  # fmt: skip


RULES = compiler.compile_rules(None)


def ruled(text: str) -> str | None:
    broken = breaks(text, RULES)
    return None if broken is None else broken.policy


@pytest.mark.parametrize("wording", [*TEN, *WORDINGS, *GERMAN])
def test_a_claim_is_found_in_its_wordings(wording: str) -> None:
    assert ruled(wording) == "advertising_claims"
    assert ruled(f"It is {wording}, as people say.") == "advertising_claims"


@pytest.mark.parametrize("wording", TEN)
def test_the_claims_of_every_server_are_errors(wording: str) -> None:
    found = check(wording, RULES, "text")
    assert "error" in {violation.rule.severity for violation in found}


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_claim_stays(text: str) -> None:
    assert ruled(text) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Clinically proven drops for sleepless nights.", "Drops for sleepless nights."),
        ("Drops for sleepless nights, clinically proven.", "Drops for sleepless nights."),
        ("Drops for sleepless nights with no side effects.", "Drops for sleepless nights."),
        ("Drops for sleepless nights without any side effects.", "Drops for sleepless nights."),
        ("We double your revenue with better menus and calm evenings.", "Better menus and calm evenings."),
        ("Repairs for ovens, with 100% success.", "Repairs for ovens."),
        ("Repairs for ovens: risk-free", "Repairs for ovens."),
        ("Repairs with a 30-day money-back guarantee.", "Repairs."),
        ("The world's best bread from Lyon.", "Bread from Lyon."),
    ],
)
def test_a_claim_is_reworded_and_the_rest_stays(before: str, after: str) -> None:
    assert rewriting.rephrase(before, RULES).after == after


@pytest.mark.parametrize("wording", [*TEN, *WORDINGS, *GERMAN])
def test_nothing_that_is_rewritten_still_claims(wording: str) -> None:
    for text in (f"Repairs for ovens and mixers, {wording}.", f"{wording} for small kitchens in Lyon."):
        assert breaks(rewriting.rephrase(text, RULES).after, RULES) is None
