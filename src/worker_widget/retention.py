"""`Retention`: how long runs are kept, as the settings say, and which runs are beyond that."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from . import settings

_DAY_US: Final = 24 * 60 * 60 * 1_000_000
_SIZE: Final = re.compile(r"([0-9.]+)\s*(|[kmgt])(|i)b?", re.IGNORECASE)
_POWERS: Final = ("", "k", "m", "g", "t")


_N = TypeVar("_N", int, float)


@dataclass(frozen=True)
class Retention:
    """What is kept: at most so many runs, the newest; those of the last days; and at most so many bytes.

    ``None`` is no limit. The newest run, and runs that are starred or have not ended, stay in any case.
    """

    runs: int | None = None
    days: float | None = None
    size: int | None = None

    def __bool__(self) -> bool:
        """Whether there is any limit."""
        return self != Retention()


class KeptRun(NamedTuple):
    """A run in a store: its id, when it was created, its bytes, and whether it stays in any case."""

    run_id: str
    created_us: int
    bytes: int
    stays: bool


def configured() -> Retention:
    """What the settings say; no limit if none is set. Raises ``ValueError`` for others, with their name."""
    return Retention(
        runs=_read(settings.KEEP_RUNS, count),
        days=_read(settings.KEEP_DAYS, days),
        size=_read(settings.KEEP_SIZE, size),
    )


def _read(name: str, read: Callable[[str], _N]) -> _N | None:
    text = settings.variable(name)
    try:
        return read(text) if text else None
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def count(text: str) -> int:
    """A number of runs. Raises ``ValueError``."""
    if not text.isdecimal() or not 1 <= int(text) < 1 << 63:
        raise ValueError(f"is {text!r}, not a number of runs. Use a whole number of 1 or more, such as 1000.")
    return int(text)


def days(text: str) -> float:
    """A number of days. Raises ``ValueError``."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise ValueError(f"is {text!r}, not a number of days. Use a number above 0, such as 30.")
    return number


def size(text: str) -> int:
    """A number of bytes, as 500 MB, 2GB or 1.5 GiB. Raises ``ValueError``."""
    match = _SIZE.fullmatch(text.strip())
    try:
        number = float(match[1]) if match else math.nan
    except ValueError:
        number = math.nan
    if match is None or not 0 < number < 1 << 50:
        raise ValueError(f"is {text!r}, not a size. Use a number with a unit, such as 500 MB or 2 GB.")
    base = 1024 if match[3] else 1000
    return int(number * base ** _POWERS.index(match[2].lower()))


def surplus(runs: Iterable[KeptRun], retention: Retention, used: int, now_us: int) -> list[KeptRun]:
    """The runs beyond the limits, oldest first. ``runs`` come newest first.

    ``used`` are the bytes of the whole file: a run takes the part of them that its contents are of all.

    >>> surplus([KeptRun("b", 2, 9, False), KeptRun("a", 1, 9, False)], Retention(runs=1), 18, 3)
    [KeptRun(run_id='a', created_us=1, bytes=9, stays=False)]
    """
    known = list(runs)
    oldest_us = -math.inf if retention.days is None else now_us - retention.days * _DAY_US
    most = len(known) if retention.runs is None else retention.runs
    share = used / max(sum(run.bytes for run in known), 1)
    left = float(used)
    beyond: list[KeptRun] = []
    for index, run in reversed(list(enumerate(known))):
        too_many = index >= most or run.created_us < oldest_us
        too_large = retention.size is not None and left > retention.size
        if index and not run.stays and (too_many or too_large):
            beyond.append(run)
            left -= run.bytes * share
    return beyond
