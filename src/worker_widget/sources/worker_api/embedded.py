"""The embedded host: found, or started. This is the one place that knows it as a process.

A host says in ``host.json`` where it listens and which token it demands. Kernels that start one at
the same time end with one: it holds a lock, and the others find that taken and use it.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import stat
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from ... import settings
from ...errors import HostNotStarted
from ...host.process import state_file
from ...host.process.host_process import LOCK_HELD
from ...host.process.state_file import HostState
from ...version import __version__
from .endpoint import Endpoint

PREFIX: Final = "/api/v1"
START_S: Final = 20.0

_STATE_FILE: Final = "host.json"
_LOG_FILE: Final = "host.log"
_ANSWER_S: Final = 2.0
_LOOK_EVERY_S: Final = 0.05
_OTHER_COMES_UP_S: Final = 3.0
_TAIL_CHARS: Final = 1_500

_PASSED_ON: Final = re.compile(
    "PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_.*|TZ|TMPDIR|TEMP|TMP|XDG_.*|LD_LIBRARY_PATH|DYLD_.*"
    "|PYTHON.*|VIRTUAL_ENV|SYSTEMROOT|WORKER_WIDGET_.*|" + "|".join(settings.LanguageModelVariables.NAMES)
)
"""The environment that the host gets. A kernel's holds keys that are none of its business."""

_one_at_a_time = threading.Lock()


class EmbeddedHost:
    """The host of this user's home directory, as an endpoint source.

    It is looked for when first asked, and anew after a failure: a host that has ended is started
    again, on another port and with another token. ``command`` starts one; it may take ``start_s``
    seconds to answer.

    A host keeps the language model that it was started with. Where this process names another one, it is not
    used in silence: `resolve` raises, and says how to end that host.
    """

    def __init__(
        self,
        *,
        command: Sequence[str] = (sys.executable, "-m", "worker_widget.host"),
        start_s: float = START_S,
    ) -> None:
        self._command = tuple(command)
        self._start_s = start_s
        self._known: Endpoint | None = None
        self._model = settings.LanguageModelVariables()

    @property
    def label(self) -> str:
        return "embedded host"

    async def resolve(self, *, after_failure: bool = False) -> Endpoint:
        """The running host's endpoint. Raises `HostNotStarted` where there is none to be had."""
        model = settings.language_model()
        if self._known is None or after_failure or model != self._model:
            self._known = await asyncio.to_thread(self._find_or_start)
            self._model = model
        return self._known

    def _find_or_start(self) -> Endpoint:
        try:
            directory = settings.home()
        except OSError as error:
            raise HostNotStarted(
                f"The embedded host has no home: {error}. Name a directory that you can write to in"
                " WORKER_WIDGET_HOME."
            ) from error
        with _one_at_a_time:
            return _running(directory) or self._start(directory)

    def _start(self, directory: Path) -> Endpoint:
        deadline = time.monotonic() + self._start_s
        with tempfile.TemporaryFile() as said:
            process = self._spawn(directory, said)
            spawned = time.monotonic()
            while time.monotonic() < deadline:
                endpoint = _running(directory)
                if endpoint is not None:
                    return endpoint
                status = process.poll()
                if status is not None and status != LOCK_HELD:
                    raise _not_started(f"it ended with status {status}", directory, said)
                # Another host holds the lock. It is coming up, or on its way out and then to be followed.
                if status == LOCK_HELD and time.monotonic() - spawned > _OTHER_COMES_UP_S:
                    process = self._spawn(directory, said)
                    spawned = time.monotonic()
                time.sleep(_LOOK_EVERY_S)
            if process.poll() is None:
                process.terminate()
                raise _not_started(f"it did not answer within {self._start_s:g} s", directory, said)
            raise _not_started("another one holds its lock but does not answer", directory, said)

    def _spawn(self, directory: Path, said: IO[bytes]) -> subprocess.Popen[bytes]:
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=directory,
                env=_environment(),
                start_new_session=True,  # an interrupted cell, or a kernel that ends, must not take it along
            )
        except OSError as error:
            raise _not_started(
                f"{self._command[0]} cannot be run ({error.strerror})", directory, said
            ) from error
        # Waits so that a host which ends before this process does not stay as a zombie.
        threading.Thread(target=process.wait, name="worker-widget-host", daemon=True).start()
        return process


