"""What a task asks of the result besides its offer: a tone, a technology, another document.

None of these is a part of the offer. The engine compares them with the result, and warns where they differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

AskedTone = Literal["casual", "formal", "luxury"]

_TEXT: Final = (
    r"(?:copy|tone|text|texts|style|voice|language|wording|words|writing|ton|tonfall|stil|sprache|texte)"
)
_ADJECTIVES: Final[tuple[tuple[AskedTone, str], ...]] = (
    (
        "casual",
        r"casual|informal|chatty|slangy|cheeky|playful|funny|goofy|laid-back|relaxed|colloquial|youthful|"
        r"locker\w*|lässig\w*|frech\w*|umgangssprachlich\w*|jugendlich\w*|witzig\w*|lustig\w*",
    ),
    ("luxury", r"luxury|luxurious|exclusive|opulent|luxuriös\w*|exklusiv\w*|edel|edle[nmrs]?"),
    ("formal", r"formal|official|solemn|formell\w*|förmlich\w*|amtlich\w*"),
)
_MARKS_OF_CASUAL: Final = re.compile(
    r"(?i)\b(?:with|in|use|using|lots of|plenty of|full of|and|mit|viel|viele|und|,)\s+"
    r"(?:(?:lots of|plenty of|some|many|viel|vielen|viele)\s+)*"
    r"(?P<mark>slang|emojis?|gen[ -]?z(?: (?:vibes?|slang|style))?|memes|jugendsprache|"
    r"umgangssprache)(?![\w-])"
)
_WRITTEN: Final = re.compile(
    r"(?i)\b(?:write|writing|copy|tone|text|texts|style|voice|wording|schreib\w*|texte?|ton|stil|make it|"
    r"keep it)\b"
)


@dataclass(frozen=True)
class ToneRequest:
    """A tone that a task asks for, and the words with which it does."""

    tone: AskedTone
    words: tuple[str, ...]


def asked_tone(text: str) -> ToneRequest | None:
    """The tone that a cleaned task asks for; ``None`` where it asks for none.

    >>> asked_tone("Write super casual copy with lots of slang")
    ToneRequest(tone='casual', words=('casual copy', 'slang'))
    >>> asked_tone("A page for casual shoes in a relaxed café") is None
    True
    """
    for tone, adjectives in _ADJECTIVES:
        found = [match[1] for match in re.finditer(_in_front(adjectives), text)]
        found += [match[1] for match in re.finditer(_behind(adjectives), text)]
        if tone == "casual" and (found or _WRITTEN.search(text)):
            found += [match["mark"] for match in _MARKS_OF_CASUAL.finditer(text)]
        if found:
            return ToneRequest(tone, tuple(dict.fromkeys(word.strip() for word in found)))
    return None


def _in_front(adjectives: str) -> str:
    return (
        rf"(?i)\b((?:{adjectives})(?:,?\s+(?:and\s+|und\s+)?[\w-]+)?\s+{_TEXT})\b"
        r"(?!\s+(?:shop|store|school|course|app|brand|clothing|laden|schule|kurs))"
    )


def _behind(adjectives: str) -> str:
    return (
        r"(?i)\b(?:tone|style|voice|wording|copy|text|ton|stil|tonfall)"
        rf"(?:\s+(?:is|should be|must be|soll|sein))?:?\s+((?:{adjectives}))\b"
    )


_TECHNOLOGY_NAMES: Final = (
    r"React Native|React|Vue(?:\.js)?|Svelte(?:Kit)?|Angular|Next\.?js|Nuxt|Astro|Gatsby|Remix|"
    "Tailwind(?: CSS)?|Bootstrap|TypeScript|JavaScript|jQuery|PHP|Laravel|Django|Flask|"
    "Rails|WordPress|Webflow|Framer|Figma|Shopify|"
    "Squarespace|Wix|Elementor|Drupal|Joomla"
)
_TECHNOLOGY: Final = (
    rf"(?:{_TECHNOLOGY_NAMES})(?:\s*(?:,|\+|and|und|&)\s*(?:{_TECHNOLOGY_NAMES}|HTML|CSS))*(?![\w.]*\w)"
)
_IN_TECHNOLOGY: Final = re.compile(
    rf"(?i:\s+(?:(?:built|made|written|coded|gebaut)\s+)?(?:in|with|using|on|mit))\s+(?P<named>{_TECHNOLOGY})"
)
_PAGE_IN: Final = re.compile(
    r"(?i:\b(?:landing[ -]?page|web ?site|web ?page|home ?page|site|page|one[ -]pager|webseite|startseite|"
    r"seite))"
    rf"(?P<technology>{_IN_TECHNOLOGY.pattern})"
)


def technology(text: str) -> str | None:
    """The technology in which a task asks for its page: "React" of "a page in React for a dog walker"."""
    match = _PAGE_IN.search(text)
    return match["named"] if match else None


def without_technology(text: str) -> str:
    """``text`` without the technology in which it asks for its page.

    >>> without_technology("Build a landing page in React and Tailwind for a dog walker")
    'Build a landing page for a dog walker'
    """
    match = _PAGE_IN.search(text)
    return text if match is None else text[: match.start("technology")] + text[match.end("technology") :]


_DOCUMENT: Final = re.compile(
    r"(?i)\b(?:create|write|make|draft|develop|prepare|produce|generate|design|build|need|want|give me|plan|"
    r"erstell\w*|schreib\w*|entwirf|entwickle|mach\w*)\s+(?:(?:me|us|mir|uns)\s+)?"
    r"(?:(?:an?|the|my|our|ein\w*|den|das)\s+)?(?:[\w-]+\s+){0,2}?"
    r"(?P<document>marketing (?:plan|strategy)|business plan|pitch deck|go[ -]to[ -]market (?:plan|strategy)|"
    r"blog post|newsletter|flyer|brochure|press release|advert|marketingplan|businessplan|geschäftsplan|"
    r"broschüre|blogbeitrag|pressemitteilung)(?![\w-])(?!\s+(?:app|tool|template|builder|generator|service|course|software))"
)
_ASKS_PAGE: Final = re.compile(
    r"(?i)\b(?:landing|web ?site|web ?page|home ?page|one[ -]pager|landing-?page|webseite|startseite)\b"
)


def other_document(text: str) -> str | None:
    """The document that a task asks for in place of a page: "marketing plan" of "Create a marketing plan for
    a bakery"."""
    match = None if _ASKS_PAGE.search(text) else _DOCUMENT.search(text)
    return match["document"].lower() if match else None
