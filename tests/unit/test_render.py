"""Drawn artifacts: readable in both themes, and nothing in them can do anything."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import zipfile
from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker_widget.artifacts import render as rendering
from worker_widget.artifacts.render import MOST_SHOWN_CHARS, PATIENT, QUICK, Limits, highlight_source, render
from worker_widget.artifacts.styles import DARK, LIGHT, style_sheet
from worker_widget.artifacts.time_limit import TimeLimitExceeded, with_time_limit

HARMLESS = {
    *("html", "head", "meta", "style", "body", "main", "h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr"),
    *("ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "del", "s", "sup", "sub", "table"),
    *("thead", "tbody", "tfoot", "tr", "th", "td", "caption", "a", "abbr", "b", "i", "u", "q", "small"),
    *("mark", "kbd", "img", "div", "span", "dl", "dt", "dd", "details", "summary", "figure", "figcaption"),
    *("base", "section", "ins"),
}
ATTRIBUTES = {
    "class",
    "title",
    "alt",
    "src",
    "width",
    "height",
    "align",
    "colspan",
    "rowspan",
    "start",
    "open",
    "id",
}


class Document(HTMLParser):
    """A drawn document taken apart: its text, its elements, and everything in it that could act."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.dangers: list[str] = []
        self._in_style = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        reported = {name: value or "" for name, value in attrs}
        self.elements.append((tag, reported))
        self._in_style = tag == "style"
        if tag not in HARMLESS:
            self.dangers.append(tag)
        if tag == "meta" or (tag, attrs) == ("base", [("href", "about:srcdoc")]):
            return
        self.dangers += [f"{tag} {name}" for name in reported if name not in ATTRIBUTES]
        if "src" in reported and not reported["src"].startswith("data:image/"):
            self.dangers.append(reported["src"])

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [reported for name, reported in self.elements if name == tag]


def drawn(text: str, kind: str, *, dark: bool = False) -> Document:
    """The document, which is checked to be complete and harmless."""
    html = render(text, kind, dark=dark).html
    document = Document(html)
    assert document.dangers == []
    assert len(document.all("style")) == 1
    assert style_sheet(dark) in html
    (policy,) = (reported["content"] for reported in document.all("meta") if "http-equiv" in reported)
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    assert html.startswith("<!doctype html>")
    return document


def body(text: str, kind: str) -> str:
    return inside(render(text, kind, dark=False).html)


def inside(html: str) -> str:
    return html.partition("<body>\n")[2].removesuffix("\n</body>\n</html>\n")


# --- markdown --------------------------------------------------------------------------------------

PLAN = """# Launch plan

Some *words*, **bold** and `code`, and a note[^1]. See [the docs](https://example.org/a?b=1&c=2).

| Name | Count |
|:-----|------:|
| one  |     1 |

- [ ] to do
- [x] done
- [link](x)

```python
def plan(): return "ok"
```

[^1]: The note itself.
"""


def test_markdown_is_formatted_prose() -> None:
    document = drawn(PLAN, "md")
    assert [tag for tag, _ in document.elements if tag in ("h1", "em", "strong", "table", "pre")] == [
        *("h1", "em", "strong", "table", "pre")
    ]
    assert [reported.get("align") for reported in document.all("td")] == ["left", "right"]
    assert [reported.get("class") for reported in document.all("li")] == ["task", "task", None, None]
    assert "☐to do" in document.text
    assert "☑done" in document.text
    assert "The note itself." in document.text
    assert 'def plan(): return "ok"' in document.text
    assert '<span class="k">def</span>' in body(PLAN, "markdown")


@pytest.mark.parametrize("indent", [2, 3, 4])
def test_a_list_within_a_list_is_one_however_far_it_is_indented(indent: int) -> None:
    more = " " * indent
    text = f"- a\n{more}- b\n{more * 2}1. c\n{more}- [x] d\n- e\n\n{more}More of e.\n\nEnd\n"
    html = render(text, "md", dark=None).html.partition("<body>")[2]
    shape = re.sub(r"<span.*?</span>|\s|</?p>|</?main[^>]*>", "", html)
    assert "<ul><li>a<ul><li>b<ol><li>c</li></ol></li><li" in shape
    assert "d</li></ul></li><li>eMoreofe.</li></ul>End" in shape


