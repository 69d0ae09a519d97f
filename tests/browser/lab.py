"""A real JupyterLab of its own, and a Chromium to look at it: for tests, screenshots and benchmarks."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import nbformat
from nbformat import v4
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from worker_widget.events import Event
from worker_widget.store.event_store import EventStore

Theme = Literal["light", "dark"]

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
]
_THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
WIDTH, HEIGHT = 1440, 1000
GUARD_S = 180.0
"""The limit of every wait. It guards against hanging and is no expectation of speed."""
_STARTS = 3
_POLL_MS = 50
_KERNEL_IS_READY = """() => {
    const context = window.jupyterapp?.shell?.currentWidget?.sessionContext;
    const kernel = context?.session?.kernel;
    return Boolean(context?.isReady && kernel?.connectionStatus === "connected" && kernel.status === "idle");
}"""
_CLOSE_ALL = """async () => {
    const { shell, serviceManager } = window.jupyterapp;
    for (const widget of [...shell.widgets("main")]) {
        const session = widget.sessionContext?.session?.id;
        widget.dispose();
        if (session) await serviceManager.sessions.shutdown(session);
    }
}"""
_OPEN = "async path => { await window.jupyterapp.commands.execute('docmanager:open', { path }); }"
OTHER_PLUGINS = (
    *("audio-extension", "console-extension", "csvviewer-extension", "extensionmanager-extension"),
    *("fileeditor-extension", "help-extension", "htmlviewer-extension", "hub-extension"),
    *("imageviewer-extension", "launcher-extension", "lsp-extension", "mermaid-extension"),
    *("notebook-extension:export", "pluginmanager-extension", "running-extension"),
    *("settingeditor-extension", "video-extension", "workspaces-extension"),
)
"""Plugins for other kinds of documents, and those that ask the server for much at every start."""


@dataclass(frozen=True)
class Lab:
    """A running server: where it is, and the folder it serves. ``home`` is the product's own."""

    pid: int
    url: str
    token: str
    folder: Path
    home: Path

    def notebook_url(self, name: str) -> str:
        """Where JupyterLab shows one notebook alone, without what was open before."""
        return f"{self.url}/doc/tree/{name}?token={self.token}&reset"


class _PortTaken(RuntimeError):
    """Another process took the port between its choice and its use."""


@contextmanager
def lab(directory: Path, theme: Theme = "light", *, without: Sequence[str] = ()) -> Iterator[Lab]:
    """JupyterLab on a free port, with settings, runtime and history below ``directory``.

    ``without`` are plugins of its front end that are left out, so that a page is loaded faster.
    """
    for start in range(1, _STARTS + 1):
        try:
            running, server = _start(directory, theme, without)
            break
        except _PortTaken:
            if start == _STARTS:
                raise
    try:
        yield running
    finally:
        _end(server)
        stop_host(running.home)


@contextmanager
def lab_with_run(directory: Path, run_id: str, events: Iterable[Event]) -> Iterator[Lab]:
    """A JupyterLab whose history has one run with these events."""
    with lab(directory, without=OTHER_PLUGINS) as running:
        running.home.mkdir()
        store = EventStore.open(running.home / "history.db")
        store.begin(run_id, worker="load", origin="http://127.0.0.1:1", time_us=0)
        store.append(run_id, list(events))
        store.close()
        yield running


def _start(directory: Path, theme: Theme, without: Sequence[str]) -> tuple[Lab, subprocess.Popen[bytes]]:
    folder = directory / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    settings = directory / "settings"
    _settings(settings, theme)
    _leave_out(directory / "config", without)
    home = directory / "home"
    port, token = _free_port(), secrets.token_hex(16)
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(directory / "config"),
        "JUPYTER_RUNTIME_DIR": str(directory / "runtime"),
        "JUPYTER_DATA_DIR": str(directory / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(directory / "workspaces"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "IPYTHONDIR": str(directory / "ipython"),
        "WORKER_WIDGET_HOME": str(home),
    }
    log_path = directory / "jupyter.log"
    with log_path.open("wb") as log:
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jupyterlab",
                "--no-browser",
                "--allow-root",
                "--ServerApp.ip=127.0.0.1",
                f"--ServerApp.port={port}",
                "--ServerApp.port_retries=0",
                f"--ServerApp.root_dir={folder}",
                f"--IdentityProvider.token={token}",
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
                "--LabApp.news_url=",
                "--LabApp.expose_app_in_browser=True",
                # Else it starts npm to look for language servers.
                "--LanguageServerManager.autodetect=False",
            ],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = Lab(server.pid, f"http://127.0.0.1:{port}", token, folder, home)
    try:
        _wait_until_ready(running, server, log_path)
    except BaseException:
        _end(server)
        raise
    return running, server


