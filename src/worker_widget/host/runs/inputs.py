"""Requests for input of a person: the open ones of a run, and how each of them ends."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ...events import InputGiven, InputRequested
from ...events.json_schema import schema_problems
from ...steady_clock import SteadyClock, elapsed_ns
from ..worker import Emit, InputCancelled, InputExpired, RunError
from .refusals import AnswerRefused, InputClosed, InputNotFound

_CHECK_S = 60.0
_SAME_TIME: Final = timedelta(seconds=1)
"""The longest timer: the clock of the event loop may stand still while the computer sleeps."""

_UNSEEN = (
    "The worker asks a person, but this run has no event stream that shows the request. Start it with"
    " run-streaming, or with async_mode."
)
_WITHDRAWN = "The request for input was withdrawn, because the run is stopped."


@dataclass(frozen=True)
class _Open:
    answer: asyncio.Future[Any]
    schema: Mapping[str, Any] | None
    expires_ns: int | None

    def seconds_left(self) -> float | None:
        """The seconds until it expires; ``None`` if it does not."""
        return None if self.expires_ns is None else (self.expires_ns - elapsed_ns()) / 1e9


class Inputs:
    """The requests for input of one run. Call its methods on the event loop thread only.

    ``record`` records an event of the run. ``on_change`` is called when the first request opens, and when
    none is open any more. Without ``streamed`` nobody can see a request. ``clock`` is that of its events.
    """

    def __init__(
        self, record: Emit, on_change: Callable[[], None], *, streamed: bool, clock: SteadyClock
    ) -> None:
        self._record = record
        self._on_change = on_change
        self._streamed = streamed
        self._clock = clock
        self._open: dict[str, _Open] = {}
        self._outcomes: dict[str, str] = {}
        self._withdrawn = False

    @property
    def any_open(self) -> bool:
        return bool(self._open)

    async def ask(
        self,
        message: str,
        *,
        schema: Mapping[str, Any] | None,
        stage_id: str | None,
        reason: str,
        expires_at: datetime | None,
        request_id: str | None,
    ) -> Any:
        """See `RunContext.ask`."""
        if not self._streamed:
            raise RunError(_UNSEEN)
        if self._withdrawn:
            raise InputCancelled(_WITHDRAWN)
        id_ = request_id or str(uuid.uuid4())
        if id_ in self._open:
            raise ValueError(f"request_id {id_!r} is the id of a request that is still open")
        expires, expires_ns = (None, None) if expires_at is None else self._end(_aware(expires_at))
        self._record(
            InputRequested(
                request_id=id_,
                stage_id=stage_id,
                reason=reason,
                message=message,
                schema=None if schema is None else dict(schema),
                expires_at=None if expires is None else expires.isoformat(),
            )
        )
        request = self._open[id_] = _Open(asyncio.get_running_loop().create_future(), schema, expires_ns)
        if len(self._open) == 1:
            self._on_change()
        self._expire_in_time(id_, request, message)
        try:
            return await request.answer
        finally:
            if self._open.get(id_) is request:  # the caller was cancelled
                self._close(id_, InputGiven(request_id=id_, outcome="cancelled"))

    def answer(self, request_id: str, payload: Any) -> None:
        """Give the answer of a person. Raises `InputNotFound`, `InputClosed` or `AnswerRefused`."""
        request = self._open.get(request_id)
        if request is None or request.answer.done():
            outcome = self._outcomes.get(request_id)
            raise InputNotFound(request_id) if outcome is None else InputClosed(outcome)
        left = request.seconds_left()
        if left is not None and left <= 0:
            raise InputClosed("expired")
        problems = [] if request.schema is None else schema_problems(request.schema, payload)
        if problems:
            raise AnswerRefused(problems)
        self._close(request_id, InputGiven(request_id=request_id, payload=payload))
        request.answer.set_result(payload)

    def withdraw(self) -> None:
        """Close all open requests and accept no further ones: the run ends."""
        self._withdrawn = True
        for id_ in list(self._open):
            request = self._close(id_, InputGiven(request_id=id_, outcome="cancelled"))
            if not request.answer.done():
                request.answer.set_exception(InputCancelled(_WITHDRAWN))

    def _end(self, expires_at: datetime) -> tuple[datetime, int]:
        """The end of a request by the clock of the run, and by `elapsed_ns`.

        How long that is, the time of day shows only now: it can be set while the request is open.
        """
        left = expires_at - datetime.now(UTC)
        by_run = self._clock.now() + left
        shown = expires_at if abs(by_run - expires_at) < _SAME_TIME else by_run
        return shown, elapsed_ns() + round(left.total_seconds() * 1e9)

    def _expire_in_time(self, id_: str, request: _Open, message: str) -> None:
        left = request.seconds_left()
        if left is None or self._open.get(id_) is not request:
            return
        if left > 0:
            loop = asyncio.get_running_loop()
            loop.call_later(min(left, _CHECK_S), self._expire_in_time, id_, request, message)
            return
        self._close(id_, InputGiven(request_id=id_, outcome="expired"))
        if not request.answer.done():
            request.answer.set_exception(InputExpired(f"Nobody answered in time: {message}"))

    def _close(self, id_: str, event: InputGiven) -> _Open:
        request = self._open.pop(id_)
        self._outcomes[id_] = event.outcome
        self._record(event)
        if not self._open:
            self._on_change()
        return request


def _aware(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
