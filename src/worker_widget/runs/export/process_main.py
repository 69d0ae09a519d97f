"""What a process does that exports: it makes the files of its jobs, and ends with its standard input.

`worker_widget.runs.export.process` starts it. The bytes of a file go to the standard output; a seal to sign
goes there, too, so that the key stays with the parent.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from ...errors import HistoryError
from ...store.blocks_table import DamageWarning
from ...store.event_store import EventStore
from .process_messages import SHARE, ExportJob, ExportMessage, failure, receive, send
from .run_export import RunExport
from .signature import Signature

_END_WITHIN_S: Final = 3.0
_NICE: Final = 10
_SESSION_PRIORITY: Final = Path("/proc/self/autogroup")

_Inbox = queue.SimpleQueue[bytes | None]


def main() -> None:
    """Executes jobs until the standard input ends."""
    output = _own_output()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    inbox: _Inbox = queue.SimpleQueue()
    threading.Thread(target=_read_messages, args=(sys.stdin.buffer, inbox), daemon=True).start()
    warnings.simplefilter("ignore")
    warnings.simplefilter("always", DamageWarning)
    warnings.showwarning = _sent_warnings(output)
    with suppress(KeyboardInterrupt, BrokenPipeError):
        send(output, ExportMessage.READY)
        _lower_priority()  # not before: a person waits for the start
        while (job := inbox.get()) is not None:
            _execute(msgspec.json.decode(job, type=ExportJob), inbox, output)


def _lower_priority() -> None:
    """Lowers the priority of this process and of its session, which has no other process.

    Linux can share the processor by sessions, and the priority of a process counts within its session only.
    On Windows a process gets its priority when it is made.
    """
    if sys.platform != "win32":
        os.nice(_NICE)
        with suppress(OSError):  # a system without it
            _SESSION_PRIORITY.write_text(str(_NICE))


def _own_output() -> IO[bytes]:
    """The standard output for messages alone: what else is written there goes to the standard error."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return output


def _read_messages(file: IO[bytes], inbox: _Inbox) -> None:
    while (message := receive(file)) is not None:
        inbox.put(message[1])
    inbox.put(None)
    _end()


def _end() -> None:
    """Ends the process as an interrupt does, so that what it started ends with it; at last by force."""
    main_thread = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main_thread is not None:
        with suppress(ProcessLookupError):
            signal.pthread_kill(main_thread, signal.SIGINT)
    time.sleep(_END_WITHIN_S)
    os._exit(1)


def _sent_warnings(output: IO[bytes]) -> Callable[..., None]:
    def show(message: Warning | str, *_: Any) -> None:
        send(output, ExportMessage.WARNING, str(message).encode("utf-8", "surrogatepass"))

    return show


class _ParentSigner:
    """Has the parent sign."""

    def __init__(self, inbox: _Inbox, output: IO[bytes]) -> None:
        self._inbox = inbox
        self._output = output

    def sign(self, seal: bytes) -> Signature:
        send(self._output, ExportMessage.SEAL, seal)
        answer = self._inbox.get()
        if answer is None:
            raise KeyboardInterrupt
        return msgspec.json.decode(answer, type=Signature)


def _execute(job: ExportJob, inbox: _Inbox, output: IO[bytes]) -> None:
    stores: dict[str, EventStore] = {}
    try:
        export = RunExport(
            tuple((_opened(stores, os.fsdecode(path)), run_id) for path, run_id in job.runs),
            job.format,
            datetime.fromisoformat(job.exported),
            job.most_bytes,
            job.comparison,
        )
        pieces = export.pieces(
            lambda share: send(output, ExportMessage.SHARE, SHARE.pack(share)),
            _ParentSigner(inbox, output) if job.signed else None,
        )
        send(output, ExportMessage.BEGUN)
        for piece in pieces:
            send(output, ExportMessage.PIECE, piece)
        send(output, ExportMessage.DONE)
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except BaseException as error:
        send(output, ExportMessage.ERROR, msgspec.json.encode(failure(error)))
    finally:
        for store in stores.values():
            store.close()


def _opened(stores: dict[str, EventStore], path: str) -> EventStore:
    if path not in stores:
        if not Path(path).is_file():  # it would be made
            raise HistoryError(f"The history at {path} was moved or deleted during the export.")
        stores[path] = EventStore.open(Path(path))
    return stores[path]
