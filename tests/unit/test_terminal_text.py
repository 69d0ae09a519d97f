"""Text of a worker for a terminal: it acts on nothing, and is as wide as it says."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker_widget.state.terminal_text import fitted, harmless, width

SPECIAL = "\x1b[]m0;\x07\x9b\x00\u202e\u2066\u200b\ud800a 中"
ANY = st.text(st.characters(), max_size=40) | st.text(SPECIAL, max_size=40)
DIRECTIONS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
JOINER = "\u200d"


@given(ANY)
def test_no_character_acts_on_a_terminal(text: str) -> None:
    shown = harmless(text)
    shown.encode()
    for char in shown:
        assert unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(char) not in DIRECTIONS
    assert harmless(shown) == shown


@given(ANY, st.integers(1, 30))
def test_text_fits_into_its_columns(text: str, columns: int) -> None:
    assert width(fitted(harmless(text), columns)) == columns


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("nul \x00 bell \x07", "nul ␀ bell ␇"),
        ("gnp\u202eexe", "gnp<U+202E>exe"),
        ("zero\u200bwidth", "zero<U+200B>width"),
        ("a family: 👩\u200d👧", f"a family: 👩{JOINER}👧"),
        ("half \ud83d", "half \ufffd"),
    ],
)
def test_what_is_shown_instead(text: str, shown: str) -> None:
    assert harmless(text) == shown