def test_what_is_no_list_stays_as_it_is() -> None:
    text = "1. one\n\n   still one\n2. two\n\n- x\n\n      code\n\n```\n- a\n  - b\n```\n"
    html = render(text, "md", dark=None).html
    assert "still one" in re.findall(r"<ol>.*?</ol>", html, re.DOTALL)[0]
    assert "<pre><code>code\n</code></pre>" in html.replace("<span></span>", "")
    assert "- a\n  - b" in Document(html).text


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("Steps:\n- a\n  - b\n- c", "<p>Steps:</p><ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("## Steps\n1. a\n2. b", "<h2>Steps</h2><ol><li>a</li><li>b</li></ol>"),
        ("1) a\n\n   More of a.", "<ol><li><p>a</p><p>Moreofa.</p></li></ol>"),
        ("- a\n\n  More.\n- b", "<ul><li><p>a</p><p>More.</p></li><li><p>b</p></li></ul>"),
        ("9. a\n\n   More.\n10. b", '<olstart="9"><li><p>a</p><p>More.</p></li><li><p>b</p></li></ol>'),
        ("- a\n  on\n  - b", "<ul><li>aon<ul><li>b</li></ul></li></ul>"),
        ("It was\n1. a", "<p>Itwas</p><ol><li>a</li></ol>"),
        ("It was in\n1984. A\n\n  year", "<p>Itwasin1984.A</p><p>year</p>"),
        ("Title\n-\n\n  words", "<h2>Title</h2><p>words</p>"),
        ("- a\n\n* * *\n\n  words", "<ul><li>a</li></ul><hr><p>words</p>"),
        ("- a\r\n\r\nPart\r\n\r\n  words", "<ul><li>a</li></ul><p>Part</p><p>words</p>"),
        ("Text\n      - not a list", "<p>Text-notalist</p>"),
        ("# A\n2. b", '<h1>A</h1><olstart="2"><li>b</li></ol>'),
    ],
)
def test_a_list_begins_where_readers_see_one(text: str, shape: str) -> None:
    html = render(text, "md", dark=None).html.partition("<body>")[2]
    assert re.sub(r"\s|</?main[^>]*>|</?body>|</html>", "", html) == shape


def test_a_link_shows_its_target_and_leads_nowhere() -> None:
    (first, *rest) = drawn(
        "[a](https://example.org/?x=1&y=2) [b](#part) [c](/page) <mailto:me@x.org>", "md"
    ).all("a")
    assert first == {"title": "https://example.org/?x=1&y=2"}
    assert [reported.get("title") for reported in rest] == [None, None, "mailto:me@x.org"]


