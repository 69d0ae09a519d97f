"""Terminal control sequences in messages: what is left as text, and with which styles."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker_widget.console.channel.log_window import styled_pieces
from worker_widget.state.ansi import nearest, pieces, plain

E = "\x1b["


@pytest.mark.parametrize(
    ("wording", "reported"),
    [
        ("plain", [("plain", "")]),
        (f"cut off{E}38;5", [("cut off", "")]),
        (f"{E}31mred{E}0m rest", [("red", "fg-red"), (" rest", "")]),
        (f"a{E}1;4;96mb{E}22mc{E}mx", [
            ("a", ""), ("b", "bold underline fg-bright-cyan"), ("c", "underline fg-bright-cyan"), ("x", ""),
        ]),
        (f"{E}2;3;9;7mx", [("x", "dim italic strike inverse")]),
        (f"{E}44m{E}97mx{E}49my{E}39mz", [
            ("x", "fg-bright-white bg-blue"), ("y", "fg-bright-white"), ("z", ""),
        ]),
        (f"{E}38;5;196mx", [("x", "fg-bright-red")]),
        (f"{E}48;5;3;1mx", [("x", "bold bg-yellow")]),
        (f"{E}38;5;238mx", [("x", "fg-bright-black")]),
        (f"{E}38;2;10;200;5;1mx", [("x", "bold fg-green")]),
        (f"{E}38:2::250:250:250mx", [("x", "fg-bright-white")]),
        (f"{E}58;5;1;3mx", [("x", "italic")]),
        (f"{E}4:3mx{E}4:0my", [("x", "underline"), ("y", "")]),
        (f"{E}38;5mx{E}38;2;1mx{E}38mx{E}38;5;999mx", [("xxxx", "")]),
        (f"{E}31mone{E}0m{E}31m two", [("one two", "fg-red")]),
        (f"{E}31m{E}32m", []),
        (f"up{E}2Aclear{E}2K{E}?25lgo{E}>4;1m", [("upcleargo", "")]),
        ("\x1b]8;;https://a.b\x1b\\link\x1b]8;;\x1b\\ and \x1b]0;title\x07text", [("link and text", "")]),
        ("\x1b]8;;https://a.example", []),
        ("\x1b]52;never\nended", [("\nended", "")]),
        ("\x1bPq#0\x1b\\a\x1b(Bb\x1b7c\x1b", [("abc", "")]),
        ("\x9b32mgreen", [("green", "fg-green")]),
        ("tab\tline\r\nbell\x07", [("tab\tline\r\nbell\x07", "")]),
    ],
)  # fmt: skip
def test_only_colours_and_attributes_mean_anything(wording: str, reported: list[tuple[str, str]]) -> None:
    assert [tuple(piece) for piece in pieces(wording)] == reported
    assert plain(wording) == "".join(text for text, _ in reported)


PARTS = st.sampled_from(
    [
        "\x1b",
        "[",
        "]",
        "m",
        ";",
        ":",
        "38",
        "5",
        "2",
        "0",
        "1",
        "\x07",
        "\\",
        "text",
        "ß\n",
        "\x9b",
        "P",
        "99999",
    ]
)


@settings(max_examples=300)
@given(st.one_of(st.text(), st.lists(PARTS, max_size=20).map("".join)))
def test_any_text_has_pieces_that_are_its_plain_text(wording: str) -> None:
    reported = list(pieces(wording))
    assert "".join(text for text, _ in reported) == plain(wording)
    assert all(text for text, _ in reported)
    assert all(one.style != other.style for one, other in pairwise(reported))
    assert "\x1b" not in plain(wording)


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((0, 0, 0), "black"),
        ((255, 255, 255), "bright-white"),
        ((10, 10, 220), "blue"),
        ((120, 130, 125), "bright-black"),
    ],
)
def test_a_true_colour_becomes_the_nearest_of_sixteen(rgb: tuple[int, int, int], name: str) -> None:
    assert nearest(*rgb) == name


@given(
    st.lists(
        st.tuples(st.text("ab ", min_size=1, max_size=4), st.sampled_from(["0", "1", "31"])), max_size=6
    ),
    st.lists(st.integers(0, 24), max_size=6),
    st.integers(0, 24),
)
def test_marks_cut_the_pieces_and_lose_no_text(
    wording: list[tuple[str, str]], places: list[int], shown: int
) -> None:
    styled = "".join(f"{E}{code}m{text}" for text, code in wording)
    message = plain(styled)[:shown]
    cuts = sorted({min(place, len(message)) for place in places})
    marked = list(zip(cuts[::2], cuts[1::2], strict=False))
    reported = list(styled_pieces(message, styled, marked))
    assert "".join(text for text, _ in reported) == message
    styles = [style.split() for text, style in reported for _ in text]
    assert [n for n, style in enumerate(styles) if "match" in style] == [
        n for start, end in marked for n in range(start, end)
    ]
