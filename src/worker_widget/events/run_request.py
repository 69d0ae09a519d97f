"""A client's run request, the same for every way to start a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

import msgspec

Depth = Literal["auto", "shallow", "deep"]
DEPTHS: Final[tuple[Depth, ...]] = get_args(Depth)


class RunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request for one run. The server checks its limits.

    ``budget`` is in tokens. ``options`` maps the names of the worker's options (`WorkerOption`) to values; an
    option that is left out has the worker's default.
    """

    task: str
    brand: Mapping[str, Any] | None = None
    budget: int | None = None
    strict_mode: bool = False
    depth: Depth = "auto"
    options: Mapping[str, Any] = {}

    def body(self) -> dict[str, Any]:
        """The JSON body of ``POST /run-streaming``; without options it has no ``options`` field."""
        body: dict[str, Any] = {
            "task": self.task,
            "brand": None if self.brand is None else dict(self.brand),
            "budget": self.budget,
            "strict_mode": self.strict_mode,
            "depth": self.depth,
        }
        if self.options:
            body["options"] = dict(self.options)
        return body
