"""Rules, patterns from users, rewriting, and the findings about a brand."""

from __future__ import annotations

import json
from typing import Any

import markupsafe
import pytest

from worker_widget import events
from worker_widget.events.request_models import Brand
from worker_widget.workers.business_builder.language.languages import LANGUAGES
from worker_widget.workers.business_builder.policy import compiler, rewriting
from worker_widget.workers.business_builder.policy.pattern_matcher import compile_pattern
from worker_widget.workers.business_builder.policy.rules import breaks, check
from worker_widget.workers.business_builder.worker import BusinessBuilder
from worker_widget.workers.business_builder.writing import text_location, tokens
from worker_widget.workers.business_builder.writing.draft import Draft, escape

from .test_business_builder_run import run_alone


def brand(**more: Any) -> Brand:
    known = {
        "company_name": "Acme",
        "mission": "To keep small kitchens running on busy days",
        "value_proposition": "Repairs for ovens and mixers by people who explain what they do",
    }
    return Brand.model_validate({**known, **more})


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("cure", "It will cure you, secure and curated", ["cure"]),
        ("money back", "Your MONEY  BACK today", ["MONEY  BACK"]),
        ("#1", "The #1 choice, not #12", ["#1"]),
        ("100%", "100% sure", ["100%"]),
        (r"guarante\w+", "Guaranteed, we guarantee it", ["Guaranteed", "guarantee"]),
        (r"cures? (cancer|flu)", "cures cancer, cure flu, cure colds", ["cures cancer", "cure flu"]),
        (r"\d+% (faster|better)", "30% faster and 5% cheaper", ["30% faster"]),
        ("C++", "We write C++ here", ["C++"]),
        ("[unclosed", "an [unclosed bracket", ["[unclosed"]),
    ],
)
def test_patterns_find_phrases_and_expressions(pattern: str, text: str, found: list[str]) -> None:
    rules = compiler.compile_rules(brand(forbidden_claims=[{"pattern": pattern}]))
    own = [rule for rule in rules if rule.policy == "forbidden_claims"]
    assert [violation.found for violation in check(text, own, "text")] == found


@pytest.mark.parametrize("pattern", ["C++", "(?=a)a", r"(a)\1", "[unclosed", "(" * 60, "a{9}{9}{9}"])
def test_an_invalid_expression_is_a_phrase_with_a_reason(pattern: str) -> None:
    compiled = compile_pattern(pattern)
    assert compiled.expression is None
    assert compiled.problem
    assert list(compiled.spans(f"an {pattern} here")) == [(3, 3 + len(pattern))]


def test_a_tone_to_avoid_may_be_named_instead_of_quoted() -> None:
    rules = compiler.compile_rules(brand(tone={"avoid": ["salesy", "slang", "chirpy"]}))
    text = "Grab this deal, dude. Buy now and be chirpy."
    found = [(rule.rule.pattern, rule.found) for rule in check(text, rules, "text")]
    assert found == [
        ("salesy", "Grab"), ("salesy", "deal"), ("salesy", "Buy now"), ("slang", "dude"), ("chirpy", "chirpy")
    ]  # fmt: skip


def test_rules_are_in_governance_order() -> None:
    rules = compiler.compile_rules(
        brand(
            tone={"avoid": ["synergy"]},
            required_disclosures=["Terms apply."],
            forbidden_claims=[{"pattern": "cure"}],
        ),
        budget=2_000,
    )
    kinds = list(dict.fromkeys((rule.governance, rule.policy) for rule in rules))
    assert kinds == [
        ("safety", "forbidden_claims"),
        ("safety", "advertising_claims"),
        ("operational", "token_budget"),
        ("custom", "avoided_wording"),
        ("custom", "required_disclosures"),
    ]


@pytest.mark.parametrize("kind", ["json", "md", "html"])
def test_a_violation_is_located_in_its_artifact(kind: str) -> None:
    wording = 'Say "this" <now> & cure *all* of it'
    content = {
        "json": json.dumps({"wording": wording}),
        "md": f"# Title\n\n{escape(wording)}\n",
        "html": f"<p>{markupsafe.escape(wording)}</p>",
    }[kind]
    start = wording.index("cure")
    begin, end = text_location.locate(Draft("text", kind, content, (wording,)), wording, start, start + 4)
    assert content[begin:end] == "cure"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("We guarantee the best care for every patient", "We aim for good care for every patient"),
        ("The fastest way to pay", "A fast way to pay"),
        ("The world's leading platform for tea", "A platform for tea"),
        ("Best-in-class support for teams", "Good support for teams"),
        ("We repair ovens, 100% guaranteed", "We repair ovens"),
        ("Bread with a guaranteed crust", "Bread with a crust"),
        ("Simply the best. We also repair ovens on Sundays.", "We also repair ovens on Sundays."),
    ],
)
def test_advertising_claims_become_plain(before: str, after: str) -> None:
    rules = compiler.compile_rules(None)
    assert breaks(before, rules)
    assert rewriting.rephrase(before, rules, LANGUAGES["en"].tidied).after.rstrip(".") == after.rstrip(".")


