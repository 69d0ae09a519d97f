"""The artifact pane in JupyterLab: versions, differences, finding, device widths, many tabs, large ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.console import Console
from tests.browser.lab import Lab, drawn_anew, run_cell, show_cells, wait_until_ran
from tests.contract.host_support import HostProcess

LINE_CHARS = 88 + len("\n")
"""At least as long as this is a line of the scripted worker's table, but for the shortest numbers."""


@pytest.fixture
def page(kept_page: Page) -> Page:
    return kept_page


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    process = HostProcess(tmp_path_factory.mktemp("host"))
    try:
        process.state()
        yield process
    finally:
        process.end()
        process.close()


def started(page: Page, running: Lab, host: HostProcess, task: str) -> Console:
    """A console in a notebook of its own that runs ``task``."""
    state = host.state()
    options = f"url='http://127.0.0.1:{state['port']}', api_key={state['token']!r}, task={task!r}"
    source = f"from worker_widget import WorkerConsole\nWorkerConsole('scripted', {options})"
    show_cells(page, running, f"artifacts-{len(list(running.folder.iterdir()))}.ipynb", source)
    cell = run_cell(page, 0)
    wait_until_ran(cell)
    console = Console.in_cell(page, cell)
    console.start()
    return console


def finished(page: Page, running: Lab, host: HostProcess, task: str) -> Console:
    console = started(page, running, host, task)
    console.expect_status("Completed")
    expect(tool(console, "Compare with another run or artifact")).to_be_visible()
    return console


def tool(console: Console, name: str) -> Locator:
    return console.pane("artifacts").get_by_role("button", name=name, exact=True)


def use(console: Console, name: str) -> None:
    """Press a tool, wherever there was room for it."""
    if tool(console, name).count():
        tool(console, name).click()
    else:
        tool(console, "More tools").click()
        console.pane("artifacts").get_by_role("menuitemcheckbox", name=name).click()


def reported(console: Console, group: str, name: str | None = None) -> Locator:
    """The words in which a bar tells where one stands."""
    bar = console.pane("artifacts").get_by_role(group, name=name)  # type: ignore[arg-type]
    return bar.get_by_role("status")


def test_a_sentence_of_the_source_says_where_it_comes_from(page: Page, running: Lab) -> None:
    brand = {
        "company_name": "Castaway",
        "mission": "We make podcasting feel like a chat with friends",
        "value_proposition": "Record, tidy and publish your show from one friendly place",
    }
    source = (
        "from worker_widget import WorkerConsole\nc = WorkerConsole()\n"
        f"c.run('A tool for podcasters in Lyon', brand={brand!r}, pace=0)\nc"
    )
    show_cells(page, running, "sources.ipynb", source)
    cell = run_cell(page, 0)
    wait_until_ran(cell)
    console = Console.in_cell(page, cell)
    console.expect_status("Completed")
    console.tab("landing.html").click()
    tool(console, "Source").click()
    use(console, "Sources")
    where = reported(console, "group", "Sources of the sentences")
    expect(where).to_have_text("Choose a sentence to see where it comes from")
    brands = console.preview().locator("a.brand", has_text="Record, tidy and publish").last
    brands.click()
    expect(where).to_contain_text("From the brand's words, written in")
    expect(where.get_by_role("button", name="Copy Generation")).to_be_visible()
    briefs = console.preview().locator("a.brief", has_text="podcasters").first
    briefs.focus()
    briefs.press("Enter")
    expect(where).to_contain_text("From the brief's words, written in")
    expect(console.preview().locator("a[aria-current]")).to_contain_text("podcasters")
    where.get_by_role("button", name="Copy Generation").click()
    expect(console.pane("artifacts")).to_contain_text("landing_copy.json")


def test_an_older_version_and_what_changed_since(page: Page, running: Lab, host: HostProcess) -> None:
    first = "<h1>Bread</h1>\n<p>Baked at night.</p>\n" + "<p>The same.</p>\n" * 40 + "<p>By car.</p>"
    second = first.replace("Baked at night", "Baked at dawn").replace("By car", "By bicycle")
    console = finished(page, running, host, f"page {first}; page {second}")
    expect(console.preview().get_by_text("Baked at dawn.")).to_be_visible()
    menu = tool(console, "v2 of 2")
    menu.click()
    console.pane("artifacts").get_by_role("menuitemradio", name="Version 1").click()
    expect(console.preview().get_by_text("Baked at night.")).to_be_visible()
    expect(console.pane("artifacts").get_by_text("Version 1 of 2")).to_be_visible()
    tool(console, "Difference").click()
    where = reported(console, "group", "Difference")
    expect(where).to_have_text("change 1 of 2")
    change = console.preview().locator("[aria-current]")
    expect(change).to_contain_text("dawn")
    tool(console, "Next change").click()
    expect(where).to_have_text("change 2 of 2")
    expect(change).to_have_count(1)
    expect(change).to_contain_text("bicycle")
    expect(change).to_be_in_viewport()
    tool(console, "Next change").click()
    expect(where).to_have_text("change 1 of 2")
    # The document's own links lead along with it.
    console.preview().locator("#change-1").get_by_role("link", name="Next").click()
    expect(where).to_have_text("change 2 of 2")
    expect(change).to_contain_text("bicycle")
    console.preview().locator("#change-2").get_by_role("link", name="Previous").click()
    expect(where).to_have_text("change 1 of 2")
    expect(change).to_contain_text("dawn")
    tool(console, "Close the difference").click()
    tool(console, "Newest").click()
    expect(console.preview().get_by_text("Baked at dawn.")).to_be_visible()


