"""Manages the runs of the host: start, cancel, replay, list and delete."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

from ...events import (
    TYPES,
    ReplayVerified,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    StagePlan,
    encode,
)
from ...events.request_models import ReplayToken, RunOutcome, ValidatedRequest
from ..activity import Activity
from ..worker import CannotReplay, RunError, RunResult, Worker
from . import answers, replay_token
from .active_run import STOP_GRACE_S, ActiveRun, Stopped
from .feeds import Bus, Feed
from .options import complete_options
from .recorder import Recorder
from .refusals import (
    HostStopping,
    NothingToReplay,
    OtherEngine,
    RunInFlight,
    RunIsOver,
    RunNotFound,
    TooManyRuns,
)
from .registry import Registry
from .store import Batch, NewRun, RunEnd, RunStore, StoredEvent, StoredRun, StoredRunSummary
from .store_thread import StoreThread

MAX_IN_FLIGHT = 64

INTERRUPTED = "The run did not finish: the host was stopped."
CANCELLED = "Stopped on request."

_TERMINAL_EVENTS = {
    "completed": TYPES[RunCompleted],
    "failed": TYPES[RunFailed],
    "cancelled": TYPES[RunCancelled],
}

_log = logging.getLogger(__name__)


class Runs:
    """All runs of this host, active and finished. Call its methods on the event loop thread only."""

    def __init__(
        self,
        thread: StoreThread,
        registry: Registry,
        activity: Activity,
        *,
        max_in_flight: int = MAX_IN_FLIGHT,
    ) -> None:
        self._thread = thread
        self._store = thread.store
        self._registry = registry
        self._activity = activity
        self._max_in_flight = max_in_flight
        self._bus = Bus(lambda run, after: thread.call(thread.store.events, run, after))
        self._recorder = Recorder(thread, self._bus, self._on_store_error)
        self._numbers = count(thread.store.last_number() + 1)
        self._active: dict[str, ActiveRun] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    @property
    def in_flight(self) -> int:
        """The number of active runs."""
        return len(self._active)

    async def record(self) -> None:
        """Store and publish the events of all runs until cancelled. The host runs it as a background task."""
        await self._recorder.run()

    async def start(
        self,
        worker_id: str,
        request: ValidatedRequest,
        *,
        streamed: bool = True,
        replay_of: replay_token.ReplayOf | None = None,
    ) -> StoredRun:
        """Store and start a new run; returns it in the state queued.

        Raises a `Refusal`, or ``sqlite3.Error`` if the run cannot be stored.
        """
        worker = self._registry.worker(worker_id)
        if self._closing:
            raise HostStopping
        if self.in_flight >= self._max_in_flight:
            raise TooManyRuns(self._max_in_flight)
        declared = worker.info.options
        options = complete_options(declared, request.options)
        request = request.model_copy(update={"options": options})
        number = next(self._numbers)
        run = ActiveRun(
            number=number,
            run_id=str(uuid.uuid4()),
            worker_id=worker_id,
            request=request,
            created_us=time.time_ns() // 1000,
            recorder=self._recorder,
            feed=self._bus.open(number),
            streamed=streamed,
            replay_of=replay_of,
        )
        new = NewRun(
            number=number,
            run_id=run.run_id,
            worker=worker_id,
            task=request.task,
            request=request.model_dump_json(exclude_unset=True),
            request_hash=replay_token.request_hash(request, declared),
            created_us=run.created_us,
        )
        self._active[run.run_id] = run
        try:
            await self._thread.call(self._store.add, new)
        except BaseException:
            del self._active[run.run_id]
            self._bus.close(number)
            raise
        task = asyncio.create_task(self._supervise(run, worker))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return answers.queued(new)

    async def finish(self, run: StoredRun) -> StoredRun:
        """Wait for the end of a run; returns its final state."""
        feed = self._bus.feed(run.number)
        if feed is not None:
            await feed.end()
        return await self.find(run.worker, run.run_id)

    async def replay(self, worker_id: str, token: ReplayToken) -> StoredRun:
        """Run the request of a token again, and verify that outcome and artifacts are the same.

        Raises `OtherEngine` or `NothingToReplay`.
        """
        worker = self._registry.worker(worker_id)
        if token.version is not None and token.version != worker.version:
            raise OtherEngine(token.version, worker.version)
        original = await self._thread.call(
            self._store.run_of_request, worker_id, token.request_context_hash, token.run_id
        )
        if original is None:
            raise NothingToReplay(token.request_context_hash)
        return await self.start(
            worker_id,
            ValidatedRequest.model_validate_json(original.request),
            replay_of=replay_token.ReplayOf(
                original.run_id, token.artifacts, token.outcome, token.model_dump(mode="json")
            ),
        )

    async def retry(self, worker_id: str, run_id: str) -> StoredRun:
        """Start a new run of the request of an ended run. Raises `RunNotFound` or `RunInFlight`."""
        run = await self.find(worker_id, run_id)
        active = self._active.get(run_id)
        if active is not None and not active.over:
            raise RunInFlight("start it again")
        return await self.start(worker_id, ValidatedRequest.model_validate_json(run.request))

    async def find(self, worker_id: str, run_id: str) -> StoredRun:
        """The run with this id. Raises `RunNotFound`."""
        run = await self._thread.call(self._store.run, worker_id, run_id)
        if run is None:
            raise RunNotFound
        return run

    async def page(
        self,
        worker_id: str,
        *,
        limit: int,
        before: int | None,
        status: str | None,
        since_us: int | None,
    ) -> tuple[list[StoredRunSummary], int | None]:
        """A page of runs, newest first, and the ``before`` of the next page; ``None`` on the last page."""
        runs = await self._thread.call(
            self._store.runs, worker_id, limit=limit + 1, before=before, status=status, since_us=since_us
        )
        page = runs[:limit]
        return page, page[-1].number if len(runs) > limit else None

    async def cancel(self, worker_id: str, run_id: str) -> None:
        """Request the cancellation of a run. Raises `RunNotFound` or `RunIsOver`."""
        run = self._active.get(run_id)
        if run is not None and run.worker_id == worker_id:
            if not run.over:
                return run.stop(RunCancelled(reason=CANCELLED))
            await run.feed.end()
        raise RunIsOver((await self.find(worker_id, run_id)).status)

    async def delete(self, worker_id: str, run_id: str) -> None:
        """Delete a run and its events. Raises `RunNotFound` or `RunInFlight`."""
        run = await self.find(worker_id, run_id)
        active = self._active.get(run_id)
        if active is not None:
            if not active.over:
                raise RunInFlight("delete it")
            await active.feed.end()
        await self._thread.call(self._store.delete, run.number)

    async def feed(self, run: StoredRun) -> Feed:
        """The feed of an active run, or a closed feed at the last event of a finished run."""
        live = self._bus.feed(run.number)
        return live or Feed(await self._thread.call(self._store.last_seq, run.number), over=True)

    def subscribe(
        self, run: StoredRun, feed: Feed, after: int, *, quiet_s: float
    ) -> AsyncIterator[list[StoredEvent]]:
        """See `Bus.subscribe`."""
        return self._bus.subscribe(run.number, feed, after, quiet_s=quiet_s)

    async def terminal_event(self, run: StoredRun) -> str | None:
        """The type of the terminal event of a finished run; ``None`` if the run was deleted."""
        ended = await self._thread.call(self._store.run, run.worker, run.run_id)
        return None if ended is None else _TERMINAL_EVENTS[ended.status]

    async def events(self, worker_id: str, run_id: str) -> AsyncIterator[list[StoredEvent]]:
        """The events stored so far, in batches; none for an unknown run."""
        run = await self._thread.call(self._store.run, worker_id, run_id)
        if run is None:
            return
        last = (await self.feed(run)).last
        async for batch in self._bus.subscribe(run.number, Feed(last, over=True), 0, quiet_s=0):
            yield batch

    async def close(self) -> None:
        """Accept no more runs and fail the active ones; returns once their ends are stored."""
        self._closing = True
        for run in self._active.values():
            run.stop(RunFailed(success=False, error=INTERRUPTED))
        try:
            async with asyncio.timeout(STOP_GRACE_S + 1):
                for run in list(self._active.values()):
                    await run.feed.end()
        except TimeoutError:
            _log.error(
                "%d runs did not end in time; the next start of the host marks them as failed", self.in_flight
            )

    async def _supervise(self, run: ActiveRun, worker: Worker) -> None:
        with self._activity:
            self._recorder.started(run.number)
            self._recorder.ended(await self._execute(run, worker))
            await run.feed.end()
            del self._active[run.run_id]

    async def _execute(self, run: ActiveRun, worker: Worker) -> RunEnd:
        """Run the worker and record all host events, from ``run_started`` to the terminal event."""
        began = time.perf_counter()
        request = run.request
        try:
            run.record(
                RunStarted(
                    task=request.task,
                    has_brand=request.brand is not None,
                    brand=None
                    if request.brand is None
                    else request.brand.model_dump(mode="json", exclude_unset=True),
                    budget=request.budget,
                    strict_mode=request.strict_mode,
                    depth=request.depth,
                    options=request.options,
                    worker=run.worker_id,
                    stages=[StagePlan(stage_id=stage_id, name=name) for stage_id, name in worker.stages()],
                    replay_of=None if run.replay_of is None else run.replay_of.run_id,
                )
            )
            try:
                result = await run.work(worker)
            except CannotReplay:
                raise
            except RunError as error:
                return _fail(run, worker, error, _ms_since(began))
            return _complete(run, worker, result, _ms_since(began))
        except Stopped as stopped:
            event = stopped.event
        except CannotReplay as error:
            event = RunFailed(success=False, error=str(error))
        except Exception as error:
            _log.exception("Run %s: the worker failed unexpectedly", run.run_id)
            reason = f"The worker failed unexpectedly ({type(error).__name__}: {error})."
            event = RunFailed(success=False, error=reason)
        return _break_off(run, event, _ms_since(began))

    def _on_store_error(self, error: sqlite3.Error) -> None:
        for run in self._active.values():
            run.stop(RunFailed(success=False, error=f"The host could not store the run's events ({error})."))


def fail_interrupted(store: RunStore) -> int:
    """Mark the runs that were active when the last host ended as failed; returns their number."""
    batch = Batch()
    event = RunFailed(success=False, error=INTERRUPTED)
    for number, run_id in store.unfinished():
        raw = encode(event, run_id=run_id, time=datetime.now(UTC))
        batch.events[number] = [StoredEvent(store.last_seq(number) + 1, TYPES[RunFailed], raw)]
        batch.ended.append(RunEnd(number, "failed", False, INTERRUPTED))
    store.write(batch)
    return len(batch.ended)


def _complete(run: ActiveRun, worker: Worker, result: RunResult, latency_ms: float) -> RunEnd:
    artifacts = {**run.artifacts, **result.artifacts}
    token = _token(run, worker, result, "completed")
    end = RunEnd(
        number=run.number,
        status="completed",
        success=True,
        total_tokens=result.total_tokens,
        total_latency_ms=latency_ms,
        detail=answers.detail(result, artifacts=artifacts, replay_token=token),
    )
    _verify(run, token)
    run.record(
        RunCompleted(
            success=True,
            total_tokens=result.total_tokens,
            total_latency_ms=latency_ms,
            artifacts_count=len(token["artifacts"]),
            replay_token=token,
            cost_report=None if result.cost_report is None else dict(result.cost_report),
        )
    )
    run.over = True
    return end


def _fail(run: ActiveRun, worker: Worker, error: RunError, latency_ms: float) -> RunEnd:
    """End a run after a `RunError`. Its partial result is stored, and it can be replayed."""
    result = error.partial or RunResult(total_tokens=run.tokens)
    text = str(error) or "The worker gave no reason."
    token = _token(run, worker, result, "failed")
    end = RunEnd(
        number=run.number,
        status="failed",
        success=False,
        error=text,
        total_tokens=result.total_tokens,
        total_latency_ms=latency_ms,
        detail=answers.detail(result, artifacts={**run.artifacts, **result.artifacts}, replay_token=token),
    )
    _verify(run, token)
    run.record(RunFailed(success=False, error=text, replay_token=token))
    run.over = True
    return end


def _token(run: ActiveRun, worker: Worker, result: RunResult, outcome: RunOutcome) -> dict[str, Any]:
    hashes = {name: replay_token.text_hash(text) for name, text in result.artifacts.items()} | run.hashes
    return replay_token.token(
        run.request,
        worker.info.options,
        run_id=run.run_id,
        created_at=answers.iso(run.created_us),
        stages=[stage_id for stage_id, _ in worker.stages()],
        total_tokens=result.total_tokens,
        artifacts=hashes,
        outcome=outcome,
        version=worker.version,
        worker=result.replay_token or {},
    )


def _verify(run: ActiveRun, token: Mapping[str, Any]) -> None:
    """Record whether a replay has the same result as the run that it repeats."""
    if run.replay_of is not None:
        identical, compared = replay_token.verdict(run.replay_of, token["artifacts"], token["outcome"])
        run.record(ReplayVerified(identical=identical, artifacts=compared))


def _break_off(run: ActiveRun, event: RunFailed | RunCancelled, latency_ms: float) -> RunEnd:
    run.record(event)
    run.over = True
    return RunEnd(
        number=run.number,
        status="cancelled" if isinstance(event, RunCancelled) else "failed",
        success=False,
        error=event.reason if isinstance(event, RunCancelled) else event.error,
        total_tokens=run.tokens,
        total_latency_ms=latency_ms,
        detail=answers.artifacts_only(run.artifacts),
    )


def _ms_since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 3)
