"""Prints and logging records inside a run as log lines of the run.

While at least one run captures, ``sys.stdout`` is an object that passes on everything from outside such a
run, and a handler on the root logger takes the records inside. Both are removed with the last one.
"""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal, TextIO

from .lines import add_line
from .place import Place, here
from .recording import Recording

Capture = Literal["stdout", "logging"]

_MOST_PENDING: Final = 64 * 1024


def capture_names(capture: str | Collection[str] | None) -> frozenset[str]:
    """The names in a ``capture`` argument. Raises ``ValueError`` for an unknown one."""
    names = frozenset([capture] if isinstance(capture, str) else capture or ())
    unknown = names - {"stdout", "logging"}
    if unknown:
        raise ValueError(f"capture is 'stdout', 'logging' or both, not {', '.join(sorted(unknown))!r}.")
    return names


class _Printed(io.TextIOBase):
    """Stands for ``sys.stdout`` while runs capture it."""

    def __init__(self, original: TextIO) -> None:
        self.original = original
        self._pending: dict[tuple[int, int], tuple[Place, str]] = {}
        self._lock = threading.Lock()

    def write(self, text: str) -> int:
        place = here()
        if place is None or place.recording not in _stdout.runs:
            return self.original.write(text)
        key = (id(place.recording), threading.get_ident())
        with self._lock:
            _, before = self._pending.pop(key, (place, ""))
            *lines, rest = (before + text).split("\n")
            if len(rest) > _MOST_PENDING:
                lines.append(rest)
                rest = ""
            if rest:
                self._pending[key] = (place, rest)
        for line in lines:
            _print_line(place, line)
        return len(text)

    def flush(self) -> None:
        place = here()
        if place is None or place.recording not in _stdout.runs:
            self.original.flush()

    def finish(self, recording: Recording) -> None:
        """Writes what was printed without an end of line."""
        with self._lock:
            ends = [key for key, (place, _) in self._pending.items() if place.recording is recording]
            rest = [self._pending.pop(key) for key in ends]
        for place, line in rest:
            _print_line(place, line)

    def writable(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


class _Records(logging.Handler):
    """Takes the records inside runs that capture logging."""

    def emit(self, record: logging.LogRecord) -> None:
        place = here()
        if place is None or place.recording not in _logging.runs:
            return
        try:
            message = self.format(record)
        except Exception:
            message = str(record.msg)
        level = record.levelno
        word = "error" if level >= 40 else "warning" if level >= 30 else "info" if level >= 20 else "debug"
        add_line(place.recording, message, word, place.stage_id, place.agent)


class _Installed:
    """The runs that capture one of the two, and what is installed for them."""

    def __init__(self) -> None:
        self.runs: set[Recording] = set()
        self.lock = threading.Lock()
        self.installed: Any = None


_stdout: Final = _Installed()
_logging: Final = _Installed()


@contextmanager
def captured(recording: Recording, names: Collection[str]) -> Iterator[None]:
    """Captures what happens inside the run for the block."""
    if "stdout" in names:
        with _stdout.lock:
            if _stdout.installed is None:
                _stdout.installed = sys.stdout = _Printed(sys.stdout)
            _stdout.runs.add(recording)
    if "logging" in names:
        with _logging.lock:
            if _logging.installed is None:
                _logging.installed = _Records()
                logging.getLogger().addHandler(_logging.installed)
            _logging.runs.add(recording)
    try:
        yield
    finally:
        if "stdout" in names:
            with _stdout.lock:
                printed = _stdout.installed
                original: TextIO = printed.original
                _stdout.runs.discard(recording)
                if not _stdout.runs:
                    _stdout.installed = None
                    if sys.stdout is printed:
                        sys.stdout = original
            printed.finish(recording)
        if "logging" in names:
            with _logging.lock:
                _logging.runs.discard(recording)
                if not _logging.runs and _logging.installed is not None:
                    logging.getLogger().removeHandler(_logging.installed)
                    _logging.installed = None


def finish_captured(recording: Recording) -> None:
    """Writes what was printed without an end of line, at the end of a run."""
    printed = _stdout.installed
    if printed is not None:
        printed.finish(recording)


def _print_line(place: Place, line: str) -> None:
    add_line(place.recording, line, "info", place.stage_id, place.agent)
