"""Patterns as people write them into a brand: a phrase, or a regular expression.

A phrase matches without regard to case and to how its words are spaced, and only as whole words. A pattern
that holds signs of a regular expression is looked for as one too, by `automaton`, which takes time linear in
the text; where it cannot be one, it is a phrase only, and ``problem`` says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .automaton import Automaton, Unsupported

_META: Final = frozenset("\\[](){}*+?^$|")


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern. ``problem`` says why it is read as a plain phrase, where it looked like more."""

    source: str
    phrase: re.Pattern[str]
    expression: Automaton | None = None
    problem: str | None = None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it matches, as code point ranges that are not empty; those of the phrase first."""
        yield from (match.span() for match in self.phrase.finditer(text))
        if self.expression is not None:
            yield from self.expression.spans(text)


def compile_pattern(source: str) -> Pattern:
    """``source`` as written by a person."""
    phrase = phrase_matcher(source)
    if _META.isdisjoint(source):
        return Pattern(source, phrase)
    try:
        return Pattern(source, phrase, Automaton(source))
    except Unsupported as error:
        return Pattern(source, phrase, problem=str(error))


def phrase_matcher(phrase: str) -> re.Pattern[str]:
    """Matches ``phrase`` as whole words, in any case and spacing."""
    words = [re.escape(word) for word in phrase.split()] or [r"(?!)"]
    before = r"(?<!\w)" if phrase.strip()[:1].isalnum() else ""
    after = r"(?!\w)" if phrase.strip()[-1:].isalnum() else ""
    return re.compile(before + r"\s+".join(words) + after, re.IGNORECASE)
