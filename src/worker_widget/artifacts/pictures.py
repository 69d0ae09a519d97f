"""Renders pictures as ``<img>``, which runs no script and loads nothing, whatever the picture contains."""

from __future__ import annotations

import base64
from typing import Final
from xml.etree import ElementTree

from ..events.artifact_bytes import decoded
from .invalid_content import InvalidContent

_SVG: Final = "{http://www.w3.org/2000/svg}svg"
_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"\x00\x00\x01\x00", "x-icon"),
)
_END_MARKERS: Final = {"png": b"IEND\xaeB`\x82", "jpeg": b"\xff\xd9", "gif": b";"}


def picture(text: str) -> str:
    """A picture in base64 or as a ``data:`` URL. Raises `InvalidContent` for any other text."""
    data = decoded(text)
    if data is None:
        raise InvalidContent("it is not a picture in base64.")
    kind = _kind(data)
    if kind is None:
        raise InvalidContent("its format is not a supported picture format.")
    whole = _END_MARKERS.get(kind, b"") in data[-64:]
    caption = f"{kind.removeprefix('x-').upper()}, {len(data):,} bytes" + ("" if whole else ", cut off")
    return _figure(kind, data, caption)


def svg_picture(text: str) -> str:
    """An SVG as a picture, never as part of the document. Raises `InvalidContent`."""
    if text.lstrip()[:5].lower() == "data:":
        data = decoded(text)
        text = "" if data is None else data.decode("utf-8", "replace")
    if "<!ENTITY" in text:
        raise InvalidContent("it declares entities.")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise InvalidContent(f"it is not valid SVG ({error}).") from None
    if root.tag != _SVG:
        raise InvalidContent("its root element is not svg in the SVG namespace.")
    return _figure("svg+xml", text.encode(), f"SVG, {len(text):,} characters")


def _kind(data: bytes) -> str | None:
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return "avif" if data[4:12] in (b"ftypavif", b"ftypavis") else None


def _figure(kind: str, data: bytes, caption: str) -> str:
    url = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    return f'<figure class="picture"><img alt="" src="{url}"><figcaption>{caption}</figcaption></figure>'
