"""Runs a stage until it succeeds: on a failure it changes the stage's order and runs the stage again.

The catalog lists the actions against a failure, in order. Each action is tried once (a retry as often as the
catalog allows) for each kind of failure in a stage. When no action is left, the run fails with what was found
and advice for a person.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ....host.worker import RunError
from . import failures, recovery
from .failures import Action, Failure, Finding, StageFailure
from .stage_run import StageRun
from .taken_stages import kept

StageWork = Callable[[StageRun], Awaitable[None]]


async def perform(stage_run: StageRun, work: StageWork) -> None:
    """Run a stage to its end. Raises `RunError` where it cannot be done."""
    await stage_run.pause_if_asked()
    stage_run.start()
    tried: dict[str, list[Action]] = {}
    last: Failure | None = None
    try:
        while (finding := await _attempt(stage_run, work)) is not None:
            stage_run.finish_recovery(success=last is not None and finding.failure is not last)
            last = finding.failure
            wait_s = _recover(stage_run, finding, tried.setdefault(last.code, []))
            if stage_run.run.waits:
                await asyncio.sleep(wait_s)
        stage_run.finish_recovery()
    except Exception as error:
        stage_run.finish_recovery(success=False)
        stage_run.fail(str(error) or type(error).__name__)
        raise
    finally:
        stage_run.published.set()
    stage_run.complete()
    stage_run.run.keep(stage_run.stage.id, kept(stage_run))


async def _attempt(stage_run: StageRun, work: StageWork) -> Finding | None:
    """Run the stage once; returns the failure, if any."""
    time_limit_s = stage_run.time_limit_s
    timeout = asyncio.timeout(time_limit_s)
    try:
        async with timeout, stage_run.limited_by(timeout):
            if stage_run.stage.after:  # the first stage checks its inputs as its own work
                await stage_run.check_inputs()
            await work(stage_run)
    except StageFailure as failure:
        return failure.finding
    except TimeoutError:
        if not timeout.expired():
            raise
        error = f"{stage_run.stage.name} took longer than its limit of {time_limit_s:g} s."
        return Finding(failures.STAGE_TIMED_OUT, error)
    return None


def _recover(stage_run: StageRun, finding: Finding, tried: list[Action]) -> float:
    """Change the order by the next action that changes something; returns the wait before the next attempt,
    in seconds. Raises `RunError`."""
    stage_run.report_failure(finding)
    for action in finding.failure.actions:
        if tried.count(action) >= (finding.failure.retries if action == "retry" else 1):
            continue
        tried.append(action)
        step = recovery.recovery_step(action, finding, stage_run.recovery_context)
        if step is None:
            continue
        new_agent = step.order.agent is not stage_run.order.agent
        stage_run.log(finding.error, "warning")
        stage_run.order = step.order
        stage_run.start_recovery(step.steps)
        if new_agent:
            stage_run.fallbacks.remove(step.order.agent)
            stage_run.report_routing("recovery")
        if not step.order.paced:
            stage_run.stop_pacing()
        return step.wait_s
    stage_run.start_recovery([("give_up", "No recovery is left that would help, so the run ends here")])
    stage_run.finish_recovery(success=False)
    raise RunError(f"{finding.error} {finding.failure.advice}")
