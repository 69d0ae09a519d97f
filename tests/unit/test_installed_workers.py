"""Workers are found through entry points, and one that fails hurts no other."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from tests.contract.host_support import ScriptedWorker
from worker_widget.host.runs import installed_workers as module
from worker_widget.host.runs.installed_workers import GROUP, installed_workers
from worker_widget.host.worker import WorkerContext, WorkerInfo


def scripted(context: WorkerContext) -> ScriptedWorker:
    return ScriptedWorker()


def later(context: WorkerContext) -> WorkerInfo:
    return WorkerInfo(id="later", name="A later one", description="", status="coming_soon")


def broken(context: WorkerContext) -> Any:
    raise OSError("the model file is missing")


def nothing(context: WorkerContext) -> Any:
    return None


def exits(context: WorkerContext) -> Any:
    raise SystemExit(3)


class WithoutInfo:
    info = None


def without_info(context: WorkerContext) -> Any:
    return WithoutInfo()


def installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **values: str
) -> dict[str, tuple[str, str | None]]:
    """Status and reason of each worker, by id, where these entry points are installed."""
    points = [
        EntryPoint(name.replace("_", "-"), value if "." in value else f"{__name__}:{value}", GROUP)
        for name, value in values.items()
    ]
    monkeypatch.setattr(module, "entry_points", lambda group: points)
    workers = installed_workers(WorkerContext(tmp_path))
    infos = [worker if isinstance(worker, WorkerInfo) else worker.info for worker in workers.values()]
    assert [info.id for info in infos] == list(workers)
    return {info.id: (info.status, info.reason) for info in infos}


def test_the_package_brings_its_own_workers(tmp_path: Path) -> None:
    workers = installed_workers(WorkerContext(tmp_path))
    assert list(workers) == ["business-builder", "agui", "code-debugger", "repo-fixer"]


def test_a_worker_that_fails_is_listed_with_the_reason_after_those_that_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = installed(
        monkeypatch, tmp_path, gone="no_such_package.worker", bad="broken", later="later", scripted="scripted"
    )
    assert list(found) == ["scripted", "later", "bad", "gone"]
    assert found["scripted"] == ("available", None)
    status, reason = found["bad"]
    assert status == "unavailable"
    assert "OSError: the model file is missing" in (reason or "")
    assert "ModuleNotFoundError: No module named 'no_such_package'" in (found["gone"][1] or "")


@pytest.mark.parametrize("value", ["nothing", "exits", "without_info", "scripted"])
def test_what_is_no_worker_of_that_name_is_listed_as_unavailable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str
) -> None:
    found = installed(monkeypatch, tmp_path, other=value, later="later")
    assert found["other"][0] == "unavailable"
    assert found["later"] == ("coming_soon", None)


def test_of_two_workers_with_one_id_the_first_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    points = [EntryPoint("scripted", f"{__name__}:scripted", GROUP)] * 2
    monkeypatch.setattr(module, "entry_points", lambda group: points)
    assert list(installed_workers(WorkerContext(tmp_path))) == ["scripted"]
    assert "installed twice" in caplog.text
