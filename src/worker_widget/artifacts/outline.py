"""The outline of an artifact: its headings, or the keys of its JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from html.parser import HTMLParser
from typing import Final, NamedTuple

import msgspec

from .time_limit import TimeLimitExceeded, with_time_limit

_FENCE: Final = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_HEADING: Final = re.compile(r"\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_LEVELS: Final = {f"h{level}": level for level in range(1, 7)}
_MOST_SECONDS: Final = 2.0
"""The parser of HTML takes quadratic time for some texts."""
_UNSEEN: Final = frozenset({"script", "style", "template"})


class OutlineItem(NamedTuple):
    """One heading; ``level`` is 1 at the top."""

    level: int
    text: str


def outline(text: str, kind: str) -> list[OutlineItem]:
    """The outline of a text; empty for a kind that has none, or after 2 s.

    >>> outline("# One\\n\\n## Two *and* three", "md")
    [OutlineItem(level=1, text='One'), OutlineItem(level=2, text='Two *and* three')]
    """
    read = _KINDS.get(kind.lower())
    if read is None:
        return []
    try:
        return [item for item in with_time_limit(_MOST_SECONDS, partial(read, text)) if item.text]
    except TimeLimitExceeded:
        return []


def _markdown(text: str) -> list[OutlineItem]:
    found: list[OutlineItem] = []
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if mark is not None and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        elif not fence and (heading := _HEADING.match(line)) is not None:
            found.append(OutlineItem(len(heading[1]), heading[2]))
    return found


class _Headings(HTMLParser):
    """Collects the texts of headings."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[OutlineItem] = []
        self._words: list[str] = []
        self._level = 0
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _LEVELS:
            self._finish()
            self._level = _LEVELS[tag]
        elif tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self._words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _LEVELS:
            self._finish()
        elif tag in _UNSEEN:
            self._unseen = max(self._unseen - 1, 0)

    def handle_data(self, data: str) -> None:
        if self._level and not self._unseen:
            self._words.append(data)

    def _finish(self) -> None:
        if self._level:
            self.found.append(OutlineItem(self._level, " ".join("".join(self._words).split())))
        self._words, self._level = [], 0


def _html(text: str) -> list[OutlineItem]:
    headings = _Headings()
    headings.feed(text)
    headings.close()
    return headings.found


def _json(text: str) -> list[OutlineItem]:
    try:
        value = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        return []
    return [OutlineItem(1, key) for key in value] if isinstance(value, dict) else []


_KINDS: Final[dict[str, Callable[[str], list[OutlineItem]]]] = {
    "html": _html,
    "htm": _html,
    "md": _markdown,
    "markdown": _markdown,
    "json": _json,
}
