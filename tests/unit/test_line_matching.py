"""Literal texts are found in many messages at once exactly where each message has them."""

from __future__ import annotations

from itertools import accumulate

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from worker_widget.state.normal_forms import normal_forms
from worker_widget.store.blocks.block import LINES
from worker_widget.store.blocks.columns import encoded, table
from worker_widget.store.line_filter import LineFilter
from worker_widget.store.line_matching import line_counts, matching
from worker_widget.store.log_search import LogSearch, case_pairs, lowered
from worker_widget.store.marks import folded, marks
from worker_widget.store.pattern import pattern
from worker_widget.store.text_places import text_places

LETTERS = "aAb[ \n\x1b\0ßẞäÄσςſK\u212aå\u212bée\u0301\ud800"
MESSAGES = st.lists(st.text(LETTERS, max_size=8), max_size=8)
SEARCHES = st.builds(LogSearch, text=st.text(LETTERS, max_size=3), case_sensitive=st.booleans())


def naive(search: LogSearch, message: str) -> bool:
    message = encoded(message).decode()
    forms = normal_forms(encoded(search.text).decode())
    if search.case_sensitive:
        return any(form in message for form in forms)
    return any(lowered(form) in folded(message, lowered(form)) for form in forms)


def joined(messages: list[str]) -> bytes:
    return b"".join(encoded(message) + b"\n" for message in messages)


@settings(max_examples=300)
@given(st.text("aAbB@`[{\0 ", max_size=40), st.text("aAbB@`[{\0 ", min_size=1, max_size=20), st.booleans())
def test_a_text_is_found_at_each_of_its_places(content: str, text: str, ignoring_case: bool) -> None:
    if ignoring_case:
        text = text.lower()
    whole = content.lower() if ignoring_case else content
    expected = [at for at in range(len(whole)) if whole.startswith(text, at)]
    assert text_places(content.encode(), text.encode(), ignoring_case).tolist() == expected


@settings(max_examples=300)
@given(st.binary(min_size=1, max_size=30), st.integers(0, 5_000), st.sampled_from([b"x", b"ab", b"\n", b""]))
def test_a_text_is_found_in_any_content(text: bytes, before: int, filling: bytes) -> None:
    content = filling * before + text + filling * 3
    assert content.find(text) == text_places(content, text)[0]


@pytest.mark.parametrize("case_sensitive", [True, False])
@pytest.mark.parametrize("searched", ["caf\u00e9", "cafe\u0301"])
@pytest.mark.parametrize("written", ["a caf\u00e9", "a cafe\u0301"])
def test_a_text_is_found_in_either_normal_form(searched: str, written: str, case_sensitive: bool) -> None:
    search = LogSearch(text=searched, case_sensitive=case_sensitive)
    assert line_counts(search, None, [joined(["none", written])], [2]) == [1]
    assert marks(search, written) == [(2, len(written))]
    both = "caf\u00e9 cafe\u0301 caf\u00e9"
    assert marks(search, both) == [(0, 4), (5, 10), (11, 15)]


@settings(max_examples=400)
@given(st.lists(MESSAGES, max_size=4), SEARCHES)
def test_the_lines_of_several_blocks_are_counted_as_each_line(
    logs: list[list[str]], search: LogSearch
) -> None:
    counts = line_counts(search, None, [joined(log) for log in logs], [len(log) for log in logs])
    for log, count in zip(logs, counts, strict=True):
        if count is not None:
            assert count == sum(naive(search, message) for message in log)


@settings(max_examples=200)
@given(st.lists(st.lists(st.text("ab1", max_size=5), max_size=8), max_size=4))
def test_a_pattern_counts_the_lines_of_several_blocks(logs: list[list[str]]) -> None:
    search = LogSearch(text=r"a\d|^b", regex=True)
    counts = line_counts(
        search, pattern(search.text, False), [joined(log) for log in logs], [len(log) for log in logs]
    )
    for log, count in zip(logs, counts, strict=True):
        if count is not None:
            assert count == sum(bool(regex.search(search.text, message)) for message in log)


@settings(max_examples=400)
@given(MESSAGES, st.frozensets(SEARCHES, max_size=2), st.tuples(st.integers(0, 8), st.integers(0, 8)))
def test_the_lines_of_a_block_are_found_as_each_line(
    messages: list[str], searches: frozenset[LogSearch], wanted: tuple[int, int]
) -> None:
    lines = table(LINES, [(n, 1, None, None, len(encoded(text))) for n, text in enumerate(messages)])
    first, last = sorted(min(end, len(messages)) for end in wanted)
    passing = [all(naive(search, message) for search in searches) for message in messages[first:last]]
    found = matching(
        joined(messages),
        lambda: lines,
        LineFilter(searches=searches),
        [],
        slice(first, last),
        lambda stages: (),
    )
    assert found == sum(passes << index for index, passes in enumerate(passing))


def test_letters_are_equal_as_in_patterns_that_ignore_case() -> None:
    letters = [chr(code) for code in range(128, 0x30000) if not 0xD800 <= code < 0xE000]
    cased = [letter for letter in letters if len({letter.lower(), letter.upper(), letter.casefold()}) > 1]
    text = "".join(cased)
    for letter in cased:
        low = lowered(letter)
        assert {low} | {variant for variant, _ in case_pairs(low)} == set(
            regex.findall(regex.escape(letter), text, regex.IGNORECASE)
        )


@pytest.mark.parametrize(
    ("text", "message", "found"),
    [("straße", "STRAẞE", ["STRAẞE"]), ("ẞ", "ß ẞ ss", ["ß", "ẞ"]), ("Σ", "ὅσος", ["σ", "ς"])],
)
def test_letters_with_several_forms_are_found_in_all(text: str, message: str, found: list[str]) -> None:
    search = LogSearch(text=text)
    assert line_counts(search, None, [joined([message]), joined(["x"])], [1, 1])[1] == 0
    assert [message[start:end] for start, end in marks(search, message)] == found
    assert naive(search, message)


def test_a_match_never_crosses_two_blocks() -> None:
    blocks = [joined(["nee"]), joined(["dle", "needle"]), joined([]), joined(["needle needle", "needle"])]
    ends = list(accumulate(map(len, blocks)))
    assert ends[0] == 4
    search = LogSearch(text="needle", case_sensitive=True)
    assert line_counts(search, None, blocks, [1, 2, 0, 2]) == [0, 1, 0, 2]
