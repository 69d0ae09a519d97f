"""A worker that asks a person and takes secrets, with the id of the worker for AG-UI agents.

Run as a program, this is the host process with that worker, as ``tests.contract.host_support`` is.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
from datetime import UTC, datetime, timedelta

from worker_widget.events import ArtifactCreated, Log, StageCompleted, StageStarted
from worker_widget.events.answers import WorkerInfo, WorkerOption, WorkerSecret
from worker_widget.events.request_models import Brand, ValidatedRequest
from worker_widget.host.process import host_process
from worker_widget.host.worker import BrandReport, InputExpired, RunContext, RunError, RunResult

FORM = {
    "type": "object",
    "required": ["city"],
    "properties": {"city": {"type": "string", "minLength": 1}, "days": {"type": "integer", "maximum": 9}},
}


class AskingWorker:
    """The task is a script: steps with ``;`` between them.

    ``approve`` asks for true or false, ``form`` for an object that meets `FORM`, ``briefly`` for an answer
    that expires at once, ``two`` asks two questions at once, ``forgotten`` asks without waiting, ``again``
    asks twice with one id, ``digest`` writes the SHA-256 of each secret, ``tell`` fails with a secret in its
    error, ``crash`` raises another exception with it.
    """

    version = "1"

    def __init__(self, id: str = "agui", *, required: bool = False) -> None:
        self.info = WorkerInfo(
            id=id,
            name="Agent",
            description="Asks a person.",
            options=(WorkerOption(name="url"), WorkerOption(name="thread_id", affects_artifacts=False)),
            secrets=(
                WorkerSecret(name="*", help="Headers for the agent."),
                *((WorkerSecret(name="Authorization", required=True),) if required else ()),
            ),
        )

    def stages(self) -> tuple[tuple[str, str], ...]:
        return (("ask", "Asking"),)

    def check_brand(self, brand: Brand) -> BrandReport:
        return BrandReport()

    async def execute(self, request: ValidatedRequest, run: RunContext) -> RunResult:
        run.emit(StageStarted(stage_id="ask", stage_index=0, total_stages=1))
        artifacts = {}
        for step in request.task.split(";"):
            name = step.strip().partition(" ")[0]
            answer = await self._step(name, request, run)
            text = artifacts[f"{name}.txt"] = repr(answer)
            run.emit(ArtifactCreated(stage_id="ask", artifact_name=name, artifact_type="txt", content=text))
            run.emit(Log(stage_id="ask", agent="asker", message=f"{name} gave {type(answer).__name__}"))
        run.emit(StageCompleted(stage_id="ask", tokens_used=0))
        return RunResult(artifacts=artifacts)

    async def _step(self, name: str, request: ValidatedRequest, run: RunContext) -> object:
        match name:
            case "approve":
                return await run.ask(
                    "Publish?", schema={"type": "boolean"}, stage_id="ask", reason="tool_call", request_id="a"
                )
            case "form":
                return await run.ask("Where?", schema=FORM, request_id="f")
            case "briefly":
                soon = datetime.now(UTC) + timedelta(seconds=0.3)
                try:
                    return await run.ask("Quick?", expires_at=soon, request_id="b")
                except InputExpired as error:
                    return str(error)
            case "two":
                return await asyncio.gather(
                    run.ask("First?", request_id="1"), run.ask("Second?", request_id="2")
                )
            case "forgotten":
                asking = asyncio.create_task(run.ask("Forgotten?", request_id="g"))
                asking.add_done_callback(lambda task: task.exception())
                await asyncio.sleep(0)
                return None
            case "again":
                return [await run.ask("Once?", request_id="r"), await run.ask("Twice?", request_id="r")]
            case "digest":
                assert "secrets" not in request.model_fields_set or not request.secrets
                return {key: hashlib.sha256(value.encode()).hexdigest() for key, value in run.secrets.items()}
            case "tell":
                raise RunError(f"The agent refused {run.secrets['Authorization']}")
            case "crash":
                raise ValueError(f"illegal header {run.secrets['Authorization']!r} {run!r} {request!r}")
            case _:
                return None


def main() -> int:
    parser = argparse.ArgumentParser()
    host_process.add_options(parser)
    options = parser.parse_args()
    workers = {"agui": AskingWorker(), "strict": AskingWorker("strict", required=True)}
    return host_process.run(options.port, options.idle_minutes, detach=True, workers=lambda: dict(workers))


if __name__ == "__main__":
    sys.exit(main())
