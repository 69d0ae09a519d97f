"""The run form in JupyterLab: the brand, the options that a worker declares, and the exports of its runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import Console
from tests.browser.lab import Lab, run_cell, show_cells, wait_until_ran
from tests.contract.host_support import SCRIPTED, HostProcess


@pytest.fixture
def page(kept_page: Page) -> Page:
    return kept_page


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    process = HostProcess(tmp_path_factory.mktemp("host"), command=SCRIPTED)
    try:
        process.state()
        yield process
    finally:
        process.end()
        process.close()


def opened(page: Page, running: Lab, host: HostProcess, name: str, task: str) -> Console:
    state = host.state()
    url = f"http://127.0.0.1:{state['port']}"
    show = f"console = WorkerConsole('scripted', url={url!r}, api_key={state['token']!r}, task={task!r})"
    source = f"from worker_widget import WorkerConsole\n{show}\nconsole"
    show_cells(page, running, name, source, "print(dict(console.current_run.request.brand or {}))")
    cell = run_cell(page, 0)
    wait_until_ran(cell)
    console = Console.in_cell(page, cell)
    console.expect_status("Ready")
    return console


def test_the_form_offers_the_options_that_the_worker_declares(
    page: Page, running: Lab, host: HostProcess
) -> None:
    console = opened(page, running, host, "options.ipynb", "log 3; page <p>x</p>")
    button = console.root.locator("[data-pop=run-options]").get_by_role("button").first
    expect(button).to_have_text("Options")
    button.click()
    panel = console.root.get_by_role("dialog", name="Options")
    pace = panel.get_by_label("Pace")
    pace.fill("-1")
    pace.press("Tab")
    panel.get_by_label("Writer").select_option("rules")
    expect(button).to_contain_text("2")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    console.start()
    expect(panel.get_by_role("alert")).to_have_text("must be between 0 and 120")
    console.expect_status("Ready")
    pace.fill("0")
    pace.press("Tab")
    page.keyboard.press("Escape")
    console.start()
    console.expect_status("Completed")
    expect(button).to_contain_text("2")
    # The form asks for the same as the run on screen, until an option changes.
    expect(console.button("New run")).to_be_visible()
    button.click()
    panel.get_by_role("button", name="Reset").click()
    expect(console.button("Run")).to_be_visible()


def test_a_brand_is_written_in_the_form_run_saved_and_chosen(
    page: Page, running: Lab, host: HostProcess
) -> None:
    console = opened(page, running, host, "brand.ipynb", "log 3; page <p>x</p>")
    button = console.root.locator("[data-pop=brand] > button")
    dialog = console.root.get_by_role("dialog", name="Brand")
    expect(button).to_have_text("Brandnone")
    button.click()
    company = dialog.get_by_role("textbox", name="Company name")
    expect(company).to_be_focused()
    # All by keyboard: the first field has the focus, Tab goes from field to field.
    page.keyboard.type("Acme")
    page.keyboard.press("Tab")
    page.keyboard.type("Too short")
    mission = dialog.get_by_role("textbox", name="Mission")
    expect(dialog.locator("[data-field=mission]").first).to_contain_text("Needs at least 3 words; it has 2.")
    mission.fill("We make things well")
    expect(dialog.locator("[data-field=mission]").first).not_to_contain_text("Needs")
    dialog.get_by_role("textbox", name="Value proposition").fill("Things that last and can be mended")
    dialog.get_by_role("combobox", name="Main tone").select_option("Luxury")
    words = dialog.get_by_role("textbox", name="Add to Words to avoid")
    words.fill("hype")
    words.fill("synergy")
    dialog.get_by_role("textbox", name="Add to Forbidden claims: Claim").fill("guaranteed")
    dialog.get_by_role("button", name="Developers").click()
    expect(dialog.get_by_role("status")).to_contain_text("Valid")
    expect(button).to_have_text("BrandAcme")

    dialog.get_by_role("button", name="JSON", exact=True).click()
    text = dialog.get_by_role("textbox", name="Brand as JSON")
    brand = json.loads(text.input_value())
    assert brand == {
        "company_name": "Acme",
        "mission": "We make things well",
        "value_proposition": "Things that last and can be mended",
        "tone": {"primary": "luxury", "avoid": ["hype", "synergy"]},
        "forbidden_claims": [{"pattern": "guaranteed"}],
        "target_audience": ["b2b_developer"],
    }
    text.fill(json.dumps({**brand, "motto": "kept"})[:-1])
    expect(dialog.get_by_role("status")).to_contain_text("line 1, column")
    text.press("End")
    text.press("}")
    dialog.get_by_role("button", name="Form").click()
    dialog.get_by_role("textbox", name="Tagline").fill("Made to last")
    dialog.get_by_role("button", name="Save").click()
    saved = dialog.get_by_role("combobox", name="Saved brands")
    expect(saved.get_by_role("option")).to_have_text(["Use a saved brand…", "Acme"])

    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    console.start()
    console.expect_status("Completed")
    output = run_cell(page, 1)
    expect(output).to_contain_text("'motto': 'kept'")
    expect(output).to_contain_text("'tagline': 'Made to last'")

    button.click()
    dialog.get_by_role("button", name="Clear").click()
    expect(button).to_have_text("Brandnone")
    saved.select_option("Acme")
    expect(company).to_have_value("Acme")
    expect(console.button("New run")).to_be_visible()


def test_an_export_is_saved_whole_from_many_parts(
    page: Page, running: Lab, host: HostProcess, tmp_path: Path
) -> None:
    console = opened(page, running, host, "export.ipynb", "log 20000")
    console.show_debug()
    console.start()
    console.expect_status("Completed", "Failed")
    console.root.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        console.root.get_by_role("menuitem", name="JSON").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    trace = json.loads(path.read_text())
    assert trace["run"]["run_id"] == console.run_id
    assert len(trace["logs"]) == console.line_count >= 20_000
    assert path.stat().st_size > 4_000_000

    console.root.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        console.root.get_by_role("menuitem", name="Report").filter(has_text="this console").click()
    report = tmp_path / download.value.suggested_filename
    download.value.save_as(report)
    context = page.context.browser.new_context(offline=True) if page.context.browser else None
    assert context is not None
    opened_report = context.new_page()
    opened_report.goto(report.as_uri())
    shown = Console(opened_report, opened_report.get_by_role("region", name="Worker console"))
    expect(shown.lines).to_have_attribute("aria-rowcount", re.compile(r"\d"))
    shown.show_debug()
    expect(shown.lines).to_have_attribute("aria-rowcount", str(console.line_count))
    context.close()


def test_a_failed_run_says_once_why_and_leads_to_the_claim(page: Page, running: Lab) -> None:
    brand = {
        "company_name": "Castaway",
        "mission": "We make podcasting feel like a chat with friends again",
        "value_proposition": "Record, tidy and publish your show with guaranteed results from one place",
        "forbidden_claims": [{"pattern": "guaranteed"}],
    }
    source = (
        "from worker_widget import WorkerConsole\n"
        "console = WorkerConsole('business-builder')\n"
        f"run = console.run('A tool for podcasters', brand={brand!r}, strict_mode=True, pace=0)\nconsole"
    )
    show_cells(page, running, "verdict.ipynb", source, "print(console.current_run.incidents().title.item())")
    cell = run_cell(page, 0)
    wait_until_ran(cell)
    console = Console.in_cell(page, cell)
    console.expect_status("Failed")
    expect(console.status).to_have_text("Failed in Preflight Validation")
    reason = console.root.locator(".strip.error")
    expect(reason).to_contain_text("guaranteed")
    ledger = console.pane("ledger")
    title = "Preflight Validation: the value proposition contains “guaranteed” → not recovered"
    expect(ledger.locator(".title")).to_have_text(title)

    # The place in the log: its lines are marked, and the first of them is in view.
    reason.get_by_role("button", name="Show the place").click()
    expect(ledger.get_by_role("button", name=title)).to_have_attribute("aria-expanded", "true")
    expect(ledger).to_contain_text("M19 Policy checks")
    marked = console.pane("log").locator(".of-incident")
    expect(marked.filter(has_text="Stage failed")).to_be_visible()

    # The place in the brand: its form opens at the claim.
    reason.get_by_role("button", name="Open the brand").click()
    dialog = console.root.get_by_role("dialog", name="Brand")
    field = "[data-field=value_proposition]"
    expect(dialog.locator(f"{field}:focus, {field} :focus")).to_have_count(1)
    page.keyboard.press("Escape")
    output = run_cell(page, 1)
    expect(output.locator(".jp-OutputArea")).to_contain_text(title)
