"""The quickstart as a person keeps it: executed, with the widget's state, and not too large."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.browser.lab import stop_host

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "01-quickstart.ipynb"
MOST_BYTES = 400_000


def test_the_executed_quickstart_keeps_the_run_and_is_small(tmp_path: Path, own_home: Path) -> None:
    notebook = nbformat.read(QUICKSTART, as_version=4)
    client = NotebookClient(
        notebook, timeout=120, store_widget_state=True, resources={"metadata": {"path": str(tmp_path)}}
    )
    try:
        client.execute()
        token = json.loads((own_home / "host.json").read_text())["token"]
    finally:
        stop_host(own_home)
    text = nbformat.writes(notebook)
    assert len(text.encode()) <= MOST_BYTES
    states = notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    (console,) = [state["state"] for state in states.values() if "run_id" in state["state"]]
    assert console["status"] == "completed"
    assert console["saved"]["state"]["run"]["status"] == "completed"
    assert console["saved"]["artifact"]["file"] == "landing.html"
    assert token not in text
    assert (tmp_path / "trace.csv").read_text().startswith("line,position,time")


@pytest.mark.parametrize("path", sorted(QUICKSTART.parent.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_are_committed_with_what_is_stable_alone(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert "widgets" not in notebook.metadata
    for cell in notebook.cells:
        if cell.cell_type == "code":
            ignored = "nbval-ignore-output" in cell.metadata.get("tags", [])
            assert bool(cell.outputs) is not ignored, cell.source
