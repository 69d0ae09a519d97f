"""The endpoint: an OpenAI-compatible API, asked over the official client library.

It is somebody else's: it may be away, slow, busy, out of its mind or lying. Whatever goes wrong is raised as
`Trouble`; nothing is tried again here, that is recovery's. The library is imported when it is first needed.

Limits: a single line of the stream is held whole, however long it is.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..engine import failures
from .model_errors import Interpreter, Trouble
from .prompts import Message
from .settings import ModelSettings

if TYPE_CHECKING:
    import openai

PROBE_S: Final = 5.0
CONNECT_S: Final = 10.0
SILENCE_S: Final = 60.0
"""How long an answer may pause; a model on a small machine reads for a while before its first word."""

NOT_INSTALLED: Final = "the openai package is not installed (pip install 'worker-widget[llm]')"

_CHARS_A_TOKEN: Final = 16
_MAY_BE_REFUSED: Final = {"max_tokens": "max_completion_tokens", "stream_options": None}
"""Parameters that not every endpoint takes, and the one that takes the place of each."""


@dataclass(frozen=True)
class Question:
    """One request: ``most_tokens`` is the most it may be answered with."""

    model: str
    messages: Sequence[Message]
    most_tokens: int

    @property
    def sum(self) -> str:
        """SHA-256 of model, messages and parameters as canonical JSON, in hex."""
        said = {"model": self.model, "messages": list(self.messages), "max_tokens": self.most_tokens}
        canonical = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came back, as it was said. ``read`` and ``written`` are tokens by the endpoint's count, ``None``
    where it gives none; ``finish`` is its reason to stop, ``refusal`` its words where it declines."""

    text: str = ""
    read: int | None = None
    written: int | None = None
    finish: str | None = None
    refusal: str = ""


@dataclass
class Endpoint:
    """Holds nothing between requests but which parameters were refused."""

    settings: ModelSettings
    silence_s: float = SILENCE_S
    _refused: set[str] = field(default_factory=set)

    async def probe(self) -> str | None:
        """What keeps it from answering, if anything does: its list of models is asked for."""
        if self.settings.problem is not None:
            return self.settings.problem
        interpreter = Interpreter(self.settings, PROBE_S)
        try:
            async with asyncio.timeout(PROBE_S), self._client(PROBE_S) as client:
                await client.models.list()
        except ImportError:
            return NOT_INSTALLED
        except TimeoutError:
            return interpreter.says("does not answer")
        except Exception as error:
            return interpreter.absence(error)
        return None

    async def answer(self, question: Question, time_s: float, on_text: Callable[[str], None]) -> Answer:
        """Ask, and call ``on_text`` with all that has come whenever there is more.

        Raises `Trouble`; one that ``on_text`` raises ends the answer.
        """
        heard = _Heard()
        try:
            async with asyncio.timeout(time_s), aclosing(self._chunks(question)) as chunks:
                async for chunk in chunks:
                    if heard.take(chunk):
                        on_text(heard.text)
                    if len(heard.text) > _CHARS_A_TOKEN * question.most_tokens:
                        error = (
                            f"the language model's answer goes on beyond its {question.most_tokens} tokens"
                        )
                        raise Trouble(failures.MODEL_BROKEN_ANSWER, error)
        except Trouble as trouble:
            trouble.text = heard.text
            raise
        except TimeoutError:
            error = f"the language model did not finish within {time_s:g} s"
            raise Trouble(failures.MODEL_TIMED_OUT, error, text=heard.text) from None
        return heard.answer()

    async def _chunks(self, question: Question) -> AsyncGenerator[Any, None]:
        """The pieces of an answer. Whatever the client raises comes out as `Trouble`."""
        try:
            async with self._client(self.silence_s) as client, await self._begin(client, question) as stream:
                async for chunk in stream:
                    yield chunk
        except ImportError:
            raise Trouble(failures.MODEL_MISCONFIGURED, NOT_INSTALLED) from None
        except Exception as error:
            raise Interpreter(self.settings, self.silence_s).trouble(error) from None

    async def _begin(self, client: openai.AsyncOpenAI, question: Question) -> Any:
        """The stream of an answer; a parameter that is refused is left out, or called by its other name."""
        import openai

        create: Any = client.chat.completions.create
        while True:
            parameters = self._parameters(question)
            try:
                return await create(
                    model=question.model, messages=list(question.messages), stream=True, **parameters
                )
            except openai.BadRequestError as error:
                words = str(error)
                refused = next(
                    (name for name in _MAY_BE_REFUSED if name in parameters and name in words), None
                )
                if refused is None:
                    raise
                self._refused.add(refused)

    def _parameters(self, question: Question) -> dict[str, Any]:
        values: dict[str, Any] = {
            "max_tokens": question.most_tokens,
            "stream_options": {"include_usage": True},
        }
        for name in self._refused:
            value, other = values.pop(name), _MAY_BE_REFUSED[name]
            if other is not None:
                values[other] = value
        return values

    @asynccontextmanager
    async def _client(self, silence_s: float) -> AsyncIterator[openai.AsyncOpenAI]:
        library = await asyncio.to_thread(importlib.import_module, "openai")
        client: openai.AsyncOpenAI = library.AsyncOpenAI(
            base_url=self.settings.url,
            api_key=self.settings.key or "none",
            max_retries=0,
            timeout=library.Timeout(silence_s, connect=min(silence_s, CONNECT_S)),
        )
        async with client:
            yield client


class _Heard:
    """An answer as it comes in. Fields of another type than declared count as absent."""

    def __init__(self) -> None:
        self.text = ""
        self._refusal = ""
        self._finish: str | None = None
        self._read: int | None = None
        self._written: int | None = None

    def take(self, chunk: Any) -> bool:
        """Whether the piece brought text."""
        usage = getattr(chunk, "usage", None)
        if usage is not None:
            self._read = _count(getattr(usage, "prompt_tokens", None))
            self._written = _count(getattr(usage, "completion_tokens", None))
        choices = getattr(chunk, "choices", None)
        choice = choices[0] if isinstance(choices, list) and choices else None
        finish = getattr(choice, "finish_reason", None)
        self._finish = finish if isinstance(finish, str) else self._finish
        delta = getattr(choice, "delta", None)
        self._refusal += _text(getattr(delta, "refusal", None))
        more = _text(getattr(delta, "content", None))
        self.text += more
        return bool(more)

    def answer(self) -> Answer:
        return Answer(self.text, self._read, self._written, self._finish, self._refusal)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    known = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53
    return value if known else None
