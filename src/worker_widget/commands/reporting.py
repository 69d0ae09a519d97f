"""What a command prints: lines for a person, or one JSON object a line; errors and notes go to stderr."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final, NoReturn, TextIO

from ..state.terminal_text import harmless
from .exit_status import CLOSED_PIPE, INTERRUPTED, TERMINATED, UNWRITABLE, status_of

Command = Callable[[argparse.Namespace, "Report"], int]

_DELETE: Final = "\x7f"


class Terminated(KeyboardInterrupt):
    """The process was asked to end (SIGTERM): it ends as after an interrupt, with another status."""


class OutputFailed(Exception):
    """The standard output cannot be written, on a full disk for example."""


class Report:
    """Prints the results of a command. ``json`` says in which form."""

    def __init__(self, *, json: bool) -> None:
        self.json = json

    def row(self, row: Mapping[str, Any], words: str | None = None) -> None:
        """Prints a result: the object, or its words, which are harmless already; ``None`` is no line."""
        if self.json:
            self._print(json_line(row))
        elif words is not None:
            self._print(words.rstrip())

    def line(self, words: str) -> None:
        """Prints a line that only a person reads."""
        if not self.json:
            self._print(words.rstrip())

    def note(self, words: str) -> None:
        """Prints a remark, which is no result, to stderr; not with JSON."""
        if not self.json:
            self.flush()
            _complain(harmless(words))

    def problem(self, error: Exception, command: str, status: int) -> None:
        """Prints an error to stderr, on one line."""
        self.flush()
        if self.json:
            code = getattr(error, "code", "error")
            row = {"kind": "error", "code": code, "message": str(error), "exit_status": status}
            _complain(json_line(row))
        else:
            _complain(f"worker-widget {command}: {harmless(str(error))}")

    def flush(self) -> None:
        """Writes what was printed."""
        with output() as stream:
            stream.flush()

    def _print(self, words: str) -> None:
        with output() as stream:
            print(words, file=stream)


@contextmanager
def output() -> Iterator[TextIO]:
    """The standard output. Its errors are not those of files: they are raised as `OutputFailed`."""
    try:
        yield sys.stdout
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputFailed(f"The output cannot be written: {error}.") from error


def json_line(row: Mapping[str, Any]) -> str:
    """An object on one line of ASCII, so that no character of it acts on a terminal."""
    return json.dumps(row, ensure_ascii=True, separators=(",", ":")).replace(_DELETE, "\\u007f")


def reported(command: Command, name: str) -> Callable[[argparse.Namespace], int]:
    """A command that prints its errors and returns the exit status for them."""

    def run(options: argparse.Namespace) -> int:
        from ..errors import WorkerWidgetError

        report = Report(json=options.json)
        _open_closed_streams()
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # a terminal may have few characters
                stream.reconfigure(errors="backslashreplace")
        try:
            with _ended_by_sigterm():
                try:
                    status = command(options, report)
                except (WorkerWidgetError, OSError, ValueError) as error:
                    if isinstance(error, BrokenPipeError):
                        raise
                    status = status_of(error)
                    report.problem(error, name, status)
                report.flush()
        except BrokenPipeError:
            _discard(sys.stdout)
            return CLOSED_PIPE
        except OutputFailed as error:
            _discard(sys.stdout)
            report.problem(error, name, UNWRITABLE)
            return UNWRITABLE
        except Terminated:
            return TERMINATED
        except KeyboardInterrupt:
            return INTERRUPTED
        return status

    return run


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    def end(number: int, frame: FrameType | None) -> NoReturn:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _complain(words: str) -> None:
    """Prints to stderr. What cannot be written there is in the exit status alone."""
    try:
        print(words, file=sys.stderr, flush=True)
    except BrokenPipeError:
        raise
    except OSError:
        _discard(sys.stderr)


def _open_closed_streams() -> None:
    """Gives a stream that the caller closed (``>&-``) the null device: its output is not wanted."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def _discard(stream: TextIO) -> None:
    """Gives a stream that cannot be written nothing to write at the end of the process."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
