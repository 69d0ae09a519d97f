"""A client of the worker API: one method per route."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import replace
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
from .api_request import ApiRequest
from .endpoint import Endpoint
from .endpoint_settings import EndpointSource
from .follow import SILENCE_S
from .served_run import ServedRun

if TYPE_CHECKING:
    from .transport import Transport

_WHOLE_RUN_S: Final = 3_600.0
_NO_ROUTE: Final = (404, 405)


class AsyncWorkerClient:
    """A client of one server. ``worker`` is the default of the ``worker`` argument of all methods.

    An instance belongs to the event loop of its first request, in this package the background loop. All
    methods raise `HostUnreachable`, `KeyRefused`, `UnknownWorker` and `ServerError`.
    """

    def __init__(self, source: EndpointSource, worker: str) -> None:
        self.worker = worker
        self.label = source.label
        self._source = source
        self._open_transport: Transport | None = None
        self._transport_loop: asyncio.AbstractEventLoop | None = None

    @property
    def news(self) -> str:
        """What happened when the server was found that a person may want to know, such as a new host."""
        return self._source.news

    async def endpoint(self) -> Endpoint:
        """The endpoint of the worker, with its prefix settled."""
        return await self._transport.endpoint()

    async def start(
        self,
        request: RunRequest,
        *,
        worker: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> RunAnswer:
        """Start a run. Its events are on its stream.

        ``secrets`` are those that the worker declares, by name; they are no part of the request, which is
        recorded. Raises `RequestRefused` with the invalid fields, `WorkerUnavailable` if the worker cannot be
        run.
        """
        body = {**_body(request), **_secrets(secrets)}
        return await self._new_run(ApiRequest("POST", "/run-streaming", worker or self.worker, body=body))

    async def run_whole(self, request: RunRequest, *, worker: str | None = None) -> RunAnswer:
        """Start a run without a stream and return when it is over. Errors as for `start`."""
        body = _body(request)
        return await self._new_run(
            ApiRequest("POST", "/run", worker or self.worker, body=body, timeout_s=_WHOLE_RUN_S)
        )

    async def replay(
        self,
        token: Mapping[str, Any],
        *,
        worker: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> RunAnswer:
        """Run a finished run again from its replay token, with ``secrets`` again if it had some.

        Only the embedded host does this. Real servers answer with a failed run that no other route knows:
        `ServerError` with its reason. Raises `RunUnknown` if the server has no run with that token.
        """
        body = {"replay_token": dict(token), **_secrets(secrets)}
        return await self._new_run(ApiRequest("POST", "/replay", worker or self.worker, body=body))

    async def retry(
        self,
        run_id: str,
        *,
        from_stage: str | None = None,
        worker: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> RunAnswer:
        """Start an ended run again as a new run, with ``secrets`` again if it had some.

        From ``from_stage`` on; by default a run that did not complete goes on at the stage that failed, if
        its worker offers "retry". Raises `RequestRefused` if that stage cannot be the first, and
        `ServerError` if the server has no such route.
        """
        stage = {} if from_stage is None else {"from_stage": from_stage}
        request = self._run_scoped(run_id, "POST", "/runs/{}/retry", worker, optional=True)
        body = {**stage, **_secrets(secrets)}
        with _no_route("This server cannot start a run again."):
            return await self._new_run(replace(request, body=body or None))

    async def fork(
        self,
        run_id: str,
        from_stage: str,
        changes: Mapping[str, Any],
        *,
        worker: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> RunAnswer:
        """Run an ended run again from a stage on, with ``changes`` of its request by field.

        Raises `RequestRefused` if the worker does not offer "fork", if a stage cannot be taken over, and with
        the invalid fields; `ServerError` if the server has no such route.
        """
        body = {"from_stage": from_stage, **_checked(changes), **_secrets(secrets)}
        request = self._run_scoped(run_id, "POST", "/runs/{}/fork", worker, optional=True)
        with _no_route("This server cannot run a run again from a stage on."):
            return await self._new_run(replace(request, body=body))

    async def pause(self, run_id: str, *, worker: str | None = None) -> None:
        """Request a pause of a run; it begins with ``run_paused``.

        Raises `RunUnknown`, `RequestRefused` if the run is over or its worker does not offer "pause", and
        `ServerError` (status 404 or 405) if the server cannot pause runs.
        """
        with _no_route("This server cannot pause a run."):
            await self._transport.fetch(
                self._run_scoped(run_id, "POST", "/runs/{}/pause", worker, optional=True)
            )

    async def resume(self, run_id: str, *, worker: str | None = None) -> None:
        """Let a paused run go on. Raises `RequestRefused` if it is not paused, and as `pause`."""
        with _no_route("This server cannot pause a run."):
            await self._transport.fetch(
                self._run_scoped(run_id, "POST", "/runs/{}/resume", worker, optional=True)
            )

    async def cancel(self, run_id: str, *, worker: str | None = None) -> None:
        """Request the cancellation of a run; its stream then ends with a terminal event.

        Raises `RunUnknown`, `RequestRefused` if the run is over, and `ServerError` (status 404 or 405) if
        the server cannot cancel runs.
        """
        cannot = (
            "This server cannot cancel a run: the run continues to its end. To stop watching it, close the"
            " console or start another run."
        )
        with _no_route(cannot):
            await self._transport.fetch(
                self._run_scoped(run_id, "POST", "/runs/{}/cancel", worker, optional=True)
            )

    async def answer(self, run_id: str, request_id: str, payload: Any, *, worker: str | None = None) -> None:
        """Answer a run's request for input; ``payload`` is any JSON value.

        Raises `RunUnknown`, `RequestRefused` if the run has no such open request or the answer does not meet
        its schema, and `ServerError` (status 404 or 405) if the server takes no answers.
        """
        if _has_no_json(payload):
            raise _invalid_field("payload", "must be a JSON value; JSON has no NaN and no infinity")
        body = {"request_id": request_id, "payload": payload}
        request = replace(
            self._run_scoped(run_id, "POST", "/runs/{}/input", worker, optional=True), body=body
        )
        with _no_route("This server takes no answers to a run's requests for input."):
            await self._transport.fetch(request)

    def run_source(self, run_id: str, *, worker: str | None = None) -> ServedRun:
        """The run as an event source. Nothing is requested before its first use."""
        return ServedRun(self, run_id, worker)

    async def run(self, run_id: str, *, worker: str | None = None) -> RunAnswer:
        """The run answer: everything that the server stores about a run.

        Raises `RunUnknown`, and `ServerError` (status 500) on real servers: on most of them while the run is
        active, on some always.
        """
        return read_run(await self._object(self._run_scoped(run_id, "GET", "/runs/{}", worker)))

    async def ensure_known(self, run_id: str, *, worker: str | None = None) -> None:
        """Check that the server has the run. Raises `RunUnknown` if not.

        The check opens the stream of the run, because the run answer fails on real servers while a run is
        active.
        """
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
        """A page of runs, newest first. Real servers ignore every argument but ``limit``."""
        params: dict[str, str | int] = {"limit": limit}
        if cursor is not None:
            params["cursor"] = cursor
        if status is not None:
            params["status"] = status
        if since is not None:
            params["since"] = since.astimezone(UTC).isoformat()
        page = await self._object(ApiRequest("GET", "/runs", worker or self.worker, params=params))
        next_cursor = page.get("next_cursor")
        return RunPage(
            runs=read_list(RunListItem, page.get("runs")),
            next_cursor=next_cursor if isinstance(next_cursor, str) else None,
        )

    async def events(self, run_id: str, *, worker: str | None = None) -> list[Event]:
        """The events of a run so far. The list is empty for an unknown run.

        The white space in their JSON differs from that in the stream, so an event without an id is not
        recognised as the same event in both.
        """
        answer = await self._object(self._run_scoped(run_id, "GET", "/events/{}", worker))
        events = answer.get("events")
        return [decode(msgspec.json.encode(event)) for event in events] if isinstance(events, list) else []

    async def delete(self, run_id: str, *, worker: str | None = None) -> bool:
        """Delete a run on the server. Raises `RunUnknown`, or `RequestRefused` if the run is active."""
        answer = await self._object(self._run_scoped(run_id, "DELETE", "/runs/{}", worker))
        return answer.get("deleted") is not False

    async def validate_brand(self, brand: Mapping[str, Any], *, worker: str | None = None) -> BrandCheck:
        """Let the server validate a brand.

        An invalid brand raises no error: the result is not ``valid`` and has ``problems``, whose fields begin
        with ``brand``.
        """
        request = ApiRequest(
            "POST", "/validate-brand", worker or self.worker, body=dict(brand), field_prefix="brand."
        )
        try:
            answer = await self._object(request)
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
        """The health of the worker. The timeout is 10 s."""
        return read(
            Health, await self._object(ApiRequest("GET", "/health", worker or self.worker, timeout_s=10))
        )

    async def schema(self, kind: Literal["brand", "run"], *, worker: str | None = None) -> dict[str, Any]:
        """The JSON schema of a brand or of a run request."""
        return await self._object(ApiRequest("GET", f"/schema/{kind}", worker or self.worker))

    async def workers(self) -> list[WorkerInfo]:
        """The workers of the server; only this client's worker if the server has no list."""
        try:
            answer = await self._transport.fetch(ApiRequest("GET", "", None, optional=True))
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
        """The event stream of a run as bytes, from the event after id ``after``; see `Transport.stream`.

        Raises `RunUnknown`. `follow` reads the stream to the end of the run.
        """
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity", "Cache-Control": "no-store"}
        if after.isascii() and after.isprintable() and after == after.strip() != "":
            headers["Last-Event-ID"] = after
        request = self._run_scoped(run_id, "GET", "/stream/{}", worker)
        return self._transport.stream(request, headers, silence_s=silence_s)

    async def aclose(self) -> None:
        """Close the connections. Must run on the event loop that opened them."""
        if self._open_transport is not None:
            await self._open_transport.aclose()

    @property
    def _transport(self) -> Transport:
        loop = asyncio.get_running_loop()
        # The loop is another one in a forked process.
        if self._open_transport is None or self._transport_loop is not loop:
            from .transport import Transport  # importing httpx is slow

            self._open_transport, self._transport_loop = Transport(self._source, self.worker), loop
        return self._open_transport

    def _run_scoped(
        self,
        run_id: str,
        method: str,
        route: str,
        worker: str | None,
        *,
        body: Any = None,
        optional: bool = False,
    ) -> ApiRequest:
        if not run_id.strip():
            raise RunUnknown("The run id is empty. runs() lists the runs of the server.")
        route = route.format(quote(run_id, safe=""))
        return ApiRequest(method, route, worker or self.worker, run_id=run_id, body=body, optional=optional)

    async def _object(self, request: ApiRequest) -> dict[str, Any]:
        answer = await self._transport.fetch(request)
        if isinstance(answer, dict):
            return answer
        raise ServerError(
            f"The server answered {request.method} {request.route} with JSON that is not an object."
            " Is this the address of a worker API?"
        )

    async def _new_run(self, request: ApiRequest) -> RunAnswer:
        answer = read_run(await self._object(request))
        if answer.over and not answer.success and request.route != "/run":
            doing = {"/replay": "run the run again", "/run-streaming": "start the run"}.get(
                request.route, "start the run again"
            )
            reason = answer.error or "it gives no reason."
            raise ServerError(f"{self.label} did not {doing}: {reason}")
        if not answer.run_id:
            raise ServerError(f"The server answered {request.method} {request.route} without a run id.")
        return answer


