"""Progress bars and the like: what a terminal shows at the end is what is left."""

from __future__ import annotations

from itertools import groupby

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker_widget.events import decode
from worker_widget.state.ansi import pieces, plain
from worker_widget.state.incident import IncidentBook
from worker_widget.state.log_line import log_line
from worker_widget.state.overwriting import overwritten
from worker_widget.state.terminal_text import harmless

E = "\x1b["


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain", "plain"),
        ("0 %\r50 %\r100 %", "100 %"),
        ("0 %\r50 %\r100 %\r", "100 %"),
        ("long line\rshort", "shortline"),
        (f"long line\r{E}Kshort", "short"),
        (f"long line\r{E}2Kshort", "short"),
        ("abc\b\bX", "aXc"),
        ("\b\bab", "ab"),
        ("Working |\b/\b-\b\\\bdone", "Working done"),
        ("first\r\nsecond\r\n", "first\r\nsecond\r\n"),
        ("a\r\r\nb", "a\r\r\nb"),
        ("a\n1\r2\nb", "a\n2\nb"),
        (f"abcdef{E}3D{E}0KX", "abcX"),
        (f"abc\r{E}2Cx", "abx"),
        (f"abc{E}1Gx\b\b", "xbc"),
        (f"abc{E}{'9' * 5_000}DX", "Xbc"),
        (f"abc{E}{'0' * 5_000}2DX", "aXc"),
        ("a" + "\r" * 50_000 + "\nb", "a" + "\r" * 50_000 + "\nb"),
        ("cafe\u0301\rC", "Cafe\u0301"),
        ("1 %\r2 %\x1b[2", "2 %"),
        ("done\x1b", "done"),
        ("done\x1b]0;a tit", "done"),
        ("▏    ▕ 0 %\r▏██  ▕ 50 %", "▏██  ▕ 50 %"),
    ],
)
def test_what_is_written_over_is_gone(written: str, shown: str) -> None:
    assert plain(overwritten(written)) == shown


def test_a_sequence_moves_no_further_than_a_terminal_is_wide() -> None:
    assert plain(overwritten(f"a\r{E}999999999999Cx")) == "a" + " " * 9_999 + "x"


def test_what_is_left_keeps_its_colours() -> None:
    written = f"{E}31mred bar{E}0m\r{E}1;92mdone{E}0m"
    assert [tuple(piece) for piece in pieces(overwritten(written))] == [
        ("done", "bold fg-bright-green"),
        ("bar", "fg-red"),
    ]


CHARS = st.lists(st.sampled_from(["a", "b", "é", " ", "\r", "\b", "\n"]), max_size=40).map("".join)


@given(CHARS)
def test_it_shows_what_a_screen_shows(written: str) -> None:
    lines = []
    for line in written.split("\n"):
        screen: dict[int, str] = {}
        at = 0
        for char in line:
            if char == "\r":
                at = 0
            elif char == "\b":
                at = max(0, at - 1)
            else:
                screen[at] = char
                at += 1
        lines.append("".join(screen[column] for column in sorted(screen)))
    assert overwritten(written).replace("\r", "") == "\n".join(lines)
    assert overwritten(overwritten(written)) == overwritten(written)


@given(st.lists(st.sampled_from([f"{E}31m", f"{E}0m", f"{E}1m", "a", "b", "\r", f"{E}K", "\b"]), max_size=30))
def test_neighbours_differ_in_style(parts: list[str]) -> None:
    found = [tuple(piece) for piece in pieces(overwritten("".join(parts)))]
    assert [style for style, _ in groupby(style for _, style in found)] == [style for _, style in found]


def test_a_progress_bar_is_one_line_in_a_terminal_and_in_the_log() -> None:
    bar = "0 %\r50 %\r100 %"
    assert harmless(bar) == "100 %"
    line = log_line(decode(msgspec.json.encode({"type": "log", "data": {"message": bar}})), IncidentBook())
    assert line is not None
    assert (line.message, line.styled) == ("100 %", None)
