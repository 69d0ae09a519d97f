"""Which moment of a run a console shows, and what a browser then has."""

from __future__ import annotations

import asyncio
import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
import pytest

from tests.recorded import events, recording
from tests.shown import RUN, Browser, ShownRun
from worker_widget.console.channel import snapshot
from worker_widget.console.time_travel import TimeTravel
from worker_widget.console.wire import Hello, Link, Watch, WatchedArtifact, WatchedLog
from worker_widget.errors import RequestRefused
from worker_widget.events import (
    ArtifactDelta,
    Event,
    Log,
    PolicyViolation,
    RecoveryCompleted,
    ReplayVerified,
    RoutingDecision,
    RunCompleted,
    decode,
    make,
)
from worker_widget.runs.live_run import LiveRun
from worker_widget.sources.run_source import RunSource
from worker_widget.state.log_line import LoggedEvent
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.store.event_store import EventStore

WATCH = Watch(log=WatchedLog(rows=500), artifact=WatchedArtifact(file="landing.html"))


class TravelledRun(ShownRun):
    """A run in a store in memory that is shown at any of its moments."""

    def __init__(self) -> None:
        super().__init__()
        self.live = LiveRun(RUN, source=cast(RunSource, None), store=self.store, worker="w")
        self.moments: list[int | None] = []
        self.moved = asyncio.Event()
        self.travel = TimeTravel(self.live, self._moved)

    def tell(self, batch: list[Event]) -> None:
        logged = self.store.append(RUN, batch, after=self.live.state.position)
        self.live.state = reduce_all(logged, self.live.state)
        self._moved()

    def _moved(self) -> None:
        travel = self.travel
        self.moments.append(travel.position)
        self.shown = msgspec.structs.replace(
            self.shown, run_id=RUN, run=travel.state, past=travel.past, link=Link(phase="live")
        )
        self.moved.set()
        self.channel.changed()

    def shown_by(self, browser: Browser) -> None:
        """Gives ``browser`` all that was sent for it."""
        self.channel.flush()
        for message in self.sent:
            browser.take(message)
        self.sent.clear()


@pytest.fixture
async def run() -> Any:
    made = TravelledRun()
    yield made
    made.travel.close()
    made.channel.close()
    made.store.close()


def state_of(all_events: list[Event], position: int) -> RunState:
    return reduce_all(LoggedEvent(n, event) for n, event in enumerate(all_events[:position], 1))


def plain(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


@pytest.mark.parametrize("name", ["valid_professional", "failure_strategy", "embedded_host"])
async def test_a_browser_has_the_run_as_it_was_at_each_moment(run: TravelledRun, name: str) -> None:
    all_events = events(recording(name))
    run.channel.hello(Hello(client="v1", watch=WATCH))
    run.tell(all_events)
    browser = Browser(watch=WATCH)
    run.shown_by(browser)
    choose = random.Random(name)
    last = run.live.state.position
    for position in [0, last - 1, 1, *(choose.randrange(last) for _ in range(25))]:
        await run.travel.seek(position)
        run.shown_by(browser)
        expected = state_of(all_events, position)
        wanted = plain(snapshot.state(msgspec.structs.replace(run.shown, run=expected)))
        assert browser.state == wanted
        assert browser.state["past"]["position"] == position
        assert browser.total == expected.counts.logs
        only = EventStore.memory()
        only.begin(RUN, worker="w", origin="o", time_us=0)
        only.append(RUN, all_events[:position])
        assert browser.text.get("landing.html", "") == (only.artifact_text(RUN, "landing.html") or "")
        only.close()
    await run.travel.seek(None)
    run.shown_by(browser)
    assert browser.state["past"] is None
    assert browser.state["run"] == plain(snapshot.run_header(run.shown))


async def test_a_moment_stays_while_the_run_goes_on(run: TravelledRun) -> None:
    all_events = events(recording("valid_professional"))
    run.channel.hello(Hello(client="v1"))
    run.tell(all_events[:60])
    await run.travel.seek(20)
    browser = Browser()
    run.shown_by(browser)
    run.tell(all_events[60:70])
    run.shown_by(browser)
    assert browser.state["run"]["counts"]["events"] == 20
    assert browser.state["past"]["newest"] == 70
    assert not browser.state["past"]["over"]
    await run.travel.seek(70)
    assert run.travel.past is None, "the newest moment follows the run"


async def test_of_moments_that_are_sought_at_once_the_last_is_shown(run: TravelledRun) -> None:
    run.tell(events(recording("valid_professional")))
    run.moments.clear()
    await asyncio.gather(*(run.travel.seek(position) for position in range(1, 41)))
    assert run.travel.position == 40
    assert len(run.moments) < 10, "not every moment between is made"


def paced(count: int, seconds: float = 1.0) -> list[Event]:
    """A run whose log has a line every ``seconds``."""
    start = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)
    return [
        make(Log(message=f"line {n}"), run_id=RUN, time=start + n * timedelta(seconds=seconds))
        for n in range(count)
    ]


