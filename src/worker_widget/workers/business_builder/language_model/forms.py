"""The form of an artifact: the rule engine's version, and the passages of it that a language model words.

The rule engine gives the artifact its form and everything that must not change: names, codes, the brand's own
words, disclosures, and statements about the method. The model gets numbered passages and returns as many
texts, which replace them. So an artifact has a valid form whatever the model answers.
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
"""The placeholder of a text that is not known yet; from a private use area, so that no answer has it."""

_LONGEST_TITLE: Final = 70
_LONGEST_DESCRIPTION: Final = 155

_Path = tuple[str | int, ...]


class ArtifactForm(ABC):
    """An artifact with passages to word; ``passages`` are in the order of the artifact."""

    def __init__(self, prompt: Prompt, draft: Draft, passages: Sequence[Passage]) -> None:
        self.prompt = prompt
        self.draft = draft
        self.passages = tuple(passages)

    @abstractmethod
    def written(self, texts: Sequence[str]) -> Draft:
        """The artifact with a text for each passage."""

    def settled(self, texts: Mapping[int, str], growing: Mapping[int, str]) -> str:
        """The beginning of the artifact that is certain.

        ``texts`` are complete passages by index, ``growing`` beginnings of others.
        """
        so_far = [
            texts[index] if index in texts else growing.get(index, "") + _UNSETTLED
            for index in range(len(self.passages))
        ]
        return self.written(so_far).content.partition(_UNSETTLED)[0]


class JsonForm(ArtifactForm):
    """A JSON artifact."""

    def __init__(self, prompt: Prompt, draft: Draft, language: str, quoted: Callable[[str], bool]) -> None:
        self._value = json.loads(draft.content)
        for label, text in prompt.stated.get(language, {}).items():
            if label in self._value:
                self._value[label] = text
        found = [
            (path, Passage(label, max(prompt.passages[pattern], len(text)), text))
            for path, label, pattern, text in _strings(self._value)
            if pattern in prompt.passages and not quoted(text)
        ]
        self._paths = [path for path, _ in found]
        super().__init__(prompt, draft, [passage for _, passage in found])

    def value(self, texts: Sequence[str]) -> Any:
        """The artifact's JSON value with these texts."""
        value = deepcopy(self._value)
        for path, text in zip(self._paths, texts, strict=True):
            _put(value, path, text)
        self.derive(value)
        return value

    def derive(self, value: Any) -> None:
        """Fill in the values that are derived from other texts."""

    def written(self, texts: Sequence[str]) -> Draft:
        return json_draft(self.draft.name, self.value(texts))


class LandingForm(JsonForm):
    """The copy of the landing page."""

    def derive(self, value: Any) -> None:
        """Fill in the texts that the page repeats, and the source of its headline."""
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
        if value["steps"].get("items"):
            value["steps"]["heading"] = hero["secondary"]
        value["closing"]["cta"] = hero["cta"]

    def copy(self, texts: Sequence[str]) -> LandingCopy:
        """The page's copy. Raises ``msgspec.ValidationError`` where the shape is wrong."""
        return msgspec.convert(self.value(texts), LandingCopy)


class ProseForm(ArtifactForm):
    """A Markdown artifact: its paragraphs are passages; headings, lists and quotations are kept."""

    def __init__(self, prompt: Prompt, draft: Draft, quoted: Callable[[str], bool]) -> None:
        blocks = draft.content.removesuffix("\n").split("\n\n")
        indices = {escape_line(text): index for index, text in enumerate(draft.prose) if not quoted(text)}
        self._blocks = blocks
        self._paths = [(at, indices[block]) for at, block in enumerate(blocks) if block in indices]
        texts = [draft.prose[index] for _, index in self._paths]
        longest = prompt.passages["paragraph"]
        super().__init__(
            prompt,
            draft,
            [Passage(self._heading(at), max(longest, len(text)), text)
             for (at, _), text in zip(self._paths, texts, strict=True)],
        )  # fmt: skip

    def written(self, texts: Sequence[str]) -> Draft:
        blocks, prose = list(self._blocks), list(self.draft.prose)
        for (at, index), text in zip(self._paths, texts, strict=True):
            blocks[at], prose[index] = escape_line(text), text
        return replace(self.draft, content="\n\n".join(blocks) + "\n", prose=tuple(prose))

    def _heading(self, at: int) -> str:
        """The heading above a block."""
        above = (block for block in reversed(self._blocks[:at]) if block.startswith("#"))
        return next(above, "").lstrip("# ")


def quotation_test(facts: Sequence[str], fixed: Sequence[str]) -> Callable[[str], bool]:
    """A test for texts that must not change: those that quote a fact, and ``fixed`` ones."""
    plain_facts = [_plain(fact) for fact in facts]
    kept = {_plain(text) for text in fixed}

    def quoted(text: str) -> bool:
        plain = _plain(text)
        return not plain or plain in kept or any(fact.startswith(plain) for fact in plain_facts)

    return quoted


def _strings(value: Any, path: _Path = ()) -> Iterator[tuple[_Path, str, str, str]]:
    """Every string of a JSON value that is not the brand's: path, label, pattern and text."""
    if isinstance(value, str):
        label = ".".join(map(str, path))
        pattern = "".join("[]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        yield path, label, pattern, value
    elif isinstance(value, dict):
        if path and isinstance(path[-1], int) and value.get("source") == "brand":
            return
        for key, item in value.items():
            yield from _strings(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, (*path, index))


def _put(value: Any, path: _Path, text: str) -> None:
    *start, last = path
    for part in start:
        value = value[part]
    value[last] = text


def _plain(text: str) -> str:
    return text.casefold().rstrip(" .!…")
