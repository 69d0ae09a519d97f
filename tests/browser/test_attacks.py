"""Pages that try to get out of the preview, in JupyterLab: none of them reaches anything.

Every attack is drawn as it is written, cut where it hurts, and whole; with the page's own scripts running,
and without. A server listens, the browser's own log of its network is read, and the page around tells
what touched it. The same attacks in a frame without protection show that all three would notice, and how
long that takes. ``make test`` draws a sample of the attacks in each mode, ``make soak`` all of them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, zip_longest

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    FrameLocator,
    Locator,
    Page,
    Request,
    expect,
)

from tests.browser.attacks.catalogue import ATTACKS, Attack, mark
from tests.browser.attacks.sink import Sink, listening
from tests.browser.attacks.witness import Witness, witness_in
from tests.browser.console import Console
from tests.browser.lab import CHROMIUM_FLAGS, GUARD_S, Lab, wait_until
from tests.browser.pages import Made, Pages, cut, pages

STILL, RUNNING, BARE = "still", "running", "bare"
MOST_PIECES = 5
SAMPLED = {STILL: 0, RUNNING: 2}
"""Of each kind the sample of a mode takes the attack of this index and every eighth after it."""
SAMPLE_STEP = 8

# What the page around notices: the messages to it, where it goes, and what changes in it.
TRIPWIRE = """() => {
    if (window !== window.top) return;
    window.noticed = [];
    addEventListener("message", ({ data, origin }) => {
        if (data?.mark) noticed.push(`message ${data.mark} from ${origin}`);
    });
    addEventListener("pagehide", () => noticed.push("navigation"));
}"""
LOOK = """marks => {
    const noticed = window.noticed.splice(0);
    const seen = [window.mark, window.name, document.title, document.cookie, location.href,
        document.body.dataset.mark, ...Object.keys(localStorage)].join("\\n");
    noticed.push(...marks.filter(mark => seen.includes(mark)).map(mark => `page ${mark}`));
    let active = document.activeElement;
    while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
    if (active?.localName === "iframe") noticed.push("focus");
    return noticed;
}"""
SCROLLED = "document.querySelector('.jp-WindowedPanel-outer').scrollTop"
BARE_FRAME = """text => {
    const frame = document.createElement("iframe");
    frame.srcdoc = text;
    frame.style = "position: fixed; inset: 0; width: 900px; height: 700px; z-index: 9";
    document.body.append(frame);
}"""
# Enough for each of the three to notice something, and none that takes the page along.
CANARIES = ("img-src", "preconnect", "iframe-src", "webrtc", "parent-message", "parent-property", "link")
CONNECTING = ("img-src", "preconnect", "iframe-src", "link")


# What a page is taken down for.
STOPPED = (
    "endless",
    "location",
    "location-clobbered-body",
    "location-methods",
    "location-no-body",
    "location-no-document",
    "location-timer",
    "reload",
)


@dataclass
class Evidence:
    """All that was seen. ``touched`` is what the page around noticed, by mode and page."""

    sink: Sink
    attacks: dict[str, tuple[Attack, ...]]
    touched: dict[str, list[str]] = field(default_factory=lambda: {STILL: [], RUNNING: [], BARE: []})
    drawn: set[str] = field(default_factory=set)
    connections: int = 0
    datagrams: int = 0
    net_log: str = ""

    def looked_for(self, mode: str) -> set[str]:
        """The attacks whose host the browser looked up, connected to or asked."""
        return set(re.findall(rf"\b{mode}\.([a-z-]+)\.localhost", self.net_log))


@dataclass(frozen=True)
class Round:
    """One page, and the attacks in it."""

    page: Made
    attacks: tuple[Attack, ...]

    @property
    def whole(self) -> bool:
        return len(self.page.pieces) == 1

    def drawn(self, preview: FrameLocator) -> Locator:
        """What the frame has once this page is drawn in it."""
        if self.page.kind == "html":
            return preview.locator(f"#{self.page.name}")
        (text,) = self.page.pieces
        words = f"SVG, {len(text):,} characters" if self.page.kind == "svg" else self.attacks[0].name
        return preview.get_by_text(words).first


def sample(mode: str) -> tuple[Attack, ...]:
    """Some attacks of each kind, in the catalogue's order, other ones for each mode."""

    def kind(attack: Attack) -> tuple[str, bool]:
        return (attack.group, attack.alone)

    chosen: set[str] = set()
    for _, members in groupby(sorted(ATTACKS, key=kind), kind):
        names = [attack.name for attack in members]
        chosen.update(names[SAMPLED[mode] :: SAMPLE_STEP] or names[:1])
    return tuple(attack for attack in ATTACKS if attack.name in chosen)


