"""Writing files that must not take the place of others."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_hex
from typing import Final

from ..errors import FilesExist

_MOST_NAMED: Final = 10


def save_files(files: Mapping[Path, Callable[[], bytes]], *, overwrite: bool) -> list[Path]:
    """Write each file, its content made when its turn comes; the paths, in order.

    Their folders are made if missing. Without ``overwrite`` nothing is written where a file is in the
    way: raises `FilesExist`. With it a file is replaced as a whole, and a link by a file.
    """
    if not overwrite:
        in_the_way = [path for path in files if os.path.lexists(path)]
        if in_the_way:
            raise _files_exist(in_the_way)
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if overwrite:
            _replace(path, content())
        else:
            _create(path, content())
    return list(files)


def _create(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise _files_exist([path]) from None


def _replace(path: Path, content: bytes) -> None:
    """Written beside it first: whoever reads it meanwhile reads the one or the other, whole."""
    beside = path.with_name(f".{token_hex(8)}.saving")
    try:
        with beside.open("xb") as file:
            file.write(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _files_exist(paths: list[Path]) -> FilesExist:
    named = ", ".join(map(str, paths[:_MOST_NAMED]))
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    return FilesExist(
        f"Nothing was written, since files are in the way: {named}{more}. "
        "Choose another folder or name, or overwrite them with overwrite=True.",
        paths,
    )
