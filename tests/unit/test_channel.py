"""The kernel's end of the channel, with a browser that is a few lines of Python."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from tests.recorded import events, recording
from tests.shown import RUN, ShownRun
from worker_widget.console import channel as channel_module
from worker_widget.console import view
from worker_widget.console.wire import (
    EVERY_VIEW,
    Ack,
    DeskView,
    Hello,
    Link,
    LogFilter,
    Shown,
    Watch,
    WatchedArtifact,
    WatchedLog,
)
from worker_widget.errors import HistoryError
from worker_widget.events import Event

KEYS = {"stages": "stage_id", "artifacts": "file"}


class Browser:
    """Applies what the kernel sends, as the console's own store does."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.seq = -1
        self.log: dict[int, dict[str, Any]] = {}
        self.total = 0
        self.text: dict[str, str] = {}
        self.done: set[str] = set()
        self.missed = False

    def take(self, message: dict[str, Any], client: str) -> None:
        if message["kind"] == "snapshot" and message["client"] in (None, client):
            self.state, self.seq, self.missed = message["state"], message["seq"], False
            self.log.clear()
            self.text.clear()
            self._news(message["views"].get(client, {}))
        elif message["kind"] == "frame" and self.seq >= 0:
            if message["seq"] != self.seq + 1:
                self.missed = True
                return
            self.seq = message["seq"]
            self._patch(message["patch"])
            self._news(message["patch"].get("views", {}).get(client, {}))

    def _patch(self, patch: dict[str, Any]) -> None:
        for part in ("desk", "link", "run"):
            if part in patch:
                self.state[part] = patch[part]
        for part, key in KEYS.items():
            rows = {row[key]: row for row in self.state[part]}
            rows |= {row[key]: row for row in patch.get(part, [])}
            self.state[part] = list(rows.values())
        for part in ("routing", "ledger"):
            if part in patch:
                rows = [*self.state[part]["rows"], *patch[part]["rows"]]
                self.state[part] = {"total": patch[part]["total"], "rows": rows[-200:]}

    def _news(self, news: dict[str, Any]) -> None:
        if "log" in news:
            self.total = news["log"]["total"]
            self.log |= {row["i"]: row for row in news["log"]["rows"]}
        if "artifact" in news:
            part = news["artifact"]
            self.text[part["file"]] = self.text.get(part["file"], "")[: part["offset"]] + part["text"]
            if part["done"]:
                self.done.add(part["file"])


@pytest.fixture
async def stage() -> Any:
    stage = ShownRun()
    yield stage
    stage.channel.close()
    stage.store.close()


def batches(all_events: list[Event], size: int) -> Iterator[list[Event]]:
    for start in range(0, len(all_events), size):
        yield all_events[start : start + size]


def hello(client: str = "v1", **parts: Any) -> Hello:
    return Hello(client=client, **parts)


@pytest.mark.parametrize("size", [1, 7, 100])
async def test_the_browser_ends_with_what_reducing_the_log_gives(stage: ShownRun, size: int) -> None:
    stage.channel.hello(hello(watch=Watch(log=WatchedLog(rows=30))))
    for batch in batches(events(recording("valid_professional")), size):
        stage.tell(batch)
        stage.channel.flush()
    browser = Browser()
    for message in stage.sent:
        browser.take(message, "v1")
    assert browser.missed is False
    assert browser.state == msgspec.json.decode(msgspec.json.encode(view.state(stage.shown)))
    assert browser.total == stage.shown.run.counts.logs == 24
    assert sorted(browser.log) == list(range(24))


async def test_frames_are_numbered_without_gaps_and_hold_only_what_changed(stage: ShownRun) -> None:
    stage.channel.hello(hello())
    recorded = events(recording("valid_professional"))
    stage.tell(recorded[:20])
    stage.channel.flush()
    stage.tell(recorded[20:21])
    stage.channel.flush()
    frames = stage.frames()
    assert [frame["seq"] for frame in frames] == list(range(2, 2 + len(frames)))
    assert "desk" not in frames[-1]["patch"]
    assert "artifacts" not in frames[-1]["patch"]


