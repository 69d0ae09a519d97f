"""What a cell shows of the history, and of frames that are not read yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest

from worker_widget.runs.frames.schema import FRAMES
from worker_widget.runs.history import RunHistory
from worker_widget.store.event_store import EventStore

FIRST_US = 1_700_000_000_000_000
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    yield memory
    memory.close()


def add(store: EventStore, run_id: str, at: int = 0, *, task: str | None = None) -> None:
    store.begin(run_id, worker="digest", origin="o", task=task, time_us=FIRST_US + at * 60_000_000)


def cells(html: str) -> list[list[str]]:
    """The texts of a table, row by row, without its head."""
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    return [
        [unescape(re.sub(r"<[^>]*>", "", cell)) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]
        for row in rows
        if "<td" in row
    ]


def test_a_cell_shows_the_newest_ten_runs_and_how_many_there_are(store: EventStore) -> None:
    for number in range(1_234):
        add(store, f"run-{number:04}", number, task=f"Task {number}")
    store.summarise("run-1233", status="failed", started_us=0, ended_us=2_500_000)
    store.set_tags("run-1233", ["baseline", "v2"])
    store.set_starred("run-1233", True)
    html = RunHistory(store)._repr_html_()
    assert "<b>1,234 runs</b> · the newest 10" in html
    shown = cells(html)
    assert [row[1] for row in shown] == [f"Task {number}" for number in range(1_233, 1_223, -1)]
    assert shown[0] == ["failed", "Task 1233", "digest", "2023-11-15 18:46", "2.5 s", "★ baseline, v2"]
    assert shown[1][4:] == ["", ""]
    assert "<code>.logs()</code>" in html
    assert repr(RunHistory(store)) == "RunHistory(1,234 runs)"


def test_few_runs_are_all_shown_and_none_is_said(store: EventStore) -> None:
    history = RunHistory(store)
    assert repr(history) == "RunHistory(no runs)"
    assert "<b>No runs</b>" in history._repr_html_()
    assert cells(history._repr_html_()) == []
    add(store, "only", task="One")
    assert repr(history) == "RunHistory(1 run)"
    assert "<b>1 run</b>" in history._repr_html_()
    assert "newest" not in history._repr_html_()


def test_what_a_worker_wrote_stays_text_and_is_short(store: EventStore) -> None:
    add(store, HOSTILE, task=HOSTILE)
    store.set_tags(HOSTILE, [HOSTILE])
    store.summarise(HOSTILE, status="<b>odd</b>")
    add(store, "long", 1, task="word\n" * 10_000)
    html = RunHistory(store)._repr_html_()
    assert "<script" not in html
    assert "<img" not in html
    assert "<b>odd" not in html
    long, hostile = cells(html)
    assert hostile[1] == HOSTILE
    assert hostile[0] == "<b>odd</b>"
    assert len(long[1]) <= 100
    assert long[1].endswith("…")
    assert "\n" not in long[1]


def test_prices_in_a_task_are_no_formula(store: EventStore) -> None:
    add(store, "prices", task="A plan for $5 or $10")
    html = RunHistory(store)._repr_html_()
    assert html.startswith('<div class="tex2jax_ignore mathjax_ignore">')
    assert html.endswith("</div>")


def test_runs_in_the_trash_are_not_shown(store: EventStore) -> None:
    add(store, "kept", task="Kept")
    add(store, "gone", 1, task="Gone")
    store.trash("gone")
    assert [row[1] for row in cells(RunHistory(store)._repr_html_())] == ["Kept"]
    assert repr(RunHistory(store)) == "RunHistory(1 run)"


def test_a_history_that_cannot_be_read_says_so_instead_of_a_traceback(store: EventStore) -> None:
    history = RunHistory(store)
    store.close()
    assert "has been closed" in history._repr_html_()
    assert repr(history) == "RunHistory()"


def test_frames_that_are_not_read_yet_are_shown_as_names(store: EventStore) -> None:
    scan = RunHistory(store).scan()
    assert repr(scan.logs) == "FrameSource('logs', 7 columns)"
    html = scan.logs._repr_html_()
    assert "<b>logs</b> · 7 columns · not read yet" in html
    assert "<code>message</code>" in html
    assert "<code>.polars()</code>" in html
    shown = cells(scan._repr_html_())
    assert [row[0] for row in shown] == list(FRAMES)
    assert shown[list(FRAMES).index("logs")] == ["logs", "7", "The log lines, one row each."]
    assert all("\n" not in repr(thing) for thing in (scan, scan.runs, RunHistory(store).plot))
    assert repr(RunHistory(store).plot) == "HistoryPlots(durations, drift, failures, tokens, timeline)"
