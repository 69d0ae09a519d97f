"""Agents of real frameworks in cells of JupyterLab, on a console that watches: live, and at their end."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.console import Console
from tests.browser.lab import Lab, open_cells, page_of, run_cell, wait_until_ran

AGENTS = Path(__file__).with_name("fake_agents.py")

WATCHING = """
from agents import set_trace_processors
from fake_agents import *
from worker_widget import RunHistory, WorkerConsole, log, run, stage, unwatch, watch, worker

set_trace_processors([])

@worker
def digest(task):
    log(f"a digest of {task}")

watch()
WorkerConsole(watch=True)
"""
CELLS = {
    "langgraph": """
weather_graph("Basel").invoke({"messages": [("user", "Weather in Basel?")]})["messages"][-1].content
""",
    "pydantic-ai": """
(await geographer.run("How many people live in Basel?")).output
""",
    "openai-agents": """
await book_a_train()
""",
    "opentelemetry": """
planner = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner"}
search = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}
with (
    tracer.start_as_current_span("invoke_agent planner", attributes=planner),
    tracer.start_as_current_span("execute_tool search", attributes=search),
):
    wait_for("opentelemetry")
""",
    "nightly": """
with run("nightly"):
    with stage("load"):
        log("1,204 rows")
    with stage("forecast"):
        weather_graph("Nowhere").invoke({"messages": [("user", "Weather in Nowhere?")]})
""",
    "interrupted": """
weather_graph("Basel", "never").invoke({"messages": [("user", "Weather in Basel?")]})["messages"][-1].content
""",
    "unwatched": """
