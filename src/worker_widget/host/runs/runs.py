"""Manages the runs of the host: start, cancel, replay, list and delete."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
import uuid
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import suppress
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
    RunWarning,
    StagePlan,
    encode,
)
from ...events.event import utc_text
from ...events.request_models import ForkRequest, ReplayToken, RunOutcome, ValidatedRequest
from ...retention import Retention
from ...spans import WORKER_ID
from ..activity import Activity
from ..retired import RetiredHost, RetiredHosts
from ..worker import CannotReplay, RunError, RunResult, Worker
from . import answers, forks, received_traces, replay_token
from .active_run import STOP_GRACE_S, ActiveRun, Stopped
from .feeds import Bus, Feed
from .options import complete_options
from .received_traces import ReceivedTraces
from .recorder import Recorder
from .refusals import (
    CannotTakeOver,
    HostReplaced,
    HostStopping,
    NothingToReplay,
    NotOffered,
    OtherEngine,
    RunInFlight,
    RunIsOver,
    RunNotFound,
    TooManyRuns,
)
from .registry import Registry
from .secrets import checked_secrets
from .store import Batch, NewRun, RunEnd, RunStore, StoredEvent, StoredRun, StoredRunSummary
from .store_thread import StoreThread

MAX_IN_FLIGHT = 256
_PRUNE_S = 3_600.0
_RETIRED_CHECK_S = 0.5

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
        quiet_s: float = received_traces.QUIET_S,
        elsewhere: RetiredHosts | None = None,
    ) -> None:
        self._elsewhere = elsewhere or RetiredHosts(list)
        self._thread = thread
        self._store = thread.store
        self._registry = registry
        self._activity = activity
        self._max_in_flight = max_in_flight
        self._bus = Bus(lambda run, after: self._recorder.read(run, after))
        self._recorder = Recorder(thread, self._bus, self._on_store_error, self._on_unstored)
        self._numbers = count(thread.store.last_number() + 1)
        self._active: dict[str, ActiveRun] = {}
        self.received = ReceivedTraces(
            thread, self._recorder, self._bus, registry, lambda: next(self._numbers), quiet_s=quiet_s
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._retired = False
        self._ended = asyncio.Event()

    @property
    def in_flight(self) -> int:
        """The number of active runs."""
        return len(self._active)

    async def record(self) -> None:
        """Store and publish the events of all runs until cancelled. The host runs it as a background task."""
        await self._recorder.run()

    async def prune(self, retention: Retention) -> None:
        """Delete the runs beyond the limits: now, after each end of a run, and each hour, until cancelled."""
        while retention:
            self._ended.clear()
            try:
                await self._prune(retention)
            except sqlite3.Error:
                _log.exception("Cannot delete old runs; the next end of a run tries again")
            with suppress(TimeoutError):
                async with asyncio.timeout(_PRUNE_S):
                    await self._ended.wait()

    async def _prune(self, retention: Retention) -> None:
        store, call = self._store, self._thread.call
        for number, run in await call(store.beyond, retention, time.time_ns() // 1000):
            if run.run_id not in self._active and not self.received.is_open(run.run_id):
                await call(store.delete, number)
        while await call(store.reclaim_space):
            pass

    async def start(
        self,
        worker_id: str,
        request: ValidatedRequest,
        *,
        streamed: bool = True,
        replay_of: replay_token.ReplayOf | None = None,
        fork: forks.Fork | None = None,
        parent_run_id: str | None = None,
    ) -> StoredRun:
        """Store and start a new run; returns it in the state queued.

        ``fork`` is what it takes over of the run ``parent_run_id``. Raises a `Refusal`, or ``sqlite3.Error``
        if the run cannot be stored.
        """
        worker = self._registry.worker(worker_id)
        if self._retired:
            raise HostReplaced
        if self._closing:
            raise HostStopping
        if self.in_flight >= self._max_in_flight:
            raise TooManyRuns(self._max_in_flight)
        declared = worker.info.options
        options = complete_options(declared, request.options)
        secrets = checked_secrets(worker.info.secrets, request.secrets)
        request = request.model_copy(update={"options": options, "secrets": {}})
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
            secrets=secrets,
            version=worker.version,
            fork=fork,
            parent_run_id=parent_run_id,
        )
        new = NewRun(
            number=number,
            run_id=run.run_id,
            worker=worker_id,
            task=request.task,
            request=request.model_dump_json(exclude_unset=True),
            request_hash=replay_token.request_hash(request, declared, fork_of=run.fork_of),
            created_us=run.created_us,
            parent_run_id=parent_run_id,
            from_stage=None if fork is None else fork.from_stage,
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

    async def replay(
        self, worker_id: str, token: ReplayToken, secrets: Mapping[str, str] | None = None
    ) -> StoredRun:
        """Run the request of a token again, and verify that outcome and artifacts are the same.

        ``secrets`` are those of the new run. Raises `OtherEngine`, `NothingToReplay` or `SecretsRefused`.
        """
        worker = self._registry.worker(worker_id)
        if token.version is not None and token.version != worker.version:
            raise OtherEngine(token.version, worker.version)
        original = await self._thread.call(
            self._store.run_of_request, worker_id, token.request_context_hash, token.run_id
        )
        if original is None:
            raise NothingToReplay(token.request_context_hash)
        request = _stored_request(original, secrets)
        return await self.start(
            worker_id,
            request,
            fork=await self._fork_again(worker, original, request),
            parent_run_id=original.parent_run_id,
            replay_of=replay_token.ReplayOf(
                original.run_id, token.artifacts, token.outcome, token.model_dump(mode="json")
            ),
        )

    async def retry(
        self,
        worker_id: str,
        run_id: str,
        from_stage: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> StoredRun:
        """Start a new run of the request of an ended run, from a stage on.

        Without ``from_stage`` a run that did not complete goes on at the stage that failed, if its worker
        offers that; any other starts at its first stage. ``secrets`` are those of the new run. Raises
        `RunNotFound`, `RunInFlight`, `SecretsRefused`, and as `fork`.
        """
        worker = self._registry.worker(worker_id)
        offered = "retry" in worker.info.capabilities
        if from_stage is not None and not offered:
            raise NotOffered(worker.info, "run again from a stage on")
        run = await self._ended_run(worker_id, run_id, "start it again")
        request = _stored_request(run, secrets)
        fork = None
        if from_stage is not None or (offered and run.status != "completed"):
            parent = await forks.executed(run_id, self.events(worker_id, run_id))
            kept = await self._thread.call(self._store.kept_stages, run.number)
            start = from_stage or forks.failed_stage(worker, parent, kept)
            if start is not None:
                fork = forks.fork(worker, parent, kept, start, was=request, request=request)
        return await self.start(worker_id, request, fork=fork, parent_run_id=run_id)

    async def fork(self, worker_id: str, run_id: str, body: ForkRequest) -> StoredRun:
        """Run an ended run again from a stage on, with changes of its request.

        Raises `RunNotFound`, `RunInFlight`, `NotOffered`, `StageUnknown`, `CannotTakeOver` or
        `SecretsRefused`.
        """
        worker = self._registry.worker(worker_id)
        if "fork" not in worker.info.capabilities:
            raise NotOffered(worker.info, "run again from a stage on")
        run = await self._ended_run(worker_id, run_id, "run it again from a stage on")
        request = body.changed(_stored_request(run, body.secrets))
        fork = await self._fork(worker, run, body.from_stage, request)
        return await self.start(worker_id, request, fork=fork, parent_run_id=run_id)

    async def _ended_run(self, worker_id: str, run_id: str, then: str) -> StoredRun:
        run = await self.find(worker_id, run_id)
        active = self._active.get(run_id)
        if active is None:
            return run
        if not active.over:
            raise RunInFlight(then)
        await active.feed.end()
        return await self.find(worker_id, run_id)

    async def _fork(
        self, worker: Worker, parent: StoredRun, from_stage: str, request: ValidatedRequest
    ) -> forks.Fork | None:
        return forks.fork(
            worker,
            await forks.executed(parent.run_id, self.events(parent.worker, parent.run_id)),
            await self._thread.call(self._store.kept_stages, parent.number),
            from_stage,
            was=_stored_request(parent, None),
            request=request,
        )

    async def _fork_again(
        self, worker: Worker, original: StoredRun, request: ValidatedRequest
    ) -> forks.Fork | None:
        """The fork that a run is, for a replay of it; ``None`` for a run from its first stage on."""
        if original.parent_run_id is None or original.from_stage is None:
            return None
        parent = await self._thread.call(self._store.run, original.worker, original.parent_run_id)
        if parent is None:
            raise CannotTakeOver(
                f"The run {original.parent_run_id}, whose first stages this run takes over, is no longer on"
                " this host, so running it again cannot be verified."
            )
        return await self._fork(worker, parent, original.from_stage, request)

    async def pause(self, worker_id: str, run_id: str) -> None:
        """Request a pause of an active run. Raises `NotOffered`, `RunNotFound` or `RunIsOver`."""
        (await self._pausable(worker_id, run_id)).pauses.pause()

    async def resume(self, worker_id: str, run_id: str) -> None:
        """End the pause of a run. Raises `RunNotPaused`, and as `pause`."""
        (await self._pausable(worker_id, run_id)).pauses.resume()

    async def _pausable(self, worker_id: str, run_id: str) -> ActiveRun:
        info = self._registry.info(worker_id)
        if "pause" not in info.capabilities:
            raise NotOffered(info, "pause a run")
        run = self._active.get(run_id)
        if run is not None and run.worker_id == worker_id:
            if not run.over:
                return run
            await run.feed.end()
        raise RunIsOver((await self.find(worker_id, run_id)).status)

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

    async def answer(self, worker_id: str, run_id: str, request_id: str, payload: Any) -> None:
        """Answer a request for input of an active run.

        Raises `RunNotFound`, `RunIsOver`, `InputNotFound`, `InputClosed` or `AnswerRefused`.
        """
        run = self._active.get(run_id)
        if run is not None and run.worker_id == worker_id:
            if not run.over:
                return run.inputs.answer(request_id, payload)
            await run.feed.end()
        raise RunIsOver((await self.find(worker_id, run_id)).status)

    async def cancel(self, worker_id: str, run_id: str) -> None:
        """Request the cancellation of a run. Raises `RunNotFound` or `RunIsOver`."""
        if worker_id == WORKER_ID and self.received.is_open(run_id):
            return await self.received.cancel(run_id, CANCELLED)
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
        if self.received.is_open(run_id):
            raise RunInFlight("delete it")
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

    async def retire(self) -> tuple[str, ...]:
        """Accept no more runs; returns the ids of the active ones, which go on."""
        self._retired = True
        await self.received.close()
        await self._thread.call(lambda: None)  # the runs that were being started are stored
        return tuple(self._active)

    def go_on(self) -> None:
        """Accept runs again, as before `retire`."""
        self._retired = False

    async def last_end(self) -> None:
        """Wait until no run is active."""
        while self._active:
            await next(iter(self._active.values())).feed.end()
            await asyncio.sleep(0)

    async def watch_retired(self) -> None:
        """Write the ends of the runs whose retired host was killed, until no retired host is left."""
        while self._elsewhere:
            await asyncio.sleep(_RETIRED_CHECK_S)
            await self.settle_retired()

    async def elsewhere(self, run_id: str) -> RetiredHost | None:
        """The retired host that executes the run; ``None`` for any other run."""
        host = self._elsewhere.of(run_id)
        if host is None:
            return None
        unfinished = await self._thread.call(self._store.unfinished)
        return host if run_id in {active for _, active in unfinished} else None

    async def settle_retired(self) -> None:
        """Mark the runs as failed whose retired host has ended without ending them."""
        ended = self._elsewhere.refresh()
        if ended:
            await self._thread.call(fail_interrupted, self._store, among=ended)

    async def close(self) -> None:
        """Accept no more runs and fail the active ones; returns once their ends are stored."""
        self._closing = True
        for run in self._active.values():
            run.stop(RunFailed(success=False, error=INTERRUPTED))
        try:
            async with asyncio.timeout(STOP_GRACE_S + 1):
                await self.received.close()
                for run in list(self._active.values()):
                    await run.feed.end()
        except TimeoutError:
            _log.error(
                "%d runs did not end in time; the next start of the host marks them as failed", self.in_flight
            )

    async def _supervise(self, run: ActiveRun, worker: Worker) -> None:
        with self._activity:
            self._recorder.status(run.number, "running")
            self._recorder.ended(await self._execute(run, worker))
            await run.feed.end()
            del self._active[run.run_id]
            self._ended.set()

    async def _execute(self, run: ActiveRun, worker: Worker) -> RunEnd:
        """Run the worker and record all host events, from ``run_started`` to the terminal event."""
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
                    parent_run_id=run.parent_run_id,
                    from_stage=None if run.fork is None else run.fork.from_stage,
                )
            )
            run.take_over()
            try:
                result = await run.work(worker)
            except CannotReplay:
                raise
            except RunError as error:
                return _fail(run, worker, error, run.active_ms)
            return _complete(run, worker, result, run.active_ms)
        except Stopped as stopped:
            event = stopped.event
        except CannotReplay as error:
            event = RunFailed(success=False, error=run.secrets.hidden_in(str(error)))
        except Exception as error:
            run.log_failure("the worker failed unexpectedly", error)
            reason = f"The worker failed unexpectedly ({type(error).__name__}: {error})."
            event = RunFailed(success=False, error=run.secrets.hidden_in(reason))
        return _break_off(run, event, run.active_ms)

    def _on_unstored(self, error: sqlite3.Error) -> None:
        message = (
            f"The host cannot store the events of this run ({error}). They are kept in memory, and stored as"
            " soon as that works."
        )
        for run in self._active.values():
            if not run.over:
                run.record(RunWarning(code="not_stored", message=message))

    def _on_store_error(self, error: sqlite3.Error) -> None:
        for run in self._active.values():
            run.stop(RunFailed(success=False, error=f"The host could not store the run's events ({error})."))


def _stored_request(run: StoredRun, secrets: Mapping[str, str] | None) -> ValidatedRequest:
    """The request of a stored run with these secrets: its own were not stored."""
    request = ValidatedRequest.model_validate_json(run.request)
    return request.model_copy(update={"secrets": dict(secrets or {})})


def fail_interrupted(
    store: RunStore, *, among: Collection[str] | None = None, but: Collection[str] = ()
) -> int:
    """Mark the runs that were active when their host ended as failed; returns their number.

    Only those ``among`` these ids, if given; ``but`` are the runs of hosts that have not ended.
    """
    batch = Batch()
    event = RunFailed(success=False, error=INTERRUPTED)
    for number, run_id in store.unfinished():
        if run_id in but or (among is not None and run_id not in among):
            continue
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
    text = run.secrets.hidden_in(str(error)) or "The worker gave no reason."
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
        created_at=utc_text(run.created_us),
        stages=[stage_id for stage_id, _ in worker.stages()],
        total_tokens=result.total_tokens,
        artifacts=hashes,
        outcome=outcome,
        version=worker.version,
        worker=result.replay_token or {},
        fork_of=run.fork_of,
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
