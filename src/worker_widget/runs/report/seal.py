"""`ReportSeal`: the hashes of a report, by which a changed byte of it is found and named."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Final

import msgspec

from ...events.event_chain import MARK_CHARS, EventChain
from ..export.signature import Signature, Signer, with_signature
from .parts import TYPE

BEGINNING: Final = f'<script type="{TYPE}" data-part="integrity">'
END: Final = "</script>\n</body>\n</html>\n"


class SealedRun(msgspec.Struct):
    """A run in a report: of its ``of`` events the first ``events`` are in it, and the last hash of them."""

    run_id: str = ""
    events: int = 0
    of: int = 0
    head: str = ""


class ReportIntegrity(msgspec.Struct):
    """What the seal says: the hash of the file before it, and the beginning of that of each section."""

    algorithm: str = ""
    runs: list[SealedRun] = []
    file: str = ""
    sections: dict[str, str] = {}


class ReportSeal:
    """Hashes a report while it is written or read: all of it, and each section."""

    def __init__(self) -> None:
        self.sections: dict[str, str] = {}
        self.chains: list[EventChain] = []
        self._file = sha256()

    def section(self, name: str, data: bytes) -> None:
        """Hashes a section."""
        self._file.update(data)
        self.sections[name] = sha256(data).hexdigest()[:MARK_CHARS]

    @property
    def heads(self) -> str:
        """The hash that stands for all events of the file and their order; of one run that of its chain."""
        if len(self.chains) == 1:
            return self.chains[0].head
        return sha256("\n".join(chain.head for chain in self.chains).encode()).hexdigest()

    def text(self, runs: list[tuple[str, int]]) -> bytes:
        """The JSON of the hashes, for the ids of the runs and the numbers of their events."""
        sealed = [
            SealedRun(run_id, chain.events, events, chain.head)
            for (run_id, events), chain in zip(runs, self.chains, strict=True)
        ]
        return msgspec.json.encode(ReportIntegrity("sha256", sealed, self._file.hexdigest(), self.sections))

    def line(self, runs: list[tuple[str, int]], signature: Signature | None = None) -> str:
        """The end of the file, with its signature."""
        return f"{BEGINNING}{b64encode(with_signature(self.text(runs), signature)).decode()}{END}"

    def signed_line(self, runs: list[tuple[str, int]], signer: Signer | None) -> str:
        """The end of the file, signed if there is a signer."""
        return self.line(runs, None if signer is None else signer.sign(self.text(runs)))
