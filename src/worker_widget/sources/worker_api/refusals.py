"""A server's refusal, in words: which error it is, what was wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from ...errors import (
    KeyRefused,
    Problem,
    RequestRefused,
    RunUnknown,
    ServerError,
    UnknownWorker,
    WorkerUnavailable,
    WorkerWidgetError,
)
from .endpoint import Endpoint

_QUOTED_CHARS: Final = 300
_NO_SUCH_ROUTE: Final = frozenset({"", "Not Found", "Method Not Allowed"})
_KEY_HEADERS: Final = frozenset({"x-aos-key", "authorization"})
_PARTS: Final = frozenset({"body", "query", "path", "header", "cookie"})


@dataclass(frozen=True)
class Asked:
    """One request of the worker API.

    ``route`` follows the worker's own address, or that of all workers where ``worker`` is ``None``.
    ``run_id`` is the run it is about. Where ``optional``, some servers do not have the route.
    ``field_prefix`` stands before the fields that a refusal names. ``timeout_s`` is how long the
    server may stay silent.
    """

    method: str
    route: str
    worker: str | None
    run_id: str | None = None
    params: Mapping[str, str | int] | None = None
    body: Any = None
    optional: bool = False
    field_prefix: str = ""
    timeout_s: float = 30.0


def refusal(
    status: int, headers: Mapping[str, str], body: bytes, *, asked: Asked, endpoint: Endpoint
) -> WorkerWidgetError:
    """The error that an answer of ``status`` 300 or more stands for."""
    # Before anything is cut short: a key that is cut in two would not be found any more.
    detail, structured = _detail(endpoint.without_key(body.decode("utf-8", "replace")))
    problems = _problems(detail, asked.field_prefix)
    words = _words(detail, problems)
    origin = endpoint.origin
    said = f" ({words})" if words else ""
    if status in (401, 403) or _lacks_key(detail):
        return KeyRefused(_about_key(endpoint, said))
    no_such_route = status == 405 or (status == 404 and (not structured or words in _NO_SUCH_ROUTE))
    if asked.optional and no_such_route:
        return ServerError(f"{origin} does not offer this: it has no {asked.method} {asked.route}.", status)
    if status == 404 and structured:  # else it was not the API that said so
        return _not_found(words, asked, endpoint)
    if status == 409 and isinstance(detail, dict) and "worker" in detail:
        return WorkerUnavailable(
            f"{words or asked.worker} Choose a worker that is available; workers() lists them."
        )
    if status == 422 and problems:
        it = "it" if len(problems) == 1 else "them"
        return RequestRefused(f"The request was refused: {words}. Correct {it} and try again.", problems)
    if status in (400, 409, 413, 422):
        return RequestRefused(
            f"{origin} refused the request: {words or f'status {status}, without a reason'}"
        )
    if status in (429, 503):
        wait = headers.get("retry-after", "").strip()
        when = f"in {wait} s" if wait.isdigit() else "later"
        return ServerError(
            f"{origin} is busy or not ready (status {status}){said}. Try again {when}.", status
        )
    if status < 400:
        to = endpoint.without_key(headers.get("location", "").partition("?")[0])
        where = f" to {to}" if to else ""
        return ServerError(
            f"{origin} redirects{where} (status {status}). Give the final address as url.", status
        )
    return ServerError(
        f"{origin} answered status {status} to {asked.method} {asked.route}{said}."
        + (" Its log tells why; try again." if status >= 500 else " Is this the address of a worker API?"),
        status,
    )


def _about_key(endpoint: Endpoint, said: str) -> str:
    origin = endpoint.origin
    if endpoint.key is None:
        begin = f"{origin} wants a key{said}, and none is set."
    else:
        begin = f"{origin} refused the key{said}, sent as {endpoint.key_header}."
    return (
        f"{begin} Pass api_key=..., set WORKER_API_KEY, or store it in the keyring:"
        f" keyring set worker-widget {origin}"
    )


def _not_found(words: str, asked: Asked, endpoint: Endpoint) -> WorkerWidgetError:
    about_worker = any(text in words.lower() for text in ("unknown worker", "worker not found"))
    if asked.run_id is not None and not about_worker:
        return RunUnknown(
            f"{endpoint.origin} knows no run {asked.run_id}. It may have been deleted, or the server was"
            " restarted since. runs() lists those it knows."
        )
    if asked.route == "/replay" and words not in _NO_SUCH_ROUTE and not about_worker:
        return RunUnknown(words)
    said = "" if words in _NO_SUCH_ROUTE else f" ({words})"
    return UnknownWorker(
        f"There is no worker '{asked.worker}' at {endpoint.origin}{endpoint.prefix}/workers{said}."
        " Check its id and the address."
    )


def _detail(body: str) -> tuple[Any, bool]:
    """What an error's body says, and whether it says so as the API does, in a JSON object."""
    try:
        message = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        text = body.strip()
        return ("an HTML page" if text.startswith("<") else text), False
    if isinstance(message, dict):
        return message.get("detail", message), True
    return message, False


def _words(detail: Any, problems: list[Problem]) -> str:
    if problems:
        return "; ".join(f"{problem.field}: {problem.message}" for problem in problems)
    if isinstance(detail, dict):
        for name in ("message", "msg", "error", "reason"):
            if isinstance(detail.get(name), str):
                return _short(detail[name])
    return _short(detail if isinstance(detail, str) else msgspec.json.encode(detail).decode())


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _QUOTED_CHARS else text[:_QUOTED_CHARS] + "…"


def _problems(detail: Any, prefix: str) -> list[Problem]:
    """A validation list's entries, each with the path of its field below the request's body."""
    problems: list[Problem] = []
    for entry in detail if isinstance(detail, list) else []:
        if not isinstance(entry, dict) or not isinstance(entry.get("loc"), list):
            continue
        path = [str(step) for step in entry["loc"]]
        if path and path[0] in _PARTS:
            path = path[1:]
        message = str(entry.get("msg") or "not accepted").removeprefix("Value error, ")
        problems.append(Problem((prefix + ".".join(path)).rstrip(".") or "request", _short(message)))
    return problems


def _lacks_key(detail: Any) -> bool:
    """Whether a validation list complains of the key's header: real servers treat it as a field."""
    for entry in detail if isinstance(detail, list) else []:
        where = entry.get("loc") if isinstance(entry, dict) else None
        if (
            isinstance(where, list)
            and where[:1] == ["header"]
            and _KEY_HEADERS.intersection(map(_lower, where))
        ):
            return True
    return False


def _lower(step: Any) -> str:
    return str(step).lower().replace("_", "-")
