"""Draws an HTML artifact as a picture, with the Chromium of this computer if there is one.

The browser draws the page in the sandbox of the notebook outputs, here without any script at all, and has no
network. It is ended after a time limit. The same page is the same picture on one computer; fonts and versions
of the browser differ between computers.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypedDict

from .notebook_output import still

WIDTH_PX: Final = 1280
HEIGHT_PX: Final = 960
TIME_LIMIT_S: Final = 20.0

_BROWSERS: Final = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_FLAGS: Final = (
    *("--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--no-default-browser-check"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"),
    *("--disable-extensions", "--disable-remote-fonts", "--mute-audio", "--no-pings"),
    # No request leaves the computer: no name is known, and every address is behind a proxy that is none.
    *(
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--proxy-server=http://0.0.0.0:0",
        "--proxy-bypass-list=<-loopback>",
    ),
    # The frame of the page is drawn by the process of the window, or the picture can be taken before it.
    "--disable-features=IsolateSandboxedIframes",
    *("--force-color-profile=srgb", "--force-device-scale-factor=1", "--disable-lcd-text"),
    *("--font-render-hinting=none", "--run-all-compositor-stages-before-draw", "--virtual-time-budget=1000"),
)
_PNG: Final = b"\x89PNG\r\n\x1a\n"


def browser() -> str | None:
    """The path of the browser that draws pages; ``None`` if there is none."""
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


def page_picture(page: str) -> bytes | None:
    """The beginning of a page as PNG; ``None`` without a browser, or if it does not draw it in time."""
    program = browser()
    if program is None:
        return None
    with TemporaryDirectory(prefix="worker-widget-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        (directory / "page.html").write_text(still(page), encoding="utf-8", errors="replace")
        picture = directory / "page.png"
        command = [
            program,
            *_FLAGS,
            f"--user-data-dir={directory / 'profile'}",
            f"--window-size={WIDTH_PX},{HEIGHT_PX}",
            f"--screenshot={picture}",
            (directory / "page.html").as_uri(),
        ]
        _run(command, directory)
        try:
            drawn = picture.read_bytes()
        except OSError:
            return None
        return drawn if drawn.startswith(_PNG) else None


class _Account(TypedDict, total=False):
    """The account of the browser, in place of root: for root, Chromium has no sandbox of its own."""

    user: int
    group: int
    extra_groups: list[int]


def _account(directory: Path) -> _Account:
    """The account for a browser, to which the directory is given. Raises ``KeyError`` and ``OSError``."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    for path in (directory, *directory.iterdir()):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _run(command: list[str], directory: Path) -> None:
    """Runs the browser to its end, or ends it and its processes after the time limit."""
    environment = {**os.environ, "HOME": str(directory), "XDG_CONFIG_HOME": str(directory)}
    with suppress(OSError, KeyError, subprocess.SubprocessError):
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **_account(directory),
        )
        try:
            process.wait(TIME_LIMIT_S)
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the browser with its processes."""
    with suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
