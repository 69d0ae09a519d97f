"""The embedded host as a client finds and starts it: real processes, real sockets, a home of its own."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import stat
import sys
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
from worker_widget.sources.worker_api.client import AsyncWorkerClient
from worker_widget.sources.worker_api.embedded import EmbeddedHost
from worker_widget.sources.worker_api.follow import EventBatch, Patience, StreamLink, follow

from .quirky_server import QuirkyServer, Reply

ROOT = Path(__file__).parents[2]
HOST = (sys.executable, "-m", "tests.contract.host_support")
STATE = {"pid": 1, "token": "the-token", "version": __version__, "started_at": "2026-01-01T00:00:00+00:00"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory."""
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "src")]))
    return tmp_path


@pytest.fixture
def host_home(home: Path) -> Iterator[Path]:
    """A home directory whose host does not outlive the test."""
    yield home
    kill_host(home)


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


async def test_a_host_is_started_once_and_serves(host_home: Path) -> None:
    async with scripted_client() as client:
        assert "scripted" in [info.id for info in await client.workers()]
        first = await client.endpoint()
        assert (first.origin.rpartition(":")[0], first.prefix) == ("http://127.0.0.1", "/api/v1")
        pid = host_pid(host_home)
        assert stat.S_IMODE((host_home / "host.json").stat().st_mode) == 0o600
        assert await EmbeddedHost(command=saying("not needed", 9)).resolve() == first
        with pytest.raises(UnknownWorker, match="Known: scripted"):
            await client.start(RunRequest(task="log 1"), worker="no-such-worker")
        assert host_pid(host_home) == pid


async def test_the_host_outlives_an_interrupt_of_whoever_started_it(host_home: Path) -> None:
    async with scripted_client() as client:
        await client.workers()
        assert os.getpgid(host_pid(host_home)) != os.getpgid(0)
        assert os.getsid(host_pid(host_home)) != os.getsid(0)


async def test_kernels_that_start_at_the_same_time_end_with_one_host(host_home: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from worker_widget.sources.worker_api.embedded import EmbeddedHost\n"
        f"endpoint = asyncio.run(EmbeddedHost(command={HOST!r}).resolve())\n"
        "print(endpoint.origin, endpoint.key)\n"
    )
    kernels = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
        for _ in range(3)
    ]
    found = {(await kernel.communicate())[0].decode() for kernel in kernels}
    assert [kernel.returncode for kernel in kernels] == [0, 0, 0]
    assert len(found) == 1
    port = int(found.pop().split()[0].rpartition(":")[2])
    assert json.loads((host_home / "host.json").read_bytes())["port"] == port


async def test_a_run_whose_host_is_killed_fails_with_the_reason_and_keeps_what_had_arrived(
    host_home: Path,
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
                os.kill(host_pid(host_home), signal.SIGKILL)
        assert phases == ["connecting", "live", "reconnecting", "live", "ended"]
        ids = [int(event.id or 0) for event in events if event.id]
        assert ids == list(range(1, len(ids) + 1)), "nothing lost, nothing twice"
        ends = [event.data for event in events if isinstance(event.data, RunFailed)]
        assert len(ends) == 1
        assert ends[0].error
        assert (await client.start(RunRequest(task="log 1"))).run_id != run.run_id, "the new host takes runs"


async def test_a_start_reaches_a_host_that_ended_meanwhile(host_home: Path) -> None:
    async with scripted_client() as client:
        await client.workers()
        old = await client.endpoint()
        kill_host(host_home)
        assert (await client.start(RunRequest(task="log 1"))).run_id
        assert (await client.endpoint()).key != old.key


async def test_the_host_gets_no_key_of_the_kernel(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORKER_API_KEY", "WORKER_URL", "OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    code = "import json, os, sys; json.dump(dict(os.environ), open('environment.json', 'w')); sys.exit(9)"
    with pytest.raises(HostNotStarted):
        await EmbeddedHost(command=(sys.executable, "-S", "-c", code)).resolve()
    environment = json.loads((home / "environment.json").read_text())
    assert "secret" not in environment.values()
    assert environment["WORKER_WIDGET_HOME"] == str(home)
    assert environment["LC_ALL"] == "C.UTF-8"
    assert environment["PATH"] == os.environ["PATH"]


MODEL = {
    "WORKER_LLM_URL": "http://127.0.0.1:9/v1",
    "WORKER_LLM_MODEL": "paper-7b",
    "WORKER_LLM_KEY": "sk-paper-0123456789",
}


def files_with(directory: Path, text: str) -> list[str]:
    return [path.name for path in directory.iterdir() if text.encode() in path.read_bytes()]


async def test_the_host_gets_the_language_model_of_the_kernel(
    host_home: Path, monkeypatch: pytest.MonkeyPatch
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
    assert not files_with(host_home, MODEL["WORKER_LLM_KEY"])


async def test_a_host_with_another_language_model_is_not_used_in_silence(
    host_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = EmbeddedHost(command=HOST)
    first = await source.resolve()
    for name, value in MODEL.items():
        monkeypatch.setenv(name, value)
    for asked in (source, EmbeddedHost(command=HOST)):
        with pytest.raises(
            HostNotStarted, match=rf"other WORKER_LLM_\* .* kill {host_pid(host_home)}"
        ) as caught:
            await asked.resolve()
        assert MODEL["WORKER_LLM_KEY"] not in str(caught.value)
    os.kill(host_pid(host_home), signal.SIGTERM)
    wait_until_gone(host_pid(host_home))
    second = await source.resolve()
    assert second.key != first.key
    assert await EmbeddedHost(command=HOST).resolve() == second
    for name in MODEL:
        monkeypatch.delenv(name)
    assert await EmbeddedHost(command=HOST).resolve() == second, (
        "a kernel that names none takes what there is"
    )


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
    code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    with pytest.raises(HostNotStarted, match=r"did not answer within 0\.5 s"):
        await EmbeddedHost(command=(sys.executable, "-S", "-c", code), start_s=0.5).resolve()
    wait_until_gone(int((home / "pid").read_text()))


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


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606, 0o700])
async def test_a_state_file_that_others_could_touch_is_not_trusted(home: Path, mode: int) -> None:
    write_state(home, port=1).chmod(mode)
    with pytest.raises(HostNotStarted, match=f"mode {mode:04o}.*Remove it"):
        await EmbeddedHost(command=saying("not reached", 9)).resolve()


async def test_a_state_file_that_is_a_link_is_not_followed(
    home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write_state(elsewhere, port=1)
    (home / "host.json").symlink_to(elsewhere / "host.json")
    with pytest.raises(HostNotStarted, match="cannot be read"):
        await EmbeddedHost(command=saying("not reached", 9)).resolve()


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


async def test_a_running_host_of_a_far_version_is_named(home: Path) -> None:
    async with QuirkyServer() as server:
        server.on("GET", "/api/v1/health", Reply(body={"status": "healthy", "version": "999.0"}))
        write_state(home, port=int(server.origin.rpartition(":")[2]), pid=1)
        with pytest.raises(HostNotStarted, match=r"\(process 1\) has version 999\.0.*kill 1"):
            await EmbeddedHost(command=saying("not reached", 9)).resolve()


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
