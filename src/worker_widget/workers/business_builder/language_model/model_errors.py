"""Failures of an endpoint as entries of the failure catalog, in words that do not contain the key."""

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

_LONGEST_REASON: Final = 160


class ModelError(Exception):
    """The endpoint gave no usable answer; the text says why, in a clause.

    ``wait_s`` is the wait that it asks for, 0 if none; ``text`` is the text received until then.
    """

    def __init__(self, failure: Failure, error: str, *, wait_s: float = 0.0, text: str = "") -> None:
        super().__init__(error)
        self.failure = failure
        self.wait_s = wait_s
        self.text = text


@dataclass(frozen=True)
class ModelErrorReader:
    """Reads the client library's exceptions. ``silence_s`` is the longest pause of an answer, in seconds."""

    settings: ModelSettings
    silence_s: float

    def model_error(self, error: Exception) -> ModelError:
        import openai

        match error:
            case ModelError():
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
                return self._of(failures.MODEL_BROKEN_ANSWER, "answers with something that is not a stream")
        if "Timeout" in type(error).__name__:
            return self._of(failures.MODEL_TIMED_OUT, f"is silent for {self.silence_s:g} s")
        return self._of(failures.MODEL_UNAVAILABLE, f"breaks off ({type(error).__name__})")

    def unavailable(self, error: Exception) -> str | None:
        """Why the endpoint is unavailable, by the exception of a probe; ``None`` where it is available.

        Not every endpoint has the probed route, so most answers count as available; one that refuses the key
        and a server error do not.
        """
        import openai

        if isinstance(error, openai.APIStatusError):
            gone = error.status_code in {401, 403} or (error.status_code >= 500 and error.status_code != 501)
        else:
            gone = isinstance(error, openai.APIConnectionError)
        return str(self.model_error(error)) if gone else None

    def sentence(self, what: str) -> str:
        return f"the language model's endpoint {self.settings.origin} {what}"

    def _of(self, failure: Failure, what: str, wait_s: float = 0.0) -> ModelError:
        return ModelError(failure, self.sentence(what), wait_s=wait_s)

    def _of_status(self, error: openai.APIStatusError) -> ModelError:
        status, words = error.status_code, self._words(_message(error.body))
        wait_s = _seconds(error.response.headers.get("retry-after"))
        if "content_filter" in str(error):
            return self._of(failures.MODEL_REFUSED, "refuses the request because of its content filter")
        if status == 429:
            return self._of(failures.MODEL_RATE_LIMITED, f"answers 429: {words}", wait_s)
        if status in {408, 504}:
            return self._of(failures.MODEL_TIMED_OUT, f"answers {status}: {words}", wait_s)
        if status >= 500:
            return self._of(failures.MODEL_UNAVAILABLE, f"answers {status}: {words}", wait_s)
        if status in {401, 403}:
            return self._of(failures.MODEL_MISCONFIGURED, f"refuses the key in WORKER_LLM_KEY ({status})")
        if status == 404:
            reason = f"knows no model {self.settings.model!r} (404); an address often ends in /v1"
            return self._of(failures.MODEL_MISCONFIGURED, reason)
        return self._of(failures.MODEL_MISCONFIGURED, f"answers {status}: {words}")

    def _words(self, text: str) -> str:
        """The endpoint's own words, shortened and without the key."""
        return self.settings.hide(typography.clean(text))[:_LONGEST_REASON].rstrip(" .") or "no reason"


def _message(body: object) -> str:
    """The message in an error's body, in one of its usual shapes."""
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body.get("error")
    return body if isinstance(body, str) else ""


def _seconds(header: str | None) -> float:
    """The wait of a ``Retry-After`` header in seconds, from either of its forms; 0 without one."""
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
