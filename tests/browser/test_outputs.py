"""Artifacts in the output of a cell: a page that draws them as Jupyter does, and a sink that listens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Literal

import pytest
from playwright.sync_api import Browser, Error, Frame, Page, expect

from tests.browser.attacks.catalogue import ATTACKS, Attack
from tests.browser.attacks.outputs import AT_ONCE, PRESS, OutputServer, hostile_outputs, output_server
from tests.browser.attacks.witness import Witness, witness_in
from tests.browser.lab import Theme, page_of, wait_until
from tests.browser.test_attacks import STILL, sample
from worker_widget.artifacts.diff.difference import difference
from worker_widget.artifacts.notebook_output import artifact_html
from worker_widget.artifacts.summary_table import table_html


@pytest.fixture
def sink() -> Iterator[OutputServer]:
    with output_server() as server:
        yield server


@pytest.fixture
def witness(page: Page) -> Iterator[Witness]:
    with witness_in(page.context) as witness:
        yield witness


def show(
    page: Page, sink: OutputServer, *outputs: str, until: Literal["load", "domcontentloaded"] = "load"
) -> list[Frame]:
    """The innermost frame of each output, in a page of the sink's."""
    sink.show(outputs)
    page.goto(sink.address + "/", wait_until=until)

    def inner() -> list[Frame]:
        return [frame for parent in page.main_frame.child_frames for frame in parent.child_frames]

    def came() -> bool:
        found = inner()
        return len(found) == len(outputs) and all(frame.url == "about:srcdoc" for frame in found)

    wait_until(page, came, f"loading {len(outputs)} frames")
    frames = inner()
    for frame in frames:
        frame.wait_for_load_state(until)
    return frames


def aimed(attack: Attack, sink: OutputServer) -> str:
    """The markup of an attack against the server of the page around it."""
    host = f"{attack.name}.localhost:{sink.server_address[1]}"
    return attack.markup.replace("SINK", f"http://{host}").replace("HOST", host).replace("MARK", attack.name)


@pytest.mark.parametrize("which", ["sample", pytest.param("all", marks=pytest.mark.soak)])
def test_no_attack_gets_out_of_an_output(
    page: Page, sink: OutputServer, witness: Witness, which: str
) -> None:
    """As an artifact of its kind, as Markdown, and as a side of a comparison."""
    attacks = sample(STILL) if which == "sample" else ATTACKS
    drawn = hostile_outputs(attacks, lambda attack: aimed(attack, sink))
    for start in range(0, len(drawn), AT_ONCE):
        # Pictures in pictures, none of which may be fetched, sometimes keep Chromium waiting for good.
        for frame in show(page, sink, *drawn[start : start + AT_ONCE], until="domcontentloaded"):
            # A link may replace the drawing by the browser's own refusal, which ends this.
            with suppress(Error):
                frame.evaluate(PRESS)
        witness.wait()
        assert sink.asked == []
        assert page.title() == ""
        assert page.url == sink.address + "/"
        assert page.context.pages == [page, witness.page]


def test_a_click_on_a_link_leads_nowhere_and_the_drawing_stays(
    page: Page, sink: OutputServer, witness: Witness
) -> None:
    html = (
        f"<h1>Here</h1><p><a href='{sink.address}/x'>Away</a> <a class=x href='#end'>Down</a></p>"
        f"<script>document.body.remove()</script><svg><a href='{sink.address}/y'><text y=9>S</text></a></svg>"
        "<div style='height: 3000px'></div><p id=end>The end</p>"
    )
    (frame,) = show(page, sink, artifact_html(html, "html", "x.html", whole=True))
    expect(frame.locator("a")).to_have_count(3)
    # Pointing at an address is enough for a browser to connect to it.
    assert frame.locator("a").evaluate_all("all => all.map(a => a.getAttribute('href').split(':')[0])") == [
        "dead",
        "#end",
        "dead",
    ]
    frame.get_by_text("Away").click()
    frame.get_by_text("Away").press("Enter")
    witness.wait()
    assert frame.get_by_role("heading").inner_text() == "Here"
    assert sink.asked == []
    frame.get_by_text("Down").click()
    end = frame.get_by_text("The end")
    wait_until(page, lambda: (end.bounding_box() or {"y": 600})["y"] < 600, "scrolling to the end")


