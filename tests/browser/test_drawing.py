"""How a page is drawn while it arrives, and what a person may do with it, in JupyterLab."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.console import Console
from tests.browser.lab import drawn_anew
from tests.browser.pages import Made, Pages, cut, pages
from tests.recorded import events, recording
from worker_widget.events import ArtifactCreated

MALFORMED = """<title>Malformed</title><p>one<p>two<b>bold<i>both</b>italic</i>
<table><tr><td>cell<a href="http://example.invalid/a">link<table><tr><td>inner</table></a>
<ul><li>1<li>2<ul><li>2.1</ul></ul><svg viewBox="0 0 9 9"><circle r=4 /><foreignObject><p>in</foreignObject>
</svg><math><mi>x</mi></math>&amp;&notit;&#x1F600;&lt;script&gt;<!-- <p> --><textarea><p>text</textarea>
<meta name=x content=y><link rel=stylesheet href=x><template><p>kept apart</template><iframe>frame</iframe>
<style>p { color: #333 }</style><select><option>a<option>b</select></body><p>after the end 😀 é"""
TALL = "<!doctype html><title>Tall</title><style>p { height: 40px; margin: 0 }</style>"
LINES = "".join(f"<p id=line-{number}>line {number}</p>" for number in range(100))
MARK = "<p id=scripts>wait</p><script>document.getElementById('scripts').textContent = 'run'</script>"
PRESSED = (
    f"{MARK}<p><a id=plain href='http://example.invalid/plain'>plain</a>"
    "<p><a id=blank target=_blank href='http://example.invalid/blank'>blank</a>"
    "<p><a id=top target=_top href='http://example.invalid/top'>top</a>"
    "<p><img usemap=#map width=60 height=20 src=data:,><map name=map>"
    "<area id=area shape=default href='http://example.invalid/area'></map>"
    "<p><svg width=60 height=20><a id=drawn href='http://example.invalid/svg'><text y=15>svg</text></a></svg>"
    "<style>select, ::picker(select) { appearance: base-select }</style><select>"
    "<button><selectedcontent></selectedcontent></button>"
    "<option><b><a href='http://example.invalid/menu'>menu</a></b></select>"
)
FORM = (
    "<form action='http://example.invalid/form'><input id=field><button id=send>send</button></form>"
    "<p><a id=inside href=#far>far</a><p style='height: 3000px'><p id=far>far away"
)
SCRIPTED = """<button id=add onclick="count += 1; show()">add</button><output id=out></output>
<template id=row><b>row</b></template><script>
let count = 0;
function show() { out.textContent = count; out.append(row.content.cloneNode(true)); }
document.addEventListener("DOMContentLoaded", () => { document.body.dataset.ready = "yes"; });
document.write("<i>written</i>");
</script>"""
# Not while it is pressed: the browser would wait for the press to be dealt with.
PRESS = (
    f"<h1>Page</h1>{MARK}<button id=go>go</button>"
    "<script>go.onclick = () => setTimeout(() => { CODE }, 99)</script>"
)
LEAVING = PRESS.replace("CODE", "location = 'http://example.invalid/'")
ENDLESS = PRESS.replace("CODE", "for (;;);")
WHOLE = "() => [document.compatMode, document.documentElement.outerHTML]"


@pytest.fixture
def page(kept_page: Page) -> Page:
    return kept_page


def landing_page() -> str:
    """The page of the Business Builder, as it was recorded."""
    found = [
        event.data.content
        for event in events(recording("embedded_host"))
        if isinstance(event.data, ArtifactCreated) and event.data.artifact_type == "html"
    ]
    assert found[-1]
    return found[-1]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("drawing")) as served:
        yield served


def inside(console: Console) -> Frame:
    """The inner frame of the preview."""
    handle = console.preview().locator(":root").element_handle()
    frame = handle.owner_frame()
    assert frame is not None
    return frame


def shown(console: Console, file: str) -> None:
    """Wait until a page is drawn to its end."""
    tab = console.tab(file)
    expect(tab).to_have_attribute("aria-selected", "true")
    expect(tab).to_have_class(re.compile(r"\bdone\b"))


def note(console: Console) -> Any:
    return console.pane("artifacts").get_by_role("status").filter(has_text="Links do not open here")


