"""`WorkerConsole`: the console as a widget. Only this module assembles its parts.

There are three kinds of state: durable traits (below; small, saved with a notebook), the streamed run state
(sent over the channel as messages, never as traits), and the state of a view (scroll position, selection,
open menus), which stays in the browser.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Literal

import anywidget
import traitlets

from .. import background
from ..errors import RequestRefused
from ..events.run_request import Depth, RunRequest
from ..runs.client import WorkerClient
from ..runs.history import RunHistory
from ..runs.live_run import LiveRun
from ..runs.run import Run
from ..runs.saved_brands import brand_of
from ..state.run_state import RunState
from .brand_json import brand_text, parse_brand
from .controller import FROM_FORM, FromForm
from .jupyter import front_end
from .jupyter.cells import Cells, current_execution
from .jupyter.comm_fixes import quiet, unbind, unbound
from .jupyter.static_view import static_html
from .session import ConsoleSession

DEFAULT_WORKER: Final = "business-builder"
DEFAULT_TASK: Final = "A landing page for a podcast editing tool for independent hosts"
LOWEST: Final = 320

Theme = Literal["auto", "light", "dark"]

_cells: Final = Cells()


class WorkerConsole(anywidget.AnyWidget):
    """A live console for one worker, in a notebook cell.

    Parameters
    ----------
    worker
        The worker's id on the server; "business-builder" by default. "" is the first worker that can run.
    url, api_key
        The address of the worker API, such as ``https://workers.example.com``, and its key. ``url`` defaults
        to ``WORKER_URL``, and without that the embedded host is started. ``api_key`` defaults to
        ``WORKER_API_KEY``, then to the keyring. The key never leaves the kernel.
    task, brand
        The initial contents of the form. ``brand`` is a mapping with the fields below, the name of a brand of
        `SavedBrands`, or ``None`` for none.
    run_id
        The id of a run to follow, or to show from the history if it has ended.
    replay
        The id of a run to watch again, as it was recorded in the history; the server is not used. To execute
        a run again and verify it, use `Run.replay`.
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
    ``target_audience``: The people that the texts address: listed ones, or others in your own words. Any
        of "b2c_consumer", "b2c_prosumer", "b2b_smb", "b2b_enterprise", "b2b_developer", or other words.
        Default: "b2b_smb".
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

    def __init__(
        self,
        worker: str = DEFAULT_WORKER,
        *,
        url: str | None = None,
        api_key: str | None = None,
        task: str = DEFAULT_TASK,
        brand: Mapping[str, Any] | str | None = None,
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
        form = brand_text(brand_of(brand))
        client = WorkerClient(url=url, api_key=api_key, worker=worker or DEFAULT_WORKER)
        super().__init__(_esm=front_end.text(), theme=theme, height=height)
        if os.environ.get("ANYWIDGET_HMR") == "1":
            front_end.reload_on_change(weakref.ref(self))
        self.set_trait("worker", worker)
        self._client = client
        self._run: Run | None = None
        self._session = background.call(_assemble(weakref.ref(self), client, worker, task, form))
        quiet(self.comm)
        self.on_msg(_receive)
        unbind(self.comm)
        execution = current_execution()
        _cells.enter(self, execution)
        cell = execution.key(worker, client.origin, task, form) if execution else None
        background.submit(self._session.open(run_id, replay, self._resumed(cell)))

    def __repr__(self) -> str:
        return f"WorkerConsole(worker={self.worker!r})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        drawn = super()._repr_mimebundle_(**kwargs)
        if drawn is None:
            return None
        data, *metadata = drawn if isinstance(drawn, tuple) else (drawn,)
        data["text/html"] = self._static_html()
        unbind(self.comm)
        return (data, *metadata) if metadata else data

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Takes the values of traits from a browser, except of those that only the kernel sets.

        In marimo the browser returns them, and an old value must not replace a newer one.
        """
        taken = {name: value for name, value in sync_data.items() if name in ("theme", "height")}
        super().set_state(taken)

    @property
    def history(self) -> RunHistory:
        """The runs that were followed on this computer."""
        return RunHistory(self._client.store)

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
        (seconds).

        Raises `RequestRefused` with the field's name, `WorkerUnavailable`, `UnknownWorker`,
        `HostUnreachable`, `KeyRefused`.
        """
        if self.comm is None:
            raise RequestRefused("This console is closed: run its cell again, or use WorkerClient.")
        controller = self._session.controller
        form = controller.shown.form
        brand_json = form.brand if isinstance(brand, FromForm) else brand_text(brand_of(brand))
        request = RunRequest(
            task=form.task if isinstance(task, FromForm) else task,
            brand=parse_brand(brand_json),
            budget=form.budget if isinstance(budget, FromForm) else budget,
            strict_mode=form.strict_mode if isinstance(strict_mode, FromForm) else strict_mode,
            depth=form.depth if isinstance(depth, FromForm) else depth,
            options={**controller.declared_options(form.options), **options},
        )
        live = background.call(controller.start(request, worker=form.worker, brand=brand_json))
        return self._run_of(live)

    def stop(self) -> None:
        """Requests the worker to cancel the run on screen."""
        background.call(self._session.controller.stop())

    def close(self) -> None:
        """Removes the console from the notebook. Its runs continue, and `Run` objects still follow them."""
        if self.comm is not None and hasattr(self, "_session"):
            background.clean_up(self._session.close())
            self._run = None
        super().close()

    def _static_html(self) -> str:
        live = self._session.controller.live
        return static_html(self.worker, live.state if live else RunState())

    def _resumed(self, cell: str | None) -> str | None:
        """The key of the cell whose run is shown again, ``None`` for none."""
        return cell

    def _run_of(self, live: LiveRun) -> Run:
        if self._run is None or not self._run.is_of(live):
            self._run = Run(live, start_replay=self._replay)
        return self._run

    def _replay(self, run: Run) -> Run:
        background.call(self._session.controller.open_run(run.run_id))
        return self._run_of(background.call(self._session.controller.replay()))


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

    return ConsoleSession(client, worker=worker, task=task, brand=brand, send=send, publish=publish)
