"""JupyterLab or the browser is killed at a random moment of a run: nothing is lost, nothing is left."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, BrowserType, Page

from tests.browser.console import Console
from tests.browser.lab import CHROMIUM_FLAGS, Lab, lab, open_cells, page_of, run_cell, wait_until_ran
from tests.killing import (
    GUARD_S,
    KERNEL,
    Aftermath,
    Witness,
    expect_nothing_left,
    expect_nothing_lost,
    kill,
    processes_of,
    run_id_of,
    until,
)

PACE_S = 2.0
CONSOLE = """from worker_widget import WorkerConsole
console = WorkerConsole()
console"""
RUN = f'follow(console.run("A bakery that delivers by bicycle", pace={PACE_S}))'

SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(100, 150))]


@pytest.fixture(params=SEEDS)
def chance(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(f"{request.node.originalname} {request.param}")


def start_run(page: Page, running: Lab) -> Witness:
    """Start a run in a notebook whose console is on screen."""
    open_cells(page, running, "killed.ipynb", KERNEL, CONSOLE, RUN)
    wait_until_ran(run_cell(page, 0))
    cell = run_cell(page, 1)
    wait_until_ran(cell)
    Console.in_cell(page, cell).expect_status("Ready")
    witness = Witness(running.home)
    run_cell(page, 2)
    return witness


def random_moment(home: Path, chance: random.Random) -> float:
    until(lambda: run_id_of(home), "the start of the run")
    after = chance.uniform(0, PACE_S + 0.5)
    time.sleep(after)
    return after


def test_a_jupyterlab_that_is_killed_loses_nothing(
    browser: Browser, tmp_path: Path, chance: random.Random
) -> None:
    with page_of(browser) as page, lab(tmp_path) as running:
        witness = start_run(page, running)
        after = random_moment(running.home, chance)
        kill(running.pid)
        done = expect_nothing_lost(running.home, witness)
        witness.stop()
        expect_nothing_left(running.home, witness.port)
    report(after, done)
    assert done.status == "completed"


def test_a_browser_that_is_killed_loses_nothing(
    browser: Browser, tmp_path: Path, chance: random.Random
) -> None:
    with lab(tmp_path) as running:
        with own_browser(browser.browser_type, tmp_path / "profile") as (pid, page):
            witness = start_run(page, running)
            after = random_moment(running.home, chance)
            kill(pid)
            until(lambda: not session_of(pid), "the end of the browser's processes")
        done = expect_nothing_lost(running.home, witness)
        witness.stop()
        assert len(processes_of(running.home)) >= 2, "JupyterLab and the kernel go on"
        end_kernels(running)
        expect_nothing_left(running.home, witness.port, but=running.pid)
    report(after, done)
    assert done.status == "completed"


@contextmanager
def own_browser(playwright: BrowserType, profile: Path) -> Iterator[tuple[int, Page]]:
    """A Chromium that this test started itself, so that it may be killed; its process and a page."""
    found = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    assert found is not None
    flags = [*CHROMIUM_FLAGS, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}"]
    process = subprocess.Popen(
        [found, *flags, "about:blank"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        port_file = profile / "DevToolsActivePort"
        until(lambda: port_file.exists() and port_file.read_text().count("\n"), "the start of the browser")
        port = port_file.read_text().split()[0]
        browser = playwright.connect_over_cdp(f"http://127.0.0.1:{port}")
        context = browser.contexts[0]
        context.set_default_timeout(GUARD_S * 1_000)
        page = context.new_page()
        page.set_viewport_size({"width": 1440, "height": 1000})
        yield process.pid, page
    finally:
        process.kill()
        process.wait()


def session_of(leader: int) -> list[int]:
    """The processes of the session of a process, without those that have ended."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (ProcessLookupError, psutil.Error):
            continue
    return found


def end_kernels(running: Lab) -> None:
    """Shut down the kernels of a JupyterLab, as its menu does."""
    headers = {"Authorization": f"token {running.token}"}

    def ask(method: str, path: str) -> bytes:
        request = urllib.request.Request(f"{running.url}/api/{path}", headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=GUARD_S) as answer:
            content: bytes = answer.read()
            return content

    for kernel in json.loads(ask("GET", "kernels")):
        ask("DELETE", f"kernels/{kernel['id']}")


def report(after: float, done: Aftermath) -> None:
    print(f"killed {after:.2f} s after the start of the run: {done}")
