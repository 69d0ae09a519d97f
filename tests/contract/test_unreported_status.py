"""Servers that keep a stream open and do not report whether its run is active."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

import pytest

from .quirky_server import CUT, QuirkyServer, Reply, Stream, Until, Wait
from .test_follow import (
    BASE,
    COMPLETED,
    CONNECTED,
    KEEPALIVE,
    NOT_READY,
    QUICK,
    STAGE_FAILED,
    STARTED,
    STREAM_END,
    answer,
    followed,
    frame,
    listed,
    state_of,
    stream,
)
from .test_odd_servers import VIOLATED

BEATS: Final = (Wait(0.05), KEEPALIVE) * 1_000
"""More keepalives than any of these tests waits for."""
PING: Final = b"event: ping\ndata: {}\n\n"
OTHERS: Final = Reply(body={"runs": [{"run_id": "r0", "status": "running"}], "total": 1})


@pytest.mark.parametrize(
    ("runs", "run"),
    [
        (NOT_READY, NOT_READY),
        (Reply(401, {"detail": "Invalid API key"}), Reply(401, {"detail": "Invalid API key"})),
        (Reply(503, "<html>busy</html>"), Reply(404, {"detail": "Run not found"})),
        (OTHERS, NOT_READY),
        (Reply(body=["odd"]), Reply(body={"run_id": "r1"})),
    ],
    ids=["errors", "the key is refused", "a gateway", "the list has other runs", "no status"],
)
async def test_a_run_whose_status_nobody_reports_is_interrupted_after_the_stated_time(
    server: QuirkyServer, runs: Reply, run: Reply
) -> None:
    server.on("GET", f"{BASE}/runs", runs)
    server.on("GET", f"{BASE}/runs/r1", run)
    stream(server, Stream(CONNECTED, STARTED, *BEATS))
    notified = await followed(server)
    state = state_of(notified)
    assert state.status == "interrupted"
    assert "no event for 0 s and did not report whether the run is active" in (state.error or "")
    assert notified.types == ["run_started", "run_reconciled"]
    assert notified.phases == ["connecting", "live", "stalled", "ended"]
    (stalled,) = (link for link in notified.links if link.phase == "stalled")
    assert "counts as interrupted" in stalled.message
    again = await followed(server)
    assert again.events[-1].key == notified.events[-1].key


@pytest.mark.parametrize("beats", [(Wait(0.01), PING) * 5_000, BEATS], ids=["events", "comments"])
async def test_a_run_without_any_event_is_interrupted_too(
    server: QuirkyServer, beats: tuple[Wait | bytes, ...]
) -> None:
    stream(server, Stream(CONNECTED, *beats))
    notified = await followed(server)
    assert (state_of(notified).status, notified.types) == ("interrupted", ["run_reconciled"])


@pytest.mark.parametrize(
    ("event", "reason"), [(STAGE_FAILED, "Stage ux failed: no layout"), (VIOLATED, "a cure is promised")]
)
async def test_what_failed_before_is_a_part_of_the_reason(
    server: QuirkyServer, event: bytes, reason: str
) -> None:
    stream(server, Stream(STARTED + event, *BEATS))
    state = state_of(await followed(server))
    assert state.status == "interrupted"
    assert f"{reason}. After that the server sent no event" in (state.error or "")


@pytest.mark.parametrize("beats", [1, 8], ids=["soon", "late"])
async def test_connections_that_are_cut_again_and_again_end_no_later(
    server: QuirkyServer, beats: int
) -> None:
    """Each lasts long enough to count as a success, so that nobody gives up."""
    stream(server, Stream(STARTED, *(Wait(0.05), KEEPALIVE) * beats, CUT))
    notified = await followed(server, patience=replace(QUICK, steady_s=0.01))
    assert state_of(notified).status == "interrupted"


async def test_a_server_that_was_away_and_cuts_every_connection_since_ends_no_later(
    server: QuirkyServer,
) -> None:
    server.on("GET", f"{BASE}/runs", listed("running"))
    stream(server, Stream(STARTED, CUT), Reply(502, "x"), Stream(STARTED, Wait(0.05), CUT))
    notified = await followed(server, patience=replace(QUICK, steady_s=0.01))
    state = state_of(notified)
    assert (state.status, "was restarted" in (state.error or "")) == ("interrupted", True)


class Requests:
    """Counts the requests of a route; ``at`` sets an event once so many have arrived."""

    def __init__(self) -> None:
        self._seen = 0
        self._marks: dict[int, asyncio.Event] = {}

    def at(self, number: int) -> asyncio.Event:
        return self._marks.setdefault(number, asyncio.Event())

    async def __call__(self) -> None:
        self._seen += 1
        if self._seen in self._marks:
            self._marks[self._seen].set()


LIVING: Final = replace(QUICK, quiet_s=0.05, abandoned_s=0.1)


@pytest.mark.parametrize(
    ("runs", "run"),
    [(listed("running"), NOT_READY), (listed("queued"), None), (NOT_READY, answer("running"))],
    ids=["in its list", "in its list alone", "in its answer alone"],
)
async def test_a_run_that_the_server_reports_as_active_goes_on_however_quiet_it_is(
    server: QuirkyServer, runs: Reply, run: Reply | None
) -> None:
    requests = Requests()
    server.on("GET", f"{BASE}/runs", replace(runs, first=requests))
    if run is not None:
        server.on("GET", f"{BASE}/runs/r1", run)
    stream(server, Stream(STARTED, Until(requests.at(10)), COMPLETED + STREAM_END))
    notified = await followed(server, patience=LIVING)
    assert notified.types[:2] == ["run_started", "run_completed"]


async def test_a_run_that_waits_for_a_person_goes_on_though_nobody_reports_its_status(
    server: QuirkyServer,
) -> None:
    requests = Requests()
    asked = frame("input_requested", second=2, request_id="q1", message="Publish?")
    server.on("GET", f"{BASE}/runs", replace(NOT_READY, first=requests))
    stream(server, Stream(STARTED + asked, Until(requests.at(10)), COMPLETED + STREAM_END))
    notified = await followed(server, patience=LIVING)
    assert notified.types == ["run_started", "input_requested", "run_completed"]
    assert notified.phases == ["connecting", "live", "ended"]


async def test_an_event_and_a_report_that_the_run_is_active_begin_the_time_anew(server: QuirkyServer) -> None:
    """One of them in four requests of the status: together they take longer than the limit."""
    rounds = 7
    requests = Requests()
    steps = [
        step
        for number in range(1, rounds + 1)
        for step in (Until(requests.at(8 * number)), frame("log", second=10 + number, message="working"))
    ]
    fails, runs = replace(NOT_READY, first=requests), replace(listed("running"), first=requests)
    server.on("GET", f"{BASE}/runs", *[*[fails] * 3, runs, *[fails] * 4] * rounds, fails)
    stream(server, Stream(STARTED, *steps, *BEATS))
    notified = await followed(server, patience=replace(LIVING, abandoned_s=1.0))
    assert notified.types == ["run_started", *["log"] * rounds, "run_reconciled"]
