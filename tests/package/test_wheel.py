"""The wheel is what people get: it is built, installed elsewhere, and used from there."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import get_args

import pytest

from tests.browser.lab import stop_host
from worker_widget.console.jupyter.front_end import Bundle

ROOT = Path(__file__).parents[2]

HEAVY = {
    *("pandas", "httpx", "fastapi", "uvicorn", "pydantic", "markdown", "nh3", "regex", "re2", "psutil"),
    *(
        f"worker_widget.{module}"
        for module in (
            "artifacts.diff.side_by_side",
            "console.requests.artifacts",
            "console.requests.exports",
            "console.requests.history",
            "events.json_schema",
            "recording.function",
            "runs.compare",
            "runs.export",
            "runs.loading",
            "runs.recorded_run",
            "runs.verifying",
            "sources.local.local_workers",
            "sources.worker_api.client",
            "sources.worker_api.embedded",
            "store.pattern",
        )
    ),
}
"""What a first display of some console does without."""

USE_IT = """
import json, worker_widget
from worker_widget import WorkerConsole
console = WorkerConsole()
run = console.run(pace=0).wait(60)
print(json.dumps({
    "file": worker_widget.__file__,
    "status": run.status,
    "artifacts": sorted(run.artifacts),
    "front_end": "render" in console._esm,
}))
console.close()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = directory.glob("*.whl")
    return built


def test_it_holds_what_is_needed_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"worker_widget/static/{bundle}.js" for bundle in get_args(Bundle)} <= set(names)
    assert "worker_widget/static/report.js" in names
    assert "worker_widget/py.typed" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    sources = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src" / "worker_widget").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert sources - set(names) == set()
    assert not [name for name in names if "node_modules" in name or name.startswith(("js/", "tests/"))]


def test_installed_elsewhere_it_shows_a_console_and_runs(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "venv"
    venv.create(place, with_pip=False, symlinks=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(place)}))
    zipfile.ZipFile(wheel).extractall(site)
    # What it depends on is taken from here; the package itself is found in the wheel first.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    home = tmp_path / "home"
    try:
        done = subprocess.run(
            [place / "bin" / "python", "-c", USE_IT],
            cwd=tmp_path,
            env={
                **{k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
                "WORKER_WIDGET_HOME": str(home),
            },
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
    finally:
        stop_host(home)
    assert done.returncode == 0, done.stderr
    import json

    report = json.loads(done.stdout)
    assert Path(report["file"]).is_relative_to(place)
    assert report["status"] == "completed"
    assert "landing.html" in report["artifacts"]
    assert report["front_end"] is True


def test_the_heavy_parts_are_imported_when_they_are_needed() -> None:
    code = (
        "import sys, worker_widget; early = set(sys.modules);"
        "from worker_widget import WorkerConsole;"
        f"print(sorted({HEAVY!r} & set(sys.modules)), 'anywidget' in early)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["[]", "False"]


def test_everything_public_is_named_and_there() -> None:
    import worker_widget

    assert sorted(worker_widget.__all__) == worker_widget.__all__
    for name in worker_widget.__all__:
        assert getattr(worker_widget, name).__name__ == name
    assert set(worker_widget._MODULES) == set(worker_widget.__all__)
    with pytest.raises(AttributeError, match="no_such"):
        _ = worker_widget.no_such
