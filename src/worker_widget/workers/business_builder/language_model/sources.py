"""Where answers come from: the endpoint, which is recorded, or a recording, which costs nothing.

What is recorded is the outcome of a question, an answer or a trouble, under the sum of the question. The
replay token names each outcome by both sums, so that a replay asks for the very ones, in their order, and
knows when one is missing.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import msgspec

from ....host.worker import CannotReplay
from ..engine import failures
from ..language import typography
from ..writing.writer import Commission
from .endpoint import Answer, Endpoint, Question
from .model_errors import Trouble
from .recordings import Recordings

_LONGEST_NAME: Final = 200


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is recorded: an answer as it came, and where it was none, code and words of the trouble."""

    answer: Answer
    trouble: str = ""
    error: str = ""
    wait_s: float = 0.0


class Noted(msgspec.Struct, frozen=True):
    """An outcome as the replay token names it: ``request`` and ``answer`` are SHA-256 sums in hex."""

    stage: str
    model: str
    request: str
    answer: str


class Part(msgspec.Struct, frozen=True):
    """The language model's part of a replay token: who wrote, if anyone, and what each probe said."""

    engine: str | None = None
    probes: tuple[str | None, ...] = ()
    answers: tuple[Noted, ...] = ()


class Source(Protocol):
    """``engine`` is what the log calls who writes; ``live`` says that answers come bit by bit, ``secret`` is
    what they must not tell."""

    live: bool

    @property
    def secret(self) -> str: ...

    @property
    def engine(self) -> str: ...

    def model(self, stage: str) -> str:
        """What the model is called that is asked next in a stage."""
        ...

    async def probe(self) -> str | None: ...

    async def answer(
        self, question: Question, commission: Commission, on_text: Callable[[str], None]
    ) -> Answer:
        """Raises `Trouble`."""
        ...


class Live:
    """The endpoint; what it answers is recorded."""

    live = True

    def __init__(self, endpoint: Endpoint, recordings: Recordings) -> None:
        self._endpoint = endpoint
        self._recordings = recordings

    @property
    def secret(self) -> str:
        return self._endpoint.settings.secret

    @property
    def engine(self) -> str:
        return f"the language model {self._endpoint.settings.model}"

    def model(self, stage: str) -> str:
        return self._endpoint.settings.model

    async def probe(self) -> str | None:
        return await self._endpoint.probe()

    async def answer(
        self, question: Question, commission: Commission, on_text: Callable[[str], None]
    ) -> Answer:
        settings = self._endpoint.settings
        try:
            answer = await self._endpoint.answer(question, commission.time_s, on_text)
            if settings.tells(answer.text) or settings.tells(answer.refusal):
                error = "the language model's answer cannot be used: it repeats the key"
                raise Trouble(failures.MODEL_BROKEN_ANSWER, error)
        except Trouble as trouble:
            trouble.text = "" if settings.tells(trouble.text) else trouble.text
            heard = Answer(trouble.text)
            outcome = Outcome(heard, trouble.failure.code, str(trouble), trouble.wait_s)
            await self._record(question, commission, outcome)
            raise
        await self._record(question, commission, Outcome(answer))
        return answer

    async def _record(self, question: Question, commission: Commission, outcome: Outcome) -> None:
        content = msgspec.json.encode(outcome)
        noted = Noted(commission.stage, question.model, question.sum, hashlib.sha256(content).hexdigest())
        commission.note(msgspec.to_builtins(noted))
        try:
            await asyncio.to_thread(self._recordings.keep, noted.request, noted.answer, content)
        except sqlite3.Error as error:
            commission.say(
                f"The answer could not be recorded ({error}): a replay will not have it", "warning"
            )


class Replayed:
    """The recorded outcomes of one run, in their order; for one replay of it."""

    live = False
    secret = ""

    def __init__(self, part: Part, recordings: Recordings | None) -> None:
        self._part = part
        self._recordings = recordings
        self._probes = deque(part.probes)
        self._left: dict[str, deque[Noted]] = {}
        for noted in part.answers:
            self._left.setdefault(noted.stage, deque()).append(noted)

    @property
    def engine(self) -> str:
        return f"{typography.clean(self._part.engine or 'the language model')[:_LONGEST_NAME]}, as recorded"

    def model(self, stage: str) -> str:
        return self._next(stage).model

    async def check(self) -> None:
        """Raises `CannotReplay` where an outcome is no longer recorded."""
        sums = [(noted.request, noted.answer) for noted in self._part.answers]
        missing = len(sums)
        if self._recordings is not None:
            try:
                missing = await asyncio.to_thread(self._recordings.missing, sums)
            except sqlite3.Error as error:
                raise CannotReplay(f"The recorded answers cannot be read ({error}).") from None
        if missing:
            raise CannotReplay(
                f"{missing} of the language model's {len(sums)} answers in this run are not recorded here, or"
                " no longer, so that it cannot be replayed exactly: nothing was verified. Recordings stay on"
                " the computer that made them, and where they become too many, the oldest go."
            )

    async def probe(self) -> str | None:
        return self._probes.popleft() if self._probes else None

    async def answer(
        self, question: Question, commission: Commission, on_text: Callable[[str], None]
    ) -> Answer:
        noted = self._next(commission.stage)
        if noted.request != question.sum:
            raise CannotReplay(
                f"In {commission.stage} this replay would ask the language model something else than the run"
                " that it repeats: the recorded answer does not belong to it, and nothing was verified."
            )
        self._left[commission.stage].popleft()
        found = None
        if self._recordings is not None:
            found = await asyncio.to_thread(self._recordings.find, noted.request, noted.answer)
        if found is None or hashlib.sha256(found).hexdigest() != noted.answer:
            raise CannotReplay("A recorded answer of the language model went missing: nothing was verified.")
        commission.note(msgspec.to_builtins(noted))
        outcome = msgspec.json.decode(found, type=Outcome)
        if outcome.trouble:
            failure = failures.CATALOG[outcome.trouble]
            raise Trouble(failure, outcome.error, wait_s=outcome.wait_s, text=outcome.answer.text)
        return outcome.answer

    def _next(self, stage: str) -> Noted:
        left = self._left.get(stage)
        if not left:
            raise CannotReplay(
                f"In {stage} this replay would ask the language model once more than the run that it repeats:"
                " there is no answer to it, and nothing was verified."
            )
        return left[0]


async def replayed(token: Mapping[str, Any], recordings: Recordings | None) -> Replayed | None:
    """The recorded outcomes that a replay token names; ``None`` where no language model had a part.

    Raises `CannotReplay`.
    """
    try:
        part = msgspec.convert(token.get("language_model"), Part | None)
    except msgspec.ValidationError as error:
        raise CannotReplay(f"The replay token's language_model makes no sense: {error}.") from None
    if part is None or part.engine is None:
        return None
    source = Replayed(part, recordings)
    await source.check()
    return source
