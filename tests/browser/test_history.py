"""The history of a computer with hundreds of runs, in JupyterLab: found, marked, deleted and compared."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.console import Console
from tests.browser.lab import (
    OTHER_PLUGINS,
    Lab,
    lab,
    open_cells,
    page_of,
    run_cell,
    wait_until,
    wait_until_ran,
)
from worker_widget.events import (
    ArtifactCreated,
    Event,
    Log,
    Payload,
    RoutingDecision,
    RunCompleted,
    RunFailed,
    RunStarted,
    StageCompleted,
    StageStarted,
    make,
)
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """element => axe.run(element, { resultTypes: ["violations"] })
    .then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(node => node.html)]))"""
RUNS = 400
WAIT_FOR_A_FILE = """
import time, pathlib
while not pathlib.Path("go").exists():
    time.sleep(0.1)
"""
KERNEL_IS_BUSY = """() =>
    window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === "busy" """
EXECUTE = """code => {
    window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({ code });
}"""
SHOW = (
    "from worker_widget import WorkerConsole, worker\n\n@worker\ndef quiet(task):\n    return task\n\n"
    "WorkerConsole(quiet)"
)


def events_of(n: int) -> list[Payload]:
    """What happened in the n-th run: every tenth failed, and one has a line that no other has."""
    lines = [f"line {k} of run {n}" for k in range(5)] + [
        f"the needle is here {k}" for k in range(3 if n == 321 else 0)
    ]
    agent = "writer" if n % 2 else "editor"
    return [
        RunStarted(task=f"Task {n} for a {'bakery' if n % 50 == 7 else 'shop'}", worker="quiet"),
        StageStarted(stage_id="copy", stage_index=0, total_stages=1),
        RoutingDecision(stage_id="copy", selected_agent=agent),
        *(Log(message=text, level="debug" if "needle" in text else "info") for text in lines),
        StageCompleted(stage_id="copy"),
        ArtifactCreated(artifact_name="page", artifact_type="md", content=f"# Page of {agent}\n"),
        RunFailed(error="The model did not answer.") if n % 10 == 3 else RunCompleted(),
    ]


def write(store: EventStore, run_id: str, payloads: list[Payload]) -> None:
    now = datetime.now(UTC)
    events: list[Event] = [make(data, run_id=run_id, time=now) for data in payloads]
    store.append(run_id, events)
    store.summarise(run_id, **summary(reduce_all(store.iterate(run_id))))


@pytest.fixture(scope="module")
def store(running: Lab) -> Iterator[EventStore]:
    """The history of the lab, as another notebook has it open: it has 400 runs, number 0 the newest."""
    running.home.mkdir(exist_ok=True)
    store = EventStore.open(running.home / "history.db")
    now = time.time_ns() // 1000
    for n in reversed(range(RUNS)):
        store.begin(f"run-{n}", worker="quiet", origin="o", task=None, time_us=now - (n + 1) * 60_000_000)
        write(store, f"run-{n}", events_of(n))
    yield store
    store.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(tmp_path_factory.mktemp("lab"), without=OTHER_PLUGINS) as running:
        yield running


@pytest.fixture(scope="module")
def shown(browser: Browser, running: Lab, store: EventStore) -> Iterator[Console]:
    """One console for all tests of this module; each opens the dialog of the history."""
    with page_of(browser) as page:
        open_cells(page, running, "history.ipynb", SHOW)
        cell = run_cell(page, 0)
        wait_until_ran(cell)
        if AXE.exists():
            page.add_script_tag(path=AXE)
        yield Console.in_cell(page, cell)


@pytest.fixture
def dialog(shown: Console) -> Iterator[Locator]:
    history = shown.root.get_by_role("button", name=re.compile("^History"))
    history.click()
    dialog = shown.root.get_by_role("dialog", name="Run history")
    expect(dialog.get_by_role("listitem").first).to_be_visible()
    filtered = dialog.get_by_role("button", name="Show all runs")
    if filtered.is_visible():
        filtered.click()
    expect(found(dialog)).to_have_text("400 runs")
    dialog.get_by_role("list", name="Runs").evaluate("list => { list.scrollTop = 0; }")
    expect(dialog.get_by_role("listitem").first).to_contain_text("Task 0 for a shop")
    dialog.get_by_role("searchbox").focus()
    yield dialog
    if dialog.is_visible():
        close = dialog.get_by_role("button", name="Close (Esc)")
        close.click()
        expect(dialog).to_be_hidden()


def rows(dialog: Locator) -> Locator:
    return dialog.get_by_role("listitem")


def found(dialog: Locator) -> Locator:
    return dialog.get_by_role("status").first


def search(dialog: Locator, text: str) -> None:
    dialog.get_by_role("searchbox", name="Search tasks, notes and logs").fill(text)


def assert_accessible(place: Locator) -> None:
    if AXE.exists():
        assert place.evaluate(VIOLATIONS) == []


def test_all_runs_are_reached_by_scrolling_and_few_are_drawn(shown: Console, dialog: Locator) -> None:
    expect(shown.root.get_by_role("button", name=re.compile("^History"))).to_contain_text("99+")
    expect(found(dialog)).to_have_text("400 runs")
    expect(rows(dialog).first).to_contain_text(re.compile(r"Completed\s*Task 0 for a shop"))
    assert_accessible(dialog)
    listed = dialog.get_by_role("list", name="Runs")
    listed.evaluate("list => { list.scrollTop = list.scrollHeight; }")
    expect(rows(dialog).last).to_contain_text("Task 399 for a shop")
    assert rows(dialog).count() < 60
    listed.evaluate("list => { list.scrollTop = 0; }")
    expect(rows(dialog).first).to_contain_text("Task 0 for a shop")


def test_runs_of_other_notebooks_appear_change_and_move_nothing_that_is_read(
    shown: Console, dialog: Locator, store: EventStore
) -> None:
    page = shown.page
    begun = [RunStarted(task="Elsewhere", worker="quiet"), Log(message="it begins")]
    store.begin("elsewhere", worker="quiet", origin="o", task=None, time_us=time.time_ns() // 1000)
    write(store, "elsewhere", begun)
    expect(rows(dialog).first).to_contain_text(re.compile(r"Running\s*Elsewhere"))
    write(store, "elsewhere", [RunCompleted()])
    expect(rows(dialog).first).to_contain_text(re.compile(r"Completed\s*Elsewhere"))
    expect(found(dialog)).to_have_text("401 runs")

    listed = dialog.get_by_role("list", name="Runs")
    listed.evaluate("list => { list.scrollTop = 4000; }")
    wait_until(page, lambda: rows(dialog).filter(has_text="Task ").count() > 10, "the rows there")
    middle = listed.bounding_box()
    assert middle is not None
    point = {"x": middle["x"] + middle["width"] / 3, "y": middle["y"] + middle["height"] / 2}
    read = """(list, { x, y }) => list.getRootNode().elementsFromPoint(x, y)
        .find(item => item.matches(".past"))?.textContent ?? "" """
    wait_until(page, lambda: "Task" in listed.evaluate(read, point), "a run under the mouse")
    before = re.search(r"Task \d+", listed.evaluate(read, point))
    assert before is not None
    store.begin("above", worker="quiet", origin="o", task="Above", time_us=time.time_ns() // 1000)
    expect(found(dialog)).to_have_text("402 runs")
    wait_until(page, lambda: before[0] in listed.evaluate(read, point), "the same run under the mouse")
    store.delete("above")
    store.delete("elsewhere")
    expect(found(dialog)).to_have_text("400 runs")


def test_runs_of_other_notebooks_appear_while_a_cell_keeps_the_kernel_busy(
    shown: Console, dialog: Locator, running: Lab, store: EventStore
) -> None:
    shown.page.evaluate(EXECUTE, WAIT_FOR_A_FILE)
    try:
        shown.page.wait_for_function(KERNEL_IS_BUSY)
        begun = [RunStarted(task="While it is busy", worker="quiet"), Log(message="it begins")]
        store.begin("busy", worker="quiet", origin="o", task=None, time_us=time.time_ns() // 1000)
        write(store, "busy", begun)
        expect(rows(dialog).first).to_contain_text(re.compile(r"Running\s*While it is busy"))
        write(store, "busy", [RunCompleted()])
        expect(rows(dialog).first).to_contain_text(re.compile(r"Completed\s*While it is busy"))
    finally:
        (running.folder / "go").touch()
        store.delete("busy")
    expect(found(dialog)).to_have_text("400 runs")


def test_tasks_and_logs_are_searched_and_a_run_opens_at_its_matching_lines(
    shown: Console, dialog: Locator
) -> None:
    search(dialog, "BAKERY")
    expect(found(dialog)).to_contain_text("8 runs by task or note · no more by log")
    expect(rows(dialog)).to_have_count(8)
    expect(rows(dialog).first.locator("mark")).to_have_text("bakery")
    search(dialog, "needle")
    expect(found(dialog)).to_contain_text("0 runs by task or note · 1 more by log")
    expect(rows(dialog)).to_have_count(1)
    assert_accessible(dialog)
    dialog.get_by_role("button", name="3 lines of the log").click()
    shown.expect_status("Completed")
    assert shown.run_id == "run-321"
    log = shown.pane("log")
    expect(log.get_by_role("searchbox", name="Search the log")).to_have_value("needle")
    expect(log.locator(".matches")).to_have_text("1 of 3")
    expect(log.get_by_role("row", selected=True)).to_contain_text("the needle is here")


def test_filters_are_combined_and_removed(dialog: Locator) -> None:
    dialog.get_by_role("combobox", name="Status").select_option("Failed")
    expect(found(dialog)).to_contain_text("40 of 400 runs")
    expect(rows(dialog).first).to_contain_text("The model did not answer.")
    search(dialog, "Task 33")
    expect(rows(dialog)).to_have_count(2)
    dialog.get_by_role("button", name="Show all runs").click()
    expect(found(dialog)).to_have_text("400 runs")
    expect(dialog.get_by_role("searchbox")).to_have_value("")


def test_runs_are_starred_tagged_and_deleted_with_the_keyboard_alone(
    shown: Console, dialog: Locator, store: EventStore
) -> None:
    page = shown.page
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    first, second = rows(dialog).nth(0), rows(dialog).nth(1)
    first.get_by_role("button", name="Replay").focus()
    page.keyboard.press("ArrowDown")
    expect(second.get_by_role("button", name="Replay")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(second.get_by_role("button", name=re.compile("^Star"))).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(second.get_by_role("textbox", name="Tags")).to_be_focused()
    page.keyboard.type("baseline, v2")
    page.keyboard.press("Tab")
    page.keyboard.type("Before the new prompt")
    assert_accessible(dialog)
    page.keyboard.press("Enter")
    expect(second).to_contain_text("Before the new prompt")
    expect(second.get_by_role("button", name="Edit tags and note")).to_be_focused()
    record = store.known_run("run-1")
    assert (record.starred, record.tags, record.note) == (True, ("baseline", "v2"), "Before the new prompt")

    search(dialog, "NEW prompt")
    expect(found(dialog)).to_contain_text("1 run by task or note")
    expect(rows(dialog).first.locator(".reason mark")).to_have_text("new prompt")
    search(dialog, "")
    expect(found(dialog)).to_have_text("400 runs")
    second.get_by_role("button", name="Edit tags and note").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(second.get_by_role("button", name="Delete", exact=True)).to_be_focused()
    assert_accessible(dialog)
    page.keyboard.press("Enter")
    expect(found(dialog)).to_have_text("399 runs")
    expect(rows(dialog).nth(1)).to_contain_text("Task 2 for a shop")
    undo = dialog.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    page.keyboard.press("Enter")
    expect(found(dialog)).to_have_text("400 runs")
    expect(rows(dialog).nth(1)).to_contain_text("Task 1 for a shop")

    dialog.get_by_role("combobox", name="Tag").select_option("baseline (1)")
    expect(rows(dialog)).to_have_count(1)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    # The filter stays until the person removes it.
    shown.root.get_by_role("button", name=re.compile("^History")).click()
    expect(rows(dialog)).to_have_count(1)


def test_two_runs_are_compared_to_the_decision_and_more_as_rows_of_figures(
    shown: Console, dialog: Locator
) -> None:
    for n in (0, 3):
        rows(dialog).nth(n).get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Compare", exact=True).click()
    comparison = dialog.get_by_role("group", name="Comparison")
    expect(comparison).to_contain_text(re.compile("Task 3 for a shop.*Task 0 for a shop"))
    expect(comparison.get_by_role("row", name=re.compile("^Status"))).to_contain_text(
        "FailedCompleteddiffers"
    )
    expect(comparison).to_contain_text("WriterEditordiffers")
    expect(comparison.get_by_role("row", name=re.compile("^page.md"))).to_contain_text("changed")
    lines = comparison.get_by_role("row")
    everything = lines.count()
    assert_accessible(dialog)
    dialog.get_by_role("button", name="Only differences").click()
    wait_until(
        shown.page,
        lambda: comparison.get_by_role("row").count() < everything,
        "rows without a difference left",
    )
    dialog.get_by_role("button", name="All runs").click()
    rows(dialog).nth(5).get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Compare 3").click()
    expect(dialog.get_by_role("heading")).to_have_text("Figures of 3 runs")
    expect(comparison.get_by_role("row")).to_have_count(4)
    expect(comparison.get_by_role("row").nth(1)).to_contain_text("Task 5 for a shop")
    assert_accessible(dialog)
    dialog.get_by_role("button", name="All runs").click()
    for n in (3, 5):
        rows(dialog).nth(n).get_by_role("checkbox").uncheck()
    rows(dialog).nth(1).get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Compare", exact=True).click()
    comparison.get_by_role("button", name="Difference").click()
    expect(shown.pane("artifacts").get_by_role("group", name="Difference")).to_contain_text(
        "The earlier run, and this run"
    )
    assert shown.run_id == "run-0"


def test_the_studio_lists_all_runs_too(page: Page, running: Lab, store: EventStore) -> None:
    open_cells(
        page, running, "studio.ipynb", "from worker_widget import WorkerStudio\nWorkerStudio('history')"
    )
    cell = run_cell(page, 0)
    wait_until_ran(cell)
    runs = cell.get_by_role("region", name="Recent runs")
    expect(rows(runs)).to_have_count(10)
    runs.get_by_role("button", name="All 400 runs").click()
    all_runs = cell.get_by_role("region", name="All runs")
    search(all_runs, "needle")
    expect(rows(all_runs)).to_have_count(1)
    if AXE.exists():
        page.add_script_tag(path=AXE)
        assert_accessible(all_runs)
    all_runs.get_by_role("button", name="3 lines of the log").click()
    console = Console(page, cell.get_by_role("region", name="Worker console"))
    expect(console.pane("log").get_by_role("row", selected=True)).to_contain_text("the needle is here")