def test_the_difference_with_another_run_and_another_artifact(
    page: Page, running: Lab, host: HostProcess
) -> None:
    finished(page, running, host, "page <p>The other run.</p>")
    console = finished(page, running, host, "page <p>This run.</p>; notes 1")
    console.tab("landing.html").click()
    tool(console, "Compare with another run or artifact").click()
    field = console.pane("artifacts").get_by_role("combobox")
    expect(field).to_be_focused()
    field.fill("The other run")
    expect(console.pane("artifacts").get_by_role("option")).to_have_count(1)
    field.press("Enter")
    expect(reported(console, "group", "Difference")).to_have_text("change 1 of 1")
    expect(console.preview().locator("body")).to_contain_text("The other run.")
    expect(console.preview().locator("body")).to_contain_text("This run.")
    tool(console, "Compare with another run or artifact").click()
    field.fill("note-0")
    expect(console.pane("artifacts").get_by_role("option")).to_have_count(1)
    field.press("Enter")
    expect(console.preview().locator("body")).to_contain_text("Note 0")


def test_finding_in_the_source(page: Page, running: Lab, host: HostProcess) -> None:
    text = "".join(f"<p>Loaf {n}</p>\n" for n in range(120)) + "<p>a last loaf</p>"
    console = finished(page, running, host, f"page {text}")
    tool(console, "Source").click()
    use(console, "Find in source")
    field = console.pane("artifacts").get_by_role("textbox", name="Find in landing.html")
    expect(field).to_be_focused()
    field.fill("LOAF")
    where = reported(console, "search")
    expect(where).to_have_text("1 of 121")
    here = console.preview().locator("mark[aria-current]")
    expect(here).to_have_count(1)
    field.press("Shift+Enter")
    expect(where).to_have_text("121 of 121")
    expect(here).to_have_text("loaf")
    expect(here).to_be_in_viewport()
    field.press("Enter")
    expect(where).to_have_text("1 of 121")
    expect(here).to_be_in_viewport()
    field.fill("no such thing")
    expect(where).to_have_text("no match")
    field.press("Escape")
    expect(console.pane("artifacts").get_by_role("search")).to_have_count(0)


def test_a_page_in_the_width_of_a_device(page: Page, running: Lab, host: HostProcess) -> None:
    console = finished(page, running, host, "page <p id=it style='width:100vw'>Wide</p>")
    paragraph = console.preview().locator("#it")
    use(console, "Tablet, 820 px")
    expect(console.pane("artifacts").get_by_text(re.compile("820 px wide, drawn at"))).to_be_visible()
    assert paragraph.evaluate("element => innerWidth") == 820
    frame, pane = console.pane("artifacts").locator("iframe"), console.pane("artifacts")
    box, around = frame.bounding_box(), pane.bounding_box()
    assert box is not None
    assert around is not None
    assert box["width"] <= around["width"] + 1
    use(console, "Mobile, 390 px")
    expect(paragraph).to_have_js_property("ownerDocument.defaultView.innerWidth", 390)
    use(console, "Full width")
    expect(console.pane("artifacts").get_by_text("px wide")).to_have_count(0)
    assert paragraph.evaluate("element => innerWidth") == round(around["width"])


def test_a_page_runs_its_scripts_only_while_it_may(page: Page, running: Lab, host: HostProcess) -> None:
    text = "<p id=it>Still</p><script>document.getElementById('it').textContent = 'Moved'</script>"
    console = finished(page, running, host, f"page {text}")
    paragraph = console.preview().locator("#it")
    expect(paragraph).to_have_text("Still")
    tool(console, "Run scripts").click()
    drawn_anew(page, paragraph, "Moved")
    expect(console.pane("artifacts").get_by_text("Scripts of this page run")).to_be_visible()
    expect(tool(console, "Run scripts")).to_have_attribute("aria-pressed", "true")
    tool(console, "Stop them").click()
    drawn_anew(page, paragraph, "Still")
    expect(console.pane("artifacts").get_by_text("Scripts of this page run")).to_have_count(0)


