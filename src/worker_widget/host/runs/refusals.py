"""What the host declines to do. Each says why, and which HTTP status answers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from ...events.answers import WorkerInfo


class Refusal(Exception):
    """``detail`` goes into the answer as it is."""

    status = HTTPStatus.BAD_REQUEST
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, detail: Any) -> None:
        super().__init__(detail)
        self.detail = detail


class UnknownWorker(Refusal):
    status = HTTPStatus.NOT_FOUND

    def __init__(self, worker: str, known: Sequence[str]) -> None:
        super().__init__(f"Unknown worker '{worker[:100]}'. Known: {', '.join(known)}")


class WorkerNotRunnable(Refusal):
    status = HTTPStatus.CONFLICT

    def __init__(self, info: WorkerInfo) -> None:
        yet = " yet" if info.status == "coming_soon" else ""
        why = info.reason or f"it is {info.status.replace('_', ' ')}"
        message = f"{info.name} cannot be run{yet}: {why}."
        super().__init__({"message": message, "worker": info.id, "status": info.status})


class OptionsRefused(Refusal):
    """``detail`` lists ``{type, loc, msg, input}`` for each option that does not fit."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__(problems)


class RunNotFound(Refusal):
    status = HTTPStatus.NOT_FOUND

    def __init__(self) -> None:
        super().__init__("Run not found")


class RunInFlight(Refusal):
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("The run is still in flight. Cancel it, or wait for its end, before deleting it.")


class RunIsOver(Refusal):
    status = HTTPStatus.CONFLICT

    def __init__(self, status: str) -> None:
        super().__init__(f"The run is over already: its status is {status}.")


class NothingToReplay(Refusal):
    status = HTTPStatus.NOT_FOUND

    def __init__(self, request_hash: str) -> None:
        super().__init__(
            "This host has no run of the request that the replay token names (its request_context_hash"
            f" {request_hash[:12]}… is unknown here). A token can be replayed where its run was made, as"
            " long as that run has not been deleted."
        )


class OtherEngine(Refusal):
    status = HTTPStatus.CONFLICT

    def __init__(self, made_with: str, here: str) -> None:
        super().__init__(
            f"The replay token is of a run by engine version {made_with[:40]}, and this host has"
            f" version {here}, which writes other bytes: nothing could be verified. Run the request anew to"
            " get a token of this version."
        )


class TooManyRuns(Refusal):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    headers: ClassVar = {"Retry-After": "5"}

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} runs are in flight, the most this host does at once. Try again when one is over."
        )


class HostStopping(Refusal):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    headers: ClassVar = {"Retry-After": "1"}

    def __init__(self) -> None:
        super().__init__("The host is stopping and takes no more runs.")
