"""Text of a worker is text everywhere: in exports, outputs of cells, reprs and a terminal, whatever is in it.

Each field of each event that takes text has markup, terminal sequences, bidi controls, zero width
characters, C0 and C1 controls, NUL, halves of surrogate pairs and beginnings of formulas in it.
"""

from __future__ import annotations

import contextlib
import csv
import gc
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args
from zipfile import ZipFile

import nbformat
import pytest

from tests.reports import parts as report_parts
from worker_widget import RunHistory, cli, compare
from worker_widget.events import PAYLOADS, RunCompleted, RunStarted, StagePlan, decode, encode
from worker_widget.events.vocabulary import Connected, StreamEnd
from worker_widget.runs.export import ExportFormat
from worker_widget.runs.frames.schema import FRAMES
from worker_widget.runs.recorded_run import recorded_run
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.store import shared
from worker_widget.store.event_store import EventStore, default_path
from worker_widget.store.run_records import summary

RUN = "r1"
START = datetime(2026, 11, 22, 7, 50, tzinfo=UTC)
MARK = "okapi"
MARKUP = (
    f"</script></style></title></textarea><img src=x onerror={MARK}()><script>{MARK}()</script>"
    f"<svg onload={MARK}()><a href=javascript:{MARK}()>{MARK}</a>]]>--><!--{{{{{MARK}}}}}$x$&lt;b&gt;"
    f"[x](javascript:{MARK}) ![p](http://{MARK}.example/p.png) <http://{MARK}.example>"
)
TERMINAL = (
    "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b]8;;http://okapi.example\x1b\\link\x1b]8;;\x1b\\\x1b[2J\x1b[?1049h"
    "\x1b]52;c;b2thcGk=\x07\x1bP+q544e\x1b\\\x1b_G\x1b\\\x1b^x\x1b\\\x1bc\x1b[6n\x9b31m\x9d0;t\x9c\x90x\x9c"
)
CONTROLS = "a\x00b\x07c\x08d\x7fe\x85f\x0bg\x0ch\ri\x1a"
BIDI = "\u202egnp.exe\u202c\u2066x\u2069\u200e\u200f\u061c\u2028\u2029"
UNSEEN = "p\u200bq\u200cr\u2060s\ufefft\u00adu\U000e0041v\ufff9w\U0001f468\u200d\U0001f469"
HALF = "\\ud83d"
TEXTS = {
    "markup": MARKUP,
    "terminal": TERMINAL,
    "controls": CONTROLS,
    "bidi": BIDI,
    "unseen": UNSEEN,
    "formula": "=cmd|'/C calc'!A0",
    "formula after a tab": "\t=1+1",
    "all": MARKUP + TERMINAL + CONTROLS + BIDI + UNSEEN,
}
ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What acts on a terminal, or on the order of the text around it."""
FORMULA = re.compile(r"[\s\x00-\x1f'\u200b-\u200f\ufeff]*[=+\-@\uff0b\uff0d\uff1d\uff20]")
ACTIVE = {"script", "iframe", "object", "embed", "form", "base", "meta", "link", "svg", "img", "video"}
SENT = [name for name, payload in PAYLOADS.items() if not issubclass(payload, Connected | StreamEnd)]


def events(text: str) -> Iterator[bytes]:
    """Every event with the text in each of its fields that takes one, and in all of them."""
    quoted = json.dumps(text)
    quoted = quoted[:-1] + HALF + '"'
    for kind in SENT:
        fields = PAYLOADS[kind].__struct_fields__
        for chosen in (*((name,) for name in fields), fields):
            data = {"stage_id": '"copy"', "artifact_name": '"page"', **dict.fromkeys(chosen, quoted)}
            listed = ", ".join(f'"{name}": {value}' for name, value in data.items())
            stamp = "2026-11-22T07:50:01.000001+00:00"
            yield f'{{"type": "{kind}", "timestamp": "{stamp}", "data": {{{listed}}}}}'.encode()


@pytest.fixture(scope="module", params=TEXTS)
def store(request: pytest.FixtureRequest) -> Iterator[EventStore]:
    yield from stored(TEXTS[request.param])


def stored(text: str) -> Iterator[EventStore]:
    """A history with one run whose texts are all this text."""
    store = EventStore.memory()
    store.begin(RUN, worker=text, origin=text, task=text, time_us=1_700_000_000_000_000)
    plan = RunStarted(task=text, stages=[StagePlan(stage_id="copy", name=text), StagePlan(stage_id=text)])
    first, last = (encode(data, run_id=RUN, time=START) for data in (plan, RunCompleted(success=True)))
    raws = [first, *events(text), last]
    decoded = [decode(raw, id=str(number)) for number, raw in enumerate(raws, 1)]
    state = reduce_all(store.append(RUN, decoded, after=0), RunState())
    assert state.over
    store.summarise(RUN, **summary(state))
    RunHistory(store).tag(RUN, MARK)
    RunHistory(store).note(RUN, text)
    yield store
    store.close()


class Elements(HTMLParser):
    """The elements of a document with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def expect_inert(html: str, *, allowed: set[str] = set()) -> None:  # noqa: B006
    for tag, attributes in Elements(html).found:
        assert tag not in ACTIVE - allowed, (tag, attributes)
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name != "href" or not (value or "").strip().lower().startswith("javascript:")
            assert name not in ("href", "src", "srcset", "action", "background") or MARK not in (value or "")


