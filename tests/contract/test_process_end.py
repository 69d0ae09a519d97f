"""A process that uses the package ends by itself: whatever it uses, and however it drops it.

Every program here is a real process. It must end without help, with exit status 0 unless it raises, with
nothing on stderr, and without starting a thread once its end has begun.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..development_mode import without_slow_steps
from .host_support import HostProcess, environment

LIMIT_S = 120.0
"""Only a process that never ends takes so long."""

WATCH = """\
import os, sys, threading
ended = []
threading._register_atexit(lambda: ended.append(True))
start = threading.Thread.start
def watched(thread):
    if ended and threading.current_thread() is threading.main_thread():
        os.write(2, b"A thread was started at exit: %s\\n" % thread.name.encode())
    start(thread)
threading.Thread.start = watched
"""
"""Reports the threads that the main thread starts after the last line of the program."""

MODES = {"plain": (), "strict": ("-X", "dev", "-W", "error")}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of a host that serves the scripted worker."""
    home = tmp_path_factory.mktemp("home")
    host = HostProcess(home)
    host.state()
    yield home
    host.close()


def run(home: Path, program: str, *options: str) -> subprocess.CompletedProcess[str]:
    with subprocess.Popen(
        [sys.executable, *options, "-c", WATCH + program],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            raise AssertionError(f"The process did not end.\n{out}{err}") from None
    return subprocess.CompletedProcess(process.args, process.returncode, out, without_slow_steps(err))


RUN = 'run = WorkerClient(worker="scripted").run("log 20; page <p>hello</p>")\n'
LONG = 'run = WorkerClient(worker="scripted").run("story 400")\n'
CONSOLE = 'console = WorkerConsole(worker="scripted")\n'

PROGRAMS = {
    "the history of a console that nobody keeps": "print(len(WorkerConsole().history.runs()))",
    "a console that nobody keeps": 'WorkerConsole(worker="scripted")',
    "a console that is kept": CONSOLE,
    "a console that is deleted": CONSOLE + "del console",
    "a console that is closed": CONSOLE + "console.close()",
    "a console that is closed twice": CONSOLE + "console.close(); console.close()",
    "a console in a reference cycle": CONSOLE + "cycle = [console]; cycle.append(cycle); del console, cycle",
    "a console whose run has ended": CONSOLE + 'console.run("log 5").wait()',
    "a console whose run goes on": CONSOLE + 'run = console.run("story 400")',
    "a console that is closed while its run goes on": CONSOLE
    + 'run = console.run("story 400"); console.close()',
    "two consoles and their runs": CONSOLE
    + CONSOLE.replace("console =", "other =")
    + 'console.run("story 400"); other.run("log 5").wait()',
    "a console of a worker that is not there": 'console = WorkerConsole(worker="no-such-worker")',
    "a console of a server that is not there": 'console = WorkerConsole(url="http://127.0.0.1:9")',
    "a console closed in atexit after the import": CONSOLE + "import atexit\natexit.register(console.close)",
    "a console in a thread": (
        f"def work():\n    {CONSOLE}    console.run('log 5').wait()\n"
        "thread = threading.Thread(target=work); thread.start(); thread.join()"
    ),
    "a client that nobody keeps": "WorkerClient()",
    "a client that asked": 'client = WorkerClient(worker="scripted"); client.workers(); client.health()',
    "a client that asked and is deleted": (
        'client = WorkerClient(worker="scripted"); client.workers(); del client\nimport gc; gc.collect()'
    ),
    "a client that is closed": 'client = WorkerClient(worker="scripted"); client.runs(); client.close()',
    "a client that is closed without a request": "WorkerClient().close()",
    "the history of a client": "print(len(WorkerClient().history.runs()))",
    "the history alone": "print(len(RunHistory().runs()))",
    "a run that has ended": RUN + "run.wait(); print(run.status)",
    "a run that goes on": LONG,
    "a run that is deleted": LONG + "del run",
    "a run that is stopped": LONG + "run.stop(); run.wait()",
    "a run whose wait ended early": (
        LONG + "try:\n    run.wait(0.01)\nexcept worker_widget.RunTimeout:\n    print('late')"
    ),
    "a run that is awaited": RUN + "import asyncio\nasync def main():\n    await run\nasyncio.run(main())",
    "a run in a thread that outlives the program": (
        "import worker_widget.runs.run, pandas, httpx\n"
        'client = WorkerClient(worker="scripted"); client.workers()\n'
        "def work():\n    threading.main_thread().join()\n"
        "    print(client.run('story 5').wait().status)\n"
        "threading.Thread(target=work).start()"
    ),
    "a run in a daemon thread": (
        f"def work():\n    {LONG}    run.wait()\nthreading.Thread(target=work, daemon=True).start()\n"
        "import time; time.sleep(0.2)"
    ),
    "what a run has": RUN
    + "run.wait(); frames = run.logs(), run.stages(), run.events(); files = run.artifacts",
    "an artifact": RUN + 'run.wait(); page = run.artifacts["landing.html"]; print(page.text)',
    "a comparison": (
        RUN + "run.wait(); other = run.replay().wait(); difference = compare(run, other); print(difference)"
    ),
    "a call in a daemon thread": (
        "def work():\n    while True:\n        WorkerClient(worker='scripted').workers()\n"
        "threading.Thread(target=work, daemon=True).start()\nimport time; time.sleep(0.5)"
    ),
    "a server that is not there": (
        "try:\n    WorkerClient(url='http://127.0.0.1:9').workers()\n"
        "except worker_widget.HostUnreachable:\n    print('none')"
    ),
    "a child process": (
        RUN + "import warnings; warnings.simplefilter('ignore')\n"
        "child = os.fork()\nif child == 0:\n    sys.exit(0)\nprint(os.waitpid(child, 0)[1]); run.wait()"
    ),
    "a child process that waits for the run of its parent": (
        LONG + "import warnings; warnings.simplefilter('ignore')\n"
        "child = os.fork()\nif child == 0:\n"
        "    try:\n        run.wait()\n"
        "    except worker_widget.WorkerWidgetError as error:\n        print(error, flush=True)\n"
        "    sys.exit(0)\n"
        "print(os.waitpid(child, 0)[1])"
    ),
}


IMPORT = "import worker_widget\nfrom worker_widget import RunHistory, WorkerClient, WorkerConsole, compare\n"

REFUSED = """\
def refused(use):
    try:
        use()
    except (RuntimeError, worker_widget.WorkerWidgetError) as error:
        print(error)
"""

AT_EXIT = {
    "closes a console": (CONSOLE, "console.close()"),
    "closes a client": ('client = WorkerClient(worker="scripted"); client.workers()', "client.close()"),
    "closes a client that never asked": ("client = WorkerClient()", "client.close()"),
    "reads the history": ("", "print(len(RunHistory().runs()))"),
    "reads the history again": ("RunHistory().runs()", "print(len(RunHistory().runs()))"),
    "drops a run": (LONG, "globals().pop('run')"),
    "makes a client": ("", "WorkerClient()"),
    "makes a console": ("", "refused(WorkerConsole)"),
    "starts a run": ("", "refused(lambda: WorkerClient(worker='scripted').run('log 5'))"),
    "waits for a run": (LONG, "refused(lambda: run.wait())"),
}
"""What a program does, and what its exit handler does."""

ENDS = {
    "an interrupt": ("raise KeyboardInterrupt", 1, "KeyboardInterrupt"),
    "an exception": ("raise LookupError('lost')", 1, "LookupError: lost"),
    "an exit": ("sys.exit(7)", 7, ""),
    "an error of the package": ("WorkerClient(url='http://127.0.0.1:9').workers()", 1, "HostUnreachable: "),
}


PLAIN = (
    "the history of a console that nobody keeps",
    "a console whose run goes on",
    "a run that goes on",
    "a client that asked",
)
"""The programs that also run without Python's development mode, in which some clean-ups differ."""


@pytest.mark.parametrize("what", PROGRAMS)
def test_the_process_ends(home: Path, what: str) -> None:
    done = run(home, IMPORT + PROGRAMS[what], *MODES["strict"])
    assert (done.returncode, done.stderr) == (0, "")


INTERRUPTS = """\
import gc, signal, time

def interrupt(*_):
    raise KeyboardInterrupt

def interrupted(use, after_s):
    try:
        signal.setitimer(signal.ITIMER_REAL, after_s)
        use()
    except (KeyboardInterrupt, worker_widget.RequestRefused):
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)

signal.signal(signal.SIGALRM, interrupt)
client = WorkerClient(worker="scripted")
"""

# Python reports an interrupt that arrives within a callback of weakref; no code can prevent that.
INTERRUPTED_CALLBACK = re.compile(
    r"Exception ignored in: <[^\n]*>\nTraceback [^\n]*\n"
    r"  File \"[^\n]*[/\\](?:weakref|_weakrefset)\.py\"(?:(?!Exception ignored).)*?\nKeyboardInterrupt: ?\n",
    re.DOTALL,
)

GIVEN_UP = {
    "the first request of a client": (
        "for tick in range(1, 80):\n"
        "    interrupted(lambda: WorkerClient(worker='scripted').workers(), tick / 4000)"
    ),
    "a request of a client that is closed": (
        "for tick in range(1, 80):\n    interrupted(client.workers, tick / 4000); client.close()"
    ),
    "the start of a run": (
        "for tick in range(1, 60):\n    interrupted(lambda: client.run('log 2'), tick / 3000)"
    ),
    "a wait for a run": (
        "for tick in range(1, 20):\n"
        "    run = client.run('story 20'); interrupted(run.wait, tick / 1000); del run"
    ),
    "the start of a run in a console": (
        CONSOLE + "for tick in range(1, 40):\n    interrupted(lambda: console.run('log 2'), tick / 2000)"
    ),
    "a console that connects": (
        "for tick in range(40):\n"
        "    console = WorkerConsole(worker='scripted'); time.sleep(tick / 1000); console.close()"
    ),
    "a console that starts a run": (
        "for tick in range(20):\n"
        "    console = WorkerConsole(worker='scripted'); console.run('story 20')\n"
        "    time.sleep(tick / 1000); console.close()"
    ),
}
"""What is interrupted or closed, at one moment after the other."""


@pytest.mark.parametrize("what", GIVEN_UP)
def test_what_is_given_up_midway_leaves_nothing_unawaited(home: Path, what: str) -> None:
    done = run(home, IMPORT + INTERRUPTS + GIVEN_UP[what] + "\ngc.collect()\n", *MODES["strict"])
    assert (done.returncode, INTERRUPTED_CALLBACK.sub("", done.stderr)) == (0, "")


@pytest.mark.parametrize("call", ["client.workers()", 'client.run("log 20")'])
def test_a_call_that_a_daemon_thread_begins_after_the_end_prints_nothing(home: Path, call: str) -> None:
    # Registered before the import: it runs after the loop has ended.
    begin = "import atexit, threading, time\nbegin = threading.Event()\n"
    begin += "atexit.register(lambda: (begin.set(), time.sleep(0.5)))\n"
    work = "client = WorkerClient(worker='scripted'); client.workers()\n"
    work += f"threading.Thread(target=lambda: (begin.wait(), {call}), daemon=True).start()"
    done = run(home, begin + IMPORT + work)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("what", PLAIN)
def test_the_process_ends_without_development_mode(home: Path, what: str) -> None:
    done = run(home, IMPORT + PROGRAMS[what])
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("first", [True, False], ids=["registered before the package", "registered after it"])
@pytest.mark.parametrize("what", AT_EXIT)
def test_an_exit_handler_does_not_keep_the_process(home: Path, what: str, first: bool) -> None:
    program, handler = AT_EXIT[what]
    define = f"{REFUSED}import atexit\ndef at_exit():\n    {handler}\n"
    register = "atexit.register(at_exit)\n"
    before, after = (register, "") if first else ("", register)
    done = run(home, define + before + IMPORT + program + "\n" + after, *MODES["strict"])
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "use", ["print(len(WorkerConsole().history.runs()))", "WorkerConsole().close()", "kept = WorkerConsole()"]
)
def test_a_host_that_does_not_start_does_not_keep_the_process(tmp_path: Path, use: str, mode: str) -> None:
    patient = (
        "from worker_widget.sources.worker_api.embedded import EmbeddedHost\n"
        "EmbeddedHost.__init__.__kwdefaults__['start_s'] = 1e9\n"
    )
    with open(tmp_path / "host.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # every host finds that another one is starting
        done = run(tmp_path, IMPORT + patient + use, *MODES[mode])
    assert (done.returncode, done.stderr) == (0, "")


def test_the_run_of_a_program_that_does_not_wait_goes_on(home: Path) -> None:
    first = run(home, IMPORT + LONG.replace("400", "3") + "print(run.run_id)")
    run_id = first.stdout.strip()
    later = run(home, IMPORT + f"print(WorkerClient(worker='scripted').get({run_id!r}).wait().status)")
    assert (later.stdout.strip(), later.stderr) == ("completed", "")


@pytest.mark.parametrize("what", ENDS)
@pytest.mark.parametrize("program", [CONSOLE, LONG], ids=["console", "run"])
def test_a_program_ends_with_its_own_status_and_words(home: Path, program: str, what: str) -> None:
    end, status, words = ENDS[what]
    done = run(home, IMPORT + program + end, *MODES["strict"])
    # The status of an interrupt is a signal, unless a thread imports a module meanwhile.
    assert done.returncode == status or (done.returncode == -signal.SIGINT and "KeyboardInterrupt" in end)
    last = done.stderr.strip().splitlines()[-1:] or [""]
    assert last[0].removeprefix("worker_widget.errors.").startswith(words)
    assert ("Traceback" in done.stderr) == bool(words)
