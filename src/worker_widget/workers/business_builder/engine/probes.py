"""Which tools are really there: each is tried, not assumed.

A probe uses its tool once, as a stage would, and says what is missing; ``None`` means that it works. The
language model's probe is the model writer's own: it reaches for the endpoint.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Final

from ..content import library
from ..language import tone_marks
from ..page import colors, page_reader
from ..policy import compiler
from ..policy.rules import breaks
from ..writing.writer import Writer

NO_MODEL: Final = "no language model is configured: WORKER_LLM_URL and WORKER_LLM_MODEL are not set"
NOT_ASKED: Final = "the request wants the rules to write"


async def probe(model: Writer | None, *, asked: bool = True) -> Mapping[str, str | None]:
    """For each tool what keeps it from working, if anything does.

    A model is probed only where it is ``asked`` to write.
    """
    found = {tool: _tried(attempt) for tool, attempt in _ATTEMPTS.items()}
    if model is None:
        return {**found, "language_model": NO_MODEL}
    return {**found, "language_model": await model.probe() if asked else NOT_ASKED}


def _policy_rules() -> bool:
    return breaks("the best of all", compiler.compile_rules(None)) is not None


def _content() -> bool:
    return bool(library.fields() and library.kinds() and tone_marks.avoided("neutral"))


def _style_sheets() -> bool:
    return bool(library.style_sheet("base"))


def _contrast() -> bool:
    return round(colors.contrast(colors.parse("#000000"), colors.parse("#ffffff"))) == 21


def _page_reader() -> bool:
    return page_reader.read("<main><p>read</p></main>").texts == ["read"]


def _archive() -> bool:
    return zlib.decompress(zlib.compress(b"packed")) == b"packed"


_ATTEMPTS: Final[Mapping[str, Callable[[], bool]]] = {
    "policy_rules": _policy_rules,
    "content": _content,
    "style_sheets": _style_sheets,
    "contrast": _contrast,
    "page_reader": _page_reader,
    "archive": _archive,
}


def _tried(attempt: Callable[[], bool]) -> str | None:
    try:
        return None if attempt() else "it gives a wrong answer"
    except Exception as error:
        return f"it does not work ({type(error).__name__}: {error})"
