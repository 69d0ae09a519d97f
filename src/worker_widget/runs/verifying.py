"""Finds the first change in the JSON or in the report of a run, by the hashes that were written with it."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from ..errors import RunFileError
from ..events.event_chain import MARK_CHARS
from .export.event_row import read_row, row_text
from .export.seal import KEY, Integrity, Seal
from .export.signature import checked, public_key, signature_in
from .report.check import verify_report
from .report.parts import TYPE
from .run_file import RunFile
from .verified import Verified

_BEGINNING: Final = 64 * 1024
"""The data of a report begins within so many bytes."""
_MEMBER: Final = b'  "'
_LIST_ENDS: Final = (b'  "events": [\n', b'  "events": [],\n', b"  ],\n")


class _Section(NamedTuple):
    """A section of the file: its lines and bytes, the hash of its text, and the first row that is wrong."""

    key: str
    line: int
    last: int
    start: int
    end: int
    mark: str
    wrong: str | None = None

    @property
    def place(self) -> str:
        """Where it is."""
        return f"{self.key} (line {self.line:,} to {self.last:,}, byte {self.start:,} to {self.end:,})"


def verify(path: str | Path, *, head: str | None = None, key: str | Path | None = None) -> Verified:
    """Checks a run's JSON or its report, a line at a time: every byte of it counts.

    Whoever changes a file can also write its hashes anew: compare ``head`` with one that was noted elsewhere,
    or name the file of the public ``key`` that must have signed it.
    Raises `RunFileError` for a file that has no hashes, `SigningKeyError` for a file without a key,
    `PackageMissing` if a signature cannot be checked, and ``OSError`` if a file cannot be read.
    """
    path = Path(path).expanduser()
    signing_key = None if key is None else public_key(key)
    seal, sections, rest = Seal(), list[_Section](), b""
    with path.open("rb") as file:
        beginning = file.read(_BEGINNING)
        if TYPE.encode() in beginning and not beginning.lstrip().startswith(b"{"):
            return verify_report(path, head=head, key=signing_key)
        file.seek(0)
        lines = _Lines(iter(file))
        while lines.more and not lines.next_is(KEY):
            sections.append(_section(lines, seal))
        start, number = lines.offset, lines.number
        rest = b"".join(lines.rest())
    if not rest:
        return Verified(path, "", seal.chain.events, seal.chain.head, _without_hashes(path))
    changed = _first_change(sections, rest, seal)
    signature = signature_in(rest.partition(b"\n")[0].partition(b": ")[2])
    if changed is None and rest != (seal.line(signature) + "}\n").encode():
        changed = f"its {KEY} (line {number:,}, from byte {start:,})"
    if changed is None and head is not None and head.strip().lower() != seal.chain.head:
        changed = f"its head hash is {seal.chain.head}, not {head.strip()}"
    if changed is not None:
        return Verified(path, "", seal.chain.events, seal.chain.head, changed)
    run_id = RunFile(path).run_id
    found = Verified(path, run_id, seal.chain.events, seal.chain.head, None)
    return found._replace(**checked(signature, seal.text(), signing_key)._asdict())


class _Lines:
    """The lines of the file with their numbers and bytes, one of them read ahead."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._ahead = next(lines, b"")
        self.number = 1
        self.offset = 0

    @property
    def more(self) -> bool:
        return bool(self._ahead)

    @property
    def key(self) -> str | None:
        """The key of the member that begins in the next line."""
        if not self._ahead.startswith(_MEMBER):
            return None
        return self._ahead[len(_MEMBER) :].partition(b'"')[0].decode("utf-8", "replace")

    def next_is(self, key: str) -> bool:
        return self.key == key

    def take(self) -> bytes:
        line = self._ahead
        self._ahead = next(self._lines, b"")
        self.number += 1
        self.offset += len(line)
        return line

    def rest(self) -> Iterator[bytes]:
        while self.more:
            yield self.take()


def _section(lines: _Lines, seal: Seal) -> _Section:
    """Reads a member, with what is before the first."""
    line, start = lines.number, lines.offset
    digest, wrong, key = sha256(), None, ""
    while lines.more and (lines.key is None or not key):
        number, offset = lines.number, lines.offset
        key = key or lines.key or ""
        text = lines.take()
        digest.update(text)
        seal.add(text)
        if key == "events" and wrong is None and text not in _LIST_ENDS:
            wrong = _wrong_row(text, seal, f"line {number:,}, byte {offset:,} to {offset + len(text):,}")
    mark = digest.hexdigest()[:MARK_CHARS]
    seal.sections[key] = mark
    return _Section(key, line, lines.number - 1, start, lines.offset, mark, wrong)


def _wrong_row(text: bytes, seal: Seal, place: str) -> str | None:
    text = text.strip().removesuffix(b",")
    row = read_row(text)
    if row_text(row, seal.chain).encode("utf-8", "surrogatepass") == text:
        return None
    return f"event {seal.chain.events:,} ({place})"


def _first_change(sections: list[_Section], rest: bytes, seal: Seal) -> str | None:
    """The first section, or event, that is not as the seal says."""
    try:
        line = rest.splitlines()[0].partition(b":")[2]
        claimed = msgspec.json.decode(line, type=Integrity)
    except msgspec.DecodeError:
        claimed = Integrity(sections={section.key: section.mark for section in sections})
    expected = dict(claimed.sections)
    for section in sections:
        if expected.pop(section.key, None) != section.mark:
            if section.wrong is None and section.key == "events" and claimed.events != seal.chain.events:
                return f"it has {seal.chain.events:,} events of {claimed.events:,}; the last are missing"
            return section.wrong or section.place
    return f"{next(iter(expected))} is missing" if expected else None


def _without_hashes(path: Path) -> str:
    """Why a file without a seal cannot be verified. Raises `RunFileError` for one that never had it."""
    file = RunFile(path)
    for _ in file.events():
        pass
    if file.version < 2:
        raise RunFileError(f"{path} has no hashes: an older worker-widget wrote it. Export the run again.")
    return "the hashes at its end are missing, or another program wrote it anew"
