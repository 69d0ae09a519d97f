"""Differences: nothing is lost, nothing is live, and nothing takes for ever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recorded import events, recording
from tests.unit.test_artifacts import innermost
from tests.unit.test_render import ATTACKS, Document, inside
from tests.unit.test_store import emitted
from worker_widget import RunUnknown, compare
from worker_widget.artifacts.diff import alignment
from worker_widget.artifacts.diff import difference as drawing
from worker_widget.artifacts.diff.alignment import DiffRow
from worker_widget.artifacts.diff.common_subsequence import StepBudget, matches
from worker_widget.artifacts.diff.difference import Difference, difference
from worker_widget.events import ArtifactCreated, Event

# --- matching --------------------------------------------------------------------------------------

ITEMS = st.lists(st.sampled_from("abcde"), max_size=30)


@given(ITEMS, ITEMS, st.integers(0, 500))
def test_what_matches_is_equal_and_in_order_whatever_may_be_spent(
    a: list[str], b: list[str], steps: int
) -> None:
    i = j = 0
    for match in matches(a, b, StepBudget(steps)):
        assert match.n > 0
        assert match.i >= i
        assert match.j >= j
        assert a[match.i : match.i + match.n] == b[match.j : match.j + match.n]
        i, j = match.i + match.n, match.j + match.n


@given(ITEMS, st.lists(st.integers(0, 30), max_size=3))
def test_what_was_only_taken_away_is_all_that_differs(a: list[str], gone: list[int]) -> None:
    b = [item for at, item in enumerate(a) if at not in gone]
    assert sum(match.n for match in matches(a, b, StepBudget(10_000))) == len(b)


def test_long_sequences_of_few_items_are_matched_by_rows_of_them() -> None:
    words = [f"{n * n % 97}" for n in range(4_000)]
    other = [*words[:1_000], "x", *words[1_500:]]
    matched = sum(match.n for match in matches(words, other, StepBudget(100_000)))
    assert matched >= 3_400


# --- differences -----------------------------------------------------------------------------------


def side(rows: list[DiffRow], which: str) -> str:
    """One text as its rows have it; a line that goes on has no number."""
    text = ""
    for row in rows:
        line = getattr(row, which)
        if line is not None:
            text += "\n" * (bool(text) and line.number is not None) + "".join(part for part, _ in line.parts)
    return text


def changed(reported: Difference) -> list[tuple[list[str], list[str]]]:
    """What is marked as changed, row by row."""
    marked = []
    for row in reported.rows:
        if not row.same:
            sides = [[text for text, changed in line.parts if changed] if line else [] for line in row[:2]]
            marked.append((sides[0], sides[1]))
    return marked


LINES = st.lists(
    st.one_of(st.sampled_from(["one two", "one", "two three", "", "}", "<b>x</b>;"]), st.text(max_size=20)),
    max_size=20,
).map("\n".join)


@settings(max_examples=150)
@given(LINES, LINES)
def test_both_texts_are_there_whole_and_equal_rows_are_equal(a: str, b: str) -> None:
    reported = difference(a, b)
    for which, text in (("a", a), ("b", b)):
        shown, wanted = side(reported.rows, which), text.replace("\r\n", "\n")
        assert shown.strip("\n") == wanted.strip("\n")
    for row in reported.rows:
        assert row.a or row.b
        if row.same:
            assert row.a is not None
            assert row.b is not None
            assert row.a.parts == row.b.parts
    words_a, words_b = (len(re.findall(r"\w+", text)) for text in (a, b))
    common = words_a - reported.words_removed - reported.words_changed
    assert common == words_b - reported.words_added - reported.words_changed
    assert reported.similarity == (2 * common / (words_a + words_b) if words_a + words_b else 1.0)
    assert reported.same == (a == b)
    assert difference(a, a).changes == 0


def test_words_are_marked_and_counted() -> None:
    reported = difference(
        "# Plan\n\nThe quick brown fox jumps.\nGone for good.\nEnd",
        "# Plan\n\nThe slow brown fox jumps high.\nEnd\nAll new here",
    )
    assert changed(reported) == [
        (["quick"], ["slow", " high"]),
        (["Gone for good."], []),
        ([], ["All new here"]),
    ]
    assert (reported.words_added, reported.words_removed, reported.words_changed) == (4, 3, 1)
    assert reported.changes == 2
    assert reported.similarity == pytest.approx(2 * 6 / (10 + 11))


def test_words_that_all_changed_are_one_mark() -> None:
    reported = difference("keep: red green blue, and more of it", "keep: one two three, and more of it")
    assert changed(reported) == [(["red green blue"], ["one two three"])]


def test_lines_stand_beside_those_they_are_like() -> None:
    reported = difference("alpha beta gamma\nsomething else entirely", "brand new words\nalpha beta delta")
    assert [(row.a is not None, row.b is not None) for row in reported.rows] == [
        *((False, True), (True, True), (True, False))
    ]


def test_a_page_of_one_line_is_compared_piece_by_piece() -> None:
    page = "<ul>" + "".join(f"<li>Item {n} of the list</li>" for n in range(60)) + "</ul>"
    reported = difference(page, page.replace("Item 30", "Thing 30"))
    assert (reported.changes, reported.words_changed) == (1, 1)
    (row,) = (row for row in reported.rows if not row.same)
    assert row.a is not None
    assert "".join(text for text, _ in row.a.parts) == "Item 30 of the list</li>"
    assert changed(reported) == [(["Item"], ["Thing"])]


@pytest.mark.parametrize(("a", "b"), [("a\nb\n", "a\r\nb\r\n"), ("a", "a\n")])
def test_line_ends_are_no_change_but_are_told(a: str, b: str) -> None:
    reported = difference(a, b)
    assert (reported.same, reported.changes) == (False, 0)
    assert reported.note == "Only the line endings differ."
    assert difference(a, a).note is None


def test_what_differs_too_much_is_compared_roughly_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment, "_STEPS", 5_000)
    a = "\n".join(f"{n % 7} word {n % 5}" for n in range(2_000))
    b = "\n".join(f"{n % 5} word {n % 7}" for n in range(2_000))
    reported = difference(a, b)
    assert reported.note == "The texts differ too much for an exact comparison: parts of it are approximate."
    assert side(reported.rows, "a") == a
    assert side(reported.rows, "b") == b


def test_of_what_is_very_long_the_beginning_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment, "MOST_CHARS", 10)
    reported = difference("0123456789abc", "0123456789xyz")
    assert reported.same
    assert reported.note == "Only the first 10 characters are compared."


# --- the document ----------------------------------------------------------------------------------


class Links(HTMLParser):
    """The ids, the links, and the texts of summaries in a document."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        reported = dict(attrs)
        self.ids += [reported["id"] or ""] if "id" in reported else []
        self.links += [reported["href"] or ""] if tag == "a" else []


