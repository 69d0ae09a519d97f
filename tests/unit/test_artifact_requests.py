"""What a view asks about artifacts, answered without a console around it."""

from __future__ import annotations

import asyncio
import base64
import html
import re
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from tests.unit.test_render import Document, zipped
from tests.unit.test_store import RUN, begin, created, delta, emitted, started
from worker_widget.artifacts.text_rows import ROW_CHARS
from worker_widget.console.controller import ConsoleController
from worker_widget.console.requests import artifacts
from worker_widget.console.requests.artifacts import MOST_TEXT, ArtifactRequests
from worker_widget.console.time_travel import TimeTravel
from worker_widget.errors import RequestRefused, RunUnknown
from worker_widget.events import (
    ArtifactCreated,
    ArtifactDelta,
    ArtifactSources,
    ArtifactStarted,
    Event,
    RunCompleted,
)
from worker_widget.events.vocabulary import SentenceSource
from worker_widget.runs.live_run import LiveRun
from worker_widget.sources.run_source import RunSource
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore

OTHER = "bbbbbbbb-0000"


class Shown:
    """A run on screen, and the answers about its artifacts."""

    def __init__(self) -> None:
        self.store = EventStore.memory()
        begin(self.store)
        self.live = LiveRun(RUN, source=cast(RunSource, None), store=self.store, worker="w")
        self.travel = TimeTravel(self.live, lambda: None)
        self.requests = ArtifactRequests(cast(ConsoleController, self))

    @property
    def shown(self) -> Any:
        return SimpleNamespace(run=self.travel.state)

    def tell(self, *replied: Event) -> None:
        self.live.state = reduce_all(self.store.append(RUN, replied), self.live.state)

    async def ask(self, name: str, **args: Any) -> dict[str, Any]:
        handler = self.requests.handlers[f"artifact.{name}"]
        answer = await handler.answer(msgspec.convert(args, handler.args))
        result: dict[str, Any] = msgspec.to_builtins(answer.result)
        return result


@pytest.fixture
def shown() -> Shown:
    return Shown()


def file(name: str, kind: str, content: str, n: int = 0) -> Event:
    return emitted(ArtifactCreated(artifact_name=name, artifact_type=kind, content=content), n)


async def test_every_version_can_be_asked_for(shown: Shown) -> None:
    shown.tell(created(0, "one"), created(1, "two"), created(2, "three"))
    asked = {"file": "page.html", "dark": False}
    for version, text in ((None, "three"), (1, "one"), (2, "two"), (3, "three")):
        assert (await shown.ask("text", file="page.html", version=version))["text"] == text
        replied = await shown.ask("render", **asked, version=version, shape="preview")
        assert (replied["html"], replied["version"]) == (text, version or 3)
        assert (await shown.ask("lines", file="page.html", version=version, start=0, count=9))["rows"] == [
            text
        ]
    with pytest.raises(RunUnknown, match="version 4"):
        await shown.ask("text", file="page.html", version=4)
    with pytest.raises(RunUnknown, match=r"no artifact 'x\.md'"):
        await shown.ask("text", file="x.md")


async def test_a_version_that_the_store_was_ahead_of_is_read_again(shown: Shown) -> None:
    shown.tell(created(0, "one"))
    ahead = shown.store.append(RUN, [created(1, "two")])
    await shown.ask("text", file="page.html")
    shown.live.state = reduce_all(ahead, shown.live.state)
    assert (await shown.ask("text", file="page.html", version=1))["text"] == "one"
    assert (await shown.ask("text", file="page.html"))["text"] == "two"


async def test_texts_are_those_of_the_moment_that_is_shown(shown: Shown) -> None:
    shown.tell(created(0, "one"), started(1), delta(2, "tw", 0), delta(3, "o", 2), created(4, "two"))
    shown.tell(created(5, "three"))
    expected = {
        1: ("one", 1),
        3: ("tw", 2),
        4: ("two", 2),
        5: ("two", 2),
        6: ("three", 3),
        None: ("three", 3),
    }
    for position in (None, 3, 6, 1, 4, 3, 5, None, 1):
        text, version = expected[position]
        await shown.travel.seek(position)
        assert (await shown.ask("text", file="page.html"))["text"] == text
        replied = await shown.ask("render", file="page.html", dark=False, shape="preview")
        assert replied["version"] == version
        assert text in replied["html"]
        if version > 1:
            assert (await shown.ask("text", file="page.html", version=1))["text"] == "one"
        with pytest.raises(RunUnknown):
            await shown.ask("text", file="page.html", version=version + 1)
    await shown.travel.seek(0)
    with pytest.raises(RunUnknown, match="no artifact"):
        await shown.ask("text", file="page.html")


