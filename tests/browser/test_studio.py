"""The Studio in JupyterLab: from its home page into the console, and back to the run in the history."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.console import Console
from tests.browser.lab import Lab, open_cells, run_cell, wait_until_ran

AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
STUDIO = "from worker_widget import WorkerStudio\nWorkerStudio()"
ELSEWHERE = (
    "from worker_widget import WorkerClient\n"
    "WorkerClient().run('A page for a bakery in another notebook', pace=0).wait(180).status"
)
AXE_OF_THE_STUDIO = """element => axe.run(element, { resultTypes: ["violations"] })
    .then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(node => node.html)]))"""


def test_a_worker_is_run_from_its_card_and_found_in_the_history(page: Page, running: Lab) -> None:
    open_cells(page, running, "studio.ipynb", STUDIO, ELSEWHERE)
    cell = run_cell(page, 0)
    wait_until_ran(cell)
    studio = cell.get_by_role("region", name="Worker Studio")
    console = Console(page, cell.get_by_role("region", name="Worker console"))
    expect(studio.get_by_role("heading", name="Worker Studio")).to_be_visible()
    card = studio.get_by_role("listitem").filter(has_text="Turns a task and a brand")
    expect(card).to_contain_text("M18 Drift detection ✓")
    expect(studio.get_by_role("region", name="Health")).to_contain_text("healthy")

    # A run that another client starts appears by itself.
    wait_until_ran(run_cell(page, 1))
    runs = studio.get_by_role("region", name="Recent runs")
    expect(runs.get_by_role("listitem").first).to_contain_text("A page for a bakery in another notebook")
    expect(runs.get_by_role("listitem").first).to_contain_text("Completed")
    if AXE.exists():
        page.add_script_tag(path=AXE)
        assert studio.evaluate(AXE_OF_THE_STUDIO) == []

    card.get_by_role("button", name="Run Business Builder", exact=True).click()
    expect(console.task).to_be_focused()
    expect(console.root).to_be_in_viewport()
    expect(studio).to_be_visible()
    console.task.fill("A landing page for a bicycle repair shop")
    console.button("Run").click()
    console.expect_status("Completed")

    console.root.get_by_role("button", name="Home: the Worker Studio").click()
    first = runs.get_by_role("listitem").first
    expect(first).to_contain_text("A landing page for a bicycle repair shop")
    expect(first).to_contain_text("Completed")
    first.get_by_role("button", name="Replay").click()
    console.expect_status("Completed")
    expect(console.task).to_have_value("A landing page for a bicycle repair shop")

    # The cell, run again, begins with the home page and has the run in the console below.
    wait_until_ran(run_cell(page, 0))
    console.expect_status("Completed")
    expect(console.task).to_have_value("A landing page for a bicycle repair shop")
    expect(studio.get_by_role("heading", name="Worker Studio")).to_be_in_viewport()
