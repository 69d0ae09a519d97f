"""All artifacts of a run as one zip archive. Equal artifacts give equal bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Final

from .artifact_bytes import file_bytes
from .file_names import safe_names

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def bundle(artifacts: Mapping[str, str]) -> bytes:
    """A zip archive of ``artifacts`` (file names to texts), in their order.

    The files have the bytes of `file_bytes` and the names of `safe_names`. They are uncompressed and dated
    1980-01-01, so that the archive depends only on the artifacts.
    """
    packed = io.BytesIO()
    names = safe_names(artifacts)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for file, text in artifacts.items():
            entry = zipfile.ZipInfo(names[file], _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file_bytes(file, text))
    return packed.getvalue()
