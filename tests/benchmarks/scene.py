"""A console in a real JupyterLab, with a worker that tells as much as it is asked to, and what they cost."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page

from tests.browser.console import Console
from tests.browser.lab import Lab, chromium, lab, open_cells, page_of, run_cell, wait_until_ran
from tests.browser.traffic import Traffic
from tests.contract.host_support import HostProcess
from tests.load import LOAD

_KERNEL = "ipykernel_launcher"
SETTLED_S = 2.0


@dataclass
class Scene:
    """One page on one notebook. Code cells of ``source`` are numbered from 0."""

    page: Page
    running: Lab
    directory: Path
    devtools: CDPSession
    traffic: Traffic
    url: str
    token: str

    def open(self, *sources: str) -> None:
        """Open a notebook with these cells; ``URL`` and ``TOKEN`` in them stand for the worker's."""
        open_cells(self.page, self.running, "scene.ipynb", *map(self._filled, sources))

    def console(self, task: str) -> Console:
        """Open a notebook with a console whose form holds ``task``, ready to run it."""
        self.open(f"from worker_widget import WorkerConsole\n{console_source(task)}")
        cell = run_cell(self.page, 0)
        wait_until_ran(cell)
        shown = Console.in_cell(self.page, cell)
        shown.expect_status("Ready")
        self.settle()
        return shown

    def settle(self, seconds: float = SETTLED_S) -> None:
        self.page.wait_for_timeout(seconds * 1_000)

    def heap_mb(self) -> float:
        """What the page's scripts hold, after a collection, in MB."""
        self.devtools.send("HeapProfiler.collectGarbage")
        used = self.devtools.send("Runtime.getHeapUsage")["usedSize"]
        return float(used) / 1e6

    def kernel_mb(self) -> float:
        """What the kernel's process holds in memory, in MB."""
        return max(_resident_mb(pid) for pid in _children(self.running.pid) if _KERNEL in _command(pid))

    def warnings(self) -> int:
        """How often the server dropped messages, by its log."""
        log = (self.directory / "lab" / "jupyter.log").read_text(errors="replace")
        return len(re.findall(r"rate exceeded", log))

    def _filled(self, source: str) -> str:
        return source.replace("URL", repr(self.url)).replace("TOKEN", repr(self.token))


def console_source(task: str) -> str:
    return f"WorkerConsole('load', url=URL, api_key=TOKEN, task={task!r})"


@contextmanager
def scene() -> Iterator[Scene]:
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        (directory / "host").mkdir()
        host = HostProcess(directory / "host", command=LOAD)
        try:
            state = host.state()
            with (
                lab(directory / "lab") as running,
                chromium() as browser,
                page_of(browser) as page,
            ):
                traffic = Traffic.of(page)
                devtools = page.context.new_cdp_session(page)
                devtools.send("Performance.enable")
                url = f"http://127.0.0.1:{state['port']}"
                yield Scene(page, running, directory, devtools, traffic, url, state["token"])
        finally:
            host.end()
            host.close()


@contextmanager
def over(scene: Scene) -> Iterator[dict[str, float]]:
    """What happens inside the block: its seconds, and the page's traffic and work in them."""
    traffic = scene.traffic
    messages, frames, size = traffic.messages, traffic.frames, traffic.bytes
    with busy(scene.devtools) as measured:
        yield measured
    measured["messages"] = traffic.messages - messages
    measured["frames"] = traffic.frames - frames
    measured["bytes"] = traffic.bytes - size


@contextmanager
def busy(devtools: CDPSession) -> Iterator[dict[str, float]]:
    """The seconds inside the block, and the share of them in which the page's main thread worked."""
    measured: dict[str, float] = {}
    worked, began = _worked_s(devtools), time.monotonic()
    yield measured
    measured["seconds"] = time.monotonic() - began
    measured["busy"] = (_worked_s(devtools) - worked) / measured["seconds"]


def _worked_s(devtools: CDPSession) -> float:
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return float(next(item["value"] for item in metrics if item["name"] == "TaskDuration"))


def lines_of(console: Console) -> int:
    """How many log lines the console says there are."""
    rows: Any = console.pane("log").get_by_role("grid").get_attribute("aria-rowcount")
    return int(rows or 0)


def _children(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        if parent == pid:
            found.append(int(path.parent.name))
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
