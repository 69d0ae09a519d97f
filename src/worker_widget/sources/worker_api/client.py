"""The routes of the worker API, as methods that return typed answers or raise designed errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

import msgspec

from ...errors import Problem, RequestRefused, RunUnknown, ServerError
from ...events import Event, decode
from ...events.answers import (
    BrandCheck,
    Health,
    RunAnswer,
    RunListItem,
    RunPage,
    WorkerInfo,
    read,
    read_list,
    read_run,
)
from ...events.run_request import RunRequest
from .endpoint import Endpoint
from .endpoint_source import EndpointSource
from .refusals import Asked

if TYPE_CHECKING:
    from .transport import Transport

SILENCE_S: Final = 45.0
"""After how many silent seconds a stream counts as dead: servers send keepalives every 15 or 30."""

_WHOLE_RUN_S: Final = 3_600.0
_NO_ROUTE: Final = (404, 405)


class AsyncWorkerClient:
    """A client of one server; ``worker`` is the one that methods mean where they are given no other.

    Belongs to the event loop of its first request, in this package the background loop. All methods
    raise `HostUnreachable`, `KeyRefused`, `UnknownWorker` and `ServerError` for what their names say.
    """

    def __init__(self, source: EndpointSource, worker: str) -> None:
        self.worker = worker
        self._source = source
        self._made: Transport | None = None
        self._made_on: asyncio.AbstractEventLoop | None = None

    async def endpoint(self) -> Endpoint:
        """Where the worker is served."""
        return await self._transport.endpoint()

    async def start(self, request: RunRequest, *, worker: str | None = None) -> RunAnswer:
        """Start a run; its events are on its stream from then on.

        Raises `RequestRefused` with the fields that are wrong, `WorkerUnavailable` where the worker cannot be
        run.
        """
        body = _body(request)
        return await self._new_run(Asked("POST", "/run-streaming", worker or self.worker, body=body))

    async def run_whole(self, request: RunRequest, *, worker: str | None = None) -> RunAnswer:
        """Do a run without a stream: answers when it is over. Errors as for `start`."""
        body = _body(request)
        asked = Asked("POST", "/run", worker or self.worker, body=body, timeout_s=_WHOLE_RUN_S)
        return await self._new_run(asked)

    async def replay(self, token: Mapping[str, Any], *, worker: str | None = None) -> RunAnswer:
        """Execute a finished run again from its replay token.

        Real servers only pretend to: their answer is a failed run that no other route knows. Raises
        `RunUnknown` where the server has no run of that token.
        """
        body = {"replay_token": dict(token)}
        return await self._new_run(Asked("POST", "/replay", worker or self.worker, body=body))

    async def retry(self, run_id: str, *, worker: str | None = None) -> RunAnswer:
        """Start a failed run again as a new one. `ServerError` where the server cannot."""
        return await self._new_run(self._about(run_id, "POST", "/runs/{}/retry", worker, optional=True))

    async def cancel(self, run_id: str, *, worker: str | None = None) -> None:
        """Ask for the end of a run; its stream tells when that has come.

        Raises `RunUnknown`, `RequestRefused` where the run is over already, and `ServerError` (status
        404 or 405) where the server has no way to cancel.
        """
        try:
            await self._transport.fetch(self._about(run_id, "POST", "/runs/{}/cancel", worker, optional=True))
        except ServerError as error:
            if error.status not in _NO_ROUTE:
                raise
            raise ServerError(
                "This server has no way to cancel a run: it goes on there to its end. Close the console, or"
                " start another run, to stop watching it.",
                error.status,
            ) from error

    async def run(self, run_id: str, *, worker: str | None = None) -> RunAnswer:
        """All that the server keeps of a run. Raises `RunUnknown`; real servers raise `ServerError`
        (status 500) while the run goes on, and some always."""
        return read_run(await self._object(self._about(run_id, "GET", "/runs/{}", worker)))

    async def ensure_known(self, run_id: str, *, worker: str | None = None) -> None:
        """Raises `RunUnknown` where the server does not know the run. It is the stream that is asked:
        the run answer fails on real servers while a run goes on."""
        async with self.stream(run_id, worker=worker):
            pass

    async def runs(
        self,
        limit: int = 20,
        *,
        cursor: str | None = None,
        status: str | None = None,
        since: datetime | None = None,
        worker: str | None = None,
    ) -> RunPage:
        """Runs, the newest first. All but ``limit`` is for the embedded host; real servers ignore it."""
        params: dict[str, str | int] = {"limit": limit}
        if cursor is not None:
            params["cursor"] = cursor
        if status is not None:
            params["status"] = status
        if since is not None:
            params["since"] = since.astimezone(UTC).isoformat()
        page = await self._object(Asked("GET", "/runs", worker or self.worker, params=params))
        following = page.get("next_cursor")
        return RunPage(
            runs=read_list(RunListItem, page.get("runs")),
            next_cursor=following if isinstance(following, str) else None,
        )

    async def events(self, run_id: str, *, worker: str | None = None) -> list[Event]:
        """The events so far, without following. An unknown run has none. Their JSON is spaced as
        this route writes it, so without ids they do not count as the same as the stream's."""
        answer = await self._object(self._about(run_id, "GET", "/events/{}", worker))
        events = answer.get("events")
        return [decode(msgspec.json.encode(event)) for event in events] if isinstance(events, list) else []

    async def delete(self, run_id: str, *, worker: str | None = None) -> bool:
        """Delete a run on the server, for good. Raises `RunUnknown`, or `RequestRefused` while it runs."""
        answer = await self._object(self._about(run_id, "DELETE", "/runs/{}", worker))
        return answer.get("deleted") is not False

    async def validate_brand(self, brand: Mapping[str, Any], *, worker: str | None = None) -> BrandCheck:
        """What the server thinks of a brand. One that it refuses is an answer too: not ``valid``,
        with the ``problems`` of each field under ``brand``."""
        asked = Asked(
            "POST", "/validate-brand", worker or self.worker, body=dict(brand), field_prefix="brand."
        )
        try:
            answer = await self._object(asked)
        except RequestRefused as error:
            if not error.problems:
                raise
            return BrandCheck(valid=False, problems=list(error.problems))
        return BrandCheck(
            valid=answer.get("valid") is True,
            problems=[_problem(item) for item in _items(answer.get("errors"))],
            warnings=[_text(item) for item in _items(answer.get("warnings"))],
            policy_rules_generated=_count(answer.get("policy_rules_generated")),
            drift_anchors_count=_count(answer.get("drift_anchors_count")),
        )

    async def health(self, *, worker: str | None = None) -> Health:
        return read(Health, await self._object(Asked("GET", "/health", worker or self.worker, timeout_s=10)))

    async def schema(self, kind: Literal["brand", "run"], *, worker: str | None = None) -> dict[str, Any]:
        """The JSON schema of a brand or of a run request."""
        return await self._object(Asked("GET", f"/schema/{kind}", worker or self.worker))

    async def workers(self) -> list[WorkerInfo]:
        """The workers of the server; where it has no list, the one this client is for."""
        try:
            answer = await self._transport.fetch(Asked("GET", "", None, optional=True))
        except ServerError as error:
            if error.status not in _NO_ROUTE:
                raise
            name = self.worker.replace("-", " ").replace("_", " ").title()
            return [WorkerInfo(id=self.worker, name=name)]
        return read_list(WorkerInfo, answer.get("workers") if isinstance(answer, dict) else answer)

    def stream(
        self,
        run_id: str,
        *,
        after: str = "",
        worker: str | None = None,
        silence_s: float = SILENCE_S,
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """A run's event stream as bytes, from after the event of id ``after``; see `Transport.stream`.

        Raises `RunUnknown`. `follow` is what reads it to the run's end.
        """
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity", "Cache-Control": "no-store"}
        if after.isascii() and after.isprintable() and after == after.strip() != "":
            headers["Last-Event-ID"] = after
        asked = self._about(run_id, "GET", "/stream/{}", worker)
        return self._transport.stream(asked, headers, silence_s=silence_s)

    async def aclose(self) -> None:
        """Close the connections. To be called on the loop that made them."""
        if self._made is not None:
            await self._made.aclose()

    @property
    def _transport(self) -> Transport:
        loop = asyncio.get_running_loop()
        if self._made is None or self._made_on is not loop:  # another one: the process was forked
            from .transport import Transport  # httpx takes its time to import

            self._made, self._made_on = Transport(self._source, self.worker), loop
        return self._made

    def _about(
        self, run_id: str, method: str, route: str, worker: str | None, *, optional: bool = False
    ) -> Asked:
        if not run_id.strip():
            raise RunUnknown("The run id is empty. runs() lists the runs there are.")
        route = route.format(quote(run_id, safe=""))
        return Asked(method, route, worker or self.worker, run_id=run_id, optional=optional)

    async def _object(self, asked: Asked) -> dict[str, Any]:
        answer = await self._transport.fetch(asked)
        if isinstance(answer, dict):
            return answer
        raise ServerError(
            f"The server answered {asked.method} {asked.route} with JSON that is not an object."
            " Is this the address of a worker API?"
        )

    async def _new_run(self, asked: Asked) -> RunAnswer:
        answer = read_run(await self._object(asked))
        if not answer.run_id:
            raise ServerError(f"The server answered {asked.method} {asked.route} without a run id.")
        return answer


def _body(request: RunRequest) -> dict[str, Any]:
    """The request's body. Raises `RequestRefused` for what no JSON can carry."""
    if request.brand is not None and not isinstance(request.brand, Mapping):
        raise _not_fit("brand", "must be a mapping, such as {'company_name': ...}")
    for name, value in request.options.items():
        if isinstance(value, float) and not isfinite(value):
            raise _not_fit(f"options.{name}", "must be a finite number")
    return request.body()


def _not_fit(field: str, message: str) -> RequestRefused:
    return RequestRefused(f"The {field} {message}.", [Problem(field, message)])


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _problem(item: Any) -> Problem:
    """One error of a brand: an object that names the field, or a text."""
    field = item.get("field") if isinstance(item, dict) else None
    return Problem(f"brand.{field}" if isinstance(field, str) and field else "brand", _text(item))


def _text(item: Any) -> str:
    if isinstance(item, str):
        return item
    message = item.get("message") if isinstance(item, dict) else None
    return message if isinstance(message, str) else msgspec.json.encode(item).decode()
