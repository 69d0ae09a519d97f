"""English grammar for inserting phrases of a brief into the sentences of the content.

Rules and short lists of exceptions, no dictionary. Sentences are worded so that few rules are needed: only
"is" has to agree with a phrase of the user.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from . import typography
from .word_lists import word_set

_MASS: Final = word_set(
    "software hardware coffee tea bread honey furniture jewelry jewellery clothing chocolate wine "
    "beer soap skincare photography coaching consulting accounting catering cleaning tutoring "
    "translation insurance maintenance gardening logistics ceramics music advice research equipment "
    "pottery milk food juice jam marmalade butter cheese meat fish fruit rice flour salt paint paper "
    "wood gin rum whisky knitwear footwear glassware yoga pilates support training staffing "
    "bookkeeping olive-oil"
)
_OFTEN_FIRST: Final = word_set(
    "yoga pilates ski surf swim swimming dance dog cat pet horse car bike bicycle boat book art craft tea "
    "coffee guitar piano violin drum singing cooking baking pottery language driving garden hair nail "
    "beauty wine beer cheese toy gift flower flea farm street food meal vegan organic local private "
    "mobile online small family used vintage second-hand new wedding photo music"
)
_LABEL: Final = re.compile(r"[\w'’ -]{1,60}:")
"""A noun with a colon, as in "Guitar studio: lessons for adults"."""

_DEED: Final = re.compile(r"(?:ation|ment|ance)\sof\s")
_SINGULAR_IN_S: Final = word_set(
    "business campus bus gas lens glass class process address access news series canvas atlas bonus "
    "status analytics logistics ceramics mathematics physics economics gymnastics crm sms dns saas "
    "cms os css aws focus virus corpus census iris basis thesis analysis oasis tennis chess press "
    "mattress compass"
)
_IRREGULAR_PLURALS: Final = {
    "people": "person", "children": "child", "kids": "kid", "women": "woman", "men": "man",
    "families": "family", "wives": "wife", "lives": "life", "knives": "knife", "leaves": "leaf",
    "teeth": "tooth", "feet": "foot", "mice": "mouse", "geese": "goose",
}  # fmt: skip
_VOWEL_SOUND: Final = re.compile(r"(?i)^(?:hour|honest|honou?r|heir)")
_CONSONANT_SOUND: Final = re.compile(r"(?i)^(?!uber)(?:uni(?!m|n)|us[aeiu]|eu|one\b|once|u[bkt][eiou]|ufo)")
_ACRONYM: Final = re.compile(
    r"^(?!(?:NEW|FUN|HOT|LOW|RAW|LIT|SUP)\b)(?:[A-Z][A-Z0-9]{1,2}|[B-DF-HJ-NP-TV-XZ][B-DF-HJ-NP-TV-XZ0-9]+)\b"
)
"""Capitals that are read letter by letter: at most three, or without a vowel."""
_DOUBLING: Final = word_set(
    "get set run plan swap stop shop cut put let begin win sit hit plug tag map skip ship chat log "
    "spot trim wrap drop step scan bid dig fit jog knit pin rip rub sip tip top trap zip forget "
    "commit submit refer"
)
VERBS: Final = word_set(
    "accept access achieve act add adopt advertise agree alert align analyse analyze answer apply "
    "arrange arrive ask assess assign attach attend automate avoid bake balance become begin bill block "
    "book borrow breathe brew bring browse budget build buy calculate call care carry catch celebrate "
    "change charge chase chat check choose classify clean climb close coach collaborate collect combine "
    "communicate compare compile compose compress configure confirm connect control convert cook "
    "coordinate copy count crawl create cut cycle dance debug decide decorate defend delete deliver "
    "deploy describe design detect develop dig discard discover discuss dispatch distribute do donate "
    "draft draw dress drink drive dry earn eat edit embed enjoy enrich enter escape estimate evaluate "
    "exchange exercise explain explore export express extend extract feed feel fetch fight file fill "
    "filter find finish fit fix flag flush fold follow forecast forget form gather get give go grade "
    "grind group grow guide handle have heal hear help hide highlight hire hold host hunt identify "
    "illustrate import improve increase index inform inspect install integrate invest invite invoice "
    "issue join keep kill knit know label launch lead learn leave lend let lift light like link list "
    "listen live locate log look lose lower maintain make manage map market master match measure "
    "meditate meet mend merge migrate model monitor move mute navigate negotiate notify nudge number "
    "observe offer open operate order organise organize own pack paint park parse paste patch pause pay "
    "perform pick pin plan plant play point polish post practice practise predict prepare present "
    "preserve press prevent print process produce profile project promote protect prove publish pull "
    "purify push query quit raise rank rate reach read rebuild recommend record recover recruit redact "
    "reduce refer refund relax release remember remind remove rename render rent repair replace report "
    "request rescue research reserve reset resize resolve respond rest restore retry reuse review "
    "rewrite ride ring roast route run sanitise save scan schedule seal search sell send serve set "
    "settle sew share ship shop shorten show shred sign silence simplify simulate sing sit sketch sleep "
    "slice smooth solve soothe sort speak speed spend split spot spray start stay stitch stop store "
    "stream stretch study submit suggest summarise summarize support survey swap swim switch sync take "
    "talk teach tell test tidy time tint toast trace track trade train transcribe transfer transform "
    "translate travel trigger trim try tune turn type understand unfold unite unlock update upload use "
    "validate verify view visit vote wait walk warm warn wash watch water wear weigh whiten win wipe "
    "work wrap write"
)
"""Verbs a brief is likely to use, in their base form."""

_NO_OBJECT: Final = "".join(
    rf"(?<!\b{word} )" for word in ("from", "of", "into", "with", "on", "leads", "you", "about")
)
"""Not after a word whose object "it" and the like are: "The work that follows from it is ours"."""

_CONTRACTIONS: Final = (
    (r"\b(do|does|did|is|are|was|were|has|have|had|would|could|should) not\b", r"\1n't"),
    (r"\bcannot\b", "can't"),
    (r"\bwill not\b", "won't"),
    (r"\bI am\b(?=\s\w)", "I'm"),
    (r"\b(you|they|we) are\b(?=\s\w)", r"\1're"),
    (
        rf"{_NO_OBJECT}\b(it|that|there|what|here) is\b(?=\s\w)(?!\s(?:there|that|open|due|settled)\b)",
        r"\1's",
    ),
    (r"\b(you|they|we) have\b(?= to\b| tried\b| got\b)(?! to\b)", r"\1've"),
    (r"\b(you|they|it|we) will\b(?=\s\w)", r"\1'll"),
    (r"\b(you|they|we) would\b(?=\s\w)", r"\1'd"),
)


_AFTER_HEAD: Final = re.compile(
    r"\s(?:of|for|in|with|without|to|from|on|at|about|by|near|not|online|that|which|who|whose|where|when|"
    r"every|[$£€]?\d\S*)(?=\s|$|[,:;])|[,:;(–—]",
    re.IGNORECASE,
)


def head(phrase: str) -> str:
    """The head noun: the last word before a preposition, a relative clause or a comma, in lower case."""
    before = _AFTER_HEAD.split(phrase, maxsplit=1)[0]
    words = before.split()
    return words[-1].lower() if words else ""


def is_plural(phrase: str) -> bool:
    noun = head(phrase)
    if noun in _IRREGULAR_PLURALS:
        return True
    return (
        noun.endswith("s")
        and not noun.endswith(("ss", "us", "is", "'s", "’s"))
        and noun not in _SINGULAR_IN_S
    )


def is_mass(phrase: str) -> bool:
    """Whether the noun takes no article, such as software or coffee."""
    return head(phrase) in _MASS


def with_article(phrase: str) -> str:
    """``phrase`` with "a" or "an", unless it is plural, cannot be counted, or is a proper name."""
    if not phrase or is_plural(phrase) or is_mass(phrase) or _DEED.search(phrase) or _LABEL.match(phrase):
        return phrase
    return f"{'an' if _starts_with_vowel_sound(phrase) else 'a'} {phrase}"


def with_right_articles(text: str) -> str:
    """An English text with "a" or "an" as the sound of the next word asks for.

    An "an" before a word with a capital stays, because it may be a German preposition: "an Tees".

    >>> with_right_articles("A excellent page for an unique app")
    'An excellent page for a unique app'
    """
    return _ARTICLE.sub(
        lambda found: f"{found[1]}{'n' if _starts_with_vowel_sound(found[2]) else ''} {found[2]}", text
    )


_ARTICLE: Final = re.compile(
    r"(?<![\w.’'-])(?!an\s+[A-ZÄÖÜ][a-zäöüß])([Aa])n?\s+(?!(?:and|or|is|in|to|on|at|of)\b)([^\W\d_][\w'’-]*)"
)


def _starts_with_vowel_sound(phrase: str) -> bool:
    if _ACRONYM.match(phrase):
        return phrase[0] in "AEFHILMNORSX"
    if _CONSONANT_SOUND.match(phrase):
        return False
    return phrase[0].lower() in "aeiou" or _VOWEL_SOUND.match(phrase) is not None


def is_common_noun(word: str) -> bool:
    """Whether ``word``, in lower case, is a usual first word of an offer, and no name."""
    return word in _MASS or word in _OFTEN_FIRST


def singular(noun: str) -> str:
    """The singular of a plural noun, by rule: "podcasters" becomes "podcaster", "families" "family"."""
    lower = noun.lower()
    if lower in _IRREGULAR_PLURALS:
        return _IRREGULAR_PLURALS[lower]
    if not is_plural(noun):
        return noun
    if lower.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if lower.endswith(("sses", "shes", "ches", "xes", "zes")):
        return noun[:-2]
    return noun[:-1]


def base_form(verb: str) -> str:
    """The verb of "it turns", "it fixes", "it carries": turn, fix, carry."""
    if verb in {"has", "does", "goes"}:
        return {"has": "have", "does": "do", "goes": "go"}[verb]
    if verb.endswith("ies") and len(verb) > 4:
        return verb[:-3] + "y"
    if verb.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb


def third_person(phrase: str) -> str:
    """ "record and edit shows" as "records and edits shows"."""
    return _inflected(phrase, _third_person)


def _third_person(verb: str) -> str:
    if verb.lower() in {"have", "do", "go"}:
        return {"have": "has", "do": "does", "go": "goes"}[verb.lower()]
    if verb.endswith("y") and verb[-2:-1] not in set("aeiou"):
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "z")) else "s")


def gerund(phrase: str) -> str:
    """ "swap shifts" as "swapping shifts"; the first word is a verb in its base form."""
    return _inflected(phrase, _gerund)


def _inflected(phrase: str, form: Callable[[str], str]) -> str:
    """``phrase`` with its first verb in another form, and every verb that an "and" or "or" joins to it."""
    words = phrase.split()
    changed = words[:1]
    for index, word in enumerate(words[1:], 1):
        joined = words[index - 1].lower() in {"and", "or"} and word.lower() in VERBS
        alone = index == len(words) - 1 and index > 2
        changed.append(form(word) if joined and not alone else word)
    return " ".join([form(changed[0]), *changed[1:]]) if changed else ""


def _gerund(verb: str) -> str:
    lower = verb.lower()
    if lower in _DOUBLING:
        return verb + verb[-1] + "ing"
    if lower.endswith("ie"):
        return verb[:-2] + "ying"
    if lower.endswith("e") and not lower.endswith(("ee", "oe", "ye")) and lower != "be":
        return verb[:-1] + "ing"
    return verb + "ing"


def infinitive(word: str) -> str | None:
    """The verb of a gerund, "recording" as "record"; ``None`` for any other word."""
    lower = word.lower()
    if not lower.endswith("ing"):
        return None
    stem = lower[:-3]
    forms = (stem, stem + "e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem, stem[:-1] + "ie")
    return next((form for form in forms if form in VERBS), None)


def contract(text: str) -> str:
    """ "You are" as "You're", "do not" as "don't"."""
    for pattern, short in _CONTRACTIONS:
        text = re.sub(pattern, short, text, flags=re.IGNORECASE)
    return text


_SMALL_WORDS: Final = word_set("a an the and or but for of in on at to with by from about")


def title(phrase: str) -> str:
    """``phrase`` as a title: capitals but for the small words; words with capitals of their own stay."""
    words = phrase.split()
    return " ".join(
        word if index and word.lower() in _SMALL_WORDS else _compound_title(word)
        for index, word in enumerate(words)
    )


def _compound_title(word: str) -> str:
    """ "end-to-end" as "End-to-End"."""
    parts = word.split("-")
    return "-".join(
        part if index and part.lower() in _SMALL_WORDS else typography.capital(part)
        for index, part in enumerate(parts)
    )
