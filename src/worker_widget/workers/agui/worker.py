"""The worker ``agui``: runs any agent that speaks AG-UI over HTTP."""

from __future__ import annotations

import asyncio
from typing import Final

from ...events import Log
from ...events.answers import WorkerInfo, WorkerOption, WorkerSecret
from ...events.request_models import Brand, ValidatedRequest
from ...host.worker import BrandReport, CannotReplay, RunContext, RunResult, WorkerContext
from .agent_run import AgentRun
from .connection import AgentConnection
from .conversation import Conversation
from .run_input import user_content
from .threads import Threads

TIMEOUT_S: Final = 300.0

URL: Final = WorkerOption(
    name="url", type="text", help="The URL of the agent, such as http://127.0.0.1:8000/agent."
)
THREAD: Final = WorkerOption(
    name="thread_id",
    type="text",
    help="The conversation that the task continues: the thread, or the id of the run that began it."
    " Empty: a new one.",
)
FILES: Final = WorkerOption(
    name="files",
    type="text",
    help="The URLs of files for the agent, separated by spaces: http, https or base64 data URLs.",
)
TIMEOUT: Final = WorkerOption(
    name="timeout",
    type="number",
    default=TIMEOUT_S,
    minimum=0.1,
    maximum=86_400,
    unit="seconds",
    help="How long the agent may be silent: before its first event, and between two.",
    affects_artifacts=False,
)
HEADERS: Final = WorkerSecret(
    name="*", help="A request header for the agent by its name, such as Authorization."
)
QUERY: Final = WorkerSecret(
    name="?",
    help="The query of the agent's URL, such as key=..., where that is secret. It is sent with the URL.",
)


class AguiWorker:
    """Implements `worker_widget.host.worker.Worker`. ``threads`` holds the conversations.

    The secrets of the run are the headers of the requests, by name, and the query of the URL.
    """

    version = "1"
    info = WorkerInfo(
        id="agui",
        name="AG-UI agent",
        description="Runs an agent that speaks the AG-UI protocol, and shows its steps, tools and answers.",
        status="beta",
        options=(URL, THREAD, FILES, TIMEOUT),
        secrets=(HEADERS, QUERY),
    )

    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    def stages(self) -> tuple[tuple[str, str], ...]:
        """None: which stages a run has depends on the agent."""
        return ()

    def check_brand(self, brand: Brand) -> BrandReport:
        return BrandReport()

    async def execute(self, request: ValidatedRequest, run: RunContext) -> RunResult:
        if run.replay_of is not None:
            raise CannotReplay("The run of an agent cannot be repeated exactly. Run the task again instead.")
        options = request.options
        url = options.get(URL.name) or ""
        timeout_s = options.get(TIMEOUT.name) or TIMEOUT_S
        headers = {name: value for name, value in run.secrets.items() if name != QUERY.name}
        connection = AgentConnection(url, headers, timeout_s, run.secrets.get(QUERY.name, ""))
        content = user_content(request.task, options.get(FILES.name))
        thread_id = options.get(THREAD.name) or run.run_id
        conversation = await asyncio.to_thread(self._threads.load, url, thread_id)
        conversation.add_user(f"user-{run.run_id}", content)
        try:
            return await AgentRun(run, connection, conversation, thread_id, _context(request.brand)).execute()
        finally:
            self._save(url, thread_id, conversation, run)

    def _save(self, url: str, thread_id: str, conversation: Conversation, run: RunContext) -> None:
        # Not in a thread: a stopped run may not wait any more.
        try:
            self._threads.save(url, thread_id, conversation)
        except OSError as error:
            message = f"The conversation could not be stored, so a next task cannot continue it ({error})."
            run.emit(Log(message=message, level="warning"))


def _context(brand: Brand | None) -> list[dict[str, str]]:
    if brand is None:
        return []
    return [{"description": "The brand that the result is for", "value": brand.model_dump_json()}]


def create(context: WorkerContext) -> AguiWorker:
    """The entry point ``agui``. Conversations are stored in the folder ``agui`` of the home directory."""
    return AguiWorker(Threads(context.home / "agui"))
