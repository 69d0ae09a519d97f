"""Requests that the host refuses: each class has a message and an HTTP status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from ...events.answers import WorkerInfo

if TYPE_CHECKING:
    from ...events.json_schema import SchemaProblem


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


class SecretsRefused(Refusal):
    """Secrets are undeclared or missing. ``detail`` is a list as in `OptionsRefused`, without any value."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__(problems)


class InputNotFound(Refusal):
    status = HTTPStatus.NOT_FOUND

    def __init__(self, request_id: str) -> None:
        super().__init__(f"The run has no request for input '{request_id[:100]}'.")


class InputClosed(Refusal):
    """``outcome`` is that of the request's `InputGiven`."""

    status = HTTPStatus.CONFLICT

    def __init__(self, outcome: str) -> None:
        what = {
            "answered": "was answered already",
            "expired": "has expired",
            "cancelled": "was withdrawn by the worker",
        }
        super().__init__(f"The request for input {what[outcome]}.")


class AnswerRefused(Refusal):
    """The answer does not meet its schema."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, problems: Sequence[SchemaProblem]) -> None:
        super().__init__(
            [
                {
                    "type": "answer_value",
                    "loc": ["body", "payload", *(step[:100] for step in problem.path)],
                    "msg": problem.message,
                    "input": None,
                }
                for problem in problems
            ]
        )


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


class RunNotPaused(Refusal):
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("The run is not paused.")


class NotOffered(Refusal):
    """The worker lacks a capability; ``what`` is what it cannot do, such as "pause a run"."""

    status = HTTPStatus.CONFLICT

    def __init__(self, info: WorkerInfo, what: str) -> None:
        super().__init__(f"{info.name} cannot {what}: the worker does not offer it.")


class StageUnknown(Refusal):
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, stage: str, known: Sequence[str]) -> None:
        super().__init__(
            [
                {
                    "type": "stage_unknown",
                    "loc": ["body", "from_stage"],
                    "msg": f"The worker has no stage '{stage[:100]}'. It has {', '.join(known)}",
                    "input": stage[:200],
                }
            ]
        )


class CannotTakeOver(Refusal):
    """A stage cannot be taken over from the run that executed it."""

    status = HTTPStatus.CONFLICT


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


class HostReplaced(Refusal):
    """Another host has the place of this one. The status makes clients look for the host again."""

    status = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__("This host was replaced by another. Its state file, host.json, says where that is.")


class NotReplaceable(Refusal):
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This host was started by a person, who has to end it.")


class TracesRefused(Refusal):
    """A body of OpenTelemetry traces that cannot be read, with the status that says why."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
