"""`WorkerServer`: what consoles and clients need of something that runs workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from ..events.answers import BrandCheck, Health, RunAnswer, RunPage, WorkerInfo
from ..events.run_request import RunRequest
from .run_source import RunSource


class WorkerServer(Protocol):
    """Something that runs workers: a server of the worker API, or this process. Used on the background loop.

    ``worker`` is the id of a worker; ``None`` is the server's default. The methods raise the package's
    errors.
    """

    @property
    def label(self) -> str:
        """What the history names as the origin of its runs: an address, or a word for what it is."""
        ...

    @property
    def news(self) -> str:
        """What happened at the server that a person may want to know; empty if nothing did."""
        ...

    async def workers(self) -> list[WorkerInfo]:
        """The workers that it offers."""
        ...

    async def start(
        self,
        request: RunRequest,
        *,
        worker: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> RunAnswer:
        """Starts a run and returns its id. Raises `RequestRefused` with the invalid fields.

        ``secrets`` are those that the worker declares; they are no part of the request, which is recorded.
        """
        ...

    async def replay(
        self,
        token: Mapping[str, Any],
        *,
        worker: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> RunAnswer:
        """Runs a finished run again from its replay token."""
        ...

    async def retry(
        self,
        run_id: str,
        *,
        from_stage: str | None = None,
        worker: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> RunAnswer:
        """Runs the request of an ended run again, from a stage on."""
        ...

    async def fork(
        self,
        run_id: str,
        from_stage: str,
        changes: Mapping[str, Any],
        *,
        worker: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> RunAnswer:
        """Runs an ended run again from a stage on, with changes of its request."""
        ...

    def run_source(self, run_id: str, *, worker: str | None = None) -> RunSource:
        """A run as an event source. Nothing is requested before its first use."""
        ...

    async def ensure_known(self, run_id: str, *, worker: str | None = None) -> None:
        """Checks that the server has the run. Raises `RunUnknown` if not."""
        ...

    async def runs(self, limit: int = 20, *, status: str | None = None, worker: str | None = None) -> RunPage:
        """The newest runs."""
        ...

    async def health(self, *, worker: str | None = None) -> Health:
        """The health of a worker."""
        ...

    async def schema(self, kind: Literal["brand", "run"], *, worker: str | None = None) -> dict[str, Any]:
        """The JSON schema of a brand or of a run request."""
        ...

    async def validate_brand(self, brand: Mapping[str, Any], *, worker: str | None = None) -> BrandCheck:
        """Checks a brand. An invalid one raises no error: the result has its problems."""
        ...

    async def aclose(self) -> None:
        """Closes the connections; a later request opens new ones."""
        ...
