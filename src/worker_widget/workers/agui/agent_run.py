"""One of our runs: streams the runs of an agent, asks a person what the agent asks, and goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

from ...events import Log, Payload
from ...host.worker import RunContext, RunError, RunResult
from .connection import AgentConnection
from .conversation import Conversation
from .excerpts import as_json
from .interrupts import Interrupt, Reply, question, reply
from .mapping import EventMapping
from .messages import decode
from .pieces import joined
from .run_input import run_input

LINGER_S: Final = 1.0
"""How long a stream may stay open after its run: it can hold a further run."""

CLOSED: Final = "The connection to the agent is closed. Whether the agent stops is up to it."


class AgentRun:
    """Runs an agent to its end. ``context`` are ``{description, value}`` items that every run gets."""

    def __init__(
        self,
        run: RunContext,
        connection: AgentConnection,
        conversation: Conversation,
        thread_id: str,
        context: Sequence[Mapping[str, str]] = (),
        now_ms: Callable[[], float] = lambda: time.time() * 1000,
    ) -> None:
        self._run = run
        self._connection = connection
        self._conversation = conversation
        self._thread_id = thread_id
        self._context = context
        self._now_ms = now_ms
        self._mapping = EventMapping(conversation)

    async def execute(self) -> RunResult:
        """Raises `RunError` if the agent fails, with the tokens that it used."""
        number, answers = 1, Reply()
        while True:
            body = run_input(
                self._thread_id,
                self._run_id(number),
                self._conversation,
                parent_run_id=None if number == 1 else self._run_id(number - 1),
                reply=answers,
                context=self._context,
            )
            await self._stream(body)
            outcome = self._mapping.outcome
            if outcome is None or outcome.status in ("failed", "cancelled"):
                error = "" if outcome is None else self._connection.mask.text(outcome.error)
                raise RunError(error, self._result())
            if outcome.status == "completed":
                return self._result()
            answers = await self._ask(outcome.interrupts)
            number += 1

    def _run_id(self, number: int) -> str:
        return self._run.run_id if number == 1 else f"{self._run.run_id}-{number}"

    async def _stream(self, body: Mapping[str, Any]) -> None:
        """Maps a stream to its end."""
        mapping = self._mapping
        mapping.outcome = None
        try:
            async with asyncio.timeout(None) as limit, aclosing(self._connection.run(body)) as batches:
                over = False
                async for batch in batches:
                    self._map(batch)
                    if mapping.outcome is not None and mapping.outcome.status == "failed":
                        break
                    if over != (mapping.outcome is not None):
                        over = not over
                        limit.reschedule(asyncio.get_running_loop().time() + LINGER_S if over else None)
                    await asyncio.sleep(0)
        except TimeoutError:
            pass  # the run is over, and the stream stays open
        except RunError as error:
            self._emit(mapping.connection_ended(str(error)))
            error.partial = self._result()
            raise
        except asyncio.CancelledError:
            mapping.give_up(CLOSED)  # the conversation gets what arrived; the host ends the stages
            self._run.emit(Log(message=CLOSED, level="warning"))
            raise
        self._emit(mapping.connection_ended())

    def _map(self, batch: Iterable[bytes]) -> None:
        arrival = self._now_ms()
        payloads: list[Payload] = []
        try:
            for event in joined(map(decode, batch)):
                payloads += self._mapping.take(event, arrival)
        finally:
            self._emit(payloads)

    def _emit(self, payloads: Iterable[Payload]) -> None:
        for payload in payloads:
            self._run.emit(payload)

    async def _ask(self, interrupts: Sequence[Interrupt]) -> Reply:
        """Asks all questions of the agent at once."""
        tasks = [asyncio.ensure_future(self._answer(interrupt)) for interrupt in interrupts]
        try:
            payloads = await asyncio.gather(*tasks)
        except RunError as error:
            self._emit(self._mapping.give_up(str(error)))
            error.partial = self._result()
            raise
        finally:
            for task in tasks:
                task.cancel()
        answers = reply(list(zip(interrupts, payloads, strict=True)))
        for call_id, payload in answers.tool_results:
            content = payload if isinstance(payload, str) else as_json(payload)
            self._emit(self._mapping.answer_call(call_id, content, self._now_ms()))
        return answers

    async def _answer(self, interrupt: Interrupt) -> Any:
        asked = question(interrupt, self._mapping.call(interrupt.tool_call_id))
        answer = await self._run.ask(
            asked.message,
            schema=asked.schema,
            stage_id=asked.stage_id,
            reason=asked.reason,
            expires_at=asked.expires_at,
            request_id=interrupt.interrupt_id,
        )
        return asked.payload(answer)

    def _result(self) -> RunResult:
        usage = self._mapping.usage
        total = sum(model.total_tokens for model in usage)
        models: dict[tuple[str | None, str | None], Any] = {}
        for model in usage:
            key = (model.provider, model.model)
            models[key] = models[key] + model if key in models else model
        report = {"total_tokens": total, "models": [model.report() for model in models.values()]}
        return RunResult(
            total_tokens=total,
            cost_report=report if usage else None,
            replay_token={"thread_id": self._thread_id},
        )
