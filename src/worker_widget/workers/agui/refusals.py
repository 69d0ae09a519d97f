"""Answers of a server that are no run of an agent, as messages that say what to do."""

from __future__ import annotations

import re
from html import unescape
from typing import Any, Final

from .excerpts import excerpt, shown
from .json_values import read_json

_MOST_REASON: Final = 500
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_PROTOBUF: Final = "application/vnd.ag-ui.event+proto"


def refusal(url: str, status: int, phrase: str, body: str, retry_after: str | None) -> str:
    """The message for an answer with an error status."""
    reason = reason_of(body)
    detail = f": {reason}" if reason else "."
    match status:
        case 401 | 403:
            return (
                f"The agent at {url} refused the request ({status} {phrase}){detail} Give the headers that it"
                " requires, such as Authorization."
            )
        case 404:
            return f"There is no agent at {url} (404). Check the path of the URL."
        case 405:
            return (
                f"{url} does not take runs (405: POST is not allowed). Check the path of the URL: it must be"
                " that of the agent itself, not of a page or of its health."
            )
        case 415:
            return f"{url} does not take JSON (415 {phrase}){detail} Check that it is an AG-UI agent."
        case 400 | 422:
            return f"The agent at {url} cannot take this request ({status}){detail}"
        case 429:
            wait = f" Try again in {retry_after} s." if (retry_after or "").isdigit() else " Try again later."
            return f"The agent at {url} takes no more requests now (429){detail}{wait}"
        case _ if status >= 500:
            return (
                f"The agent at {url} failed before its run began ({status} {phrase}){detail} See the log of"
                " its server."
            )
        case _:
            return f"{url} answered {status} {phrase}, which is not the run of an agent{detail}"


def redirected(url: str, location: str) -> str:
    """The message for a redirect to another server, which must not get the headers."""
    return f"{url} redirects to {location}. If that is the agent, give its URL instead."


def wrong_content(url: str, kind: str, body: str) -> str:
    """The message for a success that is no event stream."""
    if kind == "text/html" or body.lstrip()[:1] == "<":
        title = reason_of(body)
        page = f"an HTML page ({title})" if title else "an HTML page"
        return f"{url} answered with {page} instead of events. Check that it is the URL of the agent itself."
    if kind == _PROTOBUF:
        return (
            f"{url} answered in the binary form of AG-UI, which is not supported. Switch it to JSON events."
        )
    if kind.endswith("json"):
        return f"{url} answered with JSON instead of events ({shown(body)}). Check that it is an AG-UI agent."
    what = f"with {kind}" if kind else "without content"
    return f"{url} answered {what} instead of events (text/event-stream). Check that it is an AG-UI agent."


def reason_of(body: str) -> str:
    """The reason in the body of an error: of JSON its detail, of a page its title, or else the text."""
    text = body.strip()
    if not text:
        return ""
    if text[0] == "<":
        title = _TITLE.search(text)
        return "" if title is None else excerpt(" ".join(unescape(title[1]).split()), _MOST_REASON)
    try:
        return excerpt(_reason(read_json(text)), _MOST_REASON)
    except ValueError:
        return excerpt(" ".join(text.split()), _MOST_REASON)


def _reason(value: Any) -> str:
    match value:
        case {"detail": detail} if detail:
            return _reason(detail)
        case {"error": error} if error:
            return _reason(error)
        case {"loc": list(place), "msg": str(text)}:
            return f"{'.'.join(map(str, place))}: {text}"
        case {"message": str(text)} | {"msg": str(text)} if text:
            return text
        case [*items] if items:
            return "; ".join(_reason(item) for item in items[:5])
        case str():
            return value
        case _:
            return shown(value)
