"""The client of an OpenAI-compatible endpoint, over the official client library.

The endpoint may be unreachable, slow, busy or wrong. Every failure is raised as `ModelError`; recovery
decides about a retry. The library is imported when it is first needed.

Limits: a single line of the stream is held in memory, however long it is.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import ipaddress
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

from ..engine import failures
from .model_errors import ModelError, ModelErrorReader
from .prompts import Message
from .settings import ModelSettings

if TYPE_CHECKING:
    import openai

PROBE_S: Final = 5.0
CONNECT_S: Final = 10.0
SILENCE_S: Final = 60.0
"""The longest pause of an answer; a model on a small machine takes a while until its first word."""

NOT_INSTALLED: Final = "the openai package is not installed (pip install 'worker-widget[llm]')"

_CHARS_A_TOKEN: Final = 16
_OPTIONAL: Final = "stream_options"
_MAY_BE_REFUSED: Final = {"max_tokens": "max_completion_tokens", "stream_options": None}
"""Parameters that some endpoints refuse, each with its replacement, if any."""


@dataclass(frozen=True)
class ModelRequest:
    """A request; ``most_tokens`` limits its answer."""

    model: str
    messages: Sequence[Message]
    most_tokens: int

    @property
    def checksum(self) -> str:
        """SHA-256 of model, messages and parameters as canonical JSON, in hex."""
        content = {"model": self.model, "messages": list(self.messages), "max_tokens": self.most_tokens}
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()


class ModelAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """An answer, unchanged. ``read`` and ``written`` are the endpoint's token counts, ``None`` where it
    reports none; ``finish`` is its reason to stop, ``refusal`` the text of a refusal."""

    text: str = ""
    read: int | None = None
    written: int | None = None
    finish: str | None = None
    refusal: str = ""


@dataclass
class ModelEndpoint:
    """A client of the endpoint. Between requests it keeps only the names of refused parameters."""

    settings: ModelSettings
    silence_s: float = SILENCE_S
    _refused: set[str] = field(default_factory=set)

    async def probe(self) -> str | None:
        """Why the endpoint does not answer, if so; requests its list of models."""
        if self.settings.problem is not None:
            return self.settings.problem
        reader = ModelErrorReader(self.settings, PROBE_S)
        try:
            async with asyncio.timeout(PROBE_S), self._client(PROBE_S) as client:
                await client.models.list()
        except ImportError:
            return NOT_INSTALLED
        except TimeoutError:
            return reader.sentence("does not answer")
        except Exception as error:
            return reader.unavailable(error)
        return None

    async def answer(self, call: ModelRequest, time_s: float, on_text: Callable[[str], None]) -> ModelAnswer:
        """Send a request; ``on_text`` gets the whole text so far whenever more arrives.

        Raises `ModelError`; an error that ``on_text`` raises ends the answer.
        """
        incoming = _IncomingAnswer()
        try:
            async with asyncio.timeout(time_s), aclosing(self._chunks(call)) as chunks:
                async for chunk in chunks:
                    if incoming.take(chunk):
                        on_text(incoming.text)
                    if len(incoming.text) > _CHARS_A_TOKEN * call.most_tokens:
                        error = f"the language model's answer goes on beyond its {call.most_tokens} tokens"
                        raise ModelError(failures.MODEL_BROKEN_ANSWER, error)
        except ModelError as failed:
            failed.text = incoming.text
            raise
        except TimeoutError:
            error = f"the language model did not finish within {time_s:g} s"
            raise ModelError(failures.MODEL_TIMED_OUT, error, text=incoming.text) from None
        return incoming.answer()

    async def _chunks(self, call: ModelRequest) -> AsyncGenerator[Any, None]:
        """The chunks of an answer. Raises `ModelError` for every exception of the client."""
        try:
            async with self._client(self.silence_s) as client, await self._begin(client, call) as stream:
                async for chunk in stream:
                    yield chunk
        except ImportError:
            raise ModelError(failures.MODEL_MISCONFIGURED, NOT_INSTALLED) from None
        except Exception as error:
            raise ModelErrorReader(self.settings, self.silence_s).model_error(error) from None

    async def _begin(self, client: openai.AsyncOpenAI, call: ModelRequest) -> Any:
        """The stream of an answer; a refused parameter is replaced or left out."""
        import openai

        create: Any = client.chat.completions.create
        while True:
            parameters = self._parameters(call)
            try:
                return await create(model=call.model, messages=list(call.messages), stream=True, **parameters)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                words = str(error)
                refused = next(
                    (name for name in _MAY_BE_REFUSED if name in parameters and name in words), None
                )
                if refused is None and error.status_code == 422 and _OPTIONAL in parameters:
                    refused = _OPTIONAL  # some endpoints refuse a field without naming it
                if refused is None:
                    raise
                self._refused.add(refused)

    def _parameters(self, call: ModelRequest) -> dict[str, Any]:
        values: dict[str, Any] = {
            "max_tokens": call.most_tokens,
            _OPTIONAL: {"include_usage": True},
        }
        for name in self._refused:
            value, other = values.pop(name), _MAY_BE_REFUSED[name]
            if other is not None:
                values[other] = value
        return values

    @asynccontextmanager
    async def _client(self, silence_s: float) -> AsyncIterator[openai.AsyncOpenAI]:
        library = await asyncio.to_thread(importlib.import_module, "openai")
        local = _is_loopback(self.settings.url)
        client: openai.AsyncOpenAI = library.AsyncOpenAI(
            # A proxy from the environment cannot reach the loopback address of this machine. A redirect is
            # not followed: it would carry the texts, and on the same host the key, to where nobody named.
            http_client=library.DefaultAsyncHttpxClient(trust_env=not local, follow_redirects=False),
            base_url=self.settings.url,
            api_key=self.settings.key or "none",
            max_retries=0,
            timeout=library.Timeout(silence_s, connect=min(silence_s, CONNECT_S)),
        )
        async with client:
            yield client


class _IncomingAnswer:
    """An answer that is being received. Fields of another type than declared count as absent."""

    def __init__(self) -> None:
        self.text = ""
        self._refusal = ""
        self._finish: str | None = None
        self._read: int | None = None
        self._written: int | None = None

    def take(self, chunk: Any) -> bool:
        """Add a chunk; true if it has text."""
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

    def answer(self) -> ModelAnswer:
        return ModelAnswer(self.text, self._read, self._written, self._finish, self._refusal)


def _text(value: Any) -> str:
    """The text of content, which is a text or, at some endpoints, a list of parts that have texts."""
    if isinstance(value, list):
        return "".join(
            part if isinstance(part, str) else _text(_part(part, "text"))
            for part in value
            if _part(part, "type") in (None, "text")
        )
    return value if isinstance(value, str) else ""


def _part(part: Any, name: str) -> Any:
    return part.get(name) if isinstance(part, dict) else getattr(part, name, None)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _count(value: Any) -> int | None:
    known = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53
    return value if known else None
