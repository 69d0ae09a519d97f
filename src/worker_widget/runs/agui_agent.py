"""An AG-UI agent that the worker ``agui`` of a host calls: its address, its headers and the conversation."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any, Final, Self
from urllib.parse import urlsplit

from .. import settings
from ..errors import Problem, RequestRefused

AGUI: Final = "agui"
"""The id of the worker."""
_QUERY: Final = "?"
"""The name of the query among the worker's secrets."""

_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_EXAMPLE: Final = "such as http://127.0.0.1:8000/agent"


class AguiAgent:
    """One agent, and the conversation with it: further tasks continue it until `new_conversation`.

    ``url`` may have a query. ``headers`` are sent to the agent with every request. The host keeps them and
    the query, which can be a key, in memory only: they are in no history and no export. The attribute
    ``url`` has no query, the repr only the ``origin``. Raises `RequestRefused`.
    """

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        given = url.strip() if isinstance(url, str) else ""
        self.origin = _origin(given)
        self.url, _, self._query = given.partition("?")
        self._headers = _checked(headers or {})
        self.thread_id = str(uuid.uuid4())

    @classmethod
    def of(cls, url: str | None, headers: Mapping[str, str] | None) -> Self | None:
        """The agent of the arguments ``agui`` and ``headers``; ``None`` without them."""
        if url is not None:
            return cls(url, headers)
        if headers is not None:
            raise _refused("headers", "The headers are for an AG-UI agent: give its address as agui, too.")
        return None

    def __repr__(self) -> str:
        return f"AguiAgent({self.origin!r})"

    def worker(self, given: str, default: str) -> str:
        """The worker's id, where the argument ``worker`` is ``given`` and has this ``default``."""
        if given not in ("", default, AGUI):
            raise _refused("worker", f"With agui the worker is {AGUI!r}, not {given!r}: leave it out.")
        return AGUI

    def options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A run's options: the ``given`` ones with the agent's address and the conversation.

        Raises `RequestRefused` for the address of another agent, which must not get the headers.
        """
        if given.get("url", self.url) not in (self.url, f"{self.url}?{self._query}"):
            raise _refused(
                "url", f"This is for the agent at {self.origin}. Give another agent's address as agui."
            )
        return {"thread_id": self.thread_id, **given, "url": self.url}

    def secrets(self, worker: str, options: Mapping[str, Any]) -> Mapping[str, str]:
        """The secrets of a run of ``worker`` with ``options``: none if it is not of this agent."""
        if worker != AGUI or options.get("url") != self.url:
            return {}
        return {**self._headers, _QUERY: self._query} if self._query else self._headers

    def new_conversation(self) -> None:
        """The next task begins a new conversation."""
        self.thread_id = str(uuid.uuid4())


def no_agent() -> RequestRefused:
    """The error of `AguiAgent.new_conversation` where there is no agent."""
    return RequestRefused("There is no conversation without an AG-UI agent: give its address as agui.")


def _origin(url: str) -> str:
    # These messages do not quote the URL: it can contain a password or a token.
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused("agui", f"The agui is not a web address. Use an address {_EXAMPLE}.") from None
    if parts.scheme not in ("http", "https"):
        raise _refused("agui", f"The agui must start with http:// or https://. Use an address {_EXAMPLE}.")
    if parts.username is not None or parts.password is not None:
        raise _refused(
            "agui",
            "The agui contains a user name or password, which would be visible with the address. Remove it,"
            " and pass headers={'Authorization': ...}.",
        )
    if not parts.hostname or not url.isprintable() or " " in url:
        raise _refused("agui", f"The agui is not a web address. Use an address {_EXAMPLE}.")
    if parts.fragment:
        raise _refused("agui", f"The agui must have no #. Use an address {_EXAMPLE}.")
    if settings.unencrypted(url):
        raise _refused(
            "agui",
            "The agui is of another computer and begins with http://, so the headers and all texts could be"
            f" read on the way. {settings.ENCRYPT}",
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" if port is None else f"{parts.scheme}://{host}:{port}"


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(headers, Mapping):
        raise _refused("headers", "The headers must be a mapping, such as {'Authorization': 'Bearer ...'}.")
    for number, (name, value) in enumerate(headers.items(), 1):
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise _refused(
                "headers", f"The name of header {number} contains characters that HTTP does not allow."
            )
        if not isinstance(value, str):
            raise _refused(f"headers.{name}", f"The value of the header {name} must be a text.")
        if not (value.isascii() and value.isprintable()):
            raise _refused(
                f"headers.{name}",
                f"The value of the header {name} contains a line break or other characters that HTTP does not"
                " allow. Copy it again.",
            )
    return dict(headers)


def _refused(field: str, message: str) -> RequestRefused:
    return RequestRefused(message, [Problem(field, message)])
