"""The record of a run has its figures and its request, and what people add to it."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.recorded import events, recording
from worker_widget.errors import RunUnknown
from worker_widget.events import (
    DriftDetected,
    FailureDetected,
    Payload,
    PolicyViolation,
    RecoveryStarted,
    RoutingDecision,
    RunCompleted,
    RunRequested,
    RunStarted,
    StageCompleted,
    StageStarted,
    decode,
    encode,
)
from worker_widget.runs.history import RunHistory
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import MOST_TAGS, RunRecord, summary


@pytest.fixture
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    for n, name in enumerate("abc", 1):
        memory.begin(name, worker="w", origin="o", time_us=n)
    yield memory
    memory.close()


def after(store: EventStore, *payloads: Payload) -> RunRecord:
    """The record of run "a" after these events."""
    raws = [encode(data, run_id="a", time=START) for data in payloads]
    store.append("a", [decode(raw, id=str(number)) for number, raw in enumerate(raws, 1)])
    store.summarise("a", **summary(reduce_all(store.iterate("a"))))
    return store.known_run("a")


START = datetime(2026, 11, 22, tzinfo=UTC)
EUROS = {"amount": 0.5, "currency": "EUR"}


@pytest.mark.parametrize(
    ("payloads", "expected"),
    [
        ((), {"stages_total": 0, "artifacts": 0, "input_tokens": None, "cost": None, "max_drift": None}),
        (
            (
                StageCompleted(stage_id="s", input_tokens=3, cost=EUROS),
                StageCompleted(stage_id="t", cost=EUROS),
            ),
            {"input_tokens": 3, "output_tokens": None, "cost": 1.0, "stages_done": 2, "stages_total": 2},
        ),
        (
            (StageCompleted(cost=EUROS), StageCompleted(cost={"amount": 7, "currency": "USD"})),
            {"cost": 0.5},
        ),
        ((StageCompleted(cost={"amount": 10**400}), StageCompleted(cost={"amount": "much"})), {"cost": None}),
        ((StageCompleted(input_tokens=10**30),), {"input_tokens": None}),
        (
            (StageStarted(stage_id="s", total_stages=9), StageStarted(stage_id="inner", parent_id="s")),
            {"stages_done": 0, "stages_total": 9},
        ),
        ((PolicyViolation(policy="p"), PolicyViolation(policy="q")), {"violations": 2, "failures": 0}),
        (
            (FailureDetected(stage_id="s", error="no"), RecoveryStarted(stage_id="s", action="retry")),
            {"failures": 1, "recoveries": 1},
        ),
        ((DriftDetected(drift_score=0.4), DriftDetected(drift_score=0.1)), {"max_drift": 0.4}),
        ((RoutingDecision(complexity=0.2), RoutingDecision(complexity=0.4)), {"mean_complexity": 0.3}),
        (
            (RunRequested(task="Bread", brand={"name": "Crumb"}, depth="deep", budget=10),),
            {"depth": "deep", "budget": 10, "has_brand": True, "strict_mode": None, "task": "Bread"},
        ),
        (
            (RunStarted(task="Bread", strict_mode=True, has_brand=False, replay_of="b"),),
            {"strict_mode": True, "has_brand": False, "replay_of": "b", "depth": None, "status": "running"},
        ),
    ],
)
def test_the_figures_of_a_run_are_in_its_record(
    store: EventStore, payloads: tuple[Payload, ...], expected: dict[str, Any]
) -> None:
    record = after(store, *payloads)
    found = {name: getattr(record, name) for name in expected}
    assert found == {
        name: pytest.approx(value) if isinstance(value, float) and math.isfinite(value) else value
        for name, value in expected.items()
    }


def test_a_recorded_run_has_its_figures(store: EventStore) -> None:
    store.append("a", events(recording("valid_professional")))
    store.summarise("a", **summary(reduce_all(store.iterate("a"))))
    record = store.known_run("a")
    assert (record.stages_done, record.stages_total, record.artifacts) == (8, 8, 17)


def test_a_replay_token_is_read_from_its_json(store: EventStore) -> None:
    record = after(store, RunCompleted(success=True, replay_token={"seed": 7}))
    assert (record.replay_token, store.known_run("b").replay_token) == ({"seed": 7}, None)


def test_a_task_that_the_worker_does_not_repeat_stays(store: EventStore) -> None:
    store.begin("x", worker="w", origin="o", task="Bread", time_us=9)
    store.summarise("x", **summary(reduce_all(store.iterate("x"))))
    assert store.known_run("x").task == "Bread"


def test_a_process_that_is_behind_does_not_undo_the_end_of_a_run(store: EventStore) -> None:
    behind = summary(reduce_all(store.iterate("a")))
    after(store, RunStarted(), RunCompleted(success=True))
    store.summarise("a", **behind)
    assert store.known_run("a").status == "completed"


def test_runs_are_chosen_by_star_and_tags(store: EventStore) -> None:
    history = RunHistory(store)
    history.star("a")
    history.star("b")
    history.star("b", False)
    history.tag("a", "baseline", " Ω 🎧 ", "baseline")
    history.tag("c", "baseline", 'it\'s "quoted"')
    assert store.known_run("a").tags == ("baseline", "Ω 🎧")

    def ids(**conditions: Any) -> list[str]:
        return [record.run_id for record in store.runs(**conditions)]

    assert (ids(starred=True), ids(starred=False)) == (["a"], ["c", "b"])
    assert ids(tags=["baseline"]) == ["c", "a"]
    assert ids(tags=["baseline", "Ω 🎧"]) == ["a"]
    assert ids(tags=['it\'s "quoted"']) == ["c"]
    assert ids(tags=["base"]) == []
    assert ids(until_us=2, since_us=2) == ["b"]
    history.untag("a", "baseline", "unknown")
    assert ids(tags=["baseline"]) == ["c"]


def test_a_note_is_kept_until_it_is_removed(store: EventStore) -> None:
    history = RunHistory(store)
    history.note("a", "The 'first'\nthat works")
    assert store.known_run("a").note == "The 'first'\nthat works"
    history.note("a", "")
    assert store.known_run("a").note is None


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ([""], "0 characters"),
        (["  "], "0 characters"),
        (["x" * 101], "101 characters"),
        (map(str, range(51)), "51 tags"),
    ],
)
def test_tags_that_no_list_could_show_are_refused(store: EventStore, tags: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        store.set_tags("a", tags)
    assert store.known_run("a").tags == ()
    store.set_tags("a", map(str, range(MOST_TAGS)))


def test_tags_of_two_processes_at_once_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with closing(EventStore.open(path)) as store:
        store.begin("a", worker="w", origin="o", time_us=0)
        store.set_tags("a", ["old-0", "old-1"])
    program = (
        "import sys; from pathlib import Path; from worker_widget.runs.history import RunHistory;"
        "from worker_widget.store.event_store import EventStore;"
        "name, path = sys.argv[1:]; history = RunHistory(EventStore.open(Path(path)));"
        "print('open', flush=True); input();"
        "tags = [f'{name}-{n}' for n in range(20)];"
        "[(history.untag('a', *tags), [history.tag('a', tag) for tag in tags]) for again in range(5)];"
        "history.untag('a', f'old-{name}')"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program, name, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in "01"
    ]
    for process in both:  # both have opened the history before one of them writes
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in both:
        process.communicate(timeout=60)
        assert process.returncode == 0
    with closing(EventStore.open(path)) as store:
        assert set(store.known_run("a").tags) == {f"{name}-{n}" for name in "01" for n in range(20)}


def test_tags_are_changed_within_the_limits(store: EventStore) -> None:
    history = RunHistory(store)
    history.tag("a", *map(str, range(MOST_TAGS)))
    history.tag("a", " 3 ")
    with pytest.raises(ValueError, match="51 tags"):
        history.tag("a", "more")
    history.untag("a", "0", " 1 ", "nobody has it")
    history.tag("a", "more", "and more")
    assert store.known_run("a").tags == (*map(str, range(2, MOST_TAGS)), "more", "and more")


@pytest.mark.parametrize("change", ["tag", "untag", "note", "star", "trash", "restore"])
def test_an_unknown_run_cannot_be_changed(store: EventStore, change: str) -> None:
    target: Any = store if change in ("trash", "restore") else RunHistory(store)
    arguments = {"tag": ("x",), "untag": ("x",), "note": ("x",)}.get(change, ())
    with pytest.raises(RunUnknown):
        getattr(target, change)("nobody", *arguments)


def test_a_run_in_the_trash_is_in_no_list_until_it_is_restored(store: EventStore) -> None:
    store.set_shown_run("cell", "b")
    store.trash("b")
    assert [record.run_id for record in store.runs()] == ["c", "a"]
    assert [record.run_id for record in store.runs(trashed=True)] == ["b"]
    assert (store.run_count(), store.shown_run("cell")) == (2, None)
    assert store.known_run("b").run_id == "b", "what follows it goes on"
    store.restore("b")
    assert (store.run_count(), len(store.runs())) == (3, 3)
    store.trash("b")
    store.begin("b", worker="w", origin="o", time_us=9)
    assert store.run_count() == 3, "a run that is opened again is listed again"


def test_a_tag_and_a_note_are_text(store: EventStore) -> None:
    history = RunHistory(store)
    with pytest.raises(TypeError, match="The tag 3 is no text"):
        history.tag("a", 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="The tag 3 is no text"):
        history.untag("a", "b", 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="The note 5 is no text"):
        history.note("a", 5)  # type: ignore[arg-type]
    assert (store.known_run("a").tags, store.known_run("a").note) == ((), None)
