"""Artifacts and answers of language models as they are really written."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from worker_widget.artifacts.render import render
from worker_widget.events.file_names import file_name
from worker_widget.host.worker import LanguageModelVariables
from worker_widget.workers.business_builder.language_model.answer_reader import AnswerReader
from worker_widget.workers.business_builder.language_model.endpoint import _IncomingAnswer
from worker_widget.workers.business_builder.language_model.prompts import Passage
from worker_widget.workers.business_builder.language_model.settings import ModelSettings


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        ("text/html", "a.html"),
        ("TEXT/HTML; charset=utf-8", "a.html"),
        ("text/markdown", "a.md"),
        ("image/svg+xml", "a.svg"),
        ("text/csv; charset=utf-8", "a.csv"),
        ("application/vnd.plan+json", "a.json"),
        ("text/x-markdown;variant=GFM", "a.md"),
        ("text/tab-separated-values", "a.tsv"),
        ("text/plain", "a.txt"),
        ("application/x/../../y", "a.txt"),
        (".Md", "a.md"),
        ("", "a.txt"),
    ],
)
def test_a_type_can_be_a_mime_type(kind: str, file: str) -> None:
    assert file_name("a", kind) == file


def cells(text: str, kind: str = "csv") -> list[str]:
    rendered = render(text, kind, dark=False)
    assert rendered.note is None
    return re.findall(r"<t[hd]>([^<]*)</t[hd]>", rendered.html)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\ufeffa,b\n1,2\n", ["a", "b", "1", "2"]),
        ("sep=;\na;b,c\n1;2\n", ["a", "b,c", "1", "2"]),
        ("\ufeffsep=|\r\na|b;;c\r\n1|2\r\n", ["a", "b;;c", "1", "2"]),
        ('"a;;;b",c\n1,2\n', ["a;;;b", "c", "1", "2"]),
        ('\ufeff"a;b";c\n1;2\n', ["a;b", "c", "1", "2"]),
        ("sep=\t\na\tb,c\n1\t2\n", ["a", "b,c", "1", "2"]),
        ("\r\n \r\na|b\r\n1|2\r\n", ["a", "b", "1", "2"]),
        ('"a\n;;;b",c\n1,2\n', ["a\n;;;b", "c", "1", "2"]),
        ("\n\na;b\n1;2\n", ["a", "b", "1", "2"]),
    ],
)
def test_csv_as_spreadsheets_and_models_write_it(text: str, shown: list[str]) -> None:
    assert cells(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        '\ufeff{"a": 1}',
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": "\\ud83d"}',
        "\ufeff[1e400]",
        '{"\\ude00": nan}',
    ],
)
def test_json_as_programs_write_it_is_drawn(text: str) -> None:
    rendered = render(text, "json", dark=False)
    assert rendered.note is None
    assert 'class="json"' in rendered.html


READER = AnswerReader("json", [Passage("headline", 80, ""), Passage("lead", 80, "")], "", "")


@pytest.mark.parametrize(
    "answer",
    [
        '{"1": "One", "2": "Two"}',
        '<think>hm</think>{"1": "One", "2": "Two"}',
        'The texts are short.</think>\n{"1": "One", "2": "Two"}',
        'Here it is:\n{"1": "One", "2": "Two"}\nI hope that it helps.',
        'Sure!\n```json\n{"1": "One", "2": "Two"}\n```\nAnything else?',
        '{"1": "One", "2": "\nTwo"}',
        'In {braces}, as asked:\n{"1": "One", "2": "Two"}',
        '{"1": "One", "2": "Two",}',
        '["One", "Two"]',
        '\ufeff{"1": "One", "2": "Two"}',
        '<think>{"1": "Not this", "2": "nor this"}</think>{"1": "One", "2": "Two"}',
        '{"1": "One\r\n", "2": "\tTwo"}',
        'They say "short": {"1": "One", "2": "Two"} (done)',
        '{"texts": {"1": "One", "2": "Two"}}',
        '{"1": {"text": "One"}, "2": {"text": "Two"}}',
    ],
)
def test_an_answer_of_a_model_is_found_in_what_surrounds_it(answer: str) -> None:
    assert READER.whole(answer) == ["One", "Two"]


@pytest.mark.parametrize(
    "content",
    [
        "a b",
        [{"type": "text", "text": "a "}, {"type": "text", "text": "b"}],
        [{"text": "a b"}],
        ["a ", "b"],
        [{"type": "image_url"}, {"type": "text", "text": "a b"}, None],
    ],
)
def test_the_content_of_an_answer_can_be_a_list_of_parts(content: Any) -> None:
    incoming = _IncomingAnswer()
    delta = SimpleNamespace(content=content, refusal=None)
    incoming.take(SimpleNamespace(choices=[SimpleNamespace(delta=delta, finish_reason=None)]))
    assert incoming.text == "a b"


@pytest.mark.parametrize("ending", ["/chat/completions/", "/chat/completions", "/", ""])
def test_the_address_of_a_model_can_end_in_the_route(ending: str) -> None:
    read = ModelSettings.read(LanguageModelVariables(f"http://127.0.0.1:1/v1{ending}", "m", ""))
    assert read is not None
    assert (read.url, read.problem) == ("http://127.0.0.1:1/v1", None)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("- a\n\n  ```python\n  x = 1\n  ```\n", "<li>.*<pre>.*x = 1.*</li>"),
        ("1. a\n   ```\n   x\n   ```\n2. b\n", "<ol>.*<pre>.*x.*</pre>.*<li>b"),
        ("> ```\n> x = 1\n> ```\n", "<blockquote>.*<pre>.*x = 1.*</blockquote>"),
        ("  ```python\n  x = 1\n  ```\n", "<pre>.*x = 1"),
        ('```python title="app.py"\nx = 1\n```\n', "app.py.*<pre>.*x = 1"),
        ("```\nx\n`````\n# After\n", "<pre>.*x.*</pre>.*<h1>After"),
        ("- a\n  - b\n\n    ~~~\n    x\n    ~~~\n", "<ul>.*<ul>.*<pre>.*x.*</ul>.*</ul>"),
        ("> > ```\n> > x\n> > ```\n", "<blockquote>.*<blockquote>.*<pre>.*x"),
        ("~~old~~ H~2~O", "<del>old</del> H~2~O"),
        ("~~old **words**~~", "<del>old <strong>words</strong></del>"),
        ("---\ntitle: x\ntags:\n  - a\n---\n# H\n", '<main class="prose"><h1>H'),
        ("---\n\nA rule: above\n", "<hr>.*A rule: above"),
    ],
)
def test_markdown_as_models_write_it(text: str, shown: str) -> None:
    html = re.sub("</?span[^>]*>", "", render(text, "md", dark=False).html)
    assert re.search(shown, html, re.DOTALL)


def test_a_comma_within_a_text_stays() -> None:
    assert READER.whole('{"1": "a,}", "2": "b, ]",}') == ["a,}", "b, ]"]
