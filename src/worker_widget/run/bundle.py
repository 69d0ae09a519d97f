"""All artifacts of a run as one zip: the same artifacts, the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Final

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def bundle(artifacts: Mapping[str, str]) -> bytes:
    """A zip of ``artifacts`` (file names to texts), in their order.

    Files are stored as UTF-8, uncompressed and dated 1980-01-01, so that the bytes depend on nothing but
    the artifacts. A name that is empty or would leave the folder it is unpacked in raises `ValueError`.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, text in artifacts.items():
            if not name or name in {".", ".."} or any(mark in name for mark in "/\\:\0"):
                raise ValueError(
                    f"an artifact cannot be packed under the name {name!r}: use a plain file name"
                )
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text.encode())
    return packed.getvalue()
