"""Writes files as a whole or not at all, and over existing files only if requested."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from errno import EISDIR
from pathlib import Path
from secrets import token_hex
from typing import Final

from ..errors import FilesExist

_MOST_NAMED: Final = 10


def save_files(files: Mapping[Path, Callable[[], bytes]], *, overwrite: bool) -> list[Path]:
    """Writes files and returns their paths, in order. Each content is made just before it is written.

    Missing folders are made. Without ``overwrite``, raises `FilesExist` before anything is written if a file
    exists; if another process makes one during the call, after all other files are written. With
    ``overwrite``, a file is replaced as a whole, and a link is replaced by a file.
    """
    if not overwrite:
        existing = [path for path in files if os.path.lexists(path)]
        if existing:
            raise FilesExist(_refusal("Nothing was written, because files exist", existing), existing)
    appeared = []
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if overwrite:
            _replace(path, [content()])
        elif not _created(path, content()):
            appeared.append(path)
    if appeared:
        saved = len(files) - len(appeared)
        result = (
            f"{saved} file{'s were' if saved != 1 else ' was'} saved; {len(appeared)} "
            f"{'were' if len(appeared) != 1 else 'was'} not, because another process made "
            f"{'files' if len(appeared) != 1 else 'a file'} there at the same time"
        )
        raise FilesExist(_refusal(result, appeared), appeared)
    return list(files)


def write_parts(path: Path, parts: Iterable[bytes], *, modified_ns: int | None = None) -> None:
    """Writes the parts of a file; the complete file replaces an existing one.

    A missing folder is made. A pipe or a device is written to, and stays what it is. ``modified_ns`` is the
    time of modification that the file gets where its file system allows that, in ns since the epoch; by
    default it is when the file was written. Raises ``OSError`` if the file cannot be written, and the errors
    of ``parts``; an existing file then stays unchanged.
    """
    if path.is_dir():
        raise IsADirectoryError(EISDIR, "This is a folder: name a file in it", str(path))
    if path.exists() and not path.is_file():
        with path.open("wb") as pipe:
            pipe.writelines(parts)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, parts, modified_ns)


def _created(path: Path, content: bytes) -> bool:
    """Makes a new file; false if one exists, which stays unchanged. An incomplete file is deleted."""
    try:
        file = path.open("xb")
    except FileExistsError:
        return False
    try:
        with file:
            file.write(content)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return True


def _replace(path: Path, parts: Iterable[bytes], modified_ns: int | None = None) -> None:
    """Replaces a file in one step, so that another process reads the old content or the new, complete.

    The new file has the mode of the old one: a file that only its owner could read stays so.
    """
    draft = _draft(path)
    try:
        with draft.open("xb") as file:
            with suppress(FileNotFoundError):
                before = path.lstat()
                if stat.S_ISREG(before.st_mode):
                    draft.chmod(stat.S_IMODE(before.st_mode))
            file.writelines(parts)
        if modified_ns is not None:
            with suppress(OSError):  # not every network file system lets a time be set
                os.utime(draft, ns=(modified_ns, modified_ns))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _draft(path: Path) -> Path:
    """A path in the same folder for a file that is being written."""
    return path.with_name(f".{token_hex(8)}.saving")


def _refusal(result: str, paths: list[Path]) -> str:
    named = ", ".join(map(str, paths[:_MOST_NAMED]))
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    return f"{result}: {named}{more}. Choose another folder or name, or overwrite them with overwrite=True."
