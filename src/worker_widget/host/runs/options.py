"""Validates the options of a run request against the options that the worker declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from ...events.answers import WorkerOption
from .refusals import OptionsRefused

_TYPES = {"text": "a text", "number": "a number", "integer": "a whole number", "boolean": "true or false"}


def complete_options(declared: Sequence[WorkerOption], given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every declared option, given or default, in the order of declaration.

    Raises `OptionsRefused` with a problem for each undeclared name and each invalid value.
    """
    problems = [
        {
            "type": "unknown_option",
            "loc": ["body", "options", name[:100]],
            "msg": f"is not an option of this worker; it has {_names(declared)}",
            "input": None,
        }
        for name in given
        if all(option.name != name for option in declared)
    ]
    options: dict[str, Any] = {}
    for option in declared:
        value = given.get(option.name)
        options[option.name] = option.default if value is None else value
        problem = None if value is None else option_problem(option, value)
        if problem is not None:
            loc = ["body", "options", option.name]
            problems.append({"type": "option_value", "loc": loc, "msg": problem, "input": str(value)[:200]})
    if problems:
        raise OptionsRefused(problems)
    return options


def affecting_options(declared: Sequence[WorkerOption], options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that the artifacts depend on. ``options`` must be complete."""
    return {option.name: options.get(option.name) for option in declared if option.affects_artifacts}


def option_problem(option: WorkerOption, value: Any) -> str | None:
    """The reason why ``value`` is invalid for ``option``; ``None`` if it is valid."""
    if option.type == "choice":
        choices = ", ".join(option.choices)
        return None if value in option.choices else f"must be one of {choices}"
    if not _is_of_type(option.type, value):
        return f"must be {_TYPES.get(option.type, option.type)}"
    too_small = option.minimum is not None and value < option.minimum
    too_large = option.maximum is not None and value > option.maximum
    return f"must be {_bounds(option)}" if too_small or too_large else None


def _bounds(option: WorkerOption) -> str:
    unit = f" {option.unit}" if option.unit else ""
    if option.maximum is None:
        return f"at least {option.minimum:g}{unit}"
    if option.minimum is None:
        return f"at most {option.maximum:g}{unit}"
    return f"between {option.minimum:g} and {option.maximum:g}{unit}"


def _is_of_type(kind: str, value: Any) -> bool:
    match kind:
        case "text":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            return not isinstance(value, bool) and (
                isinstance(value, int) or (isinstance(value, float) and isfinite(value))
            )


def _names(declared: Sequence[WorkerOption]) -> str:
    return ", ".join(option.name for option in declared) or "none"
