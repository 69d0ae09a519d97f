"""The console as a person sees it: where to look for what, in a page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import FrameLocator, Locator, Page, expect

PANES = ("timeline", "routing", "log", "ledger", "artifacts")
_FRAMES = """async () => {
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
}"""


@dataclass(frozen=True)
class Console:
    """One console in a page; ``root`` is the cell's output."""

    page: Page
    root: Locator

    @classmethod
    def in_cell(cls, page: Page, cell: Locator) -> Console:
        """The console that a cell shows, once it is drawn."""
        root = cell.get_by_role("region", name="Worker console")
        expect(root).to_be_visible()
        return cls(page, root)

    def pane(self, name: str) -> Locator:
        return self.root.locator(f"[data-pane={name}]")

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    @property
    def task(self) -> Locator:
        return self.root.get_by_role("textbox", name="Task")

    @property
    def status(self) -> Locator:
        return self.root.locator("[data-status]")

    @property
    def stages(self) -> Locator:
        return self.pane("timeline").locator(".stage")

    @property
    def log_lines(self) -> Locator:
        return self.pane("log").get_by_role("row")

    def expect_status(self, *words: str) -> None:
        expect(self.status).to_have_attribute("data-status", re.compile("^(" + "|".join(words) + ")$"))

    def start(self) -> None:
        """Press Run, once it can be pressed."""
        run = self.button("Run")
        expect(run).to_be_enabled()
        run.click()

    def settle(self) -> None:
        """Wait until what a change of sizes brings is drawn: it is observed in one frame, and drawn later."""
        self.page.evaluate(_FRAMES)

    def level(self, name: str) -> Locator:
        """The button that shows or hides the log lines of a level."""
        return self.pane("log").get_by_role("group", name="Levels").get_by_role("button", name=name)

    def show_debug(self) -> None:
        """Show debug lines, too, which are hidden at first."""
        debug = self.level("debug")
        debug.click()
        # A press whose end comes late, when what is above the log grew meanwhile, ends beside the button.
        if debug.get_attribute("aria-pressed") != "true":
            debug.click()
        expect(debug).to_have_attribute("aria-pressed", "true")

    @property
    def lines(self) -> Locator:
        """The grid of the log's lines."""
        return self.pane("log").get_by_role("grid")

    @property
    def line_count(self) -> int:
        """How many lines the log has under its filter."""
        return int(self.lines.get_attribute("aria-rowcount") or 0)

    @property
    def run_id(self) -> str:
        """The id of the run on screen."""
        run_id: str = self.root.evaluate("root => root.getRootNode().host.dataset.run")
        return run_id

    def figures(self) -> dict[str, Any]:
        """What the panes show of a run as a whole, with all numbers as texts."""
        return {
            "lines": self.line_count,
            "decisions": self.pane("routing").locator("header .num").inner_text() or "0",
            "incidents": self.pane("ledger").locator("header .total").inner_text() or "0",
            "stages": self.stages.locator("b").all_inner_texts(),
            "artifacts": self.pane("artifacts").get_by_role("tab").count(),
        }

    def tab(self, file: str) -> Locator:
        return self.pane("artifacts").get_by_role("tab", name=re.compile(re.escape(file)))

    def preview(self) -> FrameLocator:
        """The inside of the artifact on screen: a sandboxed frame within another."""
        return self.pane("artifacts").frame_locator("iframe").frame_locator("iframe")

    def shown_whole(self, rows: Locator, name: str) -> int:
        """How many of ``rows`` lie wholly inside the pane ``name``, without scrolling."""
        box = self.pane(name).bounding_box()
        assert box is not None
        inside = 0
        for index in range(rows.count()):
            row = rows.nth(index).bounding_box()
            if row and row["y"] >= box["y"] - 1 and row["y"] + row["height"] <= box["y"] + box["height"] + 1:
                inside += 1
        return inside

    def boxes(self) -> dict[str, tuple[float, ...]]:
        """Where each pane is, relative to the console."""
        origin = self.root.bounding_box()
        assert origin is not None
        boxes = {}
        for name in PANES:
            box = self.pane(name).bounding_box()
            assert box is not None, f"the pane {name} is not on screen"
            left, top = box["x"] - origin["x"], box["y"] - origin["y"]
            boxes[name] = (round(left), round(top), round(box["width"]), round(box["height"]))
        return boxes
