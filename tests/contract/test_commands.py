"""The commands about runs, as processes of their own, with a real host."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from worker_widget import RunHistory, cli
from worker_widget.commands import exit_status
from worker_widget.errors import WorkerWidgetError
from worker_widget.events import Log, RunCompleted, RunStarted, make
from worker_widget.runs.ended_kernels import own_process
from worker_widget.runs.export import ExportFormat
from worker_widget.sources.local.functions_here import LABEL
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

from .host_support import ROOT, Api, HostProcess, environment

DOC = (ROOT / "docs" / "command-line.md").read_text("utf-8")
GUARD_S = 120.0
NASTY = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x00nul \u202egnp.exe \x9b31m \u2066x\u2069 \x7f"
BAD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class Commands:
    """Calls commands with one home."""

    def __init__(self, home: Path, **variables: str) -> None:
        self.home = home
        self.variables = {**environment(home), "COLUMNS": "100", **variables}

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "worker_widget.cli", *arguments],
            env=self.variables,
            stdin=subprocess.PIPE,
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            **options,
        )

    def call(
        self, *arguments: str, input: str = "", status: int | None = 0
    ) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        try:
            out, err = process.communicate(input, timeout=GUARD_S)
        finally:
            process.kill()
        done = subprocess.CompletedProcess(arguments, process.returncode, out, err)
        assert done.returncode == status, (done.returncode, out, err)
        assert "Traceback" not in err
        return done

    def rows(self, *arguments: str, status: int = 0) -> list[dict[str, Any]]:
        return [
            json.loads(line) for line in self.call(*arguments, "--json", status=status).stdout.splitlines()
        ]

    def row(self, *arguments: str, status: int = 0) -> dict[str, Any]:
        (row,) = self.rows(*arguments, status=status)
        return row


def recorded(
    home: Path, run_id: str, *messages: str, origin: str = "embedded host", over: bool = True
) -> EventStore:
    """A history that has a run with these log lines."""
    store = EventStore.open(home / "history.db")
    now = datetime.now(UTC)
    store.begin(run_id, worker="scripted", origin=origin, task=messages[0], time_us=time.time_ns() // 1000)
    payloads = [
        RunStarted(worker="scripted", task=messages[0]),
        *(Log(message=message, agent=message) for message in messages),
        *([RunCompleted(success=True)] if over else []),
    ]
    write(store, run_id, [make(data, run_id=run_id, time=now) for data in payloads])
    return store


def write(store: EventStore, run_id: str, events: list[Any]) -> None:
    store.append(run_id, events)
    store.summarise(run_id, **summary(reduce_all(store.iterate(run_id))))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def api(home: Path) -> Iterator[Api]:
    host = HostProcess(home)
    api = host.api()
    yield api
    api.http.close()
    host.close()


@pytest.fixture(scope="module")
def commands(home: Path, api: Api) -> Commands:
    return Commands(home)


@pytest.fixture(scope="module")
def done(api: Api) -> str:
    return api.finish("log 30;page <h1>Hi</h1>")[0]


@pytest.fixture
def alone(tmp_path: Path) -> Commands:
    """Commands with a home where no host runs."""
    return Commands(tmp_path)


def documented(command: str) -> set[str]:
    """The keys of a command in the documentation, without those of objects inside."""
    line = next(line for line in DOC.splitlines() if line.startswith(f"| `{command}`"))
    cell = re.sub(r"\([^()]*\)", "", line.split("|")[2])
    return set(re.findall(r"`(\w+)`", cell)) - {"text"}


STATUSES = {
    "a run": (("show", "{done}"), 0),
    "a beginning of an id": (("tail", "{beginning}"), 0),
    "no command": ((), 2),
    "no such command": (("rnus",), 2),
    "no such option": (("runs", "--all"), 2),
    "a position that is none": (("tail", "{done}", "--after", "x"), 2),
    "an answer that is no JSON": (("answer", "{done}", "r", "{{yes"), 2),
    "an answer that JSON does not have": (("answer", "{done}", "r", "NaN"), 2),
    "a deep answer": (("answer", "{done}", "r", "[" * 50_000), 2),
    "a format that is none": (("export", "{done}", "--format", "docx"), 2),
    "a key": (("runs", "--key", "SECRET"), 2),
    "a run that failed": (("tail", "{failed}", "--follow"), 3),
    "a run that failed, not followed": (("tail", "{failed}"), 0),
    "no such run": (("show", "nope"), 4),
    "no such run in the history": (("show", "nope", "--offline"), 4),
    "no text for an id": (("show", ""), 4),
    "an id that is no text": (("show", "\udc80"), 4),
    "no such worker": (("show", "nope", "--worker", "none"), 4),
    "nobody answers": (("show", "nope", "--url", "http://127.0.0.1:9"), 5),
    "nobody answers, for a list": (("runs", "--url", "http://127.0.0.1:9"), 5),
    "an address that is none": (("runs", "--url", "ftp://x"), 6),
    "a run that has ended": (("cancel", "{done}"), 6),
    "an answer for a run that has ended": (("answer", "{done}", "r", "true"), 6),
    "a position that the run has not reached": (("tail", "{done}", "--after", "999"), 6),
    "a directory that cannot be made": (("export", "{done}", "-o", "/dev/null/x/y"), 1),
    "a time that is none": (("runs", "--since", "yesterday"), 2),
}


@pytest.fixture(scope="module")
def failed(api: Api) -> str:
    return api.finish("fail no paper")[0]


@pytest.mark.parametrize("case", STATUSES)
def test_the_exit_status_says_what_happened(
    case: str, home: Path, done: str, failed: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(home))
    arguments, status = STATUSES[case]
    names = {"done": done, "beginning": done[:13], "failed": failed}
    made = [argument.format(**names) for argument in arguments]
    assert called(*made) == status
    printed = capsys.readouterr()
    assert "SECRET" not in printed.out + printed.err
    if status not in (0, 2, 3):
        assert len(printed.err.splitlines()) == 1
        assert called(*made, "--json") == status
        problem = json.loads(capsys.readouterr().err)
        assert (problem["kind"], problem["exit_status"]) == ("error", status)


def called(*arguments: str) -> int:
    """The exit status of a command in this process."""
    try:
        return cli.main(arguments)
    except SystemExit as error:  # of argparse
        return int(error.code or 0)


def test_every_exit_status_is_documented() -> None:
    numbers = {
        value for name, value in vars(exit_status).items() if name.isupper() and not name.startswith("_")
    }
    assert {int(number) for number in re.findall(r"^\| (\d+) \|", DOC, re.MULTILINE)} == numbers


def test_runs_are_those_of_the_history_and_of_the_server(commands: Commands, api: Api, done: str) -> None:
    commands.call("show", done)
    only_there, _ = api.finish("log 1")
    rows = {row["run_id"]: row for row in commands.rows("runs")}
    assert rows[done]["in_history"]
    assert not rows[only_there]["in_history"]
    assert set(rows[done]) == set(rows[only_there]) == documented("runs")
    assert only_there not in {row["run_id"] for row in commands.rows("runs", "--offline")}
    assert [row["run_id"] for row in commands.rows("runs", "--text", "<H1>", "--status", "completed")] == [
        done
    ]
    assert commands.rows("runs", "--worker", "later") == []
    table = commands.call("runs").stdout
    assert f"{done[:8]}  completed" in table
    assert max(map(len, table.splitlines())) <= 100


def test_a_list_goes_on_behind_the_last_run_of_a_page(alone: Commands) -> None:
    for number in range(5):
        recorded(alone.home, f"run-{number}", f"task {number}").close()
    first = [row["run_id"] for row in alone.rows("runs", "--limit", "2")]
    second = [row["run_id"] for row in alone.rows("runs", "--limit", "2", "--before", first[-1])]
    assert [*first, *second] == ["run-4", "run-3", "run-2", "run-1"]
    assert alone.row("show", "last")["run_id"] == "run-4"
    several = alone.call("show", "run-", status=exit_status.NOT_FOUND)
    assert "Several runs begin with run-" in several.stderr


def test_what_has_ended_needs_no_host_and_starts_none(alone: Commands) -> None:
    recorded(alone.home, "r1", "hello").close()
    alone.call("runs")
    alone.call("tail", "r1", "--follow")
    shown = alone.row("show", "r1")
    assert set(shown) == documented("show")
    assert (shown["status"], shown["position"]) == ("completed", 3)
    alone.call("export", "r1", "-o", str(alone.home))
    assert not (alone.home / "host.json").exists()


def test_a_position_continues_where_the_reader_was(commands: Commands, done: str) -> None:
    whole = commands.rows("tail", done, "--after", "0")
    *events, cursor = whole
    assert [row["position"] for row in events] == list(range(1, len(events) + 1))
    assert all(set(row) == documented(["tail", ", for each event"][0]) for row in []) or events
    assert cursor == {
        "kind": "cursor",
        "run_id": done,
        "position": len(events),
        "status": "completed",
        "over": True,
        "success": True,
    }
    later = commands.rows("tail", done, "--after", "7")
    assert later == whole[7:]
    assert commands.rows("tail", done, "--after", str(cursor["position"])) == [cursor]
    assert commands.rows("tail", done, "-n", "2") == whole[-3:]
    lines = commands.call("tail", done, "-n", "2").stdout.splitlines()
    assert len(lines) == 2
    assert lines[-1].endswith("Completed")


def test_following_prints_each_event_once_as_it_arrives(commands: Commands, api: Api) -> None:
    run_id = api.start("log 40;story 25;log 10")
    ended = commands.rows("tail", run_id, "--after", "0", "--follow")
    *events, cursor = ended
    assert [row["position"] for row in events] == list(range(1, len(events) + 1))
    assert sum(row["type"] == "log" for row in events) == 50
    assert cursor["over"]
    log = next(row for row in events if row["type"] == "log")
    assert (log["level"], log["agent"], log["message"], log["stage_id"]) == (
        "info",
        "writer",
        "line 0",
        "copy",
    )
    assert log["data"]["message"] == "line 0"


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, exit_status.INTERRUPTED), (signal.SIGTERM, exit_status.TERMINATED)],
)
def test_a_signal_ends_tail_with_its_position(commands: Commands, api: Api, number: int, status: int) -> None:
    run_id = api.start("log 3;hold on")
    process = commands.start("tail", run_id, "--json", "--after", "0", "--follow")
    assert process.stdout is not None
    try:
        seen = [json.loads(process.stdout.readline()) for _ in range(4)]
        process.send_signal(number)
        out, err = process.communicate(timeout=GUARD_S)
    finally:
        process.kill()
        commands.call("cancel", run_id)
    last = json.loads(out.splitlines()[-1])
    assert (process.returncode, err) == (status, "")
    assert last["kind"] == "cursor"
    assert last["position"] >= seen[-1]["position"]


def test_a_run_that_goes_on_after_the_timeout_has_a_status_of_its_own(commands: Commands, api: Api) -> None:
    run_id = api.start("log 3;hold on")
    late = commands.call("tail", run_id, "--follow", "--timeout", "0.1", status=exit_status.NOT_ENDED)
    assert "go on: worker-widget tail" in late.stderr
    ended = commands.row("cancel", run_id, "--wait")
    assert ended == {"run_id": run_id, "cancelling": True, "status": "cancelled"}
    assert set(ended) == documented("cancel")
    commands.call("tail", run_id, "--follow", status=exit_status.RUN_FAILED)


def test_a_reader_that_ends_is_no_error(commands: Commands, api: Api) -> None:
    run_id, _ = api.finish("log 3000")
    process = commands.start("tail", run_id, "--json", "--after", "0")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    with process:
        assert process.wait(GUARD_S) == exit_status.CLOSED_PIPE
        assert process.stderr.read() == ""


def test_a_person_is_asked_and_answers(tmp_path: Path) -> None:
    host = HostProcess(tmp_path, command=("-m", "tests.contract.asking_worker"))
    api, commands = host.api(), Commands(tmp_path)
    try:
        api.base = "/api/v1/workers/agui"
        run_id = api.start("approve; form")
        waiting(api, run_id, 1)
        (asked,) = commands.row("show", run_id)["inputs"]
        assert asked["message"] == "Publish?"
        assert f"worker-widget answer {run_id} a JSON" in commands.call("show", run_id).stdout
        wrong = commands.call("answer", run_id, "other", "true", status=exit_status.REFUSED)
        assert "Open are: a." in wrong.stderr
        accepted = commands.row("answer", run_id, "a", "true")
        assert accepted == {"run_id": run_id, "request_id": "a", "accepted": True}
        waiting(api, run_id, 2)
        unfit = commands.call("answer", run_id, "f", '{"city": ""}', status=exit_status.REFUSED)
        assert "city" in unfit.stderr
        commands.call("answer", run_id, "f", "-", input='{"city": "Bern", "days": 2}')
        commands.call("tail", run_id, "--follow")
        assert commands.row("show", run_id)["status"] == "completed"
    finally:
        api.http.close()
        host.close()


def waiting(api: Api, run_id: str, requests: int) -> None:
    """Waits until a run has asked so often."""
    with api.stream(run_id) as stream:
        asked = (frame for frame in stream if frame.event == "input_requested")
        for _ in range(requests):
            next(asked)


def test_a_run_of_a_kernel_is_followed_and_only_its_notebook_stops_it(alone: Commands) -> None:
    store = recorded(alone.home, "k1", "begun", origin=LABEL, over=False)
    store.set_owner("k1", own_process())
    refused = alone.call("cancel", "k1", status=exit_status.REFUSED)
    assert "its notebook" in refused.stderr
    process = alone.start("tail", "k1", "--json", "--after", "0", "--follow")
    assert process.stdout is not None
    assert [json.loads(process.stdout.readline())["position"] for _ in range(2)] == [1, 2]
    now = datetime.now(UTC)
    ends = [make(data, run_id="k1", time=now) for data in (Log(message="more"), RunCompleted(success=True))]
    write(store, "k1", ends)
    out, err = process.communicate(timeout=GUARD_S)
    assert (process.returncode, err) == (0, "")
    assert [json.loads(line).get("position") for line in out.splitlines()] == [3, 4, 4]
    store.close()


def test_a_run_is_only_asked_for_where_it_came_from(alone: Commands) -> None:
    recorded(alone.home, "r1", "begun", origin="https://workers.example.com", over=False).close()
    here = Commands(alone.home, WORKER_URL="http://127.0.0.1:9", WORKER_API_KEY="SECRET")
    refused = here.call("show", "r1", status=exit_status.REFUSED)
    assert "--url" in refused.stderr
    assert "begun" in here.call("show", "r1", "--offline").stdout
    unreachable = here.call("show", "r1", "--url", "http://127.0.0.1:9", status=exit_status.UNREACHABLE)
    assert "begun" in unreachable.stdout
    assert "not up to date" in unreachable.stderr


def test_a_server_gets_its_key_from_the_environment(api: Api, home: Path, tmp_path: Path) -> None:
    run_id, _ = api.finish("log 2")
    url = str(api.http.base_url).rstrip("/")
    state: Mapping[str, Any] = json.loads((home / "host.json").read_bytes())
    known = Commands(tmp_path, WORKER_URL=f"{url}/api/v1", WORKER_API_KEY=state["token"])
    assert known.row("show", run_id)["origin"] == url
    wrong = Commands(tmp_path, WORKER_API_KEY="not-it").call(
        "tail", "nope", "--url", url, "--worker", "scripted", status=exit_status.REFUSED
    )
    assert "not-it" not in wrong.stderr


WRITING = {
    "runs": ("runs",),
    "show": ("show", "r1"),
    "tail": ("tail", "r1", "--after", "0", "--json"),
    "export": ("export", "r1", "-o", "-"),
    "verify": ("verify", "run.json"),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    """Commands where a run is in the history, and in run.json."""
    home = tmp_path_factory.mktemp("written")
    store = recorded(home, "r1", *map(str, range(300)))
    RunHistory(store).export("r1", "json", home / "run.json")
    store.close()
    return Commands(home)


@pytest.mark.parametrize("command", WRITING)
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_output_that_cannot_be_written_is_an_error_of_its_own(
    written: Commands, command: str, more: tuple[str, ...]
) -> None:
    arguments = (*WRITING[command], *more)
    with open("/dev/full", "w") as full:
        process = written.start(*arguments, stdout=full, cwd=written.home)
    _, err = process.communicate(timeout=GUARD_S)
    assert process.returncode == exit_status.UNWRITABLE
    assert len(err.splitlines()) == 1
    assert "The output cannot be written: " in (json.loads(err)["message"] if "--json" in arguments else err)


@pytest.mark.parametrize("command", WRITING)
@pytest.mark.parametrize(
    ("shell", "status"), [("{} | true; exit ${{PIPESTATUS[0]}}", 141), ("exec {} >&-", 0)]
)
def test_output_that_nobody_wants_is_no_error(
    written: Commands, command: str, shell: str, status: int
) -> None:
    call = " ".join([sys.executable, "-m", "worker_widget.cli", *WRITING[command]])
    ended = subprocess.run(
        ["bash", "-c", shell.format(call)],
        env=written.variables,
        cwd=written.home,
        capture_output=True,
        text=True,
        timeout=GUARD_S,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (status, "", "")


def test_the_errors_of_verify_are_json_if_asked(written: Commands) -> None:
    (written.home / "other.json").write_text("{}")
    missing = written.start("verify", "other.json", "--json", cwd=written.home)
    out, err = missing.communicate(timeout=GUARD_S)
    problem = json.loads(err)
    assert (missing.returncode, out, problem["kind"], problem["exit_status"]) == (2, "", "error", 2)
    assert "JSON of another program" in problem["message"]


@pytest.mark.parametrize("command", ["runs", "show", "tail"])
def test_text_of_a_worker_does_nothing_to_a_terminal(alone: Commands, command: str) -> None:
    store = recorded(alone.home, "r1", NASTY, "plain ümlaut 中文")
    store.set_note("r1", NASTY)
    store.close()
    arguments = (command,) if command == "runs" else (command, "r1")
    ended = alone.call(*arguments)
    assert not BAD.search(ended.stdout)
    assert "red" in ended.stdout
    assert alone.call(*arguments, "--json").stdout.isascii()


def test_an_export_is_exact_in_a_pipe_and_harmless_on_a_terminal(
    alone: Commands, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    recorded(alone.home, "r1", NASTY).close()
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(alone.home))
    for format in get_args(ExportFormat):
        assert called("export", "r1", "--format", format, "-o", str(alone.home), "--json") == 0
        row = json.loads(capsys.readouterr().out)
        assert set(row) == documented("export")
        assert Path(row["path"]).stat().st_size == row["bytes"] > 0
    exported = json.loads(alone.call("export", "r1", "-o", "-").stdout)
    assert repr(NASTY)[1:-1] in repr(exported)
    leader, follower = pty.openpty()
    process = alone.start("export", "r1", "--format", "csv", "-o", "-", stdout=follower)
    os.close(follower)
    with process:
        shown = b"".join(iter(lambda: _read(leader), b""))
        os.close(leader)
        assert process.wait(GUARD_S) == 0
    assert not BAD.search(shown.decode().replace("\r\n", "\n"))


def _read(file: int) -> bytes:
    try:
        return os.read(file, 65_536)
    except OSError:  # the end of a terminal on Linux
        return b""


def test_a_terminal_with_few_characters_gets_what_it_has(alone: Commands) -> None:
    recorded(alone.home, "r1", "ümlaut 中文 ★").close()
    old = Commands(alone.home, PYTHONIOENCODING="ascii")
    assert "\\xfcmlaut \\u4e2d" in old.call("tail", "r1").stdout


def test_the_sheet_has_every_command_and_imports_little() -> None:
    code = (
        "import sys; from worker_widget import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'asyncio', 'httpx', 'pandas', 'msgspec', 'sqlite3'} & set(sys.modules)\n"
        "print(sorted(heavy), cli.COMMANDS)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    sheet, last = ended.stdout.rsplit("\n", 2)[:2]
    heavy, _, names = last.partition("] ")
    assert heavy == "["
    for name in re.findall(r"'(\w+)'", names):
        assert f"worker-widget {name}" in sheet
    assert max(map(len, sheet.splitlines())) <= 100


def test_each_command_has_help_and_errors_have_codes(capsys: Any) -> None:
    for name in ("runs", "show", "tail", "cancel", "answer", "pause", "resume", "retry", "fork", "export"):
        assert called(name, "--help") == 0
        text = " ".join(capsys.readouterr().out.split())
        assert "--json" in text
        assert "never from an argument" in text
        assert "--key" not in text
    for kind in WorkerWidgetError.__subclasses__():
        assert kind.code != "error"


def test_commands_in_a_thread_of_a_program(
    alone: Commands, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    recorded(alone.home, "r1", "hello").close()
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(alone.home))
    statuses: list[int] = []
    thread = threading.Thread(target=lambda: statuses.append(cli.main(["show", "r1", "--json"])))
    thread.start()
    thread.join(GUARD_S)
    assert statuses == [0]
    assert json.loads(capsys.readouterr().out)["run_id"] == "r1"


def test_a_run_is_paused_retried_and_forked(tmp_path: Path) -> None:
    host = HostProcess(tmp_path, command=("-m", "worker_widget.host"))
    commands = Commands(tmp_path)
    api = host.api()
    api.base = "/api/v1/workers/business-builder"
    with closing(host), api.http:
        run_id = api.start("A tool for podcasters", pace=20)
        assert set(commands.row("pause", run_id, "--worker", "business-builder")) == documented("pause")
        with api.stream(run_id) as stream:
            assert any(frame.event == "run_paused" for frame in stream)
        assert commands.row("show", run_id)["status"] == "paused"
        assert commands.row("resume", run_id) == {"run_id": run_id, "resuming": True}
        assert "is not paused" in commands.call("resume", run_id, status=exit_status.REFUSED).stderr
        active = commands.call("retry", run_id, status=exit_status.REFUSED)
        assert "The run is still active" in active.stderr
        commands.call("cancel", run_id, "--wait")
        assert "has ended" in commands.call("pause", run_id, status=exit_status.REFUSED).stderr
        forked = commands.row("fork", run_id, "preflight", "--option", "pace=0", "--wait")
        assert set(forked) == documented("fork")
        assert (forked["parent_run_id"], forked["status"]) == (run_id, "completed")
        brand = tmp_path / "brand.json"
        brand.write_text('{"company_name": "Castaway"}')
        bad = commands.call(
            "fork", forked["run_id"], "copy", "--brand", str(brand), status=exit_status.REFUSED
        )
        assert "brand.mission" in bad.stderr
        again = commands.row("fork", forked["run_id"], "copy", "--task", "A studio for podcasters", "--wait")
        shown = commands.row("show", again["run_id"])
        assert (shown["parent_run_id"], shown["from_stage"]) == (forked["run_id"], "copy")
        assert set(commands.row("retry", forked["run_id"], "--stage", "ux")) == documented("retry")
