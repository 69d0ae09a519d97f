"""`SavedBrands` keeps brands by name on this computer."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from .. import settings
from ..errors import HistoryError, Problem, RequestRefused
from .request_arguments import BRAND, wrong_argument

LONGEST_NAME: Final = 80
"""The most characters of a name."""

MOST_BRANDS: Final = 200
MOST_CHARS: Final = 200_000
"""The most characters of a brand as JSON."""


class SavedBrands:
    """The brands that were saved on this computer, by name, in Python or in a console.

    Each is a JSON file of mode 0600 in the directory ``brands`` of the package's home, so every notebook has
    the same. Names have 1 to 80 characters. Methods raise `RequestRefused` for a name that cannot be used or
    is not there, and `HistoryError` for files that cannot be read or written.

    ``WorkerConsole(brand="Clearwave")`` and ``run(task, "Clearwave")`` use a saved brand by its name.
    """

    def __repr__(self) -> str:
        return "SavedBrands()"

    def names(self) -> list[str]:
        """The names in alphabetical order."""
        with _file_errors("read"):
            found = [name for name, _ in self._files()]
        return sorted(found, key=lambda name: (name.casefold(), name))

    def load(self, name: str) -> dict[str, Any]:
        """The brand of this name."""
        name = _checked(name)
        with _file_errors("read"):
            content = _content(self._path(name))
        if content is None:
            known = ", ".join(map(repr, self.names())) or "none"
            message = f"No brand is saved as {name!r}. Saved: {known}."
            raise RequestRefused(message, [Problem("brand", message)])
        return content[1]

    def save(self, name: str, brand: Mapping[str, Any]) -> None:
        """Saves a brand; one of the same name is replaced. It is not checked: a run does that."""
        name = _checked(name)
        try:
            text = json.dumps({"name": name, "brand": dict(brand)}, indent=2, ensure_ascii=False)
        except (TypeError, ValueError) as error:
            raise RequestRefused(f"The brand cannot be written as JSON: {error}.") from error
        if len(text) > MOST_CHARS:
            raise RequestRefused(f"The brand has {len(text):,} characters, at most {MOST_CHARS:,} are saved.")
        with _file_errors("written"):
            path = self._path(name)
            if not path.exists() and len(list(self._files())) >= MOST_BRANDS:
                raise RequestRefused(f"{MOST_BRANDS} brands are saved already. Delete one first.")
            _write(path, text)

    def delete(self, name: str) -> None:
        """Deletes the brand of this name, if there is one."""
        with _file_errors("written"):
            self._path(_checked(name)).unlink(missing_ok=True)

    def _files(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The name and the brand of each file; other files are left out."""
        for path in self._folder().glob("*.json"):
            content = _content(path)
            if content is not None:
                yield content

    def _folder(self) -> Path:
        directory = settings.home() / "brands"
        directory.mkdir(mode=0o700, exist_ok=True)
        return directory

    def _path(self, name: str) -> Path:
        """The file of a name: letters for people, and a hash, since file systems limit and fold names."""
        letters = re.sub(r"[^a-z0-9]+", "-", name.casefold())[:40].strip("-")
        digest = hashlib.sha256(name.encode()).hexdigest()[:12]
        return self._folder() / f"{letters or 'brand'}-{digest}.json"


def brand_of(brand: Mapping[str, Any] | str | None) -> Mapping[str, Any] | None:
    """A brand as a mapping; a text is the name of a saved brand. Raises the errors of `SavedBrands.load`,
    and `RequestRefused` for anything else."""
    if brand is not None and not isinstance(brand, (str, Mapping)):
        raise wrong_argument("brand", brand, BRAND)
    return SavedBrands().load(brand) if isinstance(brand, str) else brand


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise RequestRefused(f"The name of a saved brand has 1 to {LONGEST_NAME} characters, not {name!r}.")
    return name


def _content(path: Path) -> tuple[str, dict[str, Any]] | None:
    """The name and the brand in a file; ``None`` if it is missing or holds something else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    match value:
        case {"name": str(name), "brand": dict(brand)}:
            return name, brand
        case _:
            return None


def _write(path: Path, text: str) -> None:
    """Writes the file atomically: a kernel that reads it meanwhile has the one before."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "w", encoding="utf-8") as stream:
            stream.write(text)
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


@contextmanager
def _file_errors(verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = "the directory brands in WORKER_WIDGET_HOME"
        raise HistoryError(f"The saved brands cannot be {verb}: {error}. They are in {where}.") from error
