"""The notebook of a run is executed on a computer that has only its JSON."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.recorded import events, recording
from worker_widget.runs.history import RunHistory
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

NAME = "valid_professional"


def test_a_notebook_of_a_run_is_executed_with_its_json_beside_it(own_home: Path, tmp_path: Path) -> None:
    store = EventStore.memory()
    store.begin(NAME, worker="business-builder", origin="o", time_us=1)
    store.summarise(NAME, **summary(reduce_all(store.append(NAME, events(recording(NAME))))))
    history = RunHistory(store)
    history.export(NAME, "ipynb", tmp_path / "run.ipynb")
    history.export(NAME, "json", tmp_path / f"{NAME}.json")
    store.close()
    options = ("--nbval-lax", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options, "run.ipynb"],
        cwd=tmp_path,
        env={**os.environ, "WORKER_WIDGET_HOME": str(own_home)},
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    assert "10 passed" in done.stdout