def test_pictures_of_the_text_itself_are_shown_and_no_others() -> None:
    inline = "data:image/png;base64,iVBORw0KGgo="
    assert [reported["src"] for reported in drawn(f"![dot]({inline})", "md").all("img")] == [inline]
    assert render(f"![dot]({inline})", "md", dark=False).note is None
    remote = render(
        '![a "chart" > all](https://spy.example/x.png) ![](//spy.example/y.png)', "md", dark=False
    )
    assert "spy.example" not in remote.html
    assert remote.note == "External pictures are not loaded."
    assert "chart" in Document(remote.html).text


ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//x></SCRIPT>",
    "<scr<script>ipt>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img/src='x'/onerror=alert(1)//",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' java\tscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "[x](javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    '[x](https://a "t\\" onclick=\\"alert(1)")',
    '[x](https://a"onclick="alert(1))',
    "<https://a/\"onclick='alert(1)'>",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](data:text/html;base64,PHN2Zz4=)",
    '![x"onerror="alert(1)](x)',
    "<button data-commandlinker-command='terminal:create-new'>x</button>",
    "<div data-commandlinker-command='terminal:create-new' class='x'>x</div>",
    "<iframe src=//x></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=//x></object><embed src=//x>",
    "<form action=//x><input name=a><button>go</button></form>",
    "<base href=//x>",
    "<meta http-equiv=refresh content='0;url=//x'>",
    "<link rel=stylesheet href=//x>",
    "<style>@import url(//x); body { background: url(//x) }</style>",
    "<p style='background: url(//x)'>x</p>",
    "<table background=//x><tr><td background=//x>x</td></tr></table>",
    "<video src=//x poster=//x><source src=//x></video><audio src=//x>",
    "<img srcset='//x 1x' src='data:image/png;base64,AA=='>",
    "<details ontoggle=alert(1) open>x</details>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea></textarea><title></title><xmp><script>alert(1)</script></xmp>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php <script>alert(1)</script> ?>",
    "</style></head><body onload=alert(1)><script>alert(1)</script>",
    "</main></body><script>alert(1)</script>",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "``` { .python onclick=alert(1) id=x }\nx\n```",
    "| a |\n|---|\n| <script>alert(1)</script> |",
    "x[^1]\n\n[^1]: <script>alert(1)</script>",
    '[^"><script>alert(1)</script>]: x',
    "- [ ] <img src=x onerror=alert(1)>",
    "a *<script>*alert(1)</script>",
    "\x02wzxhzdk:0\x03 <script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<a title='<a href=\"x\">' href='https://a'>x</a>",
    "<img alt='<script>alert(1)</script>' src=//x>",
    "<img alt='<li>[ ] <script>alert(1)</script>' src=data:image/png;base64,AA==>",
    "<img alt=' src=\"x\"' width='1\" onerror=\"alert(1)'>",
    "<abbr title='x' onmouseover=alert(1)>x</abbr>",
    "<portal src=//x></portal><template><script>alert(1)</script></template>",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_markdown_can_act(attack: str) -> None:
    drawn(attack, "md")
    drawn(f"text\n\n{attack}\n\nmore", "md", dark=True)


PIECES = st.sampled_from(
    [
        *("<script>", "</script>", "<img src=x", " onerror=alert(1)>", "<a href='", "javascript:alert(1)"),
        *("'>", '"', "<", ">", "](", "![", "[", "]", ")", "`", "```\n", "~~~\n", "\n", "\n\n", "    "),
        *("- ", "> ", "|a|\n|-|\n", "*", "_", "<!--", "-->", "<svg>", "<math>", "<style>", "</style>"),
        *("[^1]", ": ", "&lt;", "&#60;", "\x02", "\x03", "x"),
    ]
)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(PIECES, max_size=25).map("".join),
    st.sampled_from(["md", "json", "csv", "svg", "css", "py", "txt"]),
)
def test_no_mixture_of_pieces_can_act(text: str, kind: str) -> None:
    drawn(text, kind)


def test_a_fence_that_is_not_closed_yet_is_code_already() -> None:
    assert '<span class="k">def</span>' in body("Look:\n\n```python\ndef f():\n    pass", "md")
    assert drawn("~~~\n<b>x", "md").text.strip() == "<b>x"


TABLE = "| a | b |\n|---|--:|\n| 1 | 2 |"


@pytest.mark.parametrize(
    ("text", "within"),
    [
        (f"Text before:\n{TABLE}", ["p", "table"]),
        (f"Two lines\nof **text**\n{TABLE}\n\nmore", ["p", "table", "p"]),
        ("Text\na | b\n--|--\n1 | 2", ["p", "table"]),
        (f"# Head\n{TABLE}", ["h1", "table"]),
        ("> quote\n> " + TABLE.replace("\n", "\n> "), ["blockquote", "p", "table"]),
        ("- item:\n  " + TABLE.replace("\n", "\n  "), ["ul", "li", "table"]),
        (f"<details>\n<summary>S</summary>\n\n{TABLE}\n\n</details>", ["details", "summary", "table"]),
        ("a | b\nis no table", ["p"]),
        ("Heading | of\n---", ["h2"]),
    ],
)
def test_a_table_may_stand_behind_a_paragraph(text: str, within: list[str]) -> None:
    tags = [tag for tag, _ in drawn(text, "md").elements]
    assert [
        tag
        for tag in tags
        if tag in {"p", "table", "blockquote", "ul", "li", "details", "summary", "h1", "h2"}
    ] == within