def _end(server: subprocess.Popen[bytes]) -> None:
    """Stop a server and its kernels: politely, then not."""
    server.send_signal(signal.SIGINT)
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def stop_host(home: Path) -> None:
    """End the embedded host of one home, if it started one, and wait until it has gone."""
    try:
        pid = int(json.loads((home / "host.json").read_text())["pid"])
    except (OSError, ValueError, KeyError):
        return
    try:
        os.kill(pid, signal.SIGTERM)
        for _ in range(100):
            os.kill(pid, 0)
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def chromium() -> Iterator[Browser]:
    """Headless Chromium as the machine has it."""
    found = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    if found is None:
        raise RuntimeError("There is no Chromium on this machine; `make test` installs it.")
    expect.set_options(timeout=GUARD_S * 1_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def page_of(
    browser: Browser, theme: Theme = "light", width: int = WIDTH, height: int = HEIGHT
) -> Iterator[Page]:
    """A page in a context of its own, which may use the clipboard."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
    context.set_default_timeout(GUARD_S * 1_000)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    try:
        yield page
    finally:
        context.close()


def serve_notebook(running: Lab, source: Path) -> None:
    """Put a copy of a notebook that was never run into the served folder."""
    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, running.folder / source.name)


def open_notebook(page: Page, running: Lab, name: str) -> None:
    """Open a notebook and wait until its kernel takes requests."""
    try:
        page.goto(running.notebook_url(name))
    except PlaywrightError as error:
        if "ERR_ABORTED" not in error.message:
            raise
        page.goto(running.notebook_url(name))  # the page before navigated at the same moment
    _wait_for_kernel(page)


def open_cells(page: Page, running: Lab, name: str, *cells: str, text: str = "") -> None:
    """Open a new notebook of these code cells, with ``text`` below them if there is any."""
    _write_cells(running, name, cells, text)
    open_notebook(page, running, name)


def show_cells(page: Page, running: Lab, name: str, *cells: str, text: str = "") -> None:
    """The same in a page that may have JupyterLab loaded, which then stays and closes what it shows.

    That costs a quarter of loading it. The notebook has a kernel of its own either way; those before end.
    """
    _write_cells(running, name, cells, text)
    if not page.url.startswith(running.url):
        open_notebook(page, running, name)
        return
    close_all(page)
    page.evaluate(_OPEN, name)
    _wait_for_kernel(page)


def close_all(page: Page) -> None:
    """Close what JupyterLab shows in a page, and end the kernels of it."""
    page.evaluate(_CLOSE_ALL)


def _write_cells(running: Lab, name: str, cells: Iterable[str], text: str) -> None:
    notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
    if text:
        notebook.cells.append(v4.new_markdown_cell(text))
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, running.folder / name)


def _wait_for_kernel(page: Page) -> None:
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function(_KERNEL_IS_READY)


def run_cell(page: Page, index: int) -> Locator:
    """Run one code cell, by its place in the notebook from 0, and return it once it runs or ran."""
    cell = page.locator(".jp-Notebook .jp-Cell").nth(index)
    prompt = cell.locator(".jp-InputPrompt")
    before = prompt.inner_text()
    cell.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")
    expect(prompt).not_to_have_text(before)
    return cell


def wait_until_ran(cell: Locator) -> None:
    """Wait until a cell that was run is done."""
    expect(cell.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"))


def wait_until(page: Page, holds: Callable[[], bool], what: str) -> None:
    """Wait until ``holds`` does, for conditions that no single locator or frame can express."""
    until = time.monotonic() + GUARD_S
    while not holds():
        if time.monotonic() > until:
            raise AssertionError(f"{what} did not happen in {GUARD_S:.0f} s")
        page.wait_for_timeout(_POLL_MS)  # events of the browser are handled meanwhile


def drawn_anew(page: Page, element: Locator, text: str) -> None:
    """Wait for a text in a frame that is loaded again.

    A waiting `expect` or `click` would stay with the frame before, which goes.
    """

    def drawn() -> bool:
        # The frame can go while it is looked at.
        with suppress(PlaywrightError):
            return element.all_inner_texts() == [text]
        return False

    wait_until(page, drawn, f"drawing {text!r}")


def _settings(directory: Path, theme: Theme) -> None:
    extension = directory / "@jupyterlab" / "apputils-extension"
    extension.mkdir(parents=True, exist_ok=True)
    (extension / "themes.jupyterlab-settings").write_text(json.dumps({"theme": _THEMES[theme]}))
    silent = {"fetchNews": "false", "checkForUpdates": False}
    (extension / "notification.jupyterlab-settings").write_text(json.dumps(silent))


def _leave_out(config: Path, plugins: Sequence[str]) -> None:
    page = config / "labconfig" / "page_config.json"
    page.parent.mkdir(parents=True, exist_ok=True)
    disabled = {f"@jupyterlab/{name}": True for name in plugins}
    page.write_text(json.dumps({"disabledExtensions": disabled, "buildCheck": False}))


def _wait_until_ready(running: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + GUARD_S
    while server.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{running.url}/api?token={running.token}", timeout=GUARD_S):
                return
        except OSError:
            time.sleep(_POLL_MS / 1_000)
    output = log.read_text(errors="replace")
    problem = "JupyterLab did not start:\n" + output[-2_000:]
    raise _PortTaken(problem) if "already in use" in output else RuntimeError(problem)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
