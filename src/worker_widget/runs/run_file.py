"""`RunFile`: a run's JSON on disk, read one event at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec

from ..errors import RunFileError
from ..events.json_depth import nested_too_deep
from .export.event_row import RowEvent, read_row
from .export.json_format import FORMAT, VERSION
from .json_members import BadJson, JsonMembers, Member

_CHUNK: Final = 1024 * 1024
_EVENTS: Final = "events"
_HEADER: Final = ("format", "version", "run")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_MOST_SHOWN: Final = 60

MOST_ID_CHARS: Final = 1_000
"""The longest id of a run that a file can have; that of a server is a UUID."""


class FileEvent(NamedTuple):
    """An event of the file, with the first byte of its row."""

    row: RowEvent
    offset: int


class RunFile:
    """A run's JSON. Raises `RunFileError` for a file that is none, and ``OSError`` if it cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        header: dict[str, Any] = {}
        places: dict[str, int] = {}
        with self._explained():
            for member in self._members():
                if member.key in _HEADER:
                    if nested_too_deep(member.text):
                        raise RecursionError("they are nested too deep")
                    header[member.key] = msgspec.json.decode(member.text)
                    places[member.key] = member.offset
                    if len(header) == len(_HEADER):
                        break
        if header.get("format") != FORMAT:
            raise self._no_run(header.get("format"))
        if "version" not in header:
            raise self._not_as_written("it has no version")
        self.version = self._known_version(header["version"], places["version"])
        run = header.get("run")
        self._run: dict[str, Any] = run if isinstance(run, dict) else {}
        if not self.text("run_id"):
            raise RunFileError(f"{path} does not name its run: run.run_id is missing. Export the run again.")
        self._check_id(places["run"])

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return self.text("run_id") or ""

    def text(self, key: str) -> str | None:
        """A text in ``run``, ``None`` if it is missing or no text."""
        value = self._run.get(key)
        return value if isinstance(value, str) else None

    def events(self) -> Iterator[FileEvent]:
        """Every event; the file is read to its end, so that one that was cut is found."""
        with self._explained(), self.path.open("rb") as file:
            members = JsonMembers(file)
            for member in members:
                if member.key != _EVENTS:
                    continue
                if _EVENTS not in members.lists:
                    raise self._not_as_written("its events are no list", member.offset)
                yield FileEvent(read_row(member.text), member.offset)
        if _EVENTS not in members.lists:
            raise self._not_as_written("it has no events")

    def place(self, offset: int) -> str:
        """A byte of the file for a message: its line and number."""
        with self.path.open("rb") as file:
            return f"line {_line(file, offset):,}, byte {offset:,}"

    def _members(self) -> Iterator[Member]:
        with self._explained(), self.path.open("rb") as file:
            yield from JsonMembers(file)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (msgspec.DecodeError, RecursionError) as error:
            raise RunFileError(f"{self.path} has values that cannot be read: {error}.") from error
        except BadJson as error:
            where = self.place(error.offset)
            if error.cut:
                raise RunFileError(
                    f"{self.path} is not complete: it ends in the middle ({where}). Copy or export it again."
                ) from error
            raise RunFileError(
                f"{self.path} is not the JSON of a run: {error} ({where}). Export the run again."
            ) from error

    def _known_version(self, version: object, offset: int) -> int:
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise self._not_as_written(f"its version is {_cut(version)}", offset)
        if version > VERSION:
            raise RunFileError(
                f"{self.path} was written by a newer worker-widget (version {version!r} of its form; this one"
                f" reads {VERSION}). Upgrade worker-widget."
            )
        return version

    def _check_id(self, offset: int) -> None:
        if len(self.run_id) > MOST_ID_CHARS:
            found = f"its run.run_id has {len(self.run_id):,} characters, of at most {MOST_ID_CHARS:,}"
            raise self._not_as_written(found, offset)
        if _CONTROL.search(self.run_id):
            raise self._not_as_written(f"its run.run_id {_cut(self.run_id)} has control characters", offset)

    def _not_as_written(self, found: str, offset: int | None = None) -> RunFileError:
        where = "" if offset is None else f" ({self.place(offset)})"
        return RunFileError(f"{self.path} is not the JSON of a run: {found}{where}. Export the run again.")

    def _no_run(self, format: Any) -> RunFileError:
        of = "" if format is None else f": its format is {format!r}"
        return RunFileError(
            f"{self.path} is JSON of another program{of}. load_run reads what"
            ' run.export("json", path) writes.'
        )


def _cut(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"


def _line(file: BinaryIO, offset: int) -> int:
    lines = 1
    while offset > 0 and (chunk := file.read(min(_CHUNK, offset))):
        lines += chunk.count(b"\n")
        offset -= len(chunk)
    return lines
