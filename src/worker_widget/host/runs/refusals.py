"""Requests that the host refuses: each class has a message and an HTTP status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from ...events.answers import WorkerInfo


class Refusal(Exception):
    """The host refuses a request. ``detail`` is the ``detail`` of the response."""

    status = HTTPStatus.BAD_REQUEST
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, detail: Any) -> None:
        super().__init__(detail)
        self.detail = detail


class WorkerNotFound(Refusal):
    status = HTTPStatus.NOT_FOUND

    def __init__(self, worker: str, known: Sequence[str]) -> None:
        super().__init__(f"Unknown worker '{worker[:100]}'. Known: {', '.join(known)}")


class WorkerNotRunnable(Refusal):
    status = HTTPStatus.CONFLICT

    def __init__(self, info: WorkerInfo) -> None:
        yet = " yet" if info.status == "coming_soon" else ""
        reason = info.reason or f"it is {info.status.replace('_', ' ')}"
        message = f"{info.name} cannot be run{yet}: {reason}."
        super().__init__({"message": message, "worker": info.id, "status": info.status})


class OptionsRefused(Refusal):
    """Options are invalid. ``detail`` lists ``{type, loc, msg, input}`` for each of them."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__(problems)


class RunNotFound(Refusal):
    status = HTTPStatus.NOT_FOUND

    def __init__(self) -> None:
        super().__init__("Run not found")


class RunInFlight(Refusal):
    status = HTTPStatus.CONFLICT

    def __init__(self, then: str) -> None:
        super().__init__(f"The run is still active. Cancel it or wait for its end before you {then}.")


class RunIsOver(Refusal):
    status = HTTPStatus.CONFLICT

    def __init__(self, status: str) -> None:
        super().__init__(f"The run is already over: its status is {status}.")


class NothingToReplay(Refusal):
    status = HTTPStatus.NOT_FOUND

    def __init__(self, request_hash: str) -> None:
        super().__init__(
            "This host has no run of the request in the replay token (request_context_hash"
            f" {request_hash[:12]}…). A run can be run again on the host where it ran, until it is deleted"
            " there."
        )


class OtherEngine(Refusal):
    status = HTTPStatus.CONFLICT

    def __init__(self, token_version: str, host_version: str) -> None:
        super().__init__(
            f"The replay token is from engine version {token_version[:40]}, this host has version"
            f" {host_version}: its artifacts differ, so running it again cannot be verified. Start the"
            " request anew to get a token of this version."
        )


class TooManyRuns(Refusal):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    headers: ClassVar = {"Retry-After": "5"}

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} runs are active, the maximum of this host. Try again when one of them is over."
        )


class HostStopping(Refusal):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    headers: ClassVar = {"Retry-After": "1"}

    def __init__(self) -> None:
        super().__init__("The host is stopping and accepts no more runs.")
