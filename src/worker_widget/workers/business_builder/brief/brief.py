"""A brief: the parts of a task, as phrases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from ..language import typography

FactKind = Literal["price", "date", "time", "contact", "place", "number", "name"]
KINDS: Final[tuple[FactKind, ...]] = ("contact", "price", "date", "time", "place", "number", "name")


@dataclass(frozen=True)
class StatedFact:
    """A fact and its place in the text, in characters."""

    kind: FactKind
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Brief:
    """The parts of a task. Phrases fit into a sentence: without an article, and in lower case but for names.

    ``subject``   the offer, as in "climate sensor"
    ``audience``  the people that it is for, in the plural, as in "busy parents"
    ``activity``  their activity with it, an infinitive phrase, as in "track their orders"
    ``function``  its own function, an infinitive phrase, as in "turn recordings into episodes"
    ``gist``      the text after the colon of a task such as "Adopt a beehive: city people sponsor a hive"
    ``theme``     the subject of a publication
    ``setting``   the place or matter that it is used for, as in "greenhouses"
    ``place``     a town or country, as written
    ``features``  its features
    ``name``      its name
    ``quote``     the words of a task in a language that is not written, without the request
    ``wording``   the offer with all that the sentence says of it, as written: "a café where you can read"
    ``statements`` the other sentences that say something about the offer, as written
    ``unused``    the sentences that are about the writing, or about their author: not for a page
    ``stated``    the prices, dates, times, contacts, places, numbers and names in the task
    ``unlisted``  the number of further ones that are not kept
    ``link``      the word before ``theme``: "about" or "on"
    ``other_work`` the opening of a task that asks for other work than a page
    ``field``     the line of business (a key of `library.fields`), ``kind`` the kind of offer
    """

    task: str
    language: str = "en"
    subject: str | None = None
    audience: str | None = None
    activity: str | None = None
    function: str | None = None
    gist: str | None = None
    theme: str | None = None
    setting: str | None = None
    place: str | None = None
    features: tuple[str, ...] = ()
    name: str | None = None
    link: str = "about"
    quote: str | None = None
    wording: str | None = None
    statements: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    stated: tuple[StatedFact, ...] = ()
    unlisted: int = 0
    other_work: str | None = None
    field: str | None = None
    kind: str = "product"

    @property
    def is_read(self) -> bool:
        """Whether the offer, its audience or its purpose was read."""
        phrases = (
            self.subject, self.audience, self.activity, self.function, self.gist, self.quote, self.field,
        )  # fmt: skip
        return any(phrase is not None for phrase in phrases)

    def all_stated(self, kind: FactKind) -> tuple[str, ...]:
        """The stated facts of a kind, each once."""
        return tuple(dict.fromkeys(fact.text for fact in self.stated if fact.kind == kind))

    @property
    def constraints(self) -> int:
        """The number of parts besides the subject."""
        phrases = (
            self.audience,
            self.activity,
            self.function,
            self.theme,
            self.setting,
            self.place,
            self.name,
        )
        return sum(phrase is not None for phrase in phrases) + len(self.features)


def brief_parts(found: Brief) -> Iterator[tuple[str, str]]:
    """The parts that were read, as pairs of a label and a phrase."""
    for label in ("subject", "audience", "activity", "function", "gist", "theme", "setting", "place", "name"):
        phrase = getattr(found, label)
        if phrase:
            yield label, phrase
    if found.features:
        yield "features", typography.listed(found.features)
