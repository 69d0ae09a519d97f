"""`ProgressLine` shows how far a long call is: in the output of a notebook cell, or on a terminal."""

from __future__ import annotations

import sys
import time
from html import escape
from typing import Any, Final, Self

_QUIET_S: Final = 1.0
_EVERY_S: Final = 0.25


class ProgressLine:
    """One line of progress, which each `show` replaces. Without a notebook or a terminal nothing is shown."""

    def __init__(self) -> None:
        self._output: Any = None
        self._shown = ""

    def show(self, words: str, done: int, total: int) -> None:
        """Shows the progress: ``words``, and a bar for ``done`` of ``total``."""
        if words == self._shown:
            return
        if _in_notebook():
            self._display(words, done, total)
        elif sys.stderr is not None and sys.stderr.isatty():
            print(f"\r{words:<{len(self._shown)}}", end="", file=sys.stderr, flush=True)
        self._shown = words

    def end(self, words: str, done: int, total: int) -> None:
        """Shows the last state."""
        self.show(words, done, total)
        if self._output is None and sys.stderr is not None and sys.stderr.isatty():
            print(file=sys.stderr)

    def _display(self, words: str, done: int, total: int) -> None:
        from IPython import display

        bar = f'<progress value="{done}" max="{max(total, 1)}"></progress> {escape(words)}'
        content = {"text/plain": words, "text/html": bar}
        if self._output is None:
            show: Any = display.display
            self._output = show(content, raw=True, display_id=True)
        else:
            self._output.update(content, raw=True)


def _in_notebook() -> bool:
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


class CallProgress:
    """How far a long call is, shown after a second and at most four times a second; a context manager.

    ``total`` is what `at` counts up to, 0 if it is unknown.
    """

    def __init__(self, words: str, total: int) -> None:
        self.total = total
        self._words = words
        self._line: ProgressLine | None = None
        self._next = time.monotonic() + _QUIET_S
        self._done = 0.0

    def at(self, done: float) -> None:
        """The call has done so much."""
        self._done = done
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _EVERY_S
            self._line = self._line or ProgressLine()
            self._line.show(f"{self._words}: {self._share:.0%}", round(done), self.total)

    @property
    def _share(self) -> float:
        return min(self._done / self.total, 1) if self.total else 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._line is not None:
            end = "done" if kind is None else f"stopped at {self._share:.0%}"
            self._line.end(
                f"{self._words}: {end}", self.total if kind is None else round(self._done), self.total
            )