def test_many_tabs(page: Page, running: Lab, host: HostProcess) -> None:
    console = finished(page, running, host, "notes 60")
    pane = console.pane("artifacts")
    assert pane.get_by_role("tab").count() <= 40
    tool(console, "60 artifacts").click()
    field = pane.get_by_role("combobox", name=re.compile("All artifacts"))
    expect(field).to_be_focused()
    field.fill("note-4")
    expect(pane.get_by_role("option")).to_have_count(11)
    field.press("ArrowDown")
    field.press("Enter")
    chosen = pane.get_by_role("tab", selected=True)
    expect(chosen).to_contain_text("note-40.md")
    expect(chosen).to_be_in_viewport()
    expect(console.preview().get_by_role("heading")).to_have_text("Note 40")
    chosen.focus()
    page.keyboard.press("ArrowLeft")
    expect(chosen).to_contain_text("note-39.md")
    expect(chosen).to_be_focused()
    page.keyboard.press("Home")
    expect(chosen).to_contain_text("note-0.md")
    expect(chosen).to_be_in_viewport()
    page.keyboard.press("ArrowLeft")
    expect(chosen).to_contain_text("note-59.md")


def test_tabs_follow_the_worker_until_one_is_chosen(page: Page, running: Lab, host: HostProcess) -> None:
    console = started(page, running, host, "page <p>First</p>; story 120; notes 3; hold on")
    chosen = console.pane("artifacts").get_by_role("tab", selected=True)
    expect(chosen).to_contain_text("story.md")
    console.tab("landing.html").click()
    expect(console.tab("note-2.md")).to_be_attached()
    expect(chosen).to_contain_text("landing.html")
    tool(console, "Follow").click()
    expect(chosen).to_contain_text("note-2.md")
    console.button("Stop").click()
    console.expect_status("Cancelled")


def test_markdown_is_drawn_while_it_is_written(page: Page, running: Lab, host: HostProcess) -> None:
    gate = running.folder / "goes-on"
    console = started(page, running, host, f"story 200 {gate}; hold on")
    headings = console.preview().get_by_role("heading")
    # It is drawn before it is whole, and goes on to its end.
    expect(headings.nth(3)).to_be_attached()
    # Who scrolls is left where they are, whatever comes.
    headings.last.hover()
    page.mouse.wheel(0, -100_000)
    root = console.preview().locator("html")
    expect(root).to_have_js_property("scrollTop", 0)
    gate.touch()
    expect(headings).to_have_count(200)
    assert root.evaluate("element => [element.scrollTop, element.scrollHeight > 5000]") == [0, True]
    console.button("Stop").click()
    console.expect_status("Cancelled")


def test_a_large_one_comes_in_pages_and_downloads_whole(page: Page, running: Lab, host: HostProcess) -> None:
    lines = 560_000
    console = started(page, running, host, f"table {lines}")
    console.expect_status("Completed")
    pane = console.pane("artifacts")
    tool(console, "Source").click()
    source = pane.get_by_role("group", name="Source of table.csv")
    expect(source).to_contain_text("0,usual,")
    assert source.locator(".line").count() < 100
    source.focus()
    page.keyboard.press("End")
    expect(source).to_contain_text(f"{lines - 1},rare,")
    use(console, "Find in source")
    field = pane.get_by_role("textbox", name="Find in table.csv")
    field.fill("RARE")
    expect(reported(console, "search")).to_have_text(re.compile(f"of {lines // 10_000} lines"))
    field.press("Enter")
    expect(source.locator(".line.on mark")).to_have_text("rare")
    expect(source.locator(".line.on")).to_be_in_viewport()
    with page.expect_download() as download:
        use(console, "Download table.csv")
        expect(pane.get_by_role("progressbar", name="Loading table.csv")).to_be_visible()
    size = download.value.path().stat().st_size
    assert size > lines * LINE_CHARS
    use(console, "Download table.csv")
    tool(console, "Stop loading table.csv").click()
    expect(pane.get_by_role("progressbar")).to_have_count(0)


def test_full_screen_is_left_with_escape(page: Page, running: Lab, host: HostProcess) -> None:
    console = finished(page, running, host, "page <p>On all of it</p>")
    tool(console, "Full screen").click()
    box = console.pane("artifacts").locator(".artifact").bounding_box()
    assert box is not None
    assert page.viewport_size is not None
    assert (round(box["width"]), round(box["height"])) == (
        page.viewport_size["width"],
        page.viewport_size["height"],
    )
    expect(tool(console, "Leave full screen (Esc)")).to_be_visible()
    console.preview().get_by_text("On all of it").click()
    page.keyboard.press("Escape")
    expect(tool(console, "Full screen")).to_be_visible()
    expect(console.pane("timeline")).to_be_in_viewport()
