"""Finds words and punctuation that do not fit a tone, and replaces them by plainer ones.

The words are data, listed by style such as slang or jargon (``register.toml`` in ``content/`` and
``content/de/``). Three styles are patterns instead: contractions ("don't", "we're"), shouting (exclamation
marks, words in capitals) and pictures. Every mark has a plainer form, so the result of `plainly` has no
marks; `drift` counts the same marks.

The words of one language do not count in a text of the other, but for English interjections in a German text
("lol"). A word that strengthens the next one ("super") is left out before it, and has its plainer form only
where none follows: no word then strengthens what is strong already.

Limits: English and German, word by word; irony and sentence rhythm are not detected. Words that are slang
only in context ("cool", "sick") count only beside a certain slang word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from ....events.request_models import Tone
from ..content import library
from . import capitals, detection, typography
from .word_lists import STOP_WORDS

_CONTRACTED: Final = re.compile(
    r"\b(?:(?P<not>\w+)n['’]t|(?P<who>i|you|we|they|he|she|it|that|what|here|there|who|let)['’]"
    r"(?P<end>re|ve|ll|d|m|s))\b",
    re.IGNORECASE,
)
_SHOUTED: Final = re.compile(r"!+|\b[A-Z]{5,}(?:\s+[A-Z]{5,})*\b")
_PICTURE: Final = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff\ufe0f]+|(?<!\\w)[:;]-?[)(DP](?!\\w)")
_ENDS: Final = {"re": "are", "ve": "have", "ll": "will", "d": "would", "m": "am", "s": "is"}
_NOT: Final = {"ca": "cannot", "wo": "will not", "sha": "shall not", "ai": "is not"}
_FORMS: Final = {"contractions": 0.3, "shouting": 0.2, "pictures": 0.5}
"""The styles that are patterns instead of words, with the weight of each mark."""

_STARTS: Final = re.compile(r"(?:^|[.!?…])[\"'“‘„(]*\s*$")
"""The text before the first word of a sentence."""

_ENDED: Final = re.compile(r"[.!?…]")
_FOLLOWER: Final = re.compile(r"\s+([^\W\d_]+)")
_DOUBLED: Final = re.compile(
    r"\b(very|really|rather|so|too|remarkably|entirely|sehr|ganz|wirklich)(?:\s+\1)+\b", re.IGNORECASE
)
_STRENGTHENED: Final = re.compile(
    r"\b(?:very|really|remarkably|entirely|rather|sehr)\s+(?=(?:excellent|delicious|memorable|remarkable|very|"
    r"sehr|ausgezeichnet\w*|großartig\w*)\b)",
    re.IGNORECASE,
)
"""A word that strengthens what is strong already: "very excellent"."""

_MOST_ROUNDS: Final = 3
"""The most passes: removing a word can join two others to a new mark."""


Plain = str | tuple[str, str]
"""The plainer form of a word: one, or one before the word that it strengthens and one where none follows."""


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    certain: dict[str, Plain]
    beside: dict[str, Plain] = {}


class _Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tones: dict[Tone, tuple[str, ...]]
    names: dict[str, tuple[str, ...]]
    registers: dict[str, _Words]


@dataclass(frozen=True)
class ToneMark:
    """A mark at ``start`` to ``end``: its text, its plainer form, and its weight."""

    style: str
    start: int
    end: int
    found: str
    plain: str
    weight: float


@dataclass(frozen=True)
class PlainText:
    """A text in its plainer form, and the changes as ``(found, plain)``."""

    text: str
    changes: tuple[tuple[str, str], ...]


@cache
def _content() -> _Content:
    text = (files(library.__package__) / "register.toml").read_bytes()
    return msgspec.toml.decode(text, type=_Content)


@cache
def _translated(folder: str) -> dict[str, _Words]:
    text = (files(library.__package__) / folder / "register.toml").read_bytes()
    return msgspec.toml.decode(text, type=dict[str, _Words])


def avoided(tone: Tone) -> tuple[str, ...]:
    """The styles that do not fit a tone."""
    return _content().tones[tone]


def named_style(name: str) -> str | None:
    """The style that a word such as "salesy" or "jargon" names, if any."""
    word = (
        typography.clean(name)
        .casefold()
        .removesuffix(" language")
        .removesuffix(" tone")
        .removesuffix(" speak")
    )
    return next((style for style, names in _content().names.items() if word in names), None)


Group = dict[str, Plain]


@cache
def words(kind: str, language: str | None) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """The phrases of a style with their plainer forms in a text of a language, ``None`` if it is unknown:
    groups of certain ones, and of those that need context."""
    none = _Words({})
    english = _content().registers.get(kind, none)
    german = next((each.get(kind, none) for each in map(_translated, library.TRANSLATIONS)), none)
    if language == "en":
        return (english.certain,), (english.beside,)
    if language == "de":
        interjections: Group = {phrase: plain for phrase, plain in english.certain.items() if plain == ""}
        return (german.certain, interjections), (german.beside,)
    return (english.certain, german.certain), (english.beside, german.beside)


def is_listed(word: str) -> bool:
    """Whether a word in lower case is one of any style, or the plainer form of one."""
    groups = (group for kind in _content().registers for part in words(kind, None) for group in part)
    return any(word in group or word in group.values() for group in groups)


def marks(text: str, styles: tuple[str, ...]) -> tuple[ToneMark, ...]:
    """The marks of any of ``styles`` in ``text``, in order and without overlap."""
    found = [mark for style in styles for mark in _of_style(text, style)]
    kept: list[ToneMark] = []
    for mark in sorted(found, key=lambda mark: (mark.start, -mark.end)):
        if not kept or mark.start >= kept[-1].end:
            kept.append(mark)
    return tuple(kept)


def plainly(text: str, styles: tuple[str, ...], repair: Callable[[str], str] = str) -> PlainText:
    """``text`` with every mark of ``styles`` replaced by its plainer form.

    ``repair`` fixes the grammar afterwards.
    """
    plain = text
    changes: dict[tuple[str, str], None] = {}
    if "shouting" in styles and capitals.is_in_capitals(text):
        plain = capitals.in_lower_case(text)
        changes |= dict.fromkeys((mark.found, mark.plain) for mark in marks(text, ("shouting",)))
    for _ in range(_MOST_ROUNDS):
        found = marks(plain, styles)
        if not found:
            break
        changes |= dict.fromkeys((mark.found, mark.plain) for mark in found)
        for mark in reversed(found):
            plain = plain[: mark.start] + mark.plain + plain[mark.end :]
        plain = _tidy(plain, repair, is_phrase=text[:1].islower() and not _ENDED.search(text))
    return PlainText(plain, tuple(changes))


def _of_style(text: str, style: str) -> Iterator[ToneMark]:
    match style:
        case "contractions":
            yield from _forms(text, style, _CONTRACTED, _written_out)
        case "shouting":
            yield from _forms(text, style, _SHOUTED, _calmly)
        case "pictures":
            yield from _forms(text, style, _PICTURE, lambda _: "")
        case _:
            yield from _words(text, style)


def _forms(
    text: str, style: str, pattern: re.Pattern[str], plain: Callable[[re.Match[str]], str]
) -> Iterator[ToneMark]:
    for match in pattern.finditer(text):
        weight = _FORMS[style] * (len(match[0]) if match[0].startswith("!") else 1)
        yield ToneMark(style, *match.span(), match[0], plain(match), weight)


def _words(text: str, style: str) -> Iterator[ToneMark]:
    listed = (group for groups in words(style, None) for group in groups)
    if not any(_matcher(tuple(group)).search(text) for group in listed):
        return
    for groups in words(style, detection.recognise(text)):
        found = [
            ToneMark(style, *match.span(), match[0], _in_place(match, group[_key(match[0])]), 1.0)
            for group in groups
            for match in _matcher(tuple(group)).finditer(text)
        ]
        yield from found
        if not found:
            return


def _in_place(match: re.Match[str], plain: Plain) -> str:
    """The plainer form of a found phrase, in the case that its place asks for."""
    if not isinstance(plain, str):
        follower = _FOLLOWER.match(match.string, match.end())
        strengthens = follower is not None and follower[1].lower() not in STOP_WORDS
        plain = plain[0] if strengthens else plain[1]
    return typography.capital(plain) if _STARTS.search(match.string, 0, match.start()) else plain


@cache
def _matcher(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Matches any of ``phrases`` as whole words, the longest first."""
    ordered = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    parts = (
        "|".join(re.escape(phrase).replace(r"\ ", r"\s+").replace("'", "['’]") for phrase in ordered)
        or "(?!)"
    )
    return re.compile(rf"(?<![\w'’-])(?:{parts})(?![\w'’-])", re.IGNORECASE)


