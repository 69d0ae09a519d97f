"""The matcher for regular expressions from users: right, and never slow."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker_widget.workers.business_builder.policy.pattern_matcher import (
    LONGEST,
    ClaimExpression,
    compile_pattern,
)

PATTERNS = (
    r"guarante\w+",
    r"cures? (cancer|flu)",
    r"\d+% (faster|better)",
    r"\bbest\b",
    r"^a|b$",
    r"a{2,3}b?",
    r"(ab|a)(bc)?",
    r"(a|b)*abb",
    r"[^a-c]+x",
    r"\Bb",
    r"x*?y",
    r"a|",
    r"(a{0,2}){2}",
    r"\bä\w+",
    r".*b",
    r"(?P<one>a)(?:b|c){1,}",
    r"[]a]+\.",
    r"a{b",
)
texts = st.text(st.sampled_from("abcxy ä%1.{"), max_size=14)


def by_hand(pattern: str, text: str) -> list[tuple[int, int]]:
    """The leftmost and longest matches, found by trying every range with the standard library."""
    found: list[tuple[int, int]] = []
    start = 0
    while start < len(text):
        ends = [
            end
            for end in range(start + 1, len(text) + 1)
            if (match := _exactly(pattern, len(text) - end).match(text, start)) and match.end() == end
        ]
        if ends:
            found.append((start, max(ends)))
        start = max(ends, default=start + 1)
    return found


def _exactly(pattern: str, left: int) -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern})(?=.{{{left}}}\Z)", re.IGNORECASE | re.DOTALL)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(PATTERNS), texts)
def test_it_finds_what_the_standard_library_finds_leftmost_and_longest(pattern: str, text: str) -> None:
    assert list(ClaimExpression(pattern).spans(text)) == by_hand(pattern, text)


def test_case_does_not_matter() -> None:
    assert ClaimExpression(r"(?i)gratis\b").spans("GRATIS Übung") == ((0, 6),)
    assert ClaimExpression(r"übung").spans("Eine ÜBUNG") == ((5, 10),)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|a)*b",
        "(a|aa)+$",
        "(.*)*x",
        "(a|a)" * 20 + "x",
        "([ab]*)a[ab]{200}",
        r"(\w+\s*)+!",
        "a(.*b)?",
        "a{0,250}",
    ],
)
def test_what_hangs_a_backtracking_matcher_ends_here(pattern: str) -> None:
    expression = ClaimExpression(pattern)
    for text in ("a" * 5_000, "aab " * 1_500):
        assert all(0 < end - start <= LONGEST for start, end in expression.spans(text))


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(?=a)a", "look-around; write the words around"),
        ("(?<!a)b", "look-around"),
        (r"(a)\1", "back reference; write the repeated words out"),
        ("(?P<one>a)(?P=one)", "back reference"),
        ("C++", "possessive"),
        ("(?>a)b", "possessive"),
        ("(a)?(?(1)b)", "condition"),
        (r"ein \bübung", "leave it out there"),
        ("[unclosed", "missing ]"),
        ("[z-a]", "range"),
        ("(a", "missing )"),
        ("a)", "unexpected )"),
        ("*a", "no argument for repetition"),
        ("a\\", "trailing"),
        ("((a{1000}){1000}){1000}", "repetition"),
        ("a{3,2}", "repetition"),
        ("(" * 60 + "a", "missing )"),
        (r"\qa", "escape"),
    ],
)
def test_an_unsupported_pattern_has_a_reason_and_stays_a_phrase(pattern: str, reason: str) -> None:
    compiled = compile_pattern(pattern)
    assert compiled.expression is None
    assert reason in (compiled.problem or "")
    assert list(compiled.spans(f"so {pattern} it is"))


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"\büber\w+\b", "Das ist überlegen, darüber", ["überlegen"]),
        (r"\bbest\b|\btop\b", "bestätigt, top, the best Töpfe", ["top", "best"]),
        (r"\bsave .*\b", "save 50% now!", ["save 50% now"]),
        (r"\d+\s*%", "٣٤ % and 50\u00a0%", ["٣٤ %", "50\u00a0%"]),
        (r"[\w-]+-frei", "völlig-frei", ["völlig-frei"]),
        (r"no\.?\s?1\Z", "we are no. 1", ["no. 1"]),
        (r"a{,2}b", "aaab", ["aab"]),
        (r"\_x\–", "a_x–", ["_x–"]),
        (r"[*+]+ stars", "*+* stars", ["*+* stars"]),
        (r"[^\w\s]{2}", "ä. !? b", ["!?"]),
    ],
)
def test_classes_and_boundaries_know_letters_beyond_ascii(pattern: str, text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in ClaimExpression(pattern).spans(text)] == found


def test_a_match_has_at_most_two_hundred_characters() -> None:
    text = "guarantee " + "x" * 300 + " guarantee of a refund" + "y" * 300 + " refund"
    spans = ClaimExpression("guarantee.*refund").spans(text)
    assert [text[start:end] for start, end in spans] == ["guarantee of a refund"]
    assert ClaimExpression("x+").spans("x" * 450) == ((0, 200), (200, 400), (400, 450))
