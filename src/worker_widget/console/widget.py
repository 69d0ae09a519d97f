"""`WorkerConsole`: the console as a widget. Only this module assembles its parts.

There are three kinds of state: durable traits (below; small, saved with a notebook), the streamed run state
(sent over the channel as messages, never as traits), and the state of a view (scroll position, selection,
open menus), which stays in the browser.
"""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, Final, Literal

import anywidget
import traitlets

from .. import background
from ..errors import RequestRefused
from ..events.run_request import Depth
from ..runs.agui_agent import AGUI, no_agent
from ..runs.client import WorkerClient
from ..runs.history import RunHistory
from ..runs.live_run import LiveRun
from ..runs.positions import Position, position_of, range_of
from ..runs.request_arguments import check_texts, checked_request, wrong_argument
from ..runs.run import Run
from ..runs.saved_brands import brand_of
from ..runs.servers import DEFAULT_WORKER
from ..sources.local.functions_here import LABEL
from ..state.run_state import RunState
from .brand_json import brand_text, parse_brand
from .controller import FROM_FORM, ConsoleController, FromForm
from .jupyter import front_end
from .jupyter.cell_end import CellEnd
from .jupyter.cells import Cells, current_execution
from .jupyter.comm_fixes import quiet, unbind, unbound
from .jupyter.receipt import receipt
from .jupyter.receipt_output import ReceiptOutput, in_kernel
from .run_selection import RunSelection
from .session import ConsoleSession
from .time_travel import TimeTravel
from .wire import ShownReceipt

if TYPE_CHECKING:
    from ..host.worker import Worker
    from ..recording.function import RecordedFunction

DEFAULT_TASK: Final = "A landing page for a podcast editing tool for independent hosts"
LOWEST: Final = 320

Theme = Literal["auto", "light", "dark"]

_cells: Final = Cells()
_cell_end: Final = CellEnd()


