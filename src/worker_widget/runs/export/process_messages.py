"""The messages between a process that exports and its parent: their form, and errors as data."""

from __future__ import annotations

import struct
import traceback
from enum import Enum
from typing import IO, Final

import msgspec

from ...errors import HistoryError, PackageMissing, RunUnknown, WorkerWidgetError
from ...store.blocks_table import DamagedBlock, DeletedBlock
from . import ExportFormat

_HEAD: Final = struct.Struct("<cI")
SHARE: Final = struct.Struct("<d")
"""The content of `ExportMessage.SHARE`."""


class ExportMessage(Enum):
    """The kind of a message. To the process go jobs and signatures, all others come from it."""

    READY = b"r"
    JOB = b"j"
    BEGUN = b"b"
    SHARE = b"s"
    PIECE = b"p"
    WARNING = b"w"
    SEAL = b"k"
    SIGNATURE = b"n"
    ERROR = b"e"
    DONE = b"d"


class ExportJob(msgspec.Struct, frozen=True, kw_only=True):
    """A `RunExport` as data: of each run the file of its history and its id. The times are ISO 8601."""

    runs: list[tuple[bytes, str]]
    format: ExportFormat
    exported: str
    signed: bool
    most_bytes: int | None
    comparison: tuple[str, list[str]]


class ExportFailure(msgspec.Struct, frozen=True, kw_only=True):
    """An error as data: the name of a known class, its message, and for ``OSError`` its number and file."""

    kind: str | None
    message: str
    trace: str
    number: int | None = None
    file: str | None = None


_KNOWN: Final = {
    kind.__name__: kind
    for kind in (
        *(DamagedBlock, DeletedBlock, HistoryError, PackageMissing, RunUnknown, WorkerWidgetError),
        *(ValueError, MemoryError),
    )
}


def failure(error: BaseException) -> ExportFailure:
    """An error as data. Half surrogate pairs in its texts are shown by their codes."""
    trace = _encodable("".join(traceback.format_exception(error)))
    if isinstance(error, OSError) and error.errno is not None and not isinstance(error, WorkerWidgetError):
        file = None if error.filename is None else _encodable(str(error.filename))
        return ExportFailure(
            kind=OSError.__name__,
            message=_encodable(error.strerror or ""),
            trace=trace,
            number=error.errno,
            file=file,
        )
    for kind in type(error).__mro__:
        if _KNOWN.get(kind.__name__) is kind:
            return ExportFailure(kind=kind.__name__, message=_encodable(str(error)), trace=trace)
    return ExportFailure(kind=None, message=_encodable(repr(error)), trace=trace)


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def raised(failed: ExportFailure) -> Exception:
    """The error to raise for data, with the frames of the other process as a note."""
    if failed.number is not None:
        error: Exception = OSError(failed.number, failed.message, failed.file)
    elif failed.kind is not None:
        error = _KNOWN[failed.kind](failed.message)
    else:
        error = WorkerWidgetError(f"The export failed: {failed.message}")
    error.add_note(f"In the process that exported:\n{failed.trace}")
    return error


def send(file: IO[bytes], kind: ExportMessage, content: bytes = b"") -> None:
    """Writes a message."""
    file.write(_HEAD.pack(kind.value, len(content)))
    file.write(content)
    file.flush()


def receive(file: IO[bytes]) -> tuple[ExportMessage, bytes] | None:
    """Reads a message; ``None`` at the end of the file, or if there is anything but messages in it."""
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    value, size = _HEAD.unpack(head)
    try:
        kind = ExportMessage(value)
    except ValueError:
        return None
    content = file.read(size)
    return (kind, content) if len(content) == size else None