@pytest.mark.parametrize("kind", ["NOTE", "tip", "IMPORTANT", "Warning", "CAUTION"])
@pytest.mark.parametrize("before", ["> ", "1. Step\n\n   > "])
def test_an_alert_is_a_quotation_with_its_kind_as_title(kind: str, before: str) -> None:
    indent = before.rpartition("\n")[2]
    document = drawn(f"{before}[!{kind}]\n{indent}Read **this**.", "md")
    assert [found["class"] for found in document.all("blockquote")] == [f"alert {kind.lower()}"]
    assert kind.capitalize() in document.text
    assert "[!" not in document.text
    assert [tag for tag, _ in document.elements].count("strong") == 1


@pytest.mark.parametrize("text", ["> [!NOTE] in the line", "> [!OTHER]\n> x", "[!NOTE]\nno quotation"])
def test_what_is_no_alert_stays_text(text: str) -> None:
    document = drawn(text, "md")
    assert "[!" in document.text
    assert not any("class" in found for found in document.all("blockquote"))


@pytest.mark.parametrize("opened", ["<details>", "<details open>", "<DETAILS>"])
def test_markdown_in_details_is_formatted(opened: str) -> None:
    document = drawn(
        f"{opened}\n<summary>More</summary>\n\n**b**\n\n- item\n\n```py\nx = 1\n```\n\n</details>\n\n*i*",
        "md",
    )
    tags = [tag for tag, _ in document.elements if tag in {"details", "summary", "strong", "li", "pre", "em"}]
    assert tags == ["details", "summary", "strong", "li", "pre", "em"]
    assert "```" not in document.text


@pytest.mark.parametrize(
    ("kind", "content", "tag"),
    [
        ("json", '{"a": 1}', "summary"),
        ("csv", "a,b\n1,2", "td"),
        ("md", "# T\n\n```py\nx\n```", "h1"),
        ("svg", '<svg xmlns="http://www.w3.org/2000/svg"/>', "img"),
    ],
)
@pytest.mark.parametrize("fence", ["````", "~~~~"])
def test_an_artifact_in_a_code_fence_is_its_content(kind: str, content: str, tag: str, fence: str) -> None:
    document = drawn(f"{fence}{kind} x\n{content}\n{fence}\n", kind)
    assert document.all(tag)
    assert fence not in document.text


@pytest.mark.parametrize("text", ["```md\na\n```\ntext\n```md\nb\n```", "```py\nx\n```", "```\nx\n```"])
def test_code_in_markdown_stays_code(text: str) -> None:
    assert drawn(text, "md").all("pre")


@pytest.mark.parametrize(
    "info", ['python {1,3} title="a b"', "python:app.py", "python{.x}", " python  numbers"]
)
def test_a_fence_may_say_more_than_its_language(info: str) -> None:
    assert '<span class="k">def</span>' in body(f"```{info}\ndef f(): pass\n```", "md")


def test_a_backslash_ends_a_line_and_toml_in_front_is_left_out() -> None:
    document = drawn("+++\ntitle = 'x'\n[a]\nb = 1\n+++\n\none\\\ntwo \\* `a\\`", "md")
    assert len(document.all("br")) == 1
    assert document.text.split() == ["one", "two", "*", "a\\"]
    assert "+++" in drawn("+++\nno front matter\n+++\n", "md").text


def test_details_in_a_fence_are_code() -> None:
    document = drawn("```html\n<details>\n**x**\n</details>\n```", "md")
    assert "<details>\n**x**\n</details>" in document.text
    assert document.all("details") == []


# --- data and code ---------------------------------------------------------------------------------


