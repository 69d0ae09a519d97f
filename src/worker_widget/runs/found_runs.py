"""`FoundRuns`: runs of the history as a notebook shows them."""

from __future__ import annotations

from ..state.terminal_text import fitted, harmless
from ..store.run_records import RunRecord
from .listed_status import listed_status


class FoundRuns(tuple[RunRecord, ...]):
    """Records of runs, newest first, shown as a table."""

    def __repr__(self) -> str:
        return "\n".join(map(_line, self)) or "No runs."

    def _repr_html_(self) -> str:
        from .history_summary import runs_html

        return runs_html(self)


def _line(run: RunRecord) -> str:
    columns = (harmless(run.run_id)[:8], fitted(listed_status(run), 11), fitted(harmless(run.task or ""), 80))
    return "  ".join(columns).rstrip()
