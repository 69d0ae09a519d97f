"""The magics in a real IPython shell, with a real host."""

from __future__ import annotations

import atexit
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell

from worker_widget import RequestRefused, Run, RunUnknown, SavedBrands, WorkerConsole
from worker_widget.console.magics import completion
from worker_widget.errors import WorkerWidgetError
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.sources.local.functions_here import LABEL, functions_here
from worker_widget.store.shared import shared_store

from .host_support import Api, scripted

BRAND = {
    "company_name": "Acme",
    "mission": "We build tools for small teams.",
    "value_proposition": "Tools that save time for small teams every day.",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedHost]:
    with ThreadedHost(tmp_path_factory.mktemp("host"), scripted()) as host:
        yield host


@pytest.fixture
def host(served: ThreadedHost, monkeypatch: pytest.MonkeyPatch) -> ThreadedHost:
    """The server of the environment."""
    monkeypatch.setenv("WORKER_URL", f"{served.url}/api/v1")
    monkeypatch.setenv("WORKER_API_KEY", served.token)
    completion._listed.clear()
    monkeypatch.setattr(completion, "_ANSWER_S", 120.0)
    return served


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(HistoryManager, "enabled", False)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # the shell sets its own
    monkeypatch.chdir(tmp_path)
    made = InteractiveShell.instance(ipython_dir=str(tmp_path))
    made.run_line_magic("load_ext", "worker_widget")
    yield made
    made.atexit_operations()
    atexit.unregister(made.atexit_operations)
    InteractiveShell.clear_instance()
    functions_here.clear()


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What cells display, which is closed at the end."""
    displayed: list[Any] = []
    monkeypatch.setattr("IPython.display.display", displayed.append)
    yield displayed
    for item in displayed:
        item.close()


def run(shell: Any, cell: str) -> Any:
    """The value of a cell, or its error raised."""
    done = shell.run_cell(cell, store_history=True)
    done.raise_error()
    return done.result


def completed(shell: Any, text: str) -> list[str]:
    with provisionalcompleter():
        found = shell.Completer.completions(text, len(text))
        return [item.text for item in found if item.type != "magic"]


def test_a_cell_is_the_task_and_its_result_the_run(
    shell: Any, host: ThreadedHost, shown: list[Any], capsys: Any
) -> None:
    found = run(
        shell, "%%worker scripted --pace 3 --budget 5000 --strict --depth deep --wait\nlog 3\n;page Hi"
    )
    assert isinstance(found, Run)
    assert found.status == "completed"
    request = found.request
    assert request is not None
    assert (request.task, request.budget) == ("log 3\n;page Hi", 5000)
    assert (request.strict_mode, request.depth, request.options) == (True, "deep", {"pace": 3})
    (console,) = shown
    assert isinstance(console, WorkerConsole)
    assert console.current_run is not None
    assert console.current_run.run_id == found.run_id
    assert "Run(" not in capsys.readouterr().out  # the console is what the cell shows
    assert run(shell, "_") is found
    assert "Run(" in capsys.readouterr().out


def test_a_quiet_cell_shows_the_run_alone(
    shell: Any, host: ThreadedHost, shown: list[Any], capsys: Any
) -> None:
    found = run(shell, "%%worker scripted --quiet --wait\nlog 3")
    assert (found.status, shown) == ("completed", [])
    assert f"Run('{found.run_id}'" in capsys.readouterr().out


def test_a_brand_is_a_file_a_variable_or_a_saved_one(
    shell: Any, host: ThreadedHost, shown: list[Any], tmp_path: Path
) -> None:
    (tmp_path / "brand.json").write_text(json.dumps(BRAND), "utf-8")
    SavedBrands().save("acme", {**BRAND, "company_name": "Saved"})
    run(shell, f"mine = {BRAND!r}\nmine['company_name'] = 'Mine'")
    for name, company in (("brand.json", "Acme"), ("mine", "Mine"), ("acme", "Saved")):
        found = run(shell, f"%%worker scripted --quiet --wait --brand {name}\nlog 1")
        assert found.request.brand["company_name"] == company
    (tmp_path / "bad.json").write_text("{", "utf-8")
    for name, message in (("bad.json", "not valid JSON"), ("no.json", "cannot be read"), ("none", "acme")):
        with pytest.raises(RequestRefused, match=message):
            run(shell, f"%%worker scripted --brand {name}\nlog 1")
    assert shown == []


def test_a_function_of_the_notebook_is_a_worker(shell: Any, shown: list[Any]) -> None:
    run(
        shell,
        "from worker_widget import worker\n"
        "@worker\ndef word_count(task: str, times: int = 1, loud: bool = False) -> str:\n"
        "    return f'{len(task.split()) * times} {loud}'",
    )
    found = run(shell, "%%worker word_count --times 2 --loud --wait\none two three")
    assert found.status == "completed"
    assert found.request.options == {"times": 2, "loud": True}
    assert "6 True" in str([found.artifacts[name].text for name in found.artifacts])
    assert "word_count" in completed(shell, "%%worker wor")
    assert completed(shell, "%%worker word_count --ti") == ["--times"]
    assert completed(shell, "%%worker word_count --loud ") == ["true", "false"]


REFUSED = {
    "an option that is not there": ("%%worker scripted --buget 5\nlog 1", r"Did you mean --budget\?"),
    "a number that is none": ("%%worker scripted --budget much\nlog 1", "--budget must be a whole number"),
    "a value of another type": ("%%worker scripted --pace fast\nlog 1", "--pace must be a number"),
    "a choice that is none": ("%%worker scripted --writer me\nlog 1", "one of auto, rules"),
    "a depth that is none": ("%%worker scripted --depth low\nlog 1", "auto, shallow, deep"),
    "a switch with a value": ("%%worker scripted --wait=5\nlog 1", "is a switch"),
    "an option without a value": ("%%worker scripted --budget\nlog 1", "--budget needs a value"),
    "two workers": ("%%worker scripted other\nlog 1", "'other' has no place"),
    "a quotation mark": ("%%worker 'scripted\nlog 1", "quotation mark"),
    "a key": ("%%worker scripted --api-key SECRET\nlog 1", "WORKER_API_KEY"),
    "no task": ("%%worker scripted\n  \n", "The cell is the task"),
    "a task that is too short": ("%%worker scripted\nhi", "at least 5 characters"),
    "a form with an option of a run": ("%worker scripted --wait", "use %%worker"),
    "a worker that is not there": ("%%worker none\nlog 1", "There is no worker"),
    "an address": ("%%worker scripted --url ftp://x\nlog 1", "must start with http"),
    "an agent's address": ("%%worker --agui ftp://x\nlog 1", "must start with http"),
    "a status that is none": ("%worker_runs --status done", "completed"),
    "a time that is none": ("%worker_runs --since soon", "is not a time"),
    "no run": ("%worker_open", "Write the id of a run"),
    "a run that is not there": ("%worker_open nope --worker scripted", "no run nope"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_line_is_one_message(
    case: str, shell: Any, host: ThreadedHost, shown: list[Any], capsys: Any
) -> None:
    cell, message = REFUSED[case]
    with pytest.raises(WorkerWidgetError, match=message):
        run(shell, cell)
    printed = capsys.readouterr().out
    assert "SECRET" not in printed
    assert f": {cell.split()[0]}\n" in printed
    assert "magics" not in printed  # no frame of the package
    assert shown == []


def test_runs_are_listed_under_conditions(shell: Any, host: ThreadedHost) -> None:
    done = run(shell, "%%worker scripted --quiet --wait\nlog 1")
    failed = run(shell, "%%worker scripted --quiet --wait\nfail no paper")
    failed.tag("baseline")
    assert [record.run_id for record in run(shell, "%worker_runs")] == [failed.run_id, done.run_id]
    for conditions in ("--status failed", "--tag baseline", "--text PAPER", "--limit 1"):
        (only,) = run(shell, f"%worker_runs {conditions}")
        assert only.run_id == failed.run_id
    table = run(shell, "%worker_runs --worker scripted")
    assert done.run_id[:8] in table._repr_html_()
    assert done.run_id[:8] in repr(table)
    assert repr(run(shell, "%worker_runs --starred")) == "No runs."


def test_a_run_opens_by_the_beginning_of_its_id(shell: Any, host: ThreadedHost) -> None:
    api = Api(host.url, host.token)
    done = run(shell, "%%worker scripted --quiet --wait\nlog 1")
    going = api.start("log 2;hold on")
    for named, run_id in ((done.run_id[:13], done.run_id), ("last", done.run_id)):
        console = run(shell, f"%worker_open {named}")
        assert opened(console) == run_id
        console.close()
    console = run(shell, f"%worker_open {done.run_id} --at 2")
    assert opened(console) == done.run_id
    console.close()
    with pytest.raises(WorkerWidgetError, match="no_such_stage"):
        run(shell, f"%worker_open {done.run_id} --at no_such_stage")
    console = run(shell, f"%worker_open {going} --worker scripted")
    assert opened(console) == going
    console.close()
    assert completed(shell, f"%worker_open {done.run_id[:4]}") == [done.run_id]
    api.post(f"/runs/{going}/cancel")
    api.http.close()
    store = shared_store()
    for number in range(2):
        store.begin(f"same-{number}", worker="scripted", origin="embedded host", time_us=number)
    with pytest.raises(RunUnknown, match="Several runs begin with same-"):
        run(shell, "%worker_open same-")
    store.begin("elsewhere", worker="nightly", origin=LABEL, time_us=4)
    console = run(shell, "%worker_open elsew")
    assert opened(console) == "elsewhere"
    console.close()
    store.begin("away", worker="scripted", origin="https://workers.example.com", time_us=5)
    with pytest.raises(RequestRefused, match="--url"):
        run(shell, "%worker_open away")


def opened(console: WorkerConsole) -> str:
    deadline = time.monotonic() + 60
    while console.current_run is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return console.current_run.run_id


def test_names_and_options_are_completed(shell: Any, host: ThreadedHost, tmp_path: Path) -> None:
    (tmp_path / "brand.json").write_text("{}", "utf-8")
    SavedBrands().save("acme", BRAND)
    assert "business-builder" in completed(shell, "%%worker business-b")
    assert "scripted" in completed(shell, "%%worker ")
    assert completed(shell, "%%worker scripted --p") == ["--pace"]
    assert completed(shell, "%%worker scripted --writer ") == ["auto", "rules"]
    assert completed(shell, "%%worker scripted --depth s") == ["shallow"]
    assert completed(shell, "%%worker scripted --brand b") == ["brand.json"]
    assert completed(shell, "%%worker scripted --brand ac") == ["acme"]
    assert {"--brand", "--budget", "--wait", "--pace"} <= set(completed(shell, "%%worker scripted --"))
    assert completed(shell, "%worker_runs --stat") == ["--status"]
    assert completed(shell, "%worker_runs --status int") == ["interrupted"]
    assert completed(shell, "%worker_open la") == ["last"]


def test_a_key_that_is_pressed_starts_no_host(shell: Any, own_home: Path) -> None:
    completion._listed.clear()
    assert "business-builder" in completed(shell, "%%worker bus")
    assert not (own_home / "host.json").exists()
