"""The frames of the run as a zip of Parquet files: ``runs.parquet``, ``stages.parquet`` and so on.

They are those that `RunHistory.to_parquet` writes into a directory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from ...store.event_store import EventStore
from ..frames.filters import frame_filter
from ..frames.parquet import FrameWriter
from ..frames.reading import frame_parts
from ..frames.schema import FRAMES

_CHUNK: Final = 1024 * 1024


def parquet_pieces(
    store: EventStore, run_id: str, write: FrameWriter, read: Callable[[int], None] = lambda rows: None
) -> Iterator[bytes]:
    """The bytes of the zip, in pieces. ``read`` is called with the number of frames that are complete.

    Each frame is in a temporary file until it is in the zip, and never in memory as a whole.
    """
    chosen = frame_filter(runs=run_id)
    output = _Output()
    with TemporaryDirectory() as directory:
        with ZipFile(output, "w", ZIP_STORED) as archive:
            for number, name in enumerate(FRAMES):
                read(number)
                path = Path(directory) / f"{name}.parquet"
                write(frame_parts(store, name, chosen), path)
                entry = ZipInfo(path.name)
                entry.file_size = path.stat().st_size
                with path.open("rb") as file, archive.open(entry, "w") as target:
                    while chunk := file.read(_CHUNK):
                        target.write(chunk)
                        yield output.taken()
                path.unlink()
        yield output.taken()


class _Output:
    """A file that only grows, from which what was written is taken."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes, /) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing is buffered elsewhere."""

    def close(self) -> None:
        """There is nothing to close."""

    def taken(self) -> bytes:
        data, self._written = bytes(self._written), bytearray()
        return data
