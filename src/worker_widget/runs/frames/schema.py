"""The columns of every frame: names, kinds and meanings.

Every other statement about the columns is made from this table: the types in each library, the docstrings of
the methods and ``docs/data.md`` (``python -m tests.frame_docs``).
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple


class ValueKind(Enum):
    """The kind of the values of a column; each can be missing. The value is its dtype in pandas."""

    CATEGORY = "category"
    """One of a few different texts; missing values are ``NA``, the categories are in alphabetical order."""
    LEVEL = "category, ordered"
    """A log level: debug < info < warning < error."""
    TEXT = "string"
    INTEGER = "Int64"
    NUMBER = "Float64"
    FLAG = "boolean"
    TIME = "datetime64[us, UTC]"
    DURATION = "timedelta64[us]"
    ALTERNATIVES = "object"
    """A list of ``{agent, score, reason}``, never missing."""
    TAGS = "object, list of str"
    """A list of texts, never missing."""


class FrameColumn(NamedTuple):
    """A column of a frame; ``meaning`` is one line of documentation, "" where the name says all."""

    name: str
    kind: ValueKind
    meaning: str = ""


class FrameSchema(NamedTuple):
    """The columns of a frame. ``rows`` says what a row is, ``filters`` which arguments choose rows.

    ``time`` is the column that ``since`` and ``until`` filter by.
    """

    name: str
    rows: str
    columns: tuple[FrameColumn, ...]
    filters: tuple[str, ...]
    time: str | None = None

    def column(self, name: str) -> FrameColumn:
        """A column by its name."""
        return next(column for column in self.columns if column.name == name)


_C, _T, _I, _N = ValueKind.CATEGORY, ValueKind.TEXT, ValueKind.INTEGER, ValueKind.NUMBER
_F, _AT, _D, _L = ValueKind.FLAG, ValueKind.TIME, ValueKind.DURATION, ValueKind.LEVEL

_RUN: Final = FrameColumn("run_id", _C)
_SEQ: Final = FrameColumn("seq", _I, "position of its event in the run, from 1")
_TIME: Final = FrameColumn("timestamp", _AT, "when the worker emitted it")
_STAGE: Final = FrameColumn("stage_id", _C)
_EVENT: Final = (_RUN, _SEQ, _TIME, _STAGE)
_OF_RUNS: Final = ("worker", "status", "tag", "starred", "note")
_IN_RUNS: Final = (*_OF_RUNS, "since", "until", "stage", "limit")


def _columns(
    *rows: FrameColumn | tuple[str, ValueKind] | tuple[str, ValueKind, str],
) -> tuple[FrameColumn, ...]:
    return tuple(row if isinstance(row, FrameColumn) else FrameColumn(*row) for row in rows)


_SCHEMAS: Final = (
    FrameSchema(
        "runs",
        "The runs, one row each, newest first.",
        _columns(
            _RUN,
            ("worker", _C),
            ("task", _T),
            ("status", _C, "such as running, waiting, completed, failed, interrupted"),
            ("success", _F, "missing until the run has ended"),
            ("created_at", _AT, "when it was added to the history"),
            ("started_at", _AT),
            ("finished_at", _AT),
            ("duration", _D, "from start to end"),
            ("tokens", _I),
            ("input_tokens", _I, "a part of `tokens`"),
            ("output_tokens", _I, "a part of `tokens`"),
            ("cost", _N, "as the worker reports it, over all stages"),
            ("stages_done", _I, "stages at the top of the tree that are complete"),
            ("stages_total", _I, "stages at the top of the tree"),
            ("artifacts", _I, "number of artifacts"),
            ("violations", _I, "number of policy violations"),
            ("failures", _I, "number of failures"),
            ("recoveries", _I, "number of recoveries that were started"),
            ("max_drift", _N, "the greatest drift, 0 to 1"),
            ("mean_complexity", _N, "the mean over the routing decisions, 0 to 1"),
            ("error", _T, "why it failed or was cancelled"),
            ("replay_of", _C, "the run that was executed again"),
            ("parent_run_id", _C, "the run that it was forked or retried from"),
            ("source", _C, "the server's address, or what else the run came from"),
            ("tags", ValueKind.TAGS),
            ("starred", _F),
            ("note", _T),
            ("events", _I, "number of events"),
            ("lines", _I, "number of log lines"),
            ("strict_mode", _F, "missing where it is unknown, like the following three"),
            ("depth", _C, "auto, shallow or deep"),
            ("budget", _I, "tokens; also missing where none was set"),
            ("has_brand", _F),
        ),
        (*_OF_RUNS, "since", "until", "limit"),
        "created_at",
    ),
    FrameSchema(
        "stages",
        "The stages, one row each, in the order of their tree: each before those inside it.",
        _columns(
            _RUN,
            _STAGE,
            ("parent_id", _C, "the stage around it, missing at the top"),
            ("depth", _I, "0 at the top"),
            ("kind", _C, "stage, agent, model, tool, retrieval or reasoning"),
            ("name", _T, "display name"),
            ("position", _I, "number in the run, in the order of the first mention"),
            ("status", _C, "such as pending, running, completed, failed or recovered"),
            ("agent", _C),
            ("model", _C, "the language model that it used"),
            ("started_at", _AT),
            ("finished_at", _AT),
            ("duration", _D, "the worker's figure, over all attempts"),
            ("tokens", _I, "likewise"),
            ("input_tokens", _I, "a part of `tokens`"),
            ("output_tokens", _I, "a part of `tokens`"),
            ("cost", _N, "as the worker reports it, over all attempts"),
            ("drift", _N, "0 to 1"),
            ("complexity", _N, "0 to 1"),
            ("confidence", _N, "that of the last routing decision, 0 to 1"),
            ("attempts", _I, "number of attempts"),
            ("recovered", _F, "whether it completed after a failure or recovery"),
            ("error", _T),
            ("input", _T, "JSON"),
            ("output", _T, "JSON"),
            ("traceback", _T),
            ("currency", _C, "of `cost`"),
            ("done", _N, "its newest progress"),
            ("total", _N, "what `done` is a part of, missing where it is unknown"),
            ("unit", _C, "of `done` and `total`"),
            ("recoveries", _I, "recoveries that were started"),
            ("violations", _I, "policy violations"),
            ("reused_from", _C, "the run that it was taken over from, by a fork"),
        ),
        _IN_RUNS,
        "started_at",
    ),
    FrameSchema(
        "logs",
        "The log lines, one row each.",
        _columns(
            _RUN,
            _SEQ,
            _TIME,
            ("level", _L, "debug < info < warning < error"),
            _STAGE,
            ("agent", _C),
            ("message", _T, "plain text, without control sequences"),
        ),
        (*_OF_RUNS, "since", "until", "stage", "level", "limit"),
        "timestamp",
    ),
    FrameSchema(
        "routing",
        "The routing decisions, one row each.",
        _columns(
            *_EVENT,
            ("agent", _C, "the selected agent"),
            ("complexity", _N, "how demanding the stage is, 0 to 1"),
            ("confidence", _N, "how clear the lead over the next agent is, 0 to 1"),
            ("alternatives", ValueKind.ALTERNATIVES, "list of `{agent, score, reason}`"),
            ("routing_source", _C),
            ("score", _N, "of the selected agent, 0 to 1"),
            ("reason", _T, "why it was selected"),
        ),
        _IN_RUNS,
        "timestamp",
    ),
    FrameSchema(
        "policy",
        "The policy checks and violations, one row each.",
        _columns(
            *_EVENT,
            ("policy", _C),
            ("passed", _F, "missing for a violation"),
            ("severity", _C, "of a violation, like the following columns"),
            ("violation_type", _C),
            ("pattern", _T, "what was found"),
            ("location", _C, "where the text is, such as `brand.tagline`"),
            ("reason", _T),
        ),
        _IN_RUNS,
        "timestamp",
    ),
    FrameSchema(
        "drift",
        "The drift measurements, one row each.",
        _columns(
            *_EVENT,
            ("score", _N, "0 to 1"),
            ("threshold", _N, "0 to 1"),
            ("aligned", _F, "whether the score is within the threshold"),
        ),
        _IN_RUNS,
        "timestamp",
    ),
    FrameSchema(
        "failures",
        "The failures, one row for each event that reports or classifies one.",
        _columns(
            *_EVENT,
            ("code", _C, "the worker's code of the failure"),
            ("category", _C),
            ("severity", _C),
            ("error", _T),
        ),
        _IN_RUNS,
        "timestamp",
    ),
    FrameSchema(
        "recoveries",
        "The recoveries, one row for each suggestion, start and end.",
        _columns(
            *_EVENT,
            ("action", _C),
            ("success", _F, "the result; missing for a suggestion and a start"),
            ("detail", _T, "the suggestions as JSON"),
        ),
        _IN_RUNS,
        "timestamp",
    ),
    FrameSchema(
        "artifacts",
        "The artifacts, one row each, in their newest version.",
        _columns(
            _RUN,
            ("name", _C, "the file name"),
            ("type", _C, "html, css, md, json, txt or another"),
            _STAGE,
            ("created_at", _AT, "when this version was complete, missing before"),
            ("chars", _I, "length in Unicode code points"),
            ("sha256", _T, "of its UTF-8 bytes, in hex"),
            ("version", _I, "number of the version, from 1"),
            ("status", _C, "assembling, done or failed"),
        ),
        _IN_RUNS,
        "created_at",
    ),
    FrameSchema(
        "events",
        "The events, one row each.",
        _columns(
            _RUN,
            _SEQ,
            ("timestamp", _AT, "when the worker emitted it"),
            ("received_at", _AT, "when it was added to the history"),
            ("type", _C),
            _STAGE,
            ("data", _T, "its data as JSON, or the whole text if it is not JSON"),
        ),
        _IN_RUNS,
        "timestamp",
    ),
    FrameSchema(
        "ledger",
        "Failures, policy, drift, recovery and replay verdicts, one row each.",
        _columns(
            *_EVENT,
            ("number", _I, "number in the run, from 1"),
            ("kind", _C, "failure, policy, drift, recovery or replay"),
            ("engine", _C, "M4, M9, M10, M18 or M19"),
            ("outcome", _C, "ok, info, warning or error"),
            ("title", _T),
            ("detail", _T, "further fields, `label: text` on each line"),
            ("incident", _I, "number of its incident, 0 for a check that passed"),
        ),
        _IN_RUNS,
        "timestamp",
    ),
    FrameSchema(
        "incidents",
        "The incidents, one row each: what was found, what was tried, and how it ended.",
        _columns(
            _RUN,
            ("number", _I, "number in the run, from 1; the ledger has it as `incident`"),
            _STAGE,
            ("stage", _T, "display name of the stage"),
            ("kind", _C, "failure, policy, drift, recovery or replay"),
            ("outcome", _C, "open, recovered, not_recovered, reported or passed"),
            ("severity", _C, "error or warning"),
            ("title", _T, "a sentence about all of it"),
            ("found", _T, "what was found"),
            ("tried", _T, "what was tried, in order, separated by commas"),
            ("before", _T, "the wording, or the drift, before a recovery"),
            ("after", _T, "the same after it"),
            ("location", _C, "where the text is, such as `brand.tagline`"),
            ("code", _C, "the worker's code of the failure"),
            ("recoveries", _I, "recoveries that were started"),
            ("started_at", _AT, "time of its first event"),
            ("finished_at", _AT, "time of its last event"),
            ("duration", _D, "the time between them"),
            ("events", _I, "number of its events"),
            ("seq", _I, "position of its first event"),
            ("last_seq", _I, "position of its last event"),
        ),
        _IN_RUNS,
        "started_at",
    ),
    FrameSchema(
        "warnings",
        "The warnings about the results, one row each, the most important of a run first.",
        _columns(
            _RUN,
            ("seq", _I, "position of its event, 0 for a warning without an event"),
            _TIME,
            _STAGE,
            ("code", _C, "the kind of warning"),
            ("message", _T),
        ),
        _IN_RUNS,
        "timestamp",
    ),
    FrameSchema(
        "sources",
        "The sentences of the artifacts with their sources, one row each; none where the worker sent none.",
        _columns(
            _RUN,
            ("name", _C, "the artifact's file name"),
            ("sentence", _T, "as it is in the artifact's text, where it may be escaped"),
            ("start", _I, "its first code point in the text, from 0"),
            ("end", _I, "the code point after its last"),
            ("source", _C, "brief (the task's words), brand, rule or model"),
            ("stage_id", _C, "the stage that wrote it"),
        ),
        (*_OF_RUNS, "stage", "limit"),
    ),
)

FRAMES: Final[dict[str, FrameSchema]] = {schema.name: schema for schema in _SCHEMAS}
"""The schema of each frame, by name."""

CONTENT: Final = FrameColumn("content", _T, "the text")
"""The column that the frame of artifacts has on request."""

LISTED_RUNS: Final = FrameSchema(
    "listed_runs",
    "The newest runs on the server, one row each.",
    _columns(
        _RUN,
        ("task", _T),
        ("status", _C),
        ("success", _F, "missing until the run has ended"),
        ("created_at", _AT),
        ("duration", _D),
    ),
    (),
)
