"""How a brand looks: its colours and type, its own where it has said so, else derived from field and tone."""

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

UNSAID_FONT: Final = "Inter"
"""The default of the request model: naming it says nothing, so the tone's own type is used."""

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
"""Which ways to lay out a page go with a tone; a formal page has columns of its own."""


@dataclass(frozen=True)
class PageDesign:
    """``heading_font`` and ``body_font`` are CSS font stacks; ``own_colors`` says the brand named its own.

    ``arrangement`` is how the page is laid out: cards in a row (``gallery``), ruled lines beside their
    headings (``ledger``), or large type under a wide drawing (``poster``).
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
    """The look of a run's page."""
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
        heading_font=_stack(visual.font_heading if visual else UNSAID_FONT, theme.heading),
        body_font=_stack(visual.font_body if visual else UNSAID_FONT, theme.body),
        style=theme.css,
        arrangement=seed.choose("arrangement", _ARRANGEMENTS[tone]),
        motif=field.motif,
        logo_placement=typography.clean(visual.logo_placement) if visual else "top-left",
        own_colors=named,
    )


def font_problem(name: str) -> str | None:
    """Why a font name cannot go into a style sheet, if so."""
    if _SAFE_FONT.fullmatch(typography.clean(name)):
        return None
    return (
        "only letters, digits, spaces, hyphens and underscores can name a font; the tone's own type is used"
    )


def _second(primary: RGB, tone: Tone, shift: int) -> RGB:
    """A second colour to go with the first: for luxury a metal, else a neighbour on the wheel.

    A warm one gets a golden neighbour: on the other side of it lies pink.
    """
    if tone == "luxury":
        return colors.from_hsl(40, 46, 66)
    strength = max(colors.saturation(primary), 30)
    hue = colors.hue(primary)
    way = _TOWARDS_GOLD if hue < _WARM and shift < 0 else shift
    return colors.from_hsl(hue + way, min(strength, 76), 54 if tone == "casual" else 46)


def _stack(name: str, fallback: str) -> str:
    wanted = typography.clean(name)
    if wanted == UNSAID_FONT or font_problem(wanted) is not None:
        return fallback
    return f"'{wanted}', {fallback}"
