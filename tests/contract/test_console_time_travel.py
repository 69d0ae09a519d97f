"""Time travel and selections in a real console, from Python and from a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.host_support import scripted
from tests.contract.test_console import RecordingComm, View, wait_until
from worker_widget import Run, WorkerConsole
from worker_widget.console.requests import travel
from worker_widget.console.run_selection import RunSelection
from worker_widget.console.session import ConsoleSession
from worker_widget.console.wire import Past
from worker_widget.errors import PositionUnknown, RequestRefused
from worker_widget.host.process.threaded import ThreadedHost

TASK = "log 3; page <h1>One</h1>; log 2; page <h1>Two, and more</h1>"


@pytest.fixture(autouse=True)
def recording_comm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comm.create_comm", RecordingComm)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedHost]:
    with ThreadedHost(tmp_path_factory.mktemp("host"), scripted()) as running:
        yield running


@pytest.fixture
def console(host: ThreadedHost) -> Iterator[WorkerConsole]:
    made = WorkerConsole(worker="scripted", url=host.url, api_key=host.token, task=TASK)
    yield made
    made.close()


@pytest.fixture
def run(console: WorkerConsole) -> Run:
    return console.run().wait(120)


def past(console: WorkerConsole) -> Past | None:
    return console._session.controller.shown.past


def newest_state(view: View) -> dict[str, object]:
    """The state that the browser has from the last snapshot."""
    snapshots = [message for message in view.comm.custom if message["kind"] == "snapshot"]
    state: dict[str, object] = snapshots[-1]["state"]
    return state


def test_a_chosen_moment_is_sent_without_a_wait_for_the_pace(
    console: WorkerConsole, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = View(console)
    view.hello()
    monkeypatch.setattr(console._session.channel._pacer, "wait", lambda now: 3_600.0)
    console.seek(6)
    wait_until(lambda: newest_state(view)["past"])
    console.seek(None)
    wait_until(lambda: newest_state(view)["past"] is None)


def test_python_shows_a_run_as_it_was(console: WorkerConsole, run: Run) -> None:
    view = View(console)
    view.hello()
    last = run.state.position
    console.seek(6)
    shown = wait_until(lambda: past(console))
    assert (shown.position, shown.newest, shown.over, shown.speed) == (6, last, True, None)
    wait_until(lambda: newest_state(view)["past"])
    header = newest_state(view)["run"]
    assert isinstance(header, dict)
    assert header["counts"]["events"] == 6
    assert header["status"] == "running"
    assert view.result("log.window", filter={}, start=0, count=10)["total"] == run.at(6).counts.logs

    assert (console.run_id, console.status) == (run.run_id, "completed"), "the run itself is not changed"
    assert run.state.over
    console.seek("copy")
    assert wait_until(lambda: past(console)).position == run.at("copy").position == 3
    console.seek(timedelta(0))
    assert past(console) is not None
    console.seek(None)
    assert past(console) is None
    with pytest.raises(PositionUnknown, match="'soon'"):
        console.seek("soon")


def test_a_browser_seeks_steps_and_plays(console: WorkerConsole, run: Run) -> None:
    view = View(console)
    view.hello()
    axis = view.result("travel.axis")
    assert axis["newest"] == run.state.position
    assert [axis["points"][0][0], axis["points"][-1]] == [0, [run.state.position, axis["end_us"]]]
    assert sum(axis["activity"]) == run.state.position
    view.result("travel.seek", position=3)
    assert past(console).position == 3  # type: ignore[union-attr]
    view.result("travel.step", direction=1)
    assert past(console).position == 4  # type: ignore[union-attr]
    view.result("travel.step", direction=-1)
    view.result("travel.step", direction=-1)
    assert past(console).position == 2  # type: ignore[union-attr]
    view.result("travel.seek", time_us=axis["end_us"])
    assert past(console) is None
    view.result("travel.play", speed=64, short_pauses=True)
    wait_until(lambda: past(console) is None)
    assert view.error("travel.play", speed=0, short_pauses=True)["code"] == "request_refused"
    view.result("travel.seek", position=3)
    view.result("travel.pause")
    assert past(console).position == 3  # type: ignore[union-attr]


def test_a_recording_opens_at_a_moment(run: Run) -> None:
    console = WorkerConsole(replay=run.run_id, at=4)
    try:
        assert wait_until(lambda: past(console)).position == 4
    finally:
        console.close()
    with pytest.raises(RequestRefused, match="give replay with it"):
        WorkerConsole(at=4)


def test_a_recording_is_sought_and_played_right_after_it_was_named(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = ConsoleSession.open

    async def slowly(session: ConsoleSession, *given: Any) -> None:
        await asyncio.sleep(0.2)
        await opened(session, *given)

    monkeypatch.setattr(ConsoleSession, "open", slowly)
    console = WorkerConsole(worker="scripted", url="http://127.0.0.1:9", replay=run.run_id, at=4)
    try:
        console.seek(6)
        shown = past(console)
        assert shown is not None
        assert shown.position == 6
    finally:
        console.close()
    unknown = WorkerConsole(worker="scripted", url="http://127.0.0.1:9", replay="nope")
    try:
        with pytest.raises(RequestRefused, match="No run is on screen"):
            unknown.play()
    finally:
        unknown.close()


def test_what_cannot_be_shown_is_refused(console: WorkerConsole) -> None:
    for action in (
        lambda: console.seek(3),
        console.play,
        console.pause,
        lambda: console.select("copy"),
    ):
        with pytest.raises(RequestRefused, match="No run is on screen"):
            action()


def test_a_stage_is_selected_from_both_sides(console: WorkerConsole, run: Run) -> None:
    view = View(console)
    view.hello()
    seen: list[RunSelection] = []
    stop = console.observe_selection(seen.append)
    console.select("copy")
    assert console.selected_stage == "copy"
    wait_until(
        lambda: any(
            message["kind"] == "frame" and (message["patch"].get("selection") or {}).get("stage_id") == "copy"
            for message in view.comm.custom
        )
    )
    view.result("run.select", stage_id="preflight", client="v1")
    view.result("run.select", stage_id=None, client="v1")
    assert console.selected_stage is None
    selections = [RunSelection("copy"), RunSelection("preflight"), RunSelection()]
    wait_until(lambda: seen == selections)
    stop()
    console.select("copy")
    assert console.selected_stage == "copy"
    assert seen == selections
    with pytest.raises(RequestRefused, match="has no stage 'nowhere'"):
        console.select("nowhere")
    console.run("log 1").wait(120)
    assert console.selected_stage is None, "another run has another selection"


def test_a_range_is_selected_from_both_sides(console: WorkerConsole, run: Run) -> None:
    view = View(console)
    view.hello()
    seen: list[RunSelection] = []
    console.observe_selection(seen.append)
    last = run.state.position
    console.select(start=4, end=6)
    assert console.selection == RunSelection(None, 4, 6)
    shown = wait_until(lambda: past(console))
    assert (shown.position, shown.range.after, shown.range.upto) == (6, 3, 6)
    wait_until(lambda: newest_state(view)["past"])
    header = newest_state(view)["run"]
    assert isinstance(header, dict)
    assert header["counts"]["events"] == 3
    lines = run.at(6).counts.logs - run.at(3).counts.logs
    window = view.result("log.window", filter={}, start=0, count=10)
    assert (window["total"], len(window["rows"])) == (lines, lines)
    facets = view.result("log.facets")
    assert sum(count for _, count in facets["stages"]) == lines
    assert view.result("log.locate", filter={}, line=1)["total"] == lines

    console.select("copy", start="copy", end="copy")
    stage = next(stage for stage in run.state.stages if stage.stage_id == "copy")
    assert console.selection == RunSelection("copy", stage.started_at, stage.ended_at or last)
    console.select(start="copy")
    assert console.selection == RunSelection(None, stage.started_at, last)
    assert past(console) is not None, "the newest moment is the end of a range, too"
    console.seek(None)
    assert console.selection == RunSelection()

    axis = view.result("travel.axis")
    view.result("travel.range", start_us=axis["start_us"], end_us=axis["end_us"])
    assert console.selection.end == last
    view.result("travel.range", start_us=None, end_us=None)
    assert (console.selection, past(console)) == (RunSelection(), None)
    refused = view.error("travel.range", start_us=axis["end_us"] + 1, end_us=axis["end_us"] + 2)
    assert refused["code"] == "request_refused"
    wait_until(lambda: seen[-1] == RunSelection())
    assert seen[0] == RunSelection(None, 4, 6)
    assert RunSelection("copy", stage.started_at, stage.ended_at or last) in seen
    with pytest.raises(PositionUnknown, match=r"No event of run .* is from 6 to 4"):
        console.select(start=6, end=4)
    console.select()
    assert past(console) is None


def test_a_picture_is_drawn_from_an_artifact_as_it_was(
    console: WorkerConsole, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = View(console)
    view.hello()
    (changes,) = view.result("travel.axis")["changes"]
    pictures = [
        view.result("travel.picture", file=changes["file"], position=position, dark=False)["html"]
        for position in range(run.state.position + 1)
    ]
    assert pictures.index("<h1>One</h1>") < pictures.index("<h1>Two, and more</h1>")
    assert pictures[changes["positions"][-1]] == pictures[-1] == "<h1>Two, and more</h1>"
    assert past(console) is None, "the moment that is shown stays"
    assert view.result("travel.picture", file=changes["file"], position=0, dark=True)["html"] == ""
    monkeypatch.setattr(travel, "MOST_DRAWN", 5)
    cut = view.result("travel.picture", file=changes["file"], position=10**9, dark=False)
    assert cut == {"html": "<h1>T"}
    assert view.error("travel.picture", file="other.md", position=1, dark=False)["code"] == "run_unknown"