def test_a_forbidden_claim_takes_its_part_of_the_sentence_with_it() -> None:
    rules = compiler.compile_rules(brand(forbidden_claims=[{"pattern": "doubles your income"}]))
    rewrite = rewriting.rephrase(
        "A course that doubles your income, with weekly calls and honest feedback",
        rules,
        LANGUAGES["en"].tidied,
    )
    assert rewrite.after == "Weekly calls and honest feedback."
    assert rewriting.rephrase("It doubles your income", rules, LANGUAGES["en"].tidied).after == ""


def test_a_word_that_only_describes_goes_alone() -> None:
    rules = compiler.compile_rules(brand(forbidden_claims=[{"pattern": "calm"}]))
    assert (
        rewriting.rephrase("A calm place to write", rules, LANGUAGES["en"].tidied).after == "A place to write"
    )


def test_best_practice_and_the_own_name_are_no_claims() -> None:
    rules = compiler.compile_rules(None, name="Best Western Bakes")
    assert breaks("We follow best practices at Best Western Bakes", rules) is None
    assert breaks("The best bread", rules) is not None


async def test_a_working_title_excuses_no_claim() -> None:
    run = await run_alone(task="The best pizzeria in Naples")
    assert [e.location for e in run.all(events.PolicyViolation)] == [
        "brief.subject[0:4]",
        "brief.wording[0:8]",
    ]
    assert run.artifacts["positioning.md"].startswith("# Positioning: Pizzeria\n")
    assert not any("best" in text.casefold() for text in run.artifacts.values())


def test_tokens_follow_the_stated_rule() -> None:
    assert tokens.count("") == 0
    assert tokens.count("bread") == 1
    assert tokens.count("bakeries") == 2
    assert tokens.count("12345, ok") == 4


def test_a_sound_brand_has_no_warnings() -> None:
    report = BusinessBuilder().check_brand(brand())
    assert report.warnings == ()
    assert report.policy_rules_generated == len(compiler.compile_rules(None))
    assert report.drift_anchors_count == 3


def test_rules_and_anchors_are_counted() -> None:
    rich = brand(
        forbidden_claims=[{"pattern": "cheap"}, {"pattern": "free forever"}],
        required_disclosures=["Prices on request."],
        budget_tokens=5_000,
        tagline="Ovens that start",
        tone={
            "avoid": ["synergy"],
            "examples_good": ["We come when we say."],
            "examples_bad": ["Deal of the year!"],
        },
    )
    plain, report = BusinessBuilder().check_brand(brand()), BusinessBuilder().check_brand(rich)
    assert report.policy_rules_generated == plain.policy_rules_generated + 6
    assert report.drift_anchors_count == plain.drift_anchors_count + 4


@pytest.mark.parametrize(
    ("more", "field", "says"),
    [
        ({"forbidden_claims": [{"pattern": "(?=a)a"}]}, "forbidden_claims[0]", "plain phrase"),
        ({"forbidden_claims": [{"pattern": "small kitchens"}]}, "mission", "rewords it"),
        ({"forbidden_claims": [{"pattern": "acme"}]}, "company_name", "every run fails"),
        (
            {"forbidden_claims": [{"pattern": "cure"}], "required_disclosures": ["We cure nothing."]},
            "required_disclosures[0]",
            "shown as given",
        ),
        ({"mission": "To bake the best bread in town"}, "mission", "“the best”"),
        (
            {"tone": {"examples_good": ["Hello there"], "examples_bad": ["hello there!"]}},
            "tone",
            "good and as bad",
        ),
        (
            {"tone": {"primary": "formal", "examples_good": ["Hey dude, it's gonna be lit!"]}},
            "examples_good[0]",
            "formal",
        ),
        (
            {"visual": {"primary_color": "#336699", "secondary_color": "#34689a"}},
            "primary_color",
            "contrast 1.0",
        ),
        ({"visual": {"font_heading": "x'}</style><b>"}}, "font_heading", "name a font"),
    ],
)
def test_a_brand_gets_warnings(more: dict[str, Any], field: str, says: str) -> None:
    warnings = BusinessBuilder().check_brand(brand(**more)).warnings
    assert any(field in warning and says in warning for warning in warnings), warnings