def test_what_is_drawn_in_pieces_is_what_is_drawn_at_once(page: Page, served: Pages) -> None:
    every = re.finditer(r"(?<=<)[a-z/!]|&|(?<==)\S", MALFORMED)
    texts = {
        "malformed": cut(MALFORMED, [found.start() + 1 for found in every][::2]),
        "landing": cut(landing_page(), range(37, len(landing_page()), len(landing_page()) // 12)),
    }
    made = [
        variant
        for name, pieces in texts.items()
        for variant in (Made(f"{name}-pieces", pieces), Made(f"{name}-whole", ("".join(pieces),)))
    ]
    console = served.begin(page, "drawn alike", made)
    drawn = {}
    for item in made:
        served.script.release("drawn alike")
        shown(console, item.file)
        expect(console.preview().locator("title")).to_be_attached()
        drawn[item.name] = inside(console).evaluate(WHOLE)
    for name in texts:
        assert drawn[f"{name}-pieces"] == drawn[f"{name}-whole"]
    assert "after the end 😀 é" in drawn["malformed-whole"][1]
    assert drawn["landing-whole"][0] == "CSS1Compat"


def test_drawing_leaves_the_browsers_console_empty(fresh_page: Page, served: Pages) -> None:
    text = landing_page().replace("<head>", "<head><base href='http://example.invalid/' target=_top>")
    assert "<base" in text
    made = Made("silent", cut(text, range(37, len(text), len(text) // 12)))
    console = served.begin(fresh_page, "silent", [made])
    logged: list[str] = []
    fresh_page.on("console", lambda message: logged.append(message.text) if message.type != "debug" else None)
    fresh_page.on("pageerror", lambda error: logged.append(str(error)))
    served.script.release("silent")
    shown(console, made.file)
    # The source is a document of the kernel's.
    console.button("Source").click()
    expect(console.preview().locator("pre.source")).to_contain_text("example.invalid")
    console.button("Preview").click()
    expect(console.preview().locator("h1")).to_be_visible()
    assert logged == []


def test_a_growing_page_is_not_reloaded_and_leaves_the_reader_alone(page: Page, served: Pages) -> None:
    pieces = (TALL + LINES, *(f"<p>more {number}</p>" * 50 for number in range(3)))
    console = served.begin(page, "growing", [Made("tall", pieces, stepped=True)])
    script, preview = served.script, console.preview()
    script.release("growing")
    expect(preview.locator("#line-99")).to_be_in_viewport()  # It follows what is written,
    preview.locator("#line-99").hover()
    page.mouse.wheel(0, -1500)  # until someone scrolls.
    frame = inside(console)
    frame.wait_for_function("scrollY < 3000")
    before = frame.evaluate(
        """() => {
            window.kept = document.querySelector("#line-20");
            getSelection().selectAllChildren(kept);
            return scrollY;
        }"""
    )
    around = page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop")
    for number in range(3):
        script.release("growing")
        expect(preview.get_by_text(f"more {number}")).to_have_count(50)
    script.release("growing")
    shown(console, "tall.html")
    assert frame.evaluate("kept.isConnected && getSelection().toString().trim()") == "line 20"
    assert frame.evaluate("scrollY") == before
    assert page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop") == around


def test_links_and_forms_lead_nowhere_and_show_their_target(page: Page, served: Pages) -> None:
    console = served.begin(page, "links", [Made("links", (PRESSED,)), Made("form", (FORM,))])
    preview, task = console.preview(), "links"
    served.script.release(task)
    shown(console, "links.html")
    for running in (False, True):
        if running:
            console.button("Run scripts").click()
            drawn_anew(page, preview.locator("#scripts"), "run")
        repeated = preview.locator("selectedcontent a")
        expect(repeated).to_have_attribute("href", "dead:http://example.invalid/menu")
        for name, target in (("plain", "plain"), ("blank", "blank"), ("top", "top"), ("drawn", "svg")):
            for how in ("click", "middle", "control", "keyboard"):
                link = preview.locator(f"#{name}")
                if how == "keyboard":
                    link.focus()
                    page.keyboard.press("Enter")
                else:
                    link.click(
                        button="middle" if how == "middle" else "left",
                        modifiers=["Control"] if how == "control" else [],
                    )
                expect(note(console)).to_contain_text(f"http://example.invalid/{target}")
                note(console).get_by_role("button", name="Dismiss").click()
        preview.locator("img").click()
        expect(note(console)).to_contain_text("http://example.invalid/area")
        note(console).get_by_role("button", name="Dismiss").click()
        expect(preview.locator("#plain")).to_be_visible()
    served.script.release(task)
    shown(console, "form.html")
    before = page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop")
    preview.locator("#send").click()
    preview.locator("#field").press("Enter")
    expect(preview.locator("#field")).to_be_visible()
    preview.locator("#inside").click()
    expect(preview.locator("#far")).to_be_in_viewport()
    assert page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop") == before
    assert len(page.context.pages) == 1


def test_a_page_may_run_its_scripts(page: Page, served: Pages) -> None:
    half = SCRIPTED.index("count = 0")
    made = Made("scripted", (SCRIPTED[:half], SCRIPTED[half:]), stepped=True)
    console = served.begin(page, "scripts", [made])
    preview = console.preview()
    served.script.release("scripts")
    expect(preview.locator("#add")).to_be_visible()
    served.script.release("scripts")
    served.script.release("scripts")
    shown(console, "scripted.html")
    preview.locator("#add").click()
    expect(preview.locator("#out")).to_be_empty()
    console.button("Run scripts").click()
    drawn_anew(page, preview.locator("i"), "written")
    expect(preview.locator("body")).to_have_attribute("data-ready", "yes")
    preview.locator("#add").click()
    preview.locator("#add").click()
    expect(preview.locator("#out")).to_have_text("2row")
    console.button("Run scripts").click()
    drawn_anew(page, preview.locator("#out"), "")
    expect(preview.locator("body")).not_to_have_attribute("data-ready", "yes")


@pytest.mark.parametrize(
    ("name", "text", "logged"),
    [("leaving", LEAVING, "leave the page"), ("endless", ENDLESS, "did not answer")],
)
def test_a_page_that_leaves_or_hangs_is_drawn_again_without_its_scripts(
    fresh_page: Page, served: Pages, name: str, text: str, logged: str
) -> None:
    console = served.begin(fresh_page, name, [Made(name, (text,))])
    preview = console.preview()
    served.script.release(name)
    shown(console, f"{name}.html")
    console.button("Run scripts").click()
    expect(console.button("Run scripts")).to_have_attribute("aria-pressed", "true")
    drawn_anew(fresh_page, preview.locator("#scripts"), "run")
    preview.locator("#go").click()
    expect(console.pane("artifacts")).to_contain_text(logged)
    expect(preview.locator("h1")).to_be_visible()
    expect(console.button("Run scripts")).to_have_attribute("aria-pressed", "false")
