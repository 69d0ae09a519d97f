"""Keeps the values of request headers and of a query out of everything that is shown or stored."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

MASK: Final = "***"
_SHORTEST: Final = 6
"""Shorter values are no secrets, and replacing them would garble texts."""


class SecretMask:
    """Replaces ``secrets``, and keys in them that follow a scheme such as ``Bearer``, by `MASK`."""

    def __init__(self, secrets: Iterable[str]) -> None:
        values = {value.strip() for value in secrets}
        values |= {value.partition(" ")[2].strip() for value in values}
        self._texts = sorted((value for value in values if len(value) >= _SHORTEST), key=len, reverse=True)
        escaped = {json.dumps(text)[1:-1] for text in self._texts}
        escaped |= {json.dumps(text, ensure_ascii=False)[1:-1] for text in self._texts}
        self._bytes = sorted((text.encode() for text in escaped), key=len, reverse=True)

    def text(self, text: str) -> str:
        for secret in self._texts:
            text = text.replace(secret, MASK)
        return text

    def json(self, data: bytes) -> bytes:
        """The JSON of an event without the secrets in its texts."""
        for secret in self._bytes:
            if secret in data:
                data = data.replace(secret, MASK.encode())
        return data
