"""The details of the landing page: what the task states and no other section has.

Nothing that the task states is lost: a price, a date, a time, a place, a number or a name that no other text
of the page has gets an entry here.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from ..language import detection, typography
from ..language.word_lists import STOP_WORDS
from .draft import strings
from .landing_copy import DetailItem, DetailSection, LandingCopy
from .pen import Pen

_WORD: Final = re.compile(r"[^\W_][\w'’-]*")
_STEM: Final = 5
"""Letters that two forms of a word have in common."""

_SEPARATOR: Final = " · "
_SHOWN_BY_LABEL: Final = ("date", "time", "place", "price", "contact")


def details(pen: Pen, copy: LandingCopy) -> DetailSection | None:
    """The section with what the rest of the page, ``copy``, leaves out; ``None`` if there is nothing."""
    words = pen.words.landing
    shown = _text_of(copy)
    texts = [pen.quote(typography.sentence(text)) for text in _sentences(pen, copy)]
    texts = [text for text in texts if text and text not in shown]
    items = _items(pen, " ".join([shown, *texts]))
    labelled = any(_apart(pen, key) for key in ("date", "time", "price", "contact"))
    new = any(not _is_in(item.text, shown) for item in items)
    if not texts and not (items and (new or labelled or len(items) > 1)):
        return None
    wordings = (words.details,) if items else words.about
    heading = pen.prefer("details.heading", *wordings, once=False)
    return DetailSection(heading=heading, texts=tuple(texts), items=items) if heading else None


def _sentences(pen: Pen, copy: LandingCopy) -> list[str]:
    facts = pen.facts
    wording, quote = facts.text("brief.wording"), facts.text("brief.quote")
    shown = _own_words(copy)
    kept = [wording] if wording and says_more(pen, wording, shown) else []
    kept += [quote] if quote and not _is_in(quote.rstrip("."), shown) else []
    return [*kept, *facts.all("brief.statements")]


def _own_words(copy: LandingCopy) -> str:
    """The texts of the page that are about this offer alone."""
    hero = copy.hero
    parts = [copy.title, hero.eyebrow, hero.headline, hero.subhead, hero.note]
    parts += copy.features.items if copy.features else ()
    parts += [copy.mission.quote, copy.mission.vision] if copy.mission else ()
    return " ".join(parts)


def _items(pen: Pen, shown: str) -> tuple[DetailItem, ...]:
    facts, labels = pen.facts, pen.words.landing.labels
    when = (*_apart(pen, "date"), *_apart(pen, "time"))
    places = tuple(dict.fromkeys([*filter(None, [facts.text("brief.place")]), *_apart(pen, "place")]))
    rows = [
        ("when", when),
        ("place", _without_parts(places)),
        ("price", _apart(pen, "price")),
        ("contact", _apart(pen, "contact")),
        ("audience", _audience(pen, shown)),
    ]
    listed = " ".join([shown, *(text for _, texts in rows for text in texts)])
    also = [
        text for text in (*facts.all("brief.number"), *facts.all("brief.name")) if not _is_in(text, listed)
    ]
    also += [text for text in _missing_parts(pen) if not _is_in(text, " ".join([listed, *also]))]
    rows.append(("also", tuple(also)))
    return tuple(
        DetailItem(label=labels[key], text=text)
        for key, texts in rows
        if (text := pen.allowed(_SEPARATOR.join(map(typography.capital, texts))))
    )


def _apart(pen: Pen, key: str) -> tuple[str, ...]:
    """The facts of a kind that belong to the offer: "Estimates are free" is no price of the offer."""
    sentences = " ".join(pen.facts.all("brief.statements"))
    return tuple(text for text in pen.facts.all(f"brief.{key}") if not _is_in(text, sentences))


def _missing_parts(pen: Pen) -> list[str]:
    """The read parts that a page without general sentences may have no sentence for."""
    keys = ("brief.activity", "brief.function", "brief.theme", "brief.setting")
    return [text for text in map(pen.facts.text, keys) if text and not pen.facts.text("brief.wording")]


def _audience(pen: Pen, shown: str) -> tuple[str, ...]:
    """The audience of the task, where the page does not name it yet; else those of the brand."""
    facts = pen.facts
    own = facts.text("brief.audience")
    if own:
        return () if _is_in(own, shown) else (own,)
    if facts.knows_trade:
        return ()
    return tuple(text.label for text in facts.audience_texts)


def in_one_line(pen: Pen) -> str:
    """Date, time, place and price in one line; empty if the task has neither a date nor a price, or no more
    than one of them."""
    facts = pen.facts
    when = [*_apart(pen, "date"), *_apart(pen, "time")]
    where = [facts.text("brief.place") or next(iter(_apart(pen, "place")), "")]
    prices = _apart(pen, "price")
    parts = [text for text in (*when, *where, *prices) if text]
    if len(parts) < 2 or not (when or prices):
        return ""
    return pen.allowed(typography.capital(_SEPARATOR.join(parts)))


def says_more(pen: Pen, text: str, shown: str) -> bool:
    """Whether ``text`` has a content word that neither ``shown`` nor the labelled facts have."""
    facts = pen.facts
    labelled = [fact for key in _SHOWN_BY_LABEL for fact in facts.all(f"brief.{key}")]
    known = {word[:_STEM] for word in _words(" ".join([shown, *labelled]))}
    return any(word[:_STEM] not in known for word in _words(text))


def foreign_texts(pen: Pen, copy: LandingCopy, details: DetailSection | None) -> dict[str, str]:
    """The texts of the page that quote the task or the brand in another language than the page's."""
    facts, page = pen.facts, copy.language
    codes: dict[str, str] = {}
    given = {text: facts.brief.language for key, text in facts.texts.items() if key.startswith("brief.")}
    given |= {
        text: detection.recognise(text) or page
        for key, text in facts.texts.items()
        if key.startswith("brand.")
    }
    texts = [*strings(msgspec.to_builtins(copy)), *strings(msgspec.to_builtins(details))]
    foreign = {text.strip(" .").casefold(): code for text, code in given.items() if code != page}
    if not foreign:
        return {}
    if facts.working_title and facts.text("brief.quote"):
        foreign[facts.name.casefold()] = facts.brief.language
    for text in texts:
        code = foreign.get(text.strip(" .…").casefold())
        if code is None:
            pieces = {foreign.get(piece.casefold()) for piece in text.split(_SEPARATOR)}
            code = pieces.pop() if len(pieces) == 1 else None
        if code is None and facts.text("brief.quote"):
            found = (
                code
                for quoted, code in foreign.items()
                if len(text) > 3 and text.strip(" .…“”").casefold() in quoted
            )
            code = next(found, None)
        if code is not None:
            codes[text] = code
    return codes


def _text_of(copy: LandingCopy) -> str:
    return "\n".join(strings(msgspec.to_builtins(copy)))


def _is_in(text: str, shown: str) -> bool:
    return text.casefold() in shown.casefold()


def _without_parts(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The texts that are no part of another one."""
    return tuple(text for text in texts if not any(text != other and text in other for other in texts))


def _words(text: str) -> list[str]:
    words = (word.casefold() for word in _WORD.findall(text))
    return [word for word in words if word not in STOP_WORDS and (len(word) > 2 or word[0].isdigit())]
