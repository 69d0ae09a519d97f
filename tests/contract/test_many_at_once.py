"""Many at once: 20 consoles in one kernel, five kernels on one history."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import comm
import pytest

from tests.contract.host_support import ScriptedWorker, scripted
from tests.contract.test_console import RecordingComm, View, wait_until
from worker_widget import RunHistory, WorkerClient, WorkerConsole, background
from worker_widget.host.process.threaded import ThreadedHost

CONSOLES = 20
KERNELS = 5
MOST_THREADS = 30
"""More threads of this process, besides the loop: helpers that read and write for all consoles."""


@pytest.fixture(autouse=True)
def recording_comm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "create_comm", RecordingComm)


@pytest.fixture
def worker() -> ScriptedWorker:
    made = scripted()["scripted"]
    assert isinstance(made, ScriptedWorker)
    return made


@pytest.fixture
def host(tmp_path: Path, worker: ScriptedWorker) -> Iterator[ThreadedHost]:
    with ThreadedHost(tmp_path, {**scripted(), "scripted": worker}) as running:
        yield running


def shown_texts(view: View) -> set[str]:
    """The messages of the log lines that a browser got."""
    sent = [m["state"] if m["kind"] == "snapshot" else m.get("patch", {}) for m in view.comm.custom]
    news = [part for item in sent for part in item.get("subscribers", {}).values()]
    news += [part for m in view.comm.custom for part in (m.get("subscribers") or {}).values()]
    return {row["message"] for part in news for row in part.get("log", {}).get("rows", [])}


@pytest.fixture
def consoles(host: ThreadedHost) -> Iterator[list[WorkerConsole]]:
    made = [
        WorkerConsole(worker="scripted", url=host.url, api_key=host.token, task=f"log {n + 1}; page run {n}")
        for n in range(CONSOLES)
    ]
    yield made
    for console in made:
        console.close()


def test_20_consoles_with_a_run_each_show_their_own(
    consoles: list[WorkerConsole], worker: ScriptedWorker
) -> None:
    threads = threading.active_count()
    worker.gate.clear()
    views = [View(console, f"v{n}") for n, console in enumerate(consoles)]
    for view in views:
        view.hello()
    ids = [view.start(f"log {n + 1}; wait; log {n + 1}; page run {n}") for n, view in enumerate(views)]
    assert len(set(ids)) == CONSOLES
    for console in consoles:
        wait_until(lambda console=console: console.status == "running")
    assert threading.active_count() <= threads + MOST_THREADS
    worker.gate.set()
    for number, (console, run_id) in enumerate(zip(consoles, ids, strict=True)):
        wait_until(lambda console=console: console.status == "completed")
        run = console.current_run
        assert run is not None
        assert run.run_id == run_id
        assert run.artifacts["landing.html"].text == f"run {number}"
        assert run.state.counts.logs == 2 * (number + 1)
        assert console._session.controller.shown.form.notice is None
    for number, view in enumerate(views):
        last = f"line {number}"
        wait_until(lambda view=view, last=last: last in shown_texts(view))
        assert f"line {number + 1}" not in shown_texts(view)
    stored = RunHistory().runs().set_index("run_id")
    assert set(stored.loc[ids, "status"]) == {"completed"}


def test_20_consoles_on_one_run_share_its_stream(
    consoles: list[WorkerConsole], host: ThreadedHost, worker: ScriptedWorker
) -> None:
    worker.gate.clear()
    first, *others = consoles
    run_id = first.run("log 5; wait; log 5; page shared").run_id
    for console in others:
        background.call(lambda console=console: console._session.controller.open_run(run_id))
    lives = {console._session.controller.live for console in consoles}
    assert len(lives) == 1
    worker.gate.set()
    for console in consoles:
        wait_until(lambda console=console: console.status == "completed")
        assert console.current_run is not None
        assert console.current_run.state.counts.logs == 10


KERNEL = """
import sys
from worker_widget import log, stage, worker
from worker_widget.runs import local_runs

@worker
def writes(task: str, lines: int) -> str:
    with stage("write"):
        for n in range(lines):
            log(f"{task} {n}")
    return task

print("ready", flush=True)
sys.stdin.readline()
for n in range(int(sys.argv[2])):
    run = writes.run(f"{sys.argv[1]} {n}", lines=int(sys.argv[3])).wait(300)
    assert run._live.history_error is None, run._live.history_error
    print(run.run_id, flush=True)
"""


def kernel(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Another process on the history of this test; it begins when a line is written to it."""
    made = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    assert made.stdout is not None
    assert made.stdout.readline() == "ready\n"
    return made


def outputs(kernels: list[subprocess.Popen[str]]) -> list[list[str]]:
    """Lets all begin at once, and returns the lines that each wrote."""
    for process in kernels:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    found = []
    for process in kernels:
        out, err = process.communicate(timeout=600)
        assert process.returncode == 0, err
        found.append(out.split())
    return found


@pytest.mark.parametrize(("runs", "lines"), [(3, 400), pytest.param(5, 20_000, marks=pytest.mark.soak)])
def test_five_kernels_write_their_runs_to_one_history_at_once(runs: int, lines: int) -> None:
    kernels = [kernel(KERNEL, f"kernel{n}", str(runs), str(lines)) for n in range(KERNELS)]
    ids = outputs(kernels)
    history = RunHistory()
    assert len(history.runs()) == KERNELS * runs
    for number, of_kernel in enumerate(ids):
        for n, run_id in enumerate(of_kernel):
            messages = list(history.logs(runs=run_id)["message"])
            assert messages == [f"kernel{number} {n} {line}" for line in range(lines)]
    assert set(history.runs()["status"]) == {"completed"}


FOLLOWER = """
import sys
from worker_widget import WorkerClient
client = WorkerClient("scripted", url=sys.argv[1], api_key=sys.argv[2])
run = client.get(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
run.wait(300)
assert run._live.history_error is None, run._live.history_error
print(run.state.counts.logs, flush=True)
"""


def test_five_kernels_follow_one_run_into_one_history(host: ThreadedHost, worker: ScriptedWorker) -> None:
    worker.gate.clear()
    client = WorkerClient("scripted", url=host.url, api_key=host.token)
    run = client.run("log 50; wait; log 2000; page x")
    wait_until(lambda: run.state.counts.logs == 50)
    kernels = [kernel(FOLLOWER, host.url, host.token, run.run_id) for _ in range(KERNELS)]
    worker.gate.set()
    assert outputs(kernels) == [["2050"]] * KERNELS
    run.wait(120)
    messages = list(run.logs()["message"])
    assert messages == [f"line {n}" for n in (*range(50), *range(2_000))]
    client.close()
