"""Artifacts as files, in rows, and in a sandbox."""

from __future__ import annotations

import base64
import os
import re
import unicodedata
from contextlib import closing
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.shown import RUN, ShownRun
from tests.unit.test_render import ATTACKS, Document
from tests.unit.test_store import begin, created, delta, started
from worker_widget.artifacts.notebook_output import MOST_EMBEDDED_CHARS, artifact_html, inert
from worker_widget.artifacts.render import highlight_source
from worker_widget.artifacts.summary_table import artifacts_html
from worker_widget.artifacts.text_rows import ROW_CHARS, TextRows
from worker_widget.console.channel import artifact_cursor, snapshot
from worker_widget.console.channel.artifact_cursor import ArtifactCursor
from worker_widget.console.requests import artifact_texts, handlers
from worker_widget.console.requests.artifact_texts import ArtifactTexts
from worker_widget.console.wire import WatchedArtifact
from worker_widget.errors import FilesExist, RunUnknown
from worker_widget.events import ArtifactCreated, Event, make
from worker_widget.events.artifact_bytes import file_bytes
from worker_widget.events.file_names import MOST_BYTES, safe_names
from worker_widget.runs.saving import save_files
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import Artifact
from worker_widget.store.event_store import EventStore

# --- names and files -------------------------------------------------------------------------------

NAMES = st.text(
    alphabet=st.one_of(st.sampled_from('../\\:*?"<>|~ \0\n\u202eAaÄäß.-_1'), st.characters()), max_size=40
)


@given(st.lists(st.one_of(NAMES, st.sampled_from(["con", "NUL.txt", "..", ".ssh", "a" * 400 + ".md"]))))
def test_any_names_become_different_files_of_one_folder(files: list[str]) -> None:
    names = safe_names(files)
    assert set(names) == set(files)
    for name in names.values():
        assert os.path.basename(name) == name
        assert "\\" not in name
        assert not name.startswith(".")
        assert not name.endswith((".", " "))
        assert len(name.encode()) <= MOST_BYTES + 20
        assert name.partition(".")[0].rstrip().lower() not in ("con", "prn", "aux", "nul", "com1", "lpt9")
        assert not any(unicodedata.category(letter) == "Cc" for letter in name)
    assert len({name.casefold() for name in names.values()}) == len(names)


def test_an_ordinary_name_stays_as_it_is() -> None:
    ordinary = ["landing.html", "Über uns.md", "a-b_c (2).json", "日本.txt", "console.log"]
    assert list(safe_names(ordinary).values()) == ordinary


def test_nothing_is_overwritten_unasked_and_nothing_is_written_before_that_is_known(tmp_path: Path) -> None:
    old, new, link = tmp_path / "old.md", tmp_path / "new.md", tmp_path / "link.md"
    old.write_text("mine")
    link.symlink_to(tmp_path / "nowhere")
    files = {path: (lambda: b"theirs") for path in (new, old, link)}
    with pytest.raises(FilesExist, match="overwrite=True") as refused:
        save_files(files, overwrite=False)
    assert refused.value.paths == (old, link)
    assert str(old) in str(refused.value)
    assert isinstance(refused.value, FileExistsError)
    assert not new.exists()
    assert save_files(files, overwrite=True) == [new, old, link]
    assert old.read_text() == link.read_text() == "theirs"
    assert not link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.md", "new.md", "old.md"]


def test_a_file_that_appears_meanwhile_is_named_and_kept_and_the_others_are_saved(tmp_path: Path) -> None:
    first, second, third, fourth = paths = [tmp_path / f"{n}.md" for n in "abcd"]

    def meanwhile() -> bytes:
        second.write_text("mine")
        fourth.write_text("mine too")
        return b"theirs"

    files = {first: meanwhile, second: lambda: b"theirs", third: lambda: b"theirs", fourth: lambda: b"theirs"}
    with pytest.raises(FilesExist) as refused:
        save_files(files, overwrite=False)
    assert refused.value.paths == (second, fourth)
    assert str(refused.value) == (
        "2 files were saved; 2 were not, because another process made files there at the same time: "
        f"{second}, {fourth}. Choose another folder or name, or overwrite them with overwrite=True."
    )
    assert [path.read_text() for path in paths] == ["theirs", "mine", "theirs", "mine too"]