def rounds(mode: str, sink: Sink, attacks: Sequence[Attack]) -> Iterator[Round]:
    """What would spoil other attacks has a page of its own."""

    def alone(attack: Attack) -> bool:
        return attack.alone and (mode == RUNNING or not attack.scripted)

    for attack in attacks:
        if attack.kind != "html":
            yield Round(Made(attack.name, (attack.aimed(sink, mode),), kind=attack.kind), (attack,))
    pages_of = [attack for attack in attacks if attack.kind == "html"]
    for group, members in groupby(pages_of, lambda attack: attack.group):
        of_group = tuple(members)
        together = tuple(attack for attack in of_group if not alone(attack))
        pages = [(attack.name, (attack,)) for attack in of_group if alone(attack)]
        for name, inside in [(group, together), *pages] if together else pages:
            sections = (f"<section>{attack.aimed(sink, mode)}</section>" for attack in inside)
            text = "\n".join(("<!doctype html><html><body>", *sections))
            # How it came is the same to scripts, which run when all is written.
            if mode == STILL or inside is together:
                streamed = text.replace("<html>", f"<html id={name}-streamed>")
                yield Round(Made(f"{name}-streamed", cut(streamed, hostile_cuts(streamed))), inside)
            yield Round(Made(f"{name}-whole", (text.replace("<html>", f"<html id={name}-whole>"),)), inside)


