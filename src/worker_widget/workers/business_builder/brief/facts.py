"""The facts of a run: every text of the task and the brand that can be quoted, by its location.

A location is a path such as ``brand.mission`` or ``brief.features[1]``. These texts are checked against the
rules before anything is written. A rewritten text replaces the original, so that no later stage quotes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from ....events.request_models import Audience, Tone
from ..content import library
from ..content.library import AudienceText, Field, Kind
from ..language import typography
from ..language.language import Language
from .brief import Brief

_OF_THE_OFFER: Final = frozenset(
    {"subject", "audience", "activity", "function", "gist", "theme", "setting", "place", "quote"}
)
"""The parts of a brief that describe the offer: not its prices, dates and sentences."""

QUOTED_AS_GIVEN = "brand.required_disclosures"
"""The location of texts that no rule may change."""

OTHER_AUDIENCES = "brand.target_audience"
"""The location of the audiences that the brand names in its own words."""

_MOST_NAMED = 3


@dataclass(frozen=True)
class Facts:
    """The brief and the brand of a run, cleaned.

    ``texts`` maps locations to quotable texts. ``working_title`` says that the name was derived from the
              task.
    ``audiences`` is empty where the brand names none. ``language`` is the language of the artifacts: the
                  task's, or if that is unknown the brand's.
    """

    name: str
    working_title: bool
    tone: Tone
    audiences: tuple[Audience, ...]
    brief: Brief
    kind: Kind
    field: Field
    texts: Mapping[str, str]
    language: Language

    @property
    def knows_trade(self) -> bool:
        """Whether the line of business is known, so that there are sentences about it."""
        return self.field is not self.kind

    @property
    def theme_link(self) -> str:
        """The word between the offer and its theme."""
        return self.brief.link

    @property
    def task(self) -> str:
        """The task, cleaned."""
        return self.brief.task

    def text(self, location: str) -> str:
        """The text from ``location``; empty if there is none."""
        return self.texts.get(location, "")

    def all(self, location: str) -> tuple[str, ...]:
        """The texts of a list, such as ``brand.audience_pain_points``, in order."""
        return tuple(text for key, text in self.texts.items() if key.startswith(location + "["))

    def with_text(self, location: str, text: str) -> Facts:
        """A copy with another text at ``location``; an empty text removes it."""
        texts = {**self.texts, location: text}
        if not text:
            del texts[location]
        changed = replace(self, texts=texts)
        return replace(changed, name=self.language.title(changed)) if self.working_title else changed

    @property
    def people(self) -> str:
        """The audience in running text: the task's, or else the one in the brand's own words."""
        named = self.all(OTHER_AUDIENCES)[:_MOST_NAMED]
        joint = library.words(self.language.folder).and_
        return self.text("brief.audience") or (typography.listed(named, joint) if named else "")

    @property
    def readers(self) -> tuple[str, ...]:
        """The names of the brand's audiences."""
        return (*(text.label for text in self.audience_texts), *self.all(OTHER_AUDIENCES))

    @property
    def audience_texts(self) -> tuple[AudienceText, ...]:
        """The texts for the brand's audiences, in the language of the run."""
        known = library.audiences(self.language.folder)
        return tuple(known[audience] for audience in self.audiences)

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements that drift is measured against: the brand's, or without a brand the brief's."""
        own = ("brand.mission", "brand.value_proposition", "brand.tagline", "brand.vision")
        brand = tuple(self.texts[location] for location in own if location in self.texts)
        return brand or tuple(
            text
            for key, text in self.texts.items()
            if key.removeprefix("brief.") in _OF_THE_OFFER or key.startswith("brief.features")
        )
