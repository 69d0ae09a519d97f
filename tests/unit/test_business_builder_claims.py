"""The claims that no text of any brand may make, in the wordings that people use."""

from __future__ import annotations

import pytest

from worker_widget import events
from worker_widget.workers.business_builder.language.languages import LANGUAGES
from worker_widget.workers.business_builder.policy import compiler, rewriting
from worker_widget.workers.business_builder.policy.rules import breaks, check

from .test_business_builder_run import brand, run_alone

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
    "proven in clinical trials", "clinically tested", "double your monthly recurring revenue",
    "hundred percent success", "zero adverse effects", "no adverse effects", "riskless",
    "your money back if you are not happy", "top rated", "top-rated",
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
    "tested in our kitchen", "adverse weather", "we give your money back to the club", "a hundred loaves",
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
        ("Our tea is the world's best and comes in a small tin", "Our tea comes in a small tin."),
        ("The cream has no side effects and works in a week or two", "The cream works in a week or two."),
        ("The cream causes no adverse effects and smells of lemon.", "The cream smells of lemon."),
        ("There are no side effects when you drink it every day", ""),
        ("When you drink it daily, there are no side effects.", ""),
        ("It comes with no side effects.", ""),
        ("Delivery by noon is guaranteed for every kitchen", ""),
        ("The drops are clinically and medically proven to calm", ""),
        ("A clinically and medically proven cream for dry hands", "A cream for dry hands"),
        ("Ordering is risk-free for the customer", ""),
        ("We guarantee that your oven works", ""),
        ("We guarantee your oven works", ""),
        ("Our course will double your revenue", ""),
        ("Our top rated tea comes in a tin", "Our tea comes in a tin"),
        ("Our ovens are guaranteed, and our bread is fresh.", "Our bread is fresh."),
        (
            "We bake bread. Delivery by noon is guaranteed for every kitchen. You can order online.",
            "We bake bread. You can order online.",
        ),
        ("Die Creme hat keine Nebenwirkungen und wirkt schnell", "Die Creme wirkt schnell."),
        ("Unser Tee ist der weltbeste und kommt in einer Dose.", "Unser Tee kommt in einer Dose."),
        ("Die Lieferung ist garantiert für jede Küche", ""),
        ("Es gibt keine Nebenwirkungen, wenn Sie ihn trinken", ""),
        ("Die Tropfen sind klinisch und medizinisch erwiesen.", ""),
    ],
)
def test_a_claim_is_reworded_and_the_rest_stays(before: str, after: str) -> None:
    assert rewriting.rephrase(before, RULES, LANGUAGES["en"].tidied).after == after


@pytest.mark.parametrize("wording", [*TEN, *WORDINGS, *GERMAN])
def test_nothing_that_is_rewritten_still_claims(wording: str) -> None:
    for text in (f"Repairs for ovens and mixers, {wording}.", f"{wording} for small kitchens in Lyon."):
        assert breaks(rewriting.rephrase(text, RULES, LANGUAGES["en"].tidied).after, RULES) is None


async def test_a_brand_statement_that_is_reworded_or_left_out_is_a_warning() -> None:
    claims = brand(
        value_proposition="Our tea is the world's best and comes in a small tin",
        mission="Delivery by noon is guaranteed for every kitchen",
    )
    run = await run_alone(task="A tea shop in Leeds", brand=claims)
    messages = [found.message for found in run.all(events.RunWarning) if found.code == "brand_reworded"]
    assert messages == [
        "The brand's value proposition is on the page in other words, because a rule forbids some of its "
        "own: “Our tea comes in a small tin.” in place of “Our tea is the world's best and comes in a small "
        "tin”.",
        "The brand's mission is not on the page, because a rule forbids it: “Delivery by noon is guaranteed "
        "for every kitchen”.",
    ]
    assert "is for every kitchen" not in run.artifacts["landing.html"]
