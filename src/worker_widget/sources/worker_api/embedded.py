"""Finds or starts the embedded host. Only this module handles the host as a process.

A host writes its port and its token to ``host.json``. If several kernels start a host at the same time, one
of these hosts gets the lock; the others exit, and every kernel uses the host with the lock.
"""

from __future__ import annotations

import asyncio
import http.client
import logging
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
    "|PYTHON.*|VIRTUAL_ENV|SYSTEMROOT|WORKER_WIDGET_.*|WORKER_KEEP_.*|WORKER_HTTP_HOSTS|"
    + r"(?:[Hh][Tt][Tt][Pp][Ss]?|[Aa][Ll][Ll]|[Nn][Oo])_(?:PROXY|proxy)|SSL_CERT_FILE|SSL_CERT_DIR|"
    + "|".join(settings.LanguageModelVariables.NAMES)
)
"""The environment variables that the host gets. A kernel can have others that hold secrets."""

_start_lock = threading.Lock()

_log = logging.getLogger(__name__)


class EmbeddedHost:
    """The endpoint source of the host of this user's home directory.

    The host is found or started at the first `resolve`, and again after a failure. A new host has another
    port and token. ``command`` starts a host, which must answer within ``start_s`` seconds.

    If the variables of this process name another language model than the host was started with, the host
    uses that one for the requests of this process. A host of an older version is replaced: it finishes its
    runs and ends. If the home cannot be written, the host's files are in another directory. ``news`` says so;
    it is empty if there is nothing to say.
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
        self._search: asyncio.Future[Endpoint] | None = None
        self._model = settings.LanguageModelVariables()
        self.news = ""

    @property
    def label(self) -> str:
        return "embedded host"

    async def resolve(self, *, after_failure: bool = False) -> Endpoint:
        """The endpoint of the running host. Raises `HostNotStarted` if no host can be found or started."""
        model = settings.language_model()
        if self._known is None or after_failure or model != self._model:
            self._known = await self._found_or_started()
            self._model = model
        return self._known

    async def _found_or_started(self) -> Endpoint:
        """The endpoint of the host; callers that arrive before it is known share one search.

        A caller that is cancelled does not end the search, which occupies a thread.
        """
        if self._search is None or self._search.get_loop() is not asyncio.get_running_loop():
            search = asyncio.ensure_future(asyncio.to_thread(self._find_or_start))
            search.add_done_callback(self._searched)
            self._search = search
        return await asyncio.shield(self._search)

    def _searched(self, search: asyncio.Future[Endpoint]) -> None:
        if self._search is search:
            self._search = None
        if not search.cancelled():
            search.exception()  # there may be no caller left that reads it

    def _find_or_start(self) -> Endpoint:
        if sys.platform == "win32":
            raise HostNotStarted(f"{UNSUPPORTED} Give the url of a worker API server to this console.")
        try:
            directory = settings.host_home()
        except OSError as error:
            raise HostNotStarted(
                f"No home directory for the embedded host: {error}. Set WORKER_WIDGET_HOME to a directory"
                " that you can write to."
            ) from error
        self.news = self.news or _other_directory(directory)
        with _start_lock:
            return self._running(directory) or self._start(directory)

    def _running(self, directory: Path) -> Endpoint | None:
        """The endpoint of the running host; ``None`` if there is none, or it gave its place to a new one."""
        found = _answering(directory)
        if found is None:
            return None
        state, version = found
        if _is_older(version) and not state.by_hand:
            self.news = _replaced(state, version) or self.news
            return None
        _require_same_api(state, version)
        model = _with_language_model(state)
        return Endpoint(f"http://127.0.0.1:{state.port}", PREFIX, key=state.token, language_model=model)

    def _start(self, directory: Path) -> Endpoint:
        deadline = time.monotonic() + self._start_s
        with tempfile.TemporaryFile() as output:
            process = self._spawn(directory, output)
            spawned, killed = time.monotonic(), 0
            while time.monotonic() < deadline:
                endpoint = self._running(directory)
                if endpoint is not None:
                    return endpoint
                status = process.poll()
                if status is not None and status < 0 and not killed:
                    process, killed = self._spawn(directory, output), status
                    spawned = time.monotonic()
                elif status is not None and status != LOCK_HELD:
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


def _other_directory(used: Path) -> str:
    """A sentence about a host directory that is not the home; empty if it is."""
    try:
        home: Path | str = settings.home()
    except OSError:
        home = "the user data directory"
    if used == home:
        return ""
    return (
        f"The embedded host keeps its files in {used}: you cannot write to {home} or to its files there, or"
        " they cannot be private to you there."
    )


def host_runs() -> bool:
    """Whether the embedded host runs; none is started. Raises `HostNotStarted` for one of no use."""
    try:
        found = _answering(settings.host_home())
    except OSError:
        return False
    if found is not None:
        _require_same_api(*found)
    return found is not None


def _answering(directory: Path) -> tuple[HostState, str] | None:
    """The host in the state file, and its version; ``None`` if it does not answer to its token."""
    state = _read_state(directory / _STATE_FILE)
    if state is None:
        return None
    health = _ask(state, "GET", "/health")
    return None if health is None else (state, str(health.get("version")))


def _require_same_api(state: HostState, version: str) -> None:
    if _major(version) != _major(__version__) and (state.by_hand or not _is_older(version)):
        end = f"End it: kill {state.pid}" if state.by_hand else "Install that version here"
        raise HostNotStarted(
            f"The running embedded host (process {state.pid}) has version {version}, this package has version"
            f" {__version__}. {end}, or set WORKER_WIDGET_HOME to another directory for a host of its own."
        )


def _replaced(state: HostState, version: str) -> str | None:
    """Lets a new host take the place of an older one, which then finishes its runs and ends.

    Returns what happened in a sentence; ``None`` if another process has replaced it already.
    """
    answer = _ask(state, "POST", "/retire")
    if answer is None:
        if _ask(state, "GET", "/health") is None:
            return None
        raise HostNotStarted(
            f"The running embedded host (process {state.pid}) has version {version}, this package has version"
            f" {__version__}, and it does not let another one take its place. End it: kill {state.pid}"
        )
    count = answer.get("active_runs")
    left = f", and ends after its {count} active run{'s' if count != 1 else ''}" if count else ""
    return f"A host of version {__version__} took the place of one of version {version}{left}."


def _with_language_model(state: HostState) -> str:
    """The mark of this process's language model at the host; "" for the host's own."""
    model = settings.language_model()
    if not model or state_file.language_model_mark(model, state.token) == state.language_model:
        return ""
    body = {"url": model.url, "model": model.model, "key": model.key, "unencrypted": model.unencrypted}
    mark = (_ask(state, "POST", "/language-model", body) or {}).get("language_model")
    if not isinstance(mark, str):
        raise HostNotStarted(
            f"The embedded host (process {state.pid}) was started with other WORKER_LLM_* variables than this"
            f" process has, and does not take these. End it, so that the next run starts a host with them:"
            f" kill {state.pid}"
        )
    return mark


def _read_state(path: Path) -> HostState | None:
    """The content of the state file; ``None`` if the file is missing or invalid.

    A file that other users can have written, or whose token they can have read, is removed: a host that runs
    writes it again. Raises `HostNotStarted` if it cannot be removed.
    """
    try:
        with open(path, "rb", opener=_without_links) as file:
            about = os.fstat(file.fileno())
            content = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        _remove(path, f"cannot be read ({error.strerror})")
        return None
    if hasattr(os, "getuid") and (about.st_uid != os.getuid() or stat.S_IMODE(about.st_mode) != 0o600):
        mode = f"owner {about.st_uid}, mode {stat.S_IMODE(about.st_mode):04o}"
        _remove(path, f"is not private to you ({mode}), so it cannot be trusted")
        return None
    try:
        return msgspec.json.decode(content, type=HostState)
    except msgspec.MsgspecError:
        return None


def _remove(path: Path, why: str) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise HostNotStarted(f"{path} {why}. Remove it and try again.") from error
    _log.warning("%s %s. It was removed; a host writes it again.", path, why)


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _ask(state: HostState, method: str, route: str, body: Any = None) -> dict[str, Any] | None:
    """The JSON object with which the host answers; ``None`` if there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", state.port, timeout=_ANSWER_S)
    try:
        content = None if body is None else msgspec.json.encode(body)
        connection.request(method, PREFIX + route, content, headers={"X-AOS-Key": state.token})
        response = connection.getresponse()
        answer = response.read()
        found = msgspec.json.decode(answer) if response.status == 200 else None
    except (OSError, ValueError, http.client.HTTPException, msgspec.MsgspecError):
        return None
    finally:
        connection.close()
    return found if isinstance(found, dict) else None


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


def _is_older(version: str) -> bool:
    """Whether a version is older than that of this package; one that is not understood is not."""
    release, own = _release(version), _release(__version__)
    return release is not None and own is not None and release < own


def _release(version: str) -> tuple[list[int], bool] | None:
    """A version for comparisons: its numbers, and whether it is final."""
    found = re.fullmatch(r"(\d+(?:\.\d+)*)([^+]*)(?:\+.*)?", version)
    if found is None:
        return None
    numbers = [int(number) for number in found[1].split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        del numbers[-1]
    return numbers, re.match(r"\.?(?:dev|a|b|rc)", found[2]) is None


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
