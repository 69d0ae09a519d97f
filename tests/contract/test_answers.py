"""A person answers a run: from Python, and from the browser over the widget's channel."""

from __future__ import annotations

from collections.abc import Iterator

import comm
import pytest

from worker_widget import Run, WorkerClient, WorkerConsole, background
from worker_widget.console.history import row_of
from worker_widget.errors import RequestRefused, RunTimeout, RunUnknown
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.runs.listed_status import QUIET_US

from .asking_worker import AskingWorker
from .test_console import RecordingComm, View, wait_until


@pytest.fixture(autouse=True)
def recording_comm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "create_comm", RecordingComm)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedHost]:
    with ThreadedHost(tmp_path_factory.mktemp("host"), {"agui": AskingWorker()}) as running:
        yield running


@pytest.fixture
def client(host: ThreadedHost) -> Iterator[WorkerClient]:
    made = WorkerClient("agui", url=host.url, api_key=host.token)
    yield made
    made.close()


def waiting(run: Run, count: int = 1) -> Run:
    wait_until(lambda: len(run.inputs) == count)
    return run


class TestPython:
    def test_the_only_open_request_is_approved(self, client: WorkerClient) -> None:
        run = waiting(client.run("approve it"))
        (request,) = run.inputs
        assert (run.status, request.message, request.reason) == ("waiting", "Publish?", "tool_call")
        run.answer()
        assert run.inputs == ()
        assert run.wait().artifacts["approve.txt"].text == "True"

    def test_an_answer_can_be_any_json(self, client: WorkerClient) -> None:
        run = waiting(client.run("form please"))
        run.answer({"city": "Basel", "days": 2})
        assert run.wait().artifacts["form.txt"].text == "{'city': 'Basel', 'days': 2}"

    def test_several_requests_are_answered_by_their_ids(self, client: WorkerClient) -> None:
        run = waiting(client.run("two questions"), 2)
        with pytest.raises(RequestRefused, match=r"waits for 2 answers.*'1' asks First\?; '2' asks Second\?"):
            run.answer("yes")
        run.answer("one", "1")
        with pytest.raises(RequestRefused, match="waits for no answer to '1'"):
            run.answer("again", "1")
        run.answer("two")
        assert run.wait().artifacts["two.txt"].text == "['one', 'two']"

    def test_a_run_that_does_not_ask_takes_no_answer(self, client: WorkerClient) -> None:
        run = client.run("nothing much").wait()
        with pytest.raises(RequestRefused, match="waits for no answer: its status is completed"):
            run.answer()

    def test_a_refused_answer_names_the_field(self, client: WorkerClient) -> None:
        run = waiting(client.run("form please"))
        with pytest.raises(RequestRefused) as caught:
            run.answer({"city": ""})
        assert [problem.field for problem in caught.value.problems] == ["payload.city"]
        with pytest.raises(RequestRefused, match="JSON has no NaN"):
            run.answer({"city": "Basel", "days": float("nan")})
        assert len(run.inputs) == 1
        run.stop()
        assert (run.wait().status, run.inputs) == ("cancelled", ())

    def test_the_server_refuses_what_is_closed_or_unknown(
        self, client: WorkerClient, host: ThreadedHost
    ) -> None:
        run = waiting(client.run("approve it"))
        other = WorkerClient("agui", url=client.origin, api_key=host.token).get(run.run_id)
        (request,) = waiting(other).inputs
        run.answer(False)
        with pytest.raises(
            RequestRefused, match=r"it has just been answered|its status is (running|completed)"
        ):
            other.answer(True)
        elsewhere = client.api.run_source(run.run_id, worker="agui")  # knows nothing of the answer
        with pytest.raises(RequestRefused, match=r"answered already|already over"):
            background.call(lambda: elsewhere.answer(request.request_id, True))
        with pytest.raises(RunUnknown):
            client.get("00000000-0000-4000-8000-000000000000")
        run.wait()

    def test_waiting_for_the_end_goes_on_while_the_run_waits(self, client: WorkerClient) -> None:
        run = waiting(client.run("approve it"))
        with pytest.raises(RunTimeout, match=r"is waiting after 0.01 s.*run.answer"):
            run.wait(0.01)
        run.answer()
        assert run.wait().success

    def test_the_history_says_that_it_waits_however_long(self, client: WorkerClient) -> None:
        run = waiting(client.run("approve it"))
        record = wait_until(
            lambda: next(
                (item for item in client.store.runs(status="waiting") if item.run_id == run.run_id), None
            )
        )
        row = row_of(record, record.updated_us + 2 * QUIET_US)
        assert row["status"] == "waiting"
        frame = client.history.runs(status="waiting")
        assert run.run_id in list(frame["run_id"])
        run.answer()
        run.wait()
        assert client.history.runs(status="waiting").query("run_id == @run.run_id").empty


class TestBrowser:
    @pytest.fixture
    def console(self, host: ThreadedHost) -> Iterator[WorkerConsole]:
        made = WorkerConsole("agui", url=host.url, api_key=host.token, task="form please")
        yield made
        made.close()

    @pytest.fixture
    def view(self, console: WorkerConsole) -> View:
        made = View(console)
        made.hello()
        return made

    def test_an_answer_of_the_browser_reaches_the_worker(self, view: View, console: WorkerConsole) -> None:
        run = waiting(console.run())
        wait_until(lambda: console.status == "waiting")
        assert view.result("run.answer", request_id="f", payload={"city": "Basel"}) == {}
        assert run.wait().artifacts["form.txt"].text == "{'city': 'Basel'}"
        wait_until(lambda: console.status == "completed")

    def test_a_refusal_comes_back_at_its_place(self, view: View, console: WorkerConsole) -> None:
        run = waiting(console.run())
        error = view.error("run.answer", request_id="f", payload={"city": 3})
        assert (error["code"], [problem["field"] for problem in error["problems"]]) == (
            "request_refused",
            ["payload.city"],
        )
        assert view.error("run.answer", request_id="other", payload=1)["code"] == "request_refused"
        console.stop()
        assert run.wait().status == "cancelled"