def test_json_is_a_tree_that_says_where_each_value_is() -> None:
    text = '{"b":1.50,"a":[1.0e40,"<i>",{},[ ]],"b":null,"a b":{"x\\"":[true]}}'
    document = drawn(text, "json")
    counted = ("4 keys", "4 items", "1 key", "1 item")
    shown = document.text
    for words in counted:
        assert shown.count(words) == 1
        shown = shown.replace(words, "")
    assert shown.replace(": ", ":").strip() == text.replace("[ ]", "[]")
    reported = [where["title"] for tag, where in document.elements if "title" in where]
    assert reported == [
        *("$", "$.b", "$.a", "$.a[0]", "$.a[1]", "$.a[2]", "$.a[3]", "$.b", '$["a b"]'),
        *('$["a b"]["x\\""]', '$["a b"]["x\\""][0]'),
    ]
    assert len(document.all("details")) == 4


def json_text(tree: str) -> str:
    """The JSON that a tree shows."""
    return Document(re.sub("<i>[^<]*</i>", "", tree)).text


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=30,
    )
)
def test_a_tree_shows_all_of_the_json_and_nothing_else(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        document = drawn(text, "json")
        assert document.dangers == []
        assert json.loads(json_text(body(text, "json"))) == value


def test_what_is_large_is_folded_at_first_and_what_is_huge_not_a_tree() -> None:
    text = json.dumps({"a": [[[n] for n in range(1_000)]]})
    opened = ["open" in reported for reported in drawn(text, "json").all("details")]
    assert opened[:2] == [True, True]
    assert not any(opened[2:])
    rendered = render("[" + "1," * 30_000 + "1]", "json", dark=False)
    assert rendered.note == "Shown as source: its 30,002 values are too many to fold."


@pytest.mark.parametrize(
    "text", ['{"a": ', "{'a': 1}", "[1,]", "[" * 5_000, "[" * 2_000 + "]" * 2_000, "NaN 1"]
)
def test_json_that_is_broken_is_shown_as_source_with_the_reason(text: str) -> None:
    rendered = render(text, "json", dark=False)
    assert rendered.note is not None
    assert re.match(r"Shown as source: it is (not valid JSON \(.+\)|nested too deeply)\.", rendered.note)
    assert Document(rendered.html).text.strip() == text.strip()
    growing = render(text, "json", dark=False, whole=False)
    assert growing == rendered._replace(note="Shown as source: it is incomplete.")


def test_a_table_has_head_and_rows_and_says_how_many_are_left_out() -> None:
    text = 'Name;Note\n"a;b";"two\nlines"\n<b>;=1+1\n'
    document = drawn(text, "csv")
    assert re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", body(text, "csv")) == [
        *("", "Name", "Note", "1", "a;b", "two\nlines", "2", "&lt;b&gt;", "=1+1")
    ]
    assert len(document.all("tr")) == 3
    long = "a,b\n" + "1,2\n" * 1_234
    assert len(drawn(long, "csv").all("tr")) == 501
    assert render(long, "csv", dark=False).note == "The first 500 of 1,234 rows are shown."
    assert drawn("a\tb,c\n", "tsv").text.strip() == "ab,c"
    wide = render(",".join("abc" * 100), "csv", dark=False)
    assert wide.note == "The first 200 of 300 columns are shown."


def test_of_a_table_that_grows_the_whole_lines_are_shown() -> None:
    shown = Document(render('a,b\n1,2\n3,"op', "csv", dark=False, whole=False).html)
    assert shown.text.split() == ["ab112"]


def test_a_table_that_breaks_off_is_shown_as_source_with_the_reason() -> None:
    rendered = render('a,b\n1,"open', "csv", dark=False)
    assert rendered.note == "Shown as source: it is not a valid table (unexpected end of data)."
    assert Document(rendered.html).text.strip() == 'a,b\n1,"open'


SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'


