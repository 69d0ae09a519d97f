"""A console in a notebook that is scrolled, collapsed, moved, shown twice, reloaded, cut off and restarted.

Whatever happens to the page, what it shows in the end is what `reduce` makes of the run's log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.console import Console
from tests.browser.lab import Lab, open_cells, open_notebook, page_of, run_cell, wait_until_ran
from tests.contract.host_support import HostProcess
from tests.load import LOAD
from worker_widget.console.channel import snapshot
from worker_widget.console.wire import FormState, Shown
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.line_filter import EVERY_LINE

IMPORT = "from worker_widget import WorkerConsole\n"
FAR = "\n\n".join(f"Paragraph {number}." for number in range(60))
STATE = """element => {
    const { run, log } = element.getRootNode().host.console;
    return { ...run.state, lines: log.rows.total };
}"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    process = HostProcess(tmp_path_factory.mktemp("host"), command=LOAD)
    try:
        process.state()
        yield process
    finally:
        process.end()
        process.close()


def opened(page: Page, running: Lab, host: HostProcess, name: str, task: str, *after: str) -> Console:
    """Open a notebook with a console, and long text after it, and start a run of ``task``."""
    state = host.state()
    url = f"http://127.0.0.1:{state['port']}"
    source = f"{IMPORT}WorkerConsole('load', url={url!r}, api_key={state['token']!r}, task={task!r})"
    open_cells(page, running, name, source, *after, text=FAR)
    cell = run_cell(page, 0)
    wait_until_ran(cell)
    console = Console.in_cell(page, cell)
    console.expect_status("Ready")
    console.start()
    console.expect_status("Running")
    return console


def command(page: Page, name: str) -> None:
    page.evaluate("name => window.jupyterapp.commands.execute(name)", name)


def select(page: Page, index: int) -> None:
    page.evaluate(
        "index => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = index; }", index
    )


def expect_whole(console: Console, running: Lab) -> None:
    """The browser's final state is that of the run's log: nothing lost, doubled or in another order."""
    console.expect_status("Completed", "Cancelled", timeout_s=30)
    shown: dict[str, Any] = console.root.evaluate(STATE)
    run_id = shown["run"]["run_id"]
    store = EventStore.open(Path(running.home) / "history.db")
    try:
        run = reduce_all(store.iterate(run_id))
        lines = store.log_total(run_id)
        newest = store.log_window(run_id, EVERY_LINE, max(0, lines - 1), 1).rows[-1].message
    finally:
        store.close()
    told = json.loads(
        json.dumps(snapshot.state(Shown(form=FormState(worker="load"), run_id=run_id, run=run)))
    )
    for name in ("stages", "routing", "ledger", "artifacts"):
        assert shown[name] == told[name], name
    assert shown["run"]["counts"] == told["run"]["counts"]
    assert shown["lines"] == lines
    expect(console.log_lines.last).to_contain_text(newest)


def test_scrolled_away_and_back_it_goes_on_where_the_run_is(
    page: Page, running: Lab, host: HostProcess
) -> None:
    console = opened(page, running, host, "scrolled.ipynb", "rate 300 6; decisions 20; rate 300 2")
    before = console.root.evaluate(STATE)["lines"]
    page.get_by_text("Paragraph 59.").scroll_into_view_if_needed()
    expect(console.root).not_to_be_in_viewport()
    page.wait_for_timeout(2_500)
    page.evaluate("window.jupyterapp.shell.currentWidget.content.scrollToItem(0, 'start')")
    expect(console.root).to_be_in_viewport()
    page.wait_for_function(
        "([element, before]) => element.getRootNode().host.console.log.rows.total > before + 500",
        arg=[console.root.element_handle(), before],
    )
    expect_whole(console, running)


def test_a_collapsed_output_opens_with_the_run_as_it_is(page: Page, running: Lab, host: HostProcess) -> None:
    console = opened(page, running, host, "collapsed.ipynb", "rate 300 5; decisions 20")
    select(page, 0)
    command(page, "notebook:hide-cell-outputs")
    expect(console.root).not_to_be_visible()
    page.wait_for_timeout(2_000)
    command(page, "notebook:show-cell-outputs")
    expect(console.root).to_be_visible()
    expect_whole(console, running)


def test_a_cell_that_is_moved_keeps_its_console(page: Page, running: Lab, host: HostProcess) -> None:
    console = opened(page, running, host, "moved.ipynb", "rate 300 5; decisions 20", "1 + 1")
    select(page, 0)
    command(page, "notebook:move-cell-down")
    moved = page.locator(".jp-Notebook .jp-Cell").nth(1)
    expect(moved).to_contain_text("WorkerConsole(")
    console = Console.in_cell(page, moved)
    console.expect_status("Running")
    expect_whole(console, running)


def test_two_views_of_one_console_show_the_same(page: Page, running: Lab, host: HostProcess) -> None:
    console = opened(page, running, host, "twice.ipynb", "rate 300 5; decisions 20")
    select(page, 0)
    command(page, "notebook:create-output-view")
    second = Console(page, page.locator(".jp-LinkedOutputView").get_by_role("region", name="Worker console"))
    expect(second.root).to_be_visible()
    # Each has a filter of its own.
    second.root.get_by_role("button", name="info").click()
    expect(second.log_lines.filter(has_text=re.compile(r"\binfo\b"))).to_have_count(0)
    second.root.get_by_role("button", name="info").click()
    console.expect_status("Completed", timeout_s=30)
    expect_whole(console, running)
    expect_whole(second, running)