def test_a_script_that_claims_to_be_ours_is_not_asked_for(
    page: Page, sink: OutputServer, witness: Witness
) -> None:
    ours = re.search(r"sha256-[\w+/]{43}=", artifact_html("", "html", "x.html", whole=True))
    assert ours
    html = "".join(
        f"<script {kind} src='{sink.address}/{name}' integrity='{ours[0]}'></script>"
        for name, kind in (("a", ""), ("b", "crossorigin"), ("c", "type=module"))
    )
    (frame,) = show(page, sink, artifact_html(f"{html}<a href=//x>All</a>", "html", "x.html", whole=True))
    expect(frame.get_by_text("All")).to_have_attribute("href", "dead://x")
    witness.wait()
    assert sink.asked == []


def test_a_link_that_a_menu_repeats_has_no_address(page: Page, sink: OutputServer) -> None:
    html = (
        "<style>select, ::picker(select) { appearance: base-select }</style>"
        "<select><button><selectedcontent></selectedcontent></button>"
        "<option><b><a href=//x>First</a></b><option><a href=//y>Second</a></select>"
    )
    (frame,) = show(page, sink, artifact_html(html, "html", "x.html", whole=True))
    links = frame.locator("a")
    expect(links).to_have_count(3)
    assert links.evaluate_all("all => all.map(a => a.getAttribute('href'))") == [
        "dead://x",
        "dead://x",
        "dead://y",
    ]


def test_a_page_is_as_high_beside_other_outputs_as_alone(page: Page, sink: OutputServer) -> None:
    html = artifact_html("<p>Here", "html", "x.html", whole=True)
    show(page, sink, html, artifact_html("# Head", "md", "x.md", whole=True))
    page.evaluate("document.body.setAttribute('data-jp-theme-light', 'true')")
    expect(page.locator("iframe").first).to_have_css("height", "480px")


def test_the_changes_of_a_difference_are_reached_by_their_links(page: Page, sink: OutputServer) -> None:
    lines = [f"line {n} of many" for n in range(300)]
    other = [line.replace("many", "some") if n % 100 == 50 else line for n, line in enumerate(lines)]
    reported = difference("\n".join(lines), "\n".join(other))
    (frame,) = show(page, sink, reported._repr_html_())
    third = frame.locator("#change-3")
    # As far down as that, only once the folded stretches before it are open.
    for summary in frame.locator("summary").all():
        summary.click()
    frame.get_by_text("First change").click()
    frame.locator("#change-1").get_by_text("Next").click()
    frame.locator("#change-2").get_by_text("Next").click()
    expect(third.get_by_text("Change 3 of 3")).to_be_visible()
    wait_until(page, lambda: (third.bounding_box() or {"y": 480})["y"] < 480, "scrolling to the change")
    expect(third.get_by_text("some")).to_be_visible()
    assert sink.asked == []


@pytest.mark.parametrize("system", ["light", "dark"])
def test_an_output_has_the_theme_of_what_is_around_it(
    browser: Browser, sink: OutputServer, system: Theme
) -> None:
    outputs = (
        artifact_html("# Head", "md", "x.md", whole=True),
        artifact_html(":root { @media (prefers-color-scheme: dark) {} }", "css", "x.css", whole=True),
        difference("a", "b")._repr_html_(),
        table_html(["a"], [("b",)], "t", figures=set()),
    )
    # Only what is on screen is laid out at once.
    with page_of(browser, system, height=2_400) as page:
        frames = show(page, sink, *outputs)
        for attribute, value, theme in (
            ("lang", "", system),
            ("data-jp-theme-light", "true", "light"),
            ("data-jp-theme-light", "false", "dark"),
            ("data-vscode-theme-kind", "vscode-light", "light"),
            ("data-vscode-theme-kind", "vscode-dark", "dark"),
        ):
            page.evaluate("reported => document.body.setAttribute(...reported)", [attribute, value])
            for frame in frames:
                expect(frame.locator(":root")).to_have_css("color-scheme", theme)
            page.evaluate("name => document.body.removeAttribute(name)", attribute)


def test_json_folds_without_a_script(page: Page, sink: OutputServer) -> None:
    (frame,) = show(page, sink, artifact_html('{"a": {"b": 1}}', "json", "x.json", whole=True))
    expect(frame.get_by_text('"b"')).to_be_visible()
    frame.get_by_text('"a"').click()
    expect(frame.get_by_text('"b"')).to_be_hidden()
    expect(frame.get_by_text("1 key").last).to_be_visible()
