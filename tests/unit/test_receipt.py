"""The receipt: a line and a report as HTML that any host shows, bounded, and without markup of a worker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import nh3
import pytest

from tests.recorded import events, logged, recording
from worker_widget.console.jupyter.receipt import MOST_CHARS, NO_RUN, receipt
from worker_widget.events import (
    ArtifactCreated,
    InputRequested,
    Payload,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    RunWarning,
    StageCompleted,
    StageFailed,
    StageStarted,
    make,
)
from worker_widget.state.log_line import LoggedEvent
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOSTILE = "<b>x</b><script>alert(1)</script>&amp;\"' $a$ \u202e\x1b"
STRICT = {
    "details",
    "summary",
    "p",
    "b",
    "br",
    "ul",
    "li",
    "table",
    "thead",
    "tbody",
    "tr",
    "td",
    "th",
    "div",
}
"""The elements that a host without styles and classes keeps."""


def state_after(*payloads: Payload) -> RunState:
    return reduce_all(
        LoggedEvent(n, make(data, run_id="3d303d0d-1", time=START + timedelta(seconds=n)))
        for n, data in enumerate(payloads, start=1)
    )


class Tags(HTMLParser):
    """The names of the elements, and whether they are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        assert {name for name, _ in attrs} <= {"style", "class"}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize(
    ("payloads", "line"),
    [
        ((), NO_RUN),
        ((RunStarted(task="A"),), "Running · since 2026-11-23 08:00:01 UTC · run 3d30"),
        (
            (RunStarted(task="A"), InputRequested(request_id="1", message="Go on?")),
            "Waiting for an answer · since 2026-11-23 08:00:01 UTC · run 3d30",
        ),
        ((RunStarted(task="A"), RunCompleted(success=True)), "Completed · 1.0 s · run 3d30"),
        ((RunStarted(task="A"), RunFailed(error="Out of paper")), "Failed · 1.0 s · run 3d30"),
        ((RunStarted(task="A"), RunCancelled()), "Cancelled · 1.0 s · run 3d30"),
    ],
)
def test_a_line_says_how_the_run_is(payloads: tuple[Payload, ...], line: str) -> None:
    made = receipt("business-builder", state_after(*payloads))
    assert made["text/plain"] == line
    tags = Tags(made["text/html"])
    assert "".join(tags.text).startswith(line)
    assert ("details" in tags.names) is ("since" not in line and line != NO_RUN)


def test_the_report_is_readable_where_html_is_sanitised() -> None:
    run = reduce_all(logged(events(recording("valid_professional"))))
    html = receipt("business-builder", run)["text/html"]
    kept = nh3.clean(html, tags=STRICT, attributes={})
    assert Tags(kept).text == Tags(html).text
    assert Tags(html).names == STRICT - {"ul", "li"}
    words = " ".join(Tags(kept).text)
    for text in (
        "Completed",
        "17 artifacts",
        "Create a landing page hero section",
        "Research",
        "landing_html.html",
    ):
        assert text in words


def test_a_text_of_a_worker_is_never_markup() -> None:
    run = state_after(
        RunStarted(task=HOSTILE, worker=HOSTILE),
        StageStarted(stage_id="s", name=HOSTILE, agent=HOSTILE),
        RunWarning(message=HOSTILE),
        ArtifactCreated(stage_id="s", artifact_name=HOSTILE, artifact_type="md", content="x"),
        StageFailed(stage_id="s", error=HOSTILE),
        RunFailed(error=HOSTILE),
    )
    html = receipt(HOSTILE, run)["text/html"]
    assert Tags(html).names <= STRICT
    assert html.encode()
    assert not [part for part in ("\u202e", "\x1b", "<script", "<b>x") if part in html]
    assert html.startswith('<div class="tex2jax_ignore mathjax_ignore">')


def test_the_receipt_of_any_run_is_bounded() -> None:
    long = "word " * 2_000
    stages = [
        payload
        for number in range(200)
        for payload in (StageStarted(stage_id=f"s{number}", name=long), StageCompleted(stage_id=f"s{number}"))
    ]
    warnings = [RunWarning(message=long) for _ in range(60)]
    html = receipt("w", state_after(RunStarted(task=long), *stages, *warnings, RunFailed(error=long)))[
        "text/html"
    ]
    assert len(html) < MOST_CHARS + 1_000
    assert "the exports have everything" in html
    assert Tags(html).open == []
    short = [StageStarted(stage_id=f"s{number}", name=f"Stage {number}") for number in range(60)]
    few = receipt("w", state_after(RunStarted(task="A"), *short, RunCompleted(success=True)))["text/html"]
    assert "<p>20 more</p>" in few
    assert "Stage 39<" in few


def test_a_stage_that_was_not_executed_says_of_which_run_it_is() -> None:
    run = state_after(
        RunStarted(task="A"),
        StageStarted(stage_id="s", name="Copy", reused_from="9f9f9f9f-1"),
        StageCompleted(stage_id="s"),
        RunCompleted(success=True),
    )
    assert "taken from run 9f9f<" in receipt("w", run)["text/html"]
