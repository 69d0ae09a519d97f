"""``WorkerClient(agui=...)`` and ``WorkerConsole(agui=...)`` on a host with a worker of that id."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import comm
import pytest

from worker_widget import Run, WorkerClient, WorkerConsole, settings
from worker_widget.errors import RequestRefused
from worker_widget.host.process.threaded import ThreadedHost

from .asking_worker import AskingWorker
from .host_support import ScriptedWorker
from .test_console import RecordingComm, View, wait_until
from .test_secrets import KEY, VALUE, files_with

URL = "http://127.0.0.1:8000/agent"
HEADERS = {"Authorization": VALUE}
DIGEST = repr({"Authorization": hashlib.sha256(VALUE.encode()).hexdigest()})


@pytest.fixture(autouse=True)
def recording_comm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "create_comm", RecordingComm)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("host")


@pytest.fixture(scope="module")
def host(directory: Path) -> Iterator[ThreadedHost]:
    workers = {"agui": AskingWorker(), "scripted": ScriptedWorker()}
    with ThreadedHost(directory, workers) as running:
        yield running


@pytest.fixture
def client(host: ThreadedHost) -> Iterator[WorkerClient]:
    made = WorkerClient(agui=URL, headers=HEADERS, url=host.url, api_key=host.token)
    yield made
    made.close()


@pytest.fixture
def console(host: ThreadedHost) -> Iterator[WorkerConsole]:
    made = WorkerConsole(agui=URL, headers=HEADERS, url=host.url, api_key=host.token, task="digest them")
    yield made
    made.close()


def options_of(run: Run) -> dict[str, Any]:
    assert run.request is not None
    return dict(run.request.options)


class TestClient:
    def test_the_worker_gets_address_headers_and_conversation(self, client: WorkerClient) -> None:
        run = client.run("digest them").wait()
        assert run.artifacts["digest.txt"].text == DIGEST
        first = options_of(run)
        assert first["url"] == URL
        assert options_of(client.run("nothing more").wait())["thread_id"] == first["thread_id"]
        client.new_conversation()
        assert options_of(client.run("nothing more").wait())["thread_id"] != first["thread_id"]

    def test_a_replay_has_the_headers_again(self, client: WorkerClient) -> None:
        again = client.run("digest them").wait().replay().wait()
        assert again.artifacts["digest.txt"].text == DIGEST
        assert again.state.verified == {"identical": True, "artifacts": again.state.verified["artifacts"]}

    def test_another_worker_does_not_get_them(self, client: WorkerClient) -> None:
        assert client.run("log 1", worker="scripted").wait().success

    def test_another_address_does_not_get_them(self, client: WorkerClient) -> None:
        with pytest.raises(RequestRefused, match="This is for the agent at"):
            client.run("digest them", url="http://127.0.0.1:9/other")

    def test_secrets_of_one_run_need_no_agent(self, host: ThreadedHost) -> None:
        plain = WorkerClient("agui", url=host.url, api_key=host.token)
        run = plain.run("digest them", secrets=HEADERS).wait()
        assert run.artifacts["digest.txt"].text == DIGEST
        assert run.replay().wait().artifacts["digest.txt"].text == "{}"
        assert run.replay(secrets=HEADERS).wait().artifacts["digest.txt"].text == DIGEST
        with pytest.raises(RequestRefused, match="is not a secret of this worker; it takes none") as caught:
            plain.run("log 1", worker="scripted", secrets=HEADERS)
        assert KEY not in str(caught.value)
        plain.close()


class TestConsole:
    def test_python_and_the_browser_start_runs_of_the_agent(self, console: WorkerConsole) -> None:
        view = View(console)
        view.hello()
        wait_until(lambda: console._session.controller.shown.form.workers)
        assert console.worker == "agui"
        assert repr(console) == "WorkerConsole(worker='agui', agui='http://127.0.0.1:8000')"
        run = console.run().wait()
        assert run.artifacts["digest.txt"].text == DIGEST
        started = view.result(
            "run.start", worker="agui", task="digest them", options={"url": "http://other", "thread_id": "x"}
        )
        other = console.current_run
        assert other is not None
        assert other.run_id == started["run_id"]
        assert other.wait().artifacts["digest.txt"].text == DIGEST
        assert options_of(other) == options_of(run)
        console.new_conversation()
        assert options_of(console.run().wait())["thread_id"] != options_of(run)["thread_id"]

    def test_a_replay_of_the_browser_has_the_headers_again(self, console: WorkerConsole) -> None:
        view = View(console)
        view.hello()
        console.run().wait()
        view.result("run.replay")
        again = console.current_run
        assert again is not None
        assert again.wait().artifacts["digest.txt"].text == DIGEST

    def test_nothing_that_is_shown_recorded_or_saved_has_a_header(
        self, console: WorkerConsole, directory: Path, tmp_path: Path
    ) -> None:
        view = View(console)
        view.hello()
        run = console.run("tell them").wait()
        wait_until(lambda: console.saved)
        assert run.error == "The agent refused [secret]"
        sent = repr(view.comm.custom) + repr(console.get_state()) + repr(console._repr_mimebundle_())
        assert run.run_id in sent
        exports = "".join(run.export(kind) for kind in ("json", "txt", "csv"))
        saved = run.artifacts.save_all(tmp_path)
        for text in (sent, exports, repr(run), repr(run.request), repr(saved), repr(vars(console._client))):
            assert KEY not in text
        for place in (directory, settings.home(), tmp_path):
            assert files_with(place, KEY) == []
        assert files_with(settings.home(), run.run_id)

    def test_a_console_without_an_agent_has_no_conversation(self, host: ThreadedHost) -> None:
        plain = WorkerConsole("scripted", url=host.url, api_key=host.token)
        with pytest.raises(RequestRefused, match="no conversation"):
            plain.new_conversation()
        plain.close()
