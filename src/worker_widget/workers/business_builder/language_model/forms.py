"""A sheet: an artifact as the rules would write it, and the passages of it that a language model words anew.

The rules give the artifact its form, and everything that must stand as it is: names, codes, the brand's own
words, disclosures, and what is said of the method. A model never writes form: it gets numbered passages and
gives as many texts, which take their places. So an artifact of a model's is as valid as one of the rules',
whatever was answered.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

import msgspec

from ..language import typography
from ..writing.draft import Draft, escape_line, json_draft
from ..writing.landing_copy import LandingCopy
from .prompts import Passage, Prompt

_UNSETTLED: Final = "\ue000"
"""Stands where a text is not known yet. From a private area, which no cleaned answer holds."""

_LONGEST_TITLE: Final = 70
_LONGEST_DESCRIPTION: Final = 155

_Place = tuple[str | int, ...]


class Sheet(ABC):
    """``prompt`` says what is asked, ``passages`` for which texts, in the order of the artifact."""

    def __init__(self, prompt: Prompt, draft: Draft, passages: Sequence[Passage]) -> None:
        self.prompt = prompt
        self.draft = draft
        self.passages = tuple(passages)

    @abstractmethod
    def written(self, texts: Sequence[str]) -> Draft:
        """The artifact with a text for each passage."""

    def settled(self, texts: Mapping[int, str], growing: Mapping[int, str]) -> str:
        """As much of the artifact as is certain, from its start.

        ``texts`` are whole passages by their index, ``growing`` beginnings of others.
        """
        so_far = [
            texts[index] if index in texts else growing.get(index, "") + _UNSETTLED
            for index in range(len(self.passages))
        ]
        return self.written(so_far).content.partition(_UNSETTLED)[0]


class JsonSheet(Sheet):
    """An artifact of JSON."""

    def __init__(self, prompt: Prompt, draft: Draft, language: str, quoted: Callable[[str], bool]) -> None:
        self._value = json.loads(draft.content)
        for label, text in prompt.stated.get(language, {}).items():
            if label in self._value:
                self._value[label] = text
        found = [
            (place, Passage(label, max(prompt.passages[pattern], len(text)), text))
            for place, label, pattern, text in _strings(self._value)
            if pattern in prompt.passages and not quoted(text)
        ]
        self._places = [place for place, _ in found]
        super().__init__(prompt, draft, [passage for _, passage in found])

    def value(self, texts: Sequence[str]) -> Any:
        """The artifact's JSON value with these texts."""
        value = deepcopy(self._value)
        for place, text in zip(self._places, texts, strict=True):
            _put(value, place, text)
        self.derive(value)
        return value

    def derive(self, value: Any) -> None:
        """Fill in what follows from other texts."""

    def written(self, texts: Sequence[str]) -> Draft:
        return json_draft(self.draft.name, self.value(texts))


class LandingSheet(JsonSheet):
    """The words of the landing page."""

    def derive(self, value: Any) -> None:
        """What the page says in more than one place, and where its headline is from."""
        hero = value["hero"]
        headline, described = hero["headline"], hero["subhead"] or hero["headline"]
        if any(passage.label == "hero.headline" for passage in self.passages):
            hero["source"] = "proposal"
        title = f"{value['name']} · {headline}"
        if _UNSETTLED in title:
            value["title"] = _UNSETTLED
        elif len(title) <= _LONGEST_TITLE:
            value["title"] = title
        unsettled = _UNSETTLED in described
        value["description"] = _UNSETTLED if unsettled else typography.clip(described, _LONGEST_DESCRIPTION)
        value["steps"]["heading"] = hero["secondary"]
        value["closing"]["cta"] = hero["cta"]

    def copy(self, texts: Sequence[str]) -> LandingCopy:
        """The page's words. Raises ``msgspec.ValidationError`` where they are not of its shape."""
        return msgspec.convert(self.value(texts), LandingCopy)


class ProseSheet(Sheet):
    """An artifact of Markdown: its paragraphs are passages; headings, lists and quotations stand."""

    def __init__(self, prompt: Prompt, draft: Draft, quoted: Callable[[str], bool]) -> None:
        blocks = draft.content.removesuffix("\n").split("\n\n")
        places = {escape_line(text): index for index, text in enumerate(draft.prose) if not quoted(text)}
        self._blocks = blocks
        self._places = [(at, places[block]) for at, block in enumerate(blocks) if block in places]
        texts = [draft.prose[index] for _, index in self._places]
        longest = prompt.passages["paragraph"]
        super().__init__(
            prompt,
            draft,
            [Passage(self._heading(at), max(longest, len(text)), text)
             for (at, _), text in zip(self._places, texts, strict=True)],
        )  # fmt: skip

    def written(self, texts: Sequence[str]) -> Draft:
        blocks, prose = list(self._blocks), list(self.draft.prose)
        for (at, index), text in zip(self._places, texts, strict=True):
            blocks[at], prose[index] = escape_line(text), text
        return replace(self.draft, content="\n\n".join(blocks) + "\n", prose=tuple(prose))

    def _heading(self, at: int) -> str:
        """The heading that a block stands under."""
        above = (block for block in reversed(self._blocks[:at]) if block.startswith("#"))
        return next(above, "").lstrip("# ")


def quotes(facts: Sequence[str], stands: Sequence[str]) -> Callable[[str], bool]:
    """Tells texts that must stand as they are: those that quote a fact, and ``stands``."""
    said = [_plain(fact) for fact in facts]
    kept = {_plain(text) for text in stands}

    def quoted(text: str) -> bool:
        plain = _plain(text)
        return not plain or plain in kept or any(fact.startswith(plain) for fact in said)

    return quoted


def _strings(value: Any, place: _Place = ()) -> Iterator[tuple[_Place, str, str, str]]:
    """Every string of a JSON value that is not the brand's: place, label, pattern and text."""
    if isinstance(value, str):
        label = ".".join(map(str, place))
        pattern = "".join("[]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
        yield place, label, pattern, value
    elif isinstance(value, dict):
        if place and isinstance(place[-1], int) and value.get("source") == "brand":
            return
        for key, item in value.items():
            yield from _strings(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, (*place, index))


def _put(value: Any, place: _Place, text: str) -> None:
    *start, last = place
    for part in start:
        value = value[part]
    value[last] = text


def _plain(text: str) -> str:
    return text.casefold().rstrip(" .!…")
