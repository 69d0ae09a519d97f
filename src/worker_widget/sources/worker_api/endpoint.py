"""The address of a worker API server and its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

KeyHeader = Literal["x-aos-key", "bearer"]
"""The header that carries the key: ``X-AOS-Key: KEY`` or ``Authorization: Bearer KEY``; never both."""

FIRST_GENERATION: Final = "/api/v1"
"""The prefix of servers of the first generation; later ones have none."""


@dataclass(frozen=True)
class Endpoint:
    """A server of the worker API.

    ``origin`` is scheme, host and port. If ``settled`` is true, the workers are at
    ``{origin}{prefix}/workers/{id}``; otherwise the generation of the server is not known yet, and
    `prefixes` lists the candidates. ``key`` is ``None`` if no key is known; it is not in the repr.
    ``language_model`` is the mark of the one that the embedded host uses for these requests; empty for its
    own.
    """

    origin: str
    prefix: str = ""
    key: str | None = field(default=None, repr=False)
    key_header: KeyHeader = "x-aos-key"
    settled: bool = True
    language_model: str = ""

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes to try, most likely first."""
        return (self.prefix,) if self.settled else (self.prefix + FIRST_GENERATION, self.prefix)

    def headers(self) -> Mapping[str, str]:
        """The headers with the key and the language model, as far as there are any."""
        model = {"X-Language-Model": self.language_model} if self.language_model else {}
        if self.key is None:
            return model
        if self.key_header == "bearer":
            return {"Authorization": f"Bearer {self.key}", **model}
        return {"X-AOS-Key": self.key, **model}

    def without_key(self, text: str) -> str:
        """``text`` with the key masked: the response of a server can repeat the key."""
        return text.replace(self.key, "•••") if self.key else text
