"""The embedded host as a client finds and starts it: real processes, real sockets, a home of its own."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import re
import signal
import socket
import stat
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from worker_widget import __version__, cli
from worker_widget.errors import HostNotStarted, UnknownWorker
from worker_widget.events import RunFailed
from worker_widget.events.run_request import RunRequest
from worker_widget.host.runs.registry import MODELS
from worker_widget.sources.run_source import EventBatch, StreamLink
from worker_widget.sources.worker_api import embedded
from worker_widget.sources.worker_api.client import AsyncWorkerClient
from worker_widget.sources.worker_api.embedded import EmbeddedHost
from worker_widget.sources.worker_api.follow import Patience, follow

from ..killing import processes_of, until
from .quirky_server import QuirkyServer, Reply

ROOT = Path(__file__).parents[2]
HOST = (sys.executable, "-m", "tests.contract.host_support")
STATE = {"pid": 1, "token": "the-token", "version": __version__, "started_at": "2026-01-01T00:00:00+00:00"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home directory. No host for it outlives the test, not even one that was about to start."""
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "src")]))
    yield tmp_path
    while left := processes_of(tmp_path):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def kill_host(home: Path) -> None:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(host_pid(home), signal.SIGKILL)
    with open(home / "host.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # held as long as the process lives


def wait_until_gone(pid: int) -> None:
    for _ in range(12_000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} is still there")


def host_pid(home: Path) -> int:
    return int(json.loads((home / "host.json").read_bytes())["pid"])


def write_state(home: Path, **more: Any) -> Path:
    path = home / "host.json"
    path.write_text(json.dumps({**STATE, **more}))
    path.chmod(0o600)
    return path


@asynccontextmanager
async def scripted_client() -> AsyncIterator[AsyncWorkerClient]:
    client = AsyncWorkerClient(EmbeddedHost(command=HOST), "scripted")
    try:
        yield client
    finally:
        await client.aclose()


def saying(words: str, status: int) -> tuple[str, ...]:
    """A host that cannot start."""
    return (sys.executable, "-S", "-c", f"import sys; print({words!r}, file=sys.stderr); sys.exit({status})")


async def test_a_host_is_started_once_and_serves(home: Path) -> None:
    async with scripted_client() as client:
        assert "scripted" in [info.id for info in await client.workers()]
        first = await client.endpoint()
        assert (first.origin.rpartition(":")[0], first.prefix) == ("http://127.0.0.1", "/api/v1")
        pid = host_pid(home)
        assert stat.S_IMODE((home / "host.json").stat().st_mode) == 0o600
        assert await EmbeddedHost(command=saying("not needed", 9)).resolve() == first
        with pytest.raises(UnknownWorker, match="Known: scripted"):
            await client.start(RunRequest(task="log 1"), worker="no-such-worker")
        assert host_pid(home) == pid


async def test_the_host_outlives_an_interrupt_of_whoever_started_it(home: Path) -> None:
    async with scripted_client() as client:
        await client.workers()
        assert os.getpgid(host_pid(home)) != os.getpgid(0)
        assert os.getsid(host_pid(home)) != os.getsid(0)


async def test_five_kernels_that_start_at_the_same_time_end_with_one_host(home: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from worker_widget.sources.worker_api.embedded import EmbeddedHost\n"
        f"endpoint = asyncio.run(EmbeddedHost(command={HOST!r}).resolve())\n"
        "print(endpoint.origin, endpoint.key)\n"
    )
    kernels = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
        for _ in range(5)
    ]
    found = {(await kernel.communicate())[0].decode() for kernel in kernels}
    assert [kernel.returncode for kernel in kernels] == [0] * 5
    assert len(found) == 1
    port = int(found.pop().split()[0].rpartition(":")[2])
    assert json.loads((home / "host.json").read_bytes())["port"] == port


async def test_a_run_whose_host_is_killed_fails_with_the_reason_and_keeps_what_had_arrived(
    home: Path,
) -> None:
    patience = Patience(first_retry_s=0.05, retry_s=0.1, grace_s=0.2)
    events = []
    phases = []
    async with scripted_client() as client, asyncio.timeout(120):
        run = await client.start(RunRequest(task="log 3; hold on"))
        async for item in follow(client, run.run_id, patience=patience):
            if isinstance(item, StreamLink):
                phases.append(item.phase)
                continue
            assert isinstance(item, EventBatch)
            events += item.events
            if events[-1].type == "log" and "reconnecting" not in phases:
                os.kill(host_pid(home), signal.SIGKILL)
        assert phases == ["connecting", "live", "reconnecting", "live", "ended"]
        ids = [int(event.id or 0) for event in events if event.id]
        assert ids == list(range(1, len(ids) + 1)), "nothing lost, nothing twice"
        ends = [event.data for event in events if isinstance(event.data, RunFailed)]
        assert len(ends) == 1
        assert ends[0].error
        assert (await client.start(RunRequest(task="log 1"))).run_id != run.run_id, "the new host takes runs"


