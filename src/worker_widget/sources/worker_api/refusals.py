"""Maps an error response of a server to an exception that says what was wrong, where, and what to do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
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
from ...events.json_depth import nested_too_deep
from ...events.secret_values import without_secrets
from .api_request import ApiRequest
from .endpoint import Endpoint

_QUOTED_CHARS: Final = 300
_LONGEST_NAMED_S: Final = 86_400.0
_NO_SUCH_ROUTE: Final = frozenset({"", "Not Found", "Method Not Allowed"})
_KEY_HEADERS: Final = frozenset({"x-aos-key", "authorization"})
_PARTS: Final = frozenset({"body", "query", "path", "header", "cookie"})


def refusal(
    status: int, headers: Mapping[str, str], body: bytes, *, request: ApiRequest, endpoint: Endpoint
) -> WorkerWidgetError:
    """The exception for a response of ``status`` 300 or higher."""
    # Remove key and secrets first: they would not be found in a text that has been shortened.
    text = endpoint.without_key(body.decode("utf-8", "replace"))
    detail, structured = _detail(without_secrets(text, request.secrets))
    problems = _problems(detail, request.field_prefix)
    words = _words(detail, problems)
    origin = endpoint.origin
    quoted = f" ({words})" if words else ""
    if status in (401, 403) or _lacks_key(detail):
        return KeyRefused(_key_message(endpoint, quoted))
    no_such_route = status == 405 or (status == 404 and (not structured or words in _NO_SUCH_ROUTE))
    if request.optional and no_such_route:
        return ServerError(
            f"{origin} does not support this: it has no route {request.method} {request.route}.", status
        )
    if status in (404, 410) and structured:  # otherwise the response is not from the API
        return _not_found(words, request, endpoint)
    if status == 409 and isinstance(detail, dict) and "worker" in detail:
        return WorkerUnavailable(
            f"{words or request.worker} Choose a worker that is available; workers() lists them."
        )
    if status == 422 and problems:
        it = "it" if len(problems) == 1 else "them"
        return RequestRefused(f"The request was refused: {words}. Correct {it} and try again.", problems)
    if status in (400, 409, 413, 422):
        return RequestRefused(f"{origin} refused the request: {words or f'status {status}, no reason given'}")
    if status in (429, 503):
        wait_s = retry_after_s(headers)
        when = "later" if wait_s is None or wait_s > _LONGEST_NAMED_S else f"in {math.ceil(wait_s)} s"
        return ServerError(
            f"{origin} is busy or not ready (status {status}){quoted}. Try again {when}.", status, wait_s
        )
    if status < 400:
        target = endpoint.without_key(headers.get("location", "").partition("?")[0])
        to = f" to {target}" if target else ""
        return ServerError(
            f"{origin} redirects{to} (status {status}). Give the final address as url.", status
        )
    return ServerError(
        f"{origin} answered status {status} to {request.method} {request.route}{quoted}."
        + (
            " Its log has the reason; try again."
            if status >= 500
            else " Is this the address of a worker API?"
        ),
        status,
    )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The delay in ``Retry-After``: seconds, or a date; ``None`` if it is neither.

    A date is by the server's clock, which its ``Date`` tells.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    until, now = _date(value), _date(headers.get("date", "")) or datetime.now(UTC)
    return None if until is None else max(0.0, (until - now).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _key_message(endpoint: Endpoint, quoted: str) -> str:
    origin = endpoint.origin
    if endpoint.key is None:
        begin = f"{origin} requires a key{quoted}, and none is set."
    else:
        begin = f"{origin} refused the key{quoted}, sent as {endpoint.key_header}."
    return (
        f"{begin} Pass api_key=..., set WORKER_API_KEY, or store it in the keyring:"
        f" keyring set worker-widget {origin}"
    )


def _not_found(words: str, request: ApiRequest, endpoint: Endpoint) -> WorkerWidgetError:
    if "request for input" in words:
        return RequestRefused(words)
    worker_is_unknown = any(text in words.lower() for text in ("unknown worker", "worker not found"))
    if request.run_id is not None and not worker_is_unknown:
        return RunUnknown(
            f"{endpoint.origin} has no run {request.run_id}. It may have been deleted, or the server"
            " restarted since. runs() lists the runs of the server."
        )
    if request.route == "/replay" and words not in _NO_SUCH_ROUTE and not worker_is_unknown:
        return RunUnknown(words)
    quoted = "" if words in _NO_SUCH_ROUTE else f" ({words})"
    return UnknownWorker(
        f"There is no worker '{request.worker}' at {endpoint.origin}{endpoint.prefix}/workers{quoted}."
        " Check its id and the address."
    )


def _detail(body: str) -> tuple[Any, bool]:
    """The detail of an error body, and whether the body is a JSON object, as the API sends it."""
    try:
        if nested_too_deep(body.encode("utf-8", "replace")):
            raise RecursionError
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
    """The entries of a validation list, each with the path of its field in the request body."""
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
    """Whether a validation list names the key header: real servers validate it as a field."""
    for entry in detail if isinstance(detail, list) else []:
        location = entry.get("loc") if isinstance(entry, dict) else None
        if (
            isinstance(location, list)
            and location[:1] == ["header"]
            and _KEY_HEADERS.intersection(map(_lower, location))
        ):
            return True
    return False


def _lower(step: Any) -> str:
    return str(step).lower().replace("_", "-")
