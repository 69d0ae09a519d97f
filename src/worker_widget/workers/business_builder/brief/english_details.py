"""Reads the other parts of an English sentence: audience, activity, place, features and name."""

from __future__ import annotations

import re
from typing import Final

from ..language import english_grammar, english_phrases
from ..language.word_lists import word_set
from .stated_facts import is_denied

_NO_PLACE: Final = word_set(
    "english german french spanish python rust java javascript typescript go january february march "
    "april may june july august september october november december monday tuesday wednesday thursday "
    "friday saturday sunday spring summer autumn winter i ai html css react excel"
)

_OF_THE_SELLER: Final = word_set("offer provide sell serve support run have work make deliver promote launch")

_ANYONE: Final = word_set("me us you them everyone anyone anybody everybody")

_HELPS: Final = re.compile(
    r"\b(?:(?:that|which|to|and|it)\s+)?(?:can\s+|will\s+|would\s+|should\s+)?"
    r"(?:helps?|lets?|allows?|enables?|assists?|teach(?:es)?|helping|letting|allowing|enabling|"
    r"teaching)\s+(?P<rest>.+)",
    re.IGNORECASE,
)

_DOES: Final = re.compile(
    r"\b(?:that|which)\s+(?:(?:can|will|would|should|also|automatically|quickly|"
    r"easily)\s+)*(?P<verb>[a-z]+)\s+(?P<rest>.+)",
    re.IGNORECASE,
)

_TO_DO: Final = re.compile(
    r"\bto\s+(?:quickly\s+|easily\s+|automatically\s+)?(?P<verb>[a-z]+)\s+(?P<rest>.+)", re.IGNORECASE
)

_PLACE: Final = re.compile(
    r"\b(?:in|near|from|aus)\s+"
    r"(?P<place>(?:St\.\s)?[A-ZÀ-Þ][\w'’-]+(?:[ -](?:[A-ZÀ-Þ][\w'’-]+|am|upon|de|la|le|sur|an der)){0,3})"
)

_NAME: Final = re.compile(
    r"\b(?:called|named|namens|"
    r"genannt)\s+[\"“„'‘]?(?P<name>[A-ZÀ-Þ0-9][\w&'’+-]*(?:\s[A-ZÀ-Þ0-9][\w&'’+-]*){0,3})"
)

_NAMED: Final = re.compile(rf",?\s*{_NAME.pattern}[\"”'’]?")

_WITH: Final = re.compile(
    r"\b(?:with|including|featuring|features:?|includes)\s+(?P<list>[^.;:!?()]+)", re.IGNORECASE
)

_TITLE_BEFORE: Final = re.compile(r"\b(?:Dr|Prof|Mr|Mrs|Ms|St)$")
"""A name cut at the full stop of its title: "keynotes by Dr"."""

_THEME: Final = re.compile(r"\b(?:about|on)\s+(?P<theme>[^.;:!?()]+)", re.IGNORECASE)

_AIMED: Final = re.compile(
    r"\b(?:aimed at|targeting|targeted at|target audience(?: is|:)?|audience(?: is|:)|meant for|intended for|"
    r"made for|built for|designed for|sell (?:it|them|these|this) to)\s+(?P<rest>.+)",
    re.IGNORECASE,
)


def audience_and_purpose(tail: str) -> tuple[str | None, str | None, str | None]:
    """Audience, setting and activity from every "for" in ``tail``."""
    audience = setting = activity = None
    for match in re.finditer(r"(?i)(?<!\bfree )\bfor\s+", tail):
        if is_denied(tail, match.start()):
            continue
        rest = tail[match.end() :]
        first = rest.split(" ", 1)[0].lower()
        verb = english_grammar.infinitive(first)
        if verb:
            object_ = rest[len(first) :].strip().split(" for ", 1)[0]
            activity = activity or english_phrases.clause(f"{verb} {object_}")
            continue
        people = english_phrases.people(rest)
        if people:
            audience = audience or people
        elif first not in {"my", "our", "his", "her", "me", "us", "you", "example", "free", "now"}:
            setting = setting or english_phrases.setting(rest)
    return audience, setting, activity


