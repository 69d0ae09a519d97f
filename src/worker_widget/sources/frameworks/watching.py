"""`watch` and `unwatch`: runs of agent frameworks in this process as runs of the history."""

from __future__ import annotations

import threading
import warnings
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, Final, NamedTuple, Protocol, TypeVar, overload

from ...errors import WorkerWidgetError
from .surroundings import Surroundings

T = TypeVar("T")


class Framework(Protocol):
    """A framework that is imported. ``unseen`` is what this version of it does not report."""

    unseen: tuple[str, ...]

    def watch_all(self) -> None: ...
    def watch(self, agent: Any) -> Any: ...
    def remove(self) -> None: ...


class Known(NamedTuple):
    """A framework that can be watched. ``since`` and ``before`` bound the versions that are tested."""

    package: str
    module: str
    distribution: str
    since: tuple[int, int]
    before: tuple[int, int]
    names: tuple[str, ...]
    modules: tuple[str, ...]


FRAMEWORKS: Final = (
    Known(
        package="langchain",
        module="langchain_core",
        distribution="langchain-core",
        since=(1, 0),
        before=(2, 0),
        names=("langgraph", "langchain", "langchain-core"),
        modules=("langchain_core", "langchain", "langgraph"),
    ),
    Known(
        package="pydantic_ai",
        module="pydantic_ai",
        distribution="pydantic-ai-slim",
        since=(2, 60),
        before=(3, 0),
        names=("pydantic-ai", "pydantic-ai-slim"),
        modules=("pydantic_ai",),
    ),
    Known(
        package="openai_agents",
        module="agents",
        distribution="openai-agents",
        since=(0, 24),
        before=(0, 25),
        names=("openai-agents", "agents"),
        modules=("agents",),
    ),
)

_lock = threading.Lock()
_surroundings: Final = Surroundings()
_watched: Final[dict[str, Framework]] = {}


@overload
def watch() -> None: ...


@overload
def watch(target: str) -> None: ...


@overload
def watch(target: T) -> T: ...


def watch(target: Any = None) -> Any:
    """Records what agent frameworks run in this process, from here on.

    ``watch()`` watches every installed framework: LangChain and LangGraph, pydantic-ai, the OpenAI Agents
    SDK. ``watch("langgraph")`` watches one. ``watch(agent)`` watches one agent and returns it, with the same
    interface::

        agent = watch(agent)
        await agent.run("Weather in Basel?")

    Each run of an agent or graph is a run in the history, and consoles with ``watch=True`` show it. Inside a
    run of your own (a ``with run(...)`` block or a function with `worker`) it is a part of that. An error of
    the recording never reaches your code. `unwatch` ends it.
    """
    if target is None:
        _watch_installed()
        return None
    if isinstance(target, str):
        _framework(_named(target)).watch_all()
        return None
    return _framework(_of(target)).watch(target)


def unwatch() -> None:
    """Ends `watch` and takes every hook out. Agents from ``watch(agent)`` run on, unwatched."""
    with _lock:
        watched = list(_watched.values())
        _watched.clear()
    for framework in watched:
        framework.remove()


def _watch_installed() -> None:
    installed = [known for known in FRAMEWORKS if find_spec(known.module) is not None]
    if not installed:
        names = ", ".join(known.distribution for known in FRAMEWORKS)
        warnings.warn(f"No framework to watch is installed. Known: {names}.", stacklevel=3)
    for known in installed:
        try:
            _framework(known).watch_all()
        except WorkerWidgetError as error:
            warnings.warn(str(error), stacklevel=3)


def _framework(known: Known) -> Framework:
    with _lock:
        watched = _watched.get(known.package)
        if watched is None:
            watched = _watched[known.package] = _load(known)
    return watched


def _load(known: Known) -> Framework:
    if find_spec(known.module) is None:
        raise WorkerWidgetError(f"{known.distribution} is not installed: pip install {known.distribution}")
    found = _version(known)
    tested = ".".join(map(str, known.since)) + " or newer, below " + ".".join(map(str, known.before))
    try:
        module = import_module(f".{known.package}.watched", __package__)
        framework: Framework = module.create(_surroundings)
    except Exception as error:
        raise WorkerWidgetError(
            f"{known.distribution} {found} cannot be watched ({error}): nothing of its runs is seen. "
            f"Known are versions {tested}."
        ) from error
    if framework.unseen:
        _warn(f"Of {known.distribution} {found} not everything is seen: no {', no '.join(framework.unseen)}.")
    elif not known.since <= _numbers(found) < known.before:
        _warn(
            f"{known.distribution} {found} is not known to this version of worker-widget (known: {tested}). "
            "Its runs are watched; stages, text or tokens that it reports in another way are not seen."
        )
    return framework


def _warn(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=5)


def _version(known: Known) -> str:
    try:
        return version(known.distribution)
    except PackageNotFoundError:
        return "(unknown version)"


def _numbers(text: str) -> tuple[int, ...]:
    numbers = []
    for part in text.split(".")[:2]:
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)


def _named(name: str) -> Known:
    wanted = name.strip().lower().replace("_", "-")
    for known in FRAMEWORKS:
        if wanted in known.names:
            return known
    names = ", ".join(repr(known.names[0]) for known in FRAMEWORKS)
    raise ValueError(f"There is no framework {name!r} to watch: use {names}, or an agent.")


def _of(agent: Any) -> Known:
    kind = agent if isinstance(agent, type) else type(agent)
    own = _own_wrappers(kind)
    for known in FRAMEWORKS:
        if own == known.package:
            return known
    for base in kind.__mro__:
        top = base.__module__.partition(".")[0]
        for known in FRAMEWORKS:
            if top in known.modules:
                return known
    names = ", ".join(known.distribution for known in FRAMEWORKS)
    raise ValueError(
        f"A {kind.__name__} cannot be watched: it is no agent or graph of {names}. "
        "A function of your own becomes a run with the decorator worker."
    )


def _own_wrappers(kind: type) -> str:
    """The framework of a class of this package."""
    inside, _, rest = kind.__module__.partition(f"{__package__}.")
    return "" if inside else rest.partition(".")[0]
