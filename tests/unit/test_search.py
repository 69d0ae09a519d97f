"""Searching messages: patterns find what they would find in each alone, and stop nothing."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from worker_widget.store import pattern as pattern_module
from worker_widget.store.log_search import LogSearch, PatternError
from worker_widget.store.marks import marks
from worker_widget.store.pattern import SlowPattern, pattern

ATOMS = [
    *(
        "a",
        "b",
        r"\d",
        r"\s",
        r"\w",
        r"\W",
        "[^a]",
        "[a-c]",
        ".",
        "^",
        "$",
        r"\b",
        r"\.",
        "(a|b)",
        r"(?:ab|\s)",
    ),
    *("[^b]*", r"\s*", r"\S", "(a*)*", "a{2}", r"\D+?", "-", " ", "|", "(?=b)", "(?<!a)", "(?i:A)", r"\Z"),
    *(r"(?!\s)", r"(?<=\s|^)", r"(?<!\S)", "(?=[^b]*$)", r"(?!.*\W)", r"(?<=[^a-c]\D)", "(?=(?!x)a*b)"),
    *("(?P<one>a|b)", r"(?=[\sx])", r"(?<=\n)", r"[^\S]", "(?i)", r"\p{L}", r"(?=\P{L})"),
]
REPEATS = ["", "", "*", "+", "?", "{1,2}", "*?", "++"]


@settings(max_examples=400)
@given(
    st.lists(st.tuples(st.sampled_from(ATOMS), st.sampled_from(REPEATS)), min_size=1, max_size=5),
    st.lists(st.text("aabc1. -\nx", max_size=6), max_size=9),
    st.booleans(),
)
def test_messages_together_match_as_each_alone(
    parts: list[tuple[str, str]], messages: list[str], case_sensitive: bool
) -> None:
    text = "".join(atom + repeat for atom, repeat in parts)
    try:
        made = pattern(text, case_sensitive)
    except PatternError:
        return
    flags = regex.MULTILINE | (0 if case_sensitive else regex.IGNORECASE)
    alone = regex.compile(text, flags)
    assert made.matching(messages) == [n for n, message in enumerate(messages) if alone.search(message)]


@given(st.text(max_size=30))
def test_any_text_is_a_pattern_or_is_refused_in_words(text: str) -> None:
    refused = ""
    try:
        pattern(text, False).matching(["some words", ""])
    except PatternError as error:
        refused = str(error)
    assert refused == "" or refused.startswith("The pattern ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a(b", "at column 4"),
        ("[z-a]", "bad character range"),
        ("x{3000000000}", "at column 2"),
        ("((a{300}){300}){300}", "at column 10"),
        ("(" * 2_000 + ")" * 2_000, "shorten it"),
        ("a" * 1_001, "1,000 characters"),
    ],
)
def test_a_pattern_that_cannot_be_used_says_where(text: str, says: str) -> None:
    with pytest.raises(PatternError, match=says):
        pattern(text, False)


def test_braces_that_are_text_are_no_repeats() -> None:
    assert pattern(r"\{30000\}", False).matching(["{30000}", "30000"]) == [0]


@pytest.mark.parametrize("text", ["(a+)+$b", "(a|aa)+[bc]", "(?=(a|aa)+c)"])
def test_a_pattern_that_never_ends_names_the_message(text: str) -> None:
    with pytest.raises(SlowPattern) as slow:
        pattern(text, False).matching(["fine", "b" * 10, "a" * 3_000])
    assert slow.value.index == 2


def test_one_that_is_slow_for_all_together_is_asked_for_each() -> None:
    messages = ["x" + "y" * 40] * 300 + ["x Q"]
    assert pattern("(?:x[^q]*)*[QW]", True).matching(messages) == [300]


@pytest.mark.parametrize(
    "text", [r"(?<!x)needle(?=\s|$)", "^(?!.*hay)", r"(?P<it>needle)", r"\p{Lu}", "(?i)NEEDLE"]
)
def test_what_only_sees_its_own_line_is_looked_for_in_many_at_once(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = pattern(text, True)
    monkeypatch.setattr(made, "_separate", None)
    assert 2 in made.matching(["hay", "more hay", "A needle"])


def test_a_long_message_is_searched_without_the_interpreters_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    made = pattern("needle", False)
    asked: list[bool] = []
    search = made._separate.search

    class Asked:
        def search(self, message: str, *, timeout: float, concurrent: bool) -> object:
            asked.append(concurrent)
            return search(message, timeout=timeout, concurrent=concurrent)

    monkeypatch.setattr(made, "_separate", Asked())
    long = "x" * (pattern_module._LONG_CHARS + 1)
    assert made.matching([long + "needle", "a needle"]) == [0, 1]
    assert asked[0] is True


@pytest.mark.parametrize(
    ("search", "message", "found"),
    [
        (LogSearch(text="ab"), "Ab xx aB", ["Ab", "aB"]),
        (LogSearch(text="AB", case_sensitive=True), "Ab AB", ["AB"]),
        (LogSearch(text="größe"), "GRÖßE und größe", ["GRÖßE", "größe"]),
        (LogSearch(text="aa"), "aaaaa", ["aa", "aa"]),
        (LogSearch(text=""), "any", []),
        (LogSearch(text=r"\d+", regex=True), "1 22 x", ["1", "22"]),
        (LogSearch(text="x*", regex=True), "axxb", ["xx"]),
        (LogSearch(text="^b", regex=True), "a\nb", ["b"]),
        (LogSearch(text="İ"), "İ i", ["İ"]),
    ],
)
def test_marks_are_where_it_occurs(search: LogSearch, message: str, found: list[str]) -> None:
    assert [message[start:end] for start, end in marks(search, message)] == found


def test_marking_gives_up_on_a_slow_pattern() -> None:
    with pytest.raises(TimeoutError):
        marks(LogSearch(text="(a+)+$b", regex=True), "a" * 3_000)
