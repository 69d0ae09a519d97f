"""Reads a page back: its visible texts, its anchors, and its links."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class PageContent:
    """The visible texts and the attributes that are read aloud, ids, links, and tag names.

    ``main`` are the texts of the main part without the labels of links.
    """

    texts: list[str] = field(default_factory=list)
    main: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)

    @property
    def broken_links(self) -> list[str]:
        """Links that lead out of the page or to a missing anchor."""
        return [
            link for link in self.links if link.removeprefix("#") not in self.ids or not link.startswith("#")
        ]


def read(html: str) -> PageContent:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = PageContent()
        self._in_style = False
        self._in_main = False
        self._in_link = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.tags.add(tag)
        self._in_style = tag == "style"
        self._in_main = self._in_main or tag == "main"
        self._in_link = self._in_link or tag == "a"
        described = ("name", "description") in attrs
        for name, value in attrs:
            if name == "id" and value:
                self.page.ids.append(value)
            elif name in {"href", "src"} and value:
                self.page.links.append(value)
            elif (name in {"aria-label", "alt", "title"} or (name == "content" and described)) and value:
                self.page.texts.append(value)

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False
        self._in_main = self._in_main and tag != "main"
        self._in_link = self._in_link and tag != "a"

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._in_style:
            self.page.texts.append(data.strip())
            if self._in_main and not self._in_link:
                self.page.main.append(data.strip())