def test_an_svg_is_a_picture_and_never_part_of_the_document() -> None:
    (picture,) = drawn(SVG, "svg").all("img")
    prefix, _, data = picture["src"].partition(",")
    assert prefix == "data:image/svg+xml;base64"
    assert base64.b64decode(data).decode() == SVG


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SVG[:-8], "not valid SVG"),
        ("<svg></svg>", "root element is not svg in the SVG namespace"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG, "declares entities"),
        ("<a>" * 50_000, "not valid SVG"),
    ],
)
def test_an_svg_that_cannot_be_drawn_is_shown_as_source(text: str, reason: str) -> None:
    note = render(text, "svg", dark=False).note
    assert note is not None
    assert reason in note
    drawn(text, "svg")


PNG = b"\x89PNG\r\n\x1a\n" + b"..." + b"IEND\xaeB`\x82"


@pytest.mark.parametrize("wrap", ["{}", "data:image/png;base64,{}", " {}\n"])
def test_a_picture_in_base64_is_a_picture(wrap: str) -> None:
    encoded = base64.b64encode(PNG).decode()
    document = drawn(wrap.format(encoded[:8] + "\n" + encoded[8:]), "png")
    assert [reported["src"] for reported in document.all("img")] == ["data:image/png;base64," + encoded]
    assert document.text.strip() == f"PNG, {len(PNG)} bytes"
    assert "cut off" in drawn(base64.b64encode(PNG[:9]).decode(), "jpg").text


@pytest.mark.parametrize(
    "text", ["not base64!", "AAAA", "", "data:image/png;base64,AAA", "data:text/html,<b>"]
)
def test_what_is_no_picture_is_shown_as_source_with_the_reason(text: str) -> None:
    rendered = render(text or " x ", "png", dark=False)
    assert rendered.note in (
        "Shown as source: it is not a picture in base64.",
        "Shown as source: its format is not a supported picture format.",
    )
    drawn(text, "png")


def zipped(names: dict[str, bytes]) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6)), content)
    return base64.b64encode(packed.getvalue()).decode()


def test_a_zip_is_a_list_of_what_is_in_it() -> None:
    text = zipped({"a/<b>.txt": b"x" * 1_234, "ü.md": b""})
    shown = drawn(text, "zip")
    assert len(shown.all("tr")) == 3
    for words in ("a/<b>.txt", "1,234", "ü.md", "2026-01-02 03:04"):
        assert words in shown.text
    for broken in (text[:-8], "UEsDBA==", "???"):
        note = render(broken, "zip", dark=False).note
        assert note is not None
        assert note.startswith("Shown as source: it is not a")


@given(st.integers(0, 400), st.binary(max_size=4))
def test_a_zip_that_was_tampered_with_is_listed_or_refused(at: int, other: bytes) -> None:
    data = bytearray(base64.b64decode(zipped({"a.txt": b"one", "b.txt": b"two"})))
    data[at : at + len(other)] = other
    drawn(base64.b64encode(bytes(data)).decode(), "zip")


@pytest.mark.parametrize("kind", ["py", "txt", "html", "md"])
def test_what_is_looked_for_is_counted_and_marked(kind: str) -> None:
    text = "# Def def\ndef f(): return 'deF' + \"<def>\"\nx = 1"
    reported = highlight_source(text, kind, dark=False, find="def")
    document = Document(reported.html)
    assert reported.matches == 5
    ids = [mark["id"] for mark in document.all("mark") if "id" in mark]
    assert ids == [f"match-{n}" for n in range(1, 6)]
    assert document.text.strip() == text
    marked = "".join(re.findall("<mark[^>]*>(.*?)</mark>", reported.html))
    assert Document(marked).text.lower() == "def" * 5


def test_a_match_over_several_tokens_is_one_match() -> None:
    reported = highlight_source("def f(): pass", "py", dark=False, find="DEF F()")
    assert reported.matches == 1
    assert reported.html.count("<mark") > 1
    assert reported.html.count("match-1") == 1
    assert highlight_source("x", "py", dark=False, find="y").matches == 0
    assert highlight_source("x", "py", dark=False, find="").matches is None


