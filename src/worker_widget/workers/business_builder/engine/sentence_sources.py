"""Records where each sentence of the artifacts comes from, and which stage wrote it.

``brand``  a statement of the brand, as given or reworded by a rule
``brief``  a sentence built around words of the task: it quotes them, or fills its slots with them; also
           the working title where it stands alone
``model``  a sentence that a language model wrote
``rule``   every other sentence: the worker's own

The name of the offer within a sentence does not change its source. A statement that a recovery reworded has
the stage of that recovery, a sentence of the page the stage that wrote its copy.

Limits: sentences are compared by their words, so a sentence of the rules that is also in the brand counts as
the brand's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from string import Formatter
from typing import Final, Literal, NamedTuple

from ....events.vocabulary import SentenceSource
from ..brief.facts import Facts
from ..language import typography
from ..writing.draft import Draft
from ..writing.sentence_spans import sentence_spans
from .run_records import SentenceRecord

Source = Literal["brief", "brand", "rule", "model"]

_QUOTABLE: Final[tuple[Source, ...]] = ("brand", "brief")
"""The sources whose texts fill slots; a sentence with both is the brand's."""

_FEWEST_WORDS: Final = 3
"""A text of the brand with fewer words is only found where it is the whole sentence."""


class Origin(NamedTuple):
    """``location`` is that of the quoted text, if any."""

    source: Source
    location: str = ""


@dataclass
class SentenceTracer:
    """Keeps the origin of each sentence of a pen's lines in ``traced``, by its key."""

    facts: Facts
    traced: dict[str, Origin]

    def __post_init__(self) -> None:
        self._slots = self.facts.language.slots(self.facts)
        without = {source: _without(self.facts, source) for source in _QUOTABLE}
        quotable = _Quotable(self.facts)
        self._filled_by: dict[str, Source] = {}
        for name, value in self._slots.items():
            changed = (source for source in _QUOTABLE if without[source].get(name) != value)
            quoted = quotable.quoted(value) if value and value != self.facts.name else None
            source = next(changed, None) or (quoted.source if quoted else None)
            if source is not None:
                self._filled_by[name] = source

    def __call__(self, text: str, wording: str) -> None:
        """Trace ``text``, which is ``wording`` with its slots filled."""
        slots = [name for _, name, _, _ in Formatter().parse(wording) if name in self._filled_by]
        for sentence in typography.sentences(text):
            found = {
                self._filled_by[slot] for slot in slots if self._slots[slot].casefold() in sentence.casefold()
            }
            source = next((source for source in _QUOTABLE if source in found), None)
            self.traced[_key(sentence)] = Origin(source or "rule")


def _without(facts: Facts, source: Source) -> Mapping[str, str]:
    """The values of the slots where the task, or the brand, gave no text."""
    kept = {location: text for location, text in facts.texts.items() if not location.startswith(f"{source}.")}
    return facts.language.slots(replace(facts, texts=kept))


def recorded(
    record: SentenceRecord,
    draft: Draft,
    stage_id: str,
    traced: Mapping[str, Origin],
    facts: Facts,
    *,
    by_model: bool,
) -> list[SentenceSource]:
    """Record the sentences of a draft; returns the sources of a page's or Markdown text's, in their order."""

    quotable = _Quotable(facts)

    def source_of(sentence: str) -> tuple[str, str]:
        origin = traced.get(_key(sentence)) or quotable.origin(sentence, by_model=by_model)
        if _key(sentence) == _key(facts.name):
            origin = Origin("brief" if facts.working_title else "brand")
        source = "brand" if record.brand_words and origin.source == "brief" else origin.source
        return source, record.rewritten.get(origin.location, stage_id)

    page = draft.type == "html"
    for text in draft.prose:
        for sentence in typography.sentences(text):
            record.written[_key(sentence)] = source_of(sentence)
    return [
        SentenceSource(start=span.start, end=span.end, source=source, stage_id=stage)
        for span in sentence_spans(draft)
        for source, stage in ((page and record.written.get(_key(span.text))) or source_of(span.text),)
    ]


class _Quotable:
    """The texts of the brand and the brief by their location, as keys (see `_key`)."""

    def __init__(self, facts: Facts) -> None:
        self._keys = [(location, _key(text)) for location, text in facts.texts.items()]
        self._brand = [each for each in self._keys if each[0].startswith("brand.")]
        self._brief = [each for each in self._keys if each[0].startswith("brief.")]

    def origin(self, sentence: str, *, by_model: bool) -> Origin:
        """The origin of a sentence that no pen wrote as a line."""
        if not by_model:
            return self.quoted(sentence) or Origin("rule")
        key = _key(sentence)
        location = next((location for location, own in self._keys if key and key in own), "")
        return _at(location) if location and key.count(" ") >= _FEWEST_WORDS - 1 else Origin("model")

    def quoted(self, text: str) -> Origin | None:
        """The text of the brand or the brief that ``text`` quotes, if any; the brand's first."""
        key = _key(text)
        for location, own in self._brand:
            if key == own or (own.count(" ") >= _FEWEST_WORDS - 1 and own in key):
                return _at(location)
            if key.count(" ") >= _FEWEST_WORDS - 1 and key in own:
                return _at(location)
        return next((_at(location) for location, own in self._brief if own and _has_words(key, own)), None)


def _at(location: str) -> Origin:
    return Origin("brand" if location.startswith("brand.") else "brief", location)


def _has_words(text: str, words: str) -> bool:
    """Whether ``words`` are in ``text``, and no word goes on before or after them."""
    at = text.find(words)
    while at >= 0:
        around = (text[at - 1 : at], text[at + len(words) : at + len(words) + 1])
        if not any(char.isalnum() or char == "_" for char in around):
            return True
        at = text.find(words, at + 1)
    return False


def _key(text: str) -> str:
    """Equal for the same sentence with another capital or end mark."""
    return text.casefold().strip(" .!?…:“”\"'")
