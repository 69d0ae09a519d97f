"""Finds the sentences of a finished page or Markdown text, each with its range of code points."""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import accumulate
from typing import Final, NamedTuple

from ..language import typography
from .draft import Draft, escape, escape_line


class SentenceSpan(NamedTuple):
    """A sentence as a person reads it; ``start`` to before ``end`` is its range in the artifact, where it may
    be escaped."""

    start: int
    end: int
    text: str


def sentence_spans(draft: Draft) -> tuple[SentenceSpan, ...]:
    """The sentences of a page or a Markdown text in their order; none of another artifact."""
    match draft.type:
        case "html":
            reader = _PageReader(draft.content)
            reader.feed(draft.content)
            reader.close()
            return tuple(reader.spans)
        case "md":
            return tuple(_markdown(draft))
        case _:
            return ()


_REFERENCE: Final = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);|.", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\.|.", re.DOTALL)
_READ_ALOUD: Final = re.compile(r"""\s(?:aria-label|alt|title)="([^"]*)\"""")
_DESCRIPTION: Final = re.compile(r"""\sname="description"\s+content="([^"]*)\"""")


def _spans(raw: str, at: int, units: re.Pattern[str]) -> Iterator[SentenceSpan]:
    """The sentences of ``raw``, which begins at ``at``; each match of ``units`` is one character of text."""
    matches = list(units.finditer(raw))
    parts = [_plain(match[0]) for match in matches]
    ends = list(accumulate(map(len, parts)))
    text = "".join(parts)
    cursor = 0
    for part in typography.sentences(text.strip()):
        begin = text.find(part, cursor)
        if begin < 0:
            continue
        cursor = begin + len(part)
        first, last = bisect_left(ends, begin + 1), bisect_left(ends, cursor)
        if any(char.isalpha() for char in part) and len(part) > 1:
            yield SentenceSpan(at + matches[first].start(), at + matches[last].end(), part)


def _plain(unit: str) -> str:
    if len(unit) == 1:
        return unit
    return html.unescape(unit) if unit.startswith("&") else unit[1:]


def _markdown(draft: Draft) -> Iterator[SentenceSpan]:
    """The prose of a draft is in the order of its content."""
    cursor = 0
    for text in draft.prose:
        forms = dict.fromkeys((escape_line(text), escape(text), escape(text).replace("|", "\\|")))
        found = [(at, form) for form in forms if (at := draft.content.find(form, cursor)) >= 0]
        if found:
            at, form = min(found, key=lambda each: (each[0], -len(each[1])))
            cursor = at + len(form)
            yield from _spans(form, at, _ESCAPED)


class _PageReader(HTMLParser):
    """Collects the sentences of the visible texts, the description, and the texts that are read aloud."""

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=False)
        self.spans: list[SentenceSpan] = []
        self._content = content
        self._lines = [0, *accumulate(len(line) for line in content.split("\n"))]
        self._text_from: int | None = None
        self._in_style = False

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + line - 1 + column

    def _flush(self) -> None:
        start, self._text_from = self._text_from, None
        if start is not None:
            self.spans += _spans(self._content[start : self._at()], start, _REFERENCE)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._flush()
        self._in_style = tag in {"style", "script"}
        written, at = self.get_starttag_text() or "", self._at()
        for pattern in (_READ_ALOUD, _DESCRIPTION):
            for found in pattern.finditer(written):
                self.spans += _spans(found[1], at + found.start(1), _REFERENCE)

    def handle_endtag(self, tag: str) -> None:
        self._flush()
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if not self._in_style and self._text_from is None:
            self._text_from = self._at()

    def handle_entityref(self, name: str) -> None:
        self.handle_data(name)

    def handle_charref(self, name: str) -> None:
        self.handle_data(name)

    def close(self) -> None:
        super().close()
        self._flush()
