"""The magic ``%worker_open``: a console on a run."""

from __future__ import annotations

from typing import Any, Final

from ...errors import RequestRefused, RunUnknown
from .arguments import read_line
from .worker import named_worker

VALUES: Final = ("at", "url", "worker")


def worker_open(shell: Any, line: str) -> Any:
    """Shows a run in a console, live or ended, and returns the console::

        %worker_open 3d30

    The run is an id, a beginning of it that no other run has, or ``last``. One that the history does not have
    is asked for at the server: ``--url`` and ``--worker`` say at which, and of which worker.
    ``--at 12.5s`` shows a run that has ended as it was then; a stage or a position is such a moment, too.
    """
    from ... import background
    from ...runs import local_runs
    from ...runs.client import WorkerClient
    from ...runs.ended_kernels import settle_ended
    from ...runs.finding import find_run, is_id
    from ...runs.positions import position_of
    from ...runs.servers import url_of_run
    from ...sources.local.functions_here import LABEL
    from ...state.run_state import ENDED
    from ...store.shared import shared_store
    from ..widget import WorkerConsole

    given = read_line("%worker_open", line, most_words=1, values=VALUES)
    named, url = given.word, given.values.get("url")
    if named is None:
        raise RequestRefused("Write the id of a run, or the beginning of one: %worker_open 3d30.")
    store = shared_store()
    local_runs.wait_until_kept()
    settle_ended(store)
    record = find_run(store, named)
    worker = given.values.get("worker") or (record.worker if record is not None else None)
    made = named_worker(worker or None, {})
    if record is not None and record.status in ENDED:
        at = given.values.get("at")
        moment = None if at is None else position_of(store, record.run_id, int(at) if at.isdecimal() else at)
        return WorkerConsole(made, url=url, replay=record.run_id, at=moment)
    if "at" in given.values:
        raise RequestRefused("--at is for a run of the history that has ended. Open it, and go back in it.")
    if record is not None and record.origin == LABEL:
        return WorkerConsole(watch=True, run_id=record.run_id)
    if record is not None:
        return WorkerConsole(made, url=url_of_run(record, url), run_id=record.run_id)
    if not is_id(named):
        raise RunUnknown("The history has no run of that name.")
    client = WorkerClient(made, url=url)
    background.call(lambda: client.api.ensure_known(named))
    return WorkerConsole(made, url=url, run_id=named)
