"""A function behind the worker API: the same run that it is in a kernel."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import worker_widget
from worker_widget import WorkerClient
from worker_widget.cli import main

GUARD_S = 120.0

MODULE = '''
import asyncio, time
from worker_widget import artifact, ask, log, stage, track, worker

@worker(stages=["fetch", "write"], capture="stdout")
async def digest(task, brand=None, pages: int = 2):
    """Reads feeds."""
    with stage("fetch", agent="reader") as fetch:
        for page in track(range(pages), unit="pages"):
            print("page", page)
        fetch.tokens(input=3, output=4)
        fetch.output = {"pages": pages}
    with stage("write"), artifact("digest.md") as out:
        out.write("# " + task)
        out.write(" for " + (brand or {}).get("company_name", "nobody"))
    return {"published": await ask("Publish?")}

@worker
def fails(task):
    with stage("deep"):
        raise LookupError("no feed")

@worker
def endless(task):
    while True:
        log("again")
        time.sleep(0.01)
'''


def wait_until(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + GUARD_S
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.02)


@pytest.fixture
def client(tmp_path: Path, own_home: Path) -> Iterator[WorkerClient]:
    (tmp_path / "my_module.py").write_text(MODULE, encoding="utf-8")
    names = [f"--worker=my_module:{name}" for name in ("digest", "fails", "endless")]
    source = Path(worker_widget.__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "worker_widget.cli", "host", *names],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(source)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert "Listening on" in process.stdout.readline()
        found = WorkerClient()
        yield found
        found.close()
    finally:
        process.terminate()
        process.wait(GUARD_S)
        process.stdout.close()


def test_a_function_is_served_with_its_options_stages_and_questions(client: WorkerClient) -> None:
    info = {row.id: row for row in client.workers()}
    assert list(info) == ["digest", "fails", "endless"]
    assert [option.name for option in info["digest"].options] == ["pages"]
    brand = {
        "company_name": "Acme",
        "mission": "We help people read more",
        "value_proposition": "All the news in one page a day",
    }
    going = client.run("this week", brand, worker="digest", pages=3)
    wait_until(lambda: going.state.status == "waiting")
    question = going.state.inputs[0]
    worker_widget.background.call(lambda: going._live.answer(question.request_id, True))
    done = going.wait(GUARD_S)
    assert done.status == "completed"
    assert {name: done.artifacts[name].text for name in done.artifacts} == {
        "digest.md": "# this week for Acme",
        "result.json": '{\n  "published": true\n}',
    }
    assert list(done.logs()["message"])[:3] == ["page 0", "page 1", "page 2"]
    stages = done.stages()
    assert list(stages["stage_id"]) == ["fetch", "write"]
    assert stages.iloc[0]["output"] == '{"pages":3}'
    assert done.state.tokens == 7


def test_an_exception_fails_the_run(client: WorkerClient) -> None:
    done = client.run("this week", worker="fails").wait(GUARD_S)
    assert (done.status, done.error) == ("failed", "LookupError: no feed")
    assert "raise LookupError" in str(done.stages().iloc[0]["traceback"])


def test_a_stop_ends_the_function(client: WorkerClient) -> None:
    going = client.run("this week", worker="endless")
    wait_until(lambda: going.state.counts.logs > 2)
    going.stop()
    assert going.wait(GUARD_S).status == "cancelled"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("digest", "is not of the form module:function"),
        ("no_such_module:digest", "No module named"),
        ("worker_widget:no_such_name", "no attribute"),
        ("worker_widget.version:__version__", "neither a function nor a worker"),
    ],
)
def test_a_worker_that_cannot_be_loaded_is_named(
    name: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["host", "--worker", name])
    assert reason in capsys.readouterr().err
