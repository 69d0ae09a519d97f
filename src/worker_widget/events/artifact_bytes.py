"""The bytes of an artifact's file.

Events carry only text, so a worker sends a picture or an archive as base64 (with or without line breaks) or
as a ``data:`` URL. Every other artifact is text, and its file is UTF-8.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final
from urllib.parse import unquote_to_bytes

PICTURES: Final = frozenset(("png", "jpg", "jpeg", "gif", "webp", "avif", "bmp", "ico"))
BINARY: Final = PICTURES | {"zip", "pdf"}
"""Kinds (endings of file names) whose content is encoded."""

_DATA_URL: Final = re.compile(r"data:[^,;]*((?:;[^,;]*)*),", re.IGNORECASE)
_SPACE: Final = re.compile(r"\s+")


def decoded(text: str) -> bytes | None:
    """Decodes base64 or a ``data:`` URL; ``None`` if ``text`` as a whole is neither."""
    text = text.strip()
    url = _DATA_URL.match(text)
    if url is not None:
        text = text[url.end() :]
        if ";base64" not in url[1].lower():
            return unquote_to_bytes(text)
    try:
        return base64.b64decode(_SPACE.sub("", text), validate=True)
    except (binascii.Error, ValueError):
        return None


def file_bytes(file: str, text: str) -> bytes:
    """The content of the file named ``file`` for an artifact with this text.

    If the name has the ending of a binary format but the text cannot be decoded, the content is the text.
    """
    if file.rpartition(".")[2].lower() in BINARY:
        content = decoded(text)
        if content is not None:
            return content
    return text.encode("utf-8", "surrogatepass")