async def test_a_run_is_played_from_the_start_to_its_end(run: TravelledRun) -> None:
    run.tell(paced(60))
    run.moments.clear()
    run.travel.play(64)
    assert run.travel._playing is not None
    await asyncio.wait_for(run.travel._playing, 60)
    shown = [position for position in run.moments if position is not None]
    assert shown == sorted(shown)
    assert len(set(shown)) > 2
    assert (run.travel.position, run.travel.past) == (None, None)


async def test_a_long_pause_is_shortened_only_if_wanted(run: TravelledRun) -> None:
    run.tell(paced(3, seconds=3_600))
    run.travel.play(64)
    assert run.travel._playing is not None
    await asyncio.wait_for(run.travel._playing, 60)
    assert run.travel.past is None
    run.travel.play(64, short_pauses=False)
    await asyncio.sleep(0.5)
    assert run.travel.past is not None
    assert run.travel.past.position <= 1


async def test_a_range_is_played_again_and_again(run: TravelledRun) -> None:
    run.tell(paced(60))
    await run.travel.show_range(10, 30)
    assert (run.travel.position, run.travel.after) == (30, 10)
    run.travel.play(64)
    moments = run.moments
    while moments.count(30) < 3 or moments.count(10) < 3:
        run.moved.clear()
        await asyncio.wait_for(run.moved.wait(), 60)
    assert {position for position in moments[2:] if position is not None} <= set(range(10, 31))
    run.travel.pause()
    stays = run.travel.position
    await asyncio.sleep(0.2)
    assert run.travel.position == stays
    assert run.travel.past is not None
    assert run.travel.past.speed is None


async def test_seeking_ends_playing(run: TravelledRun) -> None:
    run.tell(events(recording("valid_professional")))
    run.travel.play(0.5, short_pauses=False)
    await run.travel.seek(12)
    await asyncio.sleep(0.2)
    assert run.travel.position == 12


@pytest.mark.parametrize(
    ("speed", "words"),
    [
        (0.25, "0.5 to 64 times as fast as it was, not 0.25 times"),
        (100.0, "not 100 times"),
        ("4", "not '4' times"),
    ],
)
async def test_what_cannot_be_played_is_refused(run: TravelledRun, speed: Any, words: str) -> None:
    run.tell(events(recording("valid_professional")))
    with pytest.raises(RequestRefused, match=words):
        run.travel.play(speed)
    assert run.travel.past is None


@pytest.mark.parametrize(("after", "upto"), [(30, 30), (-5, 3), (10**6, 10**7)])
async def test_a_range_without_an_event_is_refused(run: TravelledRun, after: int, upto: int) -> None:
    run.tell(events(recording("valid_professional")))
    with pytest.raises(RequestRefused, match="A range has an event at least"):
        await run.travel.show_range(after, upto)
    assert run.travel.past is None


@pytest.mark.parametrize("name", ["valid_professional", "failure_strategy", "embedded_host"])
async def test_a_browser_has_only_what_happened_in_a_range(run: TravelledRun, name: str) -> None:
    all_events = events(recording(name))
    run.channel.hello(Hello(client="v1", watch=WATCH))
    run.tell(all_events)
    browser = Browser(watch=WATCH)
    run.shown_by(browser)
    last = run.live.state.position
    choose = random.Random(name)
    ranges = [(0, last), *(sorted(choose.sample(range(last), 2)) for _ in range(12))]
    for after, upto in ranges:
        await run.travel.show_range(after, upto)
        run.shown_by(browser)
        expected = run.store.range_state(RUN, after, upto)
        assert browser.state == plain(snapshot.state(msgspec.structs.replace(run.shown, run=expected)))
        shown = browser.state["past"]["range"]
        assert (shown["after"], shown["upto"], browser.state["past"]["position"]) == (after, upto, upto)
        alone = state_of(all_events, upto).counts.logs - state_of(all_events, after).counts.logs
        assert browser.total == len(browser.log) == alone
        middle = (after + upto + 1) // 2
        for position in (after, middle, upto):
            await run.travel.seek(position)
            run.shown_by(browser)
            expected = run.store.range_state(RUN, after, position)
            assert browser.state == plain(snapshot.state(msgspec.structs.replace(run.shown, run=expected)))
            assert browser.total == expected.counts.logs
    await run.travel.seek(None)
    run.shown_by(browser)
    assert browser.state["past"] is None
    assert browser.total == run.live.state.counts.logs


