"""Writes the report of runs, in parts: no run is held in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any, Final, NamedTuple

import msgspec

from ...artifacts.document import document
from ...artifacts.styles import style_sheet
from ...state.engine_names import ENGINE_NAMES
from ...state.incident_words import clipped
from ...state.request_facts import request_facts
from ...state.run_view import run_header, run_parts
from ...version import __version__
from ..export.signature import Signer
from ..export.trace import Trace
from ..run_axis import run_axis
from .artifact_parts import ArtifactParts
from .events_pass import EventsPass
from .log_parts import LogParts
from .page import head, script_element, summary, viewer
from .parts import Budget, Omitted, element
from .raw_parts import RawParts
from .seal import ReportSeal

MOST_BYTES: Final = 50_000_000
"""The most bytes of a report, unless another number is given."""
FORMAT: Final = "worker-widget/report"
VERSION: Final = 1

BODY: Final = "@@body@@"
"""The place of the body in the document of the viewer."""


def report_parts(
    traces: Sequence[Trace],
    most_bytes: int | None = None,
    *,
    signer: Signer | None = None,
    comparison: tuple[str, list[str]] = ("", []),
) -> Iterator[str]:
    """The report of one or several runs, in parts, with a comparison of two (see `pair_section`).

    What does not fit into ``most_bytes``, by default `MOST_BYTES`, is left out, and the report lists it: the
    events as they arrived first, then the oldest messages of the log. Raises ``ValueError`` if not even the
    viewer fits, and `WorkerWidgetError` if the package was not built.
    """
    script, frame_hash = viewer()
    seal, budget = ReportSeal(), Budget(MOST_BYTES if most_bytes is None else most_bytes)
    title = ", ".join(clipped(trace.task or trace.record.run_id) for trace in traces[:3])
    pair, left_out = comparison
    budget.omitted += [Omitted(0, words) for words in left_out]
    page = _Page(head(title, script, frame_hash), pair, script_element(script))
    sections = _sections(traces, seal, budget, page)
    for name, text in sections:
        seal.section(name, text.encode("utf-8", "surrogatepass"))
        yield text
    yield seal.signed_line([(trace.record.run_id, trace.record.events) for trace in traces], signer)


class _Page(NamedTuple):
    """What surrounds the data: the beginning, the comparison, and the viewer."""

    beginning: str
    pair: str
    script: str


def _sections(
    traces: Sequence[Trace], seal: ReportSeal, budget: Budget, page: _Page
) -> Iterator[tuple[str, str]]:
    """The sections of the file, each with its name."""
    budget.used += sum(map(len, page))
    if budget.used > budget.most_bytes:
        least = -(-(budget.used + budget.reserved) // 10_000) * 10_000
        raise ValueError(f"A report has {least:,} bytes at least, most of them its viewer: allow more.")
    yield "page", page.beginning
    for run, trace in enumerate(traces):
        budget.begin_run(len(traces) - run)
        about = f"Run {trace.record.run_id[:8]}: " if len(traces) > 1 else ""
        for number, text in enumerate(_run(run, trace, budget, seal, about)):
            yield f"{_kind(text)} {run} {number}", text
    yield "omitted", element("omitted", 0, 0, msgspec.json.encode(budget.omitted))
    yield "summary", summary(traces, (item.what for item in budget.omitted)) + page.pair
    yield "viewer", page.script


def _kind(text: str) -> str:
    return text.partition('data-part="')[2].partition('"')[0]


def _run(run: int, trace: Trace, budget: Budget, seal: ReportSeal, about: str) -> Iterator[str]:
    store, run_id, record = trace.store, trace.record.run_id, trace.record
    text = element("head", run, 0, msgspec.json.encode(_head(trace)))
    budget.used += len(text)
    yield text
    events = EventsPass(run, run_id, trace.worker, budget, lambda: store.stages(run_id))
    # Of a run that goes on, what there was at the beginning.
    known = takewhile(lambda item: item.position <= record.events, trace.events())
    yield from events.parts(trace.rows.counted(known))
    artifacts = ArtifactParts(store, run_id, run, budget)
    for artifact in trace.state.artifacts:
        yield from artifacts.parts(artifact)
    log = LogParts(store, run_id, run, budget)
    yield from log.parts(record.lines)
    raw = RawParts(run, budget)
    yield from raw.parts(takewhile(lambda item: item.position <= record.events, store.raw_events(run_id)))
    seal.chains.append(raw.chain)
    words = [*events.omitted(), *artifacts.lost, *log.omitted()]
    if raw.chain.events < record.events:
        words.append(f"The events from {raw.chain.events + 1:,} to {record.events:,} as they arrived")
    moments = events.lost_moments
    budget.omitted += [Omitted(run, about + item) for item in words]
    if moments is not None:
        budget.omitted.append(
            Omitted(run, f"{about}The moments after event {moments:,}, except the last", moments)
        )


def _head(trace: Trace) -> dict[str, Any]:
    """What the first view needs besides the newest log lines and one artifact."""
    state, record = trace.state, trace.record
    plain = msgspec.to_builtins(
        {
            "engines": ENGINE_NAMES,
            "run": run_header(record.run_id, state, trace.worker, recording=True),
            **run_parts(state),
            "request": None,
            "asked": request_facts(state),
        }
    )
    return {
        "format": FORMAT,
        "version": VERSION,
        "written_by": f"worker-widget {__version__}",
        "exported_us": trace.exported_us,
        "run_id": record.run_id,
        "worker": trace.worker,
        "events": record.events,
        "lines": record.lines,
        "last_us": state.last_us,
        "over": state.over,
        "state": plain,
        "axis": run_axis(trace.store, record.run_id),
        "document": document(BODY, False),
        "styles": [style_sheet(False), style_sheet(True)],
    }
