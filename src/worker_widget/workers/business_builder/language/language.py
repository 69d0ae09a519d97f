"""The protocol of a language that the engine writes in, and the facts that it needs for that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from ....events.request_models import Audience, Tone
from ..content.library import AudienceText, Field, Kind


class OfferFacts(Protocol):
    """The facts of a run that the sentences of a language are filled with.

    ``texts`` maps locations such as ``brief.subject`` to texts of the task and the brand; `text` returns
    one of them, or an empty string.
    """

    @property
    def name(self) -> str: ...
    @property
    def working_title(self) -> bool: ...
    @property
    def task(self) -> str: ...
    @property
    def tone(self) -> Tone: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def field(self) -> Field: ...
    @property
    def texts(self) -> Mapping[str, str]: ...
    @property
    def audiences(self) -> tuple[Audience, ...]: ...
    @property
    def people(self) -> str: ...
    @property
    def audience_texts(self) -> tuple[AudienceText, ...]: ...
    @property
    def theme_link(self) -> str: ...
    def text(self, location: str) -> str: ...


class Language(Protocol):
    """A language that the engine writes in.

    ``code`` is its two-letter code, ``name`` its English name, ``folder`` the folder of its content below
    ``content/`` (empty for English, which lies in ``content/`` itself).
    """

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def folder(self) -> str: ...

    def slots(self, facts: OfferFacts) -> dict[str, str]:
        """The values of the slots in this language's sentences."""
        ...

    def voice(self, facts: OfferFacts) -> Callable[[str], str]:
        """A function that puts a sentence into the voice of the tone, before its slots are filled."""
        ...

    def title(self, facts: OfferFacts) -> str:
        """A working title from the task's own words."""
        ...

    def terms(self, texts: Sequence[str], most: int, *, place: str = "") -> list[str]:
        """The content words of ``texts``, the most frequent first, without those of ``place``."""
        ...

    def tidied(self, text: str) -> str:
        """``text`` with its grammar repaired after words were replaced in it."""
        ...


def default_audience(facts: OfferFacts) -> str:
    """The audience of a task that names none: the usual one of a known trade, or the brand's first one.

    Empty if neither is known.
    """
    first = facts.audience_texts[0].who if facts.audiences and facts.field is facts.kind else ""
    return first or facts.field.who
