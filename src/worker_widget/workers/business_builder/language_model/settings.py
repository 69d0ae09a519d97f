"""The language model's settings, from environment variables.

``WORKER_LLM_URL`` is the base URL of an OpenAI-compatible API, such as ``http://127.0.0.1:11434/v1``, with or
without ``/chat/completions``,
``WORKER_LLM_MODEL`` the name of the model, and ``WORKER_LLM_KEY`` its key, if it needs one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit

from ....host.worker import LanguageModelVariables

URL: Final = LanguageModelVariables.URL
MODEL: Final = LanguageModelVariables.MODEL
KEY: Final = LanguageModelVariables.KEY

_SHORTEST_SECRET: Final = 8
"""A shorter key, such as "none" for a local server, is not treated as a secret."""

_ROUTE: Final = "/chat/completions"
"""The end of an address that names the route, as some providers print it."""
_HIDDEN: Final = "***"
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True)
class ModelSettings:
    """``problem`` describes an error in the variables, if any. The key is not in the repr."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    problem: str | None = None

    @classmethod
    def read(cls, variables: LanguageModelVariables) -> Self | None:
        """The settings in the variables; ``None`` where neither a URL nor a model is named."""
        url, model, key = variables.values
        if not (url or model):
            return None
        base = url.rstrip("/").removesuffix(_ROUTE)
        return cls(base, model, key, _problem(url, model, key, variables.unencrypted))

    @property
    def origin(self) -> str:
        """The endpoint's scheme and host, for messages."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def secret(self) -> str:
        """The key where it has to stay secret, else an empty string."""
        return self.key if len(self.key) >= _SHORTEST_SECRET else ""

    def reveals_key(self, text: str) -> bool:
        """Whether ``text`` contains the key, plain or escaped as in JSON."""
        plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).replace("\\/", "/")
        return bool(self.secret) and (self.secret in text or self.secret in plain)

    def hide(self, text: str) -> str:
        """``text`` without the key."""
        return text.replace(self.secret, _HIDDEN) if self.secret else text


def _problem(url: str, model: str, key: str, unencrypted: bool) -> str | None:
    if not url:
        return f"{URL} is not set"
    if not model:
        return f"{MODEL} is not set"
    if not key.isascii() or not key.isprintable():
        return f"{KEY} contains characters that are not allowed in a key"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return f"{URL} is not an address"
    if not usable:
        return f"{URL} is not an address that begins with http:// or https://"
    if parts.username or parts.password or parts.query or parts.fragment:
        return f"{URL} contains more than an address; set a key in {KEY}"
    if unencrypted:
        return (
            f"{URL} is of another computer and begins with http://, so the key could be read on the way; use"
            " https://, or set WORKER_HTTP_HOSTS to the host"
        )
    return None
