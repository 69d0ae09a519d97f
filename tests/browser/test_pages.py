"""The landing pages of ten briefs, and of more in German, in a browser.

They are valid, accessible, and in one piece on a phone and a desk.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.bare_run import BareRun
from tests.briefs import BRIEFS, GERMAN_BRIEFS
from tests.briefs_in_languages import TASKS_WITH_FACTS
from worker_widget.events import Payload
from worker_widget.events.request_models import ValidatedRequest
from worker_widget.workers.business_builder.worker import BusinessBuilder

JS = Path(__file__).parents[2] / "js"
AXE = JS / "node_modules" / "axe-core" / "axe.min.js"
VALIDATOR = JS / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
WIDTHS = (400, 1200)
WITHOUT_A_TRADE = {
    f"brief_{index}": {"task": task}
    for index, (language, task, facts, _) in enumerate(TASKS_WITH_FACTS)
    if facts and index % 3 != 1
}
ALL = {**BRIEFS, **GERMAN_BRIEFS, **WITHOUT_A_TRADE}
GERMAN = (
    *("german", *GERMAN_BRIEFS),
    *(f"brief_{index}" for index, row in enumerate(TASKS_WITH_FACTS) if row[0] == "de"),
)

needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not VALIDATOR.exists(),
    reason="the validators need Node and npm ci in js/",
)


def _ignore(_: Payload) -> None:
    """A run tells what it does; here only what it leaves counts."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The page of each brief, in a file."""
    folder = tmp_path_factory.mktemp("pages")

    async def build() -> dict[str, Path]:
        found = {}
        for name, asked in ALL.items():
            result = await BusinessBuilder().execute(
                ValidatedRequest(options={"pace": 0}, **asked), BareRun(_ignore, run_id=name)
            )
            found[name] = folder / f"{name}.html"
            found[name].write_text(dict(result.artifacts)["landing.html"], encoding="utf-8")
        return found

    # Playwright has a loop in this thread already.
    with ThreadPoolExecutor(max_workers=1) as elsewhere:
        return elsewhere.submit(asyncio.run, build()).result()


@needs_node
def test_the_validator_finds_nothing(pages: Mapping[str, Path], tmp_path: Path) -> None:
    config = tmp_path / "htmlvalidate.json"
    lower = {"doctype-style": ["error", {"style": "lowercase"}]}
    config.write_text(json.dumps({"root": True, "extends": ["html-validate:recommended"], "rules": lower}))
    command = [
        "node",
        str(VALIDATOR),
        "--config",
        str(config),
        "--formatter",
        "json",
        *map(str, pages.values()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout, done.stderr
    found = [
        f"{Path(file['filePath']).stem}:{message['line']} {message['ruleId']}: {message['message']}"
        for file in json.loads(done.stdout)
        for message in file["messages"]
    ]
    assert found == []
    assert done.returncode == 0, done.stderr


@needs_node
def test_the_validator_would_find_something(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.html"
    wrong.write_text("<p>a<div></p>")
    done = subprocess.run(["node", str(VALIDATOR), str(wrong)], capture_output=True, check=False, timeout=120)
    assert done.returncode != 0


@pytest.mark.skipif(not AXE.exists(), reason="axe needs npm ci in js/")
@pytest.mark.parametrize("width", WIDTHS)
def test_everyone_can_use_them(browser: Browser, pages: Mapping[str, Path], width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    tab = context.new_page()
    for name, file in pages.items():
        tab.goto(file.as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach((entry) => { entry.open = true })")
        tab.add_script_tag(path=AXE)
        found: dict[str, Any] = tab.evaluate(
            "axe.run(document, { resultTypes: ['violations', 'incomplete'] })"
        )
        assert len(found["passes"]) > 20
        violations = [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]]
        assert violations == [], name
        undecided = {rule["id"] for rule in found["incomplete"]}
        assert undecided <= {"color-contrast"}, name
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_they_fit_and_ask_for_nothing(browser: Browser, pages: Mapping[str, Path], width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    tab = context.new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    for name, file in pages.items():
        tab.goto(file.as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, name
        small = tab.evaluate(
            """() => [...document.querySelectorAll('a, summary')]
                .filter((target) => target.offsetParent && !target.matches('.skip'))
                .filter((target) => target.getBoundingClientRect().height < 24)
                .map((target) => target.textContent)"""
        )
        assert small == [], name
        cut = tab.evaluate(
            """() => [...document.querySelectorAll('h1, h2, h3, p, li, summary')]
                .filter((text) => text.scrollWidth > text.clientWidth + 1).map((text) => text.textContent)"""
        )
        assert cut == [], name
        headline = tab.locator("h1").bounding_box()
        assert headline is not None
        assert headline["y"] + headline["height"] < 900, name
        button = tab.locator(".hero .button").bounding_box()
        assert button is not None
        assert button["y"] + button["height"] < 900, name
    context.close()
    assert asked == [file.as_uri() for file in pages.values()]


def test_a_page_says_which_language_it_is_in(browser: Browser, pages: Mapping[str, Path]) -> None:
    tab = browser.new_page()
    for name, file in pages.items():
        tab.goto(file.as_uri())
        assert tab.locator("html").get_attribute("lang") == ("de" if name in GERMAN else "en"), name
    tab.close()


def test_german_is_set_as_german(browser: Browser, pages: Mapping[str, Path]) -> None:
    tab = browser.new_page()
    for name in ("german", *GERMAN_BRIEFS):
        tab.goto(pages[name].as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach((entry) => { entry.open = true })")
        text = tab.locator("body").inner_text()
        assert not re.search(r"[\"”'`]|\s-\s|--|\.\.\.|\d,\d{3}\b|[€$]\s?\d", text), name
        assert text.count("„") == text.count("“"), name
        for given in ("4,50 €", "1.000 €"):
            wanted = given in json.dumps(ALL[name], ensure_ascii=False)
            assert (given in text) is wanted, name
    tab.close()


def test_the_name_in_the_bar_is_never_cut_inside_a_word(browser: Browser, pages: Mapping[str, Path]) -> None:
    context = browser.new_context(viewport={"width": 760, "height": 900})
    tab = context.new_page()
    for name, file in pages.items():
        tab.goto(file.as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") <= 760, name
        broken = tab.evaluate(
            r"""() => {
                const found = [];
                const texts = document.createTreeWalker(
                    document.querySelector("header.bar .brand"), NodeFilter.SHOW_TEXT);
                while (texts.nextNode()) {
                    for (const word of texts.currentNode.data.matchAll(/\S+/g)) {
                        const range = document.createRange();
                        range.setStart(texts.currentNode, word.index);
                        range.setEnd(texts.currentNode, word.index + word[0].length);
                        if (range.getClientRects().length > 1) found.push(word[0]);
                    }
                }
                return found;
            }"""
        )
        assert broken == [], name
    context.close()


def test_a_link_leads_to_its_section_below_the_bar(browser: Browser, pages: Mapping[str, Path]) -> None:
    context = browser.new_context(viewport={"width": 1200, "height": 900}, reduced_motion="reduce")
    tab = context.new_page()
    for name, file in pages.items():
        tab.goto(file.as_uri())
        bar = tab.locator("header.bar").bounding_box()
        assert bar is not None
        for link in tab.locator("header.bar nav a").all():
            link.click()
            section = tab.locator(str(link.get_attribute("href"))).locator("h2").bounding_box()
            assert section is not None
            assert bar["height"] <= section["y"] < 900, (name, link.inner_text())
    context.close()
