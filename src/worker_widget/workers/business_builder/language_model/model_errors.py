"""What can go wrong with an endpoint, in the terms of the failure catalog, and in words without the key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from ..engine import failures
from ..engine.failures import Failure
from ..language import typography
from .settings import ModelSettings

if TYPE_CHECKING:
    import openai

_LONGEST_SAID: Final = 160


class Trouble(Exception):
    """The endpoint gave no answer that could be used; the text says why, in a clause.

    ``wait_s`` is how long it asks to be left alone, 0 where it does not say; ``text`` what had come by then.
    """

    def __init__(self, failure: Failure, error: str, *, wait_s: float = 0.0, text: str = "") -> None:
        super().__init__(error)
        self.failure = failure
        self.wait_s = wait_s
        self.text = text


@dataclass(frozen=True)
class Interpreter:
    """Reads the client library's exceptions. ``silence_s`` is the longest pause of an answer, in seconds."""

    settings: ModelSettings
    silence_s: float

    def trouble(self, error: Exception) -> Trouble:
        import openai

        match error:
            case Trouble():
                return error
            case openai.APITimeoutError():
                return self._of(failures.MODEL_TIMED_OUT, "does not answer")
            case openai.APIStatusError():
                return self._of_status(error)
            case openai.APIConnectionError():
                reason = type(error.__cause__ or error).__name__
                return self._of(failures.MODEL_UNAVAILABLE, f"cannot be reached ({reason})")
            case openai.APIError():
                return self._of(failures.MODEL_UNAVAILABLE, f"breaks off: {self._words(str(error.message))}")
            case ValueError():
                return self._of(failures.MODEL_BROKEN_ANSWER, "answers with something that is no stream")
        if "Timeout" in type(error).__name__:
            return self._of(failures.MODEL_TIMED_OUT, f"is silent for {self.silence_s:g} s")
        return self._of(failures.MODEL_UNAVAILABLE, f"breaks off ({type(error).__name__})")

    def absence(self, error: Exception) -> str | None:
        """What an exception says of whether the endpoint is there; ``None`` where it is.

        Not every endpoint has the route that is tried, so that most answers will do; one that refuses the
        key, or is a server's error, will not.
        """
        import openai

        if isinstance(error, openai.APIStatusError):
            gone = error.status_code in {401, 403} or (error.status_code >= 500 and error.status_code != 501)
        else:
            gone = isinstance(error, openai.APIConnectionError)
        return str(self.trouble(error)) if gone else None

    def says(self, what: str) -> str:
        return f"the language model's endpoint {self.settings.origin} {what}"

    def _of(self, failure: Failure, what: str, wait_s: float = 0.0) -> Trouble:
        return Trouble(failure, self.says(what), wait_s=wait_s)

    def _of_status(self, error: openai.APIStatusError) -> Trouble:
        status, words = error.status_code, self._words(_message(error.body))
        wait_s = _seconds(error.response.headers.get("retry-after"))
        if "content_filter" in str(error):
            return self._of(failures.MODEL_REFUSED, "declines the request by its content filter")
        if status == 429:
            return self._of(failures.MODEL_RATE_LIMITED, f"answers 429: {words}", wait_s)
        if status in {408, 504}:
            return self._of(failures.MODEL_TIMED_OUT, f"answers {status}: {words}", wait_s)
        if status >= 500:
            return self._of(failures.MODEL_UNAVAILABLE, f"answers {status}: {words}", wait_s)
        if status in {401, 403}:
            return self._of(failures.MODEL_MISCONFIGURED, f"refuses the key in WORKER_LLM_KEY ({status})")
        if status == 404:
            said = f"knows no model {self.settings.model!r} (404); an address often ends in /v1"
            return self._of(failures.MODEL_MISCONFIGURED, said)
        return self._of(failures.MODEL_MISCONFIGURED, f"answers {status}: {words}")

    def _words(self, said: str) -> str:
        """Words of the endpoint's, short and without the key."""
        return self.settings.hide(typography.clean(said))[:_LONGEST_SAID].rstrip(" .") or "no reason"


def _message(body: object) -> str:
    """What an error's body says, from the shapes in which it is usually said."""
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body.get("error")
    return body if isinstance(body, str) else ""


def _seconds(header: str | None) -> float:
    """How long a ``Retry-After`` asks to wait, from either of its forms; 0 where it says nothing."""
    if not header:
        return 0.0
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())
