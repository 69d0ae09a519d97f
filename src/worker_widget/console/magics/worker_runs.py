"""The magic ``%worker_runs``: the newest runs as a table."""

from __future__ import annotations

from typing import Any, Final

from ...errors import RequestRefused
from ...runs.found_runs import FoundRuns
from .arguments import read_line, whole_number

VALUES: Final = ("status", "worker", "tag", "text", "since", "limit")
SWITCHES: Final = ("starred",)
STATUSES: Final = (
    "queued",
    "running",
    "waiting",
    "paused",
    "interrupted",
    "completed",
    "failed",
    "cancelled",
)
_SHOWN: Final = "20"


def worker_runs(shell: Any, line: str) -> FoundRuns:
    """The newest runs of the history, newest first::

        %worker_runs --status failed --since 2026-11-22

    Options: ``--status``, ``--worker``, ``--tag``, ``--starred``, ``--text`` (a part of the task or note),
    ``--since`` (a time, in UTC if it has no zone), ``--limit`` (20). ``%worker_open`` shows one of them.
    """
    from ...runs.ended_kernels import settle_ended
    from ...runs.local_runs import wait_until_kept
    from ...runs.run_choice import RunQuery, chosen_runs
    from ...store.shared import shared_store

    given = read_line("%worker_runs", line, values=VALUES, switches=SWITCHES)
    status, tag = given.values.get("status"), given.values.get("tag")
    if status is not None and status not in STATUSES:
        raise RequestRefused(f"--status must be one of {', '.join(STATUSES)}, not {status!r}.")
    limit = whole_number("limit", given.values.get("limit", _SHOWN))
    try:
        query = RunQuery.of(
            statuses=None if status is None else [status],
            worker=given.values.get("worker"),
            tags=() if tag is None else [tag],
            starred="starred" in given.switches,
            text=given.values.get("text"),
            since=given.values.get("since"),
        )
    except ValueError as error:
        raise RequestRefused(f"--{error}") from None
    store = shared_store()
    wait_until_kept()
    settle_ended(store)
    return FoundRuns(chosen_runs(store, query, max(limit, 0)))
