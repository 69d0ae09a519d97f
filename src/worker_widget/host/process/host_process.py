"""The host as a process: one per home directory, found through its state file.

If the host cannot start, it prints one line to stderr and exits with one of these statuses:

    3  a host of this home directory is already running
    4  the port is in use, or not permitted
    5  the home directory, or the run store in it, cannot be used
    6  the operating system is not supported
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import logging
import os
import secrets
import shlex
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ... import settings
from . import state_file
from .listener import listen
from .state_file import HostState

if TYPE_CHECKING:
    from ...events.answers import WorkerInfo
    from ...retention import Retention
    from ..runs.store import RunStore
    from ..worker import Worker
    from .lock import HostLock

    Workers = Callable[[], Mapping[str, Worker | WorkerInfo]]

LOCK_HELD = 3
PORT_TAKEN = 4
HOME_UNUSABLE = 5
SYSTEM_UNSUPPORTED = 6

UNSUPPORTED = "The embedded host runs on Linux and macOS; on Windows use it in WSL."

_STATE_CHECK_S = 0.5
_SWITCH_S = 0.001
"""The interpreter's switch interval in seconds. With the default of 5 ms the thread of the store waits many
times per transaction while a worker computes, and events arrived a second late."""

_LOG_BYTES = 512 * 1024


class CannotStart(Exception):
    """The host cannot start. The message is one line: what is wrong and what to do."""

    def __init__(self, message: str, exit_status: int) -> None:
        super().__init__(message)
        self.exit_status = exit_status


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command-line options of the host."""
    parser.add_argument(
        "--port", type=_port, default=0, metavar="N", help="listen on this port (default: a free one)"
    )
    parser.add_argument(
        "--idle-minutes",
        type=_minutes,
        default=10.0,
        metavar="M",
        help="stop after this many idle minutes, 0 for never (default: 10)",
    )
    parser.add_argument(
        "--open-streams",
        action="store_true",
        help="let programs of this computer read the stream of a run without the key, if they know its id",
    )


def run(
    port: int,
    idle_minutes: float,
    *,
    detach: bool,
    open_streams: bool = False,
    workers: Workers | None = None,
) -> int:
    """Serve until a stop signal or the idle timeout; returns the exit status.

    With ``detach`` the process leaves its working directory and its standard streams once it answers
    requests, so that it can outlive the process that started it. Otherwise it prints its address.
    With ``open_streams`` the streams of runs need no key. ``workers`` creates the workers to serve (default:
    the installed workers).
    """
    try:
        if sys.platform == "win32":
            raise CannotStart(UNSUPPORTED, SYSTEM_UNSUPPORTED)
        _serve(port, idle_minutes, detach, open_streams, workers)
    except CannotStart as error:
        print(f"worker-widget host: {error}", file=sys.stderr)
        return error.exit_status
    return 0


def _serve(port: int, idle_minutes: float, detach: bool, open_streams: bool, workers: Workers | None) -> None:
    os.umask(0o077)
    sys.setswitchinterval(_SWITCH_S)
    path = _home()
    state_path = path / "host.json"
    with _lock(path) as lock, _listen(port) as listener:
        if open_streams:
            _require_loopback(listener)
        try:
            state_path.unlink(missing_ok=True)  # left by a host that was killed
            _log_to(path / "host.log")
        except OSError as error:
            raise _unusable(path, error) from error
        # Imported late: a host that cannot start exits without loading them.
        from .. import retired
        from ..retired import RetiredHost
        from ..runs.registry import Registry
        from .server import HostSettings, serve

        registry = Registry(workers()) if workers else Registry(_own_workers(), _own_workers)
        store = _store(path / "host.db")
        state = _state(listener, by_hand=not detach)

        answering = asyncio.Event()

        def ready() -> None:
            try:
                state_file.write(state_path, state)
                answering.set()
            except OSError as error:
                raise _unusable(state_path, error) from error
            logging.getLogger(__name__).info("Listening on 127.0.0.1:%d, process %d", state.port, state.pid)
            if detach:
                _detach()
            else:
                print(f"Listening on http://127.0.0.1:{state.port}, key in {state_path}")
                print(_otlp_settings(state, state_path), flush=True)

        async def main() -> None:
            stop = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
            settings = HostSettings(
                idle_s=idle_minutes * 60 or None, open_streams=open_streams, retention=_retention()
            )
            keeping = asyncio.create_task(_keep(state_path, state, answering))

            def announce(runs: tuple[str, ...]) -> str:
                key = secrets.token_urlsafe(32)
                retired.announce(path, RetiredHost(state.pid, state.port, key, runs))
                keeping.cancel()
                state_file.remove(state_path, state)
                lock.release()
                return key

            try:
                await serve(
                    listener,
                    store,
                    registry,
                    state.token,
                    settings,
                    stop=stop,
                    ready=ready,
                    living=lambda: retired.living(path),
                    announce=announce if detach else None,
                )
            finally:
                keeping.cancel()

        try:
            asyncio.run(main())
        except Exception:
            logging.getLogger(__name__).exception("The host failed")
            raise
        finally:
            state_file.remove(state_path, state)


