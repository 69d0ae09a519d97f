"""`RunRecord`: a run in the history, and its columns that are derived from the run's state."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from sqlite3 import Connection
from typing import Any, Final, NamedTuple, TypedDict

import msgspec

from ..state.run_state import RunState

MOST_TAGS: Final = 50
"""A run has at most this many tags."""
TAG_CHARS: Final = 100
"""A tag has at most this many characters."""
MOST_TEXT: Final = 1_000
"""Of a longer text, the beginning is searched for."""

_INT64: Final = 1 << 63
_SPECIAL: Final = "*?["
_FLAGS: Final[dict[int | None, bool | None]] = {None: None, 0: False, 1: True}


class RunFigures(TypedDict, total=False):
    """The columns of a run with its figures and its request; see `RunRecord`."""

    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    stages_done: int
    stages_total: int
    artifacts: int
    violations: int
    failures: int
    recoveries: int
    max_drift: float | None
    mean_complexity: float | None
    replay_of: str | None
    parent_run_id: str | None
    strict_mode: bool | None
    depth: str | None
    budget: int | None
    has_brand: bool | None


class RunSummary(RunFigures, total=False):
    """The columns of a run that are derived from its log. Times are µs since the epoch, UTC."""

    task: str | None
    status: str
    success: bool | None
    error: str | None
    started_us: int | None
    ended_us: int | None
    tokens: int | None
    latency_ms: float | None
    replay_token: dict[str, Any] | None


class RunRecord(msgspec.Struct, frozen=True, gc=False):
    """One run of the history.

    ``created_us`` is when it was added to the history, ``updated_us`` when its record last changed, both in
    µs since the epoch, UTC. ``events`` and ``lines`` are the numbers of its events and log lines. ``last_id``
    is the stream's id of the last event, ``None`` if the stream has no ids.

    The figures are those of the run so far. ``input_tokens``, ``output_tokens`` and ``cost`` are the sums
    over its stages, ``None`` if none reports them; ``stages_done`` of ``stages_total`` are the stages at the
    top of the tree; ``violations`` counts policy violations, ``failures`` and ``recoveries`` count incidents.
    ``max_drift`` and ``mean_complexity`` are 0 to 1, ``None`` before the first.

    ``replay_of`` is the run that was executed again, ``parent_run_id`` the one from which it was started, as
    a fork or a retry. ``depth``, ``budget``, ``strict_mode`` and ``has_brand`` are the request's, ``None``
    where it is unknown; ``budget`` also where none was set.

    ``note``, ``starred`` and ``tags`` are what people added. ``token`` is `replay_token` as JSON.
    """

    success: bool | None
    strict_mode: bool | None
    has_brand: bool | None
    starred: bool
    tags: tuple[str, ...]
    run_id: str
    worker: str
    origin: str
    task: str | None
    status: str
    error: str | None
    started_us: int | None
    ended_us: int | None
    tokens: int | None
    latency_ms: float | None
    created_us: int
    updated_us: int
    events: int
    lines: int
    last_id: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    stages_done: int
    stages_total: int
    artifacts: int
    violations: int
    failures: int
    recoveries: int
    max_drift: float | None
    mean_complexity: float | None
    replay_of: str | None
    parent_run_id: str | None
    depth: str | None
    budget: int | None
    note: str | None
    token: str | None

    @property
    def replay_token(self) -> dict[str, Any] | None:
        """The token from which the run can be run again; ``None`` if it has none."""
        return None if self.token is None else msgspec.json.decode(self.token, type=dict[str, Any])


COLUMNS: Final = ", ".join(
    {"token": "replay_token"}.get(field, field) for field in RunRecord.__struct_fields__
)
"""The columns of a record in the table of runs, for `record`."""


def record(row: Sequence[Any]) -> RunRecord:
    """The record with the values of `COLUMNS`."""
    success, strict_mode, has_brand, starred, tags, *others = row
    return RunRecord(
        _FLAGS[success],
        _FLAGS[strict_mode],
        _FLAGS[has_brand],
        starred == 1,
        tags_of(tags),
        *others,
    )


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags, each once, without the blanks around it. Raises ``ValueError`` for an empty or too long one."""
    names = named_tags(tags)
    for name in names:
        if not 0 < len(name) <= TAG_CHARS:
            raise ValueError(
                f"The tag {name[:TAG_CHARS]!r} has {len(name)} characters, not 1 to {TAG_CHARS}."
            )
    return names


