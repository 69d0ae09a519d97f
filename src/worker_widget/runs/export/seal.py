"""`Seal`: the last line of a run's JSON, by which a changed byte of the file is found and named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

import msgspec

from ...events.event_chain import MARK_CHARS, EventChain
from .signature import Signature, Signer, with_signature

KEY: Final = "integrity"


class Integrity(msgspec.Struct):
    """What the seal says: see `worker_widget.runs.export.json_format`."""

    algorithm: str = ""
    events: int = 0
    head: str = ""
    file: str = ""
    sections: dict[str, str] = {}


_PIECE_CHARS: Final = 64 * 1024


def _pieces(parts: Iterable[str]) -> Iterator[str]:
    """The same text in fewer parts: most rows of a run are short."""
    piece: list[str] = []
    chars = 0
    for part in parts:
        piece.append(part)
        chars += len(part)
        if chars >= _PIECE_CHARS:
            yield "".join(piece)
            piece, chars = [], 0
    yield "".join(piece)


class Seal:
    """Hashes the file while it is written or read: its events, its sections, and all of it."""

    def __init__(self) -> None:
        self.chain = EventChain()
        self.sections: dict[str, str] = {}
        self._file = sha256()

    def sealed(self, key: str, parts: Iterable[str]) -> Iterator[str]:
        """Passes on the text of a section and hashes it."""
        section = sha256()
        for piece in _pieces(parts):
            data = piece.encode("utf-8", "surrogatepass")
            section.update(data)
            self._file.update(data)
            yield piece
        self.sections[key] = section.hexdigest()[:MARK_CHARS]

    def add(self, data: bytes) -> None:
        """Hashes bytes of the file whose section is hashed elsewhere."""
        self._file.update(data)

    def text(self) -> bytes:
        """The JSON for all that was hashed, which a `Signer` signs."""
        chain, file = self.chain, self._file.hexdigest()
        return msgspec.json.encode(Integrity("sha256", chain.events, chain.head, file, self.sections))

    def line(self, signature: Signature | None = None) -> str:
        """The line for all that was hashed, with its signature."""
        return f'  "{KEY}": {with_signature(self.text(), signature).decode()}\n'

    def signed_line(self, signer: Signer | None) -> str:
        """The line, signed if there is a signer."""
        return self.line(None if signer is None else signer.sign(self.text()))
