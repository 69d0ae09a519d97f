"""Writes the package of a new worker from the files of the template."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from string import Template
from typing import Final

GROUP: Final = "worker_widget.workers"
MOST_CHARS: Final = 50

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TEMPLATE_SUFFIX: Final = ".in"
_PACKAGE: Final = "package"
"""The folder of the template that gets the name of the package."""


class CannotCreate(Exception):
    """The package cannot be written. The message says why, and what to do."""


def create(worker_id: str, directory: Path | None = None) -> Path:
    """Writes the package of a worker into ``directory``, by default a new one with its name; returns it.

    Raises `CannotCreate` for a name that cannot be used, and for a directory that exists.
    """
    _check(worker_id)
    target = Path(worker_id) if directory is None else directory.expanduser()
    words = {
        "id": worker_id,
        "package": worker_id.replace("-", "_"),
        "name": worker_id.replace("-", " ").title(),
        "class_name": "".join(part.title() for part in worker_id.split("-")),
    }
    try:
        target.mkdir(parents=True)
        for place, text in _template(files(__package__) / "files"):
            path = target / str(place).replace(_PACKAGE, words["package"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(Template(text).substitute(words), encoding="utf-8", newline="\n")
    except FileExistsError:
        raise CannotCreate(
            f"{target} exists already. Choose another name, or another place with --directory."
        ) from None
    except OSError as error:
        raise CannotCreate(f"{target} cannot be written ({error.strerror or error}).") from error
    return target


def _check(worker_id: str) -> None:
    example = "such as my-worker"
    package = worker_id.replace("-", "_")
    if not _NAME.fullmatch(worker_id) or len(worker_id) > MOST_CHARS:
        raise CannotCreate(
            f"{worker_id[:100]!r} cannot be the name of a worker. Use lower-case letters, digits and single"
            f" hyphens, at most {MOST_CHARS} characters, {example}."
        )
    if keyword.iskeyword(package) or package in sys.stdlib_module_names or package == "worker_widget":
        raise CannotCreate(
            f"{package!r} is a name of Python itself or of this package. Use another, {example}."
        )
    taken = entry_points(group=GROUP, name=worker_id)
    if taken:
        raise CannotCreate(
            f"A worker {worker_id!r} is installed already ({next(iter(taken)).value}). Use another name."
        )


def _template(folder: Traversable, *inside: str) -> Iterator[tuple[PurePosixPath, str]]:
    """The path and the text of each file of the template."""
    for item in folder.iterdir():
        if item.is_dir():
            yield from _template(item, *inside, item.name)
        elif item.name.endswith(_TEMPLATE_SUFFIX):
            name = item.name.removesuffix(_TEMPLATE_SUFFIX)
            yield PurePosixPath(*inside, name), item.read_text(encoding="utf-8")
