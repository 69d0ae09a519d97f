"""Firefox without a driver: starts it and speaks WebDriver BiDi with it, as far as tests need that."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from websockets.sync.client import ClientConnection, connect

from tests.browser.lab import GUARD_S

_LISTENS: Final = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
_SETTINGS: Final = {
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    # By default WebRTC leaves out the loopback address, where the tests listen.
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
}


def executable() -> str | None:
    """The Firefox of this computer, if there is one."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


@dataclass(frozen=True)
class Frame:
    """A document in a frame, and how deep it is: 1 is a frame of the page itself."""

    context: str
    url: str
    depth: int


class FirefoxPage:
    """One tab."""

    def __init__(self, session: Session, context: str) -> None:
        self._session = session
        self.context = context

    def goto(self, url: str) -> None:
        self._session.call("browsingContext.navigate", context=self.context, url=url, wait="interactive")

    def evaluate(self, function: str, argument: Any = None, *, frame: str | None = None) -> Any:
        """The result of a function in the page, or in one of its frames. Raises if the function does."""
        answer = self._session.call(
            "script.evaluate",
            expression=f"Promise.resolve(({function})({json.dumps(argument)})).then(JSON.stringify)",
            target={"context": frame or self.context},
            awaitPromise=True,
        )
        if answer["type"] != "success":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        value = answer["result"].get("value")
        return None if value is None else json.loads(value)

    def frames(self) -> list[Frame]:
        """The frames in the page, also those in frames."""
        (tree,) = self._session.call("browsingContext.getTree", root=self.context)["contexts"]

        def inside(node: dict[str, Any], depth: int) -> Iterator[Frame]:
            for child in node["children"] or ():
                yield Frame(child["context"], child["url"], depth)
                yield from inside(child, depth + 1)

        return list(inside(tree, 1))

    def type(self, *keys: str) -> None:
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self._session.call("input.performActions", context=self.context, actions=[source])

    def wait_for_timeout(self, milliseconds: float) -> None:
        time.sleep(milliseconds / 1_000)


class Session:
    """A session of WebDriver BiDi: one command after the other; events are left unread."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self.call("session.new", capabilities={})

    def call(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=GUARD_S))
            if answer.get("id") == self._number:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['error']} {answer['message']}")
                return answer["result"]

    def tabs(self) -> list[str]:
        return [tab["context"] for tab in self.call("browsingContext.getTree", maxDepth=0)["contexts"]]

    def new_page(self) -> FirefoxPage:
        return FirefoxPage(self, self.call("browsingContext.create", type="tab")["context"])


@contextmanager
def firefox(directory: Path) -> Iterator[Session]:
    """A Firefox with a profile of its own in ``directory``."""
    program = executable()
    assert program is not None
    profile = directory / "firefox"
    profile.mkdir()
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _SETTINGS.items())
    (profile / "user.js").write_text("\n".join(lines))
    command = [
        program,
        "--headless",
        "--no-remote",
        "--profile",
        str(profile),
        "--remote-debugging-port",
        "0",
    ]
    log = directory / "firefox.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        with connect(f"{_address(process, log)}/session", max_size=None, open_timeout=GUARD_S) as socket:
            yield Session(socket)
    finally:
        process.terminate()
        try:
            process.wait(GUARD_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + GUARD_S
    while time.monotonic() < until and process.poll() is None:
        found = _LISTENS.search(log.read_text(errors="replace"))
        if found:
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"Firefox did not start: {log.read_text(errors='replace')[-2_000:]}")
