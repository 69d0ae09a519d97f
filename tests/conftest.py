from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has a home of its own, and no server or key from the environment."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(home))
    for name in [name for name in os.environ if name.startswith("WORKER_") and name != "WORKER_WIDGET_HOME"]:
        monkeypatch.delenv(name)
    return home
