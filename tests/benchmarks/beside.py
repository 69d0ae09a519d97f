"""A live run beside a huge export from the same history: emit to frame, alone and beside one reader."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.exports import EVENTS, make_run
from tests.benchmarks.figure import Figure, figure
from tests.contract.host_support import HostProcess
from tests.load import LOAD

RATE = 1_000
SAMPLED_S = 20
ROUNDS = 3
MOST = 1.2

# Prints the milliseconds from a line's emission to the frame with it, p50 and p95, of a run of some seconds.
_KERNEL = """
import sys, threading, time
from pathlib import Path
import comm
from comm.base_comm import BaseComm

late, exported = [], []

class Comm(BaseComm):
    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        now = time.time()
        content = (data or {}).get("content") or {}
        for news in (content.get("patch") or {}).get("subscribers", {}).values():
            for row in news.get("log", {}).get("rows", ()):
                late.append(1_000 * (now - float(row["message"].split()[0])))

comm.create_comm = Comm
from worker_widget import RunHistory, WorkerConsole

url, token, rate, seconds, target = sys.argv[1:]
console = WorkerConsole("load", url=url, api_key=token)
hello = {"kind": "hello", "client": "v", "have": 0, "visible": True}
console.comm.handle_msg({"content": {"data": {"method": "custom", "content": hello}}, "buffers": []})
run = console.run(f"rate {rate} {seconds}")
ended = threading.Event()

def export():
    while not ended.is_set():
        Path(target).unlink(missing_ok=True)
        RunHistory().export("run", "json", target)
        exported.append(target)

reader = threading.Thread(target=export, daemon=True)
if target != "-":
    reader.start()
run.wait(600)
ended.set()
assert target == "-" or exported or reader.is_alive()
late.sort()
print(late[len(late) // 2], late[len(late) * 95 // 100], flush=True)
import os
os._exit(0)  # the export goes on
"""

_READER = """
import sys
from pathlib import Path
from worker_widget import RunHistory
print("ready", flush=True)
while True:
    Path(sys.argv[1]).unlink(missing_ok=True)
    RunHistory().export("run", "json", sys.argv[1])
"""


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        (directory / "host").mkdir()
        make_run(directory / "history.db", EVENTS)
        host = HostProcess(directory / "host", command=LOAD)
        try:
            state = host.state()
            alone, other, same = [], [], []
            for _ in range(ROUNDS):
                alone.append(_measured(directory, state))
                with _reading(directory):
                    other.append(_measured(directory, state))
                same.append(_measured(directory, state, directory / "here.json"))
        finally:
            host.end()
            host.close()
    p50, p95 = map(min, zip(*alone, strict=True))
    yield figure(f"{RATE:,} events/s: emit to frame, p95", p95, "ms", f"p50 {p50:.0f}")
    for name, found in (("of another kernel", other), ("of the same kernel", same)):
        beside50, beside95 = map(min, zip(*found, strict=True))
        yield figure(
            f"… beside an export of {EVENTS:,} events {name}",
            beside95,
            "ms",
            f"{beside95 / p95:.2f} of it alone, at most {MOST}; p50 {beside50:.0f}",
        )


class _reading:
    """Another process that exports the run to JSON, again and again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __enter__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _READER, str(self._directory / "there.json")],
            env=_environment(self._directory),
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def _measured(directory: Path, state: dict[str, str], target: Path | None = None) -> tuple[float, float]:
    url = f"http://127.0.0.1:{state['port']}"
    done = subprocess.run(
        [sys.executable, "-c", _KERNEL, url, state["token"], str(RATE), str(SAMPLED_S), str(target or "-")],
        env=_environment(directory),
        check=True,
        capture_output=True,
        text=True,
    )
    p50, p95 = map(float, done.stdout.split())
    return p50, p95


def _environment(directory: Path) -> dict[str, str]:
    return {**os.environ, "WORKER_WIDGET_HOME": str(directory)}
