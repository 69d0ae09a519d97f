"""`LocalWorkers`: the functions of this process as a server of workers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Literal

from msgspec.structs import replace

from ...errors import Problem, RequestRefused, RunUnknown, UnknownWorker
from ...events.answers import BrandCheck, Health, RunAnswer, RunListItem, RunPage, WorkerInfo
from ...events.run_request import RunRequest
from ...host.runs.options import option_problem
from ...recording.call import CallResult, FunctionCall
from ...recording.function import RecordedFunction
from ...recording.result import write_result
from ..run_source import RunSource
from .functions_here import LABEL, functions_here
from .local_run import STOPPED, LocalRun, runs_here

if TYPE_CHECKING:
    from ...host.worker import Worker

STOP_GRACE_S: Final = 2.0
"""Seconds that a stopped function has to end before its run ends without it."""

_STILL_RUNS: Final = (
    STOPPED + " Its function still runs: it ends at its next call of stage(), log() or track(), or when it"
    " returns. What it does until then is not recorded."
)
_NO_FORK: Final = (
    "A run of this kernel keeps no stages that another run could take over: start it again with the same"
    " request."
)
_NO_REPLAY: Final = "A function of this kernel has no replay token: start it again with the same request."


class LocalWorkers:
    """Runs the functions of this process. Meets `WorkerServer`."""

    def __init__(self, worker: str) -> None:
        """``worker`` is the default of the ``worker`` arguments."""
        self.worker = worker

    @property
    def news(self) -> str:
        return ""

    @property
    def label(self) -> str:
        return LABEL

    async def workers(self) -> list[WorkerInfo]:
        # The host alone pauses runs and takes over their stages.
        return [replace(function.info, capabilities=()) for function in functions_here.values()]

    async def start(
        self,
        request: RunRequest,
        *,
        worker: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> RunAnswer:
        found = self._worker(worker)
        if isinstance(found, RecordedFunction):
            if secrets:
                raise RequestRefused("A function in this kernel takes no secrets: it can read them itself.")
            run = start_function(found, request)
        else:
            from .protocol_worker import start_worker  # it imports pydantic, which is slow

            run, call = start_worker(found, request, secrets or {})
            _begin(run, call)
        return RunAnswer(run_id=run.run_id, status="running")

    async def replay(
        self,
        token: Mapping[str, Any],
        *,
        worker: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> RunAnswer:
        raise RequestRefused(_NO_REPLAY)

    async def retry(
        self,
        run_id: str,
        *,
        from_stage: str | None = None,
        worker: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> RunAnswer:
        raise RequestRefused(_NO_FORK)

    async def fork(
        self,
        run_id: str,
        from_stage: str,
        changes: Mapping[str, Any],
        *,
        worker: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> RunAnswer:
        raise RequestRefused(_NO_FORK)

    def run_source(self, run_id: str, *, worker: str | None = None) -> RunSource:
        return runs_here.get(run_id) or _NoRun(run_id)

    async def ensure_known(self, run_id: str, *, worker: str | None = None) -> None:
        if runs_here.get(run_id) is None:
            raise _unknown(run_id)

    async def runs(self, limit: int = 20, *, status: str | None = None, worker: str | None = None) -> RunPage:
        """The open runs of this process; those that have ended are in the history."""
        items = [
            RunListItem(
                run_id=run.run_id,
                task=run.request.task,
                status="waiting" if run.recording.asked else "running",
            )
            for run in reversed(runs_here.all())
            if worker is None or run.worker == worker
        ]
        return RunPage(runs=[item for item in items if status in (None, item.status)][:limit])

    async def health(self, *, worker: str | None = None) -> Health:
        return Health(status="healthy", active_runs=len(runs_here.all()))

    async def schema(self, kind: Literal["brand", "run"], *, worker: str | None = None) -> dict[str, Any]:
        from ...events import request_models  # importing pydantic is slow

        return request_models.Brand.model_json_schema() if kind == "brand" else {"type": "object"}

    async def validate_brand(self, brand: Mapping[str, Any], *, worker: str | None = None) -> BrandCheck:
        """Every brand is valid: the function reads of it what it wants."""
        return BrandCheck(valid=True)

    async def aclose(self) -> None:
        pass

    def _worker(self, worker: str | None) -> RecordedFunction[..., Any] | Worker:
        named = worker or self.worker
        function = functions_here.get(named)
        if function is None:
            known = ", ".join(functions_here) or "none"
            raise UnknownWorker(
                f"There is no worker {named!r} in this kernel. Known: {known}. Run the cell that defines it."
            )
        return function


def start_function(function: RecordedFunction[..., Any], request: RunRequest) -> LocalRun:
    """Starts a run of a function in a thread of its own. Raises `RequestRefused` with the invalid fields."""
    _check(function, request)
    call_function = function.call(request.task, request.brand, request.options)
    run = LocalRun.open(
        function.info.name,
        worker=function.info.id,
        request=request,
        stages=function.stages,
        with_locals=function.locals,
    )
    call = FunctionCall(run.recording, call_function, name=function.info.id, capture=function.capture)

    def ended(done: Any) -> None:
        result: CallResult = done.result()
        if result.error is None:
            write_result(run.recording, result.value)
        run.end_after(result.error)

    call.result.add_done_callback(ended)
    _begin(run, call)
    return run


def _begin(run: LocalRun, call: FunctionCall) -> None:
    def stop() -> None:
        call.stop()
        asyncio.get_running_loop().call_later(STOP_GRACE_S, run.cancelled, _STILL_RUNS)

    run.call_stop = stop
    call.start()


class _NoRun:
    """The source of a run that this process does not have."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id

    async def events(self, after: str | None) -> Any:
        raise _unknown(self._run_id)
        yield

    async def cancel(self) -> None:
        raise _unknown(self._run_id)

    async def pause(self) -> None:
        raise _unknown(self._run_id)

    async def resume(self) -> None:
        raise _unknown(self._run_id)

    async def answer(self, request_id: str, payload: Any) -> None:
        raise _unknown(self._run_id)


def _unknown(run_id: str) -> RunUnknown:
    return RunUnknown(f"No run {run_id!r} is going on in this kernel, and it has not ended in the history.")


def _check(function: RecordedFunction[..., Any], request: RunRequest) -> None:
    problems: list[Problem] = []
    if not request.task.strip():
        problems.append(Problem("task", "must not be empty"))
    options = {option.name: option for option in function.info.options}
    for name, value in request.options.items():
        if name not in options:
            known = ", ".join(options) or "none"
            problems.append(Problem(f"options.{name}", f"is not an option of this worker; it has {known}"))
        elif isinstance(value, float) and not isfinite(value):
            problems.append(Problem(f"options.{name}", "must be a finite number"))
        elif value is not None and (problem := option_problem(options[name], value)) is not None:
            problems.append(Problem(f"options.{name}", problem))
    problems += [Problem(f"options.{name}", "is required") for name in function.required(request.options)]
    if problems:
        words = "; ".join(f"{problem.field} {problem.message}" for problem in problems)
        raise RequestRefused(f"{function.info.name} cannot be run so: {words}.", problems)