LONG = [f"line {n}" for n in range(200)]


def test_changes_are_numbered_linked_and_the_rest_is_folded() -> None:
    other = list(LONG)
    other[20], other[100] = "line twenty", "a hundred"
    del other[180]
    reported = difference("\n".join(LONG), "\n".join(other), title_a="<first>", title_b="second")
    assert reported.changes == 3
    for dark in (None, True, False):
        html = reported.html(dark=dark)
        found = Links(html)
        assert found.ids == ["change-1", "change-2", "change-3"]
        assert found.links == ["#change-1", "#change-2", "#change-1", "#change-3", "#change-2"]
        text = Document(html).text
        for words in ("3 changes", "<first>", "second", "17 unchanged lines", "Change 2 of 3"):
            assert words in text
        assert html.count("<details") == 4
        assert 'href="about:srcdoc"' in html.partition("Content-Security-Policy")[0]


def test_texts_that_are_the_same_say_so() -> None:
    text = Document(difference("\n".join(LONG), "\n".join(LONG)).html()).text
    assert "No differences" in text
    assert "200 unchanged lines" in text
    assert "No differences" in Document(difference("", "").html()).text


def test_a_document_of_many_changes_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "MOST_SHOWN_CHARS", 20_000)
    a = "\n".join(f"same\nline {n}" for n in range(500))
    html = difference(a, a.replace("line", "other")).html()
    assert "more changes are not shown" in html
    assert 18_000 < len(html) <= 20_000
    html = difference("x" * 10_000, "\n".join(["y" * 99] * 1_000)).html()
    assert "more lines of this change are not shown" in html
    assert 18_000 < len(html) <= 20_000


def test_changes_go_before_what_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "MOST_SHOWN_CHARS", 30_000)
    a = "\n".join(f"line {n}" for n in range(1_000))
    html = difference(a, a.replace("line 999", "the end").replace("line 0\n", "the start\n")).html()
    assert Links(html).ids == ["change-1", "change-2"]
    assert "<details" not in html
    assert "992 unchanged lines" in Document(html).text


def test_an_output_has_an_end_and_says_so() -> None:
    a = "\n".join(f"<i class='{n}'>\n{'same' * 5}" for n in range(20_000))
    output = difference(a, a.replace("class", "style"))._repr_html_()
    assert 900_000 < len(output) < 1_010_000
    shown = re.search(r"<p>([\d,]+) of 20,000 changes are shown: the limit for", output)
    assert shown
    assert Links(innermost(output)).ids[-1] == f"change-{shown[1].replace(',', '')}"
    assert "changes are shown" not in difference("a", "b")._repr_html_()


def dangers(html: str) -> list[str]:
    return [found for found in Document(html).dangers if found not in ("del", "a href")]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_a_text_can_act(attack: str) -> None:
    reported = difference(
        f"one\n{attack}\nx", f"two {attack} y\n{attack[:-1]}", title_a=attack, title_b=attack
    )
    assert dangers(reported.html()) == []
    assert dangers(innermost(reported._repr_html_())) == []


@given(LINES, LINES, st.text())
def test_what_is_shown_is_the_texts_to_the_letter(a: str, b: str, title: str) -> None:
    reported = difference(a, b, title_a=title)
    html = reported.html()
    assert dangers(html) == []
    shown = re.findall(r"<pre class=\"(?!none)[^\"]*\">(.*?)</pre>", inside(html), re.DOTALL)
    lines = [line for row in reported.rows for line in (row.a, row.b) if line is not None]
    assert [Document(text).text for text in shown] == [
        "".join(text for text, _ in line.parts) for line in lines
    ]


