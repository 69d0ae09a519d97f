"""Writes which characters the fonts inside the package typst have: ``python -m tests.pdf_fonts``.

The fonts are a part of its binary, which is searched for them. Characters that are invisible or that act on
others, and those without a meaning, are left out: a report shows them as code points.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any
from unicodedata import category

from worker_widget.runs.export.pdf.fonts import COVERAGE, FAMILIES, UNSHOWN

_MAGIC = (b"OTTO", b"\0\1\0\0")
_NEEDED = {b"cmap", b"name", b"head"}
_MOST_TABLES = 40
_STYLES = ("Regular", "Book", "Bold")


def fonts_in(data: bytes) -> Iterator[tuple[str, str, set[int]]]:
    """The family, style and characters of each font in a binary."""
    from fontTools.ttLib import TTFont

    for magic in _MAGIC:
        at = data.find(magic)
        while at >= 0:
            (count,) = struct.unpack_from(">H", data, at + 4)
            tables = [
                data[at + 12 + 16 * row : at + 28 + 16 * row] for row in range(min(count, _MOST_TABLES))
            ]
            if {row[:4] for row in tables} >= _NEEDED:
                end = max(sum(struct.unpack(">II", row[8:])) for row in tables)
                font: Any = TTFont(BytesIO(data[at : at + end]), lazy=True)
                names = font["name"]
                yield (
                    names.getDebugName(16) or names.getDebugName(1),
                    names.getDebugName(2),
                    set(font.getBestCmap()),
                )
            at = data.find(magic, at + 1)


def coverage(binary: Path) -> dict[str, list[list[int]]]:
    """For each family the ranges of characters that its regular and its bold style have."""
    found: dict[str, set[int]] = {}
    for family, style, characters in fonts_in(binary.read_bytes()):
        if style in _STYLES:
            spelled = family.replace(" ", "").removesuffix("10")
            name = next((name for name in FAMILIES if name.replace(" ", "") == spelled), None)
            if name is not None:
                found[name] = found.get(name, characters) & characters
    return {
        name: _ranges({code for code in found[name] if category(chr(code)) not in UNSHOWN})
        for name in FAMILIES
    }


def _ranges(codes: set[int]) -> list[list[int]]:
    ranges: list[list[int]] = []
    for code in sorted(codes):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return ranges


def main() -> None:
    import typst

    (binary,) = Path(typst.__file__).parent.glob("_typst*.so")
    lines = [f'  "{name}": {json.dumps(ranges)}' for name, ranges in coverage(binary).items()]
    text = f'{{\n  "typst": "{version("typst")}",\n' + ",\n".join(lines) + "\n}\n"
    COVERAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