async def test_a_range_stays_for_the_moments_in_it(run: TravelledRun) -> None:
    run.tell(paced(60))
    start = run.store.start_time(RUN) or 0
    await run.travel.show_times(start + 10_000_000, start + 19_500_000)
    part = run.travel.range
    assert part is not None
    assert (part.after, part.upto, run.travel.position) == (10, 20, 20)
    assert (part.start_us, part.end_us) == (start + 10_000_000, start + 19_500_000)
    await run.travel.step(1, "event")
    assert run.travel.position == 20, "the next event is outside"
    for _ in range(11):
        await run.travel.step(-1, "event")
    assert (run.travel.position, run.travel.state.counts.events) == (10, 0)
    await run.travel.seek(15)
    assert (run.travel.range, run.travel.state.counts.events) == (part, 5)
    run.tell(paced(65)[60:])
    assert run.travel.past is not None
    assert (run.travel.past.newest, run.travel.state.counts.events) == (65, 5)
    await run.travel.seek(25)
    assert (run.travel.position, run.travel.range) == (25, None)
    await run.travel.show_range(40, 10**6)
    assert (run.travel.position, run.travel.after) == (65, 40), "the end of the run is as it is now"
    run.tell(paced(70)[65:])
    assert run.travel.position == 65
    await run.travel.seek(None)
    assert run.travel.past is None


async def test_steps_go_to_events_of_the_same_type_and_to_trouble(run: TravelledRun) -> None:
    all_events = events(recording("failure_strategy"))
    run.tell(all_events)
    types = [event.type for event in all_events]
    first, second = [n for n, type in enumerate(types, 1) if type == "stage_started"][:2]
    await run.travel.seek(first)
    await run.travel.step(1, "same")
    assert run.travel.position == second
    await run.travel.step(-1, "same")
    assert run.travel.position == first
    await run.travel.step(-1, "event")
    assert run.travel.position == first - 1

    await run.travel.seek(0)
    troubles: list[int] = []
    while True:
        await run.travel.step(1, "trouble")
        if run.travel.position is None or run.travel.position in troubles:
            break
        troubles.append(run.travel.position)
    problems = [row.position for row in run.live.state.ledger if row.outcome in ("error", "warning")]
    assert troubles
    assert set(troubles) <= set(problems)
    assert troubles[0] == problems[0]


async def test_every_one_of_many_quick_steps_is_taken(run: TravelledRun) -> None:
    run.tell(paced(60))
    for to in ("event", "same"):
        await run.travel.seek(10)
        await asyncio.gather(*(run.travel.step(1, to) for _ in range(5)))
        assert run.travel.position == 15
        await asyncio.gather(*(run.travel.step(-1, to) for _ in range(3)), run.travel.seek(40))
        assert run.travel.position == 40


