"""An error of this package in a notebook cell is one readable message; every frame is one command away."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from worker_widget import errors

from .host_support import HostProcess, environment

HINT = "%tb in the next cell shows every frame."

RAISED = {
    "RequestRefused": "raise RequestRefused('The brand is not JSON.', [Problem('brand', 'is not JSON')])",
    "UnknownWorker": "raise UnknownWorker('There is no such worker.')",
    "WorkerUnavailable": "raise WorkerUnavailable('It is coming soon.')",
    "RunUnknown": "raise RunUnknown('No such run.')",
    "KeyRefused": "raise KeyRefused('The key is wrong.')",
    "HostUnreachable": "raise HostUnreachable('Nothing answers.')",
    "HostNotStarted": "raise HostNotStarted('It exited with status 3.')",
    "ServerError": "raise ServerError('The answer is odd.', 500)",
    "RunFileError": "raise RunFileError('It is cut.')",
    "RunDiffers": "raise RunDiffers('It has other events.')",
    "FilesExist": "raise FilesExist('It is there.', [])",
    "HistoryError": "raise HistoryError('It is damaged.')",
    "PackageMissing": "raise PackageMissing('Install it.')",
    "SigningKeyError": "raise SigningKeyError('It is no key.')",
    "PositionUnknown": "raise PositionUnknown('There is no such stage.')",
    "SqlError": "raise SqlError('There is no such column.')",
    "RunTimeout": "raise RunTimeout('It is late.')",
    "WorkerWidgetError": "raise WorkerWidgetError('Something else.')",
}

CELLS = {
    "an address where nothing answers": (
        "WorkerClient(url='http://127.0.0.1:9').workers()",
        "HostUnreachable: Nothing answers at http://127.0.0.1:9",
    ),
    "an address that is not one": (
        "WorkerClient(url='ftp://x')",
        "RequestRefused: The url must start with http",
    ),
    "a brand that is not valid": (
        "WorkerClient(worker='scripted').run('log 1', brand={'company_name': 'Acme'})",
        "RequestRefused: The request was refused: brand.mission: Field required",
    ),
    "a task that is too short": (
        "WorkerClient(worker='scripted').run('hi')",
        "RequestRefused: The request was refused: task: String should have at least 5 characters",
    ),
    "a worker that is not there": (
        "WorkerClient(worker='none').run('log 1')",
        "UnknownWorker: There is no worker",
    ),
    "a worker that is coming": (
        "WorkerClient(worker='later').run('log 1')",
        "WorkerUnavailable: Later cannot",
    ),
    "a run that is not there": ("WorkerClient(worker='scripted').get('r1')", "RunUnknown: "),
    "a run that is late": ("WorkerClient(worker='scripted').run('story 400').wait(0.01)", "RunTimeout: Run "),
    "a run that is late, awaited": (
        "import asyncio\nawait asyncio.to_thread(WorkerClient(worker='scripted').run('hold on').wait, 0.01)",
        "RunTimeout: Run ",
    ),
    "an argument of the console": ("WorkerConsole(height=3)", "RequestRefused: height must be at least 320"),
    "a brand of the console": ("WorkerConsole(brand={'a': object()})", "RequestRefused: The brand cannot be"),
    "a run of the console": ("WorkerConsole(worker='scripted').run('hi')", "RequestRefused: The request was"),
    "a file that is no run": (
        "load_run('/dev/null')",
        "RunFileError: /dev/null is not complete",
    ),
    "a history without the run": ("RunHistory().events('r1')", "RunUnknown: "),
}


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlockingKernelClient]:
    home = tmp_path_factory.mktemp("home")
    host = HostProcess(home)
    host.state()
    manager, client = start_new_kernel(kernel_name="python3", env=environment(home))
    cell(client, "import worker_widget\nfrom worker_widget import *\nfrom worker_widget.errors import *")
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    host.close()


def cell(client: BlockingKernelClient, code: str) -> list[str] | None:
    """The traceback that the cell shows, without colours; ``None`` if it raises nothing."""
    shown: list[str] = []

    def output(message: dict[str, Any]) -> None:
        if message["msg_type"] == "error":
            shown.extend(message["content"]["traceback"])
        elif message["msg_type"] == "stream":
            shown.append(message["content"]["text"])

    client.execute_interactive(code, output_hook=output, timeout=120)
    text = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(shown))
    return text.rstrip().splitlines() or None


def test_there_is_a_case_for_every_error() -> None:
    classes = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
    raised = {name for name in classes if issubclass(getattr(errors, name), errors.WorkerWidgetError)}
    assert set(RAISED) == raised


@pytest.mark.parametrize("name", RAISED)
def test_each_error_is_its_name_its_message_and_the_users_line(
    kernel: BlockingKernelClient, name: str
) -> None:
    shown = cell(kernel, f"# a cell\n{RAISED[name]}")
    assert shown is not None
    message = re.search(r"'(.*?)'", RAISED[name])
    assert message is not None
    assert shown[0] == f"{name}: {message[1]}"
    assert re.fullmatch(rf"  Cell In\[\d+\], line 2: {re.escape(RAISED[name])}", shown[1])
    assert shown[2:] == [HINT]


@pytest.mark.parametrize("what", CELLS)
def test_a_cell_shows_no_frames_of_the_package(kernel: BlockingKernelClient, what: str) -> None:
    code, start = CELLS[what]
    shown = cell(kernel, code)
    assert shown is not None
    assert shown[0].startswith(start)
    assert len(shown) == 3
    assert shown[1].endswith(code.splitlines()[-1])
    assert shown[2] == HINT


def test_every_frame_and_cause_is_shown_afterwards(kernel: BlockingKernelClient) -> None:
    cell(kernel, "WorkerClient(url='http://127.0.0.1:9').workers()")
    shown = "\n".join(cell(kernel, "%tb") or [])
    assert "transport.py" in shown
    assert "ConnectError" in shown
    assert "The above exception was the direct cause" in shown


def test_the_users_own_functions_and_the_error_that_they_handled_are_shown(
    kernel: BlockingKernelClient,
) -> None:
    code = """
    def look_up():
        try:
            {}["key"]
        except KeyError:
            WorkerClient(url="ftp://x")
    look_up()
    """
    shown = cell(kernel, textwrap.dedent(code).strip())
    assert shown is not None
    assert shown[0].startswith("RequestRefused: ")
    assert [line.partition("], ")[2] for line in shown[1:3]] == [
        "line 6: look_up()",
        'line 5, in look_up: WorkerClient(url="ftp://x")',
    ]
    assert shown[3:] == ["  while handling KeyError: 'key'", HINT]


def test_another_error_raised_from_one_of_the_package_has_its_usual_traceback(
    kernel: BlockingKernelClient,
) -> None:
    code = "try:\n    WorkerClient(url='ftp://x')\nexcept worker_widget.RequestRefused as error:\n"
    shown = "\n".join(cell(kernel, code + "    raise ValueError('mine') from error") or [])
    assert "ValueError: mine" in shown
    assert "RequestRefused: The url must start with" in shown


def script(home: Path, code: str, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command, code],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_terminal_of_ipython_shows_the_same_without_colours(tmp_path: Path) -> None:
    shown = script(
        tmp_path,
        "from worker_widget import WorkerClient; WorkerClient(url='ftp://x')",
        "-m",
        "IPython",
        "--no-banner",
        "--colors=nocolor",
        "-c",
    )
    first, *_, last = shown.strip().splitlines()
    assert first.startswith("RequestRefused: The url must start with")
    assert "\x1b[" not in shown
    assert last == HINT
    assert "endpoint_settings.py" not in shown


def test_plain_python_shows_its_usual_traceback(tmp_path: Path) -> None:
    shown = script(tmp_path, "from worker_widget import WorkerClient; WorkerClient(url='ftp://x')", "-c")
    assert shown.startswith("Traceback (most recent call last):")
    assert "endpoint_settings.py" in shown
    assert HINT not in shown
