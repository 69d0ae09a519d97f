"""The console without a browser: a recording comm stands where the browser would be."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import comm
import psutil
import pytest
from comm.base_comm import BaseComm

from tests.contract.host_support import ScriptedWorker, scripted
from worker_widget import (
    FilesExist,
    HistoryError,
    HostUnreachable,
    KeyRefused,
    RequestRefused,
    RunTimeout,
    RunUnknown,
    UnknownWorker,
    WorkerClient,
    WorkerConsole,
    WorkerStudio,
    WorkerUnavailable,
    background,
    compare,
)
from worker_widget.console.jupyter import front_end
from worker_widget.console.jupyter.cells import Cells, Execution
from worker_widget.console.requests import exports
from worker_widget.events import RunCompleted, RunStarted, make
from worker_widget.events.run_request import RunRequest
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.runs import client as client_module
from worker_widget.runs.export import exporter
from worker_widget.runs.live_run import LiveRun
from worker_widget.runs.run import Run
from worker_widget.store.event_store import EventStore

PAGE = "page <h1>Hello</h1>"
BRAND = {
    "company_name": "Crumb",
    "mission": "Fresh bread for every street",
    "value_proposition": "Bread baked at night and brought to the door by bicycle",
}


class RecordingComm(BaseComm):
    """Keeps what the kernel publishes, and says what a browser would say."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.published: list[tuple[str, dict[str, Any], list[bytes]]] = []
        super().__init__(*args, **kwargs)

    def publish_msg(
        self,
        msg_type: str,
        data: Any = None,
        metadata: Any = None,
        buffers: Any = None,
        **keys: Any,
    ) -> None:
        self.published.append((msg_type, json.loads(json.dumps(data or {})), list(buffers or [])))

    @property
    def custom(self) -> list[dict[str, Any]]:
        return [data["content"] for _, data, _ in self.published if data.get("method") == "custom"]

    def say(self, content: dict[str, Any]) -> None:
        message = {"content": {"data": {"method": "custom", "content": content}}, "buffers": []}
        self.handle_msg(message)


class View:
    """One browser view on a recording comm."""

    def __init__(self, console: WorkerConsole, client: str = "v1") -> None:
        self.comm: RecordingComm = console.comm
        self.client = client
        self._ids = 0

    def hello(self) -> None:
        self.comm.say({"kind": "hello", "client": self.client, "have": 0, "visible": True})
        wait_until(lambda: any(m["kind"] == "snapshot" for m in self.comm.custom))

    def ask(self, name: str, /, **args: Any) -> dict[str, Any]:
        """The reply to a request, whatever it is."""
        self._ids += 1
        number = self._ids
        self.comm.say({"kind": "request", "client": self.client, "id": number, "name": name, "args": args})
        return wait_until(lambda: self._reply(number))

    def result(self, name: str, /, **args: Any) -> Any:
        reply = self.ask(name, **args)
        assert reply["ok"], reply
        return reply["result"]

    def error(self, name: str, /, **args: Any) -> dict[str, Any]:
        reply = self.ask(name, **args)
        assert not reply["ok"], reply
        error: dict[str, Any] = reply["error"]
        return error

    def start(self, task: str, brand: str = "") -> str:
        run_id: str = self.result("run.start", worker="scripted", task=task, brand=brand, strict_mode=False)[
            "run_id"
        ]
        return run_id

    def _reply(self, number: int) -> dict[str, Any] | None:
        return next((m for m in self.comm.custom if m["kind"] == "reply" and m["id"] == number), None)


def wait_until(probe: Callable[[], Any], timeout_s: float = 120) -> Any:
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        found = probe()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")


@pytest.fixture(autouse=True)
def recording_comm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "create_comm", RecordingComm)


@pytest.fixture(scope="module")
def worker() -> ScriptedWorker:
    made = scripted()["scripted"]
    assert isinstance(made, ScriptedWorker)
    return made


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, worker: ScriptedWorker) -> Iterator[ThreadedHost]:
    workers = {**scripted(), "scripted": worker}
    with ThreadedHost(tmp_path_factory.mktemp("host"), workers) as running:
        yield running


@pytest.fixture
def console(host: ThreadedHost) -> Iterator[WorkerConsole]:
    made = WorkerConsole(worker="scripted", url=host.url, api_key=host.token, task="log 3; page <p>x</p>")
    yield made
    made.close()


@pytest.fixture
def view(console: WorkerConsole) -> View:
    made = View(console)
    made.hello()
    return made


