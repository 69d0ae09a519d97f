"""A console in a notebook that is scrolled, collapsed, moved, shown twice, reloaded, cut off and restarted.

Whatever happens to the page, what it shows in the end is what `reduce` makes of the run's log.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.console import Console
from tests.browser.lab import (
    Lab,
    open_notebook,
    page_of,
    run_cell,
    show_cells,
    wait_until,
    wait_until_ran,
)
from tests.browser.traffic import Traffic
from tests.contract.host_support import HostProcess
from tests.load import LOAD
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.line_filter import EVERY_LINE

IMPORT = "from worker_widget import WorkerConsole\n"
STAGES = 500
MOST_ELEMENTS = 1_500
MOST_ROWS = 60
"""Of one list at once, whatever its length."""
MOST_BYTES = 400_000
"""Of one frame, whatever happened since the one before: the stages that a state keeps, and the rows of each
pane's window. All of the decisions would be 5 MB."""
FAR = "\n\n".join(f"Paragraph {number}." for number in range(60))


@pytest.fixture
def page(kept_page: Page) -> Page:
    return kept_page


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
    show_cells(page, running, name, source, *after, text=FAR)
    cell = run_cell(page, 0)
    wait_until_ran(cell)
    console = Console.in_cell(page, cell)
    console.expect_status("Ready")
    console.show_debug()
    console.start()
    console.expect_status("Running", "Completed")
    return console


def wait_for_lines(page: Page, running: Lab, run_id: str, count: int) -> None:
    """Wait until the kernel has stored more than ``count`` log lines of a run."""
    store = EventStore.open(Path(running.home) / "history.db")
    try:
        wait_until(
            page,
            lambda: store.log_total(run_id) > count,
            f"storing {count} lines",
        )
    finally:
        store.close()


def stop(console: Console) -> None:
    console.button("Stop").click()
    console.expect_status("Cancelled")


def command(page: Page, name: str) -> None:
    page.evaluate("name => window.jupyterapp.commands.execute(name)", name)


def select(page: Page, index: int) -> None:
    page.evaluate(
        "index => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = index; }", index
    )


def expect_whole(console: Console, running: Lab) -> None:
    """The panes show the run's log to its end: nothing is lost or doubled."""
    console.expect_status("Completed", "Cancelled")
    run_id = console.run_id
    store = EventStore.open(Path(running.home) / "history.db")
    try:
        # What a stopped run still does is stored, and shown, after the status.
        with suppress(AssertionError):
            wait_until(console.page, lambda: not differences(console, store, run_id), "showing all of it")
        assert differences(console, store, run_id) == {}
        lines = store.log_total(run_id)
        newest = store.log_window(run_id, EVERY_LINE, max(0, lines - 1), 1).rows[-1].message
    finally:
        store.close()
    expect(console.log_lines.last).to_contain_text(newest)


def differences(console: Console, store: EventStore, run_id: str) -> dict[str, tuple[Any, Any]]:
    """The figures that the browser shows in another way than the store has them: shown, and expected."""
    shown = console.figures()
    run = reduce_all(store.iterate(run_id))
    stages = [stage.name for stage in store.stages(run_id)]
    if len(stages) > MOST_ROWS:  # the list draws those in view
        stages = [name for name in stages if name in set(shown["stages"])]
    expected = {
        "lines": store.log_total(run_id),
        "decisions": f"{run.counts.routing:,}",
        "incidents": f"{run.counts.incidents:,}",
        "stages": stages,
        "artifacts": len(run.artifacts),
    }
    return {name: (shown[name], value) for name, value in expected.items() if shown[name] != value}


