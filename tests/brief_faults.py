"""Finds the faults of the texts of a Business Builder run, as an editor would mark them.

What a person typed may look as it likes: a fault is one only where task and brand have other words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any, Final

from worker_widget.workers.business_builder.page import page_reader

from .generated_briefs import GeneratedBrief

PAGE_FILES: Final = frozenset(
    {
        "market_report.json",
        "positioning.md",
        "messaging.json",
        "landing_copy.json",
        "landing.html",
        "brand_guidelines.md",
        "launch_plan.md",
        "manifest.json",
    }
)
ANSWER_FILES: Final = frozenset({"answer.md"})

_FAULTS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        ("an open slot", r"\{\w*\}"),
        ("a placeholder", r"\b(?:None|undefined|NaN|null|TODO|lorem ipsum)\b|\[object"),
        ("two spaces", r"\S {2,}\S"),
        ("a space before a mark", r"\w\s+[,;.!?](?!\w)"),
        ("two marks", r"[,;:]\s*[,.;:!?]|(?<!\.)\.\.(?!\.)|\.,|[?!]\."),
        ("a word twice", r"(?i)\b([^\W\d_]{2,}) \1\b"),
        ("a control character", "[\x00-\x08\x0b-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069]|\\[\\d+m"),
        ("an empty list item", r"(?m)^\s*[-*]\s*$"),
        ("an empty quotation", r"“\s*”|„\s*“|\"\""),
        ("an open end", r"\b(?:the|and|und)[.!?]$"),
    )
)
_WRONG_ARTICLE: Final = re.compile(
    r"(?i:\ba )(?:[aei]|o(?!ne)|umb|un[ci][^f])\w+|\b[Aa]n (?:[bcdfgjklmnpqrstvwyz]\w|uni[fq]|one\b)"
)
_CLEAR: Final = frozenset({"english", "german", "foreign"})
"""The kinds of tasks whose language is clear."""

_WORDS: Final = {
    "en": re.compile(r"(?i)\b(?:the|you|what|with|this|who|about|your)\b"),
    "de": re.compile(r"(?i)\b(?:der|das|und|was|nicht|ist|für|sie|dein\w*|ihre?)\b"),
}


def faults(brief: GeneratedBrief, artifacts: Mapping[str, str]) -> list[str]:
    """The faults of a run's artifacts, each with the text that has it; none if they are sound."""
    found = [*_of_files(artifacts)]
    own = _normal(_typed(brief))
    english = '<html lang="de"' not in artifacts.get("landing.html", "") and brief.language != "de"
    for name, content in artifacts.items():
        if name == "manifest.json":
            continue
        for text in _texts(name, content):
            found += [f"{name}: {fault}" for fault in _of_text(text, own, english=english)]
    html = artifacts.get("landing.html")
    if html is not None:
        found += [f"landing.html: {fault}" for fault in _of_page(html, brief)]
    return found


def _typed(brief: GeneratedBrief) -> str:
    return "\n".join([brief.task, *_strings(brief.brand)])


def _normal(text: str) -> str:
    lines = (" ".join(re.findall(r"[^\W_]+|[^\w\s]", line)) for line in text.casefold().split("\n"))
    return "\n".join(lines)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _strings(item)


def _texts(name: str, content: str) -> list[str]:
    if name.endswith(".json"):
        return [*_strings(json.loads(content))]
    if name.endswith(".html"):
        return page_reader.read(content).texts
    return [re.sub(r"\\(?=[^\w\s])", "", line) for line in content.splitlines()]


def _of_files(artifacts: Mapping[str, str]) -> Iterator[str]:
    names = frozenset(artifacts)
    if names not in (PAGE_FILES, ANSWER_FILES):
        yield f"the artifacts are {sorted(names)}"
    for name, content in artifacts.items():
        if not content.endswith("\n") or "\r" in content:
            yield f"{name} has no end of a line, or a carriage return"
        if name.endswith(".json"):
            json.loads(content, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _of_text(text: str, own: str, *, english: bool) -> Iterator[str]:
    articles = english and "a" not in own.split("\n")
    patterns = (*_FAULTS, ("the wrong article", _WRONG_ARTICLE)) if articles else _FAULTS
    for what, pattern in patterns:
        for match in pattern.finditer(text):
            if _normal(match[0]) not in own:
                around = text[max(0, match.start() - 30) : match.end() + 30]
                yield f"{what} {match[0]!r} in {around!r}"


def _of_page(html: str, brief: GeneratedBrief) -> Iterator[str]:
    yield from _Outline(html).faults
    page = page_reader.read(html)
    if page.broken_links:
        yield f"broken links {page.broken_links}"
    visual = brief.brand.get("visual") or {}
    color = visual.get("primary_color")
    if color and not any(form in html.casefold() for form in _forms(color)):
        yield f"the colour {color} is not in the styles"
    name = " ".join(str(brief.brand.get("company_name", "")).split())
    if name and not any(name in text for text in page.texts):
        yield f"the name {name!r} is not on the page"
    declared = re.search(r'<html lang="(\w+)"', html)
    written = declared[1] if declared else ""
    if written not in _WORDS or (brief.kind in _CLEAR and (written == "de") != (brief.language == "de")):
        yield f"the page is in {written}, and the task in {brief.language}"
    other = "en" if written == "de" else "de"
    typed = _normal(_typed(brief))
    for text in page.main:
        strange = set(map(str.casefold, _WORDS[other].findall(text)))
        if len(strange) >= 3 and _normal(text.rstrip(".")) not in typed:
            yield f"{text!r} is in another language"
    for text in page.main:
        if text[0].islower() and not re.match(r"[\w.+-]+@|\w[A-Z]", text) and _normal(text)[:20] not in typed:
            yield f"{text!r} begins with a small letter"


def _forms(color: str) -> tuple[str, str]:
    lower = color.casefold()
    return (lower, "#" + "".join(digit * 2 for digit in lower[1:])) if len(lower) == 4 else (lower, lower)


class _Outline(HTMLParser):
    """Reads a page strictly: each element is closed in its place, and no heading is empty."""

    _VOID: Final = frozenset(
        {"meta", "br", "hr", "img", "input", "link", "circle", "rect", "path", "ellipse", "line"}
    )

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self._open: list[list[str]] = []
        self._headings = 0
        self.feed(html)
        self.close()
        self.faults += [f"<{tag}> is not closed" for tag, *_ in self._open]
        if self._headings != 1:
            self.faults.append(f"{self._headings} main headings")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self._VOID:
            self._open.append([tag])
        self._headings += tag == "h1"
        if tag == "script" or any(name.startswith("on") for name, _ in attrs):
            self.faults.append(f"<{tag}> can run a script")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        opened, *texts = self._open.pop() if self._open else [""]
        if opened != tag:
            self.faults.append(f"</{tag}> is out of place")
        elif re.fullmatch(r"h[1-6]|a|li|p|dt|dd|summary", tag) and not any(texts):
            self.faults.append(f"<{tag}> is empty")
