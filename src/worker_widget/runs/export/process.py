"""`ExportProcess`: a process of low priority that exports runs, so that live runs are not late meanwhile.

An export in the process of a live run would hold the interpreter's lock for most of its time, and each step
of the live run would wait for it. In another process with the usual priority it would still take the
processor from the live run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from signal import Signals
from typing import IO, Any, Final, Self

import msgspec

from ...errors import WorkerWidgetError
from ...store.blocks_table import DamageWarning
from ..users_level import users_level
from .process_messages import SHARE, ExportFailure, ExportJob, ExportMessage, raised, receive, send
from .run_export import RunExport
from .signature import Signer

_PROGRAM: Final = """import sys
sys.path[:] = sys.argv[1:]
from worker_widget.runs.export.process_main import main
main()
"""
_PIPE_BYTES: Final = 1024 * 1024
_START_WITHIN_S: Final = 30.0
_END_WITHIN_S: Final = 5.0


class ExportProcess:
    """A process that exports runs one after the other, from histories that are files.

    It ends with `end`, and when this object or this process is gone.
    """

    def __init__(self, process: subprocess.Popen[bytes], input: IO[bytes], output: IO[bytes]) -> None:
        self._process = process
        self._input = input
        self._output = output
        self.end = weakref.finalize(self, _end, process, os.getpid())
        """Ends the process, also in the middle of an export. May be called twice."""

    @classmethod
    def started(cls) -> Self | None:
        """A process that is ready; ``None`` where none can be started."""
        try:
            process = _start()
        except (OSError, ValueError):
            return None
        assert process.stdin is not None
        assert process.stdout is not None
        self = cls(process, process.stdin, process.stdout)
        # What is called the interpreter can be another program, that never answers.
        alarm = threading.Timer(_START_WITHIN_S, process.kill)
        alarm.daemon = True
        alarm.start()
        try:
            ready = receive(process.stdout)
        except BaseException:
            self.end()
            raise
        finally:
            alarm.cancel()
        if ready is not None and ready[0] is ExportMessage.READY:
            return self
        self.end()
        return None

    def pieces(
        self, export: RunExport, read: Callable[[float], None], signer: Signer | None
    ) -> Iterator[bytes]:
        """The bytes of an export, in pieces; see `RunExport.pieces`.

        Raises the same errors, and `WorkerWidgetError` if the process ends before the export.
        """
        job = ExportJob(
            runs=[(os.fsencode(str(store.path)), run_id) for store, run_id in export.runs],
            format=export.format,
            exported=(export.exported or datetime.now(UTC)).isoformat(),
            signed=signer is not None,
            most_bytes=export.most_bytes,
            comparison=export.comparison,
        )
        self._send(ExportMessage.JOB, job)
        answers = self._answers(read, signer)
        next(answers)  # so that a package that is missing is an error of this call
        return answers

    def _answers(self, read: Callable[[float], None], signer: Signer | None) -> Iterator[bytes]:
        """An empty piece at the beginning of the export, and its pieces."""
        while True:
            kind, content = self._received()
            match kind:
                case ExportMessage.BEGUN:
                    yield b""
                case ExportMessage.PIECE:
                    yield content
                case ExportMessage.SHARE:
                    (share,) = SHARE.unpack(content)
                    read(share)
                case ExportMessage.WARNING:
                    text = content.decode("utf-8", "surrogatepass")
                    warnings.warn(text, DamageWarning, stacklevel=users_level())
                case ExportMessage.SEAL if signer is not None:
                    self._send(ExportMessage.SIGNATURE, signer.sign(content))
                case ExportMessage.ERROR:
                    raise raised(msgspec.json.decode(content, type=ExportFailure))
                case _:
                    return

    def _send(self, kind: ExportMessage, message: msgspec.Struct) -> None:
        try:
            send(self._input, kind, msgspec.json.encode(message))
        except OSError:
            raise self._ended() from None

    def _received(self) -> tuple[ExportMessage, bytes]:
        message = receive(self._output)
        if message is None:
            raise self._ended()
        return message

    def _ended(self) -> WorkerWidgetError:
        try:
            status = self._process.wait(_END_WITHIN_S)
        except subprocess.TimeoutExpired:
            how = "it closed its output"
        else:
            how = f"it exited with status {status}" if status >= 0 else _signal(-status)
        return WorkerWidgetError(
            f"The process that exported has ended before the export: {how}. No file was written. "
            "Export again; a process that is killed each time may have too little memory."
        )


def _start() -> subprocess.Popen[bytes]:
    if not sys.executable:
        raise OSError("this process does not know its interpreter")
    system: dict[str, Any] = {"start_new_session": True}  # else an interrupt of a cell goes to it, too
    if sys.platform == "win32":
        system = {"creationflags": subprocess.BELOW_NORMAL_PRIORITY_CLASS}
    return subprocess.Popen(
        # The directory of the call has modules of the user, which are not meant.
        [sys.executable, "-P", "-c", _PROGRAM, *filter(None, sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pipesize=_PIPE_BYTES,
        **system,
    )


def _signal(number: int) -> str:
    try:
        return f"it got the signal {Signals(number).name}"
    except ValueError:
        return f"it got the signal {number}"


def _end(process: subprocess.Popen[bytes], owner: int) -> None:
    """Ends a process, which notices the end of its input. Does not wait for it."""
    if os.getpid() != owner:  # a forked child has the objects of its parent
        return
    _close(process.stdin)
    reaper = threading.Thread(target=_reap, args=(process,), name="worker-widget-export", daemon=True)
    try:
        reaper.start()
    except RuntimeError:  # Python ends
        process.kill()
        process.wait()


def _reap(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _close(process.stdout)


def _close(pipe: IO[bytes] | None) -> None:
    with suppress(OSError):
        if pipe is not None:
            pipe.close()
