"""The line of a magic: words, options with a value, and switches."""

from __future__ import annotations

import difflib
import json
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final

from ...errors import Problem, RequestRefused
from ...events.answers import WorkerOption

_KEYS: Final = frozenset({"key", "api-key", "token", "headers", "secret", "secrets"})
_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})


@dataclass(frozen=True)
class Arguments:
    """What stands in a line. An option that is given twice has its last value; ``True`` is one without."""

    words: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    switches: set[str] = field(default_factory=set)
    others: dict[str, str | bool] = field(default_factory=dict)

    @property
    def word(self) -> str | None:
        """The first word."""
        return self.words[0] if self.words else None


def read_line(
    magic: str,
    line: str,
    *,
    most_words: int = 0,
    values: Collection[str] = (),
    switches: Collection[str] = (),
    others: bool = False,
) -> Arguments:
    """Reads a line: ``--name value`` or ``--name=value``, and switches, which have no value.

    With ``others``, options of other names are those of a worker. Raises `RequestRefused`.
    """
    try:
        tokens = shlex.split(line)
    except ValueError:
        raise RequestRefused(f"A quotation mark in the line of {magic} is not closed.") from None
    found = Arguments()
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if not token.startswith("--"):
            found.words.append(token)
            continue
        name, assigned, value = token[2:].partition("=")
        if name in _KEYS:
            raise RequestRefused(
                f"--{name} has no place in a cell, which is saved with the notebook. Set WORKER_API_KEY, or"
                " pass headers and secrets in Python: WorkerConsole(...).run(...)."
            )
        if name in switches:
            if assigned:
                raise RequestRefused(f"--{name} is a switch: it has no value.")
            found.switches.add(name)
            continue
        if name not in values and not others:
            raise RequestRefused(unknown_option(magic, name, [*values, *switches]))
        has_next = at < len(tokens) and not tokens[at].startswith("--")
        if not assigned and has_next:
            value, assigned = tokens[at], "="
            at += 1
        if name in values:
            if not assigned:
                raise RequestRefused(f"--{name} needs a value: --{name} VALUE.")
            found.values[name] = value
        else:
            found.others[name] = value if assigned else True
    if len(found.words) > most_words:
        extra = found.words[most_words]
        raise RequestRefused(f"{extra!r} has no place in the line of {magic}. Its options begin with --.")
    return found


def unknown_option(magic: str, name: str, known: Sequence[str]) -> str:
    """The message for an option that there is not."""
    near = difflib.get_close_matches(name, known, 1)
    hint = f" Did you mean --{near[0]}?" if near else ""
    return f"{magic} has no option --{name}.{hint} It has {', '.join(f'--{word}' for word in sorted(known))}."


def worker_options(
    worker: str, given: dict[str, str | bool], declared: Sequence[WorkerOption], own: Sequence[str]
) -> dict[str, Any]:
    """The options of a worker with the values that their types say. Raises `RequestRefused`.

    A server that declares none may know them nevertheless: then they are passed as they are.
    """
    if not declared:
        return {name.replace("-", "_"): _plain(value) for name, value in given.items()}
    by_name = {option.name: option for option in declared}
    found: dict[str, Any] = {}
    for name, value in given.items():
        option = by_name.get(name) or by_name.get(name.replace("-", "_"))
        if option is None:
            raise RequestRefused(
                unknown_option(f"The worker {worker}", name, [*by_name, *own]),
                [Problem(f"options.{name}", "not an option of this worker")],
            )
        found[option.name] = _value(option, value)
    return found


def _plain(value: str | bool) -> Any:
    """The value of an option of unknown type: a number, true or false, or else text."""
    if isinstance(value, bool):
        return value
    try:
        read = json.loads(value)
    except ValueError:
        return value
    return read if isinstance(read, bool | int | float) and isfinite(read) else value


def _value(option: WorkerOption, value: str | bool) -> Any:
    if option.type == "boolean":
        word = str(value).lower()
        if word in _TRUE | _FALSE:
            return word in _TRUE
        raise _refused(option, "true or false")
    if isinstance(value, bool):
        raise _refused(option, "a value")
    try:
        if option.type == "integer":
            return int(value)
        if option.type == "number":
            number = float(value)
            if isfinite(number):
                return int(number) if number.is_integer() and "." not in value else number
            raise ValueError
    except ValueError:
        raise _refused(option, "a whole number" if option.type == "integer" else "a number") from None
    if option.choices and value not in option.choices:
        raise _refused(option, f"one of {', '.join(option.choices)}")
    return value


def whole_number(name: str, text: str) -> int:
    """The value of an option that is a whole number. Raises `RequestRefused`."""
    try:
        return int(text)
    except ValueError:
        raise RequestRefused(f"--{name} must be a whole number, not {text!r}.") from None


def _refused(option: WorkerOption, what: str) -> RequestRefused:
    return RequestRefused(
        f"--{option.name} must be {what}.", [Problem(f"options.{option.name}", f"must be {what}")]
    )
