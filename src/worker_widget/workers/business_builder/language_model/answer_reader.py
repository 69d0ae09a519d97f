"""Reading what a model answered: texts by number, from a JSON object or from paragraphs.

An answer is read while it comes, as far as it goes, and once more, strictly, when it is whole. Nothing of it
is trusted: a text with markup, an address, a figure that is nowhere in the brief, a placeholder or the key in
it is refused, word by word, before anybody sees it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from ..language import typography
from .prompts import Passage

Form = Literal["json", "prose"]

_STRING: Final = r'"((?:[^"\\]|\\(?:u[0-9a-fA-F]{4}|[^u]))*)'
_PAIR: Final = re.compile(rf'[\s,]*{_STRING}"\s*:\s*{_STRING}("?)')
_SURROGATES: Final = re.compile("[\ud800-\udfff\ue000-\uf8ff]")
_PARAGRAPHS: Final = re.compile(r"\n[^\S\n]*\n\s*")
_FENCE: Final = re.compile(r"^```\w*\s*\n(.*?)\n?```\s*$", re.DOTALL)
_THOUGHTS: Final = ("<think>", "</think>")

_MARKUP: Final = re.compile(r"<\s*[a-z/!?]|&(?:#\w+|[a-z]+);|```|\*\*|\]\(", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    r"\w+://|\bwww\.|\bjavascript:|\bmailto:|\w@\w|\b[\w-]+\.(?:com|net|org|io|dev|app|de|co|ai|example)\b",
    re.IGNORECASE,
)
_PLACEHOLDER: Final = re.compile(
    r"[\[{<][^\]}>]*[\]}>]|\blorem ipsum\b|\bTODO\b|\bTBD\b|\bXX+\b", re.IGNORECASE
)
_FIGURE: Final = re.compile(r"\d+(?:[.,]\d+)*")
_APOLOGY: Final = re.compile(
    r"\W*(?:i['’]?m sorry|sorry\b|i can(?:['’]t|not)\b|i am (?:sorry|unable|not able)"
    r"|i['’]m (?:unable|not able)|i won['’]t|as an ai\b|es tut mir leid"
    r"|ich kann (?:das|dies|diese|dabei|ihnen|dir)\b)",
    re.IGNORECASE,
)


class Unusable(Exception):
    """An answer that cannot be used; the text says why, for a person and for the model's next attempt."""


@dataclass(frozen=True)
class Reading:
    """What there is of an answer: whole texts by index, and the beginning of the one that is coming."""

    texts: dict[int, str] = field(default_factory=dict)
    growing: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """Reads answers for ``passages``.

    ``known`` is everything that is known of the brief, in lower case: a figure that is not in it is invented.
    ``secret`` must not be told.
    """

    form: Form
    passages: Sequence[Passage]
    known: str
    secret: str

    def so_far(self, answer: str) -> Reading:
        """What has come, in whole words. Raises `Unusable` at the first that may not stand."""
        said = _without_thoughts(answer)
        found = _pairs(said, len(self.passages)) if self.form == "json" else _paragraphs(said)
        texts: dict[int, str] = {}
        growing: dict[int, str] = {}
        for index, text, whole in found:
            if not 0 <= index < len(self.passages):
                continue
            cleaned = _clean(text if whole else text[: text.rfind(" ") + 1])
            self._check(index, cleaned)
            (texts if whole and cleaned else growing)[index] = cleaned
        return Reading(texts, growing)

    def whole(self, answer: str) -> list[str]:
        """A text for each passage. Raises `Unusable`."""
        said = _without_thoughts(answer).rstrip()
        if not said:
            raise Unusable("the answer is empty")
        texts = self._of_json(said) if self.form == "json" else [_clean(p) for p in _PARAGRAPHS.split(said)]
        if len(texts) != len(self.passages):
            raise Unusable(f"it has {len(texts)} paragraphs, {len(self.passages)} were asked for")
        for index, text in enumerate(texts):
            if not text:
                raise Unusable(f"text {index + 1} ({self.passages[index].label}) is empty")
            self._check(index, text)
        return texts

    def _of_json(self, said: str) -> list[str]:
        fenced = _FENCE.match(said)
        try:
            value = json.loads(fenced[1] if fenced else said)
        except (ValueError, RecursionError):
            raise Unusable("it is not the JSON object that was asked for") from None
        if not isinstance(value, dict):
            raise Unusable("it is JSON, but no object")
        return [_clean(_string(value, str(number))) for number in range(1, len(self.passages) + 1)]

    def _check(self, index: int, text: str) -> None:
        passage = self.passages[index]
        where = f"text {index + 1} ({passage.label})"
        if self.secret and self.secret in text:
            raise Unusable(f"{where} repeats the key")
        if len(text) > passage.longest:
            raise Unusable(f"{where} is longer than its {passage.longest} characters")
        for what, pattern in (("markup", _MARKUP), ("a placeholder", _PLACEHOLDER), ("an address", _ADDRESS)):
            match = pattern.search(text)
            if match is not None and match[0].casefold() not in self.known:
                raise Unusable(f"{where} holds {what}")
        for figure in _FIGURE.findall(text):
            if len(figure) > 1 and figure not in self.known:
                raise Unusable(f"{where} states {figure[:20]}, which is not in the brief")


def declines(answer: str) -> bool:
    """Whether an answer is an apology instead of a text."""
    return _APOLOGY.match(_without_thoughts(answer)) is not None


def _without_thoughts(answer: str) -> str:
    """The answer itself, without what some models think aloud before it."""
    said = answer.lstrip()
    begin, end = _THOUGHTS
    if said.startswith(begin):
        return said.partition(end)[2].lstrip()
    return "" if begin.startswith(said) else said


def _pairs(said: str, count: int) -> list[tuple[int, str, bool]]:
    """The pairs of a JSON object as far as it has come: index, text, and whether the text is whole."""
    found: list[tuple[int, str, bool]] = []
    at = said.find("{") + 1
    while at and (match := _PAIR.match(said, at)) and len(found) < count:
        number = match[1]
        text = json.loads(f'"{match[2]}"', strict=False)
        found.append(
            (int(number) - 1 if number.isdecimal() and len(number) < 4 else -1, text, bool(match[3]))
        )
        at = match.end()
    return found


def _paragraphs(said: str) -> list[tuple[int, str, bool]]:
    parts = _PARAGRAPHS.split(said)
    return [(index, text, index < len(parts) - 1) for index, text in enumerate(parts) if text]


def _string(value: dict[str, Any], key: str) -> str:
    text = value.get(key)
    if not isinstance(text, str):
        raise Unusable(f"it has no text {key}")
    return text


def _clean(text: str) -> str:
    return typography.clean(_SURROGATES.sub("", text))
