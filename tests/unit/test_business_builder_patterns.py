"""The matcher for regular expressions from users: right, and never slow."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker_widget.workers.business_builder.policy.automaton import LONGEST, Automaton, Unsupported

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
    assert list(Automaton(pattern).spans(text)) == by_hand(pattern, text)


def test_case_does_not_matter() -> None:
    assert Automaton(r"(?i)gratis\b").spans("GRATIS Übung") == ((0, 6),)
    assert Automaton(r"übung").spans("Eine ÜBUNG") == ((5, 10),)


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
    automaton = Automaton(pattern)
    for text in ("a" * 5_000, "aab " * 1_500):
        assert all(0 < end - start <= LONGEST for start, end in automaton.spans(text))


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(?=a)a", "plain groups"),
        ("(?<!a)b", "plain groups"),
        ("C++", "possessive"),
        ("[unclosed", "class"),
        ("[z-a]", "class"),
        ("(a", "not closed"),
        ("a)", "not opened"),
        ("*a", "nothing to repeat"),
        (r"\b*", "only characters"),
        ("a{9}{9}", "only characters"),
        (r"(a)\1", "not supported"),
        ("a\\", "not supported"),
        ("a{300}", "positions"),
        ("((a{20}){20}){20}", "positions"),
        ("a{3,2}", "wrong way round"),
        ("(" * 60 + "a" + ")" * 60, "nested"),
    ],
)
def test_what_is_not_supported_says_why(pattern: str, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        Automaton(pattern)
