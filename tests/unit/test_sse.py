"""The event stream decoder against the examples and rules of the WHATWG HTML standard."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker_widget.events.sse import Frame, SSEDecoder

RECORDINGS = sorted((Path(__file__).parents[1] / "recordings").glob("*.sse"))


def decode(stream: bytes) -> list[Frame]:
    return SSEDecoder().feed(stream)


def in_pieces(stream: bytes, cuts: list[int]) -> list[Frame]:
    decoder = SSEDecoder()
    places = [0, *sorted(cuts), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(places)]
    return [frame for piece in pieces for frame in decoder.feed(piece)]


# --- the examples of the standard -------------------------------------------------------------------


def test_example_stock_ticker() -> None:
    assert decode(b"data: YHOO\ndata: +2\ndata: 10\n\n") == [Frame("message", b"YHOO\n+2\n10")]


def test_example_four_blocks_with_a_comment_and_ids() -> None:
    decoder = SSEDecoder()
    frames = decoder.feed(
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"
    )
    assert frames == [
        Frame("message", b"first event", "1"),
        Frame("message", b"second event", ""),
        Frame("message", b" third event"),
    ]
    assert decoder.last_event_id == ""
    assert decoder.comments == 1


def test_example_empty_data_lines() -> None:
    assert decode(b"data\n\ndata\ndata\n\ndata:") == [Frame("message", b""), Frame("message", b"\n")]


def test_example_the_space_after_the_colon() -> None:
    assert decode(b"data:test\n\ndata: test\n\n") == [Frame("message", b"test"), Frame("message", b"test")]


def test_example_named_events() -> None:
    stream = b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\ndata: 1\n\n"
    assert [(frame.name, frame.data) for frame in decode(stream)] == [
        ("add", b"73857293"),
        ("remove", b"2153"),
        ("message", b"1"),
    ]


# --- its rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_each_line_end(end: bytes) -> None:
    stream = end.join([b"event: log", b"data: a", b"data: b", b"", b"data: c", b"", b""])
    assert decode(stream) == [Frame("log", b"a\nb"), Frame("message", b"c")]


def test_mixed_line_ends() -> None:
    assert decode(b"event: log\rdata: a\r\ndata: b\n\r\n") == [Frame("log", b"a\nb")]


def test_a_cr_dispatches_at_once_and_its_lf_does_not_dispatch_again() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(b"data: a\r\n\r") == [Frame("message", b"a")]
    assert decoder.feed(b"\n") == []
    assert decoder.feed(b"data: b\r\n\r\n") == [Frame("message", b"b")]


@pytest.mark.parametrize("char", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"])
def test_no_other_character_ends_a_line(char: str) -> None:
    assert decode(f"data: a{char}b\n\n".encode()) == [Frame("message", f"a{char}b".encode())]


def test_a_byte_order_mark_is_skipped_only_at_the_start() -> None:
    bom = "\ufeff".encode()
    assert decode(bom + b"data: a\n\n") == [Frame("message", b"a")]
    assert decode(bom + bom + b"data: a\n\n") == []
    assert decode(b"data: a\n\n" + bom + b"data: b\n\n") == [Frame("message", b"a")]
    assert decode(b"data: " + bom + b"\n\n") == [Frame("message", bom)]


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    (frame,) = decode(b"event: l\xffg\ndata: a\xe2\x82\nid: \xfe\n\n")
    assert frame == Frame("l\ufffdg", "a\ufffd".encode(), "\ufffd")


def test_a_block_without_data_is_no_event_but_its_id_counts() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(b"event: log\nid: 7\n\n") == []
    assert decoder.last_event_id == "7"
    assert decoder.feed(b"data: a\n\n") == [Frame("message", b"a", None)]


def test_an_event_without_its_own_id_is_not_numbered_though_the_last_id_stays() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(b"id: 1\ndata: a\n\ndata: b\n\n") == [
        Frame("message", b"a", "1"),
        Frame("message", b"b"),
    ]
    assert decoder.last_event_id == "1"


def test_an_id_counts_once_its_block_is_complete() -> None:
    decoder = SSEDecoder("41")
    decoder.feed(b"id: 42\ndata: a\n")
    assert decoder.last_event_id == "41"
    decoder.feed(b"\n")
    assert decoder.last_event_id == "42"


def test_an_id_with_nul_is_ignored() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(b"id: 1\nid: 2\x003\ndata: a\n\n") == [Frame("message", b"a", "1")]
    assert decoder.last_event_id == "1"


@pytest.mark.parametrize(
    ("line", "retry_ms"),
    [
        (b"retry: 1000", 1000),
        (b"retry:0", 0),
        (b"retry: 1.5", None),
        (b"retry: -1", None),
        (b"retry:  10", None),
        ("retry: ٣".encode(), None),
        (b"retry", None),
        (b"retry: " + b"9" * 5000, None),
        (b"Retry: 5", None),
    ],
)
def test_retry_is_digits_only(line: bytes, retry_ms: int | None) -> None:
    decoder = SSEDecoder()
    assert decoder.feed(line + b"\n\n") == []
    assert decoder.retry_ms == retry_ms


@pytest.mark.parametrize("line", [b"foo: bar", b"datax: 1", b"DATA: 1", b" data: 1", b"da ta:1", b"x"])
def test_unknown_fields_are_ignored(line: bytes) -> None:
    assert decode(line + b"\ndata: a\n\n") == [Frame("message", b"a")]
    assert decode(line + b"\n\n") == []


def test_only_the_first_colon_separates() -> None:
    assert decode(b"event: a:b\ndata: c: d\ndata::e\n\n") == [Frame("a:b", b"c: d\n:e")]


def test_an_empty_event_name_is_message() -> None:
    assert decode(b"event: log\nevent:\ndata: a\n\n") == [Frame("message", b"a")]


def test_the_last_event_name_of_a_block_counts_and_does_not_outlive_it() -> None:
    assert decode(b"event: a\nevent: b\ndata: 1\n\nevent: c\n\ndata: 2\n\n") == [
        Frame("b", b"1"),
        Frame("message", b"2"),
    ]


def test_comments_are_counted_and_dispatch_nothing() -> None:
    decoder = SSEDecoder()
    decoder.feed(b"id: 3\ndata: a\n\n")
    assert decoder.feed(b": keepalive\n\n:\n\n") == []
    assert decoder.comments == 2


def test_a_comment_inside_a_block_does_not_disturb_it() -> None:
    assert decode(b"data: a\n: keepalive\ndata: b\n\n") == [Frame("message", b"a\nb")]


def test_an_incomplete_last_block_is_discarded() -> None:
    assert decode(b"data: a\n\ndata: b\n") == [Frame("message", b"a")]
    assert decode(b"data: a\n\ndata: b") == [Frame("message", b"a")]


# --- any cut of the bytes -----------------------------------------------------------------------------

WHOLE = (
    "\ufeffid: é1\r\nevent: log\r\ndata: ü\u2028\r\rdata: b\n: c\n\nretry: 5\r\n\r\ndata\r\ndata:\n\n"
).encode()


@pytest.mark.parametrize("cut", range(len(WHOLE) + 1))
def test_a_cut_at_every_byte(cut: int) -> None:
    assert (
        in_pieces(WHOLE, [cut])
        == decode(WHOLE)
        == [
            Frame("log", "ü\u2028".encode(), "é1"),
            Frame("message", b"b"),
            Frame("message", b"\n"),
        ]
    )


def test_byte_by_byte() -> None:
    assert in_pieces(WHOLE, list(range(len(WHOLE)))) == decode(WHOLE)


@given(
    st.lists(
        st.sampled_from(
            [
                *(b"data: x", b"data", b"event: e", b"id: 1", b"id", b":c", b"retry: 9", b"a", b""),
                *(b"\r", b"\n", b"\r\n", b"\n\n", "data: é\u2028".encode(), b"\xef\xbb\xbf", b"\xff"),
            ]
        ),
        max_size=40,
    ),
    st.lists(st.integers(0, 200), max_size=30),
)
def test_any_chunking_gives_the_same_frames(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(parts)
    assert in_pieces(stream, [min(cut, len(stream)) for cut in cuts]) == decode(stream)


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
@given(data=st.data())
def test_any_chunking_of_a_recording_gives_the_same_frames(recording: Path, data: st.DataObject) -> None:
    stream = recording.read_bytes()
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=50))
    frames = in_pieces(stream, cuts)
    assert len(frames) == stream.count(b"\ndata: ")
    assert frames == decode(stream)


@given(
    st.lists(
        st.builds(
            Frame,
            st.text("abc_é", min_size=1, max_size=8),
            st.text(st.characters(blacklist_characters="\r", codec="utf-8"), max_size=30).map(str.encode),
            st.none() | st.text("0123456789é", max_size=5),
        ),
        max_size=8,
    )
)
def test_what_a_server_writes_is_what_is_read(frames: list[Frame]) -> None:
    stream = b""
    for frame in frames:
        if frame.id is not None:
            stream += f"id: {frame.id}\n".encode()
        stream += f"event: {frame.name}\n".encode()
        stream += b"".join(b"data: " + line + b"\n" for line in frame.data.split(b"\n")) + b"\n"
    assert decode(stream) == frames


def test_a_line_of_megabytes_in_small_chunks() -> None:
    text = b"x" * 1000
    decoder = SSEDecoder()
    decoder.feed(b"event: artifact_created\ndata: ")
    for _ in range(8_000):
        assert decoder.feed(text) == []
    (frame,) = decoder.feed(b"\n\n")
    assert frame == Frame("artifact_created", text * 8_000)


# --- bounds -----------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 400), max_size=8))
def test_an_event_that_is_too_long_is_left_out_wherever_it_is_cut(cuts: list[int]) -> None:
    kept = b"id: 1\ndata: before\n\n"
    one_line = b"id: 2\ndata: " + b"x" * 100 + b"\n\n"
    many_lines = b"id: 3\n" + b"data: y\n" * 20 + b"\n"
    comment = b":" + b"z" * 100 + b"\n"
    stream = kept + one_line + many_lines + comment + b"\n" + b"data: after\r\n\r\n"
    decoder = SSEDecoder(most_bytes=50)
    places = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    frames = [frame for start, end in pairwise(places) for frame in decoder.feed(stream[start:end])]
    assert frames == [Frame("message", b"before", "1"), Frame("message", b"after")]
    assert decoder.last_event_id == "3", "a reconnect does not ask for them again"
    assert decoder.left_out in (2, 3), "a comment that comes in one piece needs no memory"


def test_a_line_without_end_is_counted_once_and_not_kept() -> None:
    decoder = SSEDecoder(most_bytes=1_000)
    for _ in range(1_000):
        assert decoder.feed(b"data" * 25) == []
        assert decoder.unfinished_bytes <= 1_000
    assert decoder.left_out == 1
    assert decoder.feed(b"\n\ndata: after\n\n") == [Frame("message", b"after")]


def test_an_id_that_fits_no_header_is_ignored() -> None:
    assert decode(b"id: " + b"1" * 5_000 + b"\ndata: a\n\n") == [Frame("message", b"a")]


@given(
    st.lists(
        st.sampled_from(
            [
                *(b"id: 1\nevent: log\ndata: a\n\n", b"event: log\ndata: b: c\n\n", b"data: d\n\n"),
                *(b"id: 2\nevent: log\ndata: a\0\n\n", b"id: 3\0\nevent: log\ndata: \n\n", b": c\n\n"),
                *(b"id: \nevent: x\ndata: e\n\n", "event: é\ndata: ü\u2028\n\n".encode(), b"id: 4\n\n"),
                *(b"event: log\ndata: \xff\n\n", b"event: log\ndata: a\ndata: b\n\n", b"\n", b"data: f\n"),
                *(
                    b"id: " + b"9" * 1_001 + b"\nevent: log\ndata: g\n\n",
                    b"event: log\ndata: h\nretry: 5\n\n",
                ),
            ]
        ),
        max_size=12,
    ),
    st.lists(st.integers(0, 400), max_size=6),
)
def test_blocks_that_are_read_at_once_are_those_read_line_by_line(
    blocks: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(blocks)
    by_line, at_once = SSEDecoder(), SSEDecoder()
    frames = by_line.feed(stream.replace(b"\n", b"\r\n"))
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    assert [frame for start, end in pairwise(places) for frame in at_once.feed(stream[start:end])] == frames
    assert at_once.last_event_id == by_line.last_event_id
    assert (at_once.comments, at_once.retry_ms) == (by_line.comments, by_line.retry_ms)


def test_an_event_that_is_too_long_is_left_out_of_blocks_that_are_read_at_once() -> None:
    decoder = SSEDecoder(most_bytes=40)
    stream = b"event: a\ndata: 1\n\nevent: b\ndata: " + b"2" * 50 + b"\n\nevent: c\ndata: 3\n\n"
    frames = [
        frame for start in range(0, len(stream), 30) for frame in decoder.feed(stream[start : start + 30])
    ]
    assert [frame.name for frame in frames] == ["a", "c"]
    assert decoder.left_out == 1
