"""`ask` and `ask_and_wait`: a question to the person who watches the run."""

from __future__ import annotations

import asyncio
import concurrent.futures
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from ..events import InputRequested
from .cancelled import Cancelled
from .json_value import json_value
from .place import Place, here
from .recording import WITHDRAWN, OpenQuestion

_NO_RUN: Final = (
    "{call} is outside a run, where nobody can answer. Start the function with .run(...) or in a console, or"
    " put the code into `with worker_widget.run(...)`."
)


async def ask(message: str, schema: Mapping[str, Any] | None = None, expires_in: float | None = None) -> Any:
    """Asks the person who watches the run, and waits for the answer; the run's status is "waiting" meanwhile.

    ``schema`` is the JSON schema of the answer, from which the console makes a form: without one the answer
    is yes or no. ``expires_in`` is in seconds. Raises ``TimeoutError`` after it, and ``RuntimeError`` outside
    a run. In a function that is not asynchronous use `ask_and_wait`::

        if await ask("Publish?"):
            ...
    """
    question = _Question(_place("ask()"), message, schema, expires_in)
    try:
        async with asyncio.timeout(expires_in):
            return await asyncio.wrap_future(question.answer)
    except TimeoutError:
        raise question.expired() from None
    except asyncio.CancelledError:
        question.withdraw("cancelled")
        raise


def ask_and_wait(
    message: str, schema: Mapping[str, Any] | None = None, expires_in: float | None = None
) -> Any:
    """Asks as `ask` does, and blocks until the answer."""
    question = _Question(_place("ask_and_wait()"), message, schema, expires_in)
    try:
        return question.answer.result(expires_in)
    except TimeoutError:
        raise question.expired() from None
    except BaseException:
        question.withdraw("cancelled")
        raise


class _Question:
    def __init__(
        self, place: Place, message: str, schema: Mapping[str, Any] | None, expires_in: float | None
    ) -> None:
        self.answer: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self._recording = place.recording
        self._message = message
        self._id = str(uuid.uuid4())
        expected: dict[str, Any] = {"type": "boolean"} if schema is None else dict(schema)
        self._recording.asked[self._id] = OpenQuestion(self._take, expected)
        now = self._recording.clock.now()
        expires = None if expires_in is None else now + timedelta(seconds=expires_in)
        self._recording.add(
            InputRequested(
                request_id=self._id,
                stage_id=place.stage_id,
                reason="question",
                message=message,
                schema=json_value(expected),
                expires_at=None if expires is None else expires.isoformat(),
            )
        )

    def withdraw(self, outcome: str) -> None:
        self._recording.withdraw(self._id, outcome)

    def expired(self) -> TimeoutError:
        self.withdraw("expired")
        return TimeoutError(f"Nobody answered in time: {self._message}")

    def _take(self, payload: Any) -> None:
        if not self.answer.done():
            if payload is WITHDRAWN:
                self.answer.set_exception(Cancelled("The run was stopped while it waited for an answer."))
            else:
                self.answer.set_result(payload)


def _place(call: str) -> Place:
    place = here()
    if place is None or place.recording.closed:
        raise RuntimeError(_NO_RUN.format(call=call))
    if place.recording.attention:
        place.recording.check()
    return place
