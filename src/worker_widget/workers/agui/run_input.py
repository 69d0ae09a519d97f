"""The input of an agent's run: the body of the request."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from ...host.worker import RunError
from .conversation import Conversation
from .interrupts import Reply

PROTOCOL: Final = "1.0"
_MEDIA: Final = ("image", "audio", "video")
_DATA_URL: Final = re.compile(
    r"data:(?P<type>[\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,(?P<data>[A-Za-z0-9+/=]*)"
)


def run_input(
    thread_id: str,
    run_id: str,
    conversation: Conversation,
    *,
    parent_run_id: str | None = None,
    reply: Reply | None = None,
    context: Sequence[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """``RunAgentInput``. Servers of 0.1.x require fields that may be absent in 1.0, so all are sent."""
    body: dict[str, Any] = {
        "protocolVersion": PROTOCOL,
        "threadId": thread_id,
        "runId": run_id,
        "state": conversation.state,
        "messages": conversation.messages,
        "tools": [],
        "context": [dict(item) for item in context],
        "forwardedProps": {},
    }
    if parent_run_id is not None:
        body["parentRunId"] = parent_run_id
    if reply is not None and reply.resume:
        body["resume"] = reply.resume
    if reply is not None and reply.command is not None:
        body["forwardedProps"] = {"command": {"resume": reply.command}}
    return body


def user_content(task: str, files: str | None) -> str | list[dict[str, Any]]:
    """The content of the message: the task, and a part for each of the ``files``, which are URLs.

    Raises:
        RunError: An entry is neither an http, https nor data URL.
    """
    urls = (files or "").split()
    if not urls:
        return task
    return [{"type": "text", "text": task}, *(_part(url) for url in urls)]


def _part(url: str) -> dict[str, Any]:
    data = _DATA_URL.fullmatch(url)
    if data is not None:
        media = data["type"] or "application/octet-stream"
        return {"type": _kind(media), "source": {"type": "data", "value": data["data"], "mimeType": media}}
    if urlsplit(url).scheme not in ("http", "https"):
        raise RunError(
            f"The file {url[:100]!r} is not an http, https or base64 data URL. Give the URLs of the files,"
            " separated by spaces."
        )
    guessed = mimetypes.guess_type(urlsplit(url).path)[0]
    source = {"type": "url", "value": url}
    if guessed is not None:
        source["mimeType"] = guessed
    return {"type": _kind(guessed or ""), "source": source}


def _kind(media: str) -> str:
    kind = media.partition("/")[0]
    return kind if kind in _MEDIA else "document"