class TestRun:
    def test_a_run_from_python_is_whole(
        self, console: WorkerConsole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = console.run("log 3; page <h1>Hello</h1>")
        assert run.wait(timeout=120) is run
        assert (run.status, run.success, run.error) == ("completed", True, None)
        assert run.replay_token is not None
        assert list(run.artifacts) == ["landing.html"]
        page = run.artifacts["landing.html"]
        assert (page.text, page.chars, page.stage_id, page.status) == ("<h1>Hello</h1>", 14, "copy", "done")
        assert page.save(tmp_path).read_text() == "<h1>Hello</h1>"
        assert page.save(f"{tmp_path}/new/") == tmp_path / "new" / "landing.html"
        monkeypatch.setenv("HOME", str(tmp_path))
        assert page.save("~/mine.html") == tmp_path / "mine.html"
        assert run.artifacts.save_all("~/all") == [tmp_path / "all" / "landing.html"]
        assert list(run.logs()["message"])[:3] == ["line 0", "line 1", "line 2"]
        assert list(run.stages()["stage_id"]) == ["preflight", "copy"]
        assert len(run.events()) == run.state.counts.events
        assert len(run.routing()) == 0
        assert run.export("csv", tmp_path / "t.csv").read_bytes().decode() == run.export("csv")
        assert json.loads(run.export("json"))["run"]["run_id"] == run.run_id
        assert list(console.history.runs()["run_id"]) == [run.run_id]
        assert console.current_run is run
        with pytest.raises(KeyError, match=r"landing\.html"):
            run.artifacts["other.md"]

    def test_the_artifacts_of_a_run_can_be_read_saved_and_compared(
        self, console: WorkerConsole, tmp_path: Path
    ) -> None:
        run = console.run("log 1; page <h1>One</h1>; page <h1>Two more</h1>").wait(120)
        page = run.artifacts["landing.html"]
        assert [version.text for version in page.versions] == ["<h1>One</h1>", "<h1>Two more</h1>"]
        assert (page.version(1).text, page.version(2).number) == ("<h1>One</h1>", 2)
        with pytest.raises(LookupError, match="no version 3; there are 1 to 2"):
            page.version(3)
        between = compare(page.version(1), page)
        assert (between.words_changed, between.words_added) == (1, 1)
        folder = tmp_path / "out"
        saved = run.artifacts.save_all(folder)
        assert [path.name for path in saved] == ["landing.html"]
        assert saved[0].read_text() == "<h1>Two more</h1>"
        with pytest.raises(FilesExist, match=r"landing\.html"):
            run.artifacts.save_all(folder)
        with pytest.raises(FilesExist):
            page.save(folder)
        assert page.version(1).save(folder, overwrite=True).read_text() == "<h1>One</h1>"
        assert run.artifacts.save_all(folder, overwrite=True) == saved
        assert "<h1>" not in page._repr_html_() + run.artifacts._repr_html_()
        again = console.run("log 1; page <h1>One more</h1>").wait(120)
        both = compare(run, again.run_id)
        assert both.artifacts()["status"].tolist() == ["changed"]
        assert both["landing.html"].words_changed == 1
        with pytest.raises(TypeError, match="not one of each"):
            compare(run, page)  # type: ignore[call-overload]

    def test_a_run_keeps_its_request(self, console: WorkerConsole, host: ThreadedHost) -> None:
        run = console.run(
            "log 1; page x", BRAND, budget=5_000, strict_mode=True, depth="deep", writer="rules"
        ).wait(120)
        asked = RunRequest(
            task="log 1; page x",
            brand=BRAND,
            budget=5_000,
            strict_mode=True,
            depth="deep",
            options={"writer": "rules"},
        )
        assert run.request == asked
        assert run.events()["type"][0] == "run_requested"
        assert run.replay().wait(120).request == asked
        assert json.loads(run.export("json"))["request"]["brand"] == BRAND
        row = console.history.runs().set_index("run_id").loc[run.run_id]
        assert (row["strict_mode"], row["depth"], row["budget"], row["has_brand"]) == (
            *(True, "deep", 5_000, True),
        )
        client = WorkerClient("scripted", url=host.url, api_key=host.token)
        try:
            assert client.get(run.run_id).request == asked
        finally:
            client.close()
        assert host.token not in run.export("json")

    def test_a_run_that_was_started_elsewhere_has_its_request(
        self, host: ThreadedHost, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = WorkerClient("scripted", url=host.url, api_key=host.token)
        started = client.run("log 1; page x", BRAND, strict_mode=True).wait(120)
        client.close()
        monkeypatch.setattr(client_module, "available_store", EventStore.memory)
        console = WorkerConsole(worker="scripted", url=host.url, api_key=host.token, run_id=started.run_id)
        try:
            wait_until(lambda: console.status == "completed")
            run = console.current_run
            assert run is not None
            assert run.request is not None
            assert (run.request.brand, run.request.strict_mode) == (BRAND, True)
            assert run.events()["type"][0] == "run_started"
        finally:
            console.close()

    async def test_a_run_can_be_awaited(self, console: WorkerConsole) -> None:
        run = await console.run("log 1; page x")
        assert run.status == "completed"

    def test_frames_can_be_read_while_it_runs(self, console: WorkerConsole, worker: ScriptedWorker) -> None:
        worker.gate.clear()
        run = console.run("log 5; wait; page x")
        try:
            # The store can be ahead of the state.
            wait_until(lambda: len(run.logs()) == 5 and run.status == "running")
            with pytest.raises(RunTimeout, match="and continues"):
                run.wait(timeout=0.05)
        finally:
            worker.gate.set()
        assert run.wait(120).success

    def test_a_failed_run_says_why(self, console: WorkerConsole) -> None:
        run = console.run("log 1; fail the paper is out").wait(120)
        assert (run.status, run.success, run.error) == ("failed", False, "the paper is out")

    def test_stop_cancels_it(self, console: WorkerConsole) -> None:
        run = console.run("log 1; hold on")
        wait_until(lambda: run.status == "running")
        run.stop()
        assert run.wait(120).status == "cancelled"

    def test_a_replay_is_a_run_of_its_own_and_is_verified(self, console: WorkerConsole) -> None:
        first = console.run("log 1; page <p>same</p>").wait(120)
        again = first.replay().wait(120)
        assert again.run_id != first.run_id
        assert again.state.verified is not None
        assert again.state.verified["identical"] is True
        assert console.current_run is not None
        assert console.current_run.run_id == again.run_id

    def test_a_failed_run_can_be_replayed_and_fails_in_the_same_way(
        self, console: WorkerConsole, view: View
    ) -> None:
        first = console.run("page <p>half</p>; fail the paper is out").wait(120)
        assert first.replay_token is not None
        assert first.replay_token["outcome"] == "failed"
        again = first.replay().wait(120)
        assert (again.status, again.error) == ("failed", "the paper is out")
        assert again.state.replay_of == first.run_id
        assert again.state.verified is not None
        assert again.state.verified["identical"] is True
        view.result("run.replay")
        wait_until(lambda: console.current_run is not None and console.current_run.run_id != again.run_id)
        assert console.current_run is not None
        assert console.current_run.wait(120).state.replay_of in (first.run_id, again.run_id)

    def test_the_last_run_can_be_opened_again_without_the_server(self, console: WorkerConsole) -> None:
        run = console.run("log 2; page <p>x</p>").wait(120)
        late = WorkerConsole(url="http://127.0.0.1:9", api_key="k", worker="scripted", replay=run.run_id)
        try:
            wait_until(lambda: late.status == "completed")
            assert late.current_run is not None
            assert late.current_run.artifacts["landing.html"].text == "<p>x</p>"
        finally:
            late.close()


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "error", "says"),
        [
            ({"task": ""}, RequestRefused, "task"),
            ({"task": "abc"}, RequestRefused, "task"),
            ({"task": "log 1", "brand": {"company_name": "A"}}, RequestRefused, "mission"),
            ({"task": "log 1; page", "budget": 3}, RequestRefused, "budget"),
        ],
    )
    def test_python_names_the_field(
        self, console: WorkerConsole, arguments: dict[str, Any], error: type[Exception], says: str
    ) -> None:
        with pytest.raises(error, match=says):
            console.run(**arguments)
        assert console.run("log 1; page x").wait(120).success

    @pytest.mark.parametrize(
        ("name", "args", "code", "field", "says"),
        [
            ("run.start", {"task": "", "brand": ""}, "request_refused", "task", "5 characters"),
            ("run.start", {"task": "abc", "brand": ""}, "request_refused", "task", "5 characters"),
            ("run.start", {"task": "log 1", "brand": "{"}, "request_refused", "brand", "line 1, column 2"),
            ("run.start", {"task": "log 1", "brand": "[]"}, "request_refused", "brand", "JSON object"),
            (
                "run.start",
                {"task": "log 1", "brand": '{"company_name": "A"}'},
                "request_refused",
                "brand.mission",
                "",
            ),
            (
                "run.start",
                {"task": "log 1", "brand": "", "worker": "later"},
                "worker_unavailable",
                None,
                "coming soon",
            ),
            (
                "run.start",
                {"task": "log 1", "brand": "", "worker": "no"},
                "unknown_worker",
                None,
                "Known: scripted, later",
            ),
            ("run.open", {"run_id": "no-such-run"}, "run_unknown", None, "no-such-run"),
            ("run.replay", {}, "request_refused", None, "no replay token"),
            ("artifact.text", {"file": "a.md"}, "run_unknown", None, "No run is on screen"),
            ("brand.check", {"brand": "  "}, "request_refused", None, "empty"),
            ("no.such", {}, "request_refused", None, "no.such"),
            ("log.window", {"start": "x"}, "bad_request", None, "log.window"),
        ],
    )
    def test_the_browser_is_told_where_it_asked(
        self,
        view: View,
        name: str,
        args: dict[str, Any],
        code: str,
        field: str | None,
        says: str,
    ) -> None:
        if name == "run.start":
            args = {"worker": "scripted", "strict_mode": False, **args}
        error = view.error(name, **args)
        assert error["code"] == code
        if field is not None:
            assert field in [problem["field"] for problem in error["problems"]]
            assert any(says in problem["message"] for problem in error["problems"])
        else:
            assert says in error["message"]
        assert view.start("log 1; page x")

    def test_a_brand_is_checked_here_and_by_the_server(self, view: View) -> None:
        good = view.result("brand.check", brand=json.dumps(BRAND))
        assert good == {
            "valid": True,
            "findings": [{"tone": "warning", "path": "", "message": "A tagline would help."}],
            "summary": "1 warning. Valid: 0 policy rules, 2 drift anchors",
        }
        bad = view.result(
            "brand.check", brand=json.dumps({**BRAND, "mission": "two words", "company_name": ""})
        )
        assert bad["findings"] == [
            {"tone": "missing", "path": "company_name", "message": "Required"},
            {"tone": "error", "path": "mission", "message": "Needs at least 3 words; it has 2."},
        ]
        assert (bad["valid"], bad["summary"]) == (False, "1 problem, 1 required field empty")

    def test_the_form_of_a_brand_is_made_from_the_servers_schema(self, view: View) -> None:
        form = view.result("brand.form", worker="scripted")
        kinds = {field["name"]: field["kind"] for field in form["fields"]}
        assert kinds["mission"] == "paragraph"
        assert kinds["forbidden_claims"] == "rows"
        assert json.loads(form["example"])["company_name"] == "Clearwave"
        unknown = view.result("brand.form", worker="no such worker")
        assert unknown == form, "without a schema of the server it is the one of this package"

    def test_brands_are_saved_for_every_console(
        self, host: ThreadedHost, view: View, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WORKER_WIDGET_HOME", str(tmp_path))
        brand = {**BRAND, "colour": ["kept"]}
        assert view.result("brand.names") == {"names": []}
        assert view.result("brand.save", name="Acme", brand=json.dumps(brand)) == {"names": ["Acme"]}
        other = WorkerConsole("scripted", url=host.url, api_key=host.token, brand="Acme")
        try:
            assert json.loads(other._session.controller.shown.form.brand) == brand
            second = View(other)
            second.hello()
            assert json.loads(second.result("brand.load", name="Acme")["brand"]) == brand
            assert second.error("brand.load", name="Acne")["message"].endswith("Saved: 'Acme'.")
            assert "not valid JSON" in second.error("brand.save", name="B", brand="{")["message"]
            assert second.error("brand.save", name=" ", brand="{}")["code"] == "request_refused"
            assert other.run("log 1; page x", brand="Acme").wait(120).success
            with pytest.raises(RequestRefused, match="No brand is saved as 'Acne'"):
                other.run("log 1; page x", brand="Acne")
        finally:
            other.close()
        assert view.result("brand.delete", name="Acme") == {"names": []}

    def test_a_wrong_key_is_named_and_never_shown(self, host: ThreadedHost) -> None:
        secret = "sk-very-secret-key"
        console = WorkerConsole(worker="scripted", url=host.url, api_key=secret)
        try:
            notice = wait_until(lambda: console._session.controller.shown.form.notice)
            assert notice.code == "key_refused"
            with pytest.raises(KeyRefused):
                console.run("log 1; page x")
            View(console).hello()
            assert secret not in json.dumps([message[1] for message in console.comm.published])
            assert secret not in repr(console) + repr(console._client) + str(console._repr_mimebundle_())
            assert secret not in json.dumps(console.get_state(), default=str)
        finally:
            console.close()

    def test_a_host_that_is_not_there_is_told(self) -> None:
        console = WorkerConsole(worker="scripted", url="http://127.0.0.1:9", api_key="k")
        try:
            notice = wait_until(lambda: console._session.controller.shown.form.notice)
            assert notice.code == "host_unreachable"
            assert "127.0.0.1:9" in notice.message
            view = View(console)
            view.hello()
            asked = view.error("run.start", worker="scripted", task="log 1; page x", brand="")
            assert asked["message"] == console._session.controller.shown.form.notice.message, (
                "the same, shown twice"
            )
            view.result("workers.refresh")
            assert console._session.controller.shown.form.notice == notice
            with pytest.raises(HostUnreachable):
                console.run("log 1; page x")
        finally:
            console.close()

    def test_an_unknown_worker_or_run_is_told_in_the_cell(self, host: ThreadedHost) -> None:
        for arguments, code in (
            ({"worker": "no"}, "unknown_worker"),
            ({"worker": "scripted", "run_id": "nope"}, "run_unknown"),
            ({"worker": "scripted", "replay": "nope"}, "run_unknown"),
        ):
            console = WorkerConsole(url=host.url, api_key=host.token, **arguments)
            try:
                notice = wait_until(lambda made=console: made._session.controller.shown.form.notice)
                assert notice.code == code
            finally:
                console.close()

    @pytest.mark.parametrize(("named", "error"), [("no", UnknownWorker), ("later", WorkerUnavailable)])
    def test_python_refuses_them_too(self, host: ThreadedHost, named: str, error: type[Exception]) -> None:
        console = WorkerConsole(worker=named, url=host.url, api_key=host.token)
        try:
            with pytest.raises(error):
                console.run("log 1; page x")
        finally:
            console.close()

    @pytest.mark.parametrize(
        ("arguments", "error"),
        [
            ({"tsak": "x"}, TypeError),
            ({"theme": "pink"}, RequestRefused),
            ({"height": 10}, RequestRefused),
            ({"run_id": "a", "replay": "b"}, RequestRefused),
            ({"url": "ftp://x"}, RequestRefused),
            ({"brand": {"a": object()}}, RequestRefused),
        ],
    )
    def test_bad_arguments_are_refused_at_once(
        self, arguments: dict[str, Any], error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            WorkerConsole(**arguments)


class TestView:
    def test_the_browser_starts_watches_and_stops_a_run(self, view: View, console: WorkerConsole) -> None:
        run_id = view.start("log 40; page <b>hi</b>; hold on")
        assert console.current_run is not None
        wait_until(lambda: console.current_run and console.current_run.state.counts.logs == 40)
        window = view.result("log.window", filter={"levels": ["info"]}, start=10, count=5)
        assert (window["total"], [row["message"] for row in window["rows"]]) == (
            40,
            [f"line {n}" for n in range(10, 15)],
        )
        located = view.result("log.locate", filter={}, position=window["rows"][0]["position"])
        assert located == {"index": 10, "total": 40}
        assert view.result("log.message", line=3)["message"] == "line 2"
        assert view.result("artifact.text", file="landing.html")["text"] == "<b>hi</b>"
        assert "hi" in view.result("artifact.render", file="landing.html", shape="source", dark=True)["html"]
        assert view.result("run.stop") == {}
        wait_until(lambda: console.status == "cancelled")
        assert console.run_id == run_id

    def test_the_log_can_be_searched_copied_and_walked(self, view: View, console: WorkerConsole) -> None:
        view.start("log 40; fail the paper is out")
        wait_until(lambda: console.status == "failed")
        twos = {"text": "LINE 2"}
        window = view.result("log.window", filter={"search": twos}, start=0, count=3)
        assert (window["total"], [row["line"] for row in window["rows"]]) == (11, [3, 21, 22])
        assert window["rows"][0]["pieces"] == [["line 2", "match"]]
        odd = {"text": r"line \d[13579]$", "regex": True, "case_sensitive": True}
        window = view.result("log.window", filter={}, search=odd, start=10, count=2)
        assert [row.get("pieces") for row in window["rows"]] == [None, [["line 11", "match"]]]

        ask = {"filter": {}, "wanted": {"search": odd}}
        assert view.result("log.next", **ask, start=-1, direction=1) == {"index": 11, "nth": 1, "of": 15}
        assert view.result("log.next", **ask, start=39, direction=1) == {"index": 11, "nth": 1, "of": 15}
        assert view.result("log.next", **ask, start=11, direction=-1) == {"index": 39, "nth": 15, "of": 15}
        error = {"filter": {"search": {"text": "out"}}, "wanted": {"levels": ["error"]}}
        found = view.result("log.next", **error, start=-1, direction=1)
        assert found["index"] is not None
        assert (
            view.result("log.next", filter={}, wanted={"agent": "nobody"}, start=0, direction=1)["index"]
            is None
        )

        copied = view.result("log.copy", filter={"search": twos}, start=1, end=3)
        assert copied["lines"] == 2
        assert [text.split("  ", 1)[1] for text in copied["text"].splitlines()] == [
            "INFO  copy  writer  line 20",
            "INFO  copy  writer  line 21",
        ]
        facets = view.result("log.facets")
        assert facets["agents"] == [["writer", 40]]
        assert dict(facets["stages"])["copy"] >= 40
        rows = view.result("log.window", filter={}, start=0, count=40)["rows"]
        for at in ({"line": 22}, {"position": rows[21]["position"]}, {"time_us": rows[21]["time_us"]}):
            assert view.result("log.locate", filter={"search": twos}, **at)["index"] == 2

    @pytest.mark.parametrize("given", [{}, {"line": 1, "time_us": 5}])
    def test_a_line_is_located_by_exactly_one_value(self, view: View, given: dict[str, int]) -> None:
        view.start("log 1; page x")
        assert "exactly one" in view.error("log.locate", filter={}, **given)["message"]

    def test_a_bad_pattern_is_told_with_its_column(self, view: View) -> None:
        view.start("log 1; page x")
        bad = {"text": "(oops", "regex": True}
        error = view.error("log.next", filter={}, wanted={"search": bad}, start=-1, direction=1)
        assert error["code"] == "request_refused"
        assert "column 6" in error["message"]

    def test_routing_and_ledger_are_read_in_windows(self, view: View, console: WorkerConsole) -> None:
        view.start("fail the paper is out")
        wait_until(lambda: console.status == "failed")
        assert console.current_run is not None
        incidents = view.result("incident.window", stage_id=None, start=0, count=10)
        assert (incidents["total"], incidents["passed"]) == (1, 0)
        [incident] = incidents["rows"]
        assert incident["outcome"] == "not_recovered"
        args = {"incident": incident["number"], "stage_id": None, "start": 0, "count": 10}
        ledger = view.result("ledger.window", **args)
        entered = [row.title for row in console.current_run.state.ledger]
        assert [row["title"] for row in ledger["rows"]] == entered
        assert ledger["total"] == incident["events"] == len(entered)
        assert view.result("routing.window", stage_id="copy", start=5, count=10) == {
            "total": 0,
            "start": 0,
            "rows": [],
        }

    def test_two_runs_cannot_be_started_at_once(self, view: View, console: WorkerConsole) -> None:
        async def both() -> list[Any]:
            starts = (
                console._session.controller.start(RunRequest(task="log 1"), worker="scripted", brand="")
                for _ in "ab"
            )
            return await asyncio.gather(*starts, return_exceptions=True)

        started, refused = background.call(both)
        assert console.run_id == started.run_id
        assert isinstance(refused, RequestRefused)
        assert "being started" in str(refused)
        assert console.run("log 1; page x").wait(120).success

    def test_export_and_bundle_come_with_a_name(self, view: View, console: WorkerConsole) -> None:
        view.start("log 1; page <p>x</p>")
        wait_until(lambda: console.status == "completed")
        export = view.result("export.open", format="csv")
        assert export["file_name"].startswith("scripted_")
        assert export["file_name"].endswith(".csv")
        assert view.result("export.part", export_id=export["export_id"])["done"] is True
        (part,) = [buffers for _, _, buffers in console.comm.published if buffers][-1]
        assert bytes(part).decode() == console.current_run.export("csv")
        ended = view.error("export.part", export_id=export["export_id"])
        assert "has ended" in ended["message"]
        assert view.result("artifact.bundle")["file_name"].endswith(".zip")
        archive = [buffers for _, data, buffers in console.comm.published if buffers][-1][0]
        assert archive[:2] == b"PK"

    @pytest.mark.parametrize("format", ["json", "txt", "csv"])
    def test_an_export_comes_in_parts_that_are_the_file(
        self, view: View, console: WorkerConsole, format: str
    ) -> None:
        view.start("log 20000")
        wait_until(lambda: console.status in ("completed", "failed"))
        export_id = view.result("export.open", format=format)["export_id"]
        parts, shares = [], []
        done = False
        while not done:
            part = view.result("export.part", export_id=export_id)
            done = part["done"]
            shares.append(part["share"])
            parts.append(bytes([buffers for _, _, buffers in console.comm.published if buffers][-1][0]))
        assert len(parts) > 1
        assert 0 < shares[0] < 1
        assert shares == sorted(shares)
        assert max(map(len, parts)) < 3 * exports.PART_BYTES
        whole = b"".join(parts).decode()
        at = re.compile(r'"exported_at": ".*?"|Exported   .*|"(file|exported_at)":"[0-9a-f]+"')
        assert at.sub("", whole) == at.sub("", console.current_run.export(format))

    def test_an_export_that_nobody_reads_to_its_end_is_given_up(self, view: View) -> None:
        view.start("log 1; page x")
        ids = [view.result("export.open", format="csv")["export_id"] for _ in range(exports.MOST_OPEN + 1)]
        assert "has ended" in view.error("export.part", export_id=ids[0])["message"]
        assert view.result("export.part", export_id=ids[-1])["done"] is True

    @pytest.mark.parametrize("end", ["is not read", "is one of many", "is read"])
    def test_the_process_of_an_export_ends(
        self, view: View, console: WorkerConsole, monkeypatch: pytest.MonkeyPatch, end: str
    ) -> None:
        monkeypatch.setattr(exporter, "LONG_ROWS", 1)
        monkeypatch.setattr(exports, "UNREAD_S", 0.01 if end == "is not read" else 60.0)
        view.start("log 1; page x")
        wait_until(lambda: console.status == "completed")
        others = psutil.Process().children()
        export_id = view.result("export.open", format="csv")["export_id"]
        if end == "is one of many":
            for _ in range(exports.MOST_OPEN):
                view.result("export.open", format="csv")
        elif end == "is read":
            assert view.result("export.part", export_id=export_id)["done"] is True
        most = exports.MOST_OPEN if end == "is one of many" else 0
        wait_until(
            lambda: len([child for child in psutil.Process().children() if child not in others]) == most
        )
        assert "has ended" in view.error("export.part", export_id=export_id)["message"]

    def test_history_lists_what_ran_and_opens_it(self, view: View, console: WorkerConsole) -> None:
        first = view.start("log 1; page one")
        wait_until(lambda: console.status == "completed")
        second = view.start("log 2; page two")
        wait_until(lambda: console.run_id == second and console.status == "completed")
        # Else a slow machine may open the first again before the second was ever drawn: no snapshot then.
        wait_until(
            lambda: any(
                m["kind"] == "snapshot" and (m["state"]["run"] or {}).get("run_id") == second
                for m in console.comm.custom
            )
        )
        recent = view.result("history.list")
        listed = recent["runs"]
        assert [row["run_id"] for row in listed][:2] == [second, first]
        assert len(listed) <= 10
        assert recent["total"] == 2
        assert all(row["recorded"] and row["replayable"] for row in listed[:2])
        view.result("run.open", run_id=first)
        wait_until(lambda: console.run_id == first)
        snapshots = [m for m in console.comm.custom if m["kind"] == "snapshot"]
        shown = wait_until(
            lambda: next(
                (
                    m["state"]["run"]
                    for m in reversed([m for m in console.comm.custom if m["kind"] == "snapshot"])
                    if m["state"]["run"]
                    and m["state"]["run"]["run_id"] == first
                    and m["state"]["run"]["recording"]
                ),
                None,
            )
        )
        assert snapshots
        assert shown["status"] == "completed"

    def test_the_history_tells_a_replay_and_a_strict_run_from_others(
        self, view: View, console: WorkerConsole
    ) -> None:
        strict = console.run("log 1; page one", strict_mode=True).wait(120)
        again = strict.replay().wait(120)
        plain = console.run("log 1; page two", strict_mode=False).wait(120)
        listed = {row["run_id"]: row for row in view.result("history.list")["runs"]}
        assert listed[strict.run_id]["strict_mode"] is True
        assert listed[strict.run_id]["replay_of"] is None
        assert listed[again.run_id]["replay_of"] == strict.run_id
        assert not listed[plain.run_id]["strict_mode"]
        assert listed[plain.run_id]["replay_of"] is None

    def test_the_history_has_the_reason_of_a_failure(self, view: View, console: WorkerConsole) -> None:
        failed = console.run("log 1; fail it is too hard").wait(120)
        row = view.result("history.list")["runs"][0]
        assert row["status"] == "failed"
        assert row["error"] == failed.error

    def test_two_runs_are_compared(self, view: View, console: WorkerConsole) -> None:
        a = console.run("log 1; page one").wait(120)
        b = console.run("log 2; page two").wait(120)
        compared = view.result("history.compare", a=a.run_id, b=b.run_id)
        assert compared["tasks"] == ["log 1; page one", "log 2; page two"]
        rows = {row["name"]: row for section in compared["sections"] for row in section["rows"]}
        assert rows["Status"]["change"] == "same"
        (artifact,) = compared["sections"][-1]["rows"]
        assert (artifact["change"], artifact["file"]) == ("changed", artifact["name"])
        error = view.error("history.compare", a=a.run_id, b="nothing")
        assert error["code"] == "run_unknown"

    def test_the_form_takes_over_the_whole_request_of_the_run_on_screen(
        self, view: View, console: WorkerConsole
    ) -> None:
        plain = console.run("log 1; page plain").wait(120)
        branded = console.run(
            "log 1; page branded", BRAND, budget=5_000, strict_mode=True, depth="deep", writer="rules"
        ).wait(120)
        assert json.loads(console._session.controller.shown.form.brand) == BRAND

        view.result("run.open", run_id=plain.run_id)
        view.result("run.new")
        form = console._session.controller.shown.form
        assert (form.task, form.brand, form.strict_mode, form.depth, form.budget) == (
            *("log 1; page plain", "", False, "auto", None),
        )
        assert console.run().request == plain.request

        view.result("run.open", run_id=branded.run_id)
        view.result("run.new")
        assert console.run().wait(120).request == branded.request
        alone = console.run(brand=None, budget=None).wait(120).request
        assert alone is not None
        assert (alone.brand, alone.budget, alone.strict_mode) == (None, None, True)

    def test_the_brand_stays_as_it_was_typed(self, view: View, console: WorkerConsole) -> None:
        typed = json.dumps(BRAND)
        view.start("log 1; page x", brand=typed)
        wait_until(lambda: console.status == "completed")
        assert console._session.controller.shown.form.brand == typed

    def test_a_request_that_is_known_in_part_brings_nothing_of_another_run(
        self, view: View, console: WorkerConsole
    ) -> None:
        console.run("log 1; page x", BRAND, strict_mode=True, depth="deep").wait(120)
        store = console._client.store
        store.begin("partial", worker="scripted", origin="http://127.0.0.1:1", time_us=0)
        now = datetime.now(UTC)
        started = RunStarted(task="Their task", has_brand=True, budget=2_000, strict_mode=False)
        reported = [make(data, run_id="partial", time=now) for data in (started, RunCompleted(success=True))]
        store.append("partial", reported)
        view.result("run.open", run_id="partial")
        form = console._session.controller.shown.form
        assert (form.task, form.brand, form.strict_mode, form.depth, form.budget, form.options) == (
            *("Their task", "", False, "auto", 2_000, {}),
        )
        assert form.brand_unknown
        console.run("log 1; page x").wait(120)
        assert not console._session.controller.shown.form.brand_unknown

    def test_a_console_without_its_server_is_not_ready_again_by_leaving_a_run(
        self, console: WorkerConsole, host: ThreadedHost
    ) -> None:
        run = console.run("log 1; page x").wait(120)
        other = WorkerConsole(worker="scripted", url=host.url, api_key="wrong")
        view = View(other)
        view.hello()
        try:
            notice = lambda: other._session.controller.shown.form.notice  # noqa: E731
            wait_until(lambda: notice() is not None and notice().code == "key_refused")
            view.result("run.open", run_id=run.run_id)
            assert notice() is None
            view.result("run.new")
            assert notice().code == "key_refused"
        finally:
            other.close()

    def test_new_leaves_the_run_and_it_goes_on_into_the_history(
        self, view: View, console: WorkerConsole, worker: ScriptedWorker
    ) -> None:
        worker.gate.clear()
        run_id = view.start("log 1; wait; page x")
        view.result("run.new")
        wait_until(lambda: console.run_id == "")
        assert console.current_run is None
        worker.gate.set()
        wait_until(lambda: console.history.runs()["status"].tolist()[:1] == ["completed"])
        assert console.history.runs()["run_id"][0] == run_id

    def test_a_message_that_makes_no_sense_changes_nothing(self, view: View) -> None:
        for content in (
            {},
            {"kind": "hello"},
            {"kind": "dance"},
            {"kind": "request", "id": "x"},
            "text",
            None,
        ):
            view.comm.say(content)  # type: ignore[arg-type]
        assert view.start("log 1; page x")

    def test_the_finished_run_is_kept_for_the_notebook(self, view: View, console: WorkerConsole) -> None:
        view.start("log 3; page <p>kept</p>")
        wait_until(lambda: console.status == "completed" and console.saved)
        saved = wait_until(
            lambda: console.saved if console.saved["state"]["run"]["status"] == "completed" else None
        )
        assert saved["artifact"] == {"file": "landing.html", "text": "<p>kept</p>"}
        assert [row["message"] for row in saved["log"]][:3] == ["line 0", "line 1", "line 2"]
        assert len(json.dumps(saved)) < 50_000

    def test_status_and_run_id_are_state_updates_for_hosts_without_our_messages(
        self, view: View, console: WorkerConsole
    ) -> None:
        run_id = view.start("log 1; page x")
        wait_until(lambda: console.status == "completed")

        def latest() -> dict[str, Any]:
            state: dict[str, Any] = {}
            for _, data, _ in view.comm.published:
                if data.get("method") == "update":
                    state |= data["state"]
            return state

        wait_until(lambda: latest().get("status") == "completed")
        assert latest()["run_id"] == run_id
        assert console.get_state()["status"] == "completed"

    def test_a_browser_sets_theme_and_height_and_nothing_else(
        self, view: View, console: WorkerConsole
    ) -> None:
        state = {"theme": "dark", "height": 700, "status": "completed", "run_id": "x", "worker": "y"}
        data = {"method": "update", "state": state, "buffer_paths": []}
        view.comm.handle_msg({"content": {"data": data}, "buffers": []})
        assert (console.theme, console.height) == ("dark", 700)
        assert (console.status, console.run_id, console.worker) == ("idle", "", "scripted")

    def test_it_shows_as_text_and_html_where_no_widget_can_be_drawn(self, console: WorkerConsole) -> None:
        run = console.run("log 1; page <p>x</p>").wait(120)
        data = console._repr_mimebundle_()
        data = data[0] if isinstance(data, tuple) else data
        assert data["text/plain"] == "WorkerConsole(worker='scripted')"
        assert run.status in data["text/html"]

    @pytest.mark.parametrize("bundle", ["live", "pages", "extras", "travel"])
    def test_a_request_sends_the_code_that_needs_a_kernel(self, view: View, bundle: front_end.Bundle) -> None:
        assert view.result(bundle) == {"code": front_end.text(bundle)}

    def test_a_console_in_development_is_reloaded_after_a_change(
        self, host: ThreadedHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ANYWIDGET_HMR", "1")
        monkeypatch.setattr(front_end, "STATIC", tmp_path)
        bundle = tmp_path / "widget.js"
        bundle.write_text("export default 1")
        console = WorkerConsole(worker="scripted", url=host.url, api_key=host.token)
        try:
            assert console._esm == "export default 1"
            bundle.write_text("export default 2")
            wait_until(lambda: bool(console._esm == "export default 2"))
        finally:
            console.close()


class TestHistory:
    def test_a_history_that_cannot_be_written_does_not_lose_the_run(
        self, console: WorkerConsole, view: View, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begin = EventStore.begin

        def locked(store: EventStore, run_id: str, **parts: Any) -> None:
            if store.path is not None:
                raise HistoryError("The history is locked.")
            begin(store, run_id, **parts)

        monkeypatch.setattr(EventStore, "begin", locked)
        run = console.run("log 3; page <p>x</p>").wait(120)
        assert run.success
        assert len(run.logs()) == 3
        assert run.artifacts["landing.html"].text == "<p>x</p>"
        assert "is kept in memory" in str(console._session.controller.shown.form.notice)

    def test_a_history_that_is_damaged_in_mid_run_is_made_up_for_by_the_server(
        self, console: WorkerConsole, own_home: Path, worker: ScriptedWorker
    ) -> None:
        worker.gate.clear()
        run = console.run("log 5; wait; log 3; page <p>x</p>")
        try:
            wait_until(lambda: run.state.counts.logs == 5)
            with sqlite3.connect(own_home / "history.db") as db:
                db.execute("DROP TABLE blocks")
            db.close()
        finally:
            worker.gate.set()
        assert run.wait(120).success
        assert [*run.logs()["message"]] == [f"line {n}" for n in (0, 1, 2, 3, 4, 0, 1, 2)]
        assert "is kept in memory" in str(console._session.controller.shown.form.notice)

    def test_a_run_that_goes_on_is_opened_again_as_the_same_run(
        self, console: WorkerConsole, view: View, worker: ScriptedWorker
    ) -> None:
        worker.gate.clear()
        run = console.run("log 1; wait; page x")
        try:
            view.result("run.new")
            view.result("run.open", run_id=run.run_id)
            assert console.current_run is run
        finally:
            worker.gate.set()
        assert run.wait(120).success

    def test_a_run_that_is_shown_takes_the_place_of_a_notice(
        self, console: WorkerConsole, view: View, host: ThreadedHost, worker: ScriptedWorker
    ) -> None:
        worker.gate.clear()
        run = console.run("log 1; wait; page x")
        other = WorkerConsole(worker="scripted", url=host.url, api_key=host.token, run_id="nope")
        controller = other._session.controller
        try:
            assert wait_until(lambda: controller.shown.form.notice).code == "run_unknown"
            background.call(lambda: controller.open_run(run.run_id))
            assert controller.shown.run_id == run.run_id
            assert controller.shown.form.notice is None
        finally:
            worker.gate.set()
            other.close()
        assert run.wait(120).success

    def test_a_run_that_is_opened_twice_at_once_is_followed_once(
        self, console: WorkerConsole, host: ThreadedHost, worker: ScriptedWorker
    ) -> None:
        worker.gate.clear()
        other = WorkerConsole(worker="scripted", url=host.url, api_key=host.token)
        run = console.run("log 1; wait; page x")
        controller = other._session.controller

        async def twice() -> list[LiveRun]:
            return list(
                await asyncio.gather(controller.open_run(run.run_id), controller.open_run(run.run_id))
            )

        try:
            first, second = background.call(twice)
            assert first is second
            assert controller._followed == {first}
            assert other.run_id == run.run_id
            worker.gate.set()
            assert other.current_run is not None
            assert other.current_run.wait(120).success
        finally:
            worker.gate.set()
            other.close()

    def test_consoles_and_clients_of_a_run_share_one_stream(
        self, console: WorkerConsole, host: ThreadedHost, worker: ScriptedWorker
    ) -> None:
        worker.gate.clear()
        run_id = console.run("log 1; wait; log 2; page x").run_id
        others = [
            WorkerConsole(worker="scripted", url=host.url, api_key=host.token, run_id=run_id)
            for _ in range(3)
        ]
        try:
            for other in others:
                wait_until(lambda other=other: other.run_id == run_id)
            got = WorkerClient("scripted", url=host.url, api_key=host.token).get(run_id)
            assert background.call(_followers) == 1

            console.close()
            others.pop().close()
            worker.gate.set()
            assert got.wait(120).success
            assert got.state.counts.logs == 3
            for other in others:
                wait_until(lambda other=other: other.status == "completed")
        finally:
            worker.gate.set()
            for other in others:
                other.close()

    def test_a_run_that_many_open_at_once_is_followed_once(
        self, console: WorkerConsole, host: ThreadedHost, worker: ScriptedWorker
    ) -> None:
        worker.gate.clear()
        client = WorkerClient("scripted", url=host.url, api_key=host.token)
        request = RunRequest(task="log 1; wait; page x")
        run_id = background.call(lambda: client.api.start(request, worker="scripted")).run_id
        consoles = [
            WorkerConsole(worker="scripted", url=host.url, api_key=host.token, run_id=run_id)
            for _ in range(3)
        ]
        runs: list[Run] = []
        threads = [threading.Thread(target=lambda: runs.append(client.get(run_id))) for _ in range(4)]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for other in consoles:
                wait_until(lambda other=other: other.run_id == run_id)
            lives = {run._live for run in runs} | {other._session.controller.live for other in consoles}
            assert len(lives) == 1
            worker.gate.set()
            assert all(run.wait(120).success for run in runs)
        finally:
            worker.gate.set()
            for other in consoles:
                other.close()

    def test_a_run_that_nobody_follows_any_more_is_followed_anew(
        self, console: WorkerConsole, host: ThreadedHost, worker: ScriptedWorker
    ) -> None:
        worker.gate.clear()
        run_id = console.run("log 1; wait; page x").run_id
        console.close()
        wait_until(lambda: background.call(_followers) == 0)
        other = WorkerConsole(worker="scripted", url=host.url, api_key=host.token, run_id=run_id)
        try:
            wait_until(lambda: other.run_id == run_id)
            assert background.call(_followers) == 1
            worker.gate.set()
            wait_until(lambda: other.status == "completed")
        finally:
            worker.gate.set()
            other.close()

    def test_the_loop_does_not_wait_for_a_history_that_another_process_writes(
        self, console: WorkerConsole, own_home: Path
    ) -> None:
        def newest(console: WorkerConsole) -> str:
            return background.call(lambda: console._client.api.runs(1)).runs[0].run_id

        finished = console.run("log 1").wait(120).run_id
        db = sqlite3.connect(own_home / "history.db", isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        try:
            begun = background.submit(
                lambda: console._session.controller.start(
                    RunRequest(task="log 1"), worker="scripted", brand=""
                )
            )
            wait_until(lambda: newest(console) != finished)
            assert not begun.done(), "it waits for the history, and the loop goes on"
        finally:
            db.execute("ROLLBACK")
            db.close()
        wait_until(begun.result(20).over.done)


class TestLeaks:
    def test_running_a_cell_again_closes_its_consoles(self) -> None:
        class Console:
            closed = False

            def close(self) -> None:
                self.closed = True

        cells = Cells()
        first, beside, second, elsewhere = Console(), Console(), Console(), Console()
        cells.enter(first, Execution("cell-a", "1"))
        cells.enter(beside, Execution("cell-a", "1"))
        cells.enter(elsewhere, Execution("cell-b", "2"))
        cells.enter(second, Execution("cell-a", "3"))
        assert [first.closed, beside.closed, second.closed, elsewhere.closed] == [True, True, False, False]

    def test_a_closed_console_leaves_nothing_behind(self, host: ThreadedHost) -> None:
        background.call(_nothing)
        threads = threading.active_count()
        tasks = background.call(_tasks)
        consoles = []
        for _ in range(5):
            console = WorkerConsole(worker="scripted", url=host.url, api_key=host.token)
            run = console.run("log 1; hold on")
            wait_until(lambda made=run: made.status == "running")
            consoles.append(weakref.ref(console))
            run.stop()
            run.wait(120)
            console.close()
            del console, run
        wait_until(lambda: background.call(_tasks) <= tasks)
        gc.collect()
        assert [made() for made in consoles] == [None] * 5
        assert threading.active_count() <= threads + 6  # the default executor keeps some

    def test_a_closed_console_starts_nothing(self, console: WorkerConsole) -> None:
        console.close()
        with pytest.raises(RequestRefused, match="closed"):
            console.run("log 1; page x")

    def test_closing_while_it_runs_stops_following(self, host: ThreadedHost) -> None:
        tasks = background.call(_tasks)
        console = WorkerConsole(worker="scripted", url=host.url, api_key=host.token)
        run_id = console.run("log 1; hold on").run_id
        console.close()
        del console
        gc.collect()
        wait_until(lambda: background.call(_tasks) <= tasks)
        from worker_widget import WorkerClient

        client = WorkerClient("scripted", url=host.url, api_key=host.token)
        assert client.get(run_id).status in ("queued", "running")
        client.get(run_id).stop()
        client.close()

    def test_closing_while_it_opens_a_run_stops_following(self, host: ThreadedHost) -> None:
        from worker_widget import WorkerClient

        client = WorkerClient("scripted", url=host.url, api_key=host.token)
        run = client.run("log 1; hold on")
        wait_until(lambda: run.status == "running")
        tasks = background.call(_tasks)
        for _ in range(3):
            WorkerConsole(worker="scripted", url=host.url, api_key=host.token, run_id=run.run_id).close()
        wait_until(lambda: not background._shared._started().submissions)
        wait_until(lambda: background.call(_tasks) <= tasks)
        run.stop()
        run.wait(120)
        client.close()


class TestClient:
    @pytest.mark.parametrize("wrong", [{"brand": "Acme"}, {"pace": float("inf")}, {"pace": float("nan")}])
    def test_what_json_cannot_say_is_refused_with_its_field(
        self, host: ThreadedHost, wrong: dict[str, Any]
    ) -> None:
        from worker_widget import WorkerClient

        client = WorkerClient("scripted", url=host.url, api_key=host.token)
        with pytest.raises(RequestRefused) as refused:
            client.run("log 1", **wrong)
        (field,) = [problem.field for problem in refused.value.problems]
        assert field in ("brand", "options.pace")
        assert field.removeprefix("options.") in wrong

    def test_runs_without_a_widget(self, host: ThreadedHost) -> None:
        from worker_widget import WorkerClient

        client = WorkerClient("scripted", url=host.url, api_key=host.token)
        try:
            run = client.run("log 2; page <p>x</p>").wait(120)
            assert run.success
            assert client.get(run.run_id).artifacts["landing.html"].text == "<p>x</p>"
            assert run.run_id in set(client.runs()["run_id"])
            assert [worker.id for worker in client.workers()] == ["scripted", "later"]
            assert client.health().status
            with pytest.raises(RunUnknown):
                client.get("no-such-run")
        finally:
            client.close()


async def _followers() -> int:
    """How many runs are being followed."""
    return sum(task.get_name().startswith("follow ") for task in asyncio.all_tasks())


async def _nothing() -> None:
    return None


async def _tasks() -> int:
    import asyncio

    return len(asyncio.all_tasks())


class TestStudio:
    @pytest.fixture
    def studio(self, host: ThreadedHost) -> Iterator[WorkerStudio]:
        made = WorkerStudio(url=f"{host.url}/api/v1", api_key=host.token)
        yield made
        made.close()

    def watch(self, studio: WorkerStudio) -> View:
        view = View(studio)
        view.comm.say({"kind": "hello", "client": "v1", "have": 0, "visible": True, "watch": {"home": True}})
        return view

    def page(self, view: View) -> dict[str, Any]:
        """The newest home page that was sent."""
        sent = [m["state"] if m["kind"] == "snapshot" else m.get("patch", {}) for m in view.comm.custom]
        return next((part["home"] for part in reversed(sent) if part.get("home")), {})

    def test_the_page_shows_workers_engines_and_health(self, studio: WorkerStudio) -> None:
        view = self.watch(studio)
        page = wait_until(lambda: self.page(view).get("workers") and self.page(view))
        page = wait_until(lambda: self.page(view)["health"][0]["tone"] == "ok" and self.page(view))
        assert [len(page["intro"]), page["error"]] == [5, None]
        cards = {card["id"]: card for card in page["workers"]}
        assert cards["scripted"]["runnable"]
        assert not cards["later"]["runnable"]
        assert [(item["number"], item["status"]) for item in cards["later"]["engines"]] == [("M9", "planned")]
        assert {item["status"] for item in cards["scripted"]["engines"]} <= {"available"}
        assert [line["name"] for line in page["health"]][1:] == ["Engines", "Language model"]
        assert studio.worker == "scripted", "the first worker that can run"

    def test_a_run_of_another_console_appears(
        self, studio: WorkerStudio, console: WorkerConsole, worker: ScriptedWorker
    ) -> None:
        view = self.watch(studio)
        worker.gate.clear()
        run = console.run("log 1; wait; page x")
        rows = lambda: {row["run_id"]: row for row in self.page(view).get("runs", [])}  # noqa: E731
        wait_until(lambda: rows().get(run.run_id, {}).get("status") == "running")
        worker.gate.set()
        run.wait(120)
        wait_until(lambda: rows()[run.run_id]["status"] == "completed")
        assert rows()[run.run_id]["recorded"]

    def test_a_console_that_shows_no_home_page_reads_nothing_for_it(
        self, view: View, console: WorkerConsole
    ) -> None:
        view.start("log 1; page x")
        wait_until(lambda: console.status == "completed")
        assert console._session.home.page is None
        assert console._session.home._tasks == []

    def test_a_run_is_started_and_read_as_in_a_console(self, studio: WorkerStudio) -> None:
        run = studio.run("log 1; page x").wait(120)
        assert run.status == "completed"
        assert studio.current_run is run

    def test_a_cell_that_is_run_again_shows_its_run_again(
        self, host: ThreadedHost, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def executed(msg_id: str) -> WorkerStudio:
            execution = Execution("studio-cell", msg_id)
            monkeypatch.setattr("worker_widget.console.widget.current_execution", lambda: execution)
            return WorkerStudio(url=f"{host.url}/api/v1", api_key=host.token)

        run = executed("1").run("log 1; page x").wait(120)
        again = executed("2")
        shown = wait_until(lambda: again.current_run)
        assert shown.run_id == run.run_id
        assert again.section == "home"
        again.close()

    def test_only_sections_of_the_page_can_be_named(self, host: ThreadedHost) -> None:
        made = WorkerStudio("history", worker="scripted", url=host.url, api_key=host.token)
        assert made.section == "history"
        assert repr(made) == "WorkerStudio()"
        data = made._repr_mimebundle_()
        assert "No run yet" in (data[0] if isinstance(data, tuple) else data)["text/html"]
        made.close()
        with pytest.raises(RequestRefused, match="'home', 'workers', 'history', 'health', not 'settings'"):
            WorkerStudio("settings")  # type: ignore[arg-type]

    def test_a_refused_key_is_shown_and_the_history_still_read(self, host: ThreadedHost) -> None:
        made = WorkerStudio(worker="scripted", url=host.url, api_key="wrong")
        view = self.watch(made)
        page = wait_until(
            lambda: self.page(view).get("health", [{}])[0].get("tone") == "error" and self.page(view)
        )
        assert "refuses the key" in page["health"][0]["text"]
        assert page["workers"] == []
        assert page["error"] is None
        made.close()
