"""Shortens what is too long to be shown: names, reasons and lists of an event. Pure.

What a state holds of an event, and so what a browser gets, has a bound:

* a name or id has at most `MOST_NAME` characters, a task, message, error or reason at most `MOST_TEXT`;
* lists and objects have at most `MOST_VALUES` values and `MOST_TEXTS` characters in all; a JSON schema that
  has more is left out;
* contents stay whole, since no state holds them: messages of the log, texts of artifacts, inputs, outputs,
  tracebacks, replay tokens and cost reports.

A text that was shortened ends with its length and a hash, so that two names remain two. The bytes of the
event are unchanged.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from typing import Any, Final, TypeVar

import msgspec

from .vocabulary import Log, Payload, StagePlan, UnknownEvent

MOST_NAME: Final = 1_000
MOST_TEXT: Final = 20_000
MOST_VALUES: Final = 1_000
MOST_TEXTS: Final = 200_000

_TEXTS: Final = frozenset({"task", "message", "error", "reason"})
_CONTENTS: Final = frozenset(
    {"content", "text", "input", "output", "traceback", "payload", "replay_token", "cost_report", "sources"}
)
_HASH_BYTES: Final = 4

P = TypeVar("P", bound=Payload)


def shortened(data: P, size: int) -> P:
    """``data`` within the bounds; ``size`` is the number of bytes of its event."""
    if size <= MOST_NAME or type(data) is UnknownEvent:
        return data
    short: dict[str, Any] = {}
    for name, most in _fields(type(data)):
        value = getattr(data, name)
        if isinstance(value, str):
            if len(value) > most:
                short[name] = short_text(value, most)
        elif size > MOST_TEXT and isinstance(value, list | dict):
            short[name] = _shorter(name, value)
    return msgspec.structs.replace(data, **short) if short else data


def short_text(text: str, most: int = MOST_NAME) -> str:
    """``text`` with at most ``most`` characters, and its length and hash if it has more."""
    if len(text) <= most:
        return text
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).hexdigest()
    end = f"… ({len(text):,} characters, {digest})"
    return text[: most - len(end)] + end


@cache
def _fields(payload: type[Payload]) -> tuple[tuple[str, int], ...]:
    """The names of the fields that are no contents, each with the most characters of a text."""
    contents = _CONTENTS | {"message"} if payload is Log else _CONTENTS
    return tuple(
        (name, MOST_TEXT if name in _TEXTS else MOST_NAME)
        for name in payload.__struct_fields__
        if name not in contents
    )


def _shorter(name: str, value: list[Any] | dict[str, Any]) -> Any:
    if name == "stages":  # the whole plan of a run, of which a state holds a part
        return [_short_plan(plan) for plan in value if isinstance(plan, StagePlan)]
    budget = _Budget()
    found = budget.within(value)
    return None if name == "schema" and budget.over else found


def _short_plan(plan: StagePlan) -> StagePlan:
    name = None if plan.name is None else short_text(plan.name)
    return StagePlan(stage_id=short_text(plan.stage_id), name=name)


class _Budget:
    """How much of JSON values may remain; ``over`` is whether something was left out or shortened."""

    def __init__(self) -> None:
        self.over = False
        self._values = MOST_VALUES
        self._chars = MOST_TEXTS

    def within(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self.within(item) for item in value if self._has_room()]
        if isinstance(value, dict):
            return {self._text(key): self.within(item) for key, item in value.items() if self._has_room()}
        return value

    def _has_room(self) -> bool:
        self._values -= 1
        room = self._values >= 0 and self._chars > 0
        self.over = self.over or not room
        return room

    def _text(self, text: str) -> str:
        short = short_text(text, MOST_TEXT)
        self.over = self.over or short is not text
        self._chars -= len(short)
        return short