# --- two runs --------------------------------------------------------------------------------------

RUN_A, RUN_B = "aaaaaaaa-0000", "bbbbbbbb-0000"


@pytest.fixture
def two_runs(own_home: object) -> Iterator[None]:
    from worker_widget.store.shared import shared_store

    store = shared_store()
    pages: dict[str, dict[str, str]] = {
        RUN_A: {"page": "one two three", "same": "x", "gone": "a b"},
        RUN_B: {"page": "one 2 three", "same": "x", "new": "<script>"},
    }
    for run_id, artifacts in pages.items():
        store.begin(run_id, worker="w", origin="o", time_us=0)
        reported: list[Event] = events(recording("valid_professional"))[:10]
        for n, (name, text) in enumerate(artifacts.items()):
            reported.append(emitted(ArtifactCreated(artifact_name=name, artifact_type="md", content=text), n))
        store.append(run_id, reported)
    yield
    store.close()


@pytest.mark.usefixtures("two_runs")
class TestRuns:
    def test_a_row_for_each_artifact(self) -> None:
        frame = compare(RUN_A, RUN_B).artifacts()
        assert frame.set_index("file")[["status", "words_added", "words_removed", "words_changed"]].T.to_dict(
            "list"
        ) == {
            "page.md": ["changed", 0, 0, 1],
            "same.md": ["same", 0, 0, 0],
            "gone.md": ["removed", 0, 2, 0],
            "new.md": ["added", 1, 0, 0],
        }
        assert [str(dtype) for dtype in frame.dtypes[2:8]] == ["Int64"] * 5 + ["Float64"]
        assert frame["chars_b"].isna().tolist() == [False, False, True, False]
        assert frame["sha256_a"][1] == frame["sha256_b"][1]
        assert frame["similarity"].tolist()[1:] == [1.0, 0.0, 0.0]

    def test_everything_that_is_compared_is_a_row_with_what_each_run_has(self) -> None:
        frame = compare(RUN_A, RUN_B).frame()
        assert list(frame.columns) == ["section", "item", "a", "b", "differs"]
        assert [str(dtype) for dtype in frame.dtypes] == ["string"] * 4 + ["boolean"]
        assert list(frame["section"].unique()) == ["run", "stages", "decisions", "artifacts"]
        rows = frame.set_index(["section", "item"])
        assert rows.loc[("run", "artifacts")].tolist() == ["3", "3", False]
        assert not rows.loc[("stages", "preflight.status"), "differs"]
        assert rows.loc["artifacts"]["differs"].to_dict() == {
            "page.md": True,
            "same.md": False,
            "gone.md": True,
            "new.md": True,
        }
        assert rows.loc[("artifacts", "new.md")].isna().tolist() == [True, False, False]

    def test_incidents_stand_beside_those_of_the_same_stage_and_kind(self, own_home: object) -> None:
        from worker_widget.store.shared import shared_store

        store = shared_store()
        store.begin("failing", worker="w", origin="o", time_us=0)
        store.append("failing", events(recording("failure_strategy")))
        frame = compare(RUN_A, "failing").frame()
        ledger = frame[frame["section"] == "ledger"]
        assert len(ledger) > 0
        assert ledger["a"].isna().all()
        assert ledger["differs"].all()
        assert ledger["b"].str.contains("→|:").any()

    def test_each_artifact_has_its_difference(self) -> None:
        both = compare(RUN_A, RUN_B)
        assert list(both) == ["page.md", "same.md", "gone.md", "new.md"]
        assert both["page.md"].changes == 1
        assert both["page.md"] is both["page.md"]
        assert "aaaaaaaa" in both["page.md"].title_a
        with pytest.raises(KeyError, match=r"there are: page\.md"):
            both["other.md"]
        overview = Document(innermost(both._repr_html_()))
        assert overview.dangers == []
        assert "removed" in overview.text
        assert repr(both) == f"Comparison('{RUN_A}', '{RUN_B}', 4 artifacts)"

    def test_the_stages_stand_side_by_side(self) -> None:
        frame = compare(RUN_A, RUN_B).stages()
        assert frame["stage_id"][0] == "preflight"
        assert list(frame["status_a"]) == list(frame["status_b"])
        assert str(frame["tokens_a"].dtype) == "Int64"

    def test_what_is_not_there_is_named(self) -> None:
        with pytest.raises(RunUnknown, match="nobody"):
            compare(RUN_A, "nobody")


def test_two_runs_without_artifacts_are_an_empty_frame(own_home: object) -> None:
    from worker_widget.store.shared import shared_store

    store = shared_store()
    for run_id in (RUN_A, RUN_B):
        store.begin(run_id, worker="w", origin="o", time_us=0)
    both = compare(RUN_A, RUN_B)
    assert len(both.artifacts()) == len(both.stages()) == 0
    assert str(both.artifacts()["chars_a"].dtype) == "Int64"
    assert not both.frame()["differs"].any()
    store.close()
