"""Deterministic choices: each follows from the request alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from ....events.request_models import ValidatedRequest

_T = TypeVar("_T")


def canonical(request: ValidatedRequest) -> bytes:
    """The request as JSON with sorted keys, without the fields that must not change the artifacts."""
    content = request.model_dump(mode="json", exclude={"options", "async_mode"})
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Seed:
    """The SHA-256 of a canonical request, as a source of repeatable choices."""

    digest: bytes

    @classmethod
    def of(cls, request: ValidatedRequest) -> Seed:
        return cls(hashlib.sha256(canonical(request)).digest())

    @property
    def number(self) -> int:
        """The first 48 bits, exact in every JSON reader."""
        return int.from_bytes(self.digest[:6])

    def index(self, key: str, count: int) -> int:
        """A number from 0 to ``count - 1``, the same for the same request and ``key``."""
        return int.from_bytes(hashlib.sha256(self.digest + key.encode()).digest()[:8]) % count

    def choose(self, key: str, options: Sequence[_T]) -> _T:
        return options[self.index(key, len(options))]
