"""The routes of the worker API."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response, StreamingResponse

from ...events.answers import WorkerInfo
from ...events.request_models import (
    Brand,
    ForkRequest,
    InputAnswer,
    LanguageModelChoice,
    ReplayRequest,
    RetryRequest,
    ValidatedRequest,
)
from ...settings import LanguageModelVariables
from ...steady_clock import SteadyClock
from ...version import __version__
from ..activity import Activity
from ..model_health import ModelHealthCheck
from ..runs import answers
from ..runs.refusals import NotReplaceable, Refusal
from ..runs.registry import Registry
from ..runs.runs import Runs
from . import brands, sse, traces
from .bodies import Unprocessable, body_of, optional_body_of, problems
from .forward import ForwardRuns
from .middleware import AccessKey, CountRequests, Gate, LimitBody, SelectLanguageModel

PREFIX = "/api/v1"
STREAM_PATH = re.compile(
    rf"{PREFIX}/workers/[^/]+/stream/[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}"
)
KEEPALIVE_S = 15.0

ENGINES = ("M4", "M9", "M10", "M15", "M17", "M18", "M19", "M20")
_OWN_ENGINES = frozenset({"M4"})
"""The host itself implements replay, for every worker."""

Status = Literal["queued", "running", "waiting", "paused", "completed", "failed", "cancelled"]

_log = logging.getLogger(__name__)


Retire = Callable[[], Awaitable[int]]
"""Retires this host; returns the number of runs that it still has."""


@dataclass(frozen=True)
class Services:
    """The state that the routes use. ``retire`` is missing in a host that another one cannot replace."""

    runs: Runs
    registry: Registry
    activity: Activity
    retire: Retire | None = None
    keepalive_s: float = KEEPALIVE_S
    open_streams: bool = False
    model_health: ModelHealthCheck = field(default_factory=ModelHealthCheck)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: SteadyClock = field(default_factory=SteadyClock)


def create_app(services: Services, key: AccessKey, *, open_streams: bool = False) -> FastAPI:
    """The worker API over these services; every route demands ``key``.

    With ``open_streams`` the stream of a run needs no key: its run id cannot be guessed.
    """
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(Gate, key=key, open_path=STREAM_PATH if open_streams else None),
            Middleware(SelectLanguageModel, registry=services.registry),
            Middleware(CountRequests, activity=services.activity),
            Middleware(LimitBody, sizes={traces.PATH: traces.MAX_BODY_BYTES}),
            Middleware(ForwardRuns, locate=services.runs.elsewhere, settle=services.runs.settle_retired),
        ],
    )
    app.state.services = services
    app.include_router(_origin)
    app.include_router(_host, prefix=PREFIX)
    app.include_router(_worker, prefix=PREFIX + "/workers/{worker}")
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(Unprocessable, _on_unprocessable)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(sqlite3.Error, _on_store_error)
    app.add_exception_handler(Exception, _on_error)
    return app


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Host = Annotated[Services, Depends(_services)]
RunBody = Annotated[ValidatedRequest, Depends(body_of(ValidatedRequest))]
ReplayBody = Annotated[ReplayRequest, Depends(body_of(ReplayRequest))]
RetryBody = Annotated[RetryRequest, Depends(optional_body_of(RetryRequest))]
ForkBody = Annotated[ForkRequest, Depends(body_of(ForkRequest))]
ModelBody = Annotated[LanguageModelChoice, Depends(body_of(LanguageModelChoice))]
AnswerBody = Annotated[InputAnswer, Depends(body_of(InputAnswer))]


async def _known(host: Host, worker: str) -> None:
    """Refuses an unknown worker before any other check."""
    host.registry.info(worker)


_origin = APIRouter()
_host = APIRouter()
_worker = APIRouter(dependencies=[Depends(_known)])


@_origin.post(traces.PATH)
async def receive_traces(host: Host, request: Request) -> Response:
    """OTLP/HTTP: the traces of other programs."""
    read = await asyncio.to_thread(traces.read, request.headers, await request.body())
    await host.runs.received.receive(read.spans)
    return traces.answer(request.headers, read)


@_host.get("/health")
async def host_health(host: Host) -> Response:
    return _json(_health(host))


@_host.post("/retire")
async def retire_host(host: Host) -> Response:
    """Lets another host take the place of this one, which finishes its runs and ends."""
    if host.retire is None:
        raise NotReplaceable
    return _json({"retiring": True, "active_runs": await host.retire()})


@_host.post("/language-model")
async def add_language_model(host: Host, model: ModelBody) -> Response:
    """Makes the workers use this language model in requests with its mark as ``X-Language-Model``."""
    variables = LanguageModelVariables(model.url, model.model, model.key, model.unencrypted)
    return _json({"language_model": host.registry.add_model(variables)})


@_host.get("/workers")
async def list_workers(host: Host) -> Response:
    return _json({"workers": host.registry.infos()})


@_worker.get("/health")
async def worker_health(host: Host, worker: str) -> Response:
    info = host.registry.info(worker)
    model = await host.model_health.of((host.registry.model, info.id), host.registry.find(worker))
    state = {"worker": info.id, "moats": _moats(info), "language_model": model}
    return _json({**_health(host), "status": _fitness(info), **state})


@_worker.get("/schema/brand")
async def brand_schema() -> Response:
    return _json(Brand.model_json_schema())


@_worker.get("/schema/run")
async def run_schema() -> Response:
    return _json(ValidatedRequest.model_json_schema())


@_worker.post("/validate-brand")
async def validate_brand(host: Host, worker: str, request: Request) -> Response:
    return _json(brands.check(await request.body(), host.registry.worker(worker)))


@_worker.post("/run-streaming")
async def run_streaming(host: Host, worker: str, run: RunBody) -> Response:
    queued = await host.runs.start(worker, run)
    return _json(answers.run_response(queued), HTTPStatus.ACCEPTED)


@_worker.post("/run")
async def run_to_the_end(host: Host, worker: str, run: RunBody) -> Response:
    """With ``async_mode`` the answer comes at once and the run has events, as from ``/run-streaming``."""
    queued = await host.runs.start(worker, run, streamed=run.async_mode)
    if run.async_mode:
        return _json(answers.run_response(queued), HTTPStatus.ACCEPTED)
    return _json(answers.run_response(await host.runs.finish(queued)), HTTPStatus.ACCEPTED)


@_worker.post("/replay")
async def replay(host: Host, worker: str, body: ReplayBody) -> Response:
    queued = await host.runs.replay(worker, body.replay_token, body.secrets)
    return _json(answers.run_response(queued), HTTPStatus.ACCEPTED)


@_worker.get("/runs")
async def list_runs(
    host: Host,
    worker: str,
    limit: Annotated[int, Query(ge=1, le=1000)] = 20,
    cursor: Annotated[int | None, Query(ge=1, lt=1 << 63)] = None,
    status: Status | None = None,
    since: str | None = None,
) -> Response:
    """``cursor`` is the ``next_cursor`` of the page before; ``since`` is in ISO 8601, UTC unless it says."""
    since_us = None if since is None else _since_us(since)
    runs, following = await host.runs.page(
        worker, limit=limit, before=cursor, status=status, since_us=since_us
    )
    return _json(answers.listing(runs, cursor=None if following is None else str(following)))


@_worker.get("/runs/{run_id}")
async def get_run(host: Host, worker: str, run_id: str) -> Response:
    return _json(answers.run_response(await host.runs.find(worker, run_id)))


@_worker.delete("/runs/{run_id}")
async def delete_run(host: Host, worker: str, run_id: str) -> Response:
    await host.runs.delete(worker, run_id)
    return _json({"deleted": True, "run_id": run_id})


@_worker.post("/runs/{run_id}/cancel")
async def cancel_run(host: Host, worker: str, run_id: str) -> Response:
    await host.runs.cancel(worker, run_id)
    return _json({"cancelling": True, "run_id": run_id}, HTTPStatus.ACCEPTED)


@_worker.post("/runs/{run_id}/input")
async def answer_input(host: Host, worker: str, run_id: str, body: AnswerBody) -> Response:
    await host.runs.answer(worker, run_id, body.request_id, body.payload)
    return _json({"accepted": True, "run_id": run_id, "request_id": body.request_id}, HTTPStatus.ACCEPTED)


@_worker.post("/runs/{run_id}/retry")
async def retry_run(host: Host, worker: str, run_id: str, body: RetryBody) -> Response:
    queued = await host.runs.retry(worker, run_id, body.from_stage, body.secrets)
    return _json({"id": queued.run_id, "parent_run_id": run_id, "status": queued.status}, HTTPStatus.CREATED)


@_worker.post("/runs/{run_id}/fork")
async def fork_run(host: Host, worker: str, run_id: str, body: ForkBody) -> Response:
    queued = await host.runs.fork(worker, run_id, body)
    answer = {"id": queued.run_id, "parent_run_id": run_id, "from_stage": body.from_stage}
    return _json({**answer, "status": queued.status}, HTTPStatus.CREATED)


@_worker.post("/runs/{run_id}/pause")
async def pause_run(host: Host, worker: str, run_id: str) -> Response:
    await host.runs.pause(worker, run_id)
    return _json({"pausing": True, "run_id": run_id}, HTTPStatus.ACCEPTED)


@_worker.post("/runs/{run_id}/resume")
async def resume_run(host: Host, worker: str, run_id: str) -> Response:
    await host.runs.resume(worker, run_id)
    return _json({"resuming": True, "run_id": run_id}, HTTPStatus.ACCEPTED)


@_worker.get("/events/{run_id}")
async def list_events(host: Host, worker: str, run_id: str) -> Response:
    return StreamingResponse(_event_list(host, worker, run_id), media_type="application/json")


@_worker.get("/stream/{run_id}")
async def stream(
    host: Host,
    worker: str,
    run_id: str,
    after: Annotated[int, Query(ge=0)] = 0,
    last_event_id: Annotated[int | None, Header(ge=0)] = None,
    origin: Annotated[str | None, Header()] = None,
) -> Response:
    """The run's events after ``after``, or after ``Last-Event-ID``, which wins: a reconnect sends both."""
    run = await host.runs.find(worker, run_id)
    feed = await host.runs.feed(run)
    start = after if last_event_id is None else last_event_id
    if start > feed.last:
        raise Unprocessable.value(
            "beyond_the_end",
            ("query", "after") if last_event_id is None else ("header", "last-event-id"),
            f"The run has {feed.last} events so far. Read it again from its start.",
            start,
        )

    async def body() -> AsyncIterator[bytes]:
        yield sse.opening(run_id)
        async for batch in host.runs.subscribe(run, feed, start, quiet_s=host.keepalive_s):
            frames = sse.frames(batch)
            batch.clear()  # a slow reader would keep it in memory beside its frames
            yield frames or sse.KEEPALIVE
        reason = await host.runs.terminal_event(run)
        # The stream of a deleted run ends without a closing event: it is incomplete.
        if reason is not None:
            yield sse.closing(run_id, reason)

    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if host.open_streams and origin is not None:
        # An EventSource of a page that another server of this computer serves: no other origin gets here.
        headers |= {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    return StreamingResponse(body(), headers=headers)


async def _event_list(host: Services, worker: str, run_id: str) -> AsyncIterator[bytes]:
    """The answer in pieces: all events of a run can be too large for memory."""
    count = 0
    yield b'{"run_id":%s,"events":[' % msgspec.json.encode(run_id)
    async for batch in host.runs.events(worker, run_id):
        yield (b"," if count else b"") + b",".join(event.raw for event in batch)
        count += len(batch)
    yield b'],"count":%d}' % count


def _health(host: Services) -> dict[str, Any]:
    return {
        "status": "healthy",
        "version": __version__,
        "started_at": host.started_at.isoformat(timespec="microseconds"),
        "uptime_s": (host.clock.now() - host.started_at).total_seconds(),
        "active_runs": host.runs.in_flight,
    }


def _fitness(info: WorkerInfo) -> str:
    return "healthy" if info.runnable else "unavailable"


def _moats(info: WorkerInfo) -> dict[str, str]:
    """The state of each engine; all are unavailable while the worker cannot run."""
    usable = _OWN_ENGINES.union(info.moats) if info.runnable else frozenset()
    return {engine: "available" if engine in usable else "unavailable" for engine in ENGINES}


def _since_us(text: str) -> int:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Unprocessable.value(
            "datetime_parsing",
            ("query", "since"),
            "Input should be a time in ISO 8601, such as 2026-01-31T12:00:00Z",
            text,
        ) from None
    aware = time.replace(tzinfo=UTC) if time.tzinfo is None else time
    return round(aware.timestamp() * 1_000_000)


def _json(content: Any, status: int = HTTPStatus.OK) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


async def _on_refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return JSONResponse({"detail": error.detail}, error.status, error.headers)


async def _on_unprocessable(_: Request, error: Exception) -> Response:
    assert isinstance(error, Unprocessable)
    return JSONResponse({"detail": error.problems}, HTTPStatus.UNPROCESSABLE_ENTITY)


async def _on_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return JSONResponse({"detail": problems(error.errors())}, HTTPStatus.UNPROCESSABLE_ENTITY)


async def _on_store_error(_: Request, error: Exception) -> Response:
    _log.error("The run store failed", exc_info=error)
    text = f"The host cannot use its run store ({error}). Its log, host.log, says more."
    return JSONResponse({"detail": text}, HTTPStatus.SERVICE_UNAVAILABLE)


async def _on_error(_: Request, error: Exception) -> Response:
    text = f"The host failed on this request ({type(error).__name__}). Its log, host.log, says why."
    return JSONResponse({"detail": text}, HTTPStatus.INTERNAL_SERVER_ERROR)
