"""`EventChain`: a hash over events in order, each hashed onto the one before, so that any change is found."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

MARK_CHARS: Final = 16
"""A mark is the beginning of a hash: enough to name the event at which a chain breaks."""

_START: Final = b"worker-widget/run"


class EventChain:
    """The SHA-256 chain over the events of a run: ``hash = SHA-256(hash before + label + "\\n" + raw)``.

    It starts with the hash of ``worker-widget/run``. ``label`` is what belongs to an event besides its bytes:
    its position and id. It has no line end, so that no label and bytes run into each other.

    >>> EventChain().add(b"1", b'{"type":"log"}')
    'e65e67b25633d356'
    """

    def __init__(self) -> None:
        self._last = sha256(_START).digest()
        self.events = 0

    @property
    def head(self) -> str:
        """The hash after the last event, in hex. It stands for all events and their order."""
        return self._last.hex()

    def add(self, label: bytes, raw: bytes) -> str:
        """Adds an event and returns its mark: the first `MARK_CHARS` of the hash after it, in hex."""
        self._last = sha256(b"%b%b\n%b" % (self._last, label, raw)).digest()
        self.events += 1
        return self._last[: MARK_CHARS // 2].hex()
