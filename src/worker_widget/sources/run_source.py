"""`RunSource`: one run at its source, the only thing that follows it needs to know."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ..events import Event

Phase = Literal["connecting", "live", "reconnecting", "stalled", "ended"]


@dataclass(frozen=True)
class EventBatch:
    """Events that arrived together, in the order of the source. They can repeat earlier events."""

    events: list[Event]


@dataclass(frozen=True)
class StreamLink:
    """The state of the connection to the source; yielded whenever it changes.

    ``message`` is the reason of a failure, ``attempt`` the number of reconnects since the last success, and
    ``retry_in_s`` the seconds until the next reconnect. ``retry_now`` begins it at once; while an attempt is
    under way it ends that and begins another.
    """

    phase: Phase
    message: str = ""
    attempt: int = 0
    retry_in_s: float | None = None
    retry_now: Callable[[], None] | None = field(default=None, compare=False)


class RunSource(Protocol):
    """One run at its source: a server, or this process. Used on the background loop."""

    def events(self, after: str | None) -> AsyncGenerator[EventBatch | StreamLink, None]:
        """Yields the events of the run and the states of the connection, until the run is over.

        ``after`` is the id of the last event that the caller has, ``None`` for none. Closing the generator
        ends it early; the run continues. Raises `RunUnknown` if the source does not have the run.
        """
        ...

    async def cancel(self) -> None:
        """Requests the end of the run; its terminal event then arrives as the others do."""
        ...

    async def pause(self) -> None:
        """Requests a pause; that it began arrives as an event. Raises `RequestRefused` if there is none."""
        ...

    async def resume(self) -> None:
        """Lets a paused run go on. Raises `RequestRefused` if it is not paused."""
        ...

    async def answer(self, request_id: str, payload: Any) -> None:
        """Answers an open request for input. Raises `RequestRefused` if it is closed."""
        ...
