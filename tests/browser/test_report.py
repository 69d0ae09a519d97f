"""A report, opened from disk with the network off: the console on the run, and nothing gets out of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.attacks.catalogue import ATTACKS, Attack, mark
from tests.browser.attacks.sink import Sink, listening
from tests.browser.attacks.witness import witness_in
from tests.browser.console import Console
from tests.browser.lab import CHROMIUM_FLAGS, GUARD_S
from tests.browser.test_attacks import LOOK, STILL, TRIPWIRE, Round, press_all, rounds, sample, watch
from tests.recorded import events, recording
from worker_widget import RunHistory
from worker_widget.events import (
    ArtifactCreated,
    ArtifactStarted,
    Event,
    Log,
    RunCompleted,
    RunStarted,
    StageCompleted,
    StageStarted,
    make,
)
from worker_widget.runs.compare import compare_recorded
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

BEGUN = datetime(2026, 11, 23, 8, tzinfo=UTC)
RECORDED = "valid_professional"


def put(store: EventStore, run_id: str, reported: list[Event]) -> None:
    store.begin(run_id, worker="business-builder", origin="here", time_us=1_763_800_000_000_000)
    store.summarise(run_id, **summary(reduce_all(store.append(run_id, reported))))


@dataclass(frozen=True)
class Opened:
    """A report in a browser without a network, and every request that was made."""

    console: Console
    store: EventStore
    run_id: str
    asked: list[str]


@pytest.fixture(scope="module")
def opened(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    store = EventStore.memory()
    put(store, RECORDED, events(recording(RECORDED)))
    path = RunHistory(store).export(RECORDED, "html", tmp_path_factory.mktemp("report") / "run.html")
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    context.set_default_timeout(GUARD_S * 1_000)
    page = context.new_page()
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.on("pageerror", lambda error: asked.append(f"error {error}"))
    page.goto(path.as_uri())
    yield Opened(console_in(page), store, RECORDED, asked)
    context.close()
    store.close()


def console_in(page: Page) -> Console:
    root = page.get_by_role("region", name="Worker console")
    expect(root).to_be_visible()
    return Console(page, root)


def test_it_shows_the_run_in_all_panes(opened: Opened) -> None:
    console, state = opened.console, opened.store.state(opened.run_id)
    console.expect_status("Completed")
    shown = console.figures()
    assert shown["stages"] == [stage.name for stage in state.stages]
    assert shown["decisions"] == str(state.counts.routing)
    assert shown["artifacts"] == len(state.artifacts)
    console.show_debug()
    lines = opened.store.known_run(opened.run_id).lines
    expect(console.lines).to_have_attribute("aria-rowcount", str(lines))
    console.level("debug").click()


def test_it_has_no_button_that_needs_a_kernel(opened: Opened) -> None:
    for name in ("Run", "Stop", "New", "History", "Export", "Run scripts", "Run again and verify"):
        expect(opened.console.button(name)).to_have_count(0)
    expect(opened.console.task).to_have_count(0)


def test_it_shows_the_run_as_it_was_at_each_step(opened: Opened) -> None:
    console = opened.console
    slider = console.root.get_by_role("slider", name=re.compile("Moment|Time", re.IGNORECASE))
    slider.focus()
    console.page.keyboard.press("Home")
    total = opened.store.known_run(opened.run_id).events
    for position in (total // 4, total // 2, total - 3):
        state = opened.store.state_at(opened.run_id, position)
        while True:
            now = int(slider.get_attribute("aria-valuenow") or 0)
            if now == position:
                break
            console.page.keyboard.press("ArrowRight" if now < position else "ArrowLeft")
            expect(slider).not_to_have_attribute("aria-valuenow", str(now))
        figures = console.root.locator(".figures")
        expect(figures).to_contain_text(f"Events{position:,}", use_inner_text=False)
        expect(figures).to_contain_text(f"Tokens{state.tokens:,}", use_inner_text=False)
        expect(console.pane("routing").locator("header .num")).to_have_text(str(state.counts.routing))
    console.page.keyboard.press("End")
    console.expect_status("Completed")


def test_it_finds_every_match_in_the_log(opened: Opened) -> None:
    console = opened.console
    matching = [row for row in opened.store.log_rows(opened.run_id) if "stage" in row.message.lower()]
    shown = [row for row in matching if row.level != "debug"]
    console.lines.focus()
    console.page.keyboard.press("/")
    console.page.keyboard.type("STAGE")
    progress = console.pane("log").get_by_role("status").filter(has_text=re.compile(r"\d of"))
    expect(progress).to_have_text(re.compile(rf"of {len(shown)}$"))
    console.page.keyboard.press("Escape")
    console.page.keyboard.press("Escape")


def test_a_pattern_that_never_ends_says_so_and_the_page_goes_on(browser: Browser, tmp_path: Path) -> None:
    store = EventStore.memory()
    begun = make(RunStarted(task="Repeat"), run_id="repeat", time=BEGUN)
    lines = [make(Log(message=text), run_id="repeat", time=BEGUN) for text in ("a" * 60 + "!", "aab", "b")]
    ended = make(RunCompleted(success=True), run_id="repeat", time=BEGUN)
    put(store, "repeat", [begun, *lines, ended])
    path = RunHistory(store).export("repeat", "html", tmp_path / "run.html")
    store.close()
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    context.set_default_timeout(GUARD_S * 1_000)
    page = context.new_page()
    page.goto(path.as_uri())
    console = console_in(page)
    console.lines.focus()
    page.keyboard.press("/")
    console.pane("log").get_by_role("button", name="Regular expression").click()
    field = console.pane("log").get_by_role("searchbox")
    field.fill("(a+)+$")
    expect(console.pane("log")).to_contain_text("takes too long")
    field.fill("a+b")
    expect(console.lines.locator(".match")).to_have_text("aab")
    expect(console.pane("log")).not_to_contain_text("takes too long")
    context.close()


def test_it_names_what_it_is(opened: Opened) -> None:
    opened.console.button("Report").click()
    about = opened.console.root.get_by_role("dialog", name="About this report")
    expect(about).to_contain_text(opened.run_id)
    expect(about).to_contain_text("nothing")
    opened.console.page.keyboard.press("Escape")


def test_nothing_was_requested_but_the_file(opened: Opened) -> None:
    # A search is made in a worker, whose code is a blob of the page itself.
    assert [url for url in opened.asked if not url.startswith(("about:", "blob:null/"))] == [
        opened.console.page.url
    ]


def test_a_page_without_scripts_has_the_summary(browser: Browser, tmp_path: Path) -> None:
    store = EventStore.memory()
    put(store, RECORDED, events(recording(RECORDED)))
    path = RunHistory(store).export(RECORDED, "html", tmp_path / "run.html")
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    state = store.state(RECORDED)
    expect(page.get_by_role("heading", level=1)).to_have_text(state.task or "")
    for stage in state.stages:
        expect(page.get_by_role("cell", name=stage.name, exact=True).first).to_be_visible()
    context.close()
    store.close()


def test_a_compared_pair_has_both_runs_and_their_differences(browser: Browser, tmp_path: Path) -> None:
    store = EventStore.memory()
    for name in ("valid_professional", "embedded_host"):
        put(store, name, events(recording(name)))
    pair = compare_recorded(store, "valid_professional", "embedded_host")
    path = pair.export("html", tmp_path / "pair.html")
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    context.set_default_timeout(GUARD_S * 1_000)
    page = context.new_page()
    page.goto(path.as_uri())
    console = console_in(page)
    for index, name in enumerate(("valid_professional", "embedded_host")):
        console.root.get_by_role("combobox", name="Run", exact=True).select_option(index=index)
        expect(console.root.locator(".figures")).to_contain_text(f"{store.known_run(name).events:,}")
        assert console.figures()["stages"] == [stage.name for stage in store.state(name).stages]
    page.get_by_text("compared with").click()
    changed = next(item.file for item in pair.artifact_pairs() if item.status != "same")
    page.locator("#comparison details summary").get_by_text(changed, exact=True).click()
    frame = page.frame_locator(f"iframe[title='Difference of {changed}']")
    expect(frame.get_by_text(changed).first).to_be_visible()
    context.close()
    store.close()


# --- attacks -------------------------------------------------------------------------------------------


def hostile_run(store: EventStore, sink: Sink, attacks: tuple[Attack, ...]) -> list[Round]:
    """A run whose artifacts and texts attack; the pages that are its artifacts."""
    at = iter(BEGUN + timedelta(seconds=number) for number in range(10_000))

    def emitted(payload: object) -> Event:
        return make(payload, run_id="hostile", time=next(at))  # type: ignore[arg-type]

    whole = [item for item in rounds(STILL, sink, attacks) if item.whole]
    texts = [attack.aimed(sink, STILL) for attack in attacks]
    task = "<script>document.body.dataset.mark = 1</script><img src=x onerror=alert(1)>"
    made = [emitted(RunStarted(task=task, worker="business-builder"))]
    made.append(emitted(StageStarted(stage_id="ux", agent=texts[0])))
    made += [emitted(Log(message=text, stage_id="ux", agent=texts[-1])) for text in texts]
    for item in whole:
        file, kind, content = item.page.file, item.page.kind, item.page.pieces[0]
        made.append(emitted(ArtifactStarted(artifact_name=file, artifact_type=kind)))
        made.append(emitted(ArtifactCreated(artifact_name=file, artifact_type=kind, content=content)))
    made += [emitted(StageCompleted(stage_id="ux")), emitted(RunCompleted(success=True))]
    put(store, "hostile", made)
    return whole


@pytest.mark.parametrize("which", ["sample", pytest.param("all", marks=pytest.mark.soak)])
def test_no_attack_gets_out_of_a_report(browser: Browser, tmp_path: Path, which: str) -> None:
    attacks = sample(STILL) if which == "sample" else ATTACKS
    marks = [mark(attack, STILL) for attack in attacks]
    net_log = tmp_path / "net.json"
    touched: list[str] = []
    store = EventStore.memory()
    with listening() as sink:
        drawn = hostile_run(store, sink, attacks)
        path = RunHistory(store).export("hostile", "html", tmp_path / "hostile.html")
        context = browser.browser_type.launch_persistent_context(
            tmp_path / "profile",
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=[*CHROMIUM_FLAGS, f"--log-net-log={net_log}"],
            viewport={"width": 1440, "height": 1000},
        )
        context.set_default_timeout(GUARD_S * 1_000)
        try:
            context.add_init_script(f"({TRIPWIRE})()")
            with witness_in(context) as witness:
                page = context.new_page()
                watch(page, touched.append)
                page.goto(path.as_uri())
                console = console_in(page)
                for item in drawn:
                    name, file = item.page.name, item.page.file
                    page.bring_to_front()
                    console.tab(file).focus()
                    page.keyboard.press("Home")
                    choose(console, file)
                    expect(item.drawn(console.preview())).to_be_attached()
                    witness.wait()
                    page.bring_to_front()
                    press_all(console, thoroughly="links" in name)
                    witness.wait()
                    console.lines.focus()
                    touched += [f"{name}: {what}" for what in page.evaluate(LOOK, marks)]
        finally:
            context.close()
        assert touched == []
        assert sink.connections == 0
        assert sink.datagrams == 0
    looked_for = set(re.findall(rf"\b{STILL}\.([a-z-]+)\.localhost", net_log.read_text(errors="replace")))
    assert looked_for == set()
    store.close()


def choose(console: Console, file: str) -> None:
    """Shows an artifact: of many, those around the one on screen have a tab."""
    menu = console.pane("artifacts").get_by_role("button", name=re.compile("All artifacts|artifacts$"))
    menu.first.click()
    console.page.keyboard.type(file)
    console.page.keyboard.press("Enter")
    expect(console.pane("artifacts").get_by_title(f"Preview of {file}")).to_be_visible()
