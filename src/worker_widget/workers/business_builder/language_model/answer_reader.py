"""Reads a language model's answer: numbered texts from a JSON object, or paragraphs.

An answer is read while it is streamed, as far as it goes, and strictly when it is complete. It is not
trusted: a text with markup, an address, a figure that is not in the brief, a placeholder or the key is
rejected before it is published.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from ..language import typography
from .prompts import Passage

Form = Literal["json", "prose"]

_STRING: Final = r'"((?:[^"\\]|\\(?:u[0-9a-fA-F]{4}|[^u]))*)'
_PAIR: Final = re.compile(rf'[\s,]*{_STRING}"\s*:\s*{_STRING}("?)')
_SURROGATES: Final = re.compile("[\ud800-\udfff\ue000-\uf8ff]")
_PARAGRAPHS: Final = re.compile(r"\n[^\S\n]*\n\s*")
_FENCE: Final = re.compile(r"^```\w*\s*\n(.*?)\n?```\s*$", re.DOTALL | re.MULTILINE)
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


class UnusableAnswer(Exception):
    """An answer that cannot be used; the text says why, for people and for the model's next attempt."""


@dataclass(frozen=True)
class PartialAnswer:
    """An incomplete answer: complete texts by index, and the beginnings of others."""

    texts: dict[int, str] = field(default_factory=dict)
    growing: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AnswerReader:
    """Reads answers for ``passages``.

    ``known`` are all known texts in lower case: a figure that is not in them is invented. ``secret`` must not
    occur in an answer.
    """

    form: Form
    passages: Sequence[Passage]
    known: str
    secret: str

    def so_far(self, answer: str) -> PartialAnswer:
        """The answer so far, in whole words. Raises `UnusableAnswer` at the first forbidden text."""
        content = _without_thoughts(answer)
        found = _pairs(content, len(self.passages)) if self.form == "json" else _paragraphs(content)
        texts: dict[int, str] = {}
        growing: dict[int, str] = {}
        for index, text, whole in found:
            if not 0 <= index < len(self.passages):
                continue
            cleaned = _clean(text if whole else text[: text.rfind(" ") + 1])
            self._check(index, cleaned)
            (texts if whole and cleaned else growing)[index] = cleaned
        return PartialAnswer(texts, growing)

    def whole(self, answer: str) -> list[str]:
        """A text for each passage. Raises `UnusableAnswer`."""
        content = _without_thoughts(answer).rstrip()
        if not content:
            raise UnusableAnswer("the answer is empty")
        texts = (
            self._of_json(content) if self.form == "json" else [_clean(p) for p in _PARAGRAPHS.split(content)]
        )
        if len(texts) != len(self.passages):
            raise UnusableAnswer(f"it has {len(texts)} paragraphs, {len(self.passages)} were asked for")
        for index, text in enumerate(texts):
            if not text:
                raise UnusableAnswer(f"text {index + 1} ({self.passages[index].label}) is empty")
            self._check(index, text)
        return texts

    def _of_json(self, content: str) -> list[str]:
        fenced = _FENCE.search(content)
        try:
            value = _object(fenced[1] if fenced else content)
        except (ValueError, RecursionError):
            raise UnusableAnswer("it is not the JSON object that was asked for") from None
        value = _numbered(value)
        if not isinstance(value, dict):
            raise UnusableAnswer("it is JSON, but not an object")
        return [_clean(_string(value, str(number))) for number in range(1, len(self.passages) + 1)]

    def _check(self, index: int, text: str) -> None:
        passage = self.passages[index]
        where = f"text {index + 1} ({passage.label})"
        if self.secret and self.secret in text:
            raise UnusableAnswer(f"{where} repeats the key")
        if len(text) > passage.longest:
            raise UnusableAnswer(f"{where} is longer than its {passage.longest} characters")
        for what, pattern in (("markup", _MARKUP), ("a placeholder", _PLACEHOLDER), ("an address", _ADDRESS)):
            match = pattern.search(text)
            if match is not None and match[0].casefold() not in self.known:
                raise UnusableAnswer(f"{where} contains {what}")
        for figure in _FIGURE.findall(text):
            if len(figure) > 1 and figure not in self.known:
                raise UnusableAnswer(f"{where} states {figure[:20]}, which is not in the brief")


def declines(answer: str) -> bool:
    """Whether an answer is a refusal instead of a text."""
    return _APOLOGY.match(_without_thoughts(answer)) is not None


def _without_thoughts(answer: str) -> str:
    """The answer without the reasoning that some models write before it."""
    text = answer.lstrip()
    begin, end = _THOUGHTS
    if text.startswith(begin) or end in text:  # some endpoints leave the beginning out
        return text.partition(end)[2].lstrip()
    return "" if begin.startswith(text) else text


def _pairs(content: str, count: int) -> list[tuple[int, str, bool]]:
    """The pairs of an incomplete JSON object: index, text, and whether the text is complete."""
    found: list[tuple[int, str, bool]] = []
    at = content.find("{") + 1
    while at and (match := _PAIR.match(content, at)) and len(found) < count:
        number = match[1]
        text = json.loads(f'"{match[2]}"', strict=False)
        found.append(
            (int(number) - 1 if number.isdecimal() and len(number) < 4 else -1, text, bool(match[3]))
        )
        at = match.end()
    return found


def _paragraphs(content: str) -> list[tuple[int, str, bool]]:
    parts = _PARAGRAPHS.split(content)
    return [(index, text, index < len(parts) - 1) for index, text in enumerate(parts) if text]


def _object(content: str) -> Any:
    """The JSON in an answer, also with line ends in texts, a last comma, and sentences around its object."""
    decoder = json.JSONDecoder(strict=False)
    try:
        return decoder.decode(content)
    except ValueError as error:
        plain = _LAST_COMMA.sub(lambda found: found[1] or found[2], content)
        for start in [found.start() for found in _OBJECT.finditer(plain)][:_MOST_OBJECTS]:
            with suppress(ValueError):
                return decoder.raw_decode(plain, start)[0]
        raise error


_OBJECT: Final = re.compile(r'\{\s*"')
_MOST_OBJECTS: Final = 20
_LAST_COMMA: Final = re.compile(r'("(?:[^"\\]|\\.)*+"?)|,\s*([}\]])', re.DOTALL)
"""A comma before the end of an object or a list, outside of texts."""


def _numbered(value: Any) -> Any:
    """The object with the numbered texts: a list of texts as one, or what an object has as its only part."""
    if isinstance(value, dict) and len(value) == 1 and "1" not in value:
        (value,) = value.values()
    if isinstance(value, list):
        return {str(number): text for number, text in enumerate(value, 1)}
    return value


def _string(value: dict[str, Any], key: str) -> str:
    text = value.get(key)
    if isinstance(text, dict) and len(text) == 1:
        text = next(iter(text.values()))
    if not isinstance(text, str):
        raise UnusableAnswer(f"it has no text {key}")
    return text


def _clean(text: str) -> str:
    return typography.clean(_SURROGATES.sub("", text))
