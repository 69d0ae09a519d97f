"""Kills processes in the middle of a run, and checks what must hold afterwards.

A round is: a home directory of its own, a kernel with a run of the Business Builder at the embedded host, a
witness that reads the stream of that run, and a ``kill -9`` at a random moment. `expect_nothing_lost` then
checks the stores and `expect_nothing_left` the processes, the port and the lock.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

from worker_widget.events.sse import SSEDecoder
from worker_widget.host.runs.store import RunStore
from worker_widget.store.event_store import EventStore

ROOT = Path(__file__).parents[1]
WORKER = "business-builder"
ENDED = ("completed", "failed", "cancelled", "interrupted")
GUARD_S = 120.0
"""The limit of every wait. It guards against hanging and is no expectation of speed."""
IDLE_MINUTES = 0.03

_T = TypeVar("_T")

KERNEL = f"""\
import os, sys, threading
from worker_widget.sources.worker_api.embedded import EmbeddedHost
EmbeddedHost.__init__.__kwdefaults__["command"] = (
    sys.executable, "-m", "worker_widget.host", "--idle-minutes", "{IDLE_MINUTES}")

def report(run, home=os.environ["WORKER_WIDGET_HOME"]):
    "Writes how many events the run has, whenever there are more."
    known = os.open(home + "/known", os.O_WRONLY | os.O_CREAT)
    wake = threading.Event()
    run._live.listen(wake.set)
    while True:
        os.pwrite(known, b"%12d" % run.state.position, 0)
        wake.wait(0.5)
        wake.clear()

def follow(run):
    threading.Thread(target=report, args=(run,), daemon=True).start()
    with open(os.environ["WORKER_WIDGET_HOME"] + "/run", "w") as file:
        file.write(run.run_id)
"""
"""What every kernel runs first: its host ends soon when it is idle, and what it has is reported in files."""

PROGRAM = """\
from worker_widget import WorkerClient, WorkerWidgetError
try:
    run = WorkerClient().run("A bakery that delivers by bicycle", pace={pace})
    follow(run)
    print(run.wait().status)
except WorkerWidgetError as error:
    print("refused:", error)
"""

CHECK = """\
import json
from worker_widget import RunHistory, WorkerClient
run_id = sys.argv[1]
run = WorkerClient().get(run_id).wait()
listed = RunHistory().runs().set_index("run_id").loc[run_id]
print(json.dumps([run.status, listed["status"], run.error]))
"""


@dataclass(frozen=True)
class Aftermath:
    """What a round ended with: the status of its run and its number of events; ``None`` if none began."""

    status: str | None
    events: int
    witnessed: int
    known: int


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "WORKER_WIDGET_HOME": str(home), "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}


def kernel(home: Path, pace: float) -> subprocess.Popen[str]:
    """A process that starts a run and waits for its end; it prints the status or why there is none."""
    return subprocess.Popen(
        [sys.executable, "-c", KERNEL + PROGRAM.format(pace=pace)],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until(find: Callable[[], _T | None], what: str) -> _T:
    """Wait until ``find`` returns something true."""
    end = time.monotonic() + GUARD_S
    while True:
        found = find()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen in {GUARD_S:.0f} s")
        time.sleep(0.01)


def processes_of(home: Path) -> dict[int, list[str]]:
    """The processes that have this home in their environment, with their command lines."""
    found = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("WORKER_WIDGET_HOME") == str(home):
                found[process.pid] = process.cmdline()
    found.pop(os.getpid(), None)
    return found


def hosts_of(home: Path) -> list[int]:
    return [pid for pid, command in processes_of(home).items() if "worker_widget.host" in command]


def run_id_of(home: Path) -> str | None:
    """The run that the kernel has reported."""
    with contextlib.suppress(FileNotFoundError):
        return (home / "run").read_text() or None
    return None


class Witness:
    """Reads the stream of a run from the host itself until the stream ends or is cut."""

    def __init__(self, home: Path) -> None:
        self.events: dict[int, bytes] = {}
        self.port: int | None = None
        self._home = home
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._over.wait(0.01):
            run_id = run_id_of(self._home)
            if run_id is not None:
                with contextlib.suppress(OSError, ValueError, httpx.HTTPError):
                    self._stream(run_id, json.loads((self._home / "host.json").read_bytes()))
                return

    def _stream(self, run_id: str, state: dict[str, Any]) -> None:
        self.port = state["port"]
        decoder = SSEDecoder()
        url = f"http://127.0.0.1:{self.port}/api/v1/workers/{WORKER}/stream/{run_id}"
        with httpx.stream("GET", url, headers={"X-AOS-Key": state["token"]}, timeout=GUARD_S) as answer:
            for chunk in answer.iter_raw():
                for frame in decoder.feed(chunk):
                    if frame.id:
                        self.events[int(frame.id)] = bytes(frame.data)


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def expect_nothing_lost(home: Path, witness: Witness) -> Aftermath:
    """Check that a new kernel finds the run ended, and every event that was acknowledged in the stores."""
    known = _known(home)
    run_id = run_id_of(home) or _run_of_host(home)
    if run_id is None:
        _expect_sound(home / "history.db")
        return Aftermath(None, 0, 0, 0)
    done = subprocess.run(
        [sys.executable, "-c", KERNEL + CHECK, run_id],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=GUARD_S,
    )
    assert done.returncode == 0, done.stderr
    status, listed, error = json.loads(done.stdout.splitlines()[-1])
    assert status == listed, (status, listed)
    assert status in ENDED
    assert status == "completed" or error, "a run that did not complete has a reason"
    stored = _host_events(home, run_id, status)
    assert list(stored) == list(range(1, len(stored) + 1))
    assert {seq: stored[seq] for seq in witness.events} == witness.events, "the host keeps what it sent"
    history = EventStore.open(home / "history.db")
    try:
        kept = [logged.event for logged in history.iterate(run_id)]
    finally:
        history.close()
    assert {int(event.id): event.raw for event in kept if event.id and event.id.isdigit()} == stored
    assert len(kept) >= known, "the history has what the kernel had"
    _expect_sound(home / "history.db")
    _expect_sound(home / "host.db")
    return Aftermath(status, len(stored), len(witness.events), known)


def expect_nothing_left(home: Path, port: int | None, *, but: int | None = None) -> None:
    """Check that the processes of this home end by themselves, and leave no port and no lock."""
    until(lambda: not processes_of(home).keys() - {but}, "the end of all processes")
    if port is not None:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
    with (home / "host.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _known(home: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return int((home / "known").read_bytes() or 0)
    return 0


def _run_of_host(home: Path) -> str | None:
    """The run that a host has although its kernel did not get to report it."""
    if not (home / "host.db").exists():
        return None
    store = RunStore.open(home / "host.db")
    try:
        runs = store.runs(WORKER, limit=2)
    finally:
        store.close()
    assert len(runs) <= 1
    return runs[0].run_id if runs else None


def _host_events(home: Path, run_id: str, status: str) -> dict[int, bytes]:
    store = RunStore.open(home / "host.db")
    try:
        run = store.run(WORKER, run_id)
        assert run is not None
        assert run.status == status
        found: dict[int, bytes] = {}
        while events := store.events(run.number, len(found)):
            found |= {event.seq: event.raw for event in events}
        return found
    finally:
        store.close()


def _expect_sound(path: Path) -> None:
    if path.exists():
        with contextlib.closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
