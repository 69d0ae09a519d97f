"""The source of a language model's answers: its endpoint, whose answers are recorded, or the recordings.

The outcome of each request, an answer or an error, is recorded under the request's checksum. The replay token
names each outcome by both checksums, so that a replay uses the same outcomes in the same order and detects a
missing one.
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
from ..writing.writer import WritingRequest
from .endpoint import ModelAnswer, ModelEndpoint, ModelRequest
from .model_errors import ModelError
from .recordings import Recordings

_LONGEST_NAME: Final = 200


class RecordedOutcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """A recorded answer; where the request failed, ``trouble`` and ``error`` are the failure's code and
    text."""

    answer: ModelAnswer
    trouble: str = ""
    error: str = ""
    wait_s: float = 0.0


class AnswerReference(msgspec.Struct, frozen=True):
    """The replay token's reference to an outcome; ``request`` and ``answer`` are SHA-256 in hex."""

    stage: str
    model: str
    request: str
    answer: str


class ModelReplay(msgspec.Struct, frozen=True):
    """The language model's part of a replay token; ``engine`` is ``None`` where no model wrote."""

    engine: str | None = None
    probes: tuple[str | None, ...] = ()
    answers: tuple[AnswerReference, ...] = ()


class AnswerSource(Protocol):
    """``engine`` is the model's name in the log; ``live`` says that answers are streamed; ``secret`` must not
    occur in an answer."""

    live: bool

    @property
    def secret(self) -> str: ...

    @property
    def engine(self) -> str: ...

    def model(self, stage: str) -> str:
        """The name of the model that the next request of a stage goes to."""
        ...

    async def probe(self) -> str | None: ...

    async def answer(
        self, call: ModelRequest, request: WritingRequest, on_text: Callable[[str], None]
    ) -> ModelAnswer:
        """Raises `ModelError`."""
        ...


class LiveAnswers:
    """The endpoint; its answers are recorded."""

    live = True

    def __init__(self, endpoint: ModelEndpoint, recordings: Recordings) -> None:
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
        self, call: ModelRequest, request: WritingRequest, on_text: Callable[[str], None]
    ) -> ModelAnswer:
        settings = self._endpoint.settings
        try:
            answer = await self._endpoint.answer(call, request.time_s, on_text)
            if settings.reveals_key(answer.text) or settings.reveals_key(answer.refusal):
                message = "the language model's answer cannot be used: it repeats the key"
                raise ModelError(failures.MODEL_BROKEN_ANSWER, message)
        except ModelError as error:
            error.text = "" if settings.reveals_key(error.text) else error.text
            partial = ModelAnswer(error.text)
            outcome = RecordedOutcome(partial, error.failure.code, str(error), error.wait_s)
            await self._record(call, request, outcome)
            raise
        await self._record(call, request, RecordedOutcome(answer))
        return answer

    async def _record(self, call: ModelRequest, request: WritingRequest, outcome: RecordedOutcome) -> None:
        content = msgspec.json.encode(outcome)
        reference = AnswerReference(
            request.stage, call.model, call.checksum, hashlib.sha256(content).hexdigest()
        )
        request.record_answer(msgspec.to_builtins(reference))
        try:
            await asyncio.to_thread(self._recordings.keep, reference.request, reference.answer, content)
        except sqlite3.Error as error:
            request.log(
                f"The answer could not be recorded ({error}), so running this again cannot be verified.",
                "warning",
            )


class RecordedAnswers:
    """The recorded outcomes of a run, in order, for one replay of it."""

    live = False
    secret = ""

    def __init__(self, part: ModelReplay, recordings: Recordings | None) -> None:
        self._part = part
        self._recordings = recordings
        self._probes = deque(part.probes)
        self._left: dict[str, deque[AnswerReference]] = {}
        for reference in part.answers:
            self._left.setdefault(reference.stage, deque()).append(reference)

    @property
    def engine(self) -> str:
        return f"{typography.clean(self._part.engine or 'the language model')[:_LONGEST_NAME]}, as recorded"

    def model(self, stage: str) -> str:
        return self._next(stage).model

    async def check(self) -> None:
        """Raises `CannotReplay` where a recorded outcome is missing."""
        sums = [(reference.request, reference.answer) for reference in self._part.answers]
        missing = len(sums)
        if self._recordings is not None:
            try:
                missing = await asyncio.to_thread(self._recordings.missing, sums)
            except sqlite3.Error as error:
                raise CannotReplay(f"The recorded answers cannot be read ({error}).") from None
        if missing:
            raise CannotReplay(
                f"{missing} of the language model's {len(sums)} answers in this run are not recorded on this"
                " computer, so it cannot be run again exactly and nothing was verified. Recordings stay on"
                " the computer that made them, and the oldest are deleted when they take too much space."
            )

    async def probe(self) -> str | None:
        return self._probes.popleft() if self._probes else None

    async def answer(
        self, call: ModelRequest, request: WritingRequest, on_text: Callable[[str], None]
    ) -> ModelAnswer:
        reference = self._next(request.stage)
        if reference.request != call.checksum:
            raise CannotReplay(
                f"In {request.stage} this run would send another request to the language model than the"
                " original run, so the recorded answer does not match and nothing was verified."
            )
        self._left[request.stage].popleft()
        found = None
        if self._recordings is not None:
            found = await asyncio.to_thread(self._recordings.find, reference.request, reference.answer)
        if found is None or hashlib.sha256(found).hexdigest() != reference.answer:
            raise CannotReplay("A recorded answer of the language model is missing; nothing was verified.")
        request.record_answer(msgspec.to_builtins(reference))
        outcome = msgspec.json.decode(found, type=RecordedOutcome)
        if outcome.trouble:
            failure = failures.CATALOG[outcome.trouble]
            raise ModelError(failure, outcome.error, wait_s=outcome.wait_s, text=outcome.answer.text)
        return outcome.answer

    def _next(self, stage: str) -> AnswerReference:
        left = self._left.get(stage)
        if not left:
            raise CannotReplay(
                f"In {stage} this run would send one more request to the language model than the original"
                " run; it has no recorded answer, and nothing was verified."
            )
        return left[0]


async def replayed(token: Mapping[str, Any], recordings: Recordings | None) -> RecordedAnswers | None:
    """The recorded outcomes that a replay token names; ``None`` where no language model wrote.

    Raises `CannotReplay`.
    """
    try:
        part = msgspec.convert(token.get("language_model"), ModelReplay | None)
    except msgspec.ValidationError as error:
        raise CannotReplay(f"The replay token's language_model is invalid: {error}.") from None
    if part is None or part.engine is None:
        return None
    source = RecordedAnswers(part, recordings)
    await source.check()
    return source
