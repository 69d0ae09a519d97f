"""The kernel's end of the channel, with a browser that is a few lines of Python."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tests.recorded import events, recording
from tests.shown import RUN, Browser, ShownRun
from worker_widget.console.channel import snapshot
from worker_widget.console.channel.channel import AFTERGLOW_S, MOST_SUBSCRIBERS
from worker_widget.console.channel.log_cursor import LogCursor
from worker_widget.console.channel.log_window import line_filter
from worker_widget.console.channel.pacing import HEARTBEAT_S
from worker_widget.console.channel.subscriber import SILENT_S
from worker_widget.console.wire import (
    EVERY_SUBSCRIBER,
    Ack,
    FormState,
    Hello,
    Link,
    LogFilter,
    LogSearch,
    Shown,
    Watch,
    WatchedArtifact,
    WatchedLog,
)
from worker_widget.errors import HistoryError
from worker_widget.events import Event, Log, make

AT = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)


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
        browser.take(message)
    assert browser.missed is False
    assert browser.state == msgspec.json.decode(msgspec.json.encode(snapshot.state(stage.shown)))
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
    assert "form" not in frames[-1]["patch"]
    assert "artifacts" not in frames[-1]["patch"]


async def test_figures_go_on_while_the_history_cannot_be_read(
    stage: ShownRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_events = events(recording("valid_professional"))
    stage.channel.hello(hello())
    stage.tell(all_events[:20])
    stage.channel.flush()
    with monkeypatch.context() as broken:
        broken.setattr(LogCursor, "advance", _unreadable)
        stage.tell(all_events[20:])
        stage.channel.flush()
    stage.channel.watch("v1", Watch(log=WatchedLog(rows=30)))
    stage.channel.flush()
    browser = Browser()
    for message in stage.sent:
        browser.take(message)
    assert browser.missed is False
    assert browser.state == msgspec.json.decode(msgspec.json.encode(snapshot.state(stage.shown)))
    assert browser.total == stage.shown.run.counts.logs


async def test_figures_go_on_when_the_run_is_deleted_from_the_history(stage: ShownRun) -> None:
    stage.channel.hello(hello())
    stage.tell(lines(5))
    stage.channel.flush()
    stage.store.delete(RUN)
    stage.shown = msgspec.structs.replace(stage.shown, link=Link(phase="stalled", message="quiet"))
    stage.channel.flush()
    assert stage.sent[-1]["patch"]["link"]["phase"] == "stalled"


def _unreadable(*_: object) -> None:
    raise HistoryError("The history cannot be read.")


@pytest.mark.parametrize("error", [HistoryError("locked"), ValueError("a bug")], ids=["history", "bug"])
async def test_an_error_while_reading_news_loses_no_change(
    stage: ShownRun, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(*_: object) -> None:
        raise error

    all_events = events(recording("valid_professional"))
    stage.channel.hello(hello(watch=Watch(log=WatchedLog(rows=50))))
    stage.tell(all_events[:20])
    stage.channel.flush()
    with monkeypatch.context() as broken:
        broken.setattr(LogCursor, "advance", fails)
        stage.tell(all_events[20:])
        stage.channel.flush()
    stage.clock.advance(HEARTBEAT_S)
    browser = Browser()
    for message in stage.sent:
        browser.take(message)
    assert browser.state == msgspec.json.decode(msgspec.json.encode(snapshot.state(stage.shown)))
    assert sorted(browser.log) == list(range(24))


async def test_a_frame_that_could_not_be_sent_is_made_up_for(stage: ShownRun) -> None:
    all_events = events(recording("valid_professional"))
    stage.channel.hello(hello(watch=Watch(log=WatchedLog(rows=50))))
    stage.tell(all_events[:20])
    stage.channel.flush()
    stage.failing = True
    stage.tell(all_events[20:])
    with pytest.raises(OSError, match="the comm is gone"):
        stage.channel.flush()
    stage.failing = False
    stage.clock.advance(HEARTBEAT_S)
    browser = Browser()
    for message in stage.sent:
        browser.take(message)
    assert browser.missed is False
    assert browser.state == msgspec.json.decode(msgspec.json.encode(snapshot.state(stage.shown)))
    assert sorted(browser.log) == list(range(24))


async def test_nothing_new_sends_nothing(stage: ShownRun) -> None:
    stage.tell(events(recording("failure_strategy")))
    stage.channel.hello(hello())
    stage.channel.flush()
    sent = len(stage.sent)
    stage.channel.flush()
    stage.channel.flush()
    assert len(stage.sent) == sent


async def test_the_end_of_a_run_does_not_wait_for_the_pace(stage: ShownRun) -> None:
    stage.channel.hello(hello())
    stage.tell(lines(5))
    stage.channel.flush()
    before = len(stage.frames())
    stage.tell(lines(5, 5))
    stage.clock.advance(0)
    assert len(stage.frames()) == before
    stage.channel.hurry()
    stage.clock.advance(0)
    assert len(stage.frames()) == before + 1
    stage.clock.advance(1)
    assert len(stage.frames()) == before + 1


async def test_a_burst_is_coalesced_into_paced_frames(stage: ShownRun) -> None:
    stage.channel.hello(hello())
    for event in events(recording("valid_professional")):
        stage.tell([event])
    stage.clock.advance(0.3)
    messages = [message for message in stage.sent if message["kind"] in ("frame", "snapshot")]
    assert len(messages) <= 5
    browser = Browser()
    for message in stage.sent:
        browser.take(message)
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
                browser.take(message)
    assert browser.missed
    before = len(stage.sent)
    stage.channel.hello(hello(have=browser.seq, watch=Watch(log=WatchedLog(rows=50))))
    for message in stage.sent[before:]:
        browser.take(message)
    assert not browser.missed
    assert browser.state == msgspec.json.decode(msgspec.json.encode(snapshot.state(stage.shown)))
    assert len(browser.log) == 24


async def test_each_view_gets_the_rows_under_its_own_filter(stage: ShownRun) -> None:
    only_copy = LogFilter(stage_id="copy")
    stage.channel.hello(hello("all", watch=Watch(log=WatchedLog(rows=5))))
    stage.channel.hello(hello("copy", watch=Watch(log=WatchedLog(filter=only_copy, rows=50))))
    stage.tell(events(recording("valid_professional")))
    stage.channel.flush()
    views = stage.sent[-1]["subscribers"]
    assert views["all"]["log"]["total"] == 24
    assert [row["index"] for row in views["all"]["log"]["rows"]] == [19, 20, 21, 22, 23]
    assert {row["stage_id"] for row in views["copy"]["log"]["rows"]} == {"copy"}
    assert views["copy"]["log"]["total"] == len(views["copy"]["log"]["rows"])


def lines(count: int, start: int = 0) -> list[Event]:
    return [
        make(Log(message=f"line {n}", level="error" if n % 100 == 0 else "info"), run_id=RUN, time=AT)
        for n in range(start, start + count)
    ]


async def searched() -> None:
    """Until nothing is looked for beside the loop."""
    while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.gather(*tasks, return_exceptions=True)


def of_view(messages: list[dict[str, Any]], part: str, client: str = "v1") -> list[dict[str, Any]]:
    """What one view got of one part, message by message."""
    views = [
        message.get("subscribers") or message.get("patch", {}).get("subscribers", {}) for message in messages
    ]
    return [snapshot[client][part] for snapshot in views if part in snapshot.get(client, {})]


@pytest.mark.parametrize("regex", [False, True])
async def test_a_search_tells_how_far_it_is_and_goes_on_with_the_run(stage: ShownRun, regex: bool) -> None:
    search = LogSearch(text="LINE 1", regex=regex)
    stage.tell(lines(9_000))
    stage.channel.hello(hello(watch=Watch(log=WatchedLog(search=search, rows=3))))
    await searched()
    stage.channel.flush()
    whole = {"count": 1111, "scanned": 9_000, "of": 9_000, "done": True, "error": None}
    assert of_view(stage.sent, "search")[-1] == whole
    stage.tell(lines(1_000, 9_000))
    stage.channel.flush()
    await searched()
    stage.tell(lines(1_000, 10_000))
    stage.channel.flush()
    await searched()
    stage.channel.flush()
    reported = of_view(stage.sent, "search")
    assert reported[-1] == {**whole, "count": 2111, "scanned": 11_000, "of": 11_000}
    assert [news["scanned"] for news in reported] == sorted(news["scanned"] for news in reported)
    newest = of_view(stage.sent, "log")[-1]["rows"]
    assert [row["pieces"] for row in newest] == [[["line 1", "match"], [f"099{n}", ""]] for n in (7, 8, 9)]


async def test_under_a_filter_that_searches_the_total_is_of_what_was_scanned(stage: ShownRun) -> None:
    only = LogFilter(search=LogSearch(text="00$", regex=True), levels=("error",))
    stage.tell(lines(30_000))
    stage.channel.hello(hello(watch=Watch(log=WatchedLog(filter=only, rows=5))))
    assert of_view(stage.sent, "search")[-1]["done"] is False
    await searched()
    stage.channel.flush()
    progress, log = of_view(stage.sent, "search"), of_view(stage.sent, "log")
    assert (progress[-1]["count"], progress[-1]["done"]) == (299, True)
    assert (log[-1]["total"], log[-1]["start"]) == (299, 294)
    assert [row["message"] for row in log[-1]["rows"]][-1] == "line 29900"
    for news in log:
        assert [row["index"] for row in news["rows"]] == list(range(news["start"], news["total"]))


async def test_under_any_filter_rows_come_as_they_are_found(stage: ShownRun) -> None:
    errors = WatchedLog(filter=LogFilter(levels=("error",)), rows=5)
    stage.tell(lines(70_000))
    cursor = LogCursor(errors)
    totals = []
    assert cursor.advance(stage.store, RUN) == {}
    while cursor.behind:
        stage.store.log_scan(RUN, line_filter(errors.filter), 1e-9)
        news = cursor.advance(stage.store, RUN)
        totals.append(news["log"]["total"])
        assert [row["index"] for row in news["log"]["rows"]] == list(range(totals[-1] - 5, totals[-1]))
        assert "search" not in news
    assert len(totals) > 1
    assert totals == sorted(totals)
    assert totals[-1] == 700


async def test_that_no_line_passes_is_told_when_all_are_looked_at(stage: ShownRun) -> None:
    warnings = WatchedLog(filter=LogFilter(levels=("warning",)), rows=5)
    stage.tell(lines(70_000))
    cursor = LogCursor(warnings)
    cursor.advance(stage.store, RUN)
    stage.store.log_scan(RUN, line_filter(warnings.filter), 1e-9)
    assert cursor.advance(stage.store, RUN) == {}
    stage.store.log_scan(RUN, line_filter(warnings.filter))
    assert cursor.advance(stage.store, RUN)["log"]["total"] == 0


async def test_what_is_wrong_with_a_pattern_is_told_and_the_rest_goes_on(stage: ShownRun) -> None:
    bad = Watch(log=WatchedLog(search=LogSearch(text="(oops", regex=True), rows=5))
    stage.channel.hello(hello(watch=bad))
    stage.tell(lines(10))
    stage.channel.flush()
    await searched()
    stage.tell(lines(5, 10))
    stage.channel.flush()
    assert all("column 6" in news["error"] for news in of_view(stage.sent, "search"))
    assert of_view(stage.sent, "log")[-1]["total"] == 15


async def test_a_new_watch_and_a_closed_channel_end_the_search_before(stage: ShownRun) -> None:
    slow = Watch(log=WatchedLog(search=LogSearch(text="(?:x|y)?(?=z)|(?<=q)", regex=True)))
    stage.tell(lines(60_000))
    stage.channel.hello(hello(watch=slow))
    (first,) = asyncio.all_tasks() - {asyncio.current_task()}
    stage.channel.watch("v1", slow)
    await asyncio.wait({first})
    assert first.cancelled()
    (second,) = asyncio.all_tasks() - {asyncio.current_task()}
    stage.channel.visible("v1", False)
    await asyncio.wait({second})
    assert second.cancelled()
    stage.channel.visible("v1", True)
    (third,) = asyncio.all_tasks() - {asyncio.current_task()}
    stage.channel.close()
    await asyncio.wait({third})
    assert third.cancelled()


async def test_messages_with_colours_come_in_pieces(stage: ShownRun) -> None:
    emitted = Log(message="\x1b[1;31mError:\x1b[0m no room")
    stage.tell([make(emitted, run_id=RUN, time=AT)])
    search = LogSearch(text="r: N")
    stage.channel.hello(hello(watch=Watch(log=WatchedLog(search=search))))
    (row,) = of_view(stage.sent, "log")[-1]["rows"]
    assert row["message"] == "Error: no room"
    assert row["pieces"] == [
        ["Erro", "bold fg-red"],
        ["r:", "match bold fg-red"],
        [" n", "match"],
        ["o room", ""],
    ]


async def test_changing_what_is_watched_sends_it_whole(stage: ShownRun) -> None:
    stage.channel.hello(hello())
    stage.tell(events(recording("valid_professional")))
    stage.channel.flush()
    wanted = WatchedArtifact(file="landing_html.html")
    stage.channel.watch("v1", Watch(log=WatchedLog(filter=LogFilter(stage_id="ux")), artifact=wanted))
    stage.channel.flush()
    news = stage.sent[-1]["patch"]["subscribers"]["v1"]
    assert {row["stage_id"] for row in news["log"]["rows"]} == {"ux"}
    assert news["artifact"]["done"] is True
    assert news["artifact"]["text"] == stage.store.artifact_text(RUN, "landing_html.html")


async def test_what_a_view_already_has_of_an_artifact_is_not_sent_again(stage: ShownRun) -> None:
    stage.tell(events(recording("valid_professional")))
    text = stage.store.artifact_text(RUN, "landing_html.html") or ""
    wanted = WatchedArtifact(file="landing_html.html", version=1, have=40)
    stage.channel.hello(hello(watch=Watch(artifact=wanted)))
    piece = stage.sent[-1]["subscribers"]["v1"]["artifact"]
    assert (piece["offset"], piece["text"]) == (40, text[40:])


async def test_hidden_views_cost_nothing_and_are_right_when_shown(stage: ShownRun) -> None:
    stage.channel.hello(hello())
    stage.tell([])
    stage.channel.flush()
    stage.channel.visible("v1", False)
    sent = len(stage.sent)
    for batch in batches(events(recording("valid_professional")), 5):
        stage.tell(batch)
    stage.clock.advance(60)
    assert "frame" not in {message["kind"] for message in stage.sent[sent:]}
    stage.channel.visible("v1", True)
    browser = Browser()
    for message in stage.sent:
        browser.take(message)
    assert browser.state["run"]["status"] == "completed"
    assert browser.total == 24


async def test_a_view_that_went_without_a_word_costs_nothing_and_any_word_brings_it_back(
    stage: ShownRun,
) -> None:
    stage.channel.hello(hello("reloaded", watch=Watch(log=WatchedLog(rows=4))))
    stage.channel.hello(hello("there"))
    stage.tell(lines(10))
    stage.channel.flush()
    stage.clock.advance(SILENT_S + 1)
    stage.channel.ack(Ack(client="there", seq=stage.channel.seq))
    stage.tell(lines(10, 10))
    stage.channel.flush()
    assert list(stage.sent[-1]["patch"]["subscribers"]) == ["there"]
    stage.channel.ack(Ack(client="reloaded", seq=1))
    stage.channel.flush()
    (back,) = of_view(stage.sent[-1:], "log", "reloaded")
    assert (back["total"], len(back["rows"])) == (20, 4)


async def test_a_busy_cell_that_silences_all_views_ends_nothing(
    stage: ShownRun,
) -> None:
    stage.channel.hello(hello("one"))
    stage.channel.hello(hello("two"))
    for n in range(3):
        stage.tell(lines(5, n * 5))
        stage.channel.flush()
        stage.clock.advance(SILENT_S + 1)
        stage.sent = [message for message in stage.sent if message["kind"] == "frame"] or stage.sent
    assert set(stage.sent[-1]["patch"]["subscribers"]) == {"one", "two"}


async def test_only_hidden_views_get_nothing_but_heartbeats(stage: ShownRun) -> None:
    stage.channel.hello(hello())
    stage.tell(lines(5))
    stage.channel.visible("v1", False)
    stage.sent.clear()
    for n in range(10):
        stage.tell(lines(5, 5 + n * 5))
        stage.clock.advance(HEARTBEAT_S)
    assert {message["kind"] for message in stage.sent} == {"heartbeat"}
    stage.channel.hello(hello())
    browser = Browser()
    browser.take(stage.sent[-1])
    assert browser.total == 55


async def test_a_forgotten_view_is_taken_up_again_by_what_it_watches(stage: ShownRun) -> None:
    stage.tell(lines(10))
    stage.channel.watch("v9", Watch(log=WatchedLog(rows=2)))
    assert (stage.sent[-1]["kind"], stage.sent[-1]["client"]) == ("snapshot", "v9")
    assert of_view(stage.sent, "log", "v9")[-1]["total"] == 10


async def test_another_run_is_shown_whole_to_everyone(stage: ShownRun) -> None:
    stage.channel.hello(hello())
    stage.tell(events(recording("valid_professional"))[:5])
    stage.channel.flush()
    assert stage.sent[-1]["kind"] == "snapshot"
    assert stage.sent[-1]["client"] is None
    stage.shown = Shown(form=FormState(worker="w"))
    stage.channel.flush()
    assert stage.sent[-1]["kind"] == "snapshot"
    assert stage.sent[-1]["state"]["run"] is None


async def test_another_run_that_could_not_be_sent_is_made_up_for(stage: ShownRun) -> None:
    stage.channel.hello(hello())
    stage.failing = True
    stage.tell(events(recording("valid_professional"))[:5])
    with pytest.raises(OSError, match="the comm is gone"):
        stage.channel.flush()
    stage.failing = False
    stage.clock.advance(HEARTBEAT_S)
    shown = [message["state"]["run"] for message in stage.sent if message["kind"] == "snapshot"]
    assert shown[0] is None
    assert shown[-1]["run_id"] == RUN


async def test_whoever_cannot_say_hello_is_shown_the_run_all_the_same(
    stage: ShownRun,
) -> None:
    stage.tell(events(recording("valid_professional"))[:30])
    stage.channel.flush()
    stage.sent.clear()
    stage.clock.advance(HEARTBEAT_S)
    browser = Browser(EVERY_SUBSCRIBER)
    for message in stage.sent:
        browser.take(message)
    assert browser.state["run"]["status"] == "running"
    assert browser.log


async def test_heartbeats_name_the_last_frame_and_end_some_time_after_the_run(
    stage: ShownRun,
) -> None:
    stage.channel.hello(hello())
    stage.tell(events(recording("valid_professional")))
    stage.shown = msgspec.structs.replace(stage.shown, link=Link(phase="ended"))
    stage.channel.changed()
    stage.clock.advance(AFTERGLOW_S + HEARTBEAT_S)
    beats = [message for message in stage.sent if message["kind"] == "heartbeat"]
    assert beats
    assert beats[-1]["seq"] == stage.channel.seq
    stage.sent.clear()
    stage.clock.advance(60)
    assert stage.sent == []


async def test_a_closed_channel_is_silent(stage: ShownRun) -> None:
    stage.channel.hello(hello())
    stage.channel.close()
    sent = len(stage.sent)
    stage.tell(events(recording("failure_strategy")))
    stage.channel.flush()
    stage.channel.answer({"kind": "reply"}, [])
    stage.channel.hello(hello())
    stage.channel.watch("v1", Watch())
    stage.clock.advance(60)
    assert len(stage.sent) == sent


async def test_views_that_were_silent_longest_are_forgotten(stage: ShownRun) -> None:
    for number in range(40):
        stage.channel.hello(hello(f"v{number}"))
    stage.channel.ack(Ack(client="v0", seq=1))
    stage.tell(events(recording("failure_strategy")))
    stage.channel.flush()
    views = stage.sent[-1]["subscribers"]
    assert "v39" in views
    assert len(views) == MOST_SUBSCRIBERS


async def test_a_long_message_is_cut_and_says_how_long_it_is(stage: ShownRun) -> None:
    stage.channel.hello(hello())
    stage.tell([make(Log(message="x" * 10_000), run_id=RUN, time=AT)])
    stage.channel.flush()
    row = stage.sent[-1]["subscribers"]["v1"]["log"]["rows"][0]
    assert (len(row["message"]), row["chars"]) == (4_000, 10_000)