async def test_figures_go_on_while_the_history_cannot_be_read(
    stage: ShownRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_events = events(recording("valid_professional"))
    stage.channel.hello(hello())
    stage.tell(all_events[:20])
    stage.channel.flush()
    with monkeypatch.context() as broken:
        broken.setattr(channel_module, "log_news", _unreadable)
        stage.tell(all_events[20:])
        stage.channel.flush()
    stage.channel.watch("v1", Watch(log=WatchedLog(rows=30)))
    stage.channel.flush()
    browser = Browser()
    for message in stage.sent:
        browser.take(message, "v1")
    assert browser.missed is False
    assert browser.state == msgspec.json.decode(msgspec.json.encode(view.state(stage.shown)))
    assert browser.total == stage.shown.run.counts.logs


def _unreadable(*_: object) -> None:
    raise HistoryError("The history cannot be read.")


async def test_nothing_new_sends_nothing(stage: ShownRun) -> None:
    stage.tell(events(recording("failure_strategy")))
    stage.channel.hello(hello())
    stage.channel.flush()
    sent = len(stage.sent)
    stage.channel.flush()
    stage.channel.flush()
    assert len(stage.sent) == sent


async def test_a_burst_is_coalesced_into_paced_frames(stage: ShownRun) -> None:
    stage.channel.hello(hello())
    for event in events(recording("valid_professional")):
        stage.tell([event])
    await asyncio.sleep(0.3)
    messages = [message for message in stage.sent if message["kind"] in ("frame", "snapshot")]
    assert len(messages) <= 5
    browser = Browser()
    for message in stage.sent:
        browser.take(message, "v1")
    assert browser.state["run"]["status"] == "completed"


async def test_a_view_that_missed_a_frame_asks_and_is_right_again(stage: ShownRun) -> None:
    stage.channel.hello(hello(watch=Watch(log=WatchedLog(rows=50))))
    browser = Browser()
    for number, batch in enumerate(batches(events(recording("valid_professional")), 10)):
        before = len(stage.sent)
        stage.tell(batch)
        stage.channel.flush()
        for message in stage.sent[before:]:
            if number != 3:
                browser.take(message, "v1")
    assert browser.missed
    before = len(stage.sent)
    stage.channel.hello(hello(have=browser.seq, watch=Watch(log=WatchedLog(rows=50))))
    for message in stage.sent[before:]:
        browser.take(message, "v1")
    assert not browser.missed
    assert browser.state == msgspec.json.decode(msgspec.json.encode(view.state(stage.shown)))
    assert len(browser.log) == 24


async def test_each_view_gets_the_rows_under_its_own_filter(stage: ShownRun) -> None:
    only_copy = LogFilter(stage_id="copy")
    stage.channel.hello(hello("all", watch=Watch(log=WatchedLog(rows=5))))
    stage.channel.hello(hello("copy", watch=Watch(log=WatchedLog(filter=only_copy, rows=50))))
    stage.tell(events(recording("valid_professional")))
    stage.channel.flush()
    views = stage.sent[-1]["views"]
    assert views["all"]["log"]["total"] == 24
    assert [row["i"] for row in views["all"]["log"]["rows"]] == [19, 20, 21, 22, 23]
    assert {row["stage_id"] for row in views["copy"]["log"]["rows"]} == {"copy"}
    assert views["copy"]["log"]["total"] == len(views["copy"]["log"]["rows"])


async def test_changing_what_is_watched_sends_it_whole(stage: ShownRun) -> None:
    stage.channel.hello(hello())
    stage.tell(events(recording("valid_professional")))
    stage.channel.flush()
    wanted = WatchedArtifact(file="landing_html.html")
    stage.channel.watch("v1", Watch(log=WatchedLog(filter=LogFilter(stage_id="ux")), artifact=wanted))
    stage.channel.flush()
    news = stage.sent[-1]["patch"]["views"]["v1"]
    assert {row["stage_id"] for row in news["log"]["rows"]} == {"ux"}
    assert news["artifact"]["done"] is True
    assert news["artifact"]["text"] == stage.store.artifact_text(RUN, "landing_html.html")


async def test_what_a_view_already_has_of_an_artifact_is_not_sent_again(stage: ShownRun) -> None:
    stage.tell(events(recording("valid_professional")))
    text = stage.store.artifact_text(RUN, "landing_html.html") or ""
    wanted = WatchedArtifact(file="landing_html.html", version=1, have=40)
    stage.channel.hello(hello(watch=Watch(artifact=wanted)))
    piece = stage.sent[-1]["views"]["v1"]["artifact"]
    assert (piece["offset"], piece["text"]) == (40, text[40:])


async def test_hidden_views_cost_nothing_and_are_right_when_shown(stage: ShownRun) -> None:
    stage.channel.hello(hello())
    stage.tell([])
    stage.channel.flush()
    stage.channel.visible("v1", False)
    sent = len(stage.sent)
    for batch in batches(events(recording("valid_professional")), 5):
        stage.tell(batch)
    await asyncio.sleep(0.2)
    assert len(stage.sent) == sent
    stage.channel.visible("v1", True)
    browser = Browser()
    for message in stage.sent:
        browser.take(message, "v1")
    assert browser.state["run"]["status"] == "completed"
    assert browser.total == 24


async def test_another_run_is_shown_whole_to_everyone(stage: ShownRun) -> None:
    stage.channel.hello(hello())
    stage.tell(events(recording("valid_professional"))[:5])
    stage.channel.flush()
    assert stage.sent[-1]["kind"] == "snapshot"
    assert stage.sent[-1]["client"] is None
    stage.shown = Shown(desk=DeskView(worker="w"))
    stage.channel.flush()
    assert stage.sent[-1]["kind"] == "snapshot"
    assert stage.sent[-1]["state"]["run"] is None


async def test_whoever_cannot_say_hello_is_shown_the_run_all_the_same(
    stage: ShownRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "HEARTBEAT_S", 0.02)
    stage.tell(events(recording("valid_professional"))[:30])
    stage.channel.flush()
    stage.sent.clear()
    await asyncio.sleep(0.15)
    browser = Browser()
    for message in stage.sent:
        browser.take(message, EVERY_VIEW)
    assert browser.state["run"]["status"] == "running"
    assert browser.log


async def test_heartbeats_name_the_last_frame_and_end_some_time_after_the_run(
    stage: ShownRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "HEARTBEAT_S", 0.02)
    monkeypatch.setattr(channel_module, "AFTERGLOW_S", 0.1)
    stage.channel.hello(hello())
    stage.tell(events(recording("valid_professional")))
    stage.shown = msgspec.structs.replace(stage.shown, link=Link(phase="ended"))
    stage.channel.changed()
    await asyncio.sleep(0.4)
    beats = [message for message in stage.sent if message["kind"] == "heartbeat"]
    assert beats
    assert beats[-1]["seq"] == stage.channel.seq
    stage.sent.clear()
    await asyncio.sleep(0.1)
    assert stage.sent == []


async def test_a_closed_channel_is_silent(stage: ShownRun) -> None:
    stage.channel.hello(hello())
    stage.channel.close()
    sent = len(stage.sent)
    stage.tell(events(recording("failure_strategy")))
    stage.channel.flush()
    stage.channel.answer({"kind": "reply"}, [])
    await asyncio.sleep(0.1)
    assert len(stage.sent) == sent


async def test_views_that_were_silent_longest_are_forgotten(stage: ShownRun) -> None:
    for number in range(40):
        stage.channel.hello(hello(f"v{number}"))
    stage.channel.ack(Ack(client="v0", seq=1))
    stage.tell(events(recording("failure_strategy")))
    stage.channel.flush()
    views = stage.sent[-1]["views"]
    assert "v39" in views
    assert len(views) == channel_module.MOST_VIEWERS


async def test_a_long_message_is_cut_and_says_how_long_it_is(stage: ShownRun) -> None:
    from datetime import UTC, datetime

    from worker_widget.events import Log, make

    stage.channel.hello(hello())
    stage.tell([make(Log(message="x" * 10_000), run_id=RUN, time=datetime.now(UTC))])
    stage.channel.flush()
    row = stage.sent[-1]["views"]["v1"]["log"]["rows"][0]
    assert (len(row["message"]), row["chars"]) == (4_000, 10_000)
