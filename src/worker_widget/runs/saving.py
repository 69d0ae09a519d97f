"""Writes files: whole or not at all, and over existing ones only where that is wanted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from secrets import token_hex
from typing import Final

from ..errors import FilesExist

_MOST_NAMED: Final = 10


def save_files(files: Mapping[Path, Callable[[], bytes]], *, overwrite: bool) -> list[Path]:
    """Write each file, its content made when its turn comes; the paths, in order.

    Their folders are made if missing. Without ``overwrite`` nothing is written where a file is in the
    way: raises `FilesExist`; of one that appears only meanwhile, when all the others are written. With
    it a file is replaced as a whole, and a link by a file.
    """
    if not overwrite:
        in_the_way = [path for path in files if os.path.lexists(path)]
        if in_the_way:
            raise FilesExist(
                _refusal("Nothing was written, since files are in the way", in_the_way), in_the_way
            )
    appeared = []
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if overwrite:
            _replace(path, content())
        elif not _created(path, content()):
            appeared.append(path)
    if appeared:
        saved = len(files) - len(appeared)
        said = (
            f"{saved} file{'s were' if saved != 1 else ' was'} saved; {len(appeared)} "
            f"{'were' if len(appeared) != 1 else 'was'} not, since others appeared in their places meanwhile"
        )
        raise FilesExist(_refusal(said, appeared), appeared)
    return list(files)


def write_parts(path: Path, parts: Iterable[str]) -> None:
    """Writes the parts of a text as UTF-8, one after the other; an existing file is replaced by the whole.

    Line ends stay as they are. The folder is made if missing. Raises ``OSError`` where the file cannot be
    written, and what ``parts`` raises; an existing file then stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path)
    try:
        with draft.open("x", encoding="utf-8", errors="surrogatepass", newline="") as file:
            file.writelines(parts)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _created(path: Path, content: bytes) -> bool:
    """Whether there was no file yet; what is there stays as it is. Nothing is left of a file half written."""
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


def _replace(path: Path, content: bytes) -> None:
    """Written beside it first: whoever reads it meanwhile reads the one or the other, whole."""
    beside = _draft(path)
    try:
        with beside.open("xb") as file:
            file.write(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _draft(path: Path) -> Path:
    return path.with_name(f".{token_hex(8)}.saving")


def _refusal(said: str, paths: list[Path]) -> str:
    named = ", ".join(map(str, paths[:_MOST_NAMED]))
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    return f"{said}: {named}{more}. Choose another folder or name, or overwrite them with overwrite=True."
