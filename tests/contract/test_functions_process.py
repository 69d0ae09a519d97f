"""Functions and blocks as runs in real processes: interrupts, exits, threads, and a kernel that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import worker_widget
from tests.development_mode import without_slow_steps
from worker_widget import RequestRefused, RunHistory, WorkerClient, WorkerConsole

SOURCE = str(Path(worker_widget.__file__).parents[1])
GUARD_S = 120.0


def start(code: str, stdin: int | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-X", "dev", "-c", code],
        stdin=stdin,
        env={**os.environ, "PYTHONPATH": SOURCE},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=GUARD_S)
    return process.returncode, out, without_slow_steps(err)


def status_of(run_id: str) -> tuple[str, str | None]:
    done = WorkerClient().get(run_id)
    return done.status, done.error


@pytest.mark.parametrize(
    ("body", "code", "stderr", "status"),
    [
        ("log('x')", 0, "", ("completed", None)),
        ("raise SystemExit(3)", 3, "", ("cancelled", "The program exits (3).")),
        ("1 / 0", 1, "ZeroDivisionError", ("failed", "ZeroDivisionError: division by zero")),
        (
            "def deep(): deep()\n    deep()",
            1,
            "RecursionError",
            ("failed", "RecursionError: maximum recursion depth exceeded"),
        ),
    ],
)
def test_a_program_ends_as_it_would_without_the_run(
    body: str, code: int, stderr: str, status: tuple[str, str | None]
) -> None:
    program = (
        "from worker_widget import log, run, stage\n"
        f"with run('nightly') as r, stage('load'):\n    print(r.run_id)\n    {body}\n"
    )
    returned, out, err = finish(start(program))
    assert returned == code, err
    assert stderr in err
    if not stderr:
        assert err == ""
    assert status_of(out.strip()) == status


def test_an_interrupt_cancels_the_run_and_goes_on() -> None:
    process = start(
        "import sys, time\n"
        "from worker_widget import run, stage\n"
        "try:\n"
        "    with run('nightly') as r, stage('load'):\n"
        "        print(r.run_id, flush=True)\n"
        "        time.sleep(600)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
    )
    assert process.stdout is not None
    run_id = process.stdout.readline().strip()
    process.send_signal(signal.SIGINT)
    returned, out, err = finish(process)
    assert (returned, out, err) == (0, "interrupted\n", "")
    assert status_of(run_id) == ("cancelled", "The cell was interrupted.")


def test_a_program_does_not_wait_for_a_function_that_still_runs() -> None:
    returned, out, err = finish(
        start(
            "import time\n"
            "from worker_widget import log, worker\n"
            "@worker\n"
            "def endless(task):\n"
            "    while True:\n"
            "        log('again')\n"
            "        time.sleep(0.001)\n"
            "@worker\n"
            "async def forever(task):\n"
            "    import asyncio\n"
            "    await asyncio.sleep(600)\n"
            "runs = [endless.run('x'), forever.run('x')]\n"
            "from worker_widget.store.shared import shared_store\n"
            "while len(shared_store().owned_runs()) < 2: time.sleep(0.01)\n"
            "print(*[r.run_id for r in runs])\n"
        )
    )
    assert (returned, err) == (0, "")
    for run_id in out.split():
        RunHistory().runs()
        assert status_of(run_id) == ("interrupted", "The kernel ended before the run did.")


def test_a_run_whose_kernel_was_killed_is_interrupted_and_not_before() -> None:
    process = start(
        "import time\n"
        "from worker_widget import log, run, stage\n"
        "from worker_widget.store.shared import shared_store\n"
        "with run('nightly') as r, stage('load'):\n"
        "    log('line')\n"
        "    while not shared_store().owned_runs(): time.sleep(0.01)\n"
        "    while not list(shared_store().stages(r.run_id)): time.sleep(0.01)\n"
        "    print(r.run_id, flush=True)\n"
        "    time.sleep(600)\n"
    )
    assert process.stdout is not None
    run_id = process.stdout.readline().strip()
    assert RunHistory().runs().iloc[0]["status"] in ("queued", "running")
    process.kill()
    finish(process)
    assert RunHistory().runs().iloc[0]["status"] == "interrupted"
    assert status_of(run_id) == ("interrupted", "The kernel ended before the run did.")
    assert list(RunHistory().stages(run_id)["status"]) == ["cancelled"]


NIGHTLY = (
    "import sys\n"
    "from worker_widget import log, run, stage\n"
    "from worker_widget.store.shared import shared_store\n"
    "with run('nightly') as r, stage('load'):\n"
    "    while not shared_store().owned_runs(): pass\n"
    "    print(r.run_id, flush=True)\n"
    "    for line in sys.stdin:\n"
    "        log(line.strip())\n"
)
"""A run that logs each line of the program's input, and ends with it."""


