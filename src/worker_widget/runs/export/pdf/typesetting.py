"""Sets the report as PDF, with the compiler of the package typst."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec

from ....artifacts.page_picture import page_picture
from ....errors import PackageMissing
from ..trace import Trace
from .fonts import ReportFonts, built_in_fonts, report_fonts
from .report import report

_TEMPLATE: Final = Path(__file__).with_name("report.typ")
_PICTURE: Final = "page.png"
_MOST_PAGE_CHARS: Final = 5_000_000
_STANDARD: Final = "ua-1"


def typst_compiler() -> Callable[..., Any]:
    """The function that compiles a report. Raises `PackageMissing`."""
    try:
        import typst
    except ImportError as error:
        raise PackageMissing(
            "A report as PDF needs the package typst, which is not installed. "
            'Install it with: pip install "worker-widget[pdf]"'
        ) from error
    return typst.compile


def pdf_pieces(
    trace: Trace, compiler: Callable[..., Any], read: Callable[[float], None] = lambda share: None
) -> Iterator[bytes]:
    """The bytes of the report, in one piece. ``read`` is called with the share of the work that is done."""
    content = report(trace)
    read(0.4)
    file, picture = _picture(trace)
    read(0.7)
    yield typeset(content, file, picture, compiler)


def typeset(content: dict[str, Any], file: str, picture: bytes | None, compiler: Callable[..., Any]) -> bytes:
    """Sets a report, with the picture of the page ``file`` if there is one."""
    fonts = report_fonts()
    try:
        return _set(content, file, picture, compiler, fonts)
    except RuntimeError:  # typst's own error, here of a font that does not set what it has
        if fonts.folder is None:
            raise
        return _set(content, file, picture, compiler, built_in_fonts())


def _set(
    content: dict[str, Any],
    file: str,
    picture: bytes | None,
    compiler: Callable[..., Any],
    fonts: ReportFonts,
) -> bytes:
    content = fonts.shown(content)
    content |= {"fonts": fonts.families, "mono": fonts.mono, "picture": picture and fonts.shown(file)}
    year, month, day, hour, minute, second = content["moment"]
    with TemporaryDirectory(prefix="worker-widget-") as name:
        directory = Path(name)
        shutil.copyfile(_TEMPLATE, directory / _TEMPLATE.name)
        (directory / "report.json").write_bytes(msgspec.json.encode(content))
        if picture is not None:
            (directory / _PICTURE).write_bytes(picture)
        pdf: bytes = compiler(
            str(directory / _TEMPLATE.name),
            root=str(directory),
            font_paths=[] if fonts.folder is None else [str(fonts.folder)],
            ignore_system_fonts=True,
            pdf_standards=[_STANDARD],
            timestamp=datetime(year, month, day, hour, minute, second, tzinfo=UTC),
        )
    return pdf


def _picture(trace: Trace) -> tuple[str, bytes | None]:
    """The first page among the artifacts, and its picture."""
    for artifact in trace.state.artifacts:
        if artifact.kind == "html" and artifact.has_content and artifact.chars <= _MOST_PAGE_CHARS:
            page = trace.text(artifact.file)
            return artifact.file, page_picture(page) if page else None
    return "", None