@contextmanager
def _no_route(message: str) -> Iterator[None]:
    """Gives the error of a server without the route, which is optional, this message."""
    try:
        yield
    except ServerError as error:
        if error.status not in _NO_ROUTE:
            raise
        raise ServerError(message, error.status) from error


def _body(request: RunRequest) -> dict[str, Any]:
    """The body of the request. Raises `RequestRefused` for a value that JSON cannot represent."""
    _checked({"brand": request.brand, "options": request.options})
    return request.body()


def _checked(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fields of a request. Raises `RequestRefused` for a value that JSON cannot represent."""
    brand = fields.get("brand")
    if brand is not None and not isinstance(brand, Mapping):
        raise _invalid_field("brand", "must be a mapping, such as {'company_name': ...}")
    for name, value in fields.get("options", {}).items():
        if isinstance(value, float) and not isfinite(value):
            raise _invalid_field(f"options.{name}", "must be a finite number")
    return fields


def _secrets(secrets: Mapping[str, str] | None) -> dict[str, dict[str, str]]:
    """The field of a body; nothing without secrets, because real servers do not have it."""
    return {"secrets": dict(secrets)} if secrets else {}


def _has_no_json(value: Any) -> bool:
    """Whether a number in the value is infinite or not a number."""
    if isinstance(value, float):
        return not isfinite(value)
    if isinstance(value, Mapping):
        return any(map(_has_no_json, value.values()))
    return isinstance(value, list | tuple) and any(map(_has_no_json, value))


def _invalid_field(field: str, message: str) -> RequestRefused:
    return RequestRefused(f"The {field} {message}.", [Problem(field, message)])


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _problem(item: Any) -> Problem:
    """The problem that an item of ``errors`` describes: an object with a ``field``, or a text."""
    field = item.get("field") if isinstance(item, dict) else None
    return Problem(f"brand.{field}" if isinstance(field, str) and field else "brand", _text(item))


def _text(item: Any) -> str:
    if isinstance(item, str):
        return item
    message = item.get("message") if isinstance(item, dict) else None
    return message if isinstance(message, str) else msgspec.json.encode(item).decode()
