"""The magic ``%%worker_sql`` in a real IPython shell."""

from __future__ import annotations

import atexit
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell

from tests.recorded import events, recording
from worker_widget import SqlError
from worker_widget.state.reduce import reduce_all
from worker_widget.store.run_records import summary
from worker_widget.store.shared import shared_store

pytest.importorskip("duckdb")

DONE, FAILED = "valid_professional", "failure_strategy"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(HistoryManager, "enabled", False)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # the shell sets its own
    made = InteractiveShell(ipython_dir=str(tmp_path))
    store = shared_store()
    for number, name in enumerate((DONE, FAILED)):
        store.begin(name, worker="w", origin="o", time_us=number)
        store.summarise(name, **summary(reduce_all(store.append(name, events(recording(name))))))
    made.run_line_magic("load_ext", "worker_widget")
    yield made
    made.atexit_operations()
    atexit.unregister(made.atexit_operations)


def run(shell: Any, cell: str) -> Any:
    """The value of a cell, or its error raised."""
    done = shell.run_cell(cell)
    done.raise_error()
    return done.result


def test_a_cell_of_sql_returns_a_frame(shell: Any) -> None:
    found = run(shell, "%%worker_sql\nSELECT run_id, status\nFROM runs\nORDER BY run_id DESC")
    assert isinstance(found, pd.DataFrame)
    assert found["run_id"].tolist() == [DONE, FAILED]
    assert run(shell, "%worker_sql SELECT count(*) AS n FROM runs")["n"].tolist() == [2]


def test_a_name_gets_the_result_and_nothing_is_shown(shell: Any) -> None:
    assert run(shell, "%%worker_sql slow\nSELECT name, duration FROM stages") is None
    assert set(run(shell, "slow").columns) == {"name", "duration"}
    for name in ("two names", "1st", "class"):
        with pytest.raises(SqlError, match="name of a variable"):
            run(shell, f"%%worker_sql {name}\nSELECT 1")


def test_variables_are_tables_and_parameters(shell: Any) -> None:
    run(shell, "import pandas as pd\nPrices = pd.DataFrame({'worker': ['w'], 'price': [2.5]})\nrun = 'x'")
    run(shell, f"run = {FAILED!r}")
    found = run(
        shell,
        "%%worker_sql\nSELECT run_id, price FROM runs JOIN Prices USING (worker) WHERE run_id = $run",
    )
    assert found.to_dict("records") == [{"run_id": FAILED, "price": 2.5}]
    found = run(shell, "%%worker_sql\nWITH run AS (SELECT 7 AS seq) SELECT seq FROM run")
    assert found.to_dict("records") == [{"seq": 7}]
    with pytest.raises(SqlError, match=r"no variable 'nothing'"):
        run(shell, "%%worker_sql\nSELECT $nothing")


def test_a_wrong_statement_is_a_message_without_frames_of_the_package(shell: Any, capsys: Any) -> None:
    assert shell.run_cell("%%worker_sql\nSELECT mesage FROM logs").error_in_exec is not None
    shown = capsys.readouterr().out
    assert "Did you mean message?" in shown
    assert "explanations.py" not in shown


def test_loading_the_extension_imports_no_library_of_frames() -> None:
    script = (
        "import sys, worker_widget\n"
        "from unittest.mock import Mock\n"
        "worker_widget.load_ipython_extension(Mock())\n"
        "print([name for name in ('pandas', 'numpy', 'duckdb') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