async def _keep(path: Path, state: HostState, answering: asyncio.Event) -> None:
    """Writes the state file again when it was removed, which a client that does not trust it asks for."""
    await answering.wait()
    while True:
        await asyncio.sleep(_STATE_CHECK_S)
        _restore(path, state)


def _restore(path: Path, state: HostState) -> None:
    if not path.exists():
        with contextlib.suppress(OSError):
            state_file.write(path, state)


def _otlp_settings(state: HostState, state_path: Path) -> str:
    """The lines for a shell whose programs are to send their OpenTelemetry traces here; without the key."""
    script = 'import json, sys; print(json.load(open(sys.argv[1]))["token"])'
    key = f"python3 -c '{script}' {shlex.quote(str(state_path))}"
    return "\n".join(
        (
            "Programs with OpenTelemetry send their traces here after:",
            f"  export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{state.port}",
            "  export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
            f'  export OTEL_EXPORTER_OTLP_HEADERS="x-aos-key=$({key})"',
        )
    )


def _home() -> Path:
    try:
        return settings.host_home().resolve()
    except OSError as error:
        configured = settings.variable(settings.HOME)
        raise _unusable(configured or "the user data directory", error) from error


def _lock(path: Path) -> HostLock:
    from .lock import HostLock, LockHeld

    try:
        return HostLock(path / "host.lock")
    except LockHeld:
        raise CannotStart(_running(path), LOCK_HELD) from None
    except OSError as error:
        raise _unusable(path, error) from error


def _running(path: Path) -> str:
    """The message for a held lock. Waits up to 2 s for the state file of a host that is starting."""
    for _ in range(20):
        state = state_file.read(path / "host.json")
        if state is not None:
            return (
                f"a host of {path} is already running on port {state.port} (process {state.pid})."
                f" Use it, or stop it first: kill {state.pid}"
            )
        time.sleep(0.1)
    return f"a host of {path} is starting or stopping. Try again in a moment."


def _listen(port: int) -> socket.socket:
    try:
        return listen(port)
    except OSError as error:
        raise CannotStart(
            f"port {port} cannot be used ({error.strerror}). Choose another port with --port, or omit"
            " --port for a free one.",
            PORT_TAKEN,
        ) from error


def _require_loopback(listener: socket.socket) -> None:
    """Refuses open streams on an address that other computers reach."""
    address = listener.getsockname()[0]
    if not ipaddress.ip_address(address).is_loopback:
        raise CannotStart(
            f"--open-streams is only for 127.0.0.1, and this host would listen on {address}. Leave the option"
            " out: with the key, every stream can be read.",
            PORT_TAKEN,
        )


def _store(path: Path) -> RunStore:
    from ..runs.store import RunStore, UnusableStore

    try:
        return RunStore.open(path)
    except UnusableStore as error:
        raise CannotStart(str(error), HOME_UNUSABLE) from error


def _state(listener: socket.socket, *, by_hand: bool) -> HostState:
    from ...version import __version__

    token = secrets.token_urlsafe(32)
    return HostState(
        pid=os.getpid(),
        port=listener.getsockname()[1],
        token=token,
        version=__version__,
        started_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        language_model=state_file.language_model_mark(settings.language_model(), token),
        by_hand=by_hand,
    )


def _own_workers(
    model: settings.LanguageModelVariables | None = None,
) -> Mapping[str, Worker | WorkerInfo]:
    """The installed workers with ``model``, by default that of this process's environment."""
    from ..runs.installed_workers import installed_workers
    from ..worker import WorkerContext

    return installed_workers(WorkerContext(_home(), model or settings.language_model()))


def _retention() -> Retention:
    """Which runs are kept; all of them for settings that cannot be used."""
    from ...retention import Retention, configured

    try:
        return configured()
    except ValueError as error:
        logging.getLogger(__name__).warning("No run is deleted: %s", error)
        return Retention()


def _unusable(path: object, error: OSError) -> CannotStart:
    return CannotStart(
        f"{path} cannot be used ({error.strerror or error}). Make it a directory that you can write to, or"
        " set WORKER_WIDGET_HOME to another directory.",
        HOME_UNUSABLE,
    )


def _log_to(path: Path) -> None:
    from logging.handlers import RotatingFileHandler

    handler = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8")
    logging.basicConfig(
        level=logging.INFO, handlers=[handler], format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # It logs the address of each request, and the query of an agent's address can be a key.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _detach() -> None:
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    if null > 2:
        os.close(null)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("the port must be 1 to 65535, or 0 for a free port")
    return port


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 <= minutes < float("inf"):
        raise argparse.ArgumentTypeError("the idle minutes must be 0 (never) or more")
    return minutes
