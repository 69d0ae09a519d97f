"""Gives nouns their capitals in a German task that is typed without any, or in capitals alone.

A noun is a word that the lists of the readers know, that has the ending of a noun, or that ends a phrase
which an article or a preposition begins: "eine seite für kleine museen".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Final

from ..language import german_grammar
from ..language.word_lists import GERMAN_STOP_WORDS, word_set

_BEGINS_PHRASE: Final = german_grammar.DETERMINERS | word_set(
    "für in im am an ans aus bei beim mit ohne über von vom zum zur auf nach bis unter zwischen gegen seit"
)
_ENDS_PHRASE: Final = GERMAN_STOP_WORDS | _BEGINS_PHRASE
_NOUN_ENDING: Final = re.compile(
    r"[a-zäöüß]{2}(?:ung|ungen|heit|keit|schaft|erei|ereien|tion|tionen|tät|ismus)$"
)
_VERB_ENDING: Final = re.compile(r"(?:t|st|te|ten)$")
_INFINITIVE: Final = re.compile(r"(?:en|eln|ern)$")
_MODALS: Final = word_set("kann können will wollen möchte möchten soll sollen muss müssen darf dürfen lassen")
_PRONOUNS: Final = frozenset({"der", "die", "das"})
"""Articles that can begin a relative clause."""

_WEEKDAYS: Final = word_set("montags dienstags mittwochs donnerstags freitags samstags sonntags werktags")
_WORD: Final = re.compile(r"[^\W\d_][\w-]*")
_MARK: Final = re.compile(r"[^\s\w]")
_SECOND_NAME: Final = re.compile(r"\b([A-ZÄÖÜ][a-zäöüß]+-)([a-zäöüß])(?=[a-zäöüß]{3})")


def with_capitals(text: str, is_noun: Callable[[str], bool]) -> str:
    """``text`` with capitals for its nouns, if only its first word and its places have one.

    >>> with_capitals("website für eine kleine bäckerei in köln", {"website", "bäckerei"}.__contains__)
    'Website für eine kleine Bäckerei in Köln'
    """
    words = list(_WORD.finditer(text))
    others = [after[0] for before, after in pairwise(words) if before[0].lower() not in {"in", "aus", "bei"}]
    if any(word[0].isupper() and not word.isupper() for word in others) or len(words) < 2:
        return text
    nouns: list[int] = []
    opened, modal = "", False
    for index, word in enumerate(words):
        lower = word[0].lower()
        before = words[index - 1][0].lower() if index else ""
        following = words[index + 1] if index + 1 < len(words) else None
        if index and _MARK.search(text, words[index - 1].end(), word.start()):
            opened, modal = "", False
        if lower in _ENDS_PHRASE:
            modal = modal or lower in _MODALS
            joined = lower in {"und", "oder"} and words[index - 1].start() in nouns
            opened = lower if lower in _BEGINS_PHRASE or joined else ""
            continue
        last = following is None or following[0].lower() in _ENDS_PHRASE
        last = last or (
            following is not None and _MARK.search(text, word.end(), following.start()) is not None
        )
        deed = modal and last and _INFINITIVE.search(lower) is not None
        if deed and opened and opened != before and words[index - 1].start() not in nouns:
            nouns.append(words[index - 1].start())
        direct = opened == before != ""
        ends = last and not deed and (_can_end(lower) or (direct and opened not in _PRONOUNS))
        verb_follows = (
            direct
            and following is not None
            and _is_last(text, words, index + 1)
            and not _can_end(following[0])
        )
        listed = is_noun(lower) or _NOUN_ENDING.search(lower) is not None
        if listed or (opened and lower not in _WEEKDAYS and (ends or verb_follows)):
            nouns.append(word.start())
            opened = ""
    capitals = "".join(letter.upper() if place in nouns else letter for place, letter in enumerate(text))
    return _SECOND_NAME.sub(lambda match: match[1] + match[2].upper(), capitals)


def _is_last(text: str, words: list[re.Match[str]], index: int) -> bool:
    """Whether a mark or the end of the text follows the word."""
    return (
        index + 1 == len(words)
        or _MARK.search(text, words[index].end(), words[index + 1].start()) is not None
    )


def _can_end(lower: str) -> bool:
    """Whether a word can end a noun phrase: no verb, as far as its ending shows."""
    return _VERB_ENDING.search(lower) is None
