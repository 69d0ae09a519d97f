"""Writes sentences: fills their slots, in the tone, within the rules, and never twice in a document.

`Pen.line` takes wordings of a sentence, starts with the one that the seed picks, and returns the first that
has a value for every slot, breaks no rule and repeats nothing. A wording with an empty slot would state
something that no input states, such as an audience. So standard sentences are chosen, not violated and
repaired; rejected wordings are counted. If no wording is left, the line is empty and its block is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from string import Formatter
from typing import Final

from ..brief.facts import Facts
from ..brief.seed import Seed
from ..content import library
from ..language import typography
from ..policy.rules import Rule, breaks
from .landing_copy import Approach


@dataclass
class Pen:
    """Writes the lines of a document. ``rejected`` counts wordings that broke a rule.

    ``trace`` is called with each line and its wording, before the slots are filled.
    """

    facts: Facts
    rules: Sequence[Rule]
    seed: Seed
    approach: Approach = "plain"
    trace: Callable[[str, str], None] | None = None
    rejected: int = 0
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        language = self.facts.language
        self.slots = language.slots(self.facts)
        self.speak = language.voice(self.facts)
        self.tone = library.tone(self.facts.tone, language.folder)
        self.words = library.words(language.folder)

    def line(self, key: str, *wordings: str, once: bool = True) -> str:
        """One of ``wordings`` with its slots filled; empty where all are rejected.

        ``key`` names the location, so that the same request picks the same wording there. ``once`` rejects
        sentences that the document already has.
        """
        first = self.seed.index(key, len(wordings)) if wordings else 0
        for wording in (*wordings[first:], *wordings[:first]):
            if any(not self.slots.get(slot) for slot in _needed(wording)):
                continue
            text = _SECOND_MARK.sub("", self.speak(wording).format_map(self.slots).strip())
            if not text or (once and self._repeats(text)):
                continue
            if not self.allowed(text):
                continue
            if once:
                self._remember(text)
            if self.trace is not None:
                self.trace(text, self.speak(wording))
            return text
        return ""

    def prefer(self, key: str, *wordings: str, once: bool = True) -> str:
        """The first of ``wordings`` that is not rejected; empty if all are. The plainest comes last."""
        return next(filter(None, (self.line(key, wording, once=once) for wording in wordings)), "")

    def quote(self, text: str, *, once: bool = True) -> str:
        """A text of the user without the sentences that the document already has."""
        if not once:
            return self.allowed(text)
        kept: list[str] = []
        for part in typography.sentences(text):
            if not self._repeats(part):
                self._remember(part)
                kept.append(part)
        return self.allowed(" ".join(kept))

    def allowed(self, text: str) -> str:
        """``text`` if it breaks no rule, else an empty string."""
        if text and breaks(text, self.rules) is not None:
            self.rejected += 1
            return ""
        return text

    def _repeats(self, text: str) -> bool:
        return any(key in self.used for key in _keys(text))

    def _remember(self, text: str) -> None:
        self.used.update(_keys(text))


_SECOND_MARK: Final = re.compile(r"(?<=[^.][.!?])\.(?!\.)")
"""The full stop after a name that ends in a mark of its own: "Kiln & Co.", "Is it open?"."""

_JOINTS: Final = frozenset({"aside", "das"})
"""Slots between two others, which may be empty."""


@cache
def _needed(wording: str) -> frozenset[str]:
    """The slots of a wording that need a value."""
    return frozenset(slot for _, slot, _, _ in Formatter().parse(wording) if slot) - _JOINTS


def _keys(text: str) -> list[str]:
    """The keys of the sentences of a text; equal keys are repetitions."""
    sentences = (part.casefold().strip(" .!?…:") for part in typography.sentences(text))
    return [key for key in sentences if key.count(" ") >= 2]
