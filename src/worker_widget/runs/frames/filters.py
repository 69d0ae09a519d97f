"""Which runs and rows a frame has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from ...state.log_line import LEVELS
from ...store.run_records import MOST_TEXT, RunChoice

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class RunWithId(Protocol):
    """A run, of which a filter needs the id."""

    @property
    def run_id(self) -> str: ...


OneOrMore: TypeAlias = "str | Iterable[str] | None"
"""A name, several, or ``None`` for all."""
RunsArgument: TypeAlias = "str | RunWithId | Iterable[str | RunWithId] | None"
"""Runs by id or as `Run`, ``None`` for all."""
Moment: TypeAlias = "datetime | date | str | None"
"""A time, a date, or ISO 8601 text, in UTC if it has no zone."""


class FrameFilter(NamedTuple):
    """What the rows of a frame have in common; ``None`` for no condition.

    The times are the earliest, and the one before which all rows are, both in µs. ``limit`` is the most rows.
    """

    run_ids: tuple[str, ...] | None = None
    workers: frozenset[str] | None = None
    statuses: frozenset[str] | None = None
    tags: frozenset[str] | None = None
    starred: bool | None = None
    note: str | None = None
    since_us: int | None = None
    until_us: int | None = None
    stages: frozenset[str] | None = None
    levels: frozenset[str] | None = None
    limit: int | None = None

    @property
    def runs(self) -> RunChoice:
        """The runs that pass, whenever they were created."""
        return RunChoice(self.run_ids, self.workers, self.statuses, self.tags, self.starred, self.note)

    @property
    def has_time(self) -> bool:
        """Whether it has a condition on the time."""
        return self.since_us is not None or self.until_us is not None


def frame_filter(
    *,
    runs: RunsArgument = None,
    worker: OneOrMore = None,
    status: OneOrMore = None,
    tag: OneOrMore = None,
    starred: bool | None = None,
    note: str | None = None,
    since: Moment = None,
    until: Moment = None,
    stage: OneOrMore = None,
    level: OneOrMore = None,
    limit: int | None = None,
) -> FrameFilter:
    """The filter that these arguments describe. Raises ``ValueError``, and ``TypeError`` for another type."""
    levels = _names("level", level)
    if levels is not None and not levels <= set(LEVELS):
        unknown = ", ".join(map(repr, sorted(levels - set(LEVELS))))
        raise ValueError(f"level={unknown} is no log level. The levels are: {', '.join(LEVELS)}.")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
        raise ValueError(
            f"limit={limit!r} is no number of rows. Give a whole number from 0, or None for all."
        )
    if starred is not None and not isinstance(starred, bool):
        raise TypeError(f"starred={starred!r} is neither True nor False, nor None for all.")
    if note is not None and not isinstance(note, str):
        raise TypeError(f"note={note!r} is no text.")
    if note is not None and len(note) > MOST_TEXT:
        raise ValueError(f"note has {len(note):,} characters, of at most {MOST_TEXT:,}.")
    return FrameFilter(
        None if runs is None else run_ids(runs),
        _names("worker", worker),
        _names("status", status),
        _names("tag", tag),
        starred,
        note,
        None if since is None else microseconds("since", since),
        None if until is None else microseconds("until", until),
        _names("stage", stage),
        levels,
        limit,
    )


def is_one_run(runs: RunsArgument) -> bool:
    """Whether the argument is a run, or its id, and not several."""
    return isinstance(runs, str) or hasattr(runs, "run_id")


def run_ids(runs: RunsArgument) -> tuple[str, ...]:
    """The ids of the runs of an argument. Raises ``TypeError`` for another type."""
    given: Any = [runs] if is_one_run(runs) else runs
    if not isinstance(given, Iterable):
        raise TypeError(f"runs={runs!r} is neither a run nor a run's id, nor several of them.")
    found: list[Any] = [run if isinstance(run, str) else getattr(run, "run_id", run) for run in given]
    for run_id in found:
        if not isinstance(run_id, str):
            raise TypeError(f"runs has {run_id!r}, which is neither a run nor a run's id.")
    return tuple(found)


def _names(argument: str, names: OneOrMore) -> frozenset[str] | None:
    if names is None:
        return None
    if not isinstance(names, Iterable):
        raise TypeError(f"{argument}={names!r} is neither text nor several texts.")
    found = frozenset([names] if isinstance(names, str) else names)
    for name in found:
        if not isinstance(name, str):
            raise TypeError(f"{argument} has {name!r}, which is no text.")
    return found


def microseconds(argument: str, moment: datetime | date | str) -> int:
    """The time of an argument in µs since the epoch; without a zone it is in UTC. A date is its beginning.

    Raises ``ValueError`` for other text, and ``TypeError`` for another type.
    """
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            raise ValueError(
                f"{argument}={moment!r} is not a time. Give a datetime, or text such as 2026-11-22 "
                "or 2026-11-22T07:49:19Z."
            ) from None
    if not isinstance(moment, date):
        raise TypeError(f"{argument}={moment!r} is no time: give a datetime, a date or ISO 8601 text.")
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
