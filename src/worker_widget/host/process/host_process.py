"""The host as a process: one per home, found through its state file, gone without a trace.

What keeps it from starting is told in one line on stderr, and by the exit status:

    3  a host of this home is running already
    4  the port is taken, or may not be used
    5  the home directory, or the run store in it, cannot be used
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import secrets
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
    from ..runs.store import RunStore
    from ..worker import Worker
    from .lock import HostLock

    Workers = Callable[[], Mapping[str, Worker | WorkerInfo]]

LOCK_HELD = 3
PORT_TAKEN = 4
HOME_UNUSABLE = 5

_SWITCH_S = 0.001
"""How long a computing worker may keep the interpreter from the store's thread. With Python's 5 ms,
which a transaction waits many times over, events of a busy worker were seen a second late."""

_LOG_BYTES = 512 * 1024


class CannotStart(Exception):
    """The host cannot start: what is wrong and what to do, in one line."""

    def __init__(self, message: str, exit_status: int) -> None:
        super().__init__(message)
        self.exit_status = exit_status


def add_options(parser: argparse.ArgumentParser) -> None:
    """The command line of the host."""
    parser.add_argument(
        "--port", type=_port, default=0, metavar="N", help="listen on this port (default: a free one)"
    )
    parser.add_argument(
        "--idle-minutes",
        type=_minutes,
        default=10.0,
        metavar="M",
        help="end after so many idle minutes, 0 for never (default: 10)",
    )


def run(port: int, idle_minutes: float, *, detach: bool, workers: Workers | None = None) -> int:
    """Serve until told to stop or idle; returns the exit status.

    Detached, the process lets go of its working directory and its standard streams once it answers,
    so that it can outlive whoever started it. Otherwise it says where it listens.
    ``workers`` makes the workers to serve (default: those of this package).
    """
    try:
        _serve(port, idle_minutes, detach, workers)
    except CannotStart as error:
        print(f"worker-widget host: {error}", file=sys.stderr)
        return error.exit_status
    return 0


def _serve(port: int, idle_minutes: float, detach: bool, workers: Workers | None) -> None:
    os.umask(0o077)
    sys.setswitchinterval(_SWITCH_S)
    path = _home()
    where = path / "host.json"
    with _lock(path), _listen(port) as listener:
        try:
            where.unlink(missing_ok=True)  # of a host that was killed
            _log_to(path / "host.log")
        except OSError as error:
            raise _unusable(path, error) from error
        # Late, because a second host, or one without a port, need not wait for them.
        from ..runs.registry import Registry
        from .server import Settings, serve

        registry = Registry((workers or _own_workers)())
        store = _store(path / "host.db")
        state = _state(listener)

        def ready() -> None:
            try:
                state_file.write(where, state)
            except OSError as error:
                raise _unusable(where, error) from error
            logging.getLogger(__name__).info("Listening on 127.0.0.1:%d, process %d", state.port, state.pid)
            if detach:
                _detach()
            else:
                print(f"Listening on http://127.0.0.1:{state.port}, key in {where}", flush=True)

        async def main() -> None:
            stop = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
            settings = Settings(idle_s=idle_minutes * 60 or None)
            await serve(listener, store, registry, state.token, settings, stop=stop, ready=ready)

        try:
            asyncio.run(main())
        except Exception:
            logging.getLogger(__name__).exception("The host broke down")
            raise
        finally:
            state_file.remove(where, state)


def _home() -> Path:
    try:
        return settings.home().resolve()
    except OSError as error:
        named = settings.variable(settings.HOME)
        raise _unusable(named or "the user data directory", error) from error


def _lock(path: Path) -> HostLock:
    from .lock import HostLock, LockHeld

    try:
        return HostLock(path / "host.lock")
    except LockHeld:
        raise CannotStart(_running(path), LOCK_HELD) from None
    except OSError as error:
        raise _unusable(path, error) from error


def _running(path: Path) -> str:
    """Who holds the lock. One that is just starting says so within a moment."""
    for _ in range(20):
        state = state_file.read(path / "host.json")
        if state is not None:
            return (
                f"a host of {path} is running already on port {state.port} (process {state.pid})."
                f" Use it, or end it first: kill {state.pid}"
            )
        time.sleep(0.1)
    return f"a host of {path} is starting or stopping. Try again in a moment."


def _listen(port: int) -> socket.socket:
    try:
        return listen(port)
    except OSError as error:
        raise CannotStart(
            f"port {port} cannot be used ({error.strerror}). Choose another with --port, or leave --port"
            " out for a free one.",
            PORT_TAKEN,
        ) from error


def _store(path: Path) -> RunStore:
    from ..runs.store import RunStore, UnusableStore

    try:
        return RunStore.open(path)
    except UnusableStore as error:
        raise CannotStart(str(error), HOME_UNUSABLE) from error


def _state(listener: socket.socket) -> HostState:
    from ...version import __version__

    token = secrets.token_urlsafe(32)
    return HostState(
        pid=os.getpid(),
        port=listener.getsockname()[1],
        token=token,
        version=__version__,
        started_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        language_model=state_file.language_model_mark(settings.language_model(), token),
    )


def _own_workers() -> Mapping[str, Worker | WorkerInfo]:
    from ..runs.installed_workers import installed_workers
    from ..worker import WorkerContext

    return installed_workers(WorkerContext(_home(), settings.language_model()))


def _unusable(path: object, error: OSError) -> CannotStart:
    return CannotStart(
        f"{path} cannot be used ({error.strerror or error}). Make it a directory that you can write to, or"
        " name another one in WORKER_WIDGET_HOME.",
        HOME_UNUSABLE,
    )


def _log_to(path: Path) -> None:
    from logging.handlers import RotatingFileHandler

    handler = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8")
    logging.basicConfig(
        level=logging.INFO, handlers=[handler], format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )


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
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535, or 0 for a free one")
    return port


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 <= minutes < float("inf"):
        raise argparse.ArgumentTypeError("idle minutes are 0 (never) or more")
    return minutes
