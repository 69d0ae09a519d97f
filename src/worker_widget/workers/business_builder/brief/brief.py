"""A brief: what a task says, as phrases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..language import typography


@dataclass(frozen=True)
class Brief:
    """A task, read. Phrases stand as they fit into a sentence: no article, no capital but their own.

    ``subject``   what is offered, as in "climate sensor"
    ``audience``  for whom, in the plural, as in "busy parents"
    ``activity``  what it lets them do, an infinitive phrase, as in "track their orders"
    ``function``  what it does itself, an infinitive phrase, as in "turn recordings into episodes"
    ``gist``      what follows the colon of a task such as "Adopt a beehive: city people sponsor a hive"
    ``theme``     what a publication is about
    ``setting``   where or for what it is used, where that is not people, as in "greenhouses"
    ``place``     a town or country, as written
    ``features``  what it is said to come with
    ``name``      what it is said to be called
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
    field: str | None = None
    kind: str = "product"

    @property
    def is_read(self) -> bool:
        """Whether anything was understood of what is offered, to whom or what for."""
        said = (self.subject, self.audience, self.activity, self.function, self.gist, self.field)
        return any(phrase is not None for phrase in said)

    @property
    def constraints(self) -> int:
        """How many things besides its subject the task says."""
        said = (self.audience, self.activity, self.function, self.theme, self.setting, self.place, self.name)
        return sum(phrase is not None for phrase in said) + len(self.features)


def brief_parts(found: Brief) -> Iterator[tuple[str, str]]:
    """What was read, as pairs of a word for it and the phrase; for a log or a report."""
    for label in ("subject", "audience", "activity", "function", "gist", "theme", "setting", "place", "name"):
        phrase = getattr(found, label)
        if phrase:
            yield label, phrase
    if found.features:
        yield "features", typography.listed(found.features)
