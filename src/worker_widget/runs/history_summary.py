"""The history, and frames that are not read yet, in a few lines of HTML, as a notebook shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Final

from ..store.run_records import RunRecord
from .listed_status import listed_status
from .run_summary import duration_words, without_formulas

if TYPE_CHECKING:
    from .frames.schema import FrameSchema

SHOWN_RUNS: Final = 10
"""The number of the newest runs that the history shows."""

_MOST_CHARS: Final = 100
_ID_CHARS: Final = 8
_TITLES: Final = ("Status", "Task", "Worker", "Created (UTC)", "Duration", "Tags")
_METHODS: Final = "runs() stages() logs() routing() policy() drift() failures() sql() plot scan()"
_SOURCE_METHODS: Final = "polars() duckdb()"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def runs_words(count: int) -> str:
    """A number of runs: "no runs", "1 run" or "1,234 runs"."""
    return f"{count:,} run{'s' * (count != 1)}" if count else "no runs"


def history_html(newest: Sequence[RunRecord], total: int) -> str:
    """How many runs there are, a row for each of the newest, and what has more of them."""
    words = runs_words(total)
    head = f"<b>{words[0].upper()}{words[1:]}</b>"
    if total > len(newest):
        head += f" · the newest {len(newest)}"
    table = _table(_TITLES, map(_row, newest)) if newest else ""
    return without_formulas(f"<div>{head}</div>{table}{_calls(_METHODS)}")


def runs_html(runs: Sequence[RunRecord]) -> str:
    """A row for each run, with the beginning of its id."""
    if not runs:
        return "<div>No runs</div>"
    rows = [(run.run_id[:_ID_CHARS], listed_status(run), *_row(run)[1:]) for run in runs]
    return without_formulas(_table(("Run", *_TITLES), rows))


def source_html(schema: FrameSchema) -> str:
    """The columns of a frame that is not read yet."""
    columns = " ".join(f"<code>{escape(column.name)}</code>" for column in schema.columns)
    head = f"<b>{escape(schema.name)}</b> · {len(schema.columns)} columns · not read yet"
    return f"<div>{head}</div><div>{columns}</div>{_calls(_SOURCE_METHODS)}"


def scan_html(schemas: Iterable[FrameSchema]) -> str:
    """The frames that can be read, a row each."""
    rows = [(schema.name, str(len(schema.columns)), schema.rows) for schema in schemas]
    head = f"<div><b>{len(rows)} frames</b> · not read yet</div>"
    return head + _table(("Frame", "Columns", "Rows"), rows)


def _row(run: RunRecord) -> tuple[str, ...]:
    duration = None
    if run.started_us is not None and run.ended_us is not None:
        duration = duration_words(run.ended_us - run.started_us)
    tags = "★ " * run.starred + ", ".join(run.tags)
    return run.status, run.task or "", run.worker, _moment(run.created_us), duration or "", tags.strip()


def _moment(us: int) -> str:
    try:
        return f"{_EPOCH + timedelta(microseconds=us):%Y-%m-%d %H:%M}"
    except OverflowError:  # a time that no calendar has
        return ""


def _table(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in the colours of the page around it; texts are shortened to one line."""

    def cells(tag: str, texts: Iterable[str]) -> str:
        return "".join(f'<{tag} style="text-align: left">{escape(_line(text))}</{tag}>' for text in texts)

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells('th', head)}</tr></thead><tbody>{body}</tbody></table>"


def _line(text: str) -> str:
    line = " ".join(text[: 10 * _MOST_CHARS].split())
    return line if len(line) <= _MOST_CHARS else line[: _MOST_CHARS - 1] + "…"


def _calls(methods: str) -> str:
    return f"<div><small>{' '.join(f'<code>.{method}</code>' for method in methods.split())}</small></div>"
