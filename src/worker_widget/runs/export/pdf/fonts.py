"""Which characters the report can show, and code points in place of the others.

The fonts are those inside the package typst, so that a report has the same bytes on every computer. They have
Latin, Greek, Cyrillic, Hebrew, Arabic and many symbols. ``coverage.json`` lists their characters; it is
written by ``python -m tests.pdf_fonts``. A folder of a person's own can add fonts for other scripts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final
from unicodedata import category

import msgspec
import regex

from ....errors import PackageMissing, RequestRefused
from ....settings import PDF_FONTS, variable

COVERAGE: Final = Path(__file__).with_name("coverage.json")
FAMILIES: Final = ("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono")
_MONO: Final = ("DejaVu Sans Mono", "Libertinus Serif", "New Computer Modern")

UNSHOWN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""The categories of characters that are invisible, act on others, or have no meaning."""

_SPACES: Final = {0x09: "    ", 0x0A: " ", 0x0D: " "}
_LONG_WORD: Final = regex.compile(r"\S{30,}")
_PIECE: Final = regex.compile(r"\X{20}(?=\S)")
_CLUSTER: Final = regex.compile(r"\X")
_BREAK: Final = "\u200b"


class ReportFonts:
    """The families of a report, and the characters of each. ``folder`` has those that are not inside typst.

    ``plain`` are the characters that need no further look: one font has them, and they are no marks.
    """

    def __init__(
        self, families: dict[str, frozenset[str]], mono: Sequence[str], folder: Path | None = None
    ) -> None:
        self.families = tuple(families)
        self.mono = (*mono, *(name for name in families if name not in mono))
        self.folder = folder
        self._fonts = tuple(families.values())
        self._any = frozenset().union(*self._fonts)
        self._plain = frozenset(sign for sign in self._fonts[0] if not _is_mark(sign))

    def shown(self, value: Any) -> Any:
        """A JSON value in which all texts, of any characters, can be set; its keys stay.

        >>> built_in_fonts().shown({"a": ["yes \\U0001f9ff", 1]})
        {'a': ['yes [U+1F9FF]', 1]}
        """
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {key: self.shown(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.shown(inner) for inner in value]
        return value

    def _text(self, text: str) -> str:
        text = text.translate(_SPACES)
        if not self._plain.issuperset(text):
            text = "".join(self._cluster(match[0]) for match in _CLUSTER.finditer(text))
        return _LONG_WORD.sub(_breakable, text)

    def _cluster(self, cluster: str) -> str:
        """One character as a person sees it, if one font has all of it: fonts are not mixed within it."""
        if any(font.issuperset(cluster) for font in self._fonts) and not _is_mark(cluster[0]):
            return cluster
        return "".join(
            sign if sign in self._any and not _is_mark(sign) else f"[U+{ord(sign):04X}]" for sign in cluster
        )


@cache
def built_in_fonts() -> ReportFonts:
    """The fonts inside the package typst."""
    return ReportFonts(_built_in(), _MONO)


def report_fonts() -> ReportFonts:
    """The fonts for a report: those inside typst, then those of the folder ``WORKER_PDF_FONTS``.

    Raises `RequestRefused` if that is no folder, and `PackageMissing`.
    """
    named = variable(PDF_FONTS)
    if not named:
        return built_in_fonts()
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise RequestRefused(f"{PDF_FONTS} has to name a folder with fonts, and {folder} is none.")
    return ReportFonts(_built_in() | _fonts_in(folder), _MONO, folder)


def _built_in() -> dict[str, frozenset[str]]:
    ranges = msgspec.json.decode(COVERAGE.read_bytes())
    return {
        name: frozenset(chr(code) for first, last in ranges[name] for code in range(first, last + 1))
        for name in FAMILIES
    }


def _fonts_in(folder: Path) -> dict[str, frozenset[str]]:
    """The families of a folder, each with the characters that all of its upright fonts have."""
    try:
        import typst
        from fontTools.ttLib import TTFont, TTLibError
    except ImportError as error:
        raise PackageMissing(
            'Fonts for a PDF need the packages of the extra: pip install "worker-widget[pdf]"'
        ) from error
    found: dict[str, frozenset[str]] = {}
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)]
    ).fonts()
    for font in sorted(fonts, key=lambda font: (font.family, font.path or "", font.index)):
        if font.path is None or font.style != "normal" or font.family in FAMILIES:
            continue
        try:
            with TTFont(font.path, fontNumber=font.index, lazy=True) as file:
                codes = file.getBestCmap() or {}
        except (TTLibError, OSError):
            continue
        signs = frozenset(chr(code) for code in codes if category(chr(code)) not in UNSHOWN)
        found[font.family] = found.get(font.family, signs) & signs
    return found


def _is_mark(sign: str) -> bool:
    return category(sign).startswith("M")


def _breakable(word: regex.Match[str]) -> str:
    """A long word with places at which a line can end."""
    return _PIECE.sub(lambda piece: piece[0] + _BREAK, word[0])
