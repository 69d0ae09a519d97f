"""Exports for spreadsheets, issues and notebooks: readable there, and without power over them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.recorded import NAMES, events, recording
from worker_widget.events import (
    ArtifactCreated,
    Event,
    Log,
    Payload,
    PolicyViolation,
    RunFailed,
    RunStarted,
    RunWarning,
    StageFailed,
    StageStarted,
    make,
)
from worker_widget.runs.export import export_file_name, export_parts, export_run
from worker_widget.runs.export.markdown_text import block, code
from worker_widget.runs.export.md_format import MOST_CHARS
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

MOMENT = datetime(2026, 11, 23, 8, 0, 0, 5_000, tzinfo=UTC)
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


@pytest.fixture
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    yield memory
    memory.close()


def put(store: EventStore, run_id: str, reported: list[Event], worker: str = "writer") -> None:
    store.begin(run_id, worker=worker, origin="http://127.0.0.1:8000", time_us=1_763_800_000_000_000)
    store.summarise(run_id, **summary(reduce_all(store.append(run_id, reported))))


def made(*data: Payload) -> list[Event]:
    return [make(item, run_id="r", time=MOMENT) for item in data]


# --- spreadsheet -----------------------------------------------------------------------------------


def sheet(store: EventStore) -> list[list[str]]:
    text = export_run(store, "r", "spreadsheet")
    assert text.startswith("\ufeffline,position,time,")
    return list(csv.reader(StringIO(text[1:], newline="")))[1:]


def test_a_spreadsheet_has_times_that_it_knows_as_times(store: EventStore) -> None:
    put(store, "r", made(Log(message="größer Ω 日本")))
    assert sheet(store) == [["1", "1", "2026-11-23 08:00:00.005", "info", "", "", "größer Ω 日本"]]
    assert export_file_name(store, "r", "spreadsheet").endswith(".csv")


BEFORE = ["", " ", "\u00a0", "\u200b", "\ufeff ", "\x0b", "\u00ad", "\u2061", "\ufe0f", "\U000e0041"]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1"])
def test_no_cell_of_a_spreadsheet_is_a_formula(store: EventStore, before: str, formula: str) -> None:
    attack = before + formula
    put(store, "r", made(Log(message=attack, stage_id=attack, agent=attack)))
    assert sheet(store)[0][4:] == ["'" + attack.replace("\x0b", "␋")] * 3


SHOWN = {
    "ok;=1+1": "ok;'=1+1",
    "ok\t \u00ad=1+1": "ok\t \u00ad'=1+1",
    'a, b;"=1+1"': 'a, b;"\'=1+1"',
    "a\r\n@x\n\n- y": "a\r\n'@x\n\n'- y",
    "\t=1": "'\t'=1",
    "a = b; c = d\n\te - f": "a = b; c = d\n\te - f",
    '{"a": 1, "b": -1}': '{"a": 1, "b": -1}',
}


@pytest.mark.parametrize("message", SHOWN)
def test_a_formula_behind_another_separator_is_text(store: EventStore, message: str) -> None:
    put(store, "r", made(Log(message=message)))
    assert sheet(store)[0][-1] == SHOWN[message]


PIECES = ["=", "+", "-", "@", "＝", ",", ";", "\t", "\n", "\r", '"', "'", " ", "a", "1", *BEFORE]
ODD_TEXT = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@settings(max_examples=300)
@given(cells=st.lists(st.tuples(ODD_TEXT, ODD_TEXT, ODD_TEXT), min_size=1, max_size=3))
def test_no_reader_of_a_spreadsheet_finds_a_formula(cells: list[tuple[str, str, str]]) -> None:
    store = EventStore.memory()
    put(store, "r", made(*(Log(message=text, stage_id=stage, agent=agent) for text, stage, agent in cells)))
    text = export_run(store, "r", "spreadsheet")
    store.close()
    for delimiter in (",", ";", "\t"):
        for row in csv.reader(StringIO(text[1:], newline=""), delimiter=delimiter):
            for cell in row:
                shown = cell.lstrip("".join(BEFORE) + "\t\r\n")
                assert not shown.startswith(("=", "+", "-", "@", "＝")), (delimiter, cell)


def test_a_cell_is_at_most_as_long_as_excel_takes(store: EventStore) -> None:
    put(store, "r", made(Log(message="x" * 32_767), Log(message="=" + "x" * 40_000)))
    cells = [row[-1] for row in sheet(store)]
    assert [(len(cell), cell[-1]) for cell in cells] == [(32_767, "x"), (32_767, "…")]


def test_the_plain_csv_stays_as_it_is(store: EventStore) -> None:
    put(store, "r", made(Log(message=" =1")))
    assert export_run(store, "r", "csv").endswith("1,1,2026-11-23T08:00:00.005000Z,info,,, =1\r\n")


# --- md --------------------------------------------------------------------------------------------


def test_md_is_a_summary_for_an_issue(store: EventStore) -> None:
    put(store, "failure_strategy", events(recording("failure_strategy")))
    lines = export_run(store, "failure_strategy", "md").splitlines()
    assert lines[0] == "### Worker run `failure_strategy`: running"
    assert "| Task | `[[list:strategy]] A valid task` |" in lines
    assert "#### Problems (1)" in lines
    assert "#### Stages (3)" in lines
    assert any(line.startswith("| `Strategy` | failed: `") for line in lines)
    assert lines[-1] == "</details>"
    assert any("ERROR    Stage failed" in line for line in lines)
    assert "127.0.0.1" not in "\n".join(lines)


@pytest.mark.parametrize("name", NAMES)
def test_md_is_a_table_where_it_should_be_one(store: EventStore, name: str) -> None:
    put(store, name, events(recording(name)))
    text = export_run(store, name, "md")
    html = MARKDOWN.render(text)
    assert html.count("<h3>") == 1
    assert html.count("<table>") == len(re.findall(r"^\| ---", text, re.MULTILINE))


def outside_code(text: str) -> list[tuple[str, str]]:
    """The types of all tokens, with the text of those that are no code."""
    found: list[tuple[str, str]] = []

    def walk(tokens: list[Token]) -> None:
        for token in tokens:
            plain = token.type not in ("code_inline", "fence", "inline")
            found.append((token.type, token.content if plain else ""))
            walk(token.children or [])

    walk(MARKDOWN.parse(text))
    return found


NASTY = st.text(
    st.sampled_from("`|<>[]()!*_~#@:/\\&;\n\r\t -+=.$^{}\"'ax1\u202e\u2028\x1b\x00é日")
    | st.characters(codec="utf-8"),
    max_size=40,
)


def run_of(word: str) -> list[Event]:
    return made(
        RunStarted(task=word),
        StageStarted(stage_id="s", name=word, agent=word),
        RunWarning(code="drift", message=word),
        PolicyViolation(stage_id="s", reason=word, pattern=word, severity="error"),
        Log(message=word, level="error"),
        ArtifactCreated(artifact_name=word, artifact_type="txt", content="text"),
        StageFailed(stage_id="s", error=word),
        RunFailed(success=False, error=word),
    )


@settings(max_examples=150)
@given(nasty=NASTY)
def test_no_text_of_a_worker_is_markup_in_md(nasty: str) -> None:
    found = []
    for word in ("x" + nasty + "x", "plain"):
        store = EventStore.memory()
        put(store, "r", run_of(word), worker=word)
        found.append(outside_code(export_run(store, "r", "md", exported=MOMENT)))
        store.close()
    assert found[0] == found[1]


@given(nasty=NASTY)
def test_code_is_one_piece_of_code(nasty: str) -> None:
    text = code(nasty)
    assert "\n" not in text
    assert "|" not in text
    types = [token.type for token in MARKDOWN.parseInline("a " + text)[0].children or []]
    assert types == (["text", "code_inline"] if text else ["text"])
    assert [token.type for token in MARKDOWN.parse(block([nasty, nasty]))] == ["fence"]


def test_md_is_short_for_the_longest_run(store: EventStore) -> None:
    long = "`" * 200 + "word " * 2_000
    reported: list[Payload] = [RunStarted(task=long)]
    for number in range(300):
        reported += (
            StageStarted(stage_id=f"s{number}", name=long, agent=long),
            StageFailed(stage_id=f"s{number}", error=long),
            RunWarning(code=f"c{number}", message=long),
            Log(message=long, level="error"),
            ArtifactCreated(artifact_name=f"{number}{long}", artifact_type="txt", content="x"),
        )
    put(store, "r", made(*reported, RunFailed(success=False, error=long)), worker=long)
    text = export_run(store, "r", "md")
    assert len(text) <= MOST_CHARS
    assert "… and 260 more" in text


# --- ipynb -----------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(nasty=NASTY)
def test_a_notebook_is_valid_and_its_code_is_ours(nasty: str) -> None:
    store = EventStore.memory()
    run_id = "x" + nasty
    put(store, run_id, run_of("x" + nasty), worker=nasty)
    notebook = nbformat.reads(export_run(store, run_id, "ipynb"), as_version=4)
    nbformat.validate(notebook)
    first, *others = (cell for cell in notebook.cells if cell.cell_type == "code")
    names: dict[str, object] = {}
    lines = [line for line in first.source.splitlines() if line.startswith(("RUN =", "FILES ="))]
    exec("from pathlib import Path\n" + "\n".join(lines), names)
    assert names["RUN"] == run_id
    assert all(len(path.parts) == 1 for path in names["FILES"])  # type: ignore[attr-defined]
    assert nasty not in "".join(cell.source for cell in others) or len(nasty) < 4
    store.close()


@pytest.mark.parametrize("format", ["spreadsheet", "md", "ipynb"])
def test_an_export_of_a_run_without_events_is_readable(store: EventStore, format: str) -> None:
    store.begin("empty", worker="w", origin="o", task="A task", time_us=1)
    text = "".join(export_parts(store, "empty", format))  # type: ignore[arg-type]
    assert "A task" in text or format == "spreadsheet"