def hostile_cuts(text: str) -> list[int]:
    """Places inside of tags, names and entities, spread over the text."""
    places = [found.start() + 3 for found in re.finditer(r"<[a-z]{3,}|&\w+|\w+=", text, re.IGNORECASE)]
    return places[:: max(1, len(places) // MOST_PIECES)]


@pytest.fixture(scope="module", params=["sample", pytest.param("all", marks=pytest.mark.soak)])
def evidence(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Evidence]:
    """Everything is drawn here, once."""
    chosen = {mode: ATTACKS if request.param == "all" else sample(mode) for mode in (STILL, RUNNING)}
    # A document of another kind has no scripts that could run.
    chosen[RUNNING] = tuple(attack for attack in chosen[RUNNING] if attack.kind == "html")
    attacks = chosen
    directory = tmp_path_factory.mktemp("attacks")
    net_log = directory / "net.json"
    with listening() as sink, pages(directory) as served:
        context = browser.browser_type.launch_persistent_context(
            directory / "profile",
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            # Only a profile that is kept connects ahead, as a person's does.
            args=[*CHROMIUM_FLAGS, f"--log-net-log={net_log}"],
            viewport={"width": 1440, "height": 1000},
        )
        context.set_default_timeout(GUARD_S * 1_000)
        evidence = Evidence(sink, attacks)
        try:
            context.add_init_script(f"({TRIPWIRE})()")
            with witness_in(context) as witness:
                fights = [Fight.begun(mode, context, served, witness, evidence) for mode in (STILL, RUNNING)]
                for _ in zip_longest(*(fight.turns() for fight in fights)):
                    pass
            evidence.connections, evidence.datagrams = sink.connections, sink.datagrams
            for fight in fights:
                fight.console.page.close()
            draw_bare(context, served.running, evidence)
        finally:
            context.close()
        evidence.net_log = net_log.read_text(errors="replace")
        yield evidence


@dataclass(frozen=True)
class Fight:
    """One console in JupyterLab, with a worker that makes one attack after the other."""

    mode: str
    console: Console
    rounds: tuple[Round, ...]
    served: Pages
    witness: Witness
    evidence: Evidence

    @classmethod
    def begun(
        cls, mode: str, context: BrowserContext, served: Pages, witness: Witness, evidence: Evidence
    ) -> Fight:
        all_rounds = tuple(rounds(mode, evidence.sink, evidence.attacks[mode]))
        page = context.new_page()
        console = served.begin(page, f"{mode} attacks", [round.page for round in all_rounds])
        fight = cls(mode, console, all_rounds, served, witness, evidence)
        watch(page, fight.touched)
        return fight

    def touched(self, what: str) -> None:
        self.evidence.touched[self.mode].append(what)

    def turns(self) -> Iterator[None]:
        """Draws one page after the other. Between its steps it is another's turn."""
        console, page, artifacts = self.console, self.console.page, self.console.pane("artifacts")
        for round in self.rounds:
            file = round.page.file
            before = page.evaluate(SCROLLED)
            self.served.script.release(f"{self.mode} attacks")
            yield
            expect(artifacts.get_by_title(f"Preview of {file}")).to_be_visible()
            drawn = round.drawn(console.preview())
            expect(drawn).to_be_attached()
            if self.mode == RUNNING:
                console.button("Run scripts").click()
            yield
            expect(console.tab(file)).not_to_have_class(re.compile("assembling"))
            # A frame that is taken down cannot be asked.
            if round.attacks[0].group != "leave" and "endless" not in round.page.name:
                expect(drawn).to_be_attached()
            yield
            self.witness.wait()
            if self.mode == RUNNING and round.attacks[0].name in STOPPED:
                expect(artifacts).to_contain_text("scripts were stopped")
            self.evidence.drawn.update(mark(attack, self.mode) for attack in round.attacks)
            self._look(round, file)
            if page.evaluate(SCROLLED) != before:
                self.touched(f"{file}: the notebook's scrolling")
            if round.whole and any("data-press" in attack.markup for attack in round.attacks):
                page.bring_to_front()
                press_all(console, thoroughly=round.attacks[0].group == "links")
                self.witness.wait()
                console.task.focus()
                self._look(round, f"{file}, pressed")
            yield

    def _look(self, round: Round, where: str) -> None:
        for what in self.console.page.evaluate(LOOK, [mark(attack, self.mode) for attack in round.attacks]):
            self.touched(f"{where}: {what}")


def watch(page: Page, touched: Callable[[str], None]) -> None:
    """What only the browser sees: dialogs, downloads, windows, and requests of frames."""
    page.on("dialog", lambda dialog: (touched(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("download", lambda download: touched(f"download {download.suggested_filename}"))
    page.on("popup", lambda popup: touched(f"window {popup.url}"))

    def asked(request: Request) -> None:
        # JupyterLab lists its terminals; it does not make one.
        made = "/api/terminals" in request.url and request.method == "POST"
        if made or ".localhost" in request.url:
            touched(f"request {request.url}")

    page.on("response", lambda response: asked(response.request))


def press_all(console: Console, *, thoroughly: bool) -> None:
    """Point at everything that can be pressed, and press it; links in every way."""
    mouse, keyboard = console.page.mouse, console.page.keyboard
    for target in console.preview().locator("[data-press]").all():
        target.evaluate("element => element.scrollIntoView({ block: 'center' })")
        box = target.bounding_box()
        if box is None:
            continue
        x, y = box["x"] + min(box["width"] / 2, 12), box["y"] + box["height"] / 2
        mouse.move(x, y)
        mouse.click(x, y)
        if thoroughly:
            mouse.click(x, y, button="middle")
            keyboard.down("Control")
            mouse.click(x, y)
            keyboard.up("Control")
            keyboard.press("Enter")


def draw_bare(context: BrowserContext, running: Lab, evidence: Evidence) -> None:
    """Some of the attacks in a frame of JupyterLab's own origin that nothing holds."""
    page = context.new_page()
    page.goto(running.notebook_url("still-attacks.ipynb"))
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.evaluate("window.noticed.length = 0")
    attacks = [attack for attack in ATTACKS if attack.name in CANARIES]
    page.evaluate(
        BARE_FRAME, "<!doctype html>" + "\n".join(attack.aimed(evidence.sink, BARE) for attack in attacks)
    )
    page.frame_locator("iframe").last.locator("[data-press]").first.hover()
    marks = [mark(attack, BARE) for attack in attacks]

    def noticed() -> bool:
        evidence.touched[BARE] += page.evaluate(LOOK, marks)
        return noticed_bare(evidence) and evidence.sink.connections >= evidence.connections + len(CONNECTING)

    wait_until(page, noticed, "noticing the attacks without protection")
    page.close()


def noticed_bare(evidence: Evidence) -> bool:
    """Whether the server and the page around have noticed the attacks that nothing holds."""
    touched = evidence.touched[BARE]
    return (
        any(request.startswith(f"{BARE}.img-src.localhost") for request in evidence.sink.requests)
        and evidence.sink.connections > evidence.connections
        and evidence.sink.datagrams > evidence.datagrams
        and any(what.startswith(f"message {BARE}-parent-message") for what in touched)
        and f"page {BARE}-parent-property" in touched
    )


def test_all_three_would_notice(evidence: Evidence) -> None:
    assert set(CONNECTING) <= evidence.looked_for(BARE)
    assert noticed_bare(evidence)


def test_the_sample_has_attacks_of_every_kind() -> None:
    kinds = {(attack.group, attack.alone) for attack in ATTACKS}
    for mode in (STILL, RUNNING):
        assert {(attack.group, attack.alone) for attack in sample(mode)} == kinds
    assert len({attack.name for mode in (STILL, RUNNING) for attack in sample(mode)}) >= len(ATTACKS) / 6


@pytest.mark.parametrize("mode", [STILL, RUNNING])
def test_every_attack_was_drawn(evidence: Evidence, mode: str) -> None:
    assert len(ATTACKS) >= 300
    assert {mark(attack, mode) for attack in evidence.attacks[mode]} <= evidence.drawn


@pytest.mark.parametrize("mode", [STILL, RUNNING])
def test_no_attack_makes_the_browser_look_for_its_host(evidence: Evidence, mode: str) -> None:
    assert evidence.looked_for(mode) == set()


def test_the_server_heard_nothing(evidence: Evidence) -> None:
    assert [request for request in evidence.sink.requests if not request.startswith(BARE)] == []
    assert (evidence.connections, evidence.datagrams) == (0, 0)


def test_the_page_around_noticed_nothing(evidence: Evidence) -> None:
    assert evidence.touched[STILL] == []
    # A script may post a message to any window; nobody takes anything from an origin that is none.
    assert [what for what in evidence.touched[RUNNING] if not what.endswith(" from null")] == []
