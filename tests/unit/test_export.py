"""Exports: complete, readable, and safe to open."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recorded import NAMES, events, recording
from worker_widget.errors import RunUnknown
from worker_widget.events import (
    ArtifactCreated,
    Event,
    Log,
    Payload,
    PolicyViolation,
    RunCompleted,
    RunReconciled,
    RunRequested,
    RunWarning,
    TaskUnderstood,
    decode,
    make,
)
from worker_widget.runs.export import ExportFormat, export_file_name, export_parts, export_run
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

EXPORTED = datetime(2026, 11, 23, 8, 0, 0, 5, tzinfo=UTC)
CREATED_US = 1_763_800_000_000_000


@pytest.fixture
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    for name in NAMES:
        put(memory, name, events(recording(name)))
    yield memory
    memory.close()


def put(store: EventStore, run_id: str, reported: list[Event], origin: str = "http://127.0.0.1:8000") -> None:
    store.begin(run_id, worker="business-builder", origin=origin, time_us=CREATED_US)
    store.summarise(run_id, **summary(reduce_all(store.append(run_id, reported))))


def emitted(message: str, **rest: Any) -> Event:
    return make(Log(message=message, **rest), run_id="r", time=EXPORTED)


def as_json(store: EventStore, run_id: str) -> Any:
    return json.loads(export_run(store, run_id, "json", exported=EXPORTED))


def as_rows(text: str) -> list[list[str]]:
    return list(csv.reader(StringIO(text, newline="")))


# --- json ------------------------------------------------------------------------------------------


def test_json_holds_the_whole_run(store: EventStore) -> None:
    trace = as_json(store, "valid_professional")
    assert list(trace) == [
        *("format", "version", "exported_at", "run", "request", "metrics", "stages", "routing", "policy"),
        *("drift", "failures", "recovery", "replay", "incidents", "warnings", "understanding"),
        *("artifacts", "logs", "events", "integrity"),
    ]
    assert (trace["format"], trace["version"]) == ("worker-widget/run", 2)
    assert trace["exported_at"] == "2026-11-23T08:00:00.000005Z"
    run = trace["run"]
    assert (run["run_id"], run["worker"]) == ("valid_professional", "business-builder")
    assert run["task"] == "Create a landing page hero section with compelling copy"
    assert (run["status"], run["success"], run["started_at"]) == (
        "completed",
        True,
        "2026-11-22T07:49:19.084474Z",
    )
    assert (trace["metrics"]["total_tokens"], trace["metrics"]["events"]) == (2509, 76)
    lists = ("stages", "routing", "policy", "drift", "failures", "artifacts", "logs", "events")
    assert [len(trace[key]) for key in lists] == [8, 8, 5, 4, 0, 17, 24, 76]
    copy = next(stage for stage in trace["stages"] if stage["stage_id"] == "copy")
    assert (copy["name"], copy["tokens"], copy["agent"]) == ("Copy", 648, "copywriter_agent")
    assert copy["duration_ms"] > 250
    page = next(item for item in trace["artifacts"] if item["file"] == "landing_html.html")
    assert len(page["content"]) == page["chars"] == 349
    assert trace["logs"][0]["message"] == "Starting Pre-flight Validation..."


@pytest.mark.parametrize("name", NAMES)
def test_json_holds_every_event_as_it_came(store: EventStore, name: str) -> None:
    kept = as_json(store, name)["events"]
    reported = events(recording(name))
    assert [row["position"] for row in kept] == list(range(1, len(reported) + 1))
    assert [row["event"] for row in kept] == [json.loads(event.raw) for event in reported]


@pytest.mark.parametrize(
    "time",
    ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", 1e300, "Thu, 01 Jan 0001 00:00:00 +2359"],
)
def test_a_time_that_no_clock_has_ends_no_export(time: Any) -> None:
    store = EventStore.memory()
    lines = [
        json.dumps({"type": kind, "timestamp": time, "data": {"message": "at the edge"}}).encode()
        for kind in ("run_started", "log", "run_completed")
    ]
    put(store, "edge", [decode(line) for line in lines])
    formats: tuple[ExportFormat, ...] = ("json", "txt", "csv", "spreadsheet", "ipynb", "md", "otlp", "html")
    exported = {format: export_run(store, "edge", format) for format in formats}
    store.close()
    assert all("at the edge" in exported[format] for format in ("json", "txt", "csv", "spreadsheet"))
    assert all(exported.values())


def test_the_cost_report_of_the_runs_answer_is_in_the_state_and_the_export() -> None:
    """Real servers have it only there."""
    store = EventStore.memory()
    report = {"total_tokens": 7, "stages": {"ux": {"tokens": 7}}}
    end = (RunCompleted(success=True), RunReconciled(cost_report=report))
    put(store, "r", [make(data, run_id="r", time=EXPORTED) for data in end])
    assert store.state("r").cost_report == report
    assert as_json(store, "r")["metrics"]["cost_report"] == report
    store.close()


def test_json_tells_failure_and_recovery(store: EventStore) -> None:
    trace = as_json(store, "failure_strategy")
    assert trace["run"]["status"] == "running"
    assert [row["title"] for row in trace["recovery"]] == [
        "Recovery started: attempting recovery",
        "Recovery failed: none",
    ]
    assert trace["failures"][1]["detail"][0]["text"] == (
        "The worker's program stopped with an error: “'list' object has no attribute 'get'”"
    )
    assert {row["engine"] for row in trace["failures"]} == {"M9"}


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.dictionaries(
    st.sampled_from(
        [
            *("stage_id", "message", "level", "agent", "artifact_name", "artifact_type", "content", "offset"),
            *("text", "tokens_used", "duration_ms", "drift_score", "alternatives", "suggestions", "error"),
            *("replay_token", "total_tokens"),
        ]
    ),
    ANY_JSON,
)
TYPES = st.sampled_from(
    [
        *("log", "artifact_delta", "artifact_created", "stage_completed", "drift_detected", "run_failed"),
        *("routing_decision", "recovery_suggestion", "run_completed", "something_new"),
    ]
)
ANY_EVENT = st.one_of(
    st.binary(max_size=40),
    st.builds(lambda kind, data: json.dumps({"type": kind, "data": data}).encode(), TYPES, FIELDS),
)


@settings(deadline=None, max_examples=120)
@given(st.lists(ANY_EVENT, max_size=6))
def test_whatever_a_server_sends_can_be_exported(raws: list[bytes]) -> None:
    store = EventStore.memory()
    try:
        put(store, "r", [decode(raw) for raw in raws])
        trace = as_json(store, "r")
        assert len(trace["events"]) == store.known_run("r").events
        assert len(as_rows(export_run(store, "r", "csv"))) == 1 + len(trace["logs"])
        assert "WORKER RUN TRACE" in export_run(store, "r", "txt")
    finally:
        store.close()


# --- the request -----------------------------------------------------------------------------------


def test_every_format_has_the_whole_request(store: EventStore) -> None:
    brand = {"company_name": "=Crumb", "tone": {"avoid": ["hype", "slang"]}}
    asked = RunRequested(
        worker="w",
        task="Bread",
        brand=brand,
        budget=5_000,
        strict_mode=True,
        depth="deep",
        options={"pace": 0},
    )
    put(store, "asked", [make(asked, run_id="asked", time=EXPORTED), emitted("Baking")])
    request = {
        "task": "Bread",
        "brand": brand,
        "budget": 5_000,
        "strict_mode": True,
        "depth": "deep",
        "options": {"pace": 0},
    }
    assert as_json(store, "asked")["request"] == request
    _, first, second = as_rows(export_run(store, "asked", "csv"))
    assert (first[0], json.loads(first[-1])) == ("0", request)
    assert (second[0], second[-1]) == ("1", "Baking")
    text = export_run(store, "asked", "txt")
    section = text.partition("REQUEST\n")[2].partition("\nSTAGES")[0].splitlines()[1:]
    assert [line for line in section if line] == [
        "Strict mode yes",
        "Depth       deep",
        "Budget      5,000 tokens",
        "Options     Pace: 0",
        "Brand       Company name: =Crumb",
        "            Tone: Avoid: hype, slang",
    ]


def test_what_a_server_does_not_repeat_is_unknown(store: EventStore) -> None:
    assert as_json(store, "valid_professional")["request"] is None
    text = export_run(store, "valid_professional", "txt")
    assert "Brand       set, but the server did not repeat it\n" in text
    assert "Depth       unknown" in text


# --- csv -------------------------------------------------------------------------------------------


def test_csv_holds_the_log_a_line_a_row(store: EventStore) -> None:
    text = export_run(store, "valid_professional", "csv")
    assert text.endswith("\r\n")
    head, *rows = as_rows(text)
    assert head == ["line", "position", "time", "level", "stage_id", "agent", "message"]
    assert len(rows) == 24
    assert rows[0] == [
        *("1", "4", "2026-11-22T07:49:19.084772Z", "info", "preflight", "validator_agent"),
        "Starting Pre-flight Validation...",
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_no_cell_of_a_csv_is_a_formula(store: EventStore, start: str) -> None:
    attack = start + "cmd|' /C calc'!A0"
    put(store, "r", [emitted(attack, stage_id=attack, agent=attack)])
    _, row = as_rows(export_run(store, "r", "csv"))
    # A message is what a terminal shows, where the return to the start of an empty line is nothing.
    message = attack.removeprefix("\r")
    assert row[4:6] == ["'" + attack] * 2
    assert row[6] == (message if message[0] == "c" else "'" + message)


def test_csv_keeps_quotes_commas_line_ends_and_every_script(store: EventStore) -> None:
    messages = ['say "hi", then\nleave\r\nnow', "größer Ω 🎧 日本", "", " = not at the start", "5 - 3"]
    put(store, "r", [emitted(message, agent=str(n)) for n, message in enumerate(messages)])
    rows = as_rows(export_run(store, "r", "csv"))
    assert [row[6] for row in rows[1:]] == messages


def test_a_long_log_is_exported_in_pieces(store: EventStore) -> None:
    put(store, "r", [emitted(f"message number {n}") for n in range(6_000)])
    pieces = list(export_parts(store, "r", "csv"))
    assert len(pieces) > 3
    assert max(map(len, pieces)) < 100_000
    rows = as_rows("".join(pieces))
    assert [row[6] for row in rows[1:]] == [f"message number {n}" for n in range(6_000)]


# --- txt -------------------------------------------------------------------------------------------


def test_txt_is_a_page_to_read(store: EventStore) -> None:
    lines = export_run(store, "failure_strategy", "txt", exported=EXPORTED).splitlines()
    assert lines[0] == "WORKER RUN TRACE"
    assert "Run        failure_strategy" in lines
    assert "Task       [[list:strategy]] A valid task" in lines
    assert "Exported   2026-11-23T08:00:00.000005Z" in lines
    titles = ["STAGES (3)", "ROUTING (3)", "FAILURES AND RECOVERY (1)", "LEDGER (5)"]
    assert [line for line in lines if line in (*titles, "ARTIFACTS (0)", "LOG (9)")] == [
        *titles,
        *("ARTIFACTS (0)", "LOG (9)"),
    ]
    table = lines[lines.index("STAGES (3)") + 2 :][:4]
    assert (
        len(
            {
                line.index(word)
                for line, word in zip(table[:3], ("Status", "completed", "completed"), strict=True)
            }
        )
        == 1
    )
    stopped = "Strategy: The worker's program stopped with an error: “'list' object has no attribute 'get'”"
    assert f"  {stopped}" in lines
    start = lines.index("FAILURES AND RECOVERY (1)") + 2
    assert lines[start].endswith(f"  {stopped} → recovery tried → not recovered")
    assert lines[start + 2] == "1 check passed"
    assert lines[-1].split()[:3] == ["07:52:35.240683", "ERROR", "Strategy"]


def test_txt_indents_long_entries_and_shows_control_characters_but_no_sequences(store: EventStore) -> None:
    put(store, "r", [emitted("first\nsecond \x1b[2J\x9b31m\x07", stage_id="ux", agent="a")])
    first, second = export_run(store, "r", "txt").splitlines()[-2:]
    assert first.index("first") == second.index("second")
    assert second.endswith("second ␇")


def test_incidents_and_warnings_are_exported(store: EventStore) -> None:
    violation = PolicyViolation(
        stage_id="copy", pattern="best ever", location="page.hero[0:9]", severity="error"
    )
    reported: list[Payload] = [
        violation,
        TaskUnderstood(score=0.2, threshold=0.5, reasons=["No audience."], facts=[]),
        RunWarning(code="drift", message="Read it before use."),
    ]
    put(store, "r", [make(data, run_id="r", time=EXPORTED) for data in reported])
    trace = as_json(store, "r")
    [incident] = trace["incidents"]
    assert incident["title"] == "Copy: the hero contains “best ever” → still open"
    assert (incident["location"], incident["before"], incident["position"]) == ("page.hero", "best ever", 1)
    assert [row["incident"] for row in trace["policy"]] == [1]
    assert [row["code"] for row in trace["warnings"]] == ["task_not_understood", "drift"]
    assert trace["understanding"]["score"] == 0.2
    assert trace["metrics"]["figures"]["unrecovered"] == 1
    text = export_run(store, "r", "txt")
    assert "WARNINGS (2)" in text
    assert "Read it before use." in text
    assert "Understanding of the task: 20%, at least 50% is enough\n  No audience.\n" in text
    assert "Copy: the hero contains “best ever” → still open" in text


def test_txt_lists_what_went_wrong_with_its_details(store: EventStore) -> None:
    violation = PolicyViolation(stage_id="copy", reason="A guarantee", pattern="best ever", severity="error")
    put(store, "r", [make(violation, run_id="r", time=EXPORTED)])
    text = export_run(store, "r", "txt")
    assert "LEDGER (1)" in text
    assert "Policy violation: A guarantee" in text
    assert "found: best ever" in text


# --- all -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["json", "txt", "csv"])
def test_no_secret_of_the_address_is_exported(store: EventStore, format: ExportFormat) -> None:
    put(store, "r", [emitted("x")], origin="https://user:s3cret@host/api?key=s3cret")
    assert "s3cret" not in export_run(store, "r", format)


@pytest.mark.parametrize("format", ["json", "txt", "csv"])
def test_an_export_of_a_run_without_events_is_whole(store: EventStore, format: ExportFormat) -> None:
    store.begin("empty", worker="w", origin="o", task="A task", time_us=CREATED_US)
    text = export_run(store, "empty", format)
    if format == "json":
        assert json.loads(text)["run"]["task"] == "A task"
    elif format == "txt":
        assert "A task" in text
        assert text.endswith("LOG (0)\n" + "-" * 100 + "\nnone\n")
    else:
        assert text == "line,position,time,level,stage_id,agent,message\r\n"


def test_an_export_has_a_telling_name_that_any_disk_takes(store: EventStore) -> None:
    assert (
        export_file_name(store, "valid_professional", "csv")
        == "business-builder_valid-pr_20261122T074919Z.csv"
    )
    store.begin("../../x:y", worker="a/b\\c\n", origin="o", time_us=CREATED_US)
    assert export_file_name(store, "../../x:y", "json") == "a-b-c_x-y_20251122T082640Z.json"


def test_a_format_or_run_that_is_not_known_is_named(store: EventStore) -> None:
    with pytest.raises(ValueError, match=r"'docx'.*json, txt, csv"):
        export_run(store, NAMES[0], "docx")  # type: ignore[arg-type]
    with pytest.raises(RunUnknown, match="'nobody'"):
        export_run(store, "nobody", "json")


def test_an_artifact_is_exported_as_it_is(store: EventStore) -> None:
    content = '<script>"\u2028</script>\n'
    created = ArtifactCreated(artifact_name="page", artifact_type="html", content=content)
    put(store, "r", [make(created, run_id="r", time=EXPORTED)])
    (item,) = as_json(store, "r")["artifacts"]
    assert (item["content"], item["status"], item["chars"]) == (content, "done", len(content))
    assert msgspec.json.decode(export_run(store, "r", "json"))["artifacts"][0]["sha256"] == item["sha256"]
