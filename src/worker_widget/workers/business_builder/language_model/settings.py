"""Which language model writes, as the environment names it.

``WORKER_LLM_URL`` is where an OpenAI-compatible API begins, such as ``http://127.0.0.1:11434/v1``,
``WORKER_LLM_MODEL`` what it calls the model, and ``WORKER_LLM_KEY`` its key, where it wants one.
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
"""Local servers take any key, such as "none": one that is shorter is a word and no secret."""

_HIDDEN: Final = "***"
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True)
class ModelSettings:
    """``problem`` is what is wrong with the variables, if anything. The key is not in the repr."""

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
        return cls(url.rstrip("/"), model, key, _problem(url, model, key))

    @property
    def origin(self) -> str:
        """Where the endpoint is, for a person to read."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def secret(self) -> str:
        """The key, where it is one that must not be told; else nothing."""
        return self.key if len(self.key) >= _SHORTEST_SECRET else ""

    def tells(self, text: str) -> bool:
        """Whether ``text`` holds the key, as it is or as JSON may write it."""
        plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).replace("\\/", "/")
        return bool(self.secret) and (self.secret in text or self.secret in plain)

    def hide(self, text: str) -> str:
        """``text`` without the key."""
        return text.replace(self.secret, _HIDDEN) if self.secret else text


def _problem(url: str, model: str, key: str) -> str | None:
    if not url:
        return f"{URL} is not set"
    if not model:
        return f"{MODEL} is not set"
    if not key.isascii() or not key.isprintable():
        return f"{KEY} holds characters that no key has"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return f"{URL} is no address"
    if not usable:
        return f"{URL} is not an address that begins with http:// or https://"
    if parts.username or parts.password or parts.query or parts.fragment:
        return f"{URL} holds more than an address; a key belongs into {KEY}"
    return None
