"""A pytest plugin for the notebooks: a home of their own, and no host left behind."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.browser.lab import stop_host


def pytest_configure(config: pytest.Config) -> None:
    """Kernels inherit the environment, so it is set before any starts."""
    os.environ["WORKER_WIDGET_HOME"] = tempfile.mkdtemp(prefix="worker-widget-")


def pytest_unconfigure(config: pytest.Config) -> None:
    home = Path(os.environ.pop("WORKER_WIDGET_HOME"))
    stop_host(home)
    shutil.rmtree(home, ignore_errors=True)