def helped(tail: str) -> tuple[str | None, str | None] | None:
    """The audience and the activity in "helps X do Y"."""
    match = _HELPS.search(tail)
    if not match:
        return None
    words = match["rest"].split()
    if words[0].lower().strip(",") in _ANYONE:
        return None, english_phrases.clause(" ".join(english_phrases.without_to(words[1:])))
    taught = (
        match[0].split()[0].lower().startswith("teach")
        or " teach" in match[0][: match.start("rest") - match.start()].lower()
    )
    if words[0].lower() in ({"to"} if taught else english_grammar.VERBS | {"to"}):
        return None, english_phrases.clause(" ".join(english_phrases.without_to(words)))
    for end in range(1, min(len(words), 6)):
        if (
            english_phrases.is_people(words[end - 1])
            and english_phrases.without_to(words[end:])[0].lower() in english_grammar.VERBS
        ):
            taken = words[1:end] if words[0].lower() in english_phrases.DETERMINERS else words[:end]
            return english_phrases.phrase(taken), english_phrases.clause(
                " ".join(english_phrases.without_to(words[end:]))
            )
    if "to" in words[1:6]:
        at = words.index("to")
        return None, english_phrases.clause(" ".join(words[at + 1 :]))
    return None


def purpose(tail: str) -> str | None:
    """The activity in "to do Y"."""
    for match in _TO_DO.finditer(tail):
        verb = match["verb"].lower()
        if verb in english_grammar.VERBS:
            return english_phrases.clause(f"{verb} {match['rest']}")
    return None


def function(tail: str, *, of: str) -> str | None:
    """The function of an offer of the kind ``of``, in "that does Y"; it addresses its users as "you"."""
    own = _OF_THE_SELLER - {"deliver"} if of == "device" else _OF_THE_SELLER
    for match in _DOES.finditer(tail):
        verb = english_grammar.base_form(match["verb"].lower())
        if verb in english_grammar.VERBS - own:
            return english_phrases.own_clause(f"{verb} {_in_base_forms(match['rest'])}")
    return None


def _in_base_forms(rest: str) -> str:
    """The words after the verb, with further verbs after an "and" in their base form; cut before an "and"
    with an unknown verb, as in "calories and nags you"."""
    words = rest.split()
    for index in range(1, len(words) - 1):
        word, follower = words[index].lower(), words[index + 1].lower()
        base = english_grammar.base_form(word)
        if words[index - 1].lower() not in {"and", "or"} or base == word:
            continue
        if base in english_grammar.VERBS and follower not in english_phrases.BOUNDARY:
            words[index] = base
        elif follower in english_phrases.DETERMINERS | _ANYONE:
            return " ".join(words[: index - 1])
    return " ".join(words)


def acted_for(function: str) -> str | None:
    """The first people in a function: "growers" of "warn growers before frost"."""
    _, _, object_ = function.partition(" ")
    for end in range(1, min(len(object_.split()), 3) + 1):
        words = object_.split()[:end]
        if words[-1].lower() in english_phrases.BOUNDARY:
            return None
        if english_phrases.is_people(words[-1]):
            return english_phrases.phrase(words)
    return None


def features(tail: str) -> tuple[str, ...]:
    """The features after "with", as far as they form a plain list."""
    match = _WITH.search(tail)
    if not match:
        return ()
    if _TITLE_BEFORE.search(match["list"]):
        return ()
    text = re.split(r"(?i)\s(?:for|that|which|so|because|to|in|who)\s", match["list"], maxsplit=1)[0]
    items = [item.strip() for item in re.split(r",\s*(?:and\s+)?|\s+and\s+", text) if item.strip()]
    found: list[str] = []
    for item in items[:8]:
        words = item.split()
        while words and words[0].lower() in english_phrases.DETERMINERS:
            words = words[1:]
        phrase = english_phrases.phrase(words, 5)
        if phrase is None or words[0].lower() in {"i", "we", "you", "it", "they", "no"}:
            return tuple(found)
        found.append(phrase)
    return tuple(dict.fromkeys(found))


def theme(tail: str) -> str | None:
    """The theme after "about"."""
    match = _THEME.search(tail)
    if not match:
        return None
    words = re.split(r",| for ", match["theme"], maxsplit=1)[0].split()
    theme = " ".join(words)
    return theme if 0 < len(words) <= 14 and english_phrases.is_readable(theme) else None


def aimed_at(text: str) -> str | None:
    """The people after "aimed at" and the like, anywhere in the task."""
    match = _AIMED.search(text)
    denied = match is None or is_denied(text, match.start())
    return None if match is None or denied else english_phrases.people(match["rest"])


def place(text: str) -> str | None:
    """The first named place, as written."""
    for match in _PLACE.finditer(text):
        if match["place"].split()[0].lower() not in _NO_PLACE and not is_denied(text, match.start()):
            return match["place"]
    return None


def without_name(text: str) -> str:
    """``text`` without "called" and the name after it.

    >>> without_name("A choir for beginners called Ottoline in Leeds")
    'A choir for beginners in Leeds'
    """
    return _NAMED.sub("", text, count=1)


def name(text: str) -> str | None:
    """The name after "called"."""
    match = _NAME.search(text)
    return match["name"].rstrip(".,'’") if match else None