class WorkerConsole(anywidget.AnyWidget):
    """A live console for one worker, in a notebook cell.

    Parameters
    ----------
    worker
        The worker's id on the server; "business-builder" by default. "" is the first worker that can run.
        Or a function of this kernel, made a worker by ``@worker``, or an object with the host's worker
        protocol; no server is needed then.
    url, api_key
        The address of the worker API, such as ``https://workers.example.com``, and its key. ``url`` defaults
        to ``WORKER_URL``, and without that the embedded host is started. ``api_key`` defaults to
        ``WORKER_API_KEY``, then to the keyring. The key never leaves the kernel.
    agui, headers
        The address of an AG-UI agent, such as ``http://127.0.0.1:8000/agent``, and the headers for it, such
        as ``{"Authorization": "Bearer ..."}``. The host calls the agent as its worker "agui". The address is
        recorded with each run; the headers are kept in memory only, and not shown, recorded or saved. The
        runs are one conversation, until `new_conversation`.
    watch
        Shows the run that starts next in this kernel: of a function, of a ``with run(...)`` block, or of a
        watched framework. Another run on screen that has not ended stays.
    task, brand
        The initial contents of the form. ``brand`` is a mapping with the fields below, the name of a brand of
        `SavedBrands`, or ``None`` for none.
    run_id
        The id of a run to follow, or to show from the history if it has ended.
    replay
        A run to watch again, as it was recorded: its id in the history, or a `Run`, such as `load_run`
        returns; the server is not used. To execute a run again and verify it, use `Run.replay`.
    at
        With ``replay``, the moment that is shown first, as for `seek`.
    theme
        "auto" (JupyterLab's), "light" or "dark".
    height
        Pixels, at least 320; 640 by default.

    A cell that is run again shows the run that was on screen there again, live or finished, also in a new
    kernel; not if it was left with New run, or if the cell has another worker, server, task or brand now.

    Fields of a brand
    -----------------
    ``tone`` and ``visual`` are mappings, ``forbidden_claims`` is a list of mappings. Unknown fields are kept
    and ignored. A worker of another server may have other fields; its form shows them.

    ``company_name``: Required. The name that the texts use. At most 200 characters.
    ``mission``: Required. What the company does, and its customers. 10 to 2,000 characters, at least 3
        words.
    ``value_proposition``: Required. What a customer gets, and why it is worth having. 20 to 2,000
        characters, at least 5 words.
    ``tagline``: A short line that goes with the name. At most 500 characters.
    ``vision``: What the company wants to change in the long run. At most 500 characters.
    ``target_audience``: The people that the texts address: listed ones, or others in your own words. At
        most 50 entries. Any of "b2c_consumer", "b2c_prosumer", "b2b_smb", "b2b_enterprise",
        "b2b_developer", or other words. Default: "b2b_smb".
    ``audience_pain_points``: What troubles this audience today, one trouble each. At most 50 entries,
        each at most 500 characters.
    ``tone``: How the texts sound.
    ``tone.primary``: The tone that every text is measured against. One of "casual", "neutral",
        "professional", "formal", "luxury". Default: "professional".
    ``tone.avoid``: Words or phrases that no text may use. At most 50 entries, each at most 500
        characters.
    ``tone.examples_good``: Sentences in the tone of the brand. At most 50 entries, each at most 500
        characters.
    ``tone.examples_bad``: Sentences that no text may contain or sound like. At most 50 entries, each at
        most 500 characters.
    ``voice_attributes``: Words that describe the voice of the brand. At most 50 entries, each at most 500
        characters.
    ``forbidden_claims``: Claims that no text may make. At most 50 entries.
    ``forbidden_claims.pattern``: Required. Words, or a regular expression, that no text may contain, in
        any case. At most 500 characters.
    ``forbidden_claims.reason``: Why it is forbidden; shown beside a violation. At most 500 characters.
        Default: "Policy violation".
    ``forbidden_claims.severity``: How serious a violation is. Both are rewritten; a strict run stops at
        both. One of "error", "warning". Default: "error".
    ``required_disclosures``: Sentences that the page must show word for word. At most 50 entries, each at
        most 500 characters.
    ``visual``: Colours and fonts of the page.
    ``visual.primary_color``: The colour of buttons, links and headings, as #RRGGBB or #RGB.
    ``visual.secondary_color``: The colour of accents beside the main colour, as #RRGGBB or #RGB.
    ``visual.font_heading``: The name of a font. A reader who does not have it sees a similar one. At most
        500 characters. Default: "Inter".
    ``visual.font_body``: The name of a font. A reader who does not have it sees a similar one. At most
        500 characters. Default: "Inter".
    ``visual.logo_placement``: Where the logo stands on the page: top-left, top-center or top-right. At
        most 500 characters. Default: "top-left".
    ``budget_tokens``: The most tokens that a run may use if the run itself has no budget. 1,000 to
        1,000,000.

    Raises ``TypeError`` for an argument that is not listed here and `RequestRefused` for an invalid value.
    The console shows an error for a worker, run or host that cannot be found.
    """

    worker = traitlets.Unicode(DEFAULT_WORKER, read_only=True).tag(sync=True)
    run_id = traitlets.Unicode("", read_only=True).tag(sync=True)
    status = traitlets.Unicode("idle", read_only=True).tag(sync=True)
    theme = traitlets.Enum(["auto", "light", "dark"], default_value="auto").tag(sync=True)
    height = traitlets.Int(640, min=LOWEST).tag(sync=True)
    section = traitlets.Unicode("", read_only=True).tag(sync=True)
    saved = traitlets.Dict(read_only=True).tag(sync=True, echo_update=False)
    receipt = traitlets.Dict(read_only=True).tag(sync=True, echo_update=False)

    def __init__(
        self,
        worker: str | RecordedFunction[..., Any] | Worker = DEFAULT_WORKER,
        *,
        url: str | None = None,
        api_key: str | None = None,
        agui: str | None = None,
        headers: Mapping[str, str] | None = None,
        watch: bool = False,
        task: str | None = None,
        brand: Mapping[str, Any] | str | None = None,
        run_id: str | None = None,
        replay: Run | str | None = None,
        at: Position | None = None,
        theme: Theme = "auto",
        height: int = 640,
    ) -> None:
        if at is not None and replay is None:
            raise RequestRefused("at is the first moment of a recorded run: give replay with it.")
        if run_id is not None and replay is not None:
            raise RequestRefused("run_id follows a run, replay shows a recorded one: give one of the two.")
        if theme not in ("auto", "light", "dark"):
            raise RequestRefused(f"theme must be 'auto', 'light' or 'dark', not {theme!r}.")
        check_texts(task=task, run_id=run_id)
        if replay is not None and not isinstance(replay, (Run, str)):
            raise wrong_argument("replay", replay, "a run or the id of one")
        if not isinstance(height, int):
            raise wrong_argument("height", height, "a number of pixels")
        if height < LOWEST:
            raise RequestRefused(f"height must be at least {LOWEST} pixels, not {height}.")
        form = brand_text(brand_of(brand))
        if watch and worker == DEFAULT_WORKER and url is None and agui is None:
            client = WorkerClient.of_kernel()
        else:
            server = worker or DEFAULT_WORKER
            client = WorkerClient(server, url=url, api_key=api_key, agui=agui, headers=headers)
        if worker != "":
            worker = client.worker
        if task is None:
            task = "" if client.origin == LABEL else DEFAULT_TASK
        super().__init__(_esm=front_end.text(), theme=theme, height=height)
        if os.environ.get("ANYWIDGET_HMR") == "1":
            front_end.reload_on_change(weakref.ref(self))
        self.set_trait("worker", worker)
        self._client = client
        self._run: Run | None = None
        reference = weakref.ref(self)
        self._receipt = ReceiptOutput(receipt(worker, RunState()))
        self.set_trait("receipt", self._receipt.shown)
        self._session = background.call(lambda: _assemble(reference, client, worker, task, form))
        quiet(self.comm)
        self.on_msg(_receive)
        unbind(self.comm)
        execution = current_execution()
        _cells.enter(self, execution)
        _cell_end.enter(self)
        agent = () if client.agent is None else (client.agent.url,)
        cell = execution.key(worker, client.origin, task, form, *agent) if execution else None
        if watch:
            background.call_soon(self._session.watch)
        recorded = replay._live if isinstance(replay, Run) else replay
        opening = background.submit(partial(self._session.open, run_id, recorded, cell, at))
        self._opening = None if run_id is None and replay is None else opening

    def __repr__(self) -> str:
        agent = self._client.agent
        return f"WorkerConsole(worker={self.worker!r}{'' if agent is None else f', agui={agent.origin!r}'})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        drawn = super()._repr_mimebundle_(**kwargs)
        if drawn is None:
            return None
        data, *metadata = drawn if isinstance(drawn, tuple) else (drawn,)
        live = self._session.controller.live
        run = live.state if live else RunState()
        # The first line is plain text: JupyterLab shows it unchanged for a collapsed output.
        data["text/html"] = f"{self._named_html()}\n{receipt(self.worker, run)['text/html']}"
        unbind(self.comm)
        return (data, *metadata) if metadata else data

    def _ipython_display_(self) -> None:
        """Shows the console and, as an output of its own, the receipt of its run."""
        drawn = self._repr_mimebundle_() if in_kernel() else None
        if drawn is None:
            raise NotImplementedError  # IPython then shows it in another way
        from IPython.display import display

        data, *metadata = drawn if isinstance(drawn, tuple) else (drawn,)
        data["text/html"] = self._named_html()
        display(data, raw=True, metadata=next(iter(metadata), None))  # type: ignore[no-untyped-call]
        unbind(self.comm)
        self._receipt.display()

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Takes the values of traits from a browser, except of those that only the kernel sets.

        In marimo the browser returns them, and an old value must not replace a newer one.
        """
        taken = {name: value for name, value in sync_data.items() if name in ("theme", "height")}
        super().set_state(taken)

    @property
    def history(self) -> RunHistory:
        """The runs that were followed on this computer."""
        return self._client.history

    @property
    def current_run(self) -> Run | None:
        """The run on screen, started in Python or in the browser; ``None`` if there is none."""
        live = self._session.controller.live
        return None if live is None else self._run_of(live)

    def run(
        self,
        task: str | FromForm = FROM_FORM,
        brand: Mapping[str, Any] | str | FromForm | None = FROM_FORM,
        *,
        budget: int | FromForm | None = FROM_FORM,
        strict_mode: bool | FromForm = FROM_FORM,
        depth: Depth | FromForm = FROM_FORM,
        secrets: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Run:
        """Starts a run, shows it and returns it at once; the run continues while later cells run.

        Everything defaults to the form's, which has the request of the run that was on screen last: after a
        strict run, ``run()`` is strict, too. What was typed in the browser since and was not run is not known
        here. ``brand`` may be the name of a saved brand; ``None`` is no brand, and for ``budget`` no limit.
        A budget is in tokens (1000 to 100000). With ``strict_mode`` a policy violation fails the run.
        ``depth`` is "auto", "shallow" or "deep".
        ``options`` are those that the worker declares; the Business Builder has ``pace`` (the duration of the
        run in seconds, 0 for full speed), ``writer`` ("auto", "rules" or "model") and ``stage_timeout``
        (seconds). ``secrets`` are those that the worker declares, for this run alone: they are kept nowhere,
        and not in the run's request.

        Raises `RequestRefused` with the field's name, `WorkerUnavailable`, `UnknownWorker`,
        `HostUnreachable`, `KeyRefused`.
        """
        if self.comm is None:
            raise RequestRefused("This console is closed: run its cell again, or use WorkerClient.")
        controller = self._session.controller
        form = controller.shown.form
        brand_json = form.brand if isinstance(brand, FromForm) else brand_text(brand_of(brand))
        request = checked_request(
            task=form.task if isinstance(task, FromForm) else task,
            brand=parse_brand(brand_json),
            budget=form.budget if isinstance(budget, FromForm) else budget,
            strict_mode=form.strict_mode if isinstance(strict_mode, FromForm) else strict_mode,
            depth=form.depth if isinstance(depth, FromForm) else depth,
            options={
                **controller.declared_options(form.options),
                **self._agent_options(controller.next_worker, options),
            },
        )
        start = partial(
            controller.start, request, worker=controller.next_worker, brand=brand_json, secrets=secrets
        )
        live = background.call(start)
        return self._run_of(live)

    def new_conversation(self) -> None:
        """The next run begins a new conversation with the AG-UI agent.

        Raises `RequestRefused` for a console without one.
        """
        if self._client.agent is None:
            raise no_agent()
        self._client.agent.new_conversation()

    def stop(self) -> None:
        """Requests the worker to cancel the run on screen."""
        background.call(self._session.controller.stop)

    def pause_run(self) -> None:
        """Pauses the run on screen, as `Run.pause` does. (`pause` ends `play`.)"""
        self._wait_until_open()
        background.call(self._session.controller.pause)

    def resume_run(self) -> None:
        """Lets the paused run on screen go on, as `Run.resume` does."""
        self._wait_until_open()
        background.call(self._session.controller.resume)

    def seek(self, position: Position | None) -> None:
        """Shows the run on screen as it was at a moment, in all panes; `play` plays it from there.

        ``position`` is the number of an event, a time since the start such as ``"12.5s"`` or a ``timedelta``,
        a ``datetime``, or the id or name of a stage, for its start. ``None`` is the newest moment, which a
        run that goes on moves. The run itself is not changed by it.

        Raises `PositionUnknown` for what is no moment of the run, and `RequestRefused` if no run is on
        screen.
        """
        live, travel = self._travelled()
        found = None if position is None else position_of(live.store, live.run_id, position)
        background.call(lambda: travel.seek(found))

    def play(self, speed: float = 1.0, *, short_pauses: bool = True) -> None:
        """Plays the run on screen from the moment that is shown, from its start if that is the newest.

        ``speed`` is 0.5 to 64 times that of the run. With ``short_pauses`` a pause of more than 2 s is played
        as one of 2 s. `pause` or `seek` end it. Returns at once.

        Raises `RequestRefused` for another speed, or if no run is on screen.
        """
        _, travel = self._travelled()

        async def play() -> None:
            travel.play(speed, short_pauses=short_pauses)

        background.call(play)

    def pause(self) -> None:
        """Ends `play`; the moment that is shown stays."""
        background.call_soon(self._travelled()[1].pause)

    def select(
        self, stage: str | None = None, *, start: Position | None = None, end: Position | None = None
    ) -> None:
        """Selects a part of the run on screen: all panes and figures then show that part alone.

        ``stage`` is the id of a stage, whose rows are shown; ``None`` is all. ``start`` and ``end`` are a
        range: any positions of `seek`, both belonging to the range. A stage as ``start`` is its start, as
        ``end`` its end; without one of the two the range begins or ends with the run. The moment that is
        shown is then the end of the range, and `play` plays it again and again. Without arguments nothing is
        selected, and the newest moment is shown if a range was.

        Raises `RequestRefused` if the run has no such stage, or if no run is on screen, and `PositionUnknown`
        for what is no moment of the run, or a range without an event.
        """
        live, travel = self._travelled()
        if stage is not None and live.store.stage(live.run_id, stage) is None:
            raise RequestRefused(f"Run {live.run_id} has no stage {stage!r}. run.stages() lists them.")
        whole = start is None and end is None
        part = None if whole else range_of(live.store, live.run_id, start, end)

        async def select() -> None:
            self._session.controller.select(stage)
            if part is not None:
                await travel.show_range(*part)
            elif travel.range is not None:
                await travel.seek(None)

        background.call(select)

    @property
    def selected_stage(self) -> str | None:
        """The id of the stage that is selected, in the browser or by `select`; ``None`` without one."""
        return self._session.controller.selected_stage

    @property
    def selection(self) -> RunSelection:
        """The stage and the range that are selected, in the browser or by `select`."""
        return self._session.controller.selected

    def observe_selection(self, observer: Callable[[RunSelection], object]) -> Callable[[], None]:
        """Calls ``observer`` with the `selection` whenever it changes from now on: its ``stage``, and the
        numbers of the first and the last event of its range, ``start`` and ``end``; ``None`` for none.

        It is called in the thread that handles events, so it must return soon; an exception is logged. What
        is returned ends this.
        """
        if not callable(observer):
            raise wrong_argument("observer", observer, "a function")
        session = self._session
        background.call_soon(partial(session.observe_selection, observer))
        return partial(background.call_soon, partial(session.unobserve_selection, observer))

    def close(self) -> None:
        """Removes the console from the notebook. Its runs continue, and `Run` objects still follow them."""
        if self.comm is not None and hasattr(self, "_session"):
            _cell_end.leave(self)
            background.clean_up(self._session.close)
            self._run = None
        super().close()

    def _wait_until_open(self) -> None:
        """Waits until the run that was named for this console is on screen, or cannot be shown."""
        opening = self._opening
        if opening is None or opening.done():
            return

        async def opened() -> None:
            await asyncio.wait([asyncio.wrap_future(opening)])

        background.call(opened)

    def wait_until_saved(self, timeout: float) -> None:
        """Waits until the run on screen, if it has ended, is saved with the notebook.

        That is a moment after `Run.wait` has returned, and the end of each cell waits for it. Nothing is
        raised after ``timeout`` seconds.
        """
        with suppress(TimeoutError):
            background.call(self._session.wait_until_saved, timeout)

    def _travelled(self) -> tuple[LiveRun, TimeTravel]:
        self._wait_until_open()
        controller = self._session.controller
        if controller.live is None or controller.travel is None:
            raise RequestRefused("No run is on screen: start one with run(), or open one with replay=.")
        return controller.live, controller.travel

    def _named_html(self) -> str:
        return f"Worker console for {escape(self.worker)}."

    def _agent_options(self, worker: str, given: dict[str, Any]) -> dict[str, Any]:
        agent = self._client.agent
        return given if agent is None or worker != AGUI else agent.options(given)

    def _run_of(self, live: LiveRun) -> Run:
        if self._run is None or not self._run.is_of(live):
            self._run = Run(live, starter=_Starter(self))
        return self._run

    def _start_from(
        self, run: Run, start: Callable[[ConsoleController], Coroutine[Any, Any, LiveRun]]
    ) -> Run:
        """Shows ``run``, starts another one from it, and shows that."""
        controller = self._session.controller
        background.call(lambda: controller.open_run(run.run_id))
        return self._run_of(background.call(lambda: start(controller)))


class _Starter:
    """Starts runs from a run of a console, on screen. Meets `RunStarter`."""

    def __init__(self, console: WorkerConsole) -> None:
        self._console = console

    def replay(self, run: Run, secrets: Mapping[str, str]) -> Run:
        return self._console._start_from(run, lambda controller: controller.replay(secrets))

    def retry(self, run: Run, from_stage: str | None, secrets: Mapping[str, str]) -> Run:
        return self._console._start_from(run, lambda controller: controller.retry(from_stage, secrets))

    def fork(self, run: Run, from_stage: str, changes: Mapping[str, Any], secrets: Mapping[str, str]) -> Run:
        return self._console._start_from(
            run, lambda controller: controller.fork(from_stage, changes, secrets=secrets)
        )


def _receive(widget: WorkerConsole, content: Any, buffers: Any) -> None:
    """Passes a browser's message to the background loop, from the thread on which the kernel handles it."""
    background.call_soon(partial(widget._session.receive, content))


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

    def show_receipt(run: RunState) -> ShownReceipt | None:
        widget = console()
        if widget is None:
            return None
        widget._receipt.update(receipt(widget.worker, run))
        return widget._receipt.shown

    return ConsoleSession(
        client,
        worker=worker,
        task=task,
        brand=brand,
        send=send,
        publish=publish,
        show_receipt=show_receipt,
    )
