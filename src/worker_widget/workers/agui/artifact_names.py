"""Names of artifacts, each used once in a run."""

from __future__ import annotations

from typing import Final

from ...events.file_names import file_name

_MOST_STEM: Final = 80


class ArtifactNames:
    """Gives out names: ``answer``, then ``answer-2``. Names that differ only in case count as equal."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._numbers: dict[tuple[str, str], int] = {}

    def free(self, stem: str, kind: str) -> str:
        """A free name for an artifact of the type ``kind``: the stem, with a number from the second on."""
        return self._free(stem, kind, numbered=False)

    def numbered(self, stem: str, kind: str) -> str:
        """A free name that has a number from the first on: ``weather-1``."""
        return self._free(stem, kind, numbered=True)

    def _free(self, stem: str, kind: str, *, numbered: bool) -> str:
        stem = "".join(sign if sign.isalnum() or sign in " ._-" else "_" for sign in stem[:_MOST_STEM])
        stem = stem.strip(" .") or "artifact"
        number = self._numbers.get((stem, kind), 1)
        name = stem if number == 1 and not numbered else f"{stem}-{number}"
        while file_name(name, kind).casefold() in self._used:
            number += 1
            name = f"{stem}-{number}"
        self._numbers[stem, kind] = number + 1
        self._used.add(file_name(name, kind).casefold())
        return name
