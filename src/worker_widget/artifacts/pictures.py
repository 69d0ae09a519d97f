"""Pictures, as pictures: an ``<img>`` runs no script and loads nothing, whatever is in it."""

from __future__ import annotations

import base64
from typing import Final
from xml.etree import ElementTree

from ..events.binary import decoded
from .invalid_content import Unreadable

_SVG: Final = "{http://www.w3.org/2000/svg}svg"
_BEGINNINGS: Final = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"\x00\x00\x01\x00", "x-icon"),
)
_ENDS: Final = {"png": b"IEND\xaeB`\x82", "jpeg": b"\xff\xd9", "gif": b";"}


def picture(text: str) -> str:
    """A picture that comes as base64 or as a ``data:`` URL. Raises `Unreadable`."""
    data = decoded(text)
    if data is None:
        raise Unreadable("it is not a picture in base64.")
    kind = _kind(data)
    if kind is None:
        raise Unreadable("it begins like no picture that can be shown.")
    whole = _ENDS.get(kind, b"") in data[-64:]
    words = f"{kind.removeprefix('x-').upper()}, {len(data):,} bytes" + ("" if whole else ", cut off")
    return _shown(kind, data, words)


def svg_picture(text: str) -> str:
    """An SVG, as a picture and never as a part of the document. Raises `Unreadable`."""
    if text.lstrip()[:5].lower() == "data:":
        data = decoded(text)
        text = "" if data is None else data.decode("utf-8", "replace")
    if "<!ENTITY" in text:
        raise Unreadable("it declares entities.")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise Unreadable(f"it is not valid SVG ({error}).") from None
    if root.tag != _SVG:
        raise Unreadable("its outermost element is not an svg in the SVG namespace.")
    return _shown("svg+xml", text.encode(), f"SVG, {len(text):,} characters")


def _kind(data: bytes) -> str | None:
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return "avif" if data[4:12] in (b"ftypavif", b"ftypavis") else None


def _shown(kind: str, data: bytes, words: str) -> str:
    url = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    return f'<figure class="picture"><img alt="" src="{url}"><figcaption>{words}</figcaption></figure>'
