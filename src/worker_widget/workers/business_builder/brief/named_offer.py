"""Finds the name of an offer that stands beside its description: "Crumb, a bakery that delivers bread".

The readers know the offer by its description, so the name is taken out of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from ..language.word_lists import word_set

_WORD: Final = r"[A-ZÀ-ÖØ-Þ][\w'’+.-]*[\w+]|[A-ZÀ-ÖØ-Þ]"
_NAME: Final = rf"(?P<name>(?:{_WORD})(?:\s(?:(?:&|of|the|and)\s)?(?:{_WORD}|\d{{1,4}})){{0,3}})"
_DESCRIBED: Final = r"(?:an?|the|our|my)\s+(?:[a-z]|[A-Z]{2,}\b|[A-Z][\w-]*\s+[a-z])"
_BEFORE: Final = (
    r"\b(?P<before>(?:for|about|of|[Pp]romoting|"
    r"[Ii]ntroducing|[Pp]resenting|[Aa]nnouncing|[Ll]aunching|[Mm]eet)\s+)"
)

_GERMAN_BEFORE: Final = r"\b(?P<before>(?:[Ff]ür|[Üü]ber|von)\s+)"
_GERMAN_DESCRIBED: Final = (
    r"(?:(?:eine?[nmrs]?|unser\w*|mein\w*)\s+"
    r"|(?:die|der|das|den)\s+(?=(?:[^\s,.;:!?]+\s+)*[A-ZÄÖÜ\d][^\s,.;:!?]*\s*(?:[,.;:!?)]|$)))"
)
"""An article; "die" and the like begin a relative clause where the last word before a mark is a verb."""

_FORMS: Final = {
    language: tuple((re.compile(pattern), replacement) for pattern, replacement in forms)
    for language, forms in {
        "en": (
            (rf"{_BEFORE}{_NAME}\s*\((?P<described>{_DESCRIBED}[^()]*)\)", r"\g<before>\g<described>"),
            (rf"{_BEFORE}{_NAME}(?:\s*[,:]|\s+[–—-])\s+(?={_DESCRIBED})", r"\g<before>"),
            (rf"{_BEFORE}{_NAME},\s+(?:which|who)\s+(?=[a-z]+s\b)", r"\g<before>a company that "),
            (
                r"\b(?P<before>(?:[Mm]y|[Oo]ur|[Aa]n?|[Tt]he)\s+(?:[a-z][\w'’-]*\s+){0,3}?(?:business|company|shop|"
                r"store|studio|start-?up|app|brand|agency|service|restaurant|bakery|caf[eé]|salon|clinic|tool|"
                rf"platform|product))\s+{_NAME}(?=\s*(?:[.,;!?:)]|$)|\s+(?:in|that|which|for|is|near|helps)\b)",
                r"\g<before>",
            ),
        ),
        "de": (
            (
                rf"{_GERMAN_BEFORE}{_NAME}\s*\((?P<described>{_GERMAN_DESCRIBED}[^()]*)\)",
                r"\g<before>\g<described>",
            ),
            (rf"{_GERMAN_BEFORE}{_NAME}(?:\s*[,:]|\s+[–—-])\s+(?={_GERMAN_DESCRIBED})", r"\g<before>"),
        ),
    }.items()
}
"""The forms in which a name stands beside what it is, and what remains of each, by language."""

_SENTENCES: Final = {
    "en": re.compile(rf"(?m)(?:^|(?<=[.!?]\s)){_NAME}\s+is\s+(?={_DESCRIBED})"),
    "de": re.compile(rf"(?m)(?:^|(?<=[.!?]\s)){_NAME}\s+ist\s+(?={_GERMAN_DESCRIBED})"),
}
"""A sentence that begins with a name: its first word has a capital in any case."""

_PLACEHOLDER: Final = re.compile(
    r"(?i)\b(?:my|our)\s+(?:new\s+)?(?:start-?up|company|business|project|idea|venture|brand)(?:\s*[,:]|\s+[–—-])\s+"
    r"(?=an?\s)"
)
"""Words for an offer that is described after them: "my startup, a marketplace"."""

_NO_NAMES: Final = word_set(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
    "august september october november december christmas easter halloween i this that it these those here "
    "there what who he she they we you"
)


def without_name(
    text: str, language: str, is_place: Callable[[str], bool], is_common: Callable[[str], bool]
) -> tuple[str, str | None]:
    """The text with the description of the offer alone, and its name, which is no place.

    A sentence may begin with it if it is more than one word, or a word in lower case that is not common.

    >>> is_place, is_common = {"Bath"}.__contains__, {"bread"}.__contains__
    >>> without_name("A page for Crumb, a bakery in Bath", "en", is_place, is_common)
    ('A page for a bakery in Bath', 'Crumb')
    >>> without_name("A page for Bath, a town with bakeries", "en", is_place, is_common)
    ('A page for Bath, a town with bakeries', None)
    """
    text = _PLACEHOLDER.sub("", text)
    for form, replacement in _FORMS[language]:
        for match in form.finditer(text):
            if _can_be_name(match["name"]) and not is_place(match["name"]):
                return text[: match.start()] + match.expand(replacement) + text[match.end() :], match["name"]
    for match in _SENTENCES[language].finditer(text):
        name = match["name"]
        if _can_be_name(name) and (" " in name or not is_common(name.lower())):
            return text[: match.start()] + text[match.end() :], name
    return text, None


def _can_be_name(words: str) -> bool:
    return words.split()[0].lower() not in _NO_NAMES