def test_scrolled_away_and_back_it_goes_on_where_the_run_is(
    page: Page, running: Lab, host: HostProcess
) -> None:
    console = opened(page, running, host, "scrolled.ipynb", "decisions 20; rate 300 600")
    seen = console.line_count
    run_id = console.run_id
    page.get_by_text("Paragraph 59.").scroll_into_view_if_needed()
    expect(console.root).not_to_be_in_viewport()
    wait_for_lines(page, running, run_id, seen + 600)
    page.evaluate("window.jupyterapp.shell.currentWidget.content.scrollToItem(0, 'start')")
    expect(console.root).to_be_in_viewport()
    wait_until(page, lambda: console.line_count > seen + 500, "catching up")
    stop(console)
    expect_whole(console, running)


def test_a_collapsed_output_opens_with_the_run_as_it_is(page: Page, running: Lab, host: HostProcess) -> None:
    console = opened(page, running, host, "collapsed.ipynb", "decisions 20; rate 300 600")
    seen = console.line_count
    run_id = console.run_id
    select(page, 0)
    command(page, "notebook:hide-cell-outputs")
    expect(console.root).not_to_be_visible()
    wait_for_lines(page, running, run_id, seen + 500)
    command(page, "notebook:show-cell-outputs")
    expect(console.root).to_be_visible()
    stop(console)
    expect_whole(console, running)


def test_a_cell_that_is_moved_keeps_its_console(page: Page, running: Lab, host: HostProcess) -> None:
    console = opened(page, running, host, "moved.ipynb", "decisions 20; rate 300 600", "1 + 1")
    select(page, 0)
    command(page, "notebook:move-cell-down")
    moved = page.locator(".jp-Notebook .jp-Cell").nth(1)
    expect(moved).to_contain_text("WorkerConsole(")
    console = Console.in_cell(page, moved)
    console.expect_status("Running")
    stop(console)
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
    console.expect_status("Completed")
    expect_whole(console, running)
    expect_whole(second, running)


def test_a_reload_in_mid_run_finds_it_again(fresh_page: Page, running: Lab, host: HostProcess) -> None:
    opened(fresh_page, running, host, "reloaded.ipynb", "decisions 20; rate 300 600")
    command(fresh_page, "docmanager:save")
    fresh_page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    fresh_page.reload()
    fresh_page.wait_for_selector(".jp-Notebook .jp-Cell")
    console = Console.in_cell(fresh_page, fresh_page.locator(".jp-Notebook .jp-Cell").first)
    console.expect_status("Running")
    stop(console)
    expect_whole(console, running)


def test_a_second_browser_shows_the_same_run(
    page: Page, running: Lab, host: HostProcess, browser: Browser
) -> None:
    console = opened(page, running, host, "shared.ipynb", "decisions 20; rate 300 600")
    command(page, "docmanager:save")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    with page_of(browser) as other:
        open_notebook(other, running, "shared.ipynb")
        second = Console.in_cell(other, other.locator(".jp-Notebook .jp-Cell").first)
        second.expect_status("Running")
        second.show_debug()
        console.button("Stop").click()
        expect_whole(second, running)
    expect_whole(console, running)


def test_after_a_laptop_slept_it_shows_what_came_meanwhile(
    fresh_page: Page, running: Lab, host: HostProcess
) -> None:
    console = opened(fresh_page, running, host, "slept.ipynb", "decisions 20; rate 300 600")
    seen = console.line_count
    run_id = console.run_id
    # JupyterLab shows this where being offline took long enough for it to notice.
    lost = fresh_page.get_by_role("dialog", name=re.compile("^Server Connection Error"))
    fresh_page.add_locator_handler(lost, lambda dialog: dialog.get_by_role("button").last.click())
    devtools = fresh_page.context.new_cdp_session(fresh_page)
    devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    fresh_page.context.set_offline(True)
    wait_for_lines(fresh_page, running, run_id, seen + 900)
    fresh_page.context.set_offline(False)
    devtools.send("Page.setWebLifecycleState", {"state": "active"})
    # What a network does to connections that slept: they are gone.
    fresh_page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.reconnect()"
    )
    wait_until(fresh_page, lambda: console.line_count > seen + 900, "catching up")
    stop(console)
    expect_whole(console, running)


