"""A computer whose clock is set while the package runs: the time of day jumps, and nothing else does."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest

_real_ns = time.time_ns


class SetClock:
    """Shifts the time of day of this process, as ``time`` and `datetime` give it to the package."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta()
        monkeypatch.setattr(time, "time_ns", lambda: _real_ns() + round(self.ahead.total_seconds() * 1e9))
        monkeypatch.setattr(time, "time", lambda: time.time_ns() / 1e9)
        shifted = _shifted(self)
        for name, module in list(sys.modules.items()):
            if name.startswith("worker_widget") and getattr(module, "datetime", None) is datetime:
                monkeypatch.setattr(module, "datetime", shifted)

    def set(self, *, hours: float) -> None:
        """Sets the clock forward, or back."""
        self.ahead += timedelta(hours=hours)


def _shifted(clock: SetClock) -> type[datetime]:
    class Meta(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, datetime)

        def __getattr__(cls, name: str) -> Any:
            return getattr(datetime, name)

        def __call__(cls, *args: Any, **options: Any) -> datetime:
            return datetime(*args, **options)

    class Shifted(metaclass=Meta):
        @staticmethod
        def now(tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + clock.ahead

    return Shifted  # type: ignore[return-value]
