"""The design of a page: colours and type, from the brand, or derived from field and tone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from ....events.request_models import Tone, Visual
from ..brief.seed import Seed
from ..content import library
from ..content.library import Field
from ..language import typography
from . import colors
from .colors import RGB, Palette

DEFAULT_FONT: Final = "Inter"
"""The default of the request model; it is replaced by the tone's own type."""

_SAFE_FONT: Final = re.compile(r"[^\W_][\w -]{0,59}")
_WARMTH: Final = {"casual": 0.55, "neutral": 0.0, "professional": 0.0, "formal": 0.9, "luxury": 0.0}


_WARM: Final = 56
_TOWARDS_GOLD: Final = 26
"""Degrees."""


Arrangement = Literal["gallery", "ledger", "poster"]

_ARRANGEMENTS: Final[Mapping[Tone, tuple[Arrangement, ...]]] = {
    "casual": ("gallery", "poster"),
    "neutral": ("gallery", "ledger", "poster"),
    "professional": ("gallery", "ledger", "poster"),
    "formal": ("gallery",),
    "luxury": ("gallery", "ledger"),
}
"""The arrangements of each tone; a formal page has its own columns."""


@dataclass(frozen=True)
class PageDesign:
    """The design of a page. The fonts are CSS font stacks; ``own_colors`` says that the brand named colours.

    ``arrangement`` is the layout: cards in a row (``gallery``), ruled lines beside their headings
                    (``ledger``), or large type under a wide drawing (``poster``).
    """

    palette: Palette
    heading_font: str
    body_font: str
    style: str
    arrangement: Arrangement
    motif: str
    logo_placement: str
    own_colors: bool


def decide(tone: Tone, field: Field, visual: Visual | None, seed: Seed) -> PageDesign:
    """The design of a run's page."""
    theme = library.tone(tone).theme
    named = visual is not None and visual.primary_color is not None
    derived = seed.choose("hue", field.hues)
    primary = colors.from_hsl(derived, theme.saturation, theme.lightness)
    if visual is not None and visual.primary_color is not None:
        primary = colors.parse(visual.primary_color)
    if visual is not None and visual.secondary_color is not None:
        secondary = colors.parse(visual.secondary_color)
    else:
        secondary = _second(primary, tone, theme.shift)
    return PageDesign(
        palette=colors.palette(primary, secondary, dark=theme.dark, warmth=_WARMTH[tone]),
        heading_font=_stack(visual.font_heading if visual else DEFAULT_FONT, theme.heading),
        body_font=_stack(visual.font_body if visual else DEFAULT_FONT, theme.body),
        style=theme.css,
        arrangement=seed.choose("arrangement", _ARRANGEMENTS[tone]),
        motif=field.motif,
        logo_placement=typography.clean(visual.logo_placement) if visual else "top-left",
        own_colors=named,
    )


def font_problem(name: str) -> str | None:
    """Why a font name cannot be used in a style sheet, if so."""
    if _SAFE_FONT.fullmatch(typography.clean(name)):
        return None
    return (
        "only letters, digits, spaces, hyphens and underscores can name a font; the tone's own type is used"
    )


def _second(primary: RGB, tone: Tone, shift: int) -> RGB:
    """The second colour: a metal for luxury, else a neighbour on the colour wheel.

    A warm colour gets a golden neighbour, because the other one is pink.
    """
    if tone == "luxury":
        return colors.from_hsl(40, 46, 66)
    strength = max(colors.saturation(primary), 30)
    hue = colors.hue(primary)
    distance = _TOWARDS_GOLD if hue < _WARM and shift < 0 else shift
    return colors.from_hsl(hue + distance, min(strength, 76), 54 if tone == "casual" else 46)


def _stack(name: str, fallback: str) -> str:
    font = typography.clean(name)
    if font == DEFAULT_FONT or font_problem(font) is not None:
        return fallback
    return f"'{font}', {fallback}"
