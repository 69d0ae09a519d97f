"""The languages that the engine writes in, by their two-letter codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import detection
from .english import English
from .german import German
from .language import Language

LANGUAGES: Final[Mapping[str, Language]] = {language.code: language for language in (English(), German())}


def writing_language(code: str) -> Language:
    """The language to write in for a text in the language ``code``: English where it is not supported."""
    return LANGUAGES.get(code, LANGUAGES[detection.DEFAULT])
