"""Reads English phrases at the start of a text: noun phrases, people, verb phrases.

A phrase that is not clearly readable is ``None``, and callers leave it out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from . import english_grammar
from .word_lists import word_set

DETERMINERS: Final = word_set("a an the my our your their his her its this these some another one any")

BOUNDARY: Final = word_set(
    "for that which who whose whom where when while to with without in on at about from using via by "
    "so because aimed designed made built meant called named helping letting allowing enabling "
    "selling offering making is are was were has have can will lets let helps help as if but or "
    "between inside featuring including not never except i we you they it"
)

_AFTERWARDS: Final = word_set("online please plz asap now today")
"""Words that end a noun phrase, but can begin one."""

PEOPLE: Final = word_set(
    "vets museums libraries galleries "
    "people parents families kids children students teachers nurses doctors teams companies "
    "businesses startups start-ups founders freelancers owners women men couples tenants residents "
    "patients clients customers adults teenagers teens seniors pupils brides grooms musicians "
    "athletes veterans immigrants refugees guests neighbours neighbors agencies clinics schools "
    "universities charities nonprofits clubs hotels restaurants cafés cafes shops retailers "
    "enterprises municipalities cities households friends fans dads moms mums mothers fathers "
    "grandparents professionals specialists individuals creatives staff crews smes smbs lawyers "
    "hobbyists beginners everyone engineers newcomers volunteers homeowners cyclists folks those "
    "dentists florists couples hospitals landlords analysts newlyweds expats guides "
    "chefs cooks researchers users"
)

_PERSON_ENDING: Final = re.compile(
    r"(?:[a-z]{2}(?:er|or|ist|ant|ian|ee|eer|eur)|(?:stud|resid|pati|cli)ent)s$"
)

_NOT_PEOPLE: Final = word_set(
    "sensors containers computers trackers printers servers routers factors motors doors floors "
    "colors colours papers numbers flowers plants restaurants errors orders offers letters matters "
    "computers powers towers stickers posters filters layers meters computers indicators calculators "
    "elevators tractors corridors interiors exteriors mirrors newsletters covers "
    "drawers showers dinners summers winters scooters boilers heaters speakers controllers monitors "
    "processors vectors behaviours behaviors coffees "
    "trees bees knees degrees fees committees mowers lawnmowers ovens dryers washers freezers "
    "burgers papers posters trailers planters pointers scissors"
)

_GENERIC_PEOPLE: Final = frozenset({"people", "those", "folks", "users"})

_PROPER: Final = word_set(
    "African American Arabic Argentinian Asian Australian Austrian Belgian Brazilian British Canadian "
    "Chinese Christian Christmas Czech Danish Dutch Easter Egyptian English European Finnish French "
    "German Greek Hebrew Hungarian Indian Indonesian Iranian Irish Islamic Israeli Italian Japanese "
    "Jewish Korean Latin Lebanese Mediterranean Mexican Moroccan Muslim Nordic Norwegian Peruvian "
    "Polish Portuguese Roman Romanian Russian Scandinavian Scottish Spanish Swedish Swiss Syrian Thai "
    "Turkish Ukrainian Victorian Vietnamese Welsh Java Python Rust Excel Linux Android Windows Slack "
    "Google Kubernetes Docker Bluetooth Europe Africa Asia Uber Airbnb Tinder Netflix Spotify Amazon "
    "Facebook Instagram Etsy Duolingo Wikipedia Craigslist"
)

_JOINTS: Final = word_set("and or in with for across from by on at to through into within during of")

_ADVERBS: Final = frozenset({"faster", "better", "quicker", "easier", "easily", "quickly", "again"})

_THEIRS: Final = {
    "my": "their", "our": "their", "your": "their", "his": "their", "her": "their",
    "me": "them", "us": "them", "you": "them",
    "myself": "themselves", "ourselves": "themselves", "yourself": "themselves",
}  # fmt: skip

_CLAUSE_END: Final = re.compile(
    r"[,.;:!?()\[\]–—]|\s(?:so that|because|while|without|but|when|which|that|using|"
    r"in order|so|instead|via)\s"
    r"|\sand\s(?=(?:i|we|it|they|you|the|then|also|is|are|helps|lets)\s)",
    re.IGNORECASE,
)

_TOLD_END: Final = re.compile(
    r"[,.;:!?()\[\]–—]|\s(?:so that|because|while|without|but|using|in order|so|instead|via)\s"
    r"|\sand\s(?=(?:i|we|it|they|you|the|then|also|is|are|helps|lets)\s)",
    re.IGNORECASE,
)
"""The end of a clause whose verb takes another clause: "tells you when to water your plants"."""

_TELLING: Final = word_set(
    "tell show remind warn explain alert notify teach inform suggest predict decide know learn ask"
)
_YOURS: Final = {
    "my": "your", "our": "your", "me": "you", "us": "you", "myself": "yourself", "ourselves": "yourselves",
}  # fmt: skip
_RELATION: Final = re.compile(r"(?i)\sfor\s+(?:my|our|his|her|their|your)\s")
_NO_SETTING: Final = word_set(
    "hour hours minute minutes day days week weeks month months year years sale hire rent free"
)
_COMPOUND_ADJECTIVE: Final = re.compile(
    r"(?i)[\w]+-(?:powered|based|native|grade|ready|first|driven|friendly|made|free|to-\w+|quality|scale|level)"
)

_LONGEST: Final = 70
_USABLE: Final = re.compile(r"[^\W_](?:[\w '’&/+.#%-]*[\w+#%])?")


def is_people(phrase: str) -> bool:
    """Whether a plural noun phrase names people or groups of people (teams, companies)."""
    noun = english_grammar.head(phrase)
    return noun in PEOPLE or (noun not in _NOT_PEOPLE and _PERSON_ENDING.search(noun) is not None)


def words_before_boundary(text: str) -> str:
    """The noun phrase that ``text`` begins with, as written."""
    return " ".join(noun_words(text)[0])


def noun_words(text: str) -> tuple[list[str], str]:
    """The words of the noun phrase that ``text`` begins with, and what follows."""
    words = text.split()
    taken: list[str] = []
    for index, word in enumerate(words):
        bare = word.strip("\"“”'‘’()[]").rstrip(",.;:!?")
        lower = bare.lower()
        if not bare or word[0] in "([–—-/" or lower in BOUNDARY:
            return taken, " ".join(words[index:])
        follower = words[index + 1].lower() if index + 1 < len(words) else ""
        if lower in _AFTERWARDS and not DETERMINERS.issuperset(map(str.lower, taken)):
            return taken, " ".join(words[index:])
        if lower in {"run", "written", "based", "located"} and follower in {"by", "in", "on"}:
            return taken, " ".join(words[index:])
        if lower == "and" and (not taken or not _joins(words[index + 1 :])):
            return taken, " ".join(words[index:])
        taken.append(bare)
        if word[-1] == "," and _only_describes(taken) and _goes_on_describing(words[index + 1 :]):
            continue
        if word.rstrip("\"”'’)]")[-1:] in ",.;:!?)" or word[-1] in ")]":
            return taken, " ".join(words[index + 1 :])
    return taken, ""


def phrase(words: Sequence[str], longest: int = 7, *, lower: bool = True) -> str | None:
    """Words as a phrase for the middle of a sentence; ``None`` if it is not clearly readable.

    ``lower`` puts the first word in lower case, unless it is a name.
    """
    if not words or len(words) > longest:
        return None
    titled = len(words) > 1 and all(word[:1].isupper() for word in words)
    kept = [uncapital(word) if (lower and not index) or titled else word for index, word in enumerate(words)]
    joined = " ".join(kept)
    return joined if len(joined) <= _LONGEST and is_readable(joined) else None


def is_readable(text: str) -> bool:
    """Whether ``text`` has only words, numbers and the punctuation that is safe inside a sentence."""
    return _USABLE.fullmatch(text) is not None and any(letter.isalpha() for letter in text)


def people(text: str) -> str | None:
    """The people that ``text`` starts with, with their distinguishing clause."""
    words, rest = noun_words(text)
    while words and words[0].lower() in DETERMINERS:
        words = words[1:]
    ends = (index for index, word in enumerate(words, 1) if is_people(word))
    if not any(end == len(words) or _goes_on(words[end:]) for end in ends):
        return None
    found = phrase(words)
    if found is None:
        return None
    apart = re.match(r"(?i)(?:who|with|in|that)\s.+" if _is_general(found) else r"(?i)who\s.+", rest)
    more = _CLAUSE_END.split(apart[0], maxsplit=1)[0].split() if apart else []
    return phrase([*words, *("who" if word.lower() == "that" else word for word in more)], 10) or found


def _is_general(people: str) -> bool:
    return english_grammar.head(people) in _GENERIC_PEOPLE


def setting(text: str) -> str | None:
    """The place or matter that ``text`` starts with."""
    words, _ = noun_words(text)
    found = phrase(words, 5, lower=False)
    return (
        found if found and not found[0].isdigit() and english_grammar.head(found) not in _NO_SETTING else None
    )


def clause(text: str) -> str | None:
    """The verb phrase that ``text`` starts with, at most nine words, with "their" for "my" and "your"."""
    return _clause(text, _CLAUSE_END, _THEIRS)


def own_clause(text: str) -> str | None:
    """The verb phrase of an offer, which addresses its users: "your" for "my", "you" for "me"."""
    telling = text.split(" ", 1)[0].lower() in _TELLING
    return _clause(text, _TOLD_END if telling else _CLAUSE_END, _YOURS)


def _clause(text: str, end: re.Pattern[str], pronouns: Mapping[str, str]) -> str | None:
    found = end.split(text, maxsplit=1)[0]
    with_people = re.search(r"(?i)\sfor\s+", found)
    if with_people and people(found[with_people.end() :]):
        found = found[: with_people.start()]
    found = _RELATION.split(found, maxsplit=1)[0]
    words = found.split()
    if (
        len(words) < 2
        or words[0].lower() not in english_grammar.VERBS
        or words[1].lower() in {"it", "this", "these"}
    ):
        return None
    if len(words) > 9:
        joints = [index for index, word in enumerate(words[:10]) if index > 1 and word.lower() in _JOINTS]
        if not joints:
            return None
        words = words[: joints[-1]]
    while len(words) > 2 and words[-1].lower() in _JOINTS | DETERMINERS | _ADVERBS:
        words.pop()
    shifted = [pronouns.get(word.lower(), word) for word in words]
    return phrase(shifted, 9)


def without_to(words: Sequence[str]) -> list[str]:
    """The words of a verb phrase without "to"; an empty word if there are none."""
    kept = list(words[1:] if words and words[0].lower() == "to" else words)
    return kept or [""]


def _joins(following: Sequence[str]) -> bool:
    """Whether the words after an "and" continue the noun phrase."""
    ahead = [word.lower().strip(",.;:!?") for word in following[:4]]
    if not ahead or ahead[0] in DETERMINERS | BOUNDARY:
        return False
    length = next((index for index, word in enumerate(ahead) if word in BOUNDARY), len(ahead))
    return length <= 2 or len(following) <= 2


def _only_describes(words: Sequence[str]) -> bool:
    """Whether these are compound adjectives ("AI-powered", "end-to-end"), perhaps after an article."""
    adjectives = [word for word in words if word.lower() not in DETERMINERS]
    return bool(adjectives) and all(map(_COMPOUND_ADJECTIVE.fullmatch, adjectives))


def _goes_on_describing(words: Sequence[str]) -> bool:
    """Whether the words after a comma continue the noun phrase: another adjective, then a noun."""
    return len(words) > 1 and _COMPOUND_ADJECTIVE.fullmatch(words[0].rstrip(",")) is not None


def uncapital(word: str) -> str:
    """A word in lower case, unless it is a known name or has further capitals."""
    keeps = word in _PROPER or any(letter.isupper() for letter in word[1:])
    return word if keeps else word.lower()


def _goes_on(words: Sequence[str]) -> bool:
    """Whether the words after a noun for people keep it the head of the phrase."""
    return words[0].lower() in {"of", "over", "under", "aged", "and", "or"}