async def test_the_sentences_of_a_text_are_marked_by_their_sources(shown: Shown) -> None:
    text = "<p>Ours &amp; yours.</p> <p>A rule.</p>"
    parts = [
        SentenceSource(start=3, end=20, source="brand", stage_id="copy"),
        SentenceSource(start=5, end=9, source="rule"),
        SentenceSource(start=28, end=35, source="of our own", stage_id="ux"),
        SentenceSource(start=30, end=99, source="rule"),
    ]
    sources = ArtifactSources(artifact_name="page", artifact_type="html", sources=parts)
    shown.tell(created(0, text), emitted(sources, 1))
    replied = await shown.ask("render", file="page.html", shape="sources", dark=True)
    assert replied["sentences"] == [
        {"source": "brand", "stage_id": "copy"}, {"source": "of our own", "stage_id": "ux"}
    ]  # fmt: skip
    assert replied["note"] == "The first 2 of 4 sentences are marked."
    links = re.findall(r'<a id="([^"]+)" href="#([^"]+)" class="(\w+)">([^<]*)</a>', replied["html"])
    assert links == [
        ("sentence-1", "sentence-1", "brand", "Ours &amp;amp; yours."),
        ("sentence-2", "sentence-2", "rule", "A rule."),
    ]
    drawn = re.sub(r"<[^>]+>", "", replied["html"].partition('<pre class="source">')[2])
    assert html.unescape(drawn).strip() == text
    shown.tell(created(2, "new text"))
    assert (await shown.ask("render", file="page.html", shape="sources", dark=False))["sentences"] == []
    earlier = await shown.ask("render", file="page.html", shape="sources", dark=False, version=1)
    assert (len(earlier["sentences"]), earlier["version"]) == (2, 1)


async def test_only_what_grows_is_rested_after(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "_PAUSE", 1e9)
    named = {"artifact_name": "plan", "artifact_type": "md"}
    shown.tell(created(0, "one"), emitted(ArtifactStarted(**named), 1))
    shown.tell(emitted(ArtifactDelta(**named, text="# Plan", offset=0), 2))
    drawn = {"shape": "preview", "dark": False}
    await shown.ask("render", file="page.html", **drawn)
    replied = await asyncio.wait_for(shown.ask("render", file="plan.md", **drawn), 120)
    assert "Plan</h1>" in replied["html"]


async def test_pages_put_together_are_the_text(shown: Shown) -> None:
    text = "0123456789é🎧" * 200_000
    shown.tell(created(0, text))
    pages: list[str] = []
    while sum(map(len, pages)) < len(text):
        page = await shown.ask("text", file="page.html", offset=sum(map(len, pages)), count=10**9)
        assert page["chars"] == len(text)
        assert len(page["text"]) <= MOST_TEXT
        pages.append(page["text"])
    assert "".join(pages) == text


async def test_a_text_is_read_in_rows_and_searched(shown: Shown) -> None:
    shown.tell(file("log", "txt", "one\nTwo\n" + "x" * (ROW_CHARS + 1) + "\ntwo"))
    replied = await shown.ask("lines", file="log.txt", start=1, count=2)
    assert replied == {"total": 5, "start": 1, "rows": ["Two", "x" * ROW_CHARS], "chars": ROW_CHARS + 13}
    found = {"file": "log.txt", "text": "TWO"}
    assert await shown.ask("find", **found, start=-1, direction=1) == {"line": 1, "nth": 1, "of": 2}
    assert await shown.ask("find", **found, start=1, direction=1) == {"line": 4, "nth": 2, "of": 2}
    assert await shown.ask("find", **found, start=1, direction=-1) == {"line": 4, "nth": 2, "of": 2}
    nothing = await shown.ask("find", file="log.txt", text="zzz", start=0, direction=1)
    assert nothing == {"line": None, "nth": 0, "of": 0}


async def test_what_is_looked_for_is_marked_in_the_source(shown: Shown) -> None:
    shown.tell(file("a", "py", "def f(): pass  # def"))
    asked = {"file": "a.py", "shape": "source", "dark": True, "find": "DEF"}
    replied = await shown.ask("render", **asked)
    assert replied["matches"] == 2
    assert 'id="match-2"' in replied["html"]
    assert (replied["again_at"], replied["chars"], replied["long"]) == (None, 20, False)


async def test_a_long_source_is_formatted_for_who_asks_twice(shown: Shown) -> None:
    shown.tell(file("a", "py", "pass\n" * 70_000))
    asked = {"file": "a.py", "shape": "source", "dark": True}
    assert (await shown.ask("render", **asked))["long"] is True
    replied = await shown.ask("render", **asked, any_length=True)
    assert replied["long"] is False
    assert replied["html"].count('class="k"') == 70_000


