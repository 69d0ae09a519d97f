"""Agents of pydantic-ai and LangGraph over AG-UI, in JupyterLab: each in one conversation in one console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, expect
from playwright.sync_api import Error as PlaywrightError

from tests.browser.agui_agents import script
from tests.browser.agui_agents.serving import FRAMEWORKS, ServedAgent, served
from tests.browser.console import Console
from tests.browser.lab import Lab, open_cells, page_of, run_cell, wait_until, wait_until_ran

RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
APPROVE = {"pydantic_ai": "Approve", "langgraph": "Send"}
QUESTION = {"pydantic_ai": 'Run delete_file(name="old.txt")?', "langgraph": "Delete old.txt?"}


@dataclass
class Conversation:
    """A console in a notebook, and the agent that it talks to."""

    framework: str
    agent: ServedAgent
    console: Console

    def begin(self, task: str) -> None:
        self.console.task.fill(task)
        self.console.start()

    def run_the_cell_again(self) -> None:
        cell = run_cell(self.console.page, 0)
        wait_until_ran(cell)
        self.console = Console.in_cell(self.console.page, cell)


@pytest.fixture(scope="module", params=FRAMEWORKS)
def conversation(
    request: pytest.FixtureRequest,
    browser: Browser,
    running: Lab,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Conversation]:
    framework = request.param
    log = tmp_path_factory.mktemp(framework) / "server.log"
    with served(framework, log) as agent, page_of(browser) as page:
        cell = f"from worker_widget import WorkerConsole\nWorkerConsole(agui={agent.url!r})"
        open_cells(page, running, f"{framework}.ipynb", cell)
        shown = run_cell(page, 0)
        wait_until_ran(shown)
        yield Conversation(framework, agent, Console.in_cell(page, shown))


def stage(console: Console, name: str) -> Locator:
    """The row of a stage, with the stages around it opened."""
    tree = console.pane("timeline").get_by_role("tree", name="Stages")
    row = tree.get_by_role("treeitem").filter(
        has=console.page.locator("b", has_text=re.compile(f"^{re.escape(name)}$"))
    )
    closed = tree.locator("[aria-expanded=false] .twist")
    expect(row.or_(closed).first).to_be_visible()
    while not row.count() and closed.count():
        closed.first.click()
    return row


def question(console: Console) -> Locator:
    return console.root.get_by_role("region", name="Question of the run")


def chapters(name: str, *numbers: int) -> list[str]:
    return [line for number in numbers for line in script.chapter(name, number)]


def lines_of(console: Console) -> list[str]:
    """The lines in the preview; none while its frame is replaced."""
    try:
        text = console.preview().locator("body").inner_text(timeout=1_000)
    except PlaywrightError:
        return []
    return [line.strip() for line in text.split("\n") if line.strip()]


def expect_lines(console: Console, file: str, lines: list[str]) -> None:
    console.tab(file).click()
    wait_until(console.page, lambda: lines_of(console) == lines, f"{lines[-1]!r} at the end of {file}")


def test_a_tool_is_a_stage_with_its_arguments_and_result(conversation: Conversation) -> None:
    conversation.begin(script.WEATHER)
    console = conversation.console
    console.expect_status("Completed")
    # The answer is on screen, not the state, which LangGraph sends after it.
    expect(console.tab("answer-2.md")).to_have_attribute("aria-selected", "true")
    weather = stage(console, "weather")
    weather.locator(".pick").click()
    detail = console.pane("timeline").get_by_role("region", name="Stage weather")
    expect(detail.get_by_role("region", name="Input")).to_contain_text(re.compile("city: .?Basel"))
    expect(detail.get_by_role("region", name="Output")).to_contain_text(script.weather("Basel"))
    weather.locator(".pick").click()
    expect(console.log_lines.filter(has_text='weather(city="Basel"')).to_be_visible()
    expect(console.pane("routing")).to_contain_text("weather")
    expect_lines(console, "answer-2.md", [f"Done: {script.weather('Basel')}."])


def test_a_tool_call_waits_for_an_answer(conversation: Conversation) -> None:
    conversation.begin(script.DELETE)
    console = conversation.console
    console.expect_status("Waiting for you")
    asked = question(console)
    expect(asked.get_by_role("alert")).to_have_text(QUESTION[conversation.framework])
    wait_until(
        console.page, lambda: conversation.agent.open_requests == 0, "the end of the agent's first run"
    )
    if conversation.framework == "langgraph":
        asked.get_by_role("combobox", name="Answer").select_option("delete")
    asked.get_by_role("button", name=APPROVE[conversation.framework]).click()
    console.expect_status("Completed")
    expect(asked).to_have_count(0)
    expect_lines(console, "answer.md", [f"Done: {script.deleted('old.txt')}."])


def test_an_error_of_the_agent_is_shown_with_what_it_wrote(conversation: Conversation) -> None:
    conversation.begin(script.QUOTA)
    console = conversation.console
    console.expect_status("Failed")
    message = "The model's quota of 3 requests a day is used up"
    expect(console.root.get_by_role("status").filter(has_text=message)).to_be_visible()
    expect(console.log_lines.filter(has_text=message).first).to_be_visible()
    expect_lines(console, "answer.md", ["The first half of"])


def test_stop_closes_the_connection_and_keeps_what_was_written(conversation: Conversation) -> None:
    conversation.begin(script.book("Stopped"))
    console = conversation.console
    expect_lines(console, "answer.md", script.chapter("Stopped", 1))
    assert conversation.agent.open_requests == 1
    console.button("Stop").click()
    console.expect_status("Cancelled")
    expect(console.log_lines.filter(has_text="The connection to the agent is closed")).to_be_visible()
    wait_until(console.page, lambda: conversation.agent.open_requests == 0, "a closed connection")
    expect_lines(console, "answer.md", script.chapter("Stopped", 1))


def test_a_run_goes_on_while_the_kernel_restarts(conversation: Conversation) -> None:
    conversation.begin(script.book("Restarted"))
    console = conversation.console
    expect_lines(console, "answer.md", script.chapter("Restarted", 1))
    run_id = console.run_id
    console.page.evaluate(RESTART)
    expect(
        console.root.get_by_role("alert").filter(has_text=re.compile("run the cell again", re.I))
    ).to_be_visible()
    conversation.agent.open_gate("Restarted.1")
    conversation.run_the_cell_again()
    console = conversation.console
    expect_lines(console, "answer.md", chapters("Restarted", 1, 2))
    console.expect_status("Running")
    assert console.run_id == run_id
    conversation.agent.open_gate("Restarted.2")
    console.expect_status("Completed")
    expect_lines(console, "answer.md", chapters("Restarted", 1, 2, 3))
