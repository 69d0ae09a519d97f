"""Who writes a stage's texts: the seam between what a stage asks for and how the words are found.

Every text of a run comes from a `Writer`. The rule engine is one: it lets the stage's own composition fill
itself. A language model is another: it gets the same `Commission`, may start from what the rules would write,
tells its text as it comes, and returns texts of the same shape. Whatever it returns goes through the same
checks as the rules' own texts; what it raises goes through the failure catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from ....events.request_models import Tone
from ..language.language import Language
from ..policy.rules import Rule
from .draft import Draft
from .landing_copy import LandingCopy

Level = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True)
class Written:
    """A stage's texts, not yet checked.

    ``copy`` are the landing page's words, from the stage that writes them. ``tokens`` is what writing cost
    where the writer knows better than the rule of counting; ``told`` says that the texts were told while
    they were written. ``passed_over`` counts wordings that broke a rule.
    """

    drafts: tuple[Draft, ...]
    copy: LandingCopy | None = None
    passed_over: int = 0
    tokens: int | None = None
    told: bool = False


@dataclass(frozen=True)
class Commission:
    """What a stage asks to be written.

    ``name`` is what the offer is called, ``readers`` says whom it speaks to, ``language`` is a two-letter
    code. ``facts`` are the texts of the brief and the brand by their location, and with the ``task`` all that
    is known; ``before`` are the artifacts so far, ``rules`` what the texts will be held to. ``limit`` is in
    tokens, ``time_s`` in seconds. ``plainly`` asks for plainer words than the last time, ``remark`` is what
    was wrong with the last answer.

    `by_rules` composes the texts by rules; `tell` shows more text of an artifact (name, type, text) at once;
    `say` tells a line of the log and its level; `note` keeps what identifies an answer in the replay token.
    """

    stage: str
    aspiration: str
    name: str
    language: Language
    tone: Tone
    readers: Sequence[str]
    task: str
    facts: Mapping[str, str]
    before: Mapping[str, str]
    rules: Sequence[Rule]
    limit: int
    time_s: float
    attempt: int
    plainly: bool
    remark: str
    by_rules: Callable[[], Written]
    tell: Callable[[str, str, str], None]
    say: Callable[[str, Level], None]
    note: Callable[[dict[str, Any]], None]


class Writer(Protocol):
    """``engine`` is what the log calls it, as in "written by the rule engine"."""

    @property
    def engine(self) -> str: ...

    async def probe(self) -> str | None:
        """What keeps it from writing, if anything does; asked before a run that it is to write."""
        ...

    async def write(self, commission: Commission) -> Written:
        """The texts. Raises `StageFailure` with an entry of the catalog where it cannot."""
        ...


class RuleEngine:
    """Writes by rules and texts of its own: at once, the same each time, and without a network."""

    engine: Final = "the rule engine"

    async def probe(self) -> str | None:
        return None

    async def write(self, commission: Commission) -> Written:
        return commission.by_rules()
