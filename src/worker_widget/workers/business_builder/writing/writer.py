"""The protocol between a stage and the writer of its texts.

The rule engine lets the stage compose its texts. A language model gets the same `WritingRequest`, may start
from the rule engine's texts, streams its text, and returns texts of the same shape. Both are checked in the
same way, and the failures that they raise go through the failure catalog.
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

LogLevel = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True)
class StageTexts:
    """A stage's texts, before the checks.

    ``copy`` is the landing page's copy, from the stage that writes it. ``tokens`` is the cost that the writer
    reports, ``None`` where it is counted from the texts. ``streamed`` says that the texts were emitted while
    they were written. ``rejected`` counts standard wordings that a rule forbids.
    """

    drafts: tuple[Draft, ...]
    copy: LandingCopy | None = None
    rejected: int = 0
    tokens: int | None = None
    streamed: bool = False


@dataclass(frozen=True)
class WritingRequest:
    """A request of a stage to its writer.

    ``name`` is the name of the offer, ``readers`` are the labels of its audiences. ``facts`` are the texts of
             the brief and the brand by location; with ``task`` they are all that is known. ``earlier`` are
             the artifacts so far, ``rules`` those that the texts are checked against. ``limit`` is in tokens,
             ``time_s`` in seconds. ``plain_words`` asks for plainer words than the last attempt; ``feedback``
             is the error of the last answer.

    `by_rules` composes the texts by rules. `stream` emits more text of an artifact (name, type, text). `log`
    emits a log line with its level. `record_answer` keeps an answer's identity for the replay token.
    """

    stage: str
    aspiration: str
    name: str
    language: Language
    tone: Tone
    readers: Sequence[str]
    task: str
    facts: Mapping[str, str]
    earlier: Mapping[str, str]
    rules: Sequence[Rule]
    limit: int
    time_s: float
    attempt: int
    plain_words: bool
    feedback: str
    by_rules: Callable[[], StageTexts]
    stream: Callable[[str, str, str], None]
    log: Callable[[str, LogLevel], None]
    record_answer: Callable[[dict[str, Any]], None]


class TextWriter(Protocol):
    """``engine`` is its name in the log, such as "the rule engine"."""

    @property
    def engine(self) -> str: ...

    async def probe(self) -> str | None:
        """Why it cannot write, if so; called before a run that it is to write."""
        ...

    async def write(self, request: WritingRequest) -> StageTexts:
        """The texts. Raises `StageFailure` with an entry of the catalog where it cannot write them."""
        ...


class RuleEngine:
    """Writes by rules and content: immediately, deterministically, and without a network."""

    engine: Final = "the rule engine"

    async def probe(self) -> str | None:
        return None

    async def write(self, request: WritingRequest) -> StageTexts:
        return request.by_rules()
