"""Finds or starts the embedded host. Only this module handles the host as a process.

A host writes its port and its token to ``host.json``. If several kernels start a host at the same time, one
of these hosts gets the lock; the others exit, and every kernel uses the host with the lock.
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
from ...host.process.host_process import LOCK_HELD, UNSUPPORTED
from ...host.process.state_file import HostState
from ...version import __version__
from .endpoint import Endpoint

PREFIX: Final = "/api/v1"
START_S: Final = 20.0

_STATE_FILE: Final = "host.json"
_LOG_FILE: Final = "host.log"
_ANSWER_S: Final = 2.0
_POLL_INTERVAL_S: Final = 0.05
_OTHER_HOST_START_S: Final = 3.0
_TAIL_CHARS: Final = 1_500

_PASSED_VARIABLES: Final = re.compile(
    "PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_.*|TZ|TMPDIR|TEMP|TMP|XDG_.*|LD_LIBRARY_PATH|DYLD_.*"
    "|PYTHON.*|VIRTUAL_ENV|SYSTEMROOT|WORKER_WIDGET_.*|" + "|".join(settings.LanguageModelVariables.NAMES)
)
"""The environment variables that the host gets. A kernel can have others that hold secrets."""

_start_lock = threading.Lock()


class EmbeddedHost:
    """The endpoint source of the host of this user's home directory.

    The host is found or started at the first `resolve`, and again after a failure. A new host has another
    port and token. ``command`` starts a host, which must answer within ``start_s`` seconds.

    A host keeps the language model that it was started with. If the variables of this process name a
    different one, `resolve` raises `HostNotStarted` and says how to stop that host.
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
        """The endpoint of the running host. Raises `HostNotStarted` if no host can be found or started."""
        model = settings.language_model()
        if self._known is None or after_failure or model != self._model:
            self._known = await asyncio.to_thread(self._find_or_start)
            self._model = model
        return self._known

    def _find_or_start(self) -> Endpoint:
        if sys.platform == "win32":
            raise HostNotStarted(f"{UNSUPPORTED} Give the url of a worker API server to this console.")
        try:
            directory = settings.home()
        except OSError as error:
            raise HostNotStarted(
                f"No home directory for the embedded host: {error}. Set WORKER_WIDGET_HOME to a directory"
                " that you can write to."
            ) from error
        with _start_lock:
            return _running(directory) or self._start(directory)

    def _start(self, directory: Path) -> Endpoint:
        deadline = time.monotonic() + self._start_s
        with tempfile.TemporaryFile() as output:
            process = self._spawn(directory, output)
            spawned = time.monotonic()
            while time.monotonic() < deadline:
                endpoint = _running(directory)
                if endpoint is not None:
                    return endpoint
                status = process.poll()
                if status is not None and status != LOCK_HELD:
                    raise _not_started(f"it exited with status {status}", directory, output)
                # Another host holds the lock. It is starting, or stopping: then start one again.
                if status == LOCK_HELD and time.monotonic() - spawned > _OTHER_HOST_START_S:
                    process = self._spawn(directory, output)
                    spawned = time.monotonic()
                time.sleep(_POLL_INTERVAL_S)
            if process.poll() is None:
                process.terminate()
                raise _not_started(f"it did not answer within {self._start_s:g} s", directory, output)
            raise _not_started("another host holds the lock but does not answer", directory, output)

    def _spawn(self, directory: Path, output: IO[bytes]) -> subprocess.Popen[bytes]:
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=directory,
                env=_environment(),
                start_new_session=True,  # it must survive an interrupted cell and the end of the kernel
            )
        except OSError as error:
            raise _not_started(
                f"{self._command[0]} cannot be executed ({error.strerror})", directory, output
            ) from error
        # Waits for the process, so that a host that exits first does not remain a zombie.
        threading.Thread(target=process.wait, name="worker-widget-host", daemon=True).start()
        return process


def _running(directory: Path) -> Endpoint | None:
    """The endpoint of the host in the state file; ``None`` if it does not answer to its token."""
    state = _read_state(directory / _STATE_FILE)
    if state is None:
        return None
    health = _health(state)
    if health is None:
        return None
    version = health.get("version")
    if _major(version) != _major(__version__):
        raise HostNotStarted(
            f"The running embedded host (process {state.pid}) has version {version}, this package has version"
            f" {__version__}. The host stops after ten idle minutes; to stop it now: kill {state.pid}"
        )
    model = settings.language_model()
    if model and state_file.language_model_mark(model, state.token) != state.language_model:
        raise HostNotStarted(
            f"The embedded host (process {state.pid}) was started with other WORKER_LLM_* variables than this"
            " process has, so it uses another language model or none. The host stops after ten idle minutes;"
            f" to stop it now, so that the next run starts a host with your variables: kill {state.pid}"
        )
    return Endpoint(f"http://127.0.0.1:{state.port}", PREFIX, key=state.token)


def _read_state(path: Path) -> HostState | None:
    """The content of the state file; ``None`` if the file is missing or invalid.

    Raises `HostNotStarted` if other users can have written the file or read its token.
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
            f"{path} is not private to you (owner {about.st_uid}, mode {stat.S_IMODE(about.st_mode):04o}), so"
            " it cannot be trusted. Remove it and try again; a new host writes it again."
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
    environment = {name: value for name, value in os.environ.items() if _PASSED_VARIABLES.fullmatch(name)}
    paths = [
        str(Path(path).absolute()) for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path
    ]
    # The host must import this package, even if only the sys.path of this process has it.
    own = Path(__file__).resolve().parents[3]
    if own not in {Path(sysconfig.get_path(kind)).resolve() for kind in ("purelib", "platlib")}:
        paths.append(str(own))
    if paths:
        environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    return environment


def _major(version: Any) -> str | None:
    number = re.match(r"\d+", version) if isinstance(version, str) else None
    return number[0] if number else None


def _not_started(reason: str, directory: Path, output: IO[bytes]) -> HostNotStarted:
    log = directory / _LOG_FILE
    output.seek(0)
    text = output.read().decode("utf-8", "replace").strip()
    if not text:
        try:
            text = log.read_text("utf-8", "replace").strip()
        except OSError:
            text = ""
    tail = f" Host output: {text[-_TAIL_CHARS:]}" if text else ""
    return HostNotStarted(
        f"The embedded host could not be started: {reason}. Try again, read {log}, or run"
        f" 'worker-widget host' in a terminal to see it start.{tail}"
    )