def _key(found: str) -> str:
    return " ".join(found.casefold().replace("’", "'").split())


def _like(found: str, plain: str) -> str:
    return typography.capital(plain) if found[:1].isupper() else plain


def _written_out(match: re.Match[str]) -> str:
    if match["not"] is not None:
        verb = match["not"]
        return _like(verb, _NOT.get(verb.lower(), f"{verb} not"))
    if match["who"].lower() == "let":
        return _like(match["who"], "let us")
    return f"{match['who']} {_ENDS[match['end'].lower()]}"


def _calmly(match: re.Match[str]) -> str:
    return "." if match[0].startswith("!") else match[0].lower()


def _tidy(text: str, repair: Callable[[str], str], *, is_phrase: bool) -> str:
    text = _DOUBLED.sub(r"\1", text)
    text = _STRENGTHENED.sub("", text)
    text = re.sub(r"\s{2,}", " ", text)
    text = re.sub(r"\s+([,.;:!?])", r"\1", text)
    text = re.sub(r"([,;:])(?:\s*[,;:])+", r"\1", text)
    text = re.sub(r"[,;:]+\s*(?=[.?])|(?<=[.?])(?:\s*[.,])+", "", text)
    text = repair(text)
    text = re.sub(r"^[\s,.;:–—-]+|[\s,;:–—-]+$", "", text)
    first, *others = typography.sentences(text) or ("",)
    return " ".join([first if is_phrase else typography.capital(first), *map(typography.capital, others)])
