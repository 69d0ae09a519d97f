"""The magic ``%%worker``: a cell whose text is the task of a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

from ...errors import Problem, RequestRefused
from ...events.run_request import Depth
from .arguments import Arguments, read_line, whole_number, worker_options

if TYPE_CHECKING:
    from ...runs.client import WorkerClient
    from ...runs.run import Run

VALUES: Final = ("brand", "budget", "depth", "url", "agui")
SWITCHES: Final = ("strict", "quiet", "wait")
OWN: Final = (*VALUES, *SWITCHES)


def worker(shell: Any, line: str, cell: str | None = None) -> Any:
    """Starts a run with the cell as its task, shows it, and returns the `Run`::

        %%worker business-builder --brand brand.json --pace 0
        A landing page for a podcast editing tool

    The worker is an id, or a function of this notebook made a worker by ``@worker``; by default the Business
    Builder. Options:

    --brand       a JSON file, a variable with a mapping, or the name of a saved brand
    --budget      tokens
    --strict      a policy violation fails the run
    --depth       auto, shallow or deep
    --url         the worker API server; its key comes from WORKER_API_KEY or the keyring
    --agui        the address of an AG-UI agent
    --wait        waits until the run has ended
    --quiet       shows no console, only the run

    All others are options of the worker, such as ``--pace 0``. Without ``--wait`` later cells are executed
    while the run goes on. ``%worker business-builder`` in a line shows the console with its form.
    """
    magic = "%worker" if cell is None else "%%worker"
    given = read_line(magic, line, most_words=1, values=VALUES, switches=SWITCHES, others=True)
    depth: Any = given.values.get("depth", "auto")
    if depth not in get_args(Depth):
        raise RequestRefused(f"--depth must be one of {', '.join(get_args(Depth))}, not {depth!r}.")
    arguments: dict[str, Any] = {
        "worker": named_worker(given.word, shell.user_ns),
        "url": given.values.get("url"),
        "agui": given.values.get("agui"),
    }
    brand = _brand(given.values.get("brand"), shell.user_ns)
    if cell is None:
        return _form(given, arguments, brand)
    task = cell.strip()
    if not task:
        raise RequestRefused("The cell is the task: write it on the lines below %%worker.")
    budget = given.values.get("budget")
    request: dict[str, Any] = {
        "budget": None if budget is None else whole_number("budget", budget),
        "strict_mode": "strict" in given.switches,
        "depth": depth,
    }
    run = _quiet_run if "quiet" in given.switches else _shown_run
    started = run(given, arguments, task, brand, request)
    if "wait" in given.switches:
        started.wait()
    return started


def named_worker(name: str | None, variables: Mapping[str, Any]) -> Any:
    """The worker of a name: a variable that is one, a function of this kernel, or the id of a server's."""
    from ...events.answers import WorkerInfo
    from ...runs.servers import DEFAULT_WORKER
    from ...sources.local.functions_here import functions_here

    if name is None:
        return DEFAULT_WORKER
    variable = variables.get(name)
    if not isinstance(variable, type) and isinstance(getattr(variable, "info", None), WorkerInfo):
        return variable
    return functions_here.get(name, name)


def _form(given: Arguments, arguments: dict[str, Any], brand: Mapping[str, Any] | None) -> Any:
    from ..widget import WorkerConsole

    wrong = [*given.others, *(given.switches | given.values.keys()) - {"url", "agui", "brand"}]
    if wrong:
        raise RequestRefused(f"--{wrong[0]} is for a run: use %%worker, with the task on the lines below it.")
    return WorkerConsole(**arguments, brand=brand)


def _quiet_run(
    given: Arguments,
    arguments: dict[str, Any],
    task: str,
    brand: Mapping[str, Any] | None,
    request: dict[str, Any],
) -> Run:
    from ...runs.client import WorkerClient

    client = WorkerClient(**arguments)
    return client.run(task, brand, **request, **_options(given, client))


def _shown_run(
    given: Arguments,
    arguments: dict[str, Any],
    task: str,
    brand: Mapping[str, Any] | None,
    request: dict[str, Any],
) -> Run:
    from IPython.display import display

    from ..widget import WorkerConsole

    console = WorkerConsole(**arguments, task=task, brand=brand)
    try:
        run = console.run(task, brand, **request, **_options(given, console._client))
    except BaseException:
        console.close()  # the cell shows the error alone
        raise
    display(console)  # type: ignore[no-untyped-call]
    return _undisplayed_once(run)


def _options(given: Arguments, client: WorkerClient) -> dict[str, Any]:
    if not given.others:
        return {}
    declared = next((info.options for info in client.workers() if info.id == client.worker), ())
    return worker_options(client.worker, given.others, declared, OWN)


def _undisplayed_once(run: Run) -> Run:
    """The run as the result of a cell that shows it already: its first display is left out."""

    def first_display() -> None:
        del run.__dict__["_ipython_display_"]

    run.__dict__["_ipython_display_"] = first_display
    return run


def _brand(named: str | None, variables: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A brand by a JSON file, a variable or its saved name. Raises `RequestRefused`."""
    if named is None:
        return None
    variable = variables.get(named)
    if isinstance(variable, Mapping):
        return variable
    if named.lower().endswith(".json") or "/" in named:
        return _brand_in(named)
    from ...runs.saved_brands import SavedBrands

    saved = SavedBrands()
    if named not in saved.names():
        names = ", ".join(saved.names()[:10]) or "none is saved"
        raise _refused(
            f"--brand {named} is neither a variable with a mapping, nor a .json file, nor a saved brand"
            f" ({names})."
        )
    return saved.load(named)


def _brand_in(path: str) -> Mapping[str, Any] | None:
    from ..brand_json import parse_brand

    try:
        text = Path(path).expanduser().read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(f"The brand in {path} is no text in UTF-8.") from None
    except OSError as error:
        raise _refused(f"The brand {path} cannot be read: {error.strerror}.") from None
    return parse_brand(text)


def _refused(message: str) -> RequestRefused:
    return RequestRefused(message, [Problem("brand", message)])
