"""Doing a stage until it is right: run it, and when it fails, change how it is done and do it again.

What is tried against a failure, and in which order, is the catalog's; each action is tried once (a retry as
often as the catalog says) for each kind of failure in a stage. Where nothing is left, the run fails with what
was found and what a person can do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ....host.worker import RunError
from . import failures, recovery
from .failures import Action, Failure, Finding, StageFailure
from .stage_run import Telling

Work = Callable[[Telling], Awaitable[None]]


async def perform(telling: Telling, work: Work) -> None:
    """Do a stage to its end. Raises `RunError` where it cannot be done."""
    telling.begin()
    tried: dict[str, list[Action]] = {}
    last: Failure | None = None
    try:
        while (finding := await _attempt(telling, work)) is not None:
            telling.settle(success=last is not None and finding.failure is not last)
            last = finding.failure
            wait_s = _recover(telling, finding, tried.setdefault(last.code, []))
            if telling.run.waits:
                await asyncio.sleep(wait_s)
        telling.settle()
    except Exception as error:
        telling.settle(success=False)
        telling.fail(str(error) or type(error).__name__)
        raise
    finally:
        telling.shown.set()
    telling.complete()


async def _attempt(telling: Telling, work: Work) -> Finding | None:
    """Do the stage once; what was found, if it failed."""
    time_limit_s = telling.time_limit_s
    timeout = asyncio.timeout(time_limit_s)
    try:
        async with timeout:
            if telling.stage.after:  # the first stage checks its inputs as its own work
                await telling.check_inputs()
            await work(telling)
    except StageFailure as failure:
        return failure.finding
    except TimeoutError:
        if not timeout.expired():
            raise
        error = f"{telling.stage.name} took longer than its {time_limit_s:g} s."
        return Finding(failures.STAGE_TIMED_OUT, error)
    return None


def _recover(telling: Telling, finding: Finding, tried: list[Action]) -> float:
    """Change the order by the first action that is left and changes something; returns how long to wait
    before the stage is done again, in seconds. Raises `RunError`."""
    telling.tell_failure(finding)
    for action in finding.failure.actions:
        if tried.count(action) >= (finding.failure.retries if action == "retry" else 1):
            continue
        tried.append(action)
        change = recovery.change(action, finding, telling.situation)
        if change is None:
            continue
        handed_over = change.order.agent is not telling.order.agent
        telling.order = change.order
        telling.start_recovery(change.steps)
        if handed_over:
            telling.fallbacks.remove(change.order.agent)
            telling.tell_routing("recovery")
        if not change.order.paced:
            telling.unpace()
        return change.wait_s
    telling.start_recovery([("give_up", "nothing that is left would change anything")])
    telling.settle(success=False)
    raise RunError(f"{finding.error} {finding.failure.advice}")
