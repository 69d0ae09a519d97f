"""Draws a source text with its sentences coloured by where each comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from ..events.vocabulary import SentenceSource
from .document import document

MOST_SENTENCES: Final = 2_000
"""The most sentences that are marked in a text."""

SOURCES: Final = ("brief", "brand", "rule", "model")

_STYLE: Final = """<style>
pre a { color: var(--text); border-radius: 2px; text-underline-offset: 3px; cursor: pointer; }
.rule { background: var(--raised); text-decoration: underline dotted var(--quiet); }
.brand { background: var(--added-ground); text-decoration: underline var(--added) 2px; }
.brief { background: var(--match-ground); color: var(--match) !important;
  text-decoration: underline dashed var(--match); }
.model { background: color-mix(in srgb, var(--keyword) 14%, var(--ground));
  text-decoration: underline double var(--keyword); }
a[aria-current] { outline: 2px solid var(--link); outline-offset: 1px; }
</style>"""


def whole_sentences(sources: Iterable[SentenceSource], chars: int) -> list[SentenceSource]:
    """The sources in their order without those that overlap another or exceed a text of ``chars``
    characters, at most `MOST_SENTENCES`."""
    kept: list[SentenceSource] = []
    for part in sorted(sources, key=lambda part: part.start):
        if len(kept) < MOST_SENTENCES and (kept[-1].end if kept else 0) <= part.start < part.end <= chars:
            kept.append(part)
    return kept


def marked_source(text: str, sources: Iterable[SentenceSource], *, dark: bool | None) -> str:
    """A document with the text; the n-th of the `whole_sentences` is the link ``sentence-n``, from 1."""
    # The HTML parser drops the first line feed after <pre>.
    body = f'{_STYLE}<pre class="source">\n{"".join(_parts(text, sources))}</pre>'
    return document(body, dark)


def _parts(text: str, sources: Iterable[SentenceSource]) -> Iterator[str]:
    at = 0
    for number, part in enumerate(sources, start=1):
        name = f"sentence-{number}"
        kind = part.source if part.source in SOURCES else "rule"
        yield escape(text[at : part.start])
        yield f'<a id="{name}" href="#{name}" class="{kind}">{escape(text[part.start : part.end])}</a>'
        at = part.end
    yield escape(text[at:])
