"""`WorkerConsole`: the console as a widget. Its pieces are put together here and nowhere else.

Three kinds of state, kept apart: durable traits (below; small, saved with a notebook), the streamed
run state (sent over the channel as messages, never as traits), and what only a view knows (scroll
position, selection, open menus; it stays in the browser).
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping
from contextvars import Context
from typing import Any, Final, Literal

import anywidget
import traitlets

from .. import background
from ..errors import RequestRefused
from ..events.run_request import Depth, RunRequest
from ..runs.client import WorkerClient
from ..runs.history import RunHistory
from ..runs.live import LiveRun
from ..runs.run import Run
from ..state.run_state import RunState
from .controller import brand_text, parse_brand
from .jupyter import front_end
from .jupyter.cells import Cells, current_execution
from .jupyter.comm import quiet, unbind, unbound
from .jupyter.static_view import static_html
from .session import ConsoleSession

DEFAULT_TASK: Final = "A landing page for a podcast editing tool for independent hosts"
LOWEST: Final = 320

Theme = Literal["auto", "light", "dark"]

_cells: Final = Cells()


class WorkerConsole(anywidget.AnyWidget):
    """A live console for one worker, in a notebook cell.

    Parameters
    ----------
    worker
        The worker's id on the server; "business-builder" by default.
    url, api_key
        Where the worker API is served, such as ``https://workers.example.com``, and its key. Without
        ``url``, ``WORKER_URL`` counts, and without that the embedded host is started. Without
        ``api_key``, ``WORKER_API_KEY`` counts, then the keyring. The key never leaves the kernel.
    task, brand
        What the form starts with; ``brand`` is a mapping, ``None`` for none.
    run_id
        A run to follow, or to show from the history where it is over.
    replay
        A run to show from the history as it was recorded; nothing is asked of the server.
    theme
        "auto" (JupyterLab's), "light" or "dark".
    height
        Pixels, at least 320; 640 by default.

    A cell that is run again while the run it followed still goes on, in this kernel or one before it, takes
    that run up again.

    Raises ``TypeError`` for an argument that is not listed here and `RequestRefused` for a value that
    cannot be meant. A worker, run or host that cannot be found is told in the cell.
    """

    worker = traitlets.Unicode("business-builder", read_only=True).tag(sync=True)
    run_id = traitlets.Unicode("", read_only=True).tag(sync=True)
    status = traitlets.Unicode("idle", read_only=True).tag(sync=True)
    theme = traitlets.Enum(["auto", "light", "dark"], default_value="auto").tag(sync=True)
    height = traitlets.Int(640, min=LOWEST).tag(sync=True)
    saved = traitlets.Dict(read_only=True).tag(sync=True, echo_update=False)

    def __init__(
        self,
        worker: str = "business-builder",
        *,
        url: str | None = None,
        api_key: str | None = None,
        task: str = DEFAULT_TASK,
        brand: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        replay: str | None = None,
        theme: Theme = "auto",
        height: int = 640,
    ) -> None:
        if run_id is not None and replay is not None:
            raise RequestRefused("run_id follows a run, replay shows a recorded one: give one of the two.")
        if theme not in ("auto", "light", "dark"):
            raise RequestRefused(f"theme must be 'auto', 'light' or 'dark', not {theme!r}.")
        if height < LOWEST:
            raise RequestRefused(f"height must be at least {LOWEST} pixels, not {height}.")
        form = brand_text(brand)
        client = WorkerClient(url=url, api_key=api_key, worker=worker)
        super().__init__(_esm=front_end.text(), theme=theme, height=height)
        if os.environ.get("ANYWIDGET_HMR") == "1":
            front_end.reload_on_change(weakref.ref(self))
        self.set_trait("worker", worker)
        self._client = client
        self._run: Run | None = None
        self._session = background.call(_assemble(weakref.ref(self), client, worker, task, form))
        quiet(self.comm)
        self.on_msg(_hear)
        unbind(self.comm)
        execution = current_execution()
        _cells.enter(self, execution)
        background.submit(self._session.open(run_id, replay, execution.place if execution else None))

    def __repr__(self) -> str:
        return f"WorkerConsole(worker={self.worker!r})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        drawn = super()._repr_mimebundle_(**kwargs)
        if drawn is None:
            return None
        data, *metadata = drawn if isinstance(drawn, tuple) else (drawn,)
        live = self._session.controller.live
        data["text/html"] = static_html(self.worker, live.state if live else RunState())
        unbind(self.comm)
        return (data, *metadata) if metadata else data

    @property
    def history(self) -> RunHistory:
        """The runs that were followed on this computer."""
        return RunHistory(self._client.store)

    @property
    def current_run(self) -> Run | None:
        """The run on screen, whoever started it; ``None`` where there is none."""
        live = self._session.controller.live
        return None if live is None else self._run_of(live)

    def run(
        self,
        task: str | None = None,
        brand: Mapping[str, Any] | None = None,
        *,
        budget: int | None = None,
        strict_mode: bool = False,
        depth: Depth = "auto",
        **options: Any,
    ) -> Run:
        """Start a run, show it, and return it at once; it goes on while later cells run.

        ``task``, ``brand`` and options that are not given are the form's. ``budget`` is in tokens (1000 to
        100000). ``options`` are those that the worker declares; the Business Builder has ``pace`` (seconds
        that the run takes, 0 for full speed), ``writer`` ("auto", "rules" or "model") and ``stage_timeout``
        (seconds).

        Raises `RequestRefused` with the field's name, `WorkerUnavailable`, `UnknownWorker`,
        `HostUnreachable`, `KeyRefused`.
        """
        if self.comm is None:
            raise RequestRefused("This console is closed: run its cell again, or use WorkerClient.")
        controller = self._session.controller
        form = controller.shown.form
        brand_json = form.brand if brand is None else brand_text(brand)
        request = RunRequest(
            task=form.task if task is None else task,
            brand=parse_brand(brand_json),
            budget=budget,
            strict_mode=strict_mode,
            depth=depth,
            options={**form.options, **options},
        )
        live = background.call(controller.start(request, worker=self.worker, brand=brand_json))
        return self._run_of(live)

    def stop(self) -> None:
        """Ask the worker to cancel the run on screen."""
        background.call(self._session.controller.stop())

    def close(self) -> None:
        """Take the console out of the notebook; runs go on where they run, and for who holds them."""
        if self.comm is not None and hasattr(self, "_session"):
            background.submit(self._session.close())
            self._run = None
        super().close()

    def _run_of(self, live: LiveRun) -> Run:
        if self._run is None or not self._run.is_of(live):
            self._run = Run(live, start_replay=self._replay)
        return self._run

    def _replay(self, run: Run) -> Run:
        background.call(self._session.controller.open_run(run.run_id))
        return self._run_of(background.call(self._session.controller.replay()))


def _hear(widget: WorkerConsole, content: Any, buffers: Any) -> None:
    """What a browser says, on whatever thread the kernel handles it: over to the loop at once."""
    background.loop().call_soon_threadsafe(widget._session.receive, content, context=Context())


async def _assemble(
    console: weakref.ref[WorkerConsole], client: WorkerClient, worker: str, task: str, brand: str
) -> ConsoleSession:
    def send(message: Mapping[str, Any], buffers: list[bytes]) -> None:
        widget = console()
        if widget is not None and widget.comm is not None:
            with unbound(widget.comm):
                widget.send(dict(message), buffers or None)

    def publish(name: str, value: Any) -> None:
        widget = console()
        if widget is not None and widget.comm is not None:
            with unbound(widget.comm):
                widget.set_trait(name, value)

    return ConsoleSession(client, worker=worker, task=task, brand=brand, send=send, publish=publish)
