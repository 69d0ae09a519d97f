"""The servers of workers that a client can have. Each is imported when it is first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..errors import RequestRefused
from ..sources.worker_server import WorkerServer

if TYPE_CHECKING:
    from ..sources.worker_api.client import AsyncWorkerClient
    from ..store.run_records import RunRecord

DEFAULT_WORKER: Final = "business-builder"
EMBEDDED: Final = "embedded host"
"""What the history names as the origin of the embedded host's runs."""

_EMBEDDED_URL: Final = ""
"""The address of the embedded host, whatever ``WORKER_URL`` is."""


def local_workers(worker: str) -> WorkerServer:
    """The functions of this process."""
    from ..sources.local.local_workers import LocalWorkers

    return LocalWorkers(worker)


def server_at(worker: str, url: str | None, api_key: str | None) -> AsyncWorkerClient:
    """A server of the worker API; address and key have the defaults of `WorkerClient`."""
    from ..sources.worker_api.client import AsyncWorkerClient
    from ..sources.worker_api.endpoint_settings import endpoint_from

    return AsyncWorkerClient(endpoint_from(url, api_key, worker), worker)


def url_of_run(record: RunRecord, url: str | None) -> str | None:
    """The address of the server of a run in the history: ``url``, else that which it came from.

    Raises `RequestRefused` if that is neither the embedded host nor the server of ``WORKER_URL``: another
    one is never asked for it, and does not get the key.
    """
    from ..sources.worker_api.endpoint_settings import endpoint_from

    if url is not None:
        return url
    if record.origin == EMBEDDED:
        return _EMBEDDED_URL
    configured = endpoint_from().label
    if configured == record.origin:
        return None
    raise RequestRefused(
        f"Run {record.run_id} is of {record.origin}, not of the {'' if configured == EMBEDDED else 'server '}"
        f"{configured}. Give its address with --url."
    )