def test_a_restarted_kernel_is_told_and_the_cell_takes_up_the_run_again(
    page: Page, running: Lab, host: HostProcess
) -> None:
    console = opened(page, running, host, "restarted.ipynb", "rate 100 600")
    run_id = console.run_id
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    reported = console.root.get_by_role("alert").filter(has_text=re.compile("run the cell again", re.I))
    expect(reported).to_be_visible()
    cell = run_cell(page, 0)
    wait_until_ran(cell)
    again = Console.in_cell(page, cell)
    again.expect_status("Running")
    assert again.run_id == run_id
    again.button("Stop").click()
    again.expect_status("Cancelled")
    expect_whole(again, running)


@pytest.mark.parametrize("decisions", [20_000, pytest.param(200_000, marks=pytest.mark.soak)])
def test_many_stages_and_decisions_stay_smooth(
    page: Page, running: Lab, host: HostProcess, decisions: int
) -> None:
    traffic = Traffic.of(page)
    task = f"stages {STAGES}; decisions {decisions}"
    console = opened(page, running, host, f"many-{decisions}.ipynb", task)
    console.expect_status("Completed")
    # What is sent and drawn is bounded, however much there is.
    assert traffic.largest_frame <= MOST_BYTES
    assert console.root.locator("*").count() <= MOST_ELEMENTS
    for name, role in (("timeline", "treeitem"), ("routing", "listitem"), ("ledger", "listitem")):
        rows = console.pane(name).locator(f"[role={role}]")
        expect(rows.first).to_be_visible()
        assert rows.count() <= MOST_ROWS
    stages = console.pane("timeline")
    for place, name in ((1e9, f"Step {STAGES - 1}"), (0, "Copy Generation")):
        stages.locator(".list").evaluate("(element, place) => { element.scrollTop = place; }", place)
        expect(stages.get_by_role("treeitem").filter(has_text=name)).to_be_visible()
    expect(console.pane("routing")).to_contain_text(f"{decisions:,}")
    for name, first in (
        ("routing", re.compile("Copy Generation.*Writer was chosen")),
        ("ledger", re.compile("did not pass")),
    ):
        pane = console.pane(name)
        pane.locator(".list").evaluate("element => { element.scrollTop = 0; }")
        expect(pane.get_by_role("listitem").first).to_contain_text(first)
    expect_whole(console, running)


def test_the_layout_is_set_by_keys_and_mouse_and_remembered(
    fresh_page: Page, running: Lab, host: HostProcess
) -> None:
    console = opened(fresh_page, running, host, "layout.ipynb", "rate 20 600")
    left = console.root.get_by_role("separator", name="Width of the left column")
    before = console.boxes()
    left.focus()
    for _ in range(4):
        fresh_page.keyboard.press("ArrowRight")
    widened = console.boxes()
    assert widened["timeline"][2] > before["timeline"][2] + 40
    top = console.root.get_by_role("separator", name="Height of the log")
    box = top.bounding_box()
    assert box is not None
    fresh_page.mouse.move(box["x"] + 100, box["y"] + box["height"] / 2)
    fresh_page.mouse.down()
    fresh_page.mouse.move(box["x"] + 100, box["y"] - 60, steps=4)
    fresh_page.mouse.up()
    dragged = console.boxes()
    assert dragged["log"][3] < widened["log"][3] - 40
    command(fresh_page, "docmanager:save")
    fresh_page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    fresh_page.reload()
    console = Console.in_cell(fresh_page, fresh_page.locator(".jp-Notebook .jp-Cell").first)
    console.expect_status("Running")
    expect(console.root.get_by_role("separator")).to_have_count(4)
    assert console.boxes() == dragged
    console.button("Maximise Log").click()
    expect(console.button("Back to all panes (Esc)")).to_be_visible()
    fresh_page.keyboard.press("Escape")
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
