"""The package that ``worker-widget new`` writes: it installs, is found, runs, and its own test passes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from worker_widget import cli

from .host_support import ROOT

LIST = """
from pathlib import Path
from worker_widget import WorkerClient
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.host.runs.installed_workers import installed_workers
from worker_widget.host.worker import WorkerContext

workers = installed_workers(WorkerContext(Path()))
with ThreadedHost(Path(), workers) as host:
    client = WorkerClient("word-smith", url=host.url, api_key=host.token)
    print([(info.name, info.status) for info in client.workers() if info.id == "word-smith"])
    run = client.run("to be or not to be", most=1).wait()
    print(run.status, run.error, list(run.stages()["name"]))
    print(run.artifacts["words.md"].text)
    client.close()
"""


def python(*arguments: str, cwd: Path, site: Path) -> str:
    """Runs Python with what is installed in ``site``; its output."""
    path = os.pathsep.join((str(site), str(ROOT / "src")))
    environment = {**os.environ, "PYTHONPATH": path, "WORKER_WIDGET_HOME": str(cwd / "home")}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_worker_installs_is_listed_and_runs_and_its_test_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package, site, work = tmp_path / "a package", tmp_path / "site", tmp_path / "work"
    work.mkdir()
    assert cli.main(["new", "word-smith", "--directory", str(package)]) == 0
    assert f"pip install -e '{package}'" in capsys.readouterr().out
    install = ("install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", str(site))
    python("-m", "pip", *install, str(package), cwd=work, site=site)
    listed, ran, *text = python("-c", LIST, cwd=work, site=site).splitlines()
    assert listed == "[('Word Smith', 'available')]"
    assert ran == "completed None ['Reading', 'Writing']"
    assert "| be | 2 |" in text
    assert "3 passed" in python("-m", "pytest", "-q", str(package / "tests"), cwd=work, site=site)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("My Worker", "lower-case letters"),
        ("my_worker", "lower-case letters"),
        ("-worker", "lower-case letters"),
        ("worker-", "lower-case letters"),
        ("1st", "lower-case letters"),
        ("../up", "lower-case letters"),
        ("", "lower-case letters"),
        ("a" * 51, "at most 50 characters"),
        ("class", "is a name of Python"),
        ("json", "is a name of Python"),
        ("worker-widget", "of this package"),
        ("business-builder", "is installed already"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_and_writes_nothing(
    name: str,
    reason: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["new", "--", name] if name.startswith("-") else ["new", name]
    assert cli.main(arguments) == 1
    assert reason in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_exists_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-worker").mkdir()
    assert cli.main(["new", "my-worker"]) == 1
    assert "my-worker exists already" in capsys.readouterr().err
    assert list((tmp_path / "my-worker").iterdir()) == []
    assert cli.main(["new", "my-worker", "--directory", "other/place"]) == 0
    assert (tmp_path / "other/place/src/my_worker/worker.py").exists()
