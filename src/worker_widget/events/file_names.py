"""File names of artifacts: `file_name` joins a name and a type, `safe_names` makes names safe to write."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

FALLBACK_TYPE: Final = "txt"

MOST_BYTES: Final = 200
"""The longest safe name. Most file systems allow 255 bytes; some programs append an ending of their own."""

# Characters that Windows forbids, that separate folders on any system, or that are invisible.
_UNSAFE: Final = re.compile(
    r'[/\\:*?"<>|\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]'
)
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)", re.IGNORECASE)


_ENDINGS: Final = {
    "text/markdown": "md",
    "text/x-markdown": "md",
    "text/plain": "txt",
    "text/javascript": "js",
    "application/javascript": "js",
    "application/x-javascript": "js",
    "application/typescript": "ts",
    "text/x-python": "py",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
    "image/jpeg": "jpg",
    "text/tab-separated-values": "tsv",
}
"""The endings of MIME types whose second part is not the ending itself."""


def ending_of(kind: str | None) -> str:
    """The ending of the files of a type, which is an ending or a MIME type.

    >>> ending_of("HTML"), ending_of("text/csv; charset=utf-8"), ending_of("image/svg+xml"), ending_of(None)
    ('html', 'csv', 'svg', 'txt')
    """
    plain = (kind or FALLBACK_TYPE).partition(";")[0].strip().lower()
    if "/" not in plain:
        return plain.lstrip(".") or FALLBACK_TYPE
    if plain in _ENDINGS:
        return _ENDINGS[plain]
    family, _, name = plain.partition("/")
    stem, plus, form = name.rpartition("+")
    found = (stem if family == "image" else form) if plus else name
    return found if found.isalnum() else FALLBACK_TYPE


def file_name(name: str | None, kind: str | None) -> str:
    """The file name of an artifact: its name, with its type as the ending unless it has it already.

    >>> file_name("landing", "html"), file_name("notes.md", "md"), file_name(None, None)
    ('landing.html', 'notes.md', 'artifact.txt')
    """
    stem = name or "artifact"
    ending = "." + ending_of(kind)
    return stem if stem.lower().endswith(ending) else stem + ending


def safe_names(files: Iterable[str]) -> dict[str, str]:
    """Maps each of ``files`` to a name under which it can be written into a folder on any system.

    No name leads to another folder, is hidden or reserved, or is longer than `MOST_BYTES`. No two names are
    equal, also on file systems that ignore case. A name that is safe is kept, unless it is taken.

    >>> safe_names(["a.html", "../a.html", "A.html", "nul.txt"])
    {'a.html': 'a.html', '../a.html': '_a.html', 'A.html': 'A-2.html', 'nul.txt': '_nul.txt'}
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for file in files:
        if file not in names:
            names[file] = _free(_safe(file), taken)
            taken.add(_comparable(names[file]))
    return names


def _safe(file: str) -> str:
    name = _UNSAFE.sub("_", unicodedata.normalize("NFC", file)).strip(". ")
    if _RESERVED.match(name):
        name = "_" + name
    return _short(name or "artifact")


def _free(name: str, taken: set[str]) -> str:
    stem, dot, ending = name.rpartition(".")
    free, number = name, 1
    while _comparable(free) in taken:
        number += 1
        free = f"{stem}-{number}{dot}{ending}" if stem else f"{ending}-{number}"
    return free


def _short(name: str) -> str:
    """Cuts the stem of a long name; the ending stays."""
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > 20:
        stem, dot, ending = name, "", ""
    room = MOST_BYTES - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + ending


def _comparable(name: str) -> str:
    """A key that is equal for names that a file system may treat as equal."""
    return unicodedata.normalize("NFKC", name).casefold()
