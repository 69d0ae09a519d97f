from __future__ import annotations

import asyncio
import os
import signal
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.steady_loop import SteadyLoops

asyncio.set_event_loop_policy(SteadyLoops())

# How long an example takes depends on what else the machine does; that is no failure. The examples are the
# same in each run of the tests, so that a failure is that of a change; `make soak` draws others.
_UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", _UNHURRIED, derandomize=True)
settings.register_profile("others", _UNHURRIED)
settings.load_profile("same")

# A shell ignores interrupts for what it runs in the background, and every process below inherits that.
if (
    threading.current_thread() is threading.main_thread()
    and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has a home of its own, and no server or key from the environment."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(home))
    for name in [name for name in os.environ if name.startswith("WORKER_") and name != "WORKER_WIDGET_HOME"]:
        monkeypatch.delenv(name)
    return home
