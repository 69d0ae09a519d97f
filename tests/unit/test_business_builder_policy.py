"""Rules, patterns from users, rewriting, drift and what a brand is told about itself."""

from __future__ import annotations

from typing import Any

import pytest

from worker_widget.host.models import Brand
from worker_widget.host.workers.business_builder import BusinessBuilder, drift, policy, recovery, tokens
from worker_widget.host.workers.business_builder.patterns import compile_pattern


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
    rules = policy.compile_rules(brand(forbidden_claims=[{"pattern": pattern}]))
    own = [rule for rule in rules if rule.policy == "forbidden_claims"]
    assert [violation.found for violation in policy.check(text, own, "text")] == found


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(a|aa)+$", "(.*)*x", "(a|a)" * 20 + "x", "(?=a)a"])
def test_a_catastrophic_pattern_is_never_run_as_an_expression(pattern: str) -> None:
    compiled = compile_pattern(pattern)
    assert compiled.expression is None
    assert compiled.problem
    assert list(compiled.spans("a" * 50_000)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("We guarantee the best care for every patient", "We aim for good care for every patient"),
        ("The fastest way to pay", "A fast way to pay"),
        ("The world's leading platform for tea", "A platform for tea"),
        ("Best-in-class support for teams", "Good support for teams"),
        ("We repair ovens, 100% guaranteed", "We repair ovens"),
        ("Simply the best. We also repair ovens on Sundays.", "We also repair ovens on Sundays."),
    ],
)
def test_advertising_claims_become_plain(before: str, after: str) -> None:
    rules = policy.compile_rules(None)
    assert policy.breaks(before, rules)
    assert recovery.rephrase(before, rules).after.rstrip(".") == after.rstrip(".")


def test_a_forbidden_claim_takes_its_part_of_the_sentence_with_it() -> None:
    rules = policy.compile_rules(brand(forbidden_claims=[{"pattern": "doubles your income"}]))
    rewrite = recovery.rephrase(
        "A course that doubles your income, with weekly calls and honest feedback", rules
    )
    assert rewrite.after == "Weekly calls and honest feedback."
    assert recovery.rephrase("It doubles your income", rules).after == ""


def test_best_practice_and_the_own_name_are_no_claims() -> None:
    rules = policy.compile_rules(None, name="Best Western Bakes")
    assert policy.breaks("We follow best practices at Best Western Bakes", rules) is None
    assert policy.breaks("The best bread", rules) is not None


def test_scope_is_reduced_only_as_far_as_it_must() -> None:
    sections = {"core": 40, "a": 30, "b": 20, "c": 10}

    def compose(out: frozenset[str]) -> list[int]:
        return [length for name, length in sections.items() if name not in out]

    def size(kept: list[int]) -> int:
        return sum(kept)

    fitted = recovery.reduce_scope(compose, size, ("a", "absent", "b", "c"), 60)
    assert (fitted.size, fitted.left_out) == (50, ("a", "b"))
    with pytest.raises(recovery.DoesNotFit) as caught:
        recovery.reduce_scope(compose, size, ("a", "b", "c"), 30)
    assert caught.value.size == 40


def test_drift_grows_with_a_wrong_voice_and_not_with_a_right_one() -> None:
    luxury = brand(tone={"primary": "luxury", "examples_bad": ["Grab this deal before it is gone"]})
    anchors = drift.anchors(luxury, "luxury", (luxury.mission, luxury.value_proposition))
    own = drift.measure(
        "To keep small kitchens running. Repairs for ovens and mixers, explained by people.", anchors
    )
    slang = drift.measure("yo dude, super cool oven stuff, don't miss it!!!", anchors)
    bad = drift.measure("Grab this deal before it is gone", anchors)
    assert own.aligned
    assert own.score < 0.2
    assert not slang.aligned
    assert bad.offending == 1.0
    assert drift.measure("dude!", drift.anchors(luxury, "casual", ())).register == 0


def test_silence_about_the_brand_alone_is_no_drift() -> None:
    anchors = drift.anchors(brand(), "professional", (brand().mission,))
    assert drift.measure("Something else entirely", anchors).score == drift.THRESHOLD


def test_tokens_follow_the_stated_rule() -> None:
    assert tokens.count("") == 0
    assert tokens.count("bread") == 1
    assert tokens.count("bakeries") == 2
    assert tokens.count("12345, ok") == 4


def test_a_sound_brand_has_no_warnings() -> None:
    report = BusinessBuilder().check_brand(brand())
    assert report.warnings == ()
    assert report.policy_rules_generated == len(policy.compile_rules(None))
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
        ({"forbidden_claims": [{"pattern": "(a+)+$"}]}, "forbidden_claims[0]", "plain phrase"),
        ({"forbidden_claims": [{"pattern": "small kitchens"}]}, "mission", "rewrites it"),
        ({"forbidden_claims": [{"pattern": "acme"}]}, "company_name", "every run fails"),
        (
            {"forbidden_claims": [{"pattern": "cure"}], "required_disclosures": ["We cure nothing."]},
            "required_disclosures[0]",
            "shown as given",
        ),
        ({"mission": "To bake the best bread in town"}, "mission", "'the best'"),
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
def test_a_brand_is_told_what_will_not_work(more: dict[str, Any], field: str, says: str) -> None:
    warnings = BusinessBuilder().check_brand(brand(**more)).warnings
    assert any(field in warning and says in warning for warning in warnings), warnings
