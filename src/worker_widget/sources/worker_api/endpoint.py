"""The address of a worker API server and its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

KeyHeader = Literal["x-aos-key", "bearer"]
"""How the key is sent: ``X-AOS-Key: KEY`` or ``Authorization: Bearer KEY``; never both."""

FIRST_GENERATION: Final = "/api/v1"
"""The prefix of servers of the first generation; later ones have none."""


@dataclass(frozen=True)
class Endpoint:
    """One server of the worker API.

    ``origin`` is scheme, host and port. The workers are at ``{origin}{prefix}/workers/{id}`` where
    ``settled``; else the server's generation is yet to be found out, and `prefixes` lists where to
    look. ``key`` is ``None`` where none is known, and never shown.
    """

    origin: str
    prefix: str = ""
    key: str | None = field(default=None, repr=False)
    key_header: KeyHeader = "x-aos-key"
    settled: bool = True

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes to try, the likelier first."""
        return (self.prefix,) if self.settled else (self.prefix + FIRST_GENERATION, self.prefix)

    def headers(self) -> Mapping[str, str]:
        """The header that carries the key, if there is one."""
        if self.key is None:
            return {}
        if self.key_header == "bearer":
            return {"Authorization": f"Bearer {self.key}"}
        return {"X-AOS-Key": self.key}

    def without_key(self, text: str) -> str:
        """``text`` with the key blotted out: a server's words may repeat what it was sent."""
        return text.replace(self.key, "•••") if self.key else text
