"""A request of the worker API, independent of the endpoint that it is sent to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ApiRequest:
    """One request of the worker API.

    ``route`` is appended to the address of ``worker``, or to that of the list of workers if ``worker`` is
    ``None``. ``run_id`` is the run that the request is for, if any. ``optional`` marks a route that some
    servers do not have. ``field_prefix`` is put before the field names of a refusal. ``timeout_s`` is the
    longest time between two bytes of the response, in seconds.
    """

    method: str
    route: str
    worker: str | None
    run_id: str | None = None
    params: Mapping[str, str | int] | None = None
    body: Any = field(default=None, repr=False)
    optional: bool = False
    field_prefix: str = ""
    timeout_s: float = 30.0

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values of the secrets in the body."""
        given = self.body.get("secrets") if isinstance(self.body, dict) else None
        return tuple(given.values()) if isinstance(given, dict) else ()
