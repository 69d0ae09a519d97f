"""`watch`: which frameworks it finds, and what it says about those it cannot watch."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.watched_runs import WatchedRuns, recorded
from worker_widget.errors import WorkerWidgetError
from worker_widget.recording.place import Place, here_var
from worker_widget.recording.recording import Recording
from worker_widget.sources.frameworks import watching
from worker_widget.sources.frameworks.guard import Guard
from worker_widget.sources.frameworks.surroundings import Surroundings
from worker_widget.sources.frameworks.watching import FRAMEWORKS, unwatch, watch


@pytest.fixture(autouse=True)
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[WatchedRuns]:
    with recorded(monkeypatch) as runs:
        yield runs


class Fake:
    unseen: tuple[str, ...] = ()

    def __init__(self, surroundings: Surroundings) -> None:
        self.calls: list[str] = []

    def watch_all(self) -> None:
        self.calls.append("all")

    def watch(self, agent: Any) -> Any:
        return agent

    def remove(self) -> None:
        self.calls.append("removed")


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> list[Fake]:
    """Every framework is installed, and a fake."""
    made: list[Fake] = []

    def create(surroundings: Surroundings) -> Fake:
        made.append(Fake(surroundings))
        return made[-1]

    monkeypatch.setattr(watching, "find_spec", lambda name: SimpleNamespace())
    monkeypatch.setattr(watching, "import_module", lambda *_: SimpleNamespace(create=create))
    monkeypatch.setattr(watching, "version", lambda name: _tested()[name])
    return made


def _tested() -> dict[str, str]:
    return {known.distribution: ".".join(map(str, known.since)) + ".0" for known in FRAMEWORKS}


def test_importing_the_package_imports_no_framework() -> None:
    code = (
        "import sys, worker_widget; worker_widget.watch; worker_widget.unwatch();"
        "print([name for name in ('langchain_core', 'pydantic_ai', 'agents') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_watch_takes_every_installed_framework_once(fakes: list[Fake]) -> None:
    watch()
    watch()
    assert [fake.calls for fake in fakes] == [["all", "all"]] * 3
    unwatch()
    unwatch()
    assert [fake.calls[-1] for fake in fakes] == ["removed"] * 3


@pytest.mark.parametrize("name", ["langgraph", "LangChain", "pydantic_ai", "pydantic-ai", "openai-agents"])
def test_watch_takes_one_framework_by_its_name(fakes: list[Fake], name: str) -> None:
    watch(name)
    assert len(fakes) == 1


def test_a_framework_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "find_spec", lambda name: None)
    with pytest.raises(WorkerWidgetError, match="langchain-core is not installed: pip install"):
        watch("langgraph")
    with pytest.warns(UserWarning, match="No framework to watch is installed. Known: langchain-core"):
        watch()


def test_an_unknown_name_and_an_object_of_no_framework_say_what_can_be_watched() -> None:
    with pytest.raises(ValueError, match="no framework 'crewai' to watch: use 'langgraph', 'pydantic-ai'"):
        watch("crewai")
    with pytest.raises(ValueError, match="A dict cannot be watched"):
        watch({})


@pytest.mark.parametrize("version", ["9.0.1", "0.1.0", "strange"])
def test_a_version_that_is_not_known_is_watched_with_a_warning(
    fakes: list[Fake], monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(watching, "version", lambda name: version)
    with pytest.warns(RuntimeWarning, match=rf"pydantic-ai-slim {version} is not known .* are not seen"):
        watch("pydantic-ai")
    assert fakes[0].calls == ["all"]


def test_what_a_version_does_not_report_is_named(fakes: list[Fake], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fake, "unseen", ("text as it is written",))
    with pytest.warns(RuntimeWarning, match="langchain-core 1.0.0 not everything is seen: no text as it is"):
        watch("langgraph")


def test_a_version_that_has_no_place_for_the_hook_is_not_watched_and_the_others_are(
    fakes: list[Fake], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = watching.import_module

    def import_module(name: str, package: str) -> Any:
        if "pydantic" in name:
            raise ImportError("cannot import name 'AbstractCapability'")
        return usual(name, package)

    monkeypatch.setattr(watching, "import_module", import_module)
    with pytest.raises(WorkerWidgetError, match=r"pydantic-ai-slim 2.60.0 cannot be watched \(cannot import"):
        watch("pydantic-ai")
    with pytest.warns(UserWarning, match="nothing of its runs is seen"):
        watch()
    assert len(fakes) == 2


def test_a_framework_run_inside_a_run_is_a_part_of_it(runs: WatchedRuns) -> None:
    recording = Recording("mine")
    stage_id = recording.start_stage("digest")
    token = here_var.set(Place(recording, stage_id))
    try:
        run = watching._surroundings.open("forecaster", "pydantic-ai", "Weather?")
    finally:
        here_var.reset(token)
    run.start("agent", None, kind="agent", name="forecaster")
    run.close()
    assert runs.runs == []
    started = recording._queue[1].data
    assert getattr(started, "parent_id", None) == stage_id
    assert not recording.closed


def test_a_hook_that_fails_is_logged_once_and_given_up_in_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls: list[int] = []
    guard = Guard("a framework")

    def hook(number: int) -> int:
        calls.append(number)
        raise RuntimeError("broken")

    guarded = guard(hook)
    assert [guarded(number) for number in range(100)] == [None] * 100
    assert len(caplog.records) == 1
    assert "Watching a framework failed" in caplog.text
    assert len(calls) == Guard.MOST_ERRORS + 1