async def test_a_start_reaches_a_host_that_ended_meanwhile(home: Path) -> None:
    async with scripted_client() as client:
        await client.workers()
        old = await client.endpoint()
        kill_host(home)
        assert (await client.start(RunRequest(task="log 1"))).run_id
        assert (await client.endpoint()).key != old.key


async def test_the_host_gets_no_key_of_the_kernel(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORKER_API_KEY", "WORKER_URL", "OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    network = {
        "HTTPS_PROXY": "http://proxy.example:3128",
        "all_proxy": "http://proxy.example:3128",
        "no_proxy": "intern.example",
        "SSL_CERT_FILE": "/etc/ssl/own.pem",
        "SSL_CERT_DIR": "/etc/ssl/own",
    }
    for name, value in network.items():
        monkeypatch.setenv(name, value)
    code = "import json, os, sys; json.dump(dict(os.environ), open('environment.json', 'w')); sys.exit(9)"
    with pytest.raises(HostNotStarted):
        await EmbeddedHost(command=(sys.executable, "-S", "-c", code)).resolve()
    environment = json.loads((home / "environment.json").read_text())
    assert "secret" not in environment.values()
    assert environment["WORKER_WIDGET_HOME"] == str(home)
    assert environment["LC_ALL"] == "C.UTF-8"
    assert network.items() <= environment.items()
    assert environment["PATH"] == os.environ["PATH"]


MODEL = {
    "WORKER_LLM_URL": "http://127.0.0.1:9/v1",
    "WORKER_LLM_MODEL": "paper-7b",
    "WORKER_LLM_KEY": "sk-paper-0123456789",
}


def files_with(directory: Path, text: str) -> list[str]:
    return [path.name for path in directory.iterdir() if text.encode() in path.read_bytes()]


async def test_the_host_gets_the_language_model_of_the_kernel(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in MODEL.items():
        monkeypatch.setenv(name, value)
    client = AsyncWorkerClient(EmbeddedHost(), "business-builder")
    try:
        run = await client.run_whole(
            RunRequest(task="A tool for podcasters", options={"pace": 0, "writer": "model"})
        )
    finally:
        await client.aclose()
    assert run.status == "failed"
    assert "http://127.0.0.1:9 cannot be reached" in (run.error or "")
    assert not files_with(home, MODEL["WORKER_LLM_KEY"])


async def test_a_language_model_that_is_named_later_is_used_by_the_same_host(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = AsyncWorkerClient(EmbeddedHost(), "business-builder")
    try:
        assert (await client.health()).language_model is None
        pid = host_pid(home)
        for number in (9, 7):
            for name, value in {**MODEL, "WORKER_LLM_URL": f"http://127.0.0.1:{number}/v1"}.items():
                monkeypatch.setenv(name, value)
            run = await client.run_whole(
                RunRequest(task="A tool for podcasters", options={"pace": 0, "writer": "model"})
            )
            assert f"http://127.0.0.1:{number} cannot be reached" in (run.error or "")
        assert host_pid(home) == pid
    finally:
        await client.aclose()
    assert not files_with(home, MODEL["WORKER_LLM_KEY"])


async def test_a_language_model_of_another_computer_gets_its_key_by_https_alone_unless_it_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**MODEL, "WORKER_LLM_URL": "http://models.invalid/v1"}.items():
        monkeypatch.setenv(name, value)
    client = AsyncWorkerClient(EmbeddedHost(), "business-builder")
    request = RunRequest(task="A tool for podcasters", options={"pace": 0, "writer": "model"})
    try:
        assert "WORKER_HTTP_HOSTS" in ((await client.run_whole(request)).error or "")
        pid = host_pid(home)
        monkeypatch.setenv("WORKER_HTTP_HOSTS", "models.invalid")
        again = AsyncWorkerClient(EmbeddedHost(), "business-builder")
        try:
            assert "cannot be reached" in ((await again.run_whole(request)).error or "")
        finally:
            await again.aclose()
        assert host_pid(home) == pid
    finally:
        await client.aclose()


async def test_each_kernel_has_its_own_language_model_at_one_host(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = EmbeddedHost(command=HOST)
    first = await source.resolve()
    for name, value in MODEL.items():
        monkeypatch.setenv(name, value)
    second = await source.resolve()
    assert (second.origin, second.key) == (first.origin, first.key)
    assert second.language_model
    assert MODEL["WORKER_LLM_KEY"] not in f"{second} {second.headers()}"
    assert await EmbeddedHost(command=HOST).resolve() == second
    monkeypatch.setenv("WORKER_LLM_MODEL", "paper-70b")
    third = await EmbeddedHost(command=HOST).resolve()
    assert third.language_model not in ("", second.language_model)
    for name in MODEL:
        monkeypatch.delenv(name)
    assert await source.resolve() == first, "a kernel that names none takes what the host has"


async def test_a_language_model_that_the_host_has_forgotten_is_registered_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKER_LLM_MODEL", "unused")
    async with scripted_client() as client:
        await client.workers()
        monkeypatch.setenv("WORKER_LLM_MODEL", "first")
        await client.workers()
        for number in range(MODELS):
            monkeypatch.setenv("WORKER_LLM_MODEL", f"other {number}")
            await EmbeddedHost(command=HOST).resolve()
        monkeypatch.setenv("WORKER_LLM_MODEL", "first")
        assert "scripted" in [info.id for info in await client.workers()]


async def test_the_host_finds_the_package_from_another_directory(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PYTHONPATH", "src")
    code = "import worker_widget, sys; sys.exit('found ' + worker_widget.__file__)"
    with pytest.raises(HostNotStarted, match=f"found {ROOT}/src/worker_widget"):
        await EmbeddedHost(command=(sys.executable, "-c", code)).resolve()


# --- what can be wrong ------------------------------------------------------------------------------------


async def test_a_host_that_cannot_start_is_quoted(home: Path) -> None:
    with pytest.raises(HostNotStarted) as failed:
        await EmbeddedHost(command=saying("the disk is full", 5)).resolve()
    assert "exited with status 5" in str(failed.value)
    assert "the disk is full" in str(failed.value)
    assert str(home / "host.log") in str(failed.value)
    assert "worker-widget host" in str(failed.value)


async def test_a_host_that_says_nothing_is_quoted_from_its_log(home: Path) -> None:
    (home / "host.log").write_text("long ago\nthe store is broken\n")
    with pytest.raises(HostNotStarted, match="the store is broken"):
        await EmbeddedHost(command=(sys.executable, "-S", "-c", "raise SystemExit(1)")).resolve()


async def test_a_host_that_never_answers_is_ended(home: Path) -> None:
    command = (sys.executable, "-S", "-c", "import time; time.sleep(600)")
    with pytest.raises(HostNotStarted, match=r"did not answer within 0\.5 s"):
        await EmbeddedHost(command=command, start_s=0.5).resolve()
    until(lambda: not processes_of(home), "the end of the host")


async def test_a_lock_whose_holder_does_not_answer(home: Path) -> None:
    with pytest.raises(HostNotStarted, match="holds the lock but does not answer"):
        await EmbeddedHost(command=saying("running already", 3), start_s=0.5).resolve()


async def test_a_command_that_does_not_exist(home: Path) -> None:
    with pytest.raises(HostNotStarted, match="cannot be executed"):
        await EmbeddedHost(command=("/no/such/python",)).resolve()


async def test_a_home_that_cannot_be_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(home / "file" / "below"))
    with pytest.raises(HostNotStarted, match="WORKER_WIDGET_HOME"):
        await EmbeddedHost().resolve()


def deny(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Let this process find that its user may not write to a file or directory, also if it is root."""
    access = os.access
    monkeypatch.setattr(os, "access", lambda asked, mode: Path(asked) != path and access(asked, mode))


@pytest.mark.parametrize("denied", ["", "host.lock", "host.db"])
async def test_a_home_or_host_files_of_another_user_do_not_keep_the_host_from_starting(
    home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, denied: str
) -> None:
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    (home / denied).touch()
    deny(monkeypatch, home / denied)
    code = "import os; raise SystemExit(os.getcwd())"
    for _ in range(2):
        source = EmbeddedHost(command=(sys.executable, "-S", "-c", code))
        with pytest.raises(HostNotStarted, match=f"output: {temporary}/worker-widget-"):
            await source.resolve()
        assert f"keeps its files in {temporary}/worker-widget-" in source.news
    (directory,) = temporary.iterdir()
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    directory.chmod(0o755)
    with pytest.raises(HostNotStarted, match="not private to you"):
        await EmbeddedHost().resolve()


MODELESS = """
import os

given = os.open
home = os.environ["WORKER_WIDGET_HOME"]

def modeless(path, flags, *more, **named):
    file = given(path, flags, *more, **named)
    if os.fspath(path).startswith(home) and flags & os.O_CREAT:
        os.chmod(path, {mode})
    return file

os.open = modeless
"""
"""Makes the files of the home have one mode, as on a share of Windows."""


@pytest.mark.parametrize("mode", [0o777, 0o700])
async def test_a_home_whose_files_cannot_be_private_does_not_keep_the_host_from_starting(
    home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    temporary, start = tmp_path_factory.mktemp("temporary"), tmp_path_factory.mktemp("start")
    (start / "sitecustomize.py").write_text(MODELESS.format(mode=mode))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(start), str(ROOT), str(ROOT / "src")]))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(os, "open", os.open)  # given back after the test
    exec(MODELESS.format(mode=mode), {})
    source = EmbeddedHost(command=HOST)
    try:
        known = await source.resolve()
        assert f"keeps its files in {temporary}/worker-widget-" in source.news
        assert "cannot be private to you there" in source.news
        assert await EmbeddedHost(command=HOST).resolve() == known, "the host is found again"
        assert os.listdir(home) == []
    finally:
        kill_host(*temporary.iterdir())


@pytest.mark.parametrize("number", ["ENOLCK", "EOPNOTSUPP", "ENOSYS"])
async def test_a_home_whose_files_cannot_be_locked_is_named_with_what_to_set(home: Path, number: str) -> None:
    code = (
        "import errno, fcntl, os, runpy, sys\n"
        f"def flock(*_): raise OSError(errno.{number}, os.strerror(errno.{number}))\n"
        "fcntl.flock = flock\n"
        "runpy.run_module('worker_widget.host', run_name='__main__')"
    )
    with pytest.raises(
        HostNotStarted, match=f"{re.escape(str(home))} cannot be used .* set WORKER_WIDGET_HOME"
    ):
        await EmbeddedHost(command=(sys.executable, "-c", code)).resolve()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606, 0o700])
async def test_a_state_file_that_others_could_touch_is_removed_and_not_used(home: Path, mode: int) -> None:
    async with QuirkyServer() as server:
        server.on("GET", "/api/v1/health", Reply(body={"status": "healthy", "version": __version__}))
        path = write_state(home, port=int(server.origin.rpartition(":")[2]))
        path.chmod(mode)
        with pytest.raises(HostNotStarted, match="trying anew"):
            await EmbeddedHost(command=saying("trying anew", 9)).resolve()
        assert not server.seen
    assert not path.exists()


async def test_a_host_whose_state_file_others_could_touch_writes_it_again(home: Path) -> None:
    async with scripted_client() as client:
        known = await client.endpoint()
        pid = host_pid(home)
        (home / "host.json").chmod(0o644)
        assert await EmbeddedHost(command=HOST).resolve() == known
        assert host_pid(home) == pid
        assert stat.S_IMODE((home / "host.json").stat().st_mode) == 0o600


async def test_a_state_file_that_is_a_link_is_not_followed(
    home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write_state(elsewhere, port=1)
    (home / "host.json").symlink_to(elsewhere / "host.json")
    with pytest.raises(HostNotStarted, match="trying anew"):
        await EmbeddedHost(command=saying("trying anew", 9)).resolve()
    assert (elsewhere / "host.json").exists()


async def test_a_state_file_that_cannot_be_removed_is_named(home: Path) -> None:
    (home / "host.json").mkdir()
    with pytest.raises(HostNotStarted, match=r"host\.json cannot be read .* Remove it and try again"):
        await EmbeddedHost(command=saying("not reached", 9)).resolve()


async def test_a_stale_state_file_whose_process_id_another_process_has_now(home: Path) -> None:
    wait = (sys.executable, "-S", "-c", "input()")
    other = await asyncio.create_subprocess_exec(*wait, stdin=asyncio.subprocess.PIPE)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        write_state(home, pid=other.pid, port=closed.getsockname()[1])
    await EmbeddedHost(command=HOST).resolve()
    assert host_pid(home) != other.pid
    await other.communicate(b"\n")
    assert other.returncode == 0, "it was left alone"


async def test_a_host_that_is_killed_while_it_starts_is_started_again(home: Path) -> None:
    killed = "import os, signal, sys; sys.argv.pop(0)\n"
    killed += "if not os.path.exists('killed'):\n"
    killed += "    open('killed', 'w').close(); os.kill(os.getpid(), signal.SIGKILL)\n"
    killed += "os.execv(sys.executable, [sys.executable, *sys.argv])"
    await EmbeddedHost(command=(sys.executable, "-S", "-c", killed, *HOST[1:])).resolve()
    assert (home / "killed").exists()


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"port": "x"}', "\x00"])
async def test_a_state_file_without_sense_means_starting_anew(home: Path, content: str) -> None:
    write_state(home).write_text(content)
    with pytest.raises(HostNotStarted, match="trying anew"):
        await EmbeddedHost(command=saying("trying anew", 9)).resolve()


@pytest.mark.parametrize(
    "reply",
    [Reply(401, {"detail": "Invalid API key"}), Reply(200, "<html>"), Reply(200, []), Reply(404, "")],
)
async def test_a_stranger_on_the_port_is_not_taken_for_the_host(home: Path, reply: Reply) -> None:
    async with QuirkyServer() as server:
        server.on("GET", "/api/v1/health", reply)
        write_state(home, port=int(server.origin.rpartition(":")[2]))
        with pytest.raises(HostNotStarted, match="trying anew"):
            await EmbeddedHost(command=saying("trying anew", 9)).resolve()


async def test_a_running_host_of_a_near_version_is_used_with_its_token(home: Path) -> None:
    near = __version__.partition(".")[0].partition("+")[0] + ".999.0"
    async with QuirkyServer() as server:
        server.on("GET", "/api/v1/health", Reply(body={"status": "healthy", "version": near}))
        write_state(home, port=int(server.origin.rpartition(":")[2]))
        endpoint = await EmbeddedHost(command=saying("not needed", 9)).resolve()
        assert (endpoint.origin, endpoint.key) == (server.origin, "the-token")
        assert server.seen[0].headers["x-aos-key"] == "the-token"
    assert "the-token" not in repr(endpoint)


async def test_a_running_host_of_a_later_generation_is_named(home: Path) -> None:
    async with QuirkyServer() as server:
        server.on("GET", "/api/v1/health", Reply(body={"status": "healthy", "version": "999.0"}))
        write_state(home, port=int(server.origin.rpartition(":")[2]), pid=1)
        with pytest.raises(HostNotStarted, match=r"\(process 1\) has version 999\.0.*Install that version"):
            await EmbeddedHost(command=saying("not reached", 9)).resolve()


async def test_an_older_host_that_keeps_its_place_is_named(home: Path) -> None:
    async with QuirkyServer() as server:
        server.on("GET", "/api/v1/health", Reply(body={"status": "healthy", "version": "0.0.1"}))
        server.on("POST", "/api/v1/retire", Reply(404, ""))
        write_state(home, port=int(server.origin.rpartition(":")[2]), pid=1)
        with pytest.raises(HostNotStarted, match=r"version 0\.0\.1.* End it: kill 1"):
            await EmbeddedHost(command=saying("not reached", 9)).resolve()


@pytest.mark.parametrize(
    ("version", "older"),
    [
        *((version, True) for version in ("0", "0.0.9", "0.1.0rc1", "0.1.0.dev3+g1")),
        *(
            (version, False)
            for version in ("0.1", "0.1.0", "0.1.0.post1", "0.1.0+local", "0.1.1", "1.0", "?")
        ),
    ],
)
def test_which_version_is_older(monkeypatch: pytest.MonkeyPatch, version: str, older: bool) -> None:
    monkeypatch.setattr(embedded, "__version__", "0.1.0")
    assert embedded._is_older(version) is older


async def test_on_windows_the_embedded_host_is_refused_with_what_to_do(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(HostNotStarted, match=r"runs on Linux and macOS; on Windows use it in WSL.* url of"):
        await EmbeddedHost().resolve()


def test_on_windows_the_command_says_where_the_host_runs(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert cli.main(["host"]) == 6
    assert "runs on Linux and macOS" in capsys.readouterr().err
