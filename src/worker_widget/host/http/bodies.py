"""Parses request bodies into models, and formats validation errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from math import isfinite
from typing import Any, Self, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request

MAX_PROBLEMS = 50
MAX_ECHO_CHARS = 200

_M = TypeVar("_M", bound=BaseModel)
_OBJECT: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


class Unprocessable(Exception):
    """The request is invalid. ``problems`` is the list in the 422 response."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__(problems)
        self.problems = problems

    @classmethod
    def value(cls, kind: str, loc: tuple[str, ...], message: str, value: Any) -> Self:
        """The error for one invalid value at ``loc``."""
        return cls(problems([{"type": kind, "loc": loc, "msg": message, "input": value}]))


def body_of(model: type[_M]) -> Callable[[Request], Awaitable[_M]]:
    """A FastAPI dependency that parses the body into ``model``. Raises `Unprocessable`."""

    async def read(request: Request) -> _M:
        try:
            return model.model_validate_json(await request.body())
        except ValidationError as error:
            raise Unprocessable(problems(error.errors(include_url=False), "body")) from None

    return read


def optional_body_of(model: type[_M]) -> Callable[[Request], Awaitable[_M]]:
    """As `body_of`, for a route whose body may be left out: then all fields have their defaults."""
    read_given = body_of(model)

    async def read(request: Request) -> _M:
        return await read_given(request) if (await request.body()).strip() else model()

    return read


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises `Unprocessable` for anything else."""
    try:
        return _OBJECT.validate_json(body)
    except ValidationError as error:
        raise Unprocessable(problems(error.errors(include_url=False), "body")) from None


def problems(errors: Sequence[Mapping[str, Any]], *within: str) -> list[dict[str, Any]]:
    """Validation errors in the format of a 422: ``{type, loc, msg, input}``, at most `MAX_PROBLEMS`.

    Long inputs are shortened, so that the response is smaller than the request. An input that can have a
    secret in it is left out.
    """
    return [
        {
            "type": error["type"],
            "loc": [*within, *(_short(part) for part in error["loc"])],
            "msg": message(error),
            "input": None if _may_be_secret(error) else _short(error["input"]),
        }
        for error in errors[:MAX_PROBLEMS]
    ]


def _may_be_secret(error: Mapping[str, Any]) -> bool:
    """Whether the error is about a secret, or about the whole body, of which the input is then the text."""
    return not error["loc"] or "secrets" in error["loc"] or error["loc"][-1] == "key"


def message(error: Mapping[str, Any]) -> str:
    """The message of an error, without the prefix that pydantic adds to the message of a validator."""
    text: str = error["msg"]
    return text.removeprefix("Value error, ")


def _short(value: Any) -> Any:
    match value:
        case None | bool():
            return value
        case float() if isfinite(value):
            return value
        case int() if abs(value) < 1 << 53:
            return value
        case dict():
            return f"an object of {len(value)} fields"
        case list() | tuple():
            return f"a list of {len(value)}"
        case bytes():
            return _short(value.decode("utf-8", "replace"))
        case _:
            text = str(value).encode("utf-8", "replace").decode()
            return text if len(text) <= MAX_ECHO_CHARS else text[:MAX_ECHO_CHARS] + "…"
