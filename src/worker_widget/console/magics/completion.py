"""What can stand at the cursor in the line of a magic."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, get_args

from ...events.answers import WorkerInfo
from ...events.run_request import Depth
from . import worker, worker_open, worker_runs

_MOST: Final = 50
_ANSWER_S: Final = 1.0
_KEPT_S: Final = 30.0

_listed: Final[dict[str | None, tuple[float, list[WorkerInfo]]]] = {}


def completions(variables: Mapping[str, Any], text: str, symbol: str) -> list[str]:
    """The words that can stand at the end of ``text``, whose last word is ``symbol``."""
    magic, *before = text.split()
    if symbol and before:
        before.pop()
    last = before[-1] if before else ""
    kind = magic.lstrip("%")
    if kind == "worker":
        return _of_worker(variables, before, last, symbol)
    if kind == "worker_open":
        if _takes_value(last, worker_open.VALUES):
            return _worker_names(variables) if last == "--worker" else []
        return _options(worker_open.VALUES) if symbol.startswith("--") else _run_ids(symbol)
    if last == "--status":
        return list(worker_runs.STATUSES)
    if last in ("--worker", "--tag"):
        return _of_history(last)
    return [] if _takes_value(last, worker_runs.VALUES) else _options([*worker_runs.VALUES, "starred"])


def _of_worker(variables: Mapping[str, Any], before: Sequence[str], last: str, symbol: str) -> list[str]:
    name = next((word for word in before[:1] if not word.startswith("--")), None)
    if last == "--depth":
        return list(get_args(Depth))
    if last == "--brand":
        return _brands(variables, symbol)
    if _takes_value(last, worker.VALUES):
        return []
    url = before[before.index("--url") + 1] if "--url" in before[:-1] else None
    declared = _declared(name, variables, url)
    for option in declared:
        if last == f"--{option.name}":
            words = option.choices or (("true", "false") if option.type == "boolean" else ())
            if words or option.type != "boolean":
                return list(words)
    if symbol.startswith("--") or name is not None:
        return _options([*worker.OWN, *(option.name for option in declared)])
    return _worker_names(variables)


def _declared(name: str | None, variables: Mapping[str, Any], url: str | None) -> Sequence[Any]:
    made = worker.named_worker(name, variables)
    if not isinstance(made, str):
        return list(made.info.options)
    return next((info.options for info in _servers_workers(url) if info.id == made), ())


def _options(names: Iterable[str]) -> list[str]:
    return [f"--{name}" for name in dict.fromkeys(names)]


def _takes_value(last: str, values: Iterable[str]) -> bool:
    return last.startswith("--") and last[2:] in values


def _worker_names(variables: Mapping[str, Any]) -> list[str]:
    """The workers: functions of this kernel, those of the server, and those that are installed."""
    from importlib.metadata import entry_points

    from ...sources.local.functions_here import functions_here

    here = [
        name
        for name, value in variables.items()
        if not name.startswith("_") and not isinstance(value, type) and _is_worker(value)
    ]
    installed = sorted(entry.name for entry in entry_points(group="worker_widget.workers"))
    listed = [info.id for info in _servers_workers(None) if info.runnable]
    return list(dict.fromkeys((*here, *functions_here, *listed, *installed)))


def _is_worker(value: Any) -> bool:
    return isinstance(getattr(value, "info", None), WorkerInfo)


def _servers_workers(url: str | None) -> list[WorkerInfo]:
    """What the server lists, if one runs already and answers soon: a key that is pressed starts no host."""
    from ... import background, settings
    from ...runs.client import WorkerClient

    known = _listed.get(url)
    if known is not None and time.monotonic() - known[0] < _KEPT_S:
        return known[1]
    if url is None and not settings.variable(settings.URL):
        from ...sources.worker_api.embedded import host_runs

        if not host_runs():
            return []
    client = WorkerClient(url=url)
    asked = background.submit(client.api.workers)
    with suppress(Late, TimeoutError):
        found = background.wait(asked, _ANSWER_S)
        _listed[url] = time.monotonic(), found
        return found
    asked.cancel()
    return []


def _run_ids(symbol: str) -> list[str]:
    from ...runs.finding import LAST
    from ...store.shared import shared_store

    store = shared_store()
    found = store.runs_beginning(symbol, _MOST) if symbol else store.runs(limit=_MOST)
    return [*(record.run_id for record in found), LAST]


def _of_history(option: str) -> list[str]:
    from ...store.shared import shared_store

    facets = shared_store().run_facets()
    return [name for name, _ in (facets.workers if option == "--worker" else facets.tags)]


def _brands(variables: Mapping[str, Any], symbol: str) -> list[str]:
    from ...runs.saved_brands import SavedBrands

    folder = symbol.rpartition("/")[0]
    here = sorted(Path(folder or ".").expanduser().iterdir())
    files = [path.name + "/" * path.is_dir() for path in here if path.is_dir() or path.suffix == ".json"]
    mappings = [
        name for name, value in variables.items() if not name.startswith("_") and isinstance(value, Mapping)
    ]
    names = [name for name in SavedBrands().names() if name.isprintable() and " " not in name]
    return [*(f"{folder}/{file}" if folder else file for file in files[:_MOST]), *mappings, *names]
