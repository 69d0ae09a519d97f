"""Tells words from random letters, by the groups of three letters that the content's own sentences have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from ..content import library
from . import english_grammar, english_phrases
from .word_lists import ENGLISH_STOP_WORDS

_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_LOREM: Final = re.compile(r"(?i)\b(?:lorem|ipsum|dolor sit|consectetur|adipiscing|foo ?bar|blah|bla bla)\b")
_ENGLISH: Final = ("fields", "kinds", "tones")
_GERMAN: Final = ("de/fields", "de/kinds", "de/tones")
_FEWEST_KNOWN: Final = 0.6
"""The share of a word's groups of letters that are known."""


FEWEST_WORDS: Final = 0.5
"""The share of words that a text needs in order to be language."""

FEWEST_KNOWN_WORDS: Final = 0.3
"""The share of listed words that a text needs in order to be English: ordinary tasks have half and more."""


def is_filler(text: str) -> bool:
    """Whether ``text`` is placeholder text."""
    return _LOREM.search(text) is not None


def plausible_share(text: str) -> float:
    """The share of the words in ``text``, of three letters or more, that read as words; 1 if it has none."""
    words = _WORD.findall(text.lower())
    return sum(map(_is_plausible, words)) / len(words) if words else 1.0


def known_share(text: str) -> float:
    """The share of the words in lower case in an English text that its lists have; 1 for fewer than three."""
    words = [word for word in re.findall(r"[^\W\d_]{2,}", text) if word.islower()]
    known = sum(
        is_common_word(word)
        or is_common_word(english_grammar.singular(word))
        or english_grammar.is_common_noun(word)
        for word in words
    )
    return known / len(words) if len(words) >= _FEWEST_COUNTED else 1.0


_FEWEST_COUNTED: Final = 3


@lru_cache(maxsize=4_096)
def _is_plausible(word: str) -> bool:
    groups = list(_groups(word))
    return sum(group in _known_groups() for group in groups) >= _FEWEST_KNOWN * len(groups)


def _groups(word: str) -> Iterator[str]:
    marked = f" {word} "
    return (marked[index : index + 3] for index in range(len(marked) - 2))


def is_common_word(word: str) -> bool:
    """Whether a word in lower case is one of the content's English words or a word of the readers' lists."""
    return word in _common_words()


@cache
def _common_words() -> frozenset[str]:
    words = {word for text in _texts(_ENGLISH) for word in _WORD.findall(text) if word.islower()}
    return frozenset(words | english_grammar.VERBS | english_phrases.PEOPLE | ENGLISH_STOP_WORDS)


@cache
def _known_groups() -> frozenset[str]:
    """The groups in the content of both languages and in the word lists of the readers."""
    words = {word for text in _texts((*_ENGLISH, *_GERMAN)) for word in _WORD.findall(text.lower())}
    words |= english_grammar.VERBS | english_phrases.PEOPLE | ENGLISH_STOP_WORDS
    return frozenset(group for word in words for group in _groups(word))


def _texts(folders: tuple[str, ...]) -> Iterator[str]:
    content = files(library.__package__)
    for folder in folders:
        for entry in (content / folder).iterdir():
            if entry.name.endswith(".toml"):
                yield entry.read_text(encoding="utf-8")
