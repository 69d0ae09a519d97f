"""German grammar for inserting phrases of a brief into the sentences of the content.

The sentences use few forms: an offer in the nominative, an audience in the plural without an article (where
nominative and accusative are the same), an activity as an infinitive before a modal verb. The gender of a
noun is that of the last part of a compound: the nouns of ``content/`` have articles, and endings such as
"-ung" determine others. Where the gender is unknown, the article is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from ..content import library
from . import typography
from .word_lists import GERMAN_STOP_WORDS, word_set

Gender = Literal["m", "f", "n", "p"]
"""Masculine, feminine, neuter; ``p`` is the plural, which has one form for all."""

Case = Literal["nominative", "dative"]

_GENDERS: Final[dict[str, Gender]] = {"der": "m", "die": "f", "das": "n", "viele": "p"}
_INDEFINITE: Final[dict[Case, dict[Gender, str]]] = {
    "nominative": {"m": "ein", "f": "eine", "n": "ein", "p": ""},
    "dative": {"m": "einem", "f": "einer", "n": "einem", "p": ""},
}
_THIS: Final[dict[Gender, str]] = {"m": "dieser", "f": "diese", "n": "dieses"}
RELATIVE: Final[dict[Gender, str]] = {"m": "der", "f": "die", "n": "das", "p": "die"}
"""The relative pronoun of each gender, as a subject."""

_ENDING: Final[dict[Gender, str]] = {"m": "er", "f": "e", "n": "es", "p": "e"}
_BY_ENDING: Final[tuple[tuple[Gender, tuple[str, ...]], ...]] = (
    ("f", ("ung", "heit", "keit", "schaft", "ion", "tät", "ik", "erei", "enz", "thek", "logie", "grafie")),
    ("n", ("chen", "lein", "ment", "ium", "tum", "zeug")),
    ("m", ("ling", "ismus", "ator", "eur", "planer", "helfer", "finder", "messer", "wecker", "begleiter")),
)
_PLURALS: Final = ("ungen", "heiten", "keiten", "schaften", "ionen", "täten", "innen")

_UNCOUNTED: Final = (
    "nachhilfe", "unterricht", "musik", "schmuck", "honig", "keramik", "kleidung", "gebäck", "schokolade",
    "seife", "handwerk", "zubehör", "obst", "gemüse",
)  # fmt: skip

DETERMINERS: Final = word_set(
    "ein eine einen einem einer eines mein meines unseres meine meinen meinem meiner unser unsere "
    "unseren unserem unserer euer eure euren eurem eurer sein seine seinen ihr ihre ihren ihrem "
    "ihrer der die das den dem des dieser diese dieses diesen diesem kein keine keinen"
)
_ARTICLE_GENDERS: Final[dict[str, Gender]] = {
    "einen": "m", "meinen": "m", "unseren": "m", "den": "m", "eine": "f", "einer": "f", "meiner": "f",
    "unserer": "f", "das": "n",
}  # fmt: skip
_GENITIVE: Final = frozenset({"eines", "des", "unseres", "meines", "dieses"})
_NO_ADJECTIVES: Final = word_set("oder aber sehr besonders ganz eher über unter hinter immer wieder")
_INVARIABLE: Final = frozenset({"prima", "rosa", "lila", "extra"})
_SEPARABLE: Final = (
    "zurück|zusammen|herunter|weiter|nach|fest|frei|vor|aus|auf|ein|ab|an|bei|her|hin|los|mit|um|weg|zu|"
    "durch|unter|über"
)
_ZU_INSIDE: Final = re.compile(rf"\b({_SEPARABLE})zu([a-zäöüß]{{2,}}e?n)\b")
_ZU_BEFORE: Final = re.compile(r"\bzu\s+(?=[a-zäöüß]+e?[lr]?n\b)")
_SPOKEN: Final = re.compile(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")
_THEIRS: Final = re.compile(r"\bihr(e[mnrs]?)?\b")
_OURS: Final = re.compile(r"\b(?:mein|unser|dein|euer|eur)(e[mnrs]?)?\b")


def addressed(text: str, *, formal: bool) -> str:
    """``text`` in one form of address: chooses a side of "[Sie kommen|du kommst]"."""
    return _SPOKEN.sub(r"\1" if formal else r"\2", text)


_FORMAL: Final = re.compile(r"(?<=[a-zäöüß0-9,;–-] )(?:Sie|Ihnen|Ihre?[mnrs]?)\b")
_FAMILIAR: Final = re.compile(r"\b(?:du|dich|dir|dein(?:e[mnrs]?)?|euch|euer|eure[mnrs]?)\b", re.IGNORECASE)
_ASKS_FORMAL: Final = re.compile(r"(?i)\b(?:sie-form|siezen|per sie)\b")
_ASKS_FAMILIAR: Final = re.compile(r"(?i)\b(?:du-form|duzen|per du)\b")


def form_of_address(task: str, own: Sequence[str], *, otherwise: bool) -> bool:
    """Whether readers are addressed formally: as the task demands, else as the brand's ``own`` texts do.

    ``otherwise`` is the answer where both are neutral.
    """
    if _ASKS_FAMILIAR.search(task):
        return False
    if _ASKS_FORMAL.search(task):
        return True
    formal = sum(len(_FORMAL.findall(text)) for text in own)
    familiar = sum(len(_FAMILIAR.findall(text)) for text in own)
    return otherwise if formal == familiar else formal > familiar


@dataclass(frozen=True)
class Noun:
    """A noun phrase without its article, in the nominative: "kleine Bäckerei", feminine."""

    phrase: str
    gender: Gender | None

    @property
    def indefinite(self) -> str:
        """With the indefinite article: "eine kleine Bäckerei"; without one where the gender is unknown."""
        return self.with_article("nominative")

    @property
    def this(self) -> str:
        """ "diese Bäckerei", without its adjectives; "dieses Angebot" where it has none."""
        last = re.sub(r"^(?:[a-zäöüß][\wäöüß-]*\s+)+", "", self.phrase)
        return f"{_THIS[self.gender]} {last}" if self.gender and self.gender != "p" else "dieses Angebot"

    def with_article(self, case: Case) -> str:
        """With the indefinite article in a case, unless it is uncountable; the noun must have no ending
        there."""
        if self.phrase.lower().endswith(_UNCOUNTED):
            return self.phrase
        article = _INDEFINITE[case][self.gender] if self.gender else ""
        return f"{article} {self.phrase}".strip()


def noun(entry: str) -> Noun:
    """A noun of ``content/``, where it has its article: "die Bäckerei", "viele Kerzen"."""
    article, _, rest = entry.partition(" ")
    return Noun(rest, _GENDERS[article])


@cache
def _known() -> dict[str, tuple[str, Gender]]:
    """The nouns of ``content/`` in lower case, each with its kind of offer, if any, and its gender."""
    kinds = library.kinds("de")
    entries = [(head, kind.id) for kind in kinds.values() for head in (*kind.heads, kind.noun)]
    fields = library.fields("de").values()
    entries += [(field.noun, field.kind) for field in fields]
    entries += [(field.unit, "") for field in fields]
    known: dict[str, tuple[str, Gender]] = {}
    for entry, kind in entries:
        read = noun(entry)
        if read.gender is not None:
            known.setdefault(read.phrase.lower(), (kind, read.gender))
    return known


def known_part(word: str) -> str | None:
    """The known noun that ``word`` is or ends in, in lower case: "werkzeug" for "Podcast-Werkzeug"."""
    lower = word.lower()
    for start in range(len(lower)):
        ending = lower[start:]
        whole = start == 0 or lower[start - 1] == "-"
        if (whole or len(ending) >= 4) and ending in _known():
            return ending
    return None


def kind_of(word: str) -> str | None:
    """The kind of offer that a noun names, by its last part; ``None`` where it is unknown."""
    part = known_part(word) or _singular_part(word)
    return (_known()[part][0] or None) if part else None


def _singular_part(word: str) -> str | None:
    """The known noun that ``word`` is the plural of, where an ending makes the plural."""
    endings = (ending for ending in ("en", "n", "e", "s") if word.lower().endswith(ending))
    return next(filter(None, (known_part(word[: -len(ending)]) for ending in endings)), None)


def gender_of(word: str) -> Gender | None:
    """The gender of a noun, by its last part or its ending."""
    part = known_part(word)
    if part:
        return _known()[part][1]
    lower = word.lower()
    if _singular_part(word) or lower.endswith(_PLURALS):
        return "p"
    return next((gender for gender, endings in _BY_ENDING if lower.endswith(endings)), None)


def _without_genitive(head: str) -> str:
    """A noun without the ending of the genitive, as in "eines Ladens", if it is a known one; else empty."""
    endings = (ending for ending in ("es", "s") if head.endswith(ending) and known_part(head[: -len(ending)]))
    return next((head[: -len(ending)] for ending in endings), "")


def gender_in(text: str, head: str) -> Gender | None:
    """The gender of a noun in ``text``, from its article or from a relative pronoun after it."""
    before = (
        rf"\b((?i:{'|'.join(sorted(DETERMINERS))}))\s+(?:[a-zäöüß]+e[nmrs]?\s+){{0,3}}{re.escape(head)}\b"
    )
    articles = [match[1].lower() for match in re.finditer(before, text)]
    gender = next((_ARTICLE_GENDERS[article] for article in articles if article in _ARTICLE_GENDERS), None)
    after = re.search(rf"\b{re.escape(head)},\s+(der|die|das)\s", text)
    if after is None and "ein" in articles:  # the clause may follow the audience: "für Kinder, der ..."
        after = re.search(rf"\b{re.escape(head)}\b[^.;:!?]*?,\s+(der|das)\s", text)
    return gender or (_GENDERS[after[1]] if after else ("n" if "ein" in articles else None))


def nominative(words: Sequence[str]) -> Noun:
    """A noun phrase in any case, with or without article, as a nominative without article."""
    article = words[0].lower() if words and words[0].lower() in DETERMINERS else ""
    rest = list(words[1:] if article else words)
    last = next((index for index, word in enumerate(rest) if word[:1].isupper()), len(rest) - 1)
    head = rest[-1]
    gender = gender_of(head)
    adjectives = [word for word in rest[:last] if is_adjective(word)]
    if gender is None:
        gender = _ARTICLE_GENDERS.get(article)
    if gender is None and article in {"", "ein", "mein", "unser"} and adjectives:
        gender = {"er": "m", "es": "n"}.get(adjectives[-1][-2:])  # type: ignore[assignment]
    if not article and gender in {"m", "n"} and adjectives and adjectives[-1].endswith("e"):
        gender = "p"
    if gender == "m" and head.endswith("en") and known_part(head[:-2]):
        rest[-1] = head[:-2]
    elif article in _GENITIVE and _without_genitive(head):
        rest[-1] = _without_genitive(head)
        gender = gender_of(rest[-1])
    elif gender in {None, "p"} and not article and from_dative(head) != head and known_part(head[:-1]):
        rest[-1], gender = from_dative(head), "p"
    if gender is not None:
        rest = [
            _declined(word, gender) if index < last and is_adjective(word) else word
            for index, word in enumerate(rest)
        ]
    return Noun(" ".join(rest), gender)


def plural(words: Sequence[str]) -> str:
    """People in the plural, as read after "für": "die jungen Eltern" as "junge Eltern"."""
    article = bool(words) and words[0].lower() in DETERMINERS
    rest = words[1:] if article else words
    return " ".join(
        _declined(word, "p") if word[:1].islower() and is_adjective(word) else word for word in rest
    )


def from_dative(word: str) -> str:
    """The nominative of a plural noun in the dative: "Podcastern" as "Podcaster", "Eltern" unchanged."""
    if re.search(r"(?:er|el)n$", word) and word.lower() not in {"eltern", "bayern", "ältern"}:
        return word[:-1]
    return word


def infinitive(text: str) -> str:
    """An infinitive phrase without "zu": "Folgen zu schneiden" as "Folgen schneiden"."""
    return _ZU_BEFORE.sub("", _ZU_INSIDE.sub(r"\1\2", text))


def theirs(text: str) -> str:
    """A phrase in the third person: "meine Kunden" as "ihre Kunden"."""
    return _OURS.sub(lambda match: "ihr" + (match[1] or ""), text)


def yours(text: str, *, formal: bool) -> str:
    """A phrase in the second person: "ihre Kunden" as "Ihre Kunden" or "deine Kunden"."""
    return _THEIRS.sub(lambda match: ("Ihr" if formal else "dein") + (match[1] or ""), text)


def terms(texts: Sequence[str], most: int) -> list[str]:
    """The nouns of ``texts``, the most frequent first: capitalised words inside a sentence."""
    counted: dict[str, int] = {}
    for text in texts:
        for sentence in typography.sentences(text):
            for index, word in enumerate(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", sentence)):
                certain = index > 0 or known_part(word) is not None or gender_of(word) is not None
                if len(word) > 3 and word[0].isupper() and certain and word.lower() not in GERMAN_STOP_WORDS:
                    counted[word] = counted.get(word, 0) + 1
    order = list(counted)
    return sorted(order, key=lambda word: (-counted[word], order.index(word)))[:most]


def is_purpose(phrase: str) -> bool:
    """Whether a phrase has its own preposition, as in "zur Dienstplanung"."""
    return phrase.startswith(("zum ", "zur "))


def mentions(text: str, entry: str) -> bool:
    """Whether ``text`` contains an entry of ``content/``; ``*`` at an end of it matches any letters.

    Inflected endings match, too.
    """
    return _mention(entry).search(text) is not None


@cache
def _mention(entry: str) -> re.Pattern[str]:
    before = r"(?<![^\W_])" + (r"[^\W_]*" if entry.startswith("*") else "")
    after = r"[^\W_]*" if entry.endswith("*") else r"(?:e|en|n|er|ern|s|es|in|innen)?(?![^\W_])"
    return re.compile(before + re.escape(entry.strip("*")) + after, re.IGNORECASE)


def is_adjective(word: str) -> bool:
    """Whether ``word`` can be an adjective with an ending."""
    lower = word.lower()
    return (
        word[:1].islower()
        and lower not in _NO_ADJECTIVES | _INVARIABLE
        and re.search(r"[a-zäöüß]{2}(?:e|en|er|es|em)$", lower) is not None
    )


def _declined(adjective: str, gender: Gender) -> str:
    stem = re.sub(r"(?:en|er|es|em|e)$", "", adjective)
    if adjective.endswith("er") and gender != "m" and re.search(r"[aeiouäöü]er$", adjective):
        return adjective
    return stem + _ENDING[gender]
