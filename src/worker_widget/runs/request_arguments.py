"""Arguments of Python calls that begin or describe a run, checked for their types. Pure.

The server checks values. A wrong type would end in the middle of the package, with an error about its code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..errors import Problem, RequestRefused
from ..events.run_request import DEPTHS, RunRequest

BRAND: Final = "a mapping, the name of a saved brand, or None"
"""What the argument ``brand`` is."""
_MOST_SHOWN: Final = 60
"""Characters of a value in a message."""


def checked_request(
    *,
    task: object,
    brand: object = None,
    budget: object = None,
    strict_mode: object = False,
    depth: object = "auto",
    options: Mapping[str, Any] | None = None,
) -> RunRequest:
    """The request with these arguments. Raises `RequestRefused` with a problem for each of a wrong type."""
    problems = [
        *_problem("task", task, isinstance(task, str), "text"),
        *_problem("brand", brand, brand is None or isinstance(brand, Mapping), BRAND),
        *_problem("budget", budget, budget is None or _whole(budget), "a number of tokens, or None"),
        *_problem("strict_mode", strict_mode, isinstance(strict_mode, bool), "True or False"),
        *_problem("depth", depth, depth in DEPTHS, " or ".join(map(repr, DEPTHS))),
    ]
    if problems:
        raise RequestRefused(" ".join(problem.message for problem in problems), problems)
    return RunRequest(
        task=task,  # type: ignore[arg-type]  # checked above, as the others
        brand=brand,  # type: ignore[arg-type]
        budget=budget,  # type: ignore[arg-type]
        strict_mode=strict_mode,  # type: ignore[arg-type]
        depth=depth,  # type: ignore[arg-type]
        options=options or {},
    )


def check_texts(**arguments: object) -> None:
    """Raises `RequestRefused` for the first argument that is neither text nor ``None``."""
    for name, value in arguments.items():
        if value is not None and not isinstance(value, str):
            raise wrong_argument(name, value, "text")


def wrong_argument(name: str, value: object, expected: str) -> RequestRefused:
    """The error for an argument that is not ``expected``."""
    problem = Problem(name, f"{name} must be {expected}, not {shown(value)}.")
    return RequestRefused(problem.message, [problem])


def shown(value: object) -> str:
    """A value in a message: numbers and short texts themselves, of others the type, as bytes can be a key."""
    plain = value is None or isinstance(value, (bool, int, float, str))
    text = repr(value) if plain else ""
    return text if 0 < len(text) <= _MOST_SHOWN else f"a value of the type {type(value).__name__}"


def _problem(name: str, value: object, fits: bool, expected: str) -> list[Problem]:
    return [] if fits else [Problem(name, f"{name} must be {expected}, not {shown(value)}.")]


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
