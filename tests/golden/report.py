"""The golden reports: the parts of a report, and what the kernel answers about the same run at some moments.

``python -m tests.golden.report`` writes them anew. The viewer of a report is tested against these files: from
the parts it must answer the same.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from tests.recorded import events, recording
from tests.reports import parts
from worker_widget.console.channel.log_window import line_filter, log_window
from worker_widget.console.wire import LogFilter
from worker_widget.runs.export.trace import read_trace
from worker_widget.runs.report.report import report_parts
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_view import run_header, run_parts
from worker_widget.store.event_store import EventStore
from worker_widget.store.log_search import LogSearch
from worker_widget.store.run_records import summary

HERE = Path(__file__).parent / "report"
NAMES = ("embedded_host", "failure_strategy")
EXPORTED = datetime(2026, 11, 23, 8, 0, 0, 5, tzinfo=UTC)
LEFT_OUT = ("raw", "document")
MOMENTS = 5
ROWS = 15
FILTERS = (
    LogFilter(),
    LogFilter(levels=("info", "warning", "error")),
    LogFilter(stage_id="copy"),
    LogFilter(search=LogSearch(text="THE")),
    LogFilter(search=LogSearch(text=r"\d+ \w+", regex=True), levels=("info",)),
)


def golden_report(name: str) -> dict[str, Any]:
    """The parts of the report of a recorded run, and at some moments the answers of the kernel."""
    store = EventStore.memory()
    store.begin(name, worker="business-builder", origin="o", time_us=0)
    store.summarise(name, **summary(reduce_all(store.append(name, events(recording(name))))))
    html = "".join(report_parts([read_trace(store, name, EXPORTED)]))
    kept = [part for part in parts(html) if part.kind not in LEFT_OUT]
    total = store.known_run(name).events
    positions = sorted({total * number // MOMENTS for number in range(MOMENTS + 1)})
    made = {
        "parts": [{"kind": part.kind, "at": part.at, "content": part.content} for part in kept],
        "moments": [_moment(store, name, position) for position in positions],
    }
    store.close()
    return json.loads(msgspec.json.encode(made))  # type: ignore[no-any-return]


def _moment(store: EventStore, name: str, upto: int) -> dict[str, Any]:
    state = store.state_at(name, upto)
    header = run_header(name, state, "business-builder", recording=True)
    stages = [stage.stage_id for stage in state.stages]
    return {
        "position": upto,
        "time_us": state.last_us,
        "state": {"run": header, **run_parts(state), "request": None},
        "answers": [
            *(answer for filter in FILTERS for answer in _log(store, name, filter, upto)),
            *(answer for stage_id in (None, *stages[2:4]) for answer in _rows(store, name, stage_id, upto)),
            *(_text(store, name, item.file, upto) for item in state.artifacts if item.has_content),
        ],
    }


def _log(store: EventStore, name: str, filter: LogFilter, upto: int) -> list[dict[str, Any]]:
    window = log_window(store, name, filter, 3, ROWS, upto=upto)
    wanted = LogFilter(search=LogSearch(text="a"))
    shown, hits = line_filter(filter), line_filter(filter).combined(line_filter(wanted))
    both = line_filter(wanted) if filter.search is None else hits
    answers = [
        _answer("log.window", {"filter": filter, "start": 3, "count": ROWS, "search": None}, window),
        *(
            _answer(
                "log.next",
                {"filter": filter, "wanted": wanted, "start": start, "direction": direction},
                store.log_next(name, shown, both, start, direction, upto=upto),
            )
            for start, direction in ((-1, 1), (2, 1), (2, -1), (10_000, -1))
        ),
    ]
    for position in (1, upto // 2, upto):
        line = store.log_line_at_position(name, position)
        total = store.log_total(name, shown, upto=upto)
        found = {"index": min(store.log_index(name, shown, line), max(total - 1, 0)), "total": total}
        args = {"filter": filter, "position": position, "time_us": None, "line": None}
        answers.append(_answer("log.locate", args, found))
    return answers


def _rows(store: EventStore, name: str, stage_id: str | None, upto: int) -> list[dict[str, Any]]:
    page = {"stage_id": stage_id, "start": 0, "count": ROWS}
    return [
        _answer("routing.window", page, store.routing_window(name, stage_id, 0, ROWS, upto=upto)),
        _answer("incident.window", page, store.incident_window(name, stage_id, 0, ROWS, upto=upto)),
        *(
            _answer(
                "ledger.window",
                {"incident": number, **page},
                store.ledger_window(name, number, stage_id, 0, ROWS, upto=upto),
            )
            for number in (0, 1)
        ),
        _answer(
            "stages.window",
            {"parent_id": stage_id, "start": 0, "count": ROWS},
            store.stage_window(name, stage_id, 0, ROWS, upto=upto),
        ),
    ]


def _text(store: EventStore, name: str, file: str, upto: int) -> dict[str, Any]:
    text = store.artifact_text(name, file, upto=upto) or ""
    args = {"file": file, "version": None, "offset": 0, "count": 1_000_000}
    return _answer("artifact.text", args, {"text": text, "offset": 0, "chars": len(text)})


def _answer(name: str, args: dict[str, Any], result: Any) -> dict[str, Any]:
    return {"name": name, "args": args, "result": result}


def text(report: dict[str, Any]) -> str:
    """The text of a file."""
    return json.dumps(report, ensure_ascii=False, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for chosen in NAMES:
        (HERE / f"{chosen}.json").write_text(text(golden_report(chosen)), encoding="utf-8")