def test_far_behind_what_is_shown_matches_are_still_counted() -> None:
    text = "x" * MOST_SHOWN_CHARS + "needle" + "x" * 10 + "Needle"
    reported = highlight_source(text, "txt", dark=False, find="needle")
    assert (reported.matches, reported.chars) == (2, MOST_SHOWN_CHARS)


@given(st.text(alphabet="ab<&'\"\n ", max_size=60), st.text(alphabet="abAB<&' ", min_size=1, max_size=3))
def test_marks_leave_the_text_as_it_is(text: str, find: str) -> None:
    for kind in ("txt", "js"):
        reported = highlight_source(text, kind, dark=False, find=find)
        assert Document(reported.html.partition("<pre")[2]).text.partition("\n")[2].startswith(text)
        assert reported.matches == len(re.findall(re.escape(find), text, re.IGNORECASE))


CODE = {
    "css": ("a { color: red; } /* </style><script> */", "/* </style><script> */"),
    "js": ("const a = `<b>${1}</b>`; // c", "// c"),
    "py": ("def f(): return '<b>'  # c", "# c"),
    "yaml": ("a: <b> # c", "# c"),
    "sql": ("SELECT '<b>' -- c", "-- c"),
    "xml": ("<a><!-- c --></a>", "<!-- c -->"),
}


@pytest.mark.parametrize("kind", CODE)
def test_code_is_shown_in_colours_and_to_the_letter(kind: str) -> None:
    text, comment = CODE[kind]
    for document in (drawn(text, kind), drawn("\n\n" + text, f".{kind.upper()}", dark=True)):
        assert document.text.strip() == text
    quiet = re.findall(r'<span class="(?:c|c1|cm)">(.*?)</span>', body(text, kind))
    assert [piece.replace("&lt;", "<").replace("&gt;", ">").strip() for piece in quiet] == [comment]


def test_text_and_what_nobody_knows_are_shown_to_the_letter() -> None:
    text = "\n <b>&amp; \t\u202e</pre><script>\n"
    for kind in ("txt", "moon", "", "a" * 99):
        drawn(text, kind)
        # a browser drops the one line end that follows <pre>
        assert body(text, kind) == f'<pre class="source">\n{escape(text)}</pre>'


def test_html_comes_back_unchanged_and_as_source_on_request() -> None:
    page = "<!doctype html><script>alert(1)</script><h1>Hi</h1>"
    assert render(page, "html", dark=True).html is page
    assert render(page * 10_000, ".HTML", dark=True).html == page * 10_000
    source = highlight_source(page, "html", dark=True)
    document = Document(source.html)
    assert document.dangers == []
    assert document.text.strip() == page


def test_the_source_of_markdown_and_svg_is_their_text() -> None:
    for text, kind in ((PLAN, "md"), (SVG, "svg"), ("a,b\n", "csv")):
        assert Document(highlight_source(text, kind, dark=False).html).text.strip() == text.strip()


def test_nothing_is_said_to_be_empty() -> None:
    for kind in ("md", "json", "csv", "svg", "txt"):
        assert drawn(" \n", kind).text.strip() == "Empty."


