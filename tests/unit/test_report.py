"""The report of a run: its states are those of the reducer, its page holds nothing but its own script."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from tests.any_events import runs
from tests.recorded import NAMES, events, recording
from tests.reports import ReadPart, parts, rows, state_at, without_lines
from worker_widget import RunHistory
from worker_widget.errors import RunFileError
from worker_widget.events import (
    ArtifactCreated,
    ArtifactDelta,
    ArtifactStarted,
    Event,
    Log,
    RunStarted,
    StageStarted,
    make,
)
from worker_widget.runs.compare import compare_recorded
from worker_widget.runs.export import export_run
from worker_widget.runs.export.trace import read_trace
from worker_widget.runs.report.page import viewer
from worker_widget.runs.report.parts import element
from worker_widget.runs.report.report import report_parts
from worker_widget.runs.verifying import verify
from worker_widget.state.reduce import reduce, reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.state.run_view import run_header, run_parts
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

EXPORTED = datetime(2026, 11, 23, 8, 0, 0, 5, tzinfo=UTC)
WORKER = "business-builder"
HOSTILE = "</script><script>alert(1)</script><!--<script>\u2028]]>&\"'"


@pytest.fixture
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    for name in NAMES:
        put(memory, name, events(recording(name)))
    yield memory
    memory.close()


def put(store: EventStore, run_id: str, reported: list[Event]) -> None:
    store.begin(run_id, worker=WORKER, origin="here", time_us=1_763_800_000_000_000)
    store.summarise(run_id, **summary(reduce_all(store.append(run_id, reported))))


def report(store: EventStore, *run_ids: str, most_bytes: int = 50_000_000) -> str:
    traces = [read_trace(store, run_id, EXPORTED) for run_id in run_ids]
    return "".join(report_parts(traces, most_bytes))


def shown(run_id: str, state: RunState) -> dict[str, object]:
    """What a console shows of a state, without the counts that the log has."""
    header = run_header(run_id, state, WORKER, recording=True)
    plain = msgspec.json.decode(msgspec.json.encode({"run": header, **run_parts(state)}))
    return without_lines(plain)


def assert_states_are_those_of_the_reducer(store: EventStore, run_id: str, found: list[ReadPart]) -> None:
    state = RunState()
    assert state_at(found, 0) == shown(run_id, state)
    for logged in store.read(run_id, limit=100_000):
        state = reduce(state, logged)
        assert state_at(found, logged.position) == shown(run_id, state), logged.position


@pytest.mark.parametrize("name", NAMES)
def test_the_state_at_each_position_is_that_of_the_reducer(store: EventStore, name: str) -> None:
    found = parts(report(store, name))
    assert_states_are_those_of_the_reducer(store, name, found)


@settings(max_examples=25, deadline=None)
@given(runs())
def test_the_states_of_events_in_any_order_are_those_of_the_reducer(reported: list[Event]) -> None:
    store = EventStore.memory()
    put(store, "any", reported)
    assert_states_are_those_of_the_reducer(store, "any", parts(report(store, "any")))
    store.close()


@pytest.mark.parametrize("name", NAMES)
def test_the_log_and_the_rows_are_all_there(store: EventStore, name: str) -> None:
    html = report(store, name)
    found = parts(html)
    lines = list(store.log_rows(name))
    pages = sorted((part for part in found if part.kind == "messages"), key=lambda part: part.at)
    assert [text for page in pages for text in page.content["text"]] == [row.message for row in lines]
    assert len(rows(html, "routing")) == store.state(name).counts.routing
    assert len(rows(html, "ledger")) == store.state(name).counts.ledger
    times = [part for part in found if part.kind == "events"]
    assert sum(len(part.content["type"]) for part in times) == store.known_run(name).events
    assert not rows(html, "omitted")


def test_the_text_of_an_artifact_is_there_as_it_was_written(store: EventStore) -> None:
    found = parts(report(store, "valid_professional"))
    for artifact in store.state("valid_professional").artifacts:
        chunks = [part.content for part in found if part.kind == "artifact"]
        written = "".join(row[4] for part in chunks if part["file"] == artifact.file for row in part["rows"])
        assert written == store.artifact_text("valid_professional", artifact.file)


def test_a_text_whose_parts_arrived_out_of_order_is_there_in_order() -> None:
    store = EventStore.memory()
    pieces = [("a", 0), ("c", 2), ("b", 1)]
    sent = [
        ArtifactDelta(artifact_name="page", artifact_type="md", text=text, offset=at) for text, at in pieces
    ]
    put(store, "scattered", [make(data, run_id="scattered", time=EXPORTED) for data in sent])
    found = [part.content for part in parts(report(store, "scattered")) if part.kind == "artifact"]
    position, offset, reset, _, text = found[-1]["rows"][-1]
    assert (position, offset, reset, text) == (3, 0, True, "abc")


def test_no_text_of_a_run_is_markup_or_ends_a_script() -> None:
    store = EventStore.memory()
    put(
        store,
        "hostile",
        [
            make(RunStarted(task=HOSTILE, worker=HOSTILE), run_id="hostile", time=EXPORTED),
            make(StageStarted(stage_id=HOSTILE), run_id="hostile", time=EXPORTED),
            make(Log(message=HOSTILE, agent=HOSTILE, stage_id=HOSTILE), run_id="hostile", time=EXPORTED),
            make(ArtifactStarted(artifact_name=HOSTILE), run_id="hostile", time=EXPORTED),
            make(ArtifactCreated(artifact_name=HOSTILE, content=HOSTILE), run_id="hostile", time=EXPORTED),
        ],
    )
    html = report(store, "hostile").replace(viewer()[0], "")
    assert "alert(1)</script>" not in html
    tags = re.findall(r"<script[^>]*>", html)
    assert [tag for tag in tags if "application/x-worker-widget" not in tag] == ["<script>"]
    assert html.count("</script>") == len(tags)
    store.close()


def test_the_policy_forbids_every_request_and_every_other_script(store: EventStore) -> None:
    html = report(store, "valid_professional")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == rules["font-src"] == "data:"
    assert re.fullmatch(r"'sha256-[^']+' 'sha256-[^']+'", rules["script-src"])
    assert html.index(policy) < html.index("<title>")


def test_a_report_that_is_too_large_leaves_parts_out_and_lists_them() -> None:
    store = EventStore.memory()
    lines = [
        make(Log(message=f"line {number} {hash((number, 'x'))}" * 6), run_id="long", time=EXPORTED)
        for number in range(30_000)
    ]
    put(store, "long", lines)
    whole = len(report(store, "long"))
    html = report(store, "long", most_bytes=whole // 4)
    assert len(html) <= whole // 4
    left_out = [item["what"] for item in rows(html, "omitted")]
    assert any("as they arrived" in what for what in left_out)
    assert any(re.fullmatch(r"The messages of the log lines 1 to [\d,]+", what) for what in left_out)
    summary = html[html.index('<main id="summary">') : html.index("</main>")]
    assert all(what in summary for what in left_out)
    # The newest messages stay, and all lines are counted.
    kept = [part.at for part in parts(html) if part.kind == "messages"]
    assert kept
    assert sum(len(part.content["level"]) for part in parts(html) if part.kind == "lines") == 30_000
    store.close()


def test_the_text_of_a_report_is_what_is_written_to_a_file(store: EventStore, tmp_path: Path) -> None:
    path = RunHistory(store).export("valid_professional", "html", tmp_path / "run.html")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert text.endswith("</html>\n")
    written = [(part.kind, part.at) for part in parts(text)]
    assert written == [
        (part.kind, part.at) for part in parts(export_run(store, "valid_professional", "html"))
    ]


def test_several_runs_are_in_one_file_each_with_its_own_states(store: EventStore, tmp_path: Path) -> None:
    names = ["valid_professional", "embedded_host"]
    (path,) = RunHistory(store).export(names, "html", tmp_path / "runs.html")
    found = parts(path.read_text(encoding="utf-8"))
    for run, name in enumerate(names):
        assert_states_are_those_of_the_reducer(store, name, [part for part in found if part.run == run])
    checked = verify(path)
    assert checked.changed is None
    assert checked.run_id == ", ".join(names)


def test_several_runs_to_a_directory_are_a_file_each(store: EventStore, tmp_path: Path) -> None:
    written = RunHistory(store).export(["valid_professional", "embedded_host"], "html", tmp_path / "runs")
    assert [path.name for path in written] == ["valid_professional.html", "embedded_host.html"]


def test_a_compared_pair_has_its_table_and_the_differences(store: EventStore, tmp_path: Path) -> None:
    comparison = compare_recorded(store, "valid_professional", "embedded_host")
    path = comparison.export("html", tmp_path / "pair.html")
    html = path.read_text(encoding="utf-8")
    section = html[html.index('<details id="comparison">') : html.rindex("<script>")]
    changed = [pair.file for pair in comparison.artifact_pairs() if pair.status != "same"]
    for file in changed[:20]:
        assert f"<summary>{file}</summary>" in section
    assert section.count("<iframe sandbox ") == 20
    left_out = [item["what"] for item in rows(html, "omitted")]
    assert left_out == [f"The difference of {file}" for file in changed[20:]]
    assert "<script" not in section
    assert verify(path).changed is None
    with pytest.raises(ValueError, match="html"):
        comparison.export("json", tmp_path / "pair.json")  # type: ignore[arg-type]


def test_no_text_of_a_compared_pair_is_markup(tmp_path: Path) -> None:
    store = EventStore.memory()
    for name, text in (("first", HOSTILE), ("second", HOSTILE + "\r\nmore")):
        payloads = (
            RunStarted(task=HOSTILE),
            StageStarted(stage_id=HOSTILE),
            ArtifactStarted(artifact_name=HOSTILE),
            ArtifactCreated(artifact_name=HOSTILE, content=text),
        )
        put(store, name, [make(payload, run_id=name, time=EXPORTED) for payload in payloads])
    path = compare_recorded(store, "first", "second").export("html", tmp_path / "pair.html")
    html = path.read_text(encoding="utf-8").replace(viewer()[0], "")
    assert "alert(1)</script>" not in html
    assert html.count("<script>") == 1
    assert verify(path).changed is None
    store.close()


def test_a_bound_is_for_reports_only(store: EventStore, tmp_path: Path) -> None:
    history = RunHistory(store)
    with pytest.raises(ValueError, match="most_bytes is for html"):
        history.export("valid_professional", "json", tmp_path / "run.json", most_bytes=1_000)
    with pytest.raises(ValueError, match="in one file"):
        history.export(["valid_professional"], "html", tmp_path / "runs", most_bytes=1_000)


@pytest.mark.parametrize("most_bytes", [-1, 0, 1, 100_000])
def test_a_bound_without_room_for_the_viewer_is_refused(
    store: EventStore, tmp_path: Path, most_bytes: int
) -> None:
    path = tmp_path / "run.html"
    path.write_text("the one before")
    with pytest.raises(ValueError, match=r"has 1\d0,000 bytes at least.*allow more") as refused:
        RunHistory(store).export("valid_professional", "html", path, most_bytes=most_bytes)
    assert path.read_text() == "the one before"
    least = int(re.sub(r"\D", "", str(refused.value)))
    RunHistory(store).export("valid_professional", "html", path, most_bytes=least)
    assert path.stat().st_size <= least


def test_a_task_of_any_length_is_one_heading() -> None:
    store = EventStore.memory()
    put(store, "long", [make(RunStarted(task="</h1>" * 400_000), run_id="long", time=EXPORTED)])
    assert len(report(store, "long", most_bytes=400_000)) <= 400_000
    store.close()


# --- was it changed? -----------------------------------------------------------------------------------


def test_an_intact_report_has_the_same_head_hash_as_the_json_of_its_run(
    store: EventStore, tmp_path: Path
) -> None:
    history = RunHistory(store)
    found = verify(history.export("valid_professional", "html", tmp_path / "run.html"))
    assert found.changed is None
    assert found.run_id == "valid_professional"
    assert found.events == store.known_run("valid_professional").events
    assert found.head == verify(history.export("valid_professional", "json", tmp_path / "run.json")).head
    assert verify(tmp_path / "run.html", head="0" * 64).changed is not None


def test_any_changed_byte_of_a_report_is_found_and_named(store: EventStore, tmp_path: Path) -> None:
    path = tmp_path / "run.html"
    intact = report(store, "failure_strategy").encode()
    chosen = random.Random(4)
    places = [0, 20, len(intact) - 1, *(chosen.randrange(len(intact)) for _ in range(60))]
    for at in places:
        changed = bytearray(intact)
        changed[at] ^= 1
        path.write_bytes(changed)
        found = verify(path)
        assert found.changed, at
        assert re.search(r"\(line [\d,]+|event \d|hashes|is missing", found.changed), found.changed


def test_a_changed_event_is_named_although_its_part_was_written_anew(
    store: EventStore, tmp_path: Path
) -> None:
    html = report(store, "failure_strategy")
    (raw,) = [part for part in parts(html) if part.kind == "raw"]
    lines = raw.data.split(b"\n")
    lines[6] = lines[6].replace(b": ", b":  ", 1)
    assert lines != raw.data.split(b"\n")
    old = element("raw", 0, 0, raw.data)
    assert old in html
    path = tmp_path / "run.html"
    path.write_text(html.replace(old, element("raw", 0, 0, b"\n".join(lines))), encoding="utf-8")
    assert "event 7" in str(verify(path).changed)


def test_a_part_that_is_missing_or_moved_is_found(store: EventStore, tmp_path: Path) -> None:
    path = tmp_path / "run.html"
    lines = report(store, "failure_strategy").splitlines(keepends=True)
    first = next(index for index, line in enumerate(lines) if 'data-part="moments"' in line)
    path.write_text("".join([*lines[:first], *lines[first + 1 :]]), encoding="utf-8")
    assert verify(path).changed
    moved = [*lines[:first], lines[first + 1], lines[first], *lines[first + 2 :]]
    path.write_text("".join(moved), encoding="utf-8")
    assert verify(path).changed
    path.write_text("".join(lines[:-3]), encoding="utf-8")
    assert "hashes" in str(verify(path).changed)


def test_a_page_that_is_no_report_cannot_be_checked(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("<!doctype html><p>application/x-worker-widget", encoding="utf-8")
    with pytest.raises(RunFileError, match="no report"):
        verify(path)


def test_a_report_without_all_events_says_so(tmp_path: Path) -> None:
    store = EventStore.memory()
    put(
        store,
        "long",
        [make(Log(message=f"line {number} " * 9), run_id="long", time=EXPORTED) for number in range(9_000)],
    )
    path = tmp_path / "run.html"
    path.write_text(report(store, "long", most_bytes=len(report(store, "long")) - 20_000), encoding="utf-8")
    found = verify(path)
    assert found.changed is None
    assert found.events < 9_000
    assert "of 9,000 events" in str(found)
    store.close()
