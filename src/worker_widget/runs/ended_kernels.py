"""Runs that ended with their process: a kernel that was restarted, a program that was killed."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from ..errors import WorkerWidgetError
from ..events import RunReconciled, decode, encode
from ..state.run_state import RunState
from ..store.event_store import EventStore
from ..store.run_records import summary

KERNEL_ENDED: Final = "The kernel ended before the run did."

_EVENT_ID: Final = "kernel ended"
"""Of the event that says so: two processes that find the run at once add it once."""

_CLOCK_S: Final = 2.0
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


def own_process() -> str:
    """This process, as `settle_ended` recognises it: the computer, the process id and when it started."""
    return _process(os.getpid())


@cache
def _process(pid: int) -> str:
    return f"{socket.gethostname()} {pid} {_start(pid)}"


def _start(pid: int) -> str:
    """When a process started. On Linux that is counted from the start of the computer: the time of day of a
    process's start moves there when the clock is set."""
    try:
        ticks = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19]
        return f"{_BOOT.read_text().strip()}:{int(ticks)}"
    except OSError:
        import psutil  # for runs of this kernel, and for a history that has such runs

        return f"{psutil.Process(pid).create_time():.2f}"


def has_ended(process: str) -> bool:
    """Whether a process is known to have ended; one of another computer is not."""
    import psutil

    try:
        computer, pid, started = process.rsplit(" ", 2)
        if computer != socket.gethostname():
            return False
        found = psutil.Process(int(pid))
        now = _start(found.pid)
        another = now != started if ":" in now else abs(float(now) - float(started)) > _CLOCK_S
        return another or bool(found.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
    except (psutil.Error, ValueError, OSError):
        return False


def settle_ended(store: EventStore) -> None:
    """Ends the runs in the history whose process has ended, as interrupted."""
    for run_id, process in store.owned_runs():
        if has_ended(process):
            with suppress(WorkerWidgetError):  # deleted just now
                _settle(store, run_id)


def _time_after(state: RunState) -> datetime:
    """Now, or the time of the newest event, if the clock was set back since."""
    return max(datetime.now(UTC), _EPOCH + timedelta(microseconds=state.last_us or 0))


def _settle(store: EventStore, run_id: str) -> None:
    data = RunReconciled(status="interrupted", success=False, error=KERNEL_ENDED)
    raw = encode(data, run_id=run_id, time=_time_after(store.state(run_id)))
    store.append(run_id, [decode(raw, "run_reconciled", _EVENT_ID)])
    state = store.state(run_id)
    store.summarise(run_id, **summary(state))
    store.keep_state(run_id, state)
