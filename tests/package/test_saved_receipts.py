"""The runs of a saved notebook are readable without a kernel, widget state and scripts: in its receipts."""

from __future__ import annotations

import re
from html import unescape

import nbformat
import nh3
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat import NotebookNode, v4

DEFINED = """
from worker_widget import WorkerConsole, WorkerStudio, ask_and_wait, artifact, log, stage, worker
import time

@worker
def good(task):
    with stage("writing"), artifact("note.md") as out:
        log("<img src=x onerror=alert(1)>")
        out.write(task)

@worker
def bad(task):
    with stage("reading"):
        raise ValueError("The <b>source</b> is gone")

@worker
def asking(task):
    ask_and_wait("Go on?")

def until(*statuses):
    lines = [console._receipt._receipt["text/plain"] for console in consoles]
    while not all(line.startswith(status) for line, status in zip(lines, statuses)):
        time.sleep(0.02)
        lines = [console._receipt._receipt["text/plain"] for console in consoles]
"""
CONSOLES = """
consoles = [WorkerConsole(function) for function in (good, bad, asking, asking, good)]
consoles[0]
""".strip()
RUN = """
runs = [console.run("A <i>task</i>") for console in consoles[:4]]
until("Completed", "Failed", "Waiting", "Waiting")
runs[2].stop()
until("Completed", "Failed", "Cancelled", "Waiting")
"""
WATCH = """
consoles = [WorkerConsole(watch=True)]
consoles[0]
""".strip()
WATCHED = """
run = good.run("Seen")
until("Completed")
"""
LINE = r"run [0-9a-f]{4}"


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """Four consoles, each in its cell, whose runs start in a later cell, and one without a run."""
    shown = [f"consoles[{number}]" for number in range(1, 5)]
    made = v4.new_notebook(
        cells=[v4.new_code_cell(source) for source in (DEFINED, CONSOLES, *shown, RUN, WATCH, WATCHED)]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKER_WIDGET_HOME", str(tmp_path_factory.mktemp("home")))
        NotebookClient(made, timeout=120, store_widget_state=False).execute()
    return nbformat.reads(nbformat.writes(made), as_version=4)


def words(html: str) -> str:
    """The text of a document, with one space between its words."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def receipts(notebook: NotebookNode) -> list[str]:
    return [cell.outputs[1].data["text/html"] for cell in notebook.cells[1:6]]


def test_each_console_has_the_receipt_of_its_run_below_it(notebook: NotebookNode) -> None:
    lines = [cell.outputs[1].data["text/plain"] for cell in notebook.cells[1:6]]
    assert [len(cell.outputs) for cell in notebook.cells[1:6]] == [2] * 5
    patterns = [
        rf"Completed · .+ · 1 artifact · {LINE}",
        rf"Failed in reading · .+ · {LINE}",
        rf"Cancelled · .+ · {LINE}",
        rf"Waiting for an answer · since .+ UTC · {LINE}",
        "No run yet",
    ]
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.fullmatch(pattern, line), line
    assert notebook.cells[7].outputs[1].data["text/plain"].startswith("Completed")


def test_a_text_of_the_worker_is_no_markup_in_it(notebook: NotebookNode) -> None:
    completed, failed, *_ = receipts(notebook)
    assert "A &lt;i&gt;task&lt;/i&gt;" in completed
    assert "The &lt;b&gt;source&lt;/b&gt; is gone" in failed
    assert not re.search(r"<(img|i|b>source)", completed + failed)


def test_nbconvert_shows_the_runs_without_widget_state(notebook: NotebookNode) -> None:
    assert "widgets" not in notebook.metadata
    page, _ = HTMLExporter(template_name="lab").from_notebook_node(notebook)
    shown = words(page)
    for html in receipts(notebook):
        assert words(html) in shown
    assert "<details>" in page
    assert "widget-view+json" not in page.partition("</head>")[2]
    assert shown.count("Worker console for") == 6


def test_a_host_that_sanitises_html_shows_the_same_text(notebook: NotebookNode) -> None:
    for html in receipts(notebook):
        kept = nh3.clean(
            html, tags={"details", "summary", "p", "br", "table", "tr", "td", "th"}, attributes={}
        )
        assert words(kept) == words(html)


def test_it_is_small(notebook: NotebookNode) -> None:
    assert max(map(len, receipts(notebook))) < 3_000
