"""Finds the first change in a report, by the hashes that were written with it."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple
from zlib import decompress
from zlib import error as zlib_error

import msgspec

from ...errors import RunFileError
from ...events.event_chain import EventChain
from ..export.event_row import read_row, row_text
from ..export.signature import checked, signature_in
from ..verified import Verified
from .parts import TYPE
from .seal import BEGINNING, ReportIntegrity, ReportSeal

_PART: Final = re.compile(
    rf'<script type="{TYPE}" data-part="(\w+)" data-run="(\d+)" data-at="\d+">([^<]*)</script>\n'.encode()
)
_SCRIPT: Final = b"<script>"
_INTEGRITY: Final = "integrity"
_WORDS: Final = {
    "page": "the beginning of the page",
    "head": "the facts of the run",
    "moments": "the states of the run",
    "events": "the times of the events",
    "lines": "the columns of the log",
    "messages": "the messages of the log",
    "artifact": "the text of an artifact",
    "document": "a formatted artifact",
    "contents": "the contents of stages",
    "versions": "the versions of artifacts",
    "raw": "the events as they arrived",
    "omitted": "the list of what was left out",
}


class _Piece(NamedTuple):
    """A section of the file as it is read: its name, its bytes, and where it begins."""

    name: str
    data: bytes
    line: int
    start: int


class _Section(NamedTuple):
    """A section that was read: the beginning of its hash, where it is, and the first event that is wrong."""

    name: str
    mark: str
    place: str
    wrong: str | None


def verify_report(path: Path, *, head: str | None = None, key: str | None = None) -> Verified:
    """Checks a report, a part at a time: every byte of it counts. ``key`` is the public key that must have
    signed it.

    Raises `RunFileError` for a page that is no report, and ``OSError`` if it cannot be read.
    """
    seal, sections, end = ReportSeal(), list[_Section](), _Piece(_INTEGRITY, b"", 0, 0)
    with path.open("rb") as file:
        for piece in _pieces(file):
            if piece.name == _INTEGRITY:
                end = piece
                break
            sections.append(_section(piece, seal))
    hashes = _hashes(end.data)
    claimed, signature = _claimed(hashes), signature_in(hashes)
    events = sum(chain.events for chain in seal.chains)
    if claimed is None:
        if not seal.chains:
            raise RunFileError(f"{path} is no report of worker-widget: it has no data of a run.")
        missing = "the hashes at its end are missing or cannot be read"
        return Verified(path, "", events, seal.heads, missing)
    runs = [(run.run_id, run.of) for run in claimed.runs]
    changed = _first_change(sections, claimed)
    if changed is None and (len(runs) != len(seal.chains) or end.data != seal.line(runs, signature).encode()):
        changed = f"its hashes (line {end.line:,}, from byte {end.start:,})"
    if changed is None and head is not None and head.strip().lower() != seal.heads:
        changed = f"its head hash is {seal.heads}, not {head.strip()}"
    if changed is not None:
        return Verified(path, "", events, seal.heads, changed)
    total = sum(run.of for run in claimed.runs)
    note = f"It has the first {events:,} of {total:,} events; the others were left out."
    run_ids = ", ".join(run.run_id for run in claimed.runs)
    found = Verified(path, run_ids, events, seal.heads, None, note if events < total else None)
    return found._replace(**checked(signature, seal.text(runs), key)._asdict())


def _pieces(lines: Iterable[bytes]) -> Iterator[_Piece]:
    """The sections of the file, named as `report_parts` names them; the hashes are the last."""
    name, data, line, start, offset = "page", list[bytes](), 1, 0, 0
    numbers: dict[bytes, int] = {}
    for number, text in enumerate(lines, 1):
        part = _PART.match(text)
        begins = (
            _INTEGRITY
            if text.startswith(BEGINNING.encode())
            else _part_name(part, numbers)
            if part is not None
            else "viewer"
            if name == "summary" and text.startswith(_SCRIPT)
            else "summary"
            if name not in ("page", "summary", "viewer", _INTEGRITY)
            else None
        )
        if begins is not None and name != _INTEGRITY:
            yield _Piece(name, b"".join(data), line, start)
            name, data, line, start = begins, [], number, offset
        data.append(text)
        offset += len(text)
    yield _Piece(name, b"".join(data), line, start)


def _part_name(part: re.Match[bytes], numbers: dict[bytes, int]) -> str:
    kind, run = part[1], part[2]
    if kind == b"omitted":
        return "omitted"
    number = numbers.get(run, 0)
    numbers[run] = number + 1
    return f"{kind.decode()} {run.decode()} {number}"


def _section(piece: _Piece, seal: ReportSeal) -> _Section:
    seal.section(piece.name, piece.data)
    kind, _, rest = piece.name.partition(" ")
    run = int(rest.partition(" ")[0] or 0)
    if kind == "head" and run == len(seal.chains):
        seal.chains.append(EventChain())
    wrong = None
    if kind == "raw" and run < len(seal.chains):
        wrong = _wrong_event(piece, seal.chains[run])
    words = _WORDS.get(kind, f"the {kind}")
    end = piece.start + len(piece.data)
    place = f"{words} (line {piece.line:,}, byte {piece.start:,} to {end:,})"
    return _Section(piece.name, seal.sections[piece.name], place, wrong)


def _wrong_event(piece: _Piece, chain: EventChain) -> str | None:
    """The first event that does not follow from the one before, in words."""
    part = _PART.match(piece.data)
    try:
        rows = decompress(b64decode(part[3] if part else b"", validate=True)).split(b"\n")
    except (ValueError, zlib_error):
        return None  # the section cannot be read at all
    wrong = None
    for row in rows:
        written = row_text(read_row(row), chain)
        if wrong is None and written.encode("utf-8", "surrogatepass") != row:
            wrong = f"event {chain.events:,} (in line {piece.line:,})"
    return wrong


def _hashes(end: bytes) -> bytes:
    """The JSON of the hashes; empty if it cannot be read."""
    try:
        return b64decode(end.removeprefix(BEGINNING.encode()).partition(b"<")[0], validate=True)
    except ValueError:
        return b""


def _claimed(hashes: bytes) -> ReportIntegrity | None:
    """What the hashes say; ``None`` if they cannot be read."""
    try:
        return msgspec.json.decode(hashes, type=ReportIntegrity)
    except msgspec.DecodeError:
        return None


def _first_change(sections: list[_Section], claimed: ReportIntegrity) -> str | None:
    expected = dict(claimed.sections)
    for section in sections:
        if expected.pop(section.name, None) != section.mark:
            return section.wrong or section.place
    if expected:
        return f"{next(iter(expected))} is missing"
    return next((section.wrong for section in sections if section.wrong), None)