def export(store: EventStore, format: ExportFormat) -> str:
    return str(RunHistory(store).export(RUN, format))


def test_a_text_file_does_nothing_to_a_terminal(store: EventStore) -> None:
    assert ACTS.search(export(store, "txt").replace("\n", "")) is None


@pytest.mark.parametrize("format", ["csv", "spreadsheet"])
def test_no_cell_is_a_formula(store: EventStore, format: ExportFormat) -> None:
    text = export(store, format).removeprefix("\ufeff")
    first = text.splitlines()[0]
    separator = max(",;\t", key=first.count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    assert len({len(row) for row in rows if row}) == 1
    assert [cell for row in rows for cell in row if FORMULA.match(cell) and not cell.startswith("'")] == []
    assert "\x00" not in text
    assert "\x1b" not in text


def test_a_summary_has_no_markup_and_no_address_of_its_own(store: EventStore) -> None:
    import markdown

    text = export(store, "md")
    assert ACTS.search(text.replace("\n", "")) is None
    html = markdown.markdown(text, extensions=["tables", "fenced_code", "sane_lists"])
    expect_inert(html)


def test_the_page_of_a_report_has_only_its_own_elements(store: EventStore) -> None:
    html = export(store, "html")
    plain = next(stored("A plain text"))

    def kinds(page: str) -> set[tuple[str, tuple[str, ...], str]]:
        """The elements with the names of their attributes, and the types of scripts."""
        return {(tag, tuple(sorted(given)), given.get("type") or "") for tag, given in Elements(page).found}

    assert kinds(html) <= kinds(export(plain, "html"))
    plain.close()
    assert len(report_parts(html)) > 3
    assert f"<img src=x onerror={MARK}" not in html


def test_a_notebook_is_valid_and_its_text_inert(store: EventStore) -> None:
    notebook = nbformat.reads(export(store, "ipynb"), as_version=4)
    nbformat.validate(notebook)
    import markdown

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            expect_inert(markdown.markdown(cell.source, extensions=["tables", "fenced_code"]))
        else:
            compile(cell.source, "cell", "exec")
            assert cell.outputs == []


@pytest.mark.parametrize("format", ["json", "otlp"])
def test_a_file_for_programs_is_valid(store: EventStore, format: ExportFormat) -> None:
    text = export(store, format)
    json.loads(text)
    # Text is in it exactly; what JSON escapes are the controls that a terminal reads first.
    assert re.search("[\x00-\x09\x0b-\x1f]", text) is None


def test_a_formal_report_is_made(store: EventStore, tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    pytest.importorskip("typst")
    path = RunHistory(store).export(RUN, "pdf", tmp_path / "run.pdf")
    reader = pypdf.PdfReader(path)
    assert len(reader.pages) >= 1
    content = path.read_bytes()
    for action in (b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/SubmitForm", b"/OpenAction"):
        assert action not in content
    addresses = [
        annotation.get_object().get("/A", {}).get("/URI", "")
        for page in reader.pages
        for annotation in page.get("/Annots") or ()
    ]
    assert [address for address in addresses if MARK in address] == []


def test_frames_in_a_file_are_the_texts(store: EventStore, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = RunHistory(store).export(RUN, "parquet", tmp_path / "run.zip")
    with ZipFile(path) as archive:
        assert {Path(name).stem for name in archive.namelist()} >= set(FRAMES)
        for name in archive.namelist():
            with archive.open(name) as file:
                parquet.read_table(file)


def shown(store: EventStore) -> Iterator[Any]:
    """Every object that a cell shows of the run."""
    history = RunHistory(store)
    run = recorded_run(store, RUN)
    yield from (run, history, history.runs(), compare(run, run), run.state, run.request, run.artifacts)
    yield from run.artifacts.values()
    yield from (getattr(history, frame)() for frame in FRAMES)
    yield from (run.stages(), run.logs(), run.routing(), run.failures())


def test_what_a_cell_shows_is_inert(store: EventStore) -> None:
    count = 0
    for item in shown(store):
        html = getattr(item, "_repr_html_", lambda: None)()
        if html is not None:
            count += 1
            # Artifacts are drawn in frames, whose documents are attributes of the page around.
            expect_inert(html, allowed={"iframe"})
    assert count > 5


def test_no_repr_acts_on_a_terminal(store: EventStore) -> None:
    for item in shown(store):
        if type(item).__module__.startswith("worker_widget"):
            for text in (repr(item), str(item)):
                assert ACTS.search(text.replace("\n", "")) is None, (type(item), text[:300])


@pytest.mark.parametrize(
    "words", [("runs",), ("show", RUN), ("tail", RUN), ("runs", "--json"), ("show", RUN, "--json"),
              ("tail", RUN, "--json"), ("history", "size")]
)  # fmt: skip
def test_no_command_acts_on_a_terminal(
    store: EventStore, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(shared._open, default_path(), store)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), contextlib.suppress(SystemExit):
        cli.main(list(words))
    assert len(out.getvalue()) > 10, err.getvalue()
    for text in (out.getvalue(), err.getvalue()):
        assert ACTS.search(text.replace("\n", "").replace("\r", "")) is None


@pytest.mark.parametrize("size", [1_000_000, pytest.param(10_000_000, marks=pytest.mark.soak)])
def test_a_long_text_is_written_as_it_is_and_shown_in_short(tmp_path: Path, size: int) -> None:
    (store,) = stored_long(size)
    history = RunHistory(store)
    for format in get_args(ExportFormat):
        if format in ("pdf", "parquet"):
            pytest.importorskip({"pdf": "typst", "parquet": "pyarrow"}[format])
        path = history.export(RUN, format, tmp_path / f"run.{format}")
        assert path.stat().st_size > 1_000
    assert (tmp_path / "run.json").stat().st_size > size
    for item in (recorded_run(store, RUN), history, history.runs()):
        assert len(item._repr_html_()) < 20_000
        assert len(repr(item)) < 1_000
    store.close()
    gc.collect()


def stored_long(size: int) -> Iterator[EventStore]:
    text = "x<b>\u202e" * (size // 5)
    store = EventStore.memory()
    store.begin(RUN, worker="w", origin="o", task=text, time_us=1_700_000_000_000_000)
    lines = [
        ("log", {"message": text, "agent": "a"}),
        ("stage_started", {"stage_id": "s", "stage_name": text}),
        ("artifact_created", {"artifact_name": "page", "artifact_type": "txt", "content": text}),
        ("run_failed", {"error": text}),
    ]
    raws = [
        json.dumps({"type": kind, "timestamp": "2026-11-22T07:50:01+00:00", "data": data}, ensure_ascii=False)
        for kind, data in lines
    ]
    decoded = [decode(raw.encode(), id=str(number)) for number, raw in enumerate(raws, 1)]
    state = reduce_all(store.append(RUN, decoded, after=0), RunState())
    store.summarise(RUN, **summary(state))
    yield store