def test_a_console_follows_a_run_of_another_kernel_to_its_end() -> None:
    process = start(NIGHTLY, stdin=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdin is not None
    run_id = process.stdout.readline().strip()
    console, second = WorkerConsole(watch=True, run_id=run_id), WorkerConsole(watch=True, run_id=run_id)
    for number in range(3):
        process.stdin.write(f"line {number}\n")
        process.stdin.flush()
        for shown in (console, second):
            wait_until(lambda shown=shown, number=number: f"line {number}" in messages(shown))
            wait_until(lambda shown=shown: shown.status == "running")
    with pytest.raises(RequestRefused, match=r"cannot be stopped here\. Use that kernel\."):
        console.stop()
    finish(process)
    for shown in (console, second):
        wait_until(lambda shown=shown: shown.status == "completed")
        assert messages(shown) == ["line 0", "line 1", "line 2"]
        shown.close()
    assert len(RunHistory().logs(run_id)) == 3, "the console wrote nothing"


def test_a_console_on_a_run_of_a_kernel_that_is_killed_says_so() -> None:
    process = start(NIGHTLY, stdin=subprocess.PIPE)
    assert process.stdout is not None
    run_id = process.stdout.readline().strip()
    console = WorkerConsole(watch=True, run_id=run_id)
    wait_until(lambda: console.status == "running")
    process.kill()
    finish(process)
    wait_until(lambda: console.status == "interrupted")
    assert console.current_run is not None
    assert console.current_run.error == "The kernel ended before the run did."
    console.close()


def test_a_script_gets_a_run_of_another_kernel_and_waits_for_its_end() -> None:
    process = start(NIGHTLY, stdin=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdin is not None
    followed = WorkerClient().get(process.stdout.readline().strip())
    wait_until(lambda: followed.status == "running")
    for action, done in ((followed.stop, "stopped"), (followed.pause, "paused")):
        with pytest.raises(RequestRefused, match=rf"cannot be {done} here\. Use that kernel\."):
            action()
    process.stdin.write("line 0\n")
    finish(process)
    assert followed.wait(GUARD_S).status == "completed"
    assert list(followed.logs()["message"]) == ["line 0"]


def messages(console: WorkerConsole) -> list[str]:
    run = console.current_run
    return [] if run is None else [line for line in run.logs()["message"] if line.startswith("line")]


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + GUARD_S
    while not holds():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def test_a_forked_child_records_nothing_and_ends() -> None:
    returned, out, err = finish(
        start(
            "import os, warnings\n"
            "warnings.simplefilter('ignore', DeprecationWarning)\n"
            "from worker_widget import WorkerClient, log, run, stage\n"
            "with run('nightly') as r:\n"
            "    log('parent')\n"
            "    child = os.fork()\n"
            "    if not child:\n"
            "        with stage('child'):\n"
            "            log('child')\n"
            "        os._exit(7)\n"
            "    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
            "print(list(WorkerClient().get(r.run_id).logs()['message']))\n"
        )
    )
    assert (returned, out, err) == (0, "7\n['parent']\n", "")