def _running(directory: Path) -> Endpoint | None:
    """The endpoint of the host that the state file names, if it answers to its token."""
    state = _read_state(directory / _STATE_FILE)
    if state is None:
        return None
    health = _health(state)
    if health is None:
        return None
    theirs = health.get("version")
    if _major(theirs) != _major(__version__):
        raise HostNotStarted(
            f"An embedded host of version {theirs} is running (process {state.pid}); this is worker-widget"
            f" {__version__}. It ends itself when idle for ten minutes; to end it now: kill {state.pid}"
        )
    model = settings.language_model()
    if model and state_file.language_model_mark(model, state.token) != state.language_model:
        raise HostNotStarted(
            f"The embedded host (process {state.pid}) was started with other WORKER_LLM_* variables than this"
            " process has, and would write with another language model or with none. It ends itself when idle"
            f" for ten minutes; to end it now, so that the next run starts one with these: kill {state.pid}"
        )
    return Endpoint(f"http://127.0.0.1:{state.port}", PREFIX, key=state.token)


def _read_state(path: Path) -> HostState | None:
    """What the state file says, ``None`` where it says nothing that makes sense.

    Raises `HostNotStarted` where others could have written it, or read its token.
    """
    try:
        with open(path, "rb", opener=_without_links) as file:
            about = os.fstat(file.fileno())
            content = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HostNotStarted(f"{path} cannot be read ({error.strerror}). Remove it and try again.") from error
    if hasattr(os, "getuid") and (about.st_uid != os.getuid() or stat.S_IMODE(about.st_mode) != 0o600):
        raise HostNotStarted(
            f"{path} is not yours alone (owner {about.st_uid}, mode {stat.S_IMODE(about.st_mode):04o}), so"
            " what it says cannot be trusted. Remove it and try again; a new host writes it anew."
        )
    try:
        return msgspec.json.decode(content, type=HostState)
    except msgspec.MsgspecError:
        return None


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _health(state: HostState) -> dict[str, Any] | None:
    connection = http.client.HTTPConnection("127.0.0.1", state.port, timeout=_ANSWER_S)
    try:
        connection.request("GET", f"{PREFIX}/health", headers={"X-AOS-Key": state.token})
        response = connection.getresponse()
        body = response.read()
        health = msgspec.json.decode(body) if response.status == 200 else None
    except (OSError, ValueError, http.client.HTTPException, msgspec.MsgspecError):
        return None
    finally:
        connection.close()
    return health if isinstance(health, dict) else None


def _environment() -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}
    places = [
        str(Path(place).absolute()) for place in environment.get("PYTHONPATH", "").split(os.pathsep) if place
    ]
    # The host finds this very package, also where only this process's sys.path leads to it.
    own = Path(__file__).resolve().parents[3]
    if own not in {Path(sysconfig.get_path(kind)).resolve() for kind in ("purelib", "platlib")}:
        places.append(str(own))
    if places:
        environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(places))
    return environment


def _major(said: Any) -> str | None:
    number = re.match(r"\d+", said) if isinstance(said, str) else None
    return number[0] if number else None


def _not_started(why: str, directory: Path, said: IO[bytes]) -> HostNotStarted:
    log = directory / _LOG_FILE
    said.seek(0)
    words = said.read().decode("utf-8", "replace").strip()
    if not words:
        try:
            words = log.read_text("utf-8", "replace").strip()
        except OSError:
            words = ""
    tail = f" It said: {words[-_TAIL_CHARS:]}" if words else ""
    return HostNotStarted(
        f"The embedded host could not be started: {why}. Try again, look into {log}, or run"
        f" 'worker-widget host' in a terminal to see it start.{tail}"
    )