# --- size, depth, time -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["md", "json", "csv", "svg", "py", "txt"])
def test_what_is_too_long_is_plain_text(kind: str) -> None:
    text = "<b> " * (QUICK.chars // 4 + 1)
    rendered = render(text, kind, dark=False)
    assert rendered.note == "Shown as plain text: 300,004 characters exceed the limit for formatting."
    assert Document(rendered.html).text.strip() == text.strip()
    assert highlight_source(text, kind, dark=False) == rendered
    assert rendered.long == (kind in ("md", "json", "svg", "py"))


def test_what_is_long_is_formatted_for_who_has_patience() -> None:
    text = "x = 'text'\n" * 30_000
    assert "<span" not in render(text, "py", dark=False).html
    reported = render(text, "py", dark=False, limits=PATIENT)
    assert reported.html.count('<span class="s1">') == 30_000
    assert (reported.note, reported.long) == (None, False)
    longer = render(text * 7, "py", dark=False, limits=PATIENT)
    assert longer.long is False
    assert longer.note is not None


def test_of_what_is_far_too_long_the_beginning_is_shown() -> None:
    rendered = render("x" * (MOST_SHOWN_CHARS + 5), "txt", dark=False)
    assert rendered.note == "The first 2,000,000 of 2,000,005 characters are shown; download it for all."
    assert Document(rendered.html).text.count("x") == MOST_SHOWN_CHARS


@pytest.mark.parametrize(
    "text", ["<div>" * 60_000, "<b>" * 300, "".join("  " * n + "- a\n" for n in range(400))]
)
def test_what_is_nested_too_deeply_is_shown_as_source(text: str) -> None:
    rendered = render(text, "md", dark=False)
    assert rendered.note is not None
    assert rendered.note.startswith("Shown as")
    assert Document(rendered.html).dangers == []
    assert Document(rendered.html).text.strip() == text.strip()


@pytest.mark.parametrize(
    ("text", "kind"),
    [("[" * 200_000, "md"), ("![" * 100_000, "md"), ("<![CDATA[" * 30_000, "md"), ('"\\' * 100_000, "css")],
)
def test_what_takes_too_long_to_format_is_plain_text(text: str, kind: str) -> None:
    rendered = render(text, kind, dark=False, limits=Limits(300_000, 0.05))
    assert rendered.note == "Shown as plain text: formatting takes too long."
    assert Document(rendered.html).text.strip() == text


@pytest.mark.parametrize("text", ["```a\nb\n" * 30_000, "```a b\n" + "```a\nb\n" * 30_000])
def test_fences_that_are_never_closed_are_one_block_of_code(text: str) -> None:
    assert len(drawn(text, "md").all("pre")) <= 2


def test_the_limit_on_time_leaves_no_trace() -> None:
    import sys

    def spin() -> None:
        while True:
            str.upper("x")
            (lambda: None)()

    before = sys.gettrace()
    with pytest.raises(TimeLimitExceeded):
        with_time_limit(0.01, spin)
    assert sys.gettrace() is before
    assert with_time_limit(60.0, lambda: json.dumps([1])) == "[1]"
    with pytest.raises(KeyError):
        with_time_limit(60.0, lambda: os.environ["NO SUCH VARIABLE"])
    assert sys.gettrace() is before


# --- looks -----------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_text_can_be_read_on_every_ground(theme: dict[str, str]) -> None:
    pairs = [
        (name, ground)
        for name in (
            "text",
            "quiet",
            "link",
            "keyword",
            "string",
            "number",
            "name",
            "tag",
            "added",
            "removed",
        )
        for ground in ("ground", "raised")
    ]
    pairs += [("text", f"{what}-{where}") for what in ("added", "removed") for where in ("ground", "word")]
    pairs += [("match", "match-ground"), ("match", "here-ground")]
    for name, ground in pairs:
        bright, dim = sorted((luminance(theme[name]), luminance(theme[ground])), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= 4.5, (name, ground)


def test_both_themes_differ_only_in_their_colours() -> None:
    light, dark = (render(PLAN, "md", dark=dark).html for dark in (False, True))
    assert LIGHT["ground"] in light
    assert DARK["ground"] in dark
    assert "color-scheme: dark" in dark
    assert light.partition("<body>")[2] == dark.partition("<body>")[2]
    either = render(PLAN, "md", dark=None).html
    assert LIGHT["ground"] in either.partition("prefers-color-scheme: dark")[0]
    assert DARK["ground"] in either.partition("prefers-color-scheme: dark")[2]


def test_importing_it_does_not_load_what_draws() -> None:
    import subprocess
    import sys
    from pathlib import Path

    code = (
        "import sys, worker_widget.artifacts.render;"
        "print([name for name in ('markdown', 'pygments', 'nh3', 'pandas') if name in sys.modules])"
    )
    source = str(Path(rendering.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": source}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
