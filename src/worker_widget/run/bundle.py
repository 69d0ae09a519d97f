"""All artifacts of a run as one zip: the same artifacts, the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Final

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_UNSAFE: Final = re.compile(r'[/\\:*?"<>|\x00-\x1f\ud800-\udfff]')


def bundle(artifacts: Mapping[str, str]) -> bytes:
    """A zip of ``artifacts`` (file names to texts), in their order.

    Files are stored as UTF-8, uncompressed and dated 1980-01-01, so that the bytes depend on nothing but
    the artifacts. A name that would leave the folder it is unpacked in is changed so that it does not.
    """
    packed = io.BytesIO()
    taken: set[str] = set()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, text in artifacts.items():
            plain = _plain_name(name, taken)
            taken.add(plain.casefold())
            entry = zipfile.ZipInfo(plain, _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text.encode("utf-8", "surrogatepass"))
    return packed.getvalue()


def _plain_name(name: str, taken: set[str]) -> str:
    """A file name that no folder is in and that is not taken yet."""
    plain = _UNSAFE.sub("_", name).strip(". ") or "artifact"
    stem, dot, ending = plain.rpartition(".")
    number = 1
    while plain.casefold() in taken:
        number += 1
        plain = f"{stem}-{number}{dot}{ending}" if stem else f"{ending}-{number}"
    return plain