async def test_of_times_that_are_sought_the_last_is_shown(
    run: TravelledRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.tell(paced(60))
    start = run.store.start_time(RUN)
    assert start is not None
    position_at = EventStore.position_at

    def slow_at_first(store: EventStore, run_id: str, time_us: int) -> int:
        if time_us == start + 5_000_000:
            entered.set()
            released.wait(60)
        return position_at(store, run_id, time_us)

    entered, released = threading.Event(), threading.Event()
    monkeypatch.setattr(EventStore, "position_at", slow_at_first)
    first = asyncio.create_task(run.travel.seek_time(start + 5_000_000))
    await asyncio.to_thread(entered.wait, 60)
    await run.travel.seek_time(start + 20_000_000)
    released.set()
    await first
    assert run.travel.position == 21


async def test_a_verification_that_failed_is_trouble(run: TravelledRun) -> None:
    lines = paced(9)
    at = datetime(2026, 11, 22, 7, 49, 24, tzinfo=UTC)
    verdicts = [make(ReplayVerified(identical=identical), run_id=RUN, time=at) for identical in (False, True)]
    run.tell([*lines[:5], *verdicts, *lines[5:]])
    await run.travel.seek(0)
    await run.travel.step(1, "trouble")
    assert run.travel.position == 6
    await run.travel.step(1, "trouble")
    assert run.travel.position == 6, "what is verified is no trouble"


async def test_a_run_without_times_is_played_evenly(run: TravelledRun) -> None:
    run.tell([decode(b'{"type":"log","data":{"message":"%d"}}' % n) for n in range(200)])
    run.travel.play(64)
    assert run.travel._playing is not None
    await asyncio.wait_for(run.travel._playing, 60)
    shown = [position for position in run.moments if position is not None]
    assert shown == sorted(shown)
    assert len(set(shown)) > 2
    assert run.travel.past is None


async def test_a_moment_of_a_long_run_comes_with_the_incidents_at_the_top(run: TravelledRun) -> None:
    """Those that remain first, the newest of them before the others, also those that changed long ago."""
    start = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)
    told: list[Event] = []
    for n in range(300):
        at = start + n * timedelta(seconds=1)
        violation = PolicyViolation(stage_id=f"s{n}", policy="p", reason="r")
        told.append(make(violation, run_id=RUN, time=at))
        if n % 100:
            mended = RecoveryCompleted(stage_id=f"s{n}", action="a", success=True)
            told.append(make(mended, run_id=RUN, time=at))
    run.channel.hello(Hello(client="v1"))
    run.tell(told)
    for position in (500, 550, 590, 520):
        await run.travel.seek(position)
        run.channel.flush()
        message = run.sent[-1]
        incidents = message.get("patch", message.get("state"))["incidents"]
        expected = sorted(
            state_of(told, position).incidents, key=lambda item: (item.unrecovered, item.number)
        )
        assert incidents["total"] > len(incidents["rows"]) == 10
        assert [row["number"] for row in incidents["rows"]] == [item.number for item in expected[-10:]]
    await run.travel.seek(None)
    run.channel.flush()
    assert run.sent[-1]["kind"] == "snapshot"
    assert len(run.sent[-1]["state"]["incidents"]["rows"]) == 200


async def test_a_range_of_a_long_run_that_is_played_to_the_end_has_its_incidents_there(
    run: TravelledRun,
) -> None:
    start = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)
    told: list[Event] = [
        make(PolicyViolation(stage_id=f"s{n}", policy="p", reason="r"), run_id=RUN, time=start)
        for n in range(300)
    ]
    told.append(make(RunCompleted(success=True), run_id=RUN, time=start))
    run.channel.hello(Hello(client="v1"))
    run.tell(told)
    await run.travel.show_range(0, 250)
    run.channel.flush()
    await run.travel.show_range(0, 301)
    run.channel.flush()
    message = run.sent[-1]
    shown = message.get("patch", message.get("state"))
    assert shown["past"]["position"] == 301
    assert shown["incidents"]["total"] == 300
    kept = state_of(told, 301).incidents
    assert {row["number"] for row in shown["incidents"]["rows"]} == {item.number for item in kept}


async def test_a_moment_comes_with_the_text_of_the_artifact_that_is_written_then(run: TravelledRun) -> None:
    files = ("one", "two", "three")
    told = [
        make(
            ArtifactDelta(artifact_name=file, artifact_type="html", text=f"<p>{file}</p>"),
            run_id=RUN,
            time=datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC),
        )
        for file in files
    ]
    run.tell(told)
    newest = Watch(artifact=WatchedArtifact(file="three.html", newest=True))
    run.channel.hello(Hello(client="any", watch=newest))
    run.channel.hello(Hello(client="picked", watch=Watch(artifact=WatchedArtifact(file="one.html"))))
    for position, file in ((2, "two"), (1, "one")):
        await run.travel.seek(position)
        run.channel.flush()
        news = run.sent[-1]["subscribers"]
        text = news["any"]["artifact"]
        assert (text["file"], text["offset"], text["text"]) == (f"{file}.html", 0, f"<p>{file}</p>")
        assert news["picked"]["artifact"]["file"] == "one.html"


async def test_a_moment_of_a_long_run_is_sent_with_few_of_its_rows(run: TravelledRun) -> None:
    start = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)
    decisions = [
        make(RoutingDecision(stage_id="s"), run_id=RUN, time=start + n * timedelta(seconds=1))
        for n in range(500)
    ]
    run.channel.hello(Hello(client="v1"))
    run.tell(decisions)
    browser = Browser()
    run.shown_by(browser)
    assert len(browser.state["routing"]["rows"]) == 200
    for position, rows in ((400, 10), (410, 20), (150, 150), (300, 10)):
        await run.travel.seek(position)
        run.shown_by(browser)
        routing = browser.state["routing"]
        assert routing["total"] == position
        assert routing["rows"][-1]["number"] == position
        assert len(routing["rows"]) == rows or position == 300
    await run.travel.seek(None)
    run.shown_by(browser)
    assert browser.state["routing"]["total"] == 500
    assert browser.state["routing"]["rows"][-1]["number"] == 500
