"""Keywords of the package's own in the JSON schemas that its host serves; other clients ignore them."""

from __future__ import annotations

from typing import Final

WORDS: Final = "x-min-words"
"""The least number of words in a text."""

NAMES: Final = "x-names"
"""What a person reads instead of each listed value: value to name."""
