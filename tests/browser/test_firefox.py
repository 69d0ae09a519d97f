"""The attacks in Firefox: in outputs of cells, in comparisons and in a report, nothing gets out either.

``make test`` draws a sample, ``make soak`` all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Page

from tests.browser.attacks.catalogue import ATTACKS, mark
from tests.browser.attacks.outputs import AT_ONCE, PRESS, OutputServer, hostile_outputs, output_server
from tests.browser.attacks.sink import Sink, listening
from tests.browser.attacks.witness import Witness
from tests.browser.firefox import FirefoxPage, Session, executable, firefox
from tests.browser.lab import wait_until
from tests.browser.test_attacks import LOOK, STILL, Round, sample
from tests.browser.test_report import hostile_run
from worker_widget import RunHistory
from worker_widget.store.event_store import EventStore

pytestmark = pytest.mark.skipif(executable() is None, reason="there is no Firefox on this computer")

NOTICED = """() => {
    window.noticed = [];
    addEventListener("message", ({ data }) => { if (data?.mark) noticed.push(`message ${data.mark}`); });
    addEventListener("pagehide", () => noticed.push("navigation"));
}"""
DEEP = """const deep = (root, selector) => [...root.querySelectorAll(selector),
    ...[...root.querySelectorAll("*")].flatMap(
        item => item.shadowRoot ? deep(item.shadowRoot, selector) : [])];"""
SHOWN = DEEP + "return deep(document, 'iframe').some(frame => frame.title === title && frame.isConnected);"
MENU = (
    DEEP
    + """const buttons = deep(document, "button").filter(item => /All artifacts|artifacts$/.test(
        item.getAttribute("aria-label") ?? item.title ?? item.textContent));
    buttons[0]?.focus(); buttons[0]?.click(); return buttons.length;"""
)
BLUR = DEEP + "deep(document, 'iframe').forEach(frame => frame.blur()); document.activeElement?.blur();"
BARE = """text => {
    const frame = document.createElement("iframe");
    frame.srcdoc = text;
    document.body.append(frame);
}"""
CANARIES = ("img-src", "iframe-src", "parent-message", "parent-property", "webrtc")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with firefox(tmp_path_factory.mktemp("firefox")) as session:
        yield session


@pytest.fixture
def served() -> Iterator[OutputServer]:
    with output_server() as server:
        yield server


@pytest.fixture
def sink() -> Iterator[Sink]:
    with listening() as sink:
        yield sink


@pytest.fixture
def witness(session: Session) -> Iterator[Witness]:
    with listening() as sink:
        yield Witness(cast(Page, session.new_page()), sink)


def waited(page: FirefoxPage, holds: Any, what: str) -> None:
    wait_until(cast(Page, page), holds, what)


def expect_nothing(sink: Sink) -> None:
    assert (sink.requests, sink.connections, sink.datagrams) == ([], 0, 0)


def test_an_attack_that_nothing_holds_would_be_noticed(
    session: Session, served: OutputServer, sink: Sink, witness: Witness
) -> None:
    page = session.new_page()
    served.page = "<!doctype html><body>"
    page.goto(served.address)
    page.evaluate(NOTICED)
    attacks = [attack for attack in ATTACKS if attack.name in CANARIES]
    marks = [mark(attack, STILL) for attack in attacks]
    page.evaluate(BARE, "<!doctype html>" + "\n".join(attack.aimed(sink, STILL) for attack in attacks))
    seen: set[str] = set()

    def noticed() -> bool:
        seen.update(page.evaluate(LOOK, marks))
        messages = any(what.startswith("message") for what in seen)
        return bool(sink.requests and sink.datagrams) and messages and len(seen) >= 2

    waited(page, noticed, "noticing the attacks without protection")


WHICH = pytest.mark.parametrize("which", ["sample", pytest.param("all", marks=pytest.mark.soak)])


@WHICH
def test_no_attack_gets_out_of_an_output_or_a_comparison(
    session: Session, served: OutputServer, sink: Sink, witness: Witness, which: str
) -> None:
    attacks = sample(STILL)[::2] if which == "sample" else ATTACKS
    drawn = hostile_outputs(attacks, lambda attack: attack.aimed(sink, STILL))
    page = session.new_page()
    tabs = session.tabs()
    for start in range(0, len(drawn), AT_ONCE):
        shown = drawn[start : start + AT_ONCE]
        served.show(shown)
        page.goto(f"{served.address}/")

        def came(count: int = len(shown)) -> bool:
            return len([frame for frame in page.frames() if frame.depth == 2]) == count

        waited(page, came, f"loading {len(shown)} frames")
        for frame in page.frames():
            if frame.depth == 2:
                # A document without scripts refuses, and a link may replace it by the browser's own refusal.
                with suppress(RuntimeError):
                    page.evaluate(PRESS, frame=frame.context)
        witness.wait()
        expect_nothing(sink)
        assert served.asked == []
        assert page.evaluate("() => document.title + location.pathname") == "/"
        assert session.tabs() == tabs


@WHICH
def test_no_attack_gets_out_of_a_report(
    session: Session, sink: Sink, witness: Witness, tmp_path: Path, which: str
) -> None:
    attacks = sample(STILL)[::6] if which == "sample" else ATTACKS
    store = EventStore.memory()
    rounds = hostile_run(store, sink, tuple(attacks))
    path = RunHistory(store).export("hostile", "html", tmp_path / "hostile.html")
    store.close()
    page = session.new_page()
    tabs = session.tabs()
    page.goto(path.as_uri())
    page.evaluate(NOTICED)
    marks = [mark(attack, STILL) for attack in attacks]
    waited(page, lambda: page.evaluate(f"() => {{ {MENU} }}") > 0, "showing the report")
    page.type("\ue00c")
    for item in rounds:
        choose(page, item)
        witness.wait()
        assert page.evaluate(LOOK, marks) == []
        for frame in page.frames():
            if frame.depth == 2:
                with suppress(RuntimeError):
                    page.evaluate(PRESS, frame=frame.context)
        witness.wait()
        expect_nothing(sink)
        # What is pressed may have the focus.
        page.evaluate(f"() => {{ {BLUR} }}")
        assert page.evaluate(LOOK, marks) == []
        assert page.evaluate("() => location.href") == path.as_uri()
        assert session.tabs() == tabs


def choose(page: FirefoxPage, item: Round) -> None:
    """Shows an artifact of the report, and waits until it is drawn."""
    page.evaluate(f"() => {{ {MENU} }}")
    page.type(*item.page.file, "\ue007")
    title = f"Preview of {item.page.file}"
    waited(page, lambda: page.evaluate(f"title => {{ {SHOWN} }}", title), f"choosing {item.page.file}")

    def drawn() -> bool:
        with suppress(RuntimeError):
            return any(
                page.evaluate(DRAWN, [item.page.name, item.page.kind], frame=frame.context)
                for frame in page.frames()
                if frame.depth == 2
            )
        return False

    waited(page, drawn, f"drawing {item.page.file}")


# An attack names an element as a property of the document.
DRAWN = """([name, kind]) => kind === "html" ? Document.prototype.getElementById.call(document, name) !== null
    : kind === "svg" ? document.images.length > 0 : document.body.textContent.includes(name)"""
