"""Text of a worker on screen is text: markup, terminal sequences and controls in every field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.lab import GUARD_S
from tests.browser.test_report import console_in
from tests.unit.test_hostile_text import MARK, RUN, TEXTS, stored, stored_long
from worker_widget import RunHistory

FOREIGN = """mark => {
    const found = [];
    const look = root => {
        for (const element of root.querySelectorAll("*")) {
            if (element.shadowRoot) look(element.shadowRoot);
            const name = element.localName;
            const own = element.closest("svg") && !element.closest("foreignObject");
            if (["iframe", "object", "embed", "base", "meta", "link", "form"].includes(name) &&
                element.getRootNode() !== document && name !== "iframe") found.push(name);
            for (const { name: attribute, value } of element.attributes) {
                if (attribute.startsWith("on")) found.push(`${name} ${attribute}`);
                if (/^(href|src|srcset|action|data)$/.test(attribute) && value.includes(mark)) {
                    found.push(`${name} ${attribute} ${value}`);
                }
            }
            if (name === "img" && !own && !element.src.startsWith("data:")) found.push(`img ${element.src}`);
        }
    };
    look(document);
    return found;
}"""
COUNTED = """() => {
    let count = 0;
    const look = root => {
        for (const element of root.querySelectorAll("*")) {
            count += 1;
            if (element.shadowRoot) look(element.shadowRoot);
        }
    };
    look(document);
    return count;
}"""


TURNED = """() => {
    const found = [];
    const edge = (node, at) => {
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        return range.getClientRects()[0];
    };
    const look = root => {
        const nodes = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
        for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
            if (node.shadowRoot) look(node.shadowRoot);
            const text = node.nodeType === Node.TEXT_NODE ? node.data.trim() : "";
            if (text.length < 2 || /[\\u202a-\\u202e]/.test(text)) continue;
            const at = node.data.indexOf(text);
            const [first, second] = [edge(node, at), edge(node, at + 1)];
            if (first && second && first.top === second.top && second.left < first.left) found.push(text);
        }
    };
    look(document);
    return found;
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    context.set_default_timeout(GUARD_S * 1_000)
    context.add_init_script(f"window.{MARK} = () => {{ document.title = 'ran' }}")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("kind", ["all", "markup", "bidi"])
def test_no_text_of_a_worker_is_anything_else(page: Page, tmp_path: Path, kind: str) -> None:
    text = TEXTS[kind]
    store = next(stored(text))
    path = RunHistory(store).export(RUN, "html", tmp_path / "run.html")
    store.close()
    asked: list[str] = []
    errors: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: (errors.append("dialog"), dialog.dismiss()))
    page.goto(path.as_uri())
    console = console_in(page)
    console.expect_status("Completed")
    console.show_debug()
    for name in ("timeline", "log", "routing", "ledger", "artifacts"):
        expect(console.pane(name)).to_be_visible()
    console.lines.focus()
    for key in ("End", "Home"):
        page.keyboard.press(key)
    console.stages.first.click()
    assert page.evaluate(FOREIGN, MARK) == []
    assert page.title() != "ran"
    assert [url for url in asked if not url.startswith(("about:", "blob:", "data:"))] == [path.as_uri()]
    assert errors == []


def test_a_line_of_a_megabyte_is_drawn_in_part(page: Page, tmp_path: Path) -> None:
    (store,) = stored_long(1_000_000)
    path = RunHistory(store).export(RUN, "html", tmp_path / "run.html")
    store.close()
    page.goto(path.as_uri())
    console = console_in(page)
    console.expect_status("Failed")
    console.show_debug()
    expect(console.log_lines.first).to_be_visible()
    assert page.evaluate(COUNTED) < 20_000
    assert page.evaluate(FOREIGN, MARK) == []


def test_a_text_that_turns_around_turns_nothing_beside_it(page: Page, tmp_path: Path) -> None:
    store = next(stored("Stage \u202eabc"))
    path = RunHistory(store).export(RUN, "html", tmp_path / "run.html")
    store.close()
    page.goto(path.as_uri())
    console = console_in(page)
    console.show_debug()
    expect(console.log_lines.first).to_be_visible()
    assert page.evaluate(TURNED) == []
    console.stages.first.click()
    assert page.evaluate(TURNED) == []
    page.evaluate("() => { document.body.innerHTML = '<p>\u202e<b>beside</b></p>' }")
    assert page.evaluate(TURNED) == ["beside"]