def named_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags, each once, without the blanks around it. Raises ``TypeError`` for what is no text."""
    given = list(tags)
    for tag in given:
        if not isinstance(tag, str):
            raise TypeError(f"The tag {tag!r} is no text.")
    return tuple(dict.fromkeys(tag.strip() for tag in given))


def check_number_of_tags(run_id: str, tags: Sequence[str]) -> None:
    """Raises ``ValueError`` for too many tags."""
    if len(tags) > MOST_TAGS:
        raise ValueError(f"Run {run_id} would have {len(tags)} tags, of at most {MOST_TAGS}.")


def stored_tags(tags: Sequence[str]) -> str | None:
    """Tags as they are in the table of runs."""
    return msgspec.json.encode(tags).decode() if tags else None


def tags_of(stored: str | None) -> tuple[str, ...]:
    """The tags in the table of runs."""
    return () if stored is None else msgspec.json.decode(stored, type=tuple[str, ...])


class RunChoice(NamedTuple):
    """Which runs are read: these, with one of these workers, statuses and tags, starred or not, with this
    text in the note in upper or lower case; ``None`` for any.

    Without ``run_ids`` those in the trash are left out. ``since_us`` is the earliest time of creation,
    ``until_us`` the time before which they were created, and ``limit`` the most runs.
    """

    run_ids: tuple[str, ...] | None = None
    workers: frozenset[str] | None = None
    statuses: frozenset[str] | None = None
    tags: frozenset[str] | None = None
    starred: bool | None = None
    note: str | None = None
    since_us: int | None = None
    until_us: int | None = None
    limit: int | None = None


def values(db: Connection, columns: Sequence[str], choice: RunChoice) -> list[tuple[Any, ...]]:
    """Columns of the table of runs, as a tuple for each run: in the order of the ids, or newest first."""
    conditions, parameters = ["TRUE"], dict[str, Any]()
    for name, condition in _CONDITIONS.items():
        value = getattr(choice, name)
        if value is not None:
            conditions.append(condition)
            parameters[name] = _parameter(value)
    if choice.run_ids is None:
        source, order = "runs", "created_us DESC, run DESC"
        conditions.append("trashed_us IS NULL")
    else:
        source, order = "json_each(:run_ids) AS chosen JOIN runs ON run_id = chosen.value", "chosen.key"
        parameters["run_ids"] = json.dumps(list(dict.fromkeys(choice.run_ids)))
    parameters["limit"] = -1 if choice.limit is None else choice.limit
    return db.execute(
        f"""SELECT {", ".join(columns)} FROM {source} WHERE {" AND ".join(conditions)}
            ORDER BY {order} LIMIT :limit""",
        parameters,
    ).fetchall()


_CONDITIONS: Final = {
    "workers": "worker IN (SELECT value FROM json_each(:workers))",
    "statuses": "status IN (SELECT value FROM json_each(:statuses))",
    "tags": "EXISTS (SELECT 1 FROM json_each(tags) AS tag JOIN json_each(:tags) AS wanted USING (value))",
    "starred": "ifnull(starred, 0) = :starred",
    "note": "note GLOB :note",
    "since_us": "created_us >= :since_us",
    "until_us": "created_us < :until_us",
}


def _parameter(value: Any) -> int | str:
    if isinstance(value, str):
        return anywhere(value)
    return value if isinstance(value, int) else json.dumps(list(value))


def anywhere(text: str) -> str:
    """The GLOB pattern for text that contains ``text``, in upper or lower case."""
    return f"*{''.join(map(_either_case, text[:MOST_TEXT]))}*"


def _either_case(letter: str) -> str:
    if letter in _SPECIAL:
        return f"[{letter}]"
    cases = {case for case in (letter, letter.lower(), letter.upper()) if len(case) == 1}
    return f"[{''.join(sorted(cases))}]" if len(cases) > 1 else letter


def log_state(db: Connection) -> tuple[int, int, int]:
    """A value that changes with every line of any log, and with every run that is deleted.

    It does because lines are only added, and keys of runs are never used again.
    """
    row = db.execute("SELECT count(*), ifnull(max(run), 0), ifnull(sum(lines), 0) FROM runs").fetchone()
    runs, last, lines = row
    return runs, last, lines


def unknown_run(db: Connection, run_ids: Collection[str]) -> str | None:
    """One of these ids that no run has; ``None`` if there is none."""
    row = db.execute(
        "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT run_id FROM runs) LIMIT 1",
        (json.dumps(list(run_ids)),),
    ).fetchone()
    return None if row is None else row[0]


def assignments(columns: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The SQL that sets columns of the table of runs, and its parameters by column."""
    values = {name: _int64(value) if isinstance(value, int) else value for name, value in columns.items()}
    if values.get("replay_token") is not None:
        values["replay_token"] = msgspec.json.encode(values["replay_token"]).decode()
    return ", ".join(f"{name} = :{name}" for name in values), values


def _int64(value: int) -> int:
    """A number limited to the range of SQLite's integers; a server may send any number."""
    return max(-_INT64, min(value, _INT64 - 1))


def figures(state: RunState) -> RunFigures:
    """The figures and the request of a run in this state."""
    return {
        "input_tokens": state.figures.input_tokens,
        "output_tokens": state.figures.output_tokens,
        "cost": None if state.figures.cost is None else state.figures.cost.amount,
        "stages_done": state.counts.top_done,
        "stages_total": max(state.total_stages or 0, state.counts.top_stages),
        "artifacts": len(state.artifacts),
        "violations": state.figures.violations,
        "failures": state.figures.failures,
        "recoveries": state.figures.recoveries,
        "max_drift": state.figures.highest_drift,
        "mean_complexity": state.figures.mean_complexity,
        "replay_of": state.replay_of,
        "parent_run_id": state.parent_run_id,
        "strict_mode": state.strict_mode,
        "depth": None if state.request is None else state.request.depth,
        "budget": state.budget,
        "has_brand": state.has_brand,
    }


def summary(state: RunState) -> RunSummary:
    """The arguments of `EventStore.summarise` for a run in this state."""
    columns: RunSummary = {
        "status": state.status,
        "success": state.success,
        "error": state.error,
        "started_us": state.started_us,
        "ended_us": state.ended_us,
        "tokens": state.tokens,
        "latency_ms": state.latency_ms,
        "replay_token": state.replay_token,
    }
    if state.task is not None:
        columns["task"] = state.task
    return {**columns, **figures(state)}