def test_what_cannot_be_written_to_its_end_leaves_no_piece_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def on_a_full_disk(path: Path, *options: Any) -> Any:
        return Full(opened(path, *options))

    class Full:
        def __init__(self, file: Any) -> None:
            self.file = file

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def write(self, content: bytes) -> None:
            self.file.write(content[:2])
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", on_a_full_disk)
    with pytest.raises(OSError, match="No space"):
        save_files({tmp_path / "a.md": lambda: b"theirs"}, overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_what_is_encoded_is_saved_as_what_it_stands_for() -> None:
    encoded = base64.b64encode(b"\x89PNG...").decode()
    assert file_bytes("a.png", encoded) == b"\x89PNG..."
    assert file_bytes("a.PNG", f"data:image/png;base64,{encoded}\n") == b"\x89PNG..."
    assert file_bytes("a.gif", "data:image/gif,%47IF8") == b"GIF8"
    assert file_bytes("a.png", "no base64!") == b"no base64!"
    assert file_bytes("a.txt", encoded) == encoded.encode()
    assert file_bytes("png", "ü\ud800") == b"\xc3\xbc\xed\xa0\x80"


# --- rows ------------------------------------------------------------------------------------------


def plainly(text: str) -> list[str]:
    """The rows, as anyone would write it."""
    rows = []
    for line in text.split("\n"):
        rows += [line[at : at + ROW_CHARS] for at in range(0, len(line), ROW_CHARS)] or [""]
    if rows[-1] == "" and (not text or text.endswith("\n")):
        rows.pop()
    return rows


TEXTS = st.lists(st.sampled_from(["\n", "a", "Ab", "x" * 1_999, "y" * 2_000, "\n" * 300, "é🎧"])).map("".join)


@settings(max_examples=60)
@given(TEXTS, st.integers(-3, 900), st.integers(0, 50))
def test_the_rows_of_any_text(text: str, start: int, count: int) -> None:
    lines, rows = TextRows(text), plainly(text)
    assert lines.total == len(rows)
    assert lines.window(start, count) == rows[max(0, start) : max(0, start) + count]
    assert "".join(rows) == text.replace("\n", "")


@settings(max_examples=60)
@given(TEXTS, TEXTS)
def test_rows_that_go_on_are_those_of_the_whole(before: str, more: str) -> None:
    grown, whole = TextRows(before + more, TextRows(before)), TextRows(before + more)
    assert grown.total == whole.total
    assert grown.window(0, 2_000) == whole.window(0, 2_000)


@settings(max_examples=60)
@given(TEXTS, st.sampled_from(["a", "aB", "x" * 30, "é", "ab", "xx\nA"]), st.integers(-1, 600))
@example("\né🎧", "é", 0)
@example("e\u0301\n\u0301é", "e\u0301", 0)
def test_finding_goes_round_and_counts_rows(text: str, words: str, start: int) -> None:
    lines = TextRows(text)
    at, having = 0, []
    starts = [row.start() for row in re.finditer(rf"[^\n]{{1,{ROW_CHARS}}}\n?|\n", text)]
    forms = "|".join({re.escape(unicodedata.normalize(form, words)) for form in ("NFC", "NFD")})
    for match in re.finditer(f"(?={forms})", text, re.IGNORECASE):
        while at + 1 < len(starts) and starts[at + 1] <= match.start():
            at += 1
        having += [at] if at not in having[-1:] else []
    later = [row for row in having if row > start] or having
    sooner = [row for row in having if row < start] or having
    down, up = lines.find(words, start, 1), lines.find(words, start, -1)
    assert (down.of, up.of) == (len(having), len(having))
    assert down.row == (later[0] if having else None)
    assert up.row == (sooner[-1] if having else None)
    if down.row is not None:
        assert having[down.nth - 1] == down.row


def test_a_line_end_of_two_characters_is_not_shown() -> None:
    assert TextRows("a\r\nb\r\n").window(0, 9) == ["a", "b"]
    assert TextRows("").window(0, 9) == []


# --- what the channel sends ------------------------------------------------------------------------


@pytest.fixture
def store() -> EventStore:
    memory = EventStore.memory()
    begin(memory)
    return memory


def state_of(store: EventStore) -> Artifact:
    (artifact,) = reduce_all(store.iterate(RUN)).artifacts
    return artifact


def walk(store: EventStore, watched: WatchedArtifact | None) -> list[dict[str, object]]:
    artifact = state_of(store)
    cursor = ArtifactCursor(artifact, watched)
    reported = []
    while (news := cursor.advance(artifact, store, RUN)) is not None:
        reported.append(news)
        assert len(reported) < 99
    return reported


@pytest.mark.parametrize("whole", [True, False])
def test_the_channel_stops_sending_what_is_very_long(
    store: EventStore, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    monkeypatch.setattr(artifact_cursor, "MOST_SENT", 100)
    monkeypatch.setattr(artifact_cursor, "MOST_CHARS", 30)
    text = "".join(f"{n:09} " for n in range(40))
    parts = [delta(n + 1, text[n * 10 : n * 10 + 10], n * 10) for n in range(40)]
    store.append(RUN, [created(0, text)] if whole else [started(0), *parts])
    reported = walk(store, None)
    assert "".join(str(news["text"]) for news in reported) == text[:100]
    assert [news.get("cut") for news in reported] == [None] * (len(reported) - 1) + [True]
    assert not any(news["done"] for news in reported)
    again = walk(store, WatchedArtifact(file="page.html", version=1, have=100))
    assert [(news["offset"], news["text"], news.get("cut")) for news in again][-1] == (100, "", True)


def test_what_just_fits_is_sent_whole(store: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact_cursor, "MOST_SENT", 100)
    store.append(RUN, [created(0, "x" * 100)])
    (news,) = walk(store, None)
    assert (len(str(news["text"])), news["done"], "cut" in news) == (100, True, False)


@settings(max_examples=200)
@given(
    pieces=st.lists(
        st.tuples(st.none() | st.integers(0, 6), st.text("abc", min_size=1, max_size=3)), max_size=7
    ),
    seen=st.sets(st.integers(1, 8)),
    end=st.sampled_from(["", "as written", "otherwise"]),
)
@example(pieces=[(1, "b"), (0, "a")], seen={1, 2, 3}, end="")
@example(pieces=[(0, "a"), (2, "c"), (1, "b"), (3, "a")], seen={3, 4, 5}, end="as written")
@example(pieces=[(0, "abc")], seen={2}, end="otherwise")
async def test_a_text_whose_parts_arrive_in_any_order_is_on_screen_as_it_is_saved(
    pieces: list[tuple[int | None, str]], seen: set[int], end: str
) -> None:
    sent = [started(0), *(delta(n, text, offset) for n, (offset, text) in enumerate(pieces, 1))]
    with closing(EventStore.memory()) as known:
        begin(known)
        known.append(RUN, sent)
        content = {"": None, "as written": known.artifact_text(RUN, "page.html"), "otherwise": "else"}[end]
    if content is not None:
        sent.append(created(len(sent), content))
    texts, on_screen, cursor = ArtifactTexts(), "", None
    with closing(EventStore.memory()) as store:
        begin(store)
        for count, event in enumerate(sent, 1):
            store.append(RUN, [event])
            if count not in seen and count < len(sent):
                continue
            artifact = state_of(store)
            reconnected = WatchedArtifact(file="page.html", version=1, have=len(on_screen))
            cursor = cursor if cursor and count % 2 else ArtifactCursor(artifact, reconnected)
            while (news := cursor.advance(artifact, store, RUN)) is not None:
                on_screen = on_screen[: news["offset"]] + news["text"]
            text = store.artifact_text(RUN, "page.html")
            assert on_screen == text
            assert (await texts.lines(handlers.ShownRun(RUN, store, None), artifact, None)).text == text


async def test_a_text_is_read_once_for_all_its_pages(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(RUN, [created(0, "page\n" * 1_000), created(1, "other")])
    texts, artifact, reads = ArtifactTexts(), state_of(store), 0
    read = EventStore.artifact_text

    def counted(*arguments: Any, **options: Any) -> object:
        nonlocal reads
        reads += 1
        return read(*arguments, **options)

    monkeypatch.setattr(EventStore, "artifact_text", counted)
    for _ in range(3):
        assert (await texts.lines(handlers.ShownRun(RUN, store, None), artifact, None)).text == "other"
        assert (await texts.lines(handlers.ShownRun(RUN, store, None), artifact, 1)).total == 1_000
    assert reads == 2
    with pytest.raises(RunUnknown, match=r"no content for 'page.html' in version 3"):
        await texts.lines(handlers.ShownRun(RUN, store, None), artifact, 3)


async def test_a_text_that_grows_is_read_on_from_where_it_was(store: EventStore) -> None:
    texts, shown = ArtifactTexts(), handlers.ShownRun(RUN, store, None)
    store.append(RUN, [started(0), delta(1, "one\n", 0)])
    assert (await texts.lines(shown, state_of(store), None)).text == "one\n"
    store.append(RUN, [delta(2, "one\ntwo", 0), delta(3, "three", None)])
    assert (await texts.lines(shown, state_of(store), None)).text == "one\ntwothree"
    store.append(RUN, [created(4, "all else")])
    assert (await texts.lines(shown, state_of(store), None)).text == "all else"


async def test_few_texts_are_kept(store: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.append(RUN, [created(n, f"version {n}") for n in range(9)])
    texts, artifact = ArtifactTexts(), state_of(store)
    for version in range(1, 10):
        await texts.lines(handlers.ShownRun(RUN, store, None), artifact, version)
    assert len(texts._cached) == artifact_texts.MOST_CACHED
    monkeypatch.setattr(artifact_texts, "MOST_CACHED_CHARS", 5)
    assert (await texts.lines(handlers.ShownRun(RUN, store, None), artifact, 2)).text == "version 1"
    assert len(texts._cached) == 1


async def test_of_500_artifacts_only_what_changed_is_sent() -> None:
    def page(n: int, text: str) -> Event:
        emitted = ArtifactCreated(artifact_name=f"a{n}", artifact_type="md", content=text)
        return make(emitted, run_id=RUN, time=datetime.now(UTC))

    stage = ShownRun()
    stage.tell([page(n, "x") for n in range(500)])
    before = stage.shown
    stage.tell([page(250, "y")])
    stage.channel.close()
    patch = snapshot.patch(before, stage.shown)
    assert [(row["file"], row["version"]) for row in patch["artifacts"]] == [("a250.md", 2)]
    stage.store.close()


# --- the sandbox -----------------------------------------------------------------------------------


class Frames(HTMLParser):
    """The frames of a piece of HTML, and all the elements that are not frames."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.frames: list[dict[str, str | None]] = []
        self.others: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "iframe":
            self.frames.append(dict(attrs))
        else:
            self.others.append(tag)


def innermost(html: str) -> str:
    """The document within both frames, once it is clear that both forbid everything."""
    (outer,) = Frames(html).frames
    page = Frames(outer["srcdoc"] or "")
    (inner,) = page.frames
    for frame, sources in ((outer, r"'unsafe-inline'"), (inner, r"'sha256-[\w+/=]{44}'")):
        assert frame["sandbox"] in ("", "allow-scripts")
        policy = re.search(r"script-src ([^;]*)", frame["srcdoc"] or "")
        assert frame["sandbox"] == "" or (policy and re.fullmatch(sources, policy[1]))
        assert not {"src", "allow", "name"} & set(frame)
    assert page.others == ["meta", "meta", "meta", "style"]
    assert "frame-src 'none'" in (outer["srcdoc"] or "")
    assert "default-src 'none'" in (outer["srcdoc"] or "")
    return inner["srcdoc"] or ""


KINDS = ["html", "md", "json", "csv", "svg", "png", "zip", "py", "css", "txt", "moon"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_artifact_of_any_kind_is_shown_within_two_frames(kind: str) -> None:
    for attack in ATTACKS:
        html = artifact_html(attack, kind, f"x.{kind}", whole=True)
        assert set(Frames(html).others) <= {"p", "style"}
        document = innermost(html)
        assert "default-src 'none'" in document
        if kind != "html":
            assert Document(document).dangers == []


@given(st.text(), st.text(), st.sampled_from(KINDS))
def test_no_text_gets_out_of_its_frame(text: str, file: str, kind: str) -> None:
    html = artifact_html(text, kind, file, whole=False)
    assert set(Frames(html).others) <= {"p", "style"}
    innermost(html)


def test_a_page_is_drawn_as_it_is_but_for_what_acts_without_a_script() -> None:
    page = (
        "<!doctype html><title>T</title><META http-equiv=refresh content='0;url=//x'>"
        "<link rel=preconnect href=//x><base href=//x><template><a href=//x></a></template>"
        "<metal>&amp;</metal><p>Hi</p>"
    )
    drawn = innermost(artifact_html(page, "html", "x.html", whole=True))
    assert drawn == inert(page)
    assert drawn.startswith('<!doctype html><base href="about:srcdoc" target="_blank"><meta charset="utf-8">')
    tags = Frames(drawn).others
    assert [tags.count(tag) for tag in ("link", "template", "base", "meta")] == [0, 0, 1, 3]
    assert drawn.endswith("<metal>&amp;</metal><p>Hi</p>")
    assert "refresh" in drawn.partition("<basefont http-equiv=")[2]


def test_what_is_too_long_is_not_put_into_a_notebook() -> None:
    html = artifact_html("x" * (MOST_EMBEDDED_CHARS + 1), "txt", "<i>.txt", whole=True)
    assert Frames(html).frames == []
    assert len(html) < 500
    assert "<i>" not in html
    # Written into frames, it takes many times its length.
    html = artifact_html("<" * 200_000, "txt", "x.txt", whole=True)
    assert Frames(html).frames == []
    assert "characters as HTML" in html


def test_the_list_of_artifacts_is_text() -> None:
    item = Artifact(file="<script>.md", name="x", kind="md", stage_id="<img>", status="done", chars=1234)
    document = innermost(artifacts_html([item]))
    assert Document(document).dangers == []
    assert "<script>.md" in Document(document).text
    assert "1,234" in unescape(document)
    innermost(artifacts_html([]))


@pytest.mark.parametrize(
    ("before", "after"),
    [("```html\n", "\n```"), ("\n````html title=x\n\n", "\n````\n"), ("~~~\n", "\n~~~"), ("```html\n", "")],
)
def test_a_page_in_a_code_fence_is_the_page(before: str, after: str) -> None:
    page = "<!doctype html>\n<h1>Bread ```</h1>"
    assert inert(f"{before}{page}{after}").rstrip("\n") == inert(page)


@pytest.mark.parametrize("searched", ["caf\u00e9", "cafe\u0301", "CAF\u00c9"])
def test_an_artifact_is_searched_in_either_normal_form(searched: str) -> None:
    text = "none\na caf\u00e9\na cafe\u0301\n"
    rows = TextRows(text)
    assert [rows.find(searched, at, 1).row for at in (0, 1)] == [1, 2]
    assert highlight_source(text, "txt", dark=False, find=searched).matches == 2


@pytest.mark.parametrize(
    "text",
    [
        "~" * 200_000 + "\n" + " " * 200_000 + "x",
        "```" + " " * 400_000 + "`",
        "```\n<" + "\n```" * 100_000 + "x",
    ],
    ids=["tildes and spaces", "spaces", "fences"],
)
def test_a_text_of_nothing_but_fences_and_spaces_takes_no_time_of_its_own(text: str) -> None:
    assert text[-1_000:] in inert(text)


@pytest.mark.parametrize("text", ["```html\nno page\n```", "Here:\n```html\n<p>\n```", "``<p>``"])
def test_what_is_no_page_in_a_fence_stays(text: str) -> None:
    assert text in inert(text)
