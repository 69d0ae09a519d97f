"""The formal report: the same bytes, tagged, of any characters, bounded, made of data and never of markup."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.any_events import RUN as ANY_RUN
from tests.any_events import runs
from tests.pdf_fonts import coverage
from tests.recorded import NAMES, events, recording
from worker_widget import RunHistory, RunUnknown
from worker_widget.artifacts import page_picture
from worker_widget.artifacts.outline import outline
from worker_widget.artifacts.page_picture import browser
from worker_widget.errors import PackageMissing, RequestRefused
from worker_widget.events import (
    ArtifactCreated,
    Event,
    InputGiven,
    InputRequested,
    Log,
    RunCompleted,
    RunFailed,
    RunStarted,
    StageCompleted,
    StageStarted,
    make,
)
from worker_widget.runs.export import export_pieces
from worker_widget.runs.export.pdf import report
from worker_widget.runs.export.pdf.fonts import COVERAGE, FAMILIES, built_in_fonts
from worker_widget.runs.export.pdf.typesetting import typeset, typst_compiler
from worker_widget.runs.export.trace import read_trace
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

pypdf = pytest.importorskip("pypdf")
typst = pytest.importorskip("typst")

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
TEXTS_AT_ONCE = 200
ALL_CHARACTERS = st.text(st.characters(codec=None, categories=None), max_size=40)


@pytest.fixture
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    yield memory
    memory.close()


def put(store: EventStore, run_id: str, reported: list[Event]) -> None:
    store.begin(run_id, worker="business-builder", origin="http://127.0.0.1:8000", task="A page", time_us=1)
    store.summarise(run_id, **summary(reduce_all(store.append(run_id, reported))))


def made(*payloads: Any, run_id: str = "r") -> list[Event]:
    """Events, each a second after the one before."""
    return [
        make(payload, run_id=run_id, time=START + timedelta(seconds=second))
        for second, payload in enumerate(payloads)
    ]


def artifact(name: str, kind: str, content: str) -> ArtifactCreated:
    return ArtifactCreated(stage_id="s", artifact_name=name, artifact_type=kind, content=content)


def pdf_of(store: EventStore, run_id: str = "r", moment: datetime | None = None) -> bytes:
    return b"".join(export_pieces(store, run_id, "pdf", exported=moment))


def words_of(pdf: bytes) -> str:
    """The text of all pages, without line ends."""
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages)
    return " ".join(text.replace("\u200b", "").split())


def kinds(node: Any) -> Iterator[tuple[str, Any]]:
    """The structure elements of a PDF in reading order."""
    node = node.get_object()
    if isinstance(node, pypdf.generic.ArrayObject):
        for child in node:
            yield from kinds(child)
    elif isinstance(node, pypdf.generic.DictionaryObject):
        if "/S" in node:
            yield node["/S"], node
        if "/K" in node:
            yield from kinds(node["/K"])


@pytest.mark.parametrize("name", NAMES)
def test_two_exports_of_a_run_are_the_same_bytes(store: EventStore, name: str) -> None:
    put(store, name, events(recording(name)))
    first = pdf_of(store, name, START)
    assert first.startswith(b"%PDF-")
    assert pdf_of(store, name, START + timedelta(days=1)) == first


def test_it_is_tagged_titled_and_dated_by_the_end_of_the_run(store: EventStore) -> None:
    put(
        store,
        "r",
        made(
            RunStarted(task="A page"),
            StageStarted(stage_id="copy", name="Copy"),
            StageCompleted(stage_id="copy"),
            RunCompleted(success=True),
        ),
    )
    reader = pypdf.PdfReader(BytesIO(pdf_of(store)))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == "Report on run r"
    assert reader.metadata.creation_date == START + timedelta(seconds=3)
    assert b"pdfuaid" in reader.trailer["/Root"]["/Metadata"].get_object().get_data()
    found = list(kinds(root["/StructTreeRoot"]["/K"]))
    names = [kind for kind, _ in found]
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/Figure", "/L"} - set(names) <= {"/L"}
    (figure,) = [node for kind, node in found if kind == "/Figure"]
    assert figure["/Alt"] == "Timeline of 1 stage. Copy from 1.00 s to 2.00 s, completed."
    assert [item.title for item in reader.outline if not isinstance(item, list)][:3] == [
        "1 Task",
        "2 Stages",
        "3 Decisions",
    ]


def test_a_text_of_a_worker_is_shown_as_it_is_and_never_read_as_markup(store: EventStore) -> None:
    texts = ["#panic(1)", "*bold* _x_ $y$", '#image("/etc/passwd")', "= No heading", "`raw` @ref <label> \\"]
    put(store, "r", made(RunStarted(task=texts[0]), *[Log(message=text) for text in texts], RunCompleted()))
    words = words_of(pdf_of(store))
    for text in texts:
        assert text in words


def test_it_says_what_happened(store: EventStore) -> None:
    put(
        store,
        "r",
        made(
            RunStarted(task="A page"),
            InputRequested(request_id="1", message="May I publish it?"),
            InputGiven(request_id="1", payload={"approved": True}),
            artifact("plan", "md", "# The plan\n\n## First of all"),
            Log(message="It is done", level="warning"),
            RunFailed(error="The printer is out of paper"),
        ),
    )
    words = words_of(pdf_of(store))
    for text in (
        "Failed",
        "The printer is out of paper",
        "May I publish it? Approved: yes answered",
        "plan.md",
        "First of all",
        "4.000 warning It is done",
    ):
        assert text in words, words


def test_a_run_that_was_started_from_another_names_it(store: EventStore) -> None:
    put(
        store,
        "r",
        made(
            RunStarted(task="A page", parent_run_id="9f9f9f9f-1", from_stage="b"),
            StageStarted(stage_id="a", name="Copy", reused_from="9f9f9f9f-1"),
            StageCompleted(stage_id="a"),
            RunCompleted(success=True),
        ),
    )
    words = words_of(pdf_of(store))
    assert "Started from 9f9f9f9f-1" in words
    assert "Copy completed (of run 9f9f9f9f)" in words


def test_characters_that_no_font_has_are_code_points() -> None:
    shown = built_in_fonts().shown
    assert shown("caf\u00e9 \u0416 \u05d0 \U0001f9ff \u4f60") == "caf\u00e9 \u0416 \u05d0 [U+1F9FF] [U+4F60]"
    assert shown("a\u202eb\x00c\ud800\u0301").replace("\u200b", "") == "a[U+202E]b[U+0000]c[U+D800][U+0301]"
    assert shown({"a": ["x\ty\nz", 1, None]}) == {"a": ["x    y z", 1, None]}
    assert shown("\u200d") == "[U+200D]"


@settings(max_examples=10, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(ALL_CHARACTERS, min_size=TEXTS_AT_ONCE, max_size=TEXTS_AT_ONCE))
def test_texts_of_any_characters_never_fail(texts: list[str]) -> None:
    store = EventStore.memory()
    put(store, "r", made(RunStarted(task="A page"), RunCompleted(success=True)))
    content = report.report(read_trace(store, "r", START))
    store.close()
    content["task"] = texts[:50]
    content["facts"] = [[text, text] for text in texts[50:100]]
    content["artifacts"] = {
        "rows": [
            {"file": text, "stage": text, "status": "done", "chars": "1", "sha256": "", "keys": True}
            | {"outline": [[1, text]], "more": ""}
            for text in texts[100:150]
        ],
        "count": "50",
        "more": "",
    }
    content["log"]["first"] = [
        {"time": "", "level": "info", "stage": text, "message": [text]} for text in texts[150:]
    ]
    content["log"]["count"] = "50"
    assert typeset(content, "", None, typst_compiler()).startswith(b"%PDF-")


@settings(max_examples=25, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(runs())
def test_any_events_have_a_report(reported: list[Event]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_picture, "browser", lambda: None)
        store = EventStore.memory()
        put(store, ANY_RUN, reported)
        assert pdf_of(store, ANY_RUN).startswith(b"%PDF-")
        store.close()


@pytest.mark.parametrize("year", [1, 1900, 9999])
def test_a_run_of_any_year_has_a_report(store: EventStore, year: int) -> None:
    time = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    put(store, "r", [make(data, run_id="r", time=time) for data in (RunStarted(task="A"), RunCompleted())])
    assert f"{year:04}-12-31 23:59:59.000 UTC" in words_of(pdf_of(store))


def test_every_character_that_is_shown_is_in_the_fonts(store: EventStore) -> None:
    """The compiler refuses a report with a character that is not: this fails if the list is not true."""
    import json

    known = json.loads(COVERAGE.read_text())
    (binary,) = Path(typst.__file__).parent.glob("_typst*.so")
    assert coverage(binary) == {name: known[name] for name in FAMILIES}
    every = [chr(code) for name in FAMILIES for first, last in known[name] for code in range(first, last + 1)]
    put(store, "r", made(RunStarted(task="A page"), RunCompleted(success=True)))
    content = report.report(read_trace(store, "r", START))
    content["task"] = [" ".join(every[at : at + 200]) for at in range(0, len(every), 200)]
    content["worker"] = " ".join(every[:3_000])
    assert typeset(content, "", None, typst_compiler()).startswith(b"%PDF-")


def write_font(path: Path, family: str, characters: str) -> None:
    """Writes a font that has a box for each of these characters."""
    builder = pytest.importorskip("fontTools.fontBuilder").FontBuilder(1000, isTTF=True)
    pen_of = pytest.importorskip("fontTools.pens.ttGlyphPen").TTGlyphPen
    names = [".notdef", *(f"u{ord(sign):X}" for sign in characters)]
    pen = pen_of(None)
    pen.moveTo((100, 0))
    for corner in ((100, 700), (900, 700), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    box = pen.glyph()
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(sign): f"u{ord(sign):X}" for sign in characters})
    builder.setupGlyf(dict.fromkeys(names, box))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 100)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular", "psName": family.replace(" ", "")})
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200)
    builder.setupPost()
    builder.save(path)


def test_a_folder_of_fonts_adds_characters(
    store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "r", made(RunStarted(task="Write \u4f60\u597d and \U0001f9ff"), RunCompleted(success=True)))
    plain = pdf_of(store)
    assert "Write [U+4F60][U+597D] and [U+1F9FF]" in words_of(plain)
    write_font(tmp_path / "han.ttf", "Own Han", "\u4f60\u597d")
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    monkeypatch.setenv("WORKER_PDF_FONTS", str(tmp_path))
    more = pdf_of(store)
    assert "Write \u4f60\u597d and [U+1F9FF]" in words_of(more)
    assert pdf_of(store) == more
    monkeypatch.setenv("WORKER_PDF_FONTS", str(tmp_path / "nothing"))
    with pytest.raises(RequestRefused, match="WORKER_PDF_FONTS has to name a folder"):
        pdf_of(store)


def test_a_long_log_is_capped_and_the_report_says_so(store: EventStore) -> None:
    lines = [Log(message=f"this is line {number}") for number in range(2_000)]
    put(store, "r", made(RunStarted(task="A page"), *lines, RunCompleted(success=True)))
    words = words_of(pdf_of(store))
    assert "1,500 of 2,000 lines are left out here" in words
    shown_lines = [number for number in range(2_000) if f"this is line {number} " in f"{words} "]
    assert shown_lines == [*range(250), *range(1_750, 2_000)]


def test_the_parts_of_any_run_are_bounded(store: EventStore) -> None:
    stages = [
        payload
        for number in range(300)
        for payload in (
            StageStarted(stage_id=f"s{number}", name=f"Stage {number}"),
            StageCompleted(stage_id=f"s{number}"),
        )
    ]
    page = "<h1>" + "x" * 5_000 + "</h1>"
    artifacts = [artifact(f"a{number}", "md", page) for number in range(100)]
    put(store, "r", made(RunStarted(task="word " * 9_000), *stages, *artifacts, RunCompleted(success=True)))
    words = words_of(pdf_of(store))
    assert "Not shown: 100 further stages of 300" in words
    assert "260 further stages are not drawn" in words
    assert "Not shown: 40 further artifacts of 100" in words


def test_a_run_that_goes_on_or_has_no_events_has_a_report(store: EventStore) -> None:
    put(store, "r", made(RunStarted(task="A page"), StageStarted(stage_id="copy", name="Copy")))
    assert "Running: the run has not ended" in words_of(pdf_of(store))
    store.begin("none", worker="w", origin="o", time_us=1_000_000)
    assert "The run has no stages" in words_of(pdf_of(store, "none"))


@pytest.mark.skipif(browser() is None, reason="there is no Chromium on this computer")
def test_the_picture_of_a_page_is_in_the_report_without_scripts(store: EventStore) -> None:
    page = (
        "<h1>Hello</h1><p id=p>before</p><script>document.body.innerHTML = ''</script>"
        "<meta http-equiv=refresh content='0;url=file:///etc/passwd'><iframe src=file:///etc/passwd></iframe>"
    )
    put(store, "r", made(RunStarted(task="A page"), artifact("landing", "html", page)))
    reader = pypdf.PdfReader(BytesIO(pdf_of(store)))
    figures = [
        node for kind, node in kinds(reader.trailer["/Root"]["/StructTreeRoot"]["/K"]) if kind == "/Figure"
    ]
    assert [node["/Alt"] for node in figures] == ["The beginning of the page landing.html"]
    plain = page_picture.page_picture("<h1>Hello</h1><p id=p>before</p>")
    assert plain is not None
    assert page_picture.page_picture(page) == plain
    assert page_picture.page_picture("<h1>Other</h1>") != plain


def test_without_a_browser_or_with_one_that_hangs_there_is_no_picture(
    store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "r", made(RunStarted(task="A page"), artifact("l", "html", "<h1>Hi</h1>")))
    monkeypatch.setattr(page_picture, "TIME_LIMIT_S", 0.2)
    for script in (
        None,
        "sleep 60",
        "exit 3",
        'for word; do case "$word" in --screenshot=*) echo x > "${word#*=}";; esac; done',
    ):
        path = None if script is None else tmp_path / "chromium"
        if path is not None:
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)
        monkeypatch.setattr(page_picture, "browser", lambda path=path: path and str(path))
        assert "as a browser draws it" not in words_of(pdf_of(store))


def test_it_says_what_it_needs(store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, "r", made(RunStarted(task="A page"), RunCompleted(success=True)))
    history = RunHistory(store)
    with pytest.raises(ValueError, match="pdf is no text: export it to a file"):
        history.export("r", "pdf")
    with pytest.raises(RunUnknown):
        history.export("nobody", "pdf", tmp_path / "x.pdf")
    monkeypatch.setitem(__import__("sys").modules, "typst", None)
    with pytest.raises(PackageMissing, match=r'pip install "worker-widget\[pdf\]"'):
        history.export("r", "pdf", tmp_path / "x.pdf")
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_left_behind(store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    put(store, "r", made(RunStarted(task="A page"), RunCompleted(success=True)))
    assert pdf_of(store)
    assert list(tmp_path.iterdir()) == []


def test_the_outline_of_an_artifact() -> None:
    page = "<h1>One<br>and</h1><style>h2{}</style><h2>T<b>w</b>o &amp; more<h3>Three</h3><h4></h4><h5>open"
    assert outline(page, "html") == [(1, "One and"), (2, "Two & more"), (3, "Three")]
    assert outline("# A\n```\n# no\n```\n## B ##\n#no", "md") == [(1, "A"), (2, "B")]
    assert outline('{"a": 1, "b": {"c": 2}}', "json") == [(1, "a"), (1, "b")]
    assert outline("[1]", "json") == outline("{", "json") == outline("# x", "css") == []
