"""`worker` makes a function a worker; `run` makes a block of code a run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar, overload

from ..recording.capture import capture_names, captured, finish_captured
from ..recording.function import RecordedFunction, slug
from ..recording.place import Place, here
from ..recording.stage import placed
from ..sources.local.functions_here import functions_here
from ..sources.local.local_run import LocalRun
from .client import WorkerClient
from .local_runs import wait_until_written
from .request_arguments import check_texts, checked_request
from .run import Run

P = ParamSpec("P")
T = TypeVar("T")


class WorkerFunction(RecordedFunction[P, T]):
    """A function that is a worker; made by `worker`. Called, it is the plain function."""

    def run(self, task: str = "", brand: Mapping[str, Any] | str | None = None, **options: Any) -> Run:
        """Starts a run of the function and returns it at once; `Run.wait` waits for its end.

        ``options`` are the function's other parameters. Raises `RequestRefused` with the invalid ones.
        """
        return WorkerClient(self).run(self.info.name if task == "" else task, brand, **options)


@overload
def worker(function: Callable[P, T], /) -> WorkerFunction[P, T]: ...


@overload
def worker(
    *,
    stages: Sequence[str] = (),
    name: str | None = None,
    description: str | None = None,
    id: str | None = None,
    capture: str | Collection[str] | None = None,
    locals: bool = False,
) -> Callable[[Callable[P, T]], WorkerFunction[P, T]]: ...


def worker(
    function: Callable[..., Any] | None = None,
    /,
    *,
    stages: Sequence[str] = (),
    name: str | None = None,
    description: str | None = None,
    id: str | None = None,
    capture: str | Collection[str] | None = None,
    locals: bool = False,
) -> Any:
    """Makes a function, sync or async, a worker::

        @worker(stages=["fetch", "write"])
        async def digest(task, brand=None, pages: int = 3): ...

        WorkerConsole(digest)            # a console that runs it
        digest.run("this week")          # a run without a console
        await digest("this week")        # the plain function

    Its first parameter gets the task, a parameter ``brand`` the brand as a mapping; the other ones become
    options of the form by their annotations and defaults: str, int, float, bool, ``Literal`` for a choice.

    ``stages`` are the planned stages, shown before they start. ``name``, ``description`` and ``id`` default
    to the function's name and docstring. ``capture`` turns what happens inside a run into log lines:
    "stdout", "logging" or both. ``locals`` adds local variables to the tracebacks of failures: they can hold
    secrets.

    A run of the function has a thread of its own, and an asynchronous function an event loop of its own. A
    text that it returns is the artifact ``result.md``, a list or dict ``result.json``, ``None`` nothing.
    """

    def decorate(function: Callable[..., Any]) -> WorkerFunction[..., Any]:
        made: WorkerFunction[..., Any] = WorkerFunction(
            function,
            stages=stages,
            name=name,
            description=description,
            id=id,
            capture=capture,
            locals=locals,
        )
        functions_here[made.info.id] = made
        return made

    return decorate if function is None else decorate(function)


class RunBlock:
    """The run of a ``with run(...)`` block."""

    def __init__(self, run: LocalRun) -> None:
        self._run = run

    def __repr__(self) -> str:
        return f"RunBlock({self.run_id!r})"

    @property
    def run_id(self) -> str:
        """The run's id: ``WorkerClient().get(run_id)`` and ``WorkerConsole(run_id=...)`` show it."""
        return self._run.run_id


@contextmanager
def run(
    name: str,
    *,
    task: str | None = None,
    stages: Sequence[str] = (),
    capture: str | Collection[str] | None = None,
    locals: bool = False,
) -> Iterator[RunBlock]:
    """Makes a block of code a run::

        with run("nightly") as nightly:
            with stage("load"):
                ...

    It is in the history, and on consoles that watch. An exception fails it, an interrupt cancels it, and both
    go on unchanged. After the block the run is in the history. ``task`` is what the run is about, by default
    its name; the other arguments are those of `worker`.
    """
    check_texts(name=name, task=task)
    names = capture_names(capture)
    opened = LocalRun.open(
        name, worker=slug(name), request=checked_request(task=task or name), stages=stages, with_locals=locals
    )
    place = Place(opened.recording, around=here())
    error: BaseException | None = None
    try:
        with captured(opened.recording, names), placed(place):
            yield RunBlock(opened)
    except BaseException as raised:
        error = raised
        raise
    finally:
        place.settle(error)
        finish_captured(opened.recording)
        opened.end_after(error)
        wait_until_written(opened.run_id)