unwatch()
before = len(RunHistory().runs())
print(await book_a_train(), len(RunHistory().runs()) - before)
watch()
""",
}


@dataclass(frozen=True)
class WatchedNotebook:
    """A notebook with a cell for each agent, and the console above them."""

    page: Page
    running: Lab
    console: Console

    def run(self, name: str) -> Locator:
        """Runs the cell of an agent; it waits for `go_on` where that has a file."""
        cell = run_cell(self.page, list(CELLS).index(name) + 1)
        self.console.root.scroll_into_view_if_needed()
        return cell

    def go_on(self, name: str) -> None:
        (self.running.folder / name).touch()

    @property
    def worker(self) -> Locator:
        """The worker selector."""
        return self.console.root.locator("[data-pop=worker]").get_by_role("button").first

    def stage(self, name: str, number: int = 0) -> Locator:
        """The row of a stage; ``number`` counts those with the name."""
        named = self.page.locator("b", has_text=re.compile(f"^{re.escape(name)}$"))
        return self.console.stages.filter(has=named).nth(number)

    def expect_stage(self, name: str, kind: str, status: str, number: int = 0) -> None:
        """The stage is in the tree, with its kind and status."""
        row = self.stage(name, number)
        expect(row).to_have_class(re.compile(rf"\b{status}\b"))
        expect(row.locator(".pick")).to_have_attribute("aria-label", re.compile(rf"\b{kind}, {status}\b"))

    def icon(self, name: str) -> str:
        """The icon of a stage, as it is drawn."""
        drawn: str = self.stage(name).locator("b.icon").get_attribute("style") or ""
        return drawn

    def open_stage(self, name: str, number: int = 0) -> None:
        """Opens a stage that is closed."""
        row = self.stage(name, number)
        if row.get_attribute("aria-expanded") != "true":
            row.locator(".twist").click()
        expect(row).to_have_attribute("aria-expanded", "true")

    def written(self) -> Locator:
        """The text of the artifact on screen."""
        return self.console.preview().locator("body")


@pytest.fixture(scope="module")
def notebook(browser: Browser, running: Lab) -> Iterator[WatchedNotebook]:
    shutil.copy(AGENTS, running.folder)
    with page_of(browser) as page:
        open_cells(page, running, "watched.ipynb", WATCHING, *CELLS.values())
        cell = run_cell(page, 0)
        wait_until_ran(cell)
        yield WatchedNotebook(page, running, Console.in_cell(page, cell))


def output(cell: Locator) -> Locator:
    return cell.locator(".jp-OutputArea-output").first


def test_a_graph_of_langgraph_is_seen_with_its_tokens_as_they_are_written(notebook: WatchedNotebook) -> None:
    cell = notebook.run("langgraph")
    notebook.console.expect_status("Running")
    expect(notebook.worker).to_have_text("LangGraph")
    expect(notebook.written()).to_have_text("It is twelve")
    notebook.expect_stage("call_model", "stage", "completed")
    notebook.expect_stage("tools", "stage", "completed")
    notebook.expect_stage("call_model", "stage", "running", number=1)
    notebook.expect_stage("ScriptedChat", "model", "running")
    notebook.go_on("langgraph")
    wait_until_ran(cell)
    expect(output(cell)).to_have_text("'It is twelve degrees in Basel.'")
    notebook.console.expect_status("Completed")
    expect(notebook.written()).to_have_text("It is twelve degrees in Basel.")
    notebook.open_stage("tools")
    notebook.expect_stage("weather", "tool", "completed")
    notebook.open_stage("call_model")
    icons = {notebook.icon(name) for name in ("call_model", "ScriptedChat", "weather")}
    assert len(icons) == 3, "a node, a model and a tool have an icon each"


def test_an_agent_of_pydantic_ai_is_seen_with_its_tool_and_its_text(notebook: WatchedNotebook) -> None:
    cell = notebook.run("pydantic-ai")
    expect(notebook.worker).to_have_text("Pydantic AI")
    expect(notebook.written()).to_have_text("Basel has")
    notebook.console.expect_status("Running")
    notebook.expect_stage("scripted-2", "model", "completed")
    notebook.expect_stage("population", "tool", "completed")
    notebook.expect_stage("scripted-2", "model", "running", number=1)
    notebook.go_on("pydantic-ai")
    wait_until_ran(cell)
    notebook.console.expect_status("Completed")
    expect(notebook.written()).to_have_text("Basel has 175,000 inhabitants.")


def test_a_hand_off_of_openai_agents_is_routing_and_the_agents_are_stages(notebook: WatchedNotebook) -> None:
    cell = notebook.run("openai-agents")
    expect(notebook.worker).to_have_text("OpenAI Agents")
    notebook.expect_stage("triage", "agent", "completed")
    notebook.expect_stage("booking", "agent", "running")
    notebook.expect_stage("book", "tool", "running")
    expect(notebook.console.pane("routing")).to_contain_text("triage hands over to booking")
    notebook.go_on("openai-agents")
    wait_until_ran(cell)
    notebook.console.expect_status("Completed")
    notebook.expect_stage("booking", "agent", "completed")
    expect(notebook.written()).to_have_text("Your train is booked.")


def test_spans_of_opentelemetry_are_stages_while_they_are_open(notebook: WatchedNotebook) -> None:
    cell = notebook.run("opentelemetry")
    notebook.expect_stage("planner", "agent", "running")
    notebook.expect_stage("search", "tool", "running")
    notebook.console.expect_status("Running")
    notebook.go_on("opentelemetry")
    wait_until_ran(cell)
    notebook.console.expect_status("Completed")
    notebook.expect_stage("planner", "agent", "completed")


def test_the_error_of_a_tool_is_shown_once_in_a_block_around_the_graph(notebook: WatchedNotebook) -> None:
    cell = notebook.run("nightly")
    wait_until_ran(cell)
    console = notebook.console
    expect(notebook.worker).to_have_text("Nightly")
    console.expect_status("Failed")
    expect(console.status).to_contain_text("Failed in weather")
    expect(output(cell)).to_contain_text("ValueError: no such city: Nowhere")  # it went on unchanged
    incidents = console.pane("ledger").get_by_role("listitem")
    expect(incidents).to_have_count(1)
    expect(incidents).to_contain_text("weather failed")
    expect(console.log_lines.filter(has_text="no such city: Nowhere")).to_have_count(1)
    expect(console.level("error")).to_contain_text("2")  # the stage and the end of the run
    notebook.expect_stage("load", "stage", "completed")
    notebook.expect_stage("forecast", "stage", "failed")
    notebook.expect_stage("weather", "tool", "failed")  # the way to the failure is open
    expect(notebook.stage("weather")).to_contain_text("failed")


def test_the_stop_button_of_jupyterlab_cancels_the_run_and_the_console_stays_usable(
    notebook: WatchedNotebook,
) -> None:
    cell = notebook.run("interrupted")
    expect(notebook.written()).to_have_text("It is twelve")
    console = notebook.console
    console.expect_status("Running")
    cell.locator(".jp-InputArea-editor").click()
    notebook.page.get_by_role("button", name="Interrupt the kernel").click()
    wait_until_ran(cell)
    console.expect_status("Cancelled")
    expect(console.root).to_contain_text("The cell was interrupted.")
    expect(console.stages.locator(".running")).to_have_count(0)
    console.root.scroll_into_view_if_needed()
    console.button("New run").click()
    expect(notebook.worker).to_have_text("Digest")
    console.task.fill("this week")
    console.start()
    console.expect_status("Completed")
    expect(console.log_lines.filter(has_text="a digest of this week")).to_have_count(1)


def test_after_unwatch_nothing_is_recorded(notebook: WatchedNotebook) -> None:
    before = notebook.console.run_id
    notebook.go_on("openai-agents")
    cell = notebook.run("unwatched")
    wait_until_ran(cell)
    expect(output(cell)).to_have_text("Your train is booked. 0")
    assert notebook.console.run_id == before