async def test_what_grows_is_drawn_at_growing_lengths_and_then_whole(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifacts, "_PAUSE", 0.0)
    asked = {"file": "plan.md", "shape": "preview", "dark": False}
    named = {"artifact_name": "plan", "artifact_type": "md"}
    shown.tell(emitted(ArtifactStarted(**named)))
    text, drawn = "", []
    while len(text) < 40_000:
        piece = f"- item {len(text)}\n"
        shown.tell(emitted(ArtifactDelta(**named, text=piece, offset=len(text)), len(text)))
        text += piece
        if len(text) >= (drawn[-1]["again_at"] if drawn else 0):
            drawn.append(await shown.ask("render", **asked))
    sizes = [replied["chars"] for replied in drawn]
    assert len(sizes) < 18
    assert sum(sizes) < 4 * len(text)
    assert all(replied["again_at"] >= replied["chars"] * 1.5 for replied in drawn[3:])
    shown.tell(file("plan", "md", text, 10**6))
    replied = await shown.ask("render", **asked)
    assert (replied["again_at"], replied["chars"]) == (None, len(text))
    assert replied["html"].count("<li>") == text.count("\n")


async def test_drawing_rests_in_between_and_then_shows_the_newest(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    from worker_widget.artifacts.render import render

    moments: list[tuple[str, float]] = []

    def slow(text: str, kind: str, **options: Any) -> Any:
        moments.append((text, asyncio.run(_time())))
        return render(text, kind, **options)

    async def _time() -> float:
        import time

        await asyncio.sleep(0.02)
        return time.monotonic()

    monkeypatch.setattr("worker_widget.artifacts.render.render", slow)
    named = {"artifact_name": "plan", "artifact_type": "md"}
    asked = {"file": "plan.md", "shape": "preview", "dark": False}
    shown.tell(emitted(ArtifactStarted(**named)), emitted(ArtifactDelta(**named, text="one", offset=0), 1))
    await shown.ask("render", **asked)
    second = asyncio.create_task(shown.ask("render", **asked))
    await asyncio.sleep(0)
    shown.tell(file("plan", "md", "one two", 2))
    replied = await second
    assert [text for text, _ in moments] == ["one", "one two"]
    assert replied["again_at"] is None
    assert moments[1][1] - moments[0][1] >= 4 * 0.02


async def test_of_a_very_long_page_the_beginning_is_drawn(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifacts, "MOST_PREVIEW", 10)
    shown.tell(created(0, "0123456789abc"), created(1, "x"))
    replied = await shown.ask("render", file="page.html", shape="preview", dark=False, version=1)
    assert (replied["html"], replied["chars"]) == ("0123456789", 10)
    assert replied["note"] == "The first 10 of 13 characters are shown; download it for all."


async def test_two_artifacts_are_compared_wherever_they_are(shown: Shown) -> None:
    shown.tell(created(0, "one two"), created(1, "one 2 three"))
    begin(shown.store, OTHER)
    shown.store.append(OTHER, [created(0, "one 2 four")])

    def place(run_id: str | None = None, version: int | None = None) -> dict[str, Any]:
        return {"run_id": run_id, "file": "page.html", "version": version}

    replied = await shown.ask("compare", a=place(version=1), b=place(), dark=True)
    assert (replied["changes"], replied["same"], replied["note"]) == (1, False, None)
    assert "version 1" in Document(replied["html"]).text
    assert "+1 words" in Document(replied["html"]).text
    replied = await shown.ask("compare", a=place(OTHER), b=place(RUN, 2), dark=False)
    assert replied["changes"] == 1
    assert "run bbbbbbbb" in Document(replied["html"]).text
    replied = await shown.ask("compare", a=place(), b=place(), dark=False)
    assert (replied["changes"], replied["same"]) == (0, True)
    for missing in (place("nobody"), place(OTHER, 2), {**place(OTHER), "file": "no.md"}):
        with pytest.raises(RunUnknown):
            await shown.ask("compare", a=missing, b=place(), dark=False)


async def test_all_kinds_are_drawn(shown: Shown) -> None:
    shown.tell(
        file("a", "zip", zipped({"b.txt": b"x"}), 0),
        file("p", "png", base64.b64encode(b"\x89PNG\r\n\x1a\nIEND\xaeB`\x82").decode(), 1),
        file("t", "csv", "a,b\n1,2", 2),
        emitted(RunCompleted(success=True), 3),
    )
    for name, words in (("a.zip", "b.txt"), ("p.png", "PNG, 16 bytes"), ("t.csv", "ab112")):
        replied = await shown.ask("render", file=name, shape="preview", dark=False)
        assert words in Document(replied["html"]).text
        assert (replied["note"], replied["again_at"]) == (None, None)


async def test_a_bundle_that_no_browser_would_take_is_refused(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifacts, "MOST_BUNDLE", 10)
    shown.tell(created(0, "x" * 11))
    with pytest.raises(RequestRefused, match="save_all"):
        await shown.ask("bundle")


async def test_what_never_got_whole_is_drawn_as_far_as_it_came(shown: Shown) -> None:
    shown.tell(started(0), delta(1, "<p>half", 0), emitted(RunCompleted(success=False), 2))
    replied = await shown.ask("render", file="page.html", shape="preview", dark=False)
    assert (replied["html"], replied["again_at"]) == ("<p>half", None)