def test_a_reload_in_mid_run_finds_it_again(page: Page, running: Lab, host: HostProcess) -> None:
    opened(page, running, host, "reloaded.ipynb", "rate 300 8; decisions 20")
    command(page, "docmanager:save")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.reload()
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    console = Console.in_cell(page, page.locator(".jp-Notebook .jp-Cell").first)
    console.expect_status("Running", timeout_s=10)
    expect_whole(console, running)


def test_a_second_browser_shows_the_same_run(
    page: Page, running: Lab, host: HostProcess, browser: Browser
) -> None:
    console = opened(page, running, host, "shared.ipynb", "decisions 20; rate 300 60")
    command(page, "docmanager:save")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    with page_of(browser) as other:
        open_notebook(other, running, "shared.ipynb")
        second = Console.in_cell(other, other.locator(".jp-Notebook .jp-Cell").first)
        second.expect_status("Running", timeout_s=10)
        console.button("Stop").click()
        expect_whole(second, running)
    expect_whole(console, running)


def test_after_a_laptop_slept_it_shows_what_came_meanwhile(
    page: Page, running: Lab, host: HostProcess
) -> None:
    console = opened(page, running, host, "slept.ipynb", "rate 300 8; decisions 20")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    page.context.set_offline(True)
    page.wait_for_timeout(3_000)
    page.context.set_offline(False)
    devtools.send("Page.setWebLifecycleState", {"state": "active"})
    # What a network does to connections that slept: they are gone.
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.reconnect()")
    expect_whole(console, running)


def test_a_restarted_kernel_is_told_and_the_cell_takes_up_the_run_again(
    page: Page, running: Lab, host: HostProcess
) -> None:
    console = opened(page, running, host, "restarted.ipynb", "rate 100 60")
    run_id = console.root.evaluate(STATE)["run"]["run_id"]
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    told = console.root.get_by_role("alert").filter(has_text=re.compile("run the cell again", re.I))
    expect(told).to_be_visible(timeout=15_000)
    cell = run_cell(page, 0)
    wait_until_ran(cell)
    again = Console.in_cell(page, cell)
    again.expect_status("Running")
    assert again.root.evaluate(STATE)["run"]["run_id"] == run_id
    again.button("Stop").click()
    again.expect_status("Cancelled")
    expect_whole(again, running)


def test_many_stages_and_decisions_stay_smooth(page: Page, running: Lab, host: HostProcess) -> None:
    console = opened(page, running, host, "many.ipynb", "stages 500; decisions 100000")
    console.expect_status("Completed", timeout_s=60)
    assert console.root.locator("*").count() <= 1_500
    stages = console.pane("timeline")
    for place, name in ((1e9, "Step 499"), (0, "Copy Generation")):
        stages.locator(".list").evaluate("(element, place) => { element.scrollTop = place; }", place)
        expect(stages.get_by_role("listitem").filter(has_text=name)).to_be_visible()
    expect(console.pane("routing")).to_contain_text("100,000")
    for name, first in (
        ("routing", re.compile("writer.*copy.*0% comp")),
        ("ledger", re.compile("step 49 did not work")),
    ):
        pane = console.pane(name)
        pane.locator(".list").evaluate("element => { element.scrollTop = 0; }")
        expect(pane.get_by_role("listitem").first).to_contain_text(first, timeout=5_000)
    expect_whole(console, running)


def test_the_layout_is_set_by_keys_and_mouse_and_remembered(
    page: Page, running: Lab, host: HostProcess
) -> None:
    console = opened(page, running, host, "layout.ipynb", "rate 20 60")
    left = console.root.get_by_role("separator", name="Width of the left column")
    before = console.boxes()
    left.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    widened = console.boxes()
    assert widened["timeline"][2] > before["timeline"][2] + 40
    top = console.root.get_by_role("separator", name="Height of the log")
    box = top.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] - 60, steps=4)
    page.mouse.up()
    dragged = console.boxes()
    assert dragged["log"][3] < widened["log"][3] - 40
    command(page, "docmanager:save")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.reload()
    console = Console.in_cell(page, page.locator(".jp-Notebook .jp-Cell").first)
    console.expect_status("Running", timeout_s=20)
    expect(console.root.get_by_role("separator")).to_have_count(4)
    assert console.boxes() == dragged
    console.button("Maximise Log").click()
    expect(console.button("Back to all panes (Esc)")).to_be_visible()
    page.keyboard.press("Escape")
    expect(console.button("Maximise Log")).to_be_visible()
    console.button("Stop").click()
    console.expect_status("Cancelled")


@pytest.mark.parametrize(("width", "columns"), [(1440, 3), (940, 2), (640, 1)])
def test_narrow_windows_show_all_panes_in_fewer_columns(
    page: Page, running: Lab, host: HostProcess, width: int, columns: int
) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    console = opened(page, running, host, f"narrow-{columns}.ipynb", "decisions 20; rate 300 1")
    console.expect_status("Completed")
    boxes = console.boxes()
    assert len({left for left, *_ in boxes.values()}) == columns
    shown = console.root.bounding_box()
    assert shown is not None
    for name, (left, _, wide, high) in boxes.items():
        assert left + wide <= shown["width"] + 1, f"{name} is cut"
        assert high >= 150, f"{name} is squeezed"
    expect_whole(console, running)
