"""Computes the colours of a page from the brand's own or derived ones, so that text is readable.

Contrast is WCAG 2's ratio of relative luminances, 1 to 21. Text reaches 4.5. A brand's colour is used
unchanged on surfaces; as text it is moved towards black or white until it is readable.
"""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TEXT_CONTRAST: Final = 4.5

RGB = tuple[int, int, int]

WHITE: Final[RGB] = (255, 255, 255)
BLACK: Final[RGB] = (0, 0, 0)


def parse(text: str) -> RGB:
    """The colour of "#1e40af" or "#ccc"."""
    digits = text.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def code(color: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


def from_hsl(hue: float, saturation: float, lightness: float) -> RGB:
    """A colour from a hue in degrees and two percentages."""
    red, green, blue = colorsys.hls_to_rgb((hue % 360) / 360, lightness / 100, saturation / 100)
    return round(red * 255), round(green * 255), round(blue * 255)


def hue(color: RGB) -> float:
    return colorsys.rgb_to_hls(*(channel / 255 for channel in color))[0] * 360


def saturation(color: RGB) -> float:
    return colorsys.rgb_to_hls(*(channel / 255 for channel in color))[2] * 100


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """``first`` with a ``share`` (0 to 1) of ``second`` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def luminance(color: RGB) -> float:
    linear = [
        channel / 255 / 12.92 if channel / 255 <= 0.04045 else ((channel / 255 + 0.055) / 1.055) ** 2.4
        for channel in color
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: RGB, second: RGB) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(color: RGB, *grounds: RGB, ratio: float = TEXT_CONTRAST) -> RGB:
    """``color``, moved towards black or white (the nearer one) until it is readable on every ground.

    Where no colour is readable on all grounds, the better of black and white.
    """
    for step in range(51):
        for goal in (BLACK, WHITE):
            moved = mix(color, goal, step / 50)
            if all(contrast(moved, ground) >= ratio for ground in grounds):
                return moved
    return max((BLACK, WHITE), key=lambda goal: min(contrast(goal, ground) for ground in grounds))


@dataclass(frozen=True)
class Palette:
    """The colours of a page.

    ``ground``, ``surface`` and ``tint`` carry ``ink``, ``muted`` and ``accent`` (the primary colour as
    text); the dark ``band``, which runs into ``band_end``, carries its own three; ``pop``, the secondary
    colour deepened (gold as it is, for it turns to mud), carries ``on_pop``; ``primary`` and ``secondary``
    are surfaces, ``on_primary`` and ``on_secondary`` the text on them.
    """

    ground: RGB
    surface: RGB
    tint: RGB
    band: RGB
    line: RGB
    ink: RGB
    muted: RGB
    accent: RGB
    band_end: RGB
    on_band: RGB
    band_muted: RGB
    band_accent: RGB
    pop: RGB
    on_pop: RGB
    primary: RGB
    on_primary: RGB
    secondary: RGB
    on_secondary: RGB
    dark: bool

    def variables(self) -> Mapping[str, str]:
        """CSS custom properties, in a fixed order."""
        names = (
            "ground", "surface", "tint", "band", "line", "ink", "muted", "accent", "band_end", "on_band",
            "band_muted", "band_accent", "pop", "on_pop", "primary", "on_primary",
            "secondary", "on_secondary",
        )  # fmt: skip
        return {f"--{name.replace('_', '-')}": code(getattr(self, name)) for name in names}

    def pairs(self) -> Mapping[str, float]:
        """Every pair of text and ground on the page, with its contrast."""
        grounds = {"ground": self.ground, "surface": self.surface, "tint": self.tint}
        texts = {"ink": self.ink, "muted": self.muted, "accent": self.accent}
        found = {
            f"{text} on {ground}": contrast(texts[text], grounds[ground])
            for text in texts
            for ground in grounds
        }
        for text in ("on_band", "band_muted", "band_accent"):
            for ground in ("band", "band_end"):
                found[f"{text} on {ground}"] = contrast(getattr(self, text), getattr(self, ground))
        found["on_pop on pop"] = contrast(self.on_pop, self.pop)
        found["on_primary on primary"] = contrast(self.on_primary, self.primary)
        found["on_secondary on secondary"] = contrast(self.on_secondary, self.secondary)
        return found


def palette(primary: RGB, secondary: RGB, *, dark: bool, warmth: float = 0.0) -> Palette:
    """A page's colours from two; ``warmth`` (0 to 1) tints the background, ``dark`` makes it dark."""
    paper = mix(WHITE, (250, 244, 232), warmth)
    if dark:
        ground = mix((13, 13, 15), primary, 0.07)
        surface, tint = mix(ground, WHITE, 0.045), mix(ground, primary, 0.10)
        band = mix(ground, BLACK, 0.35)
        ink, muted = mix(WHITE, primary, 0.08), mix(ground, WHITE, 0.68)
        line = mix(ground, secondary, 0.38)
    else:
        ground, surface = paper, mix(paper, WHITE, 0.6)
        tint = mix(paper, primary, 0.07)
        band = mix(mix(primary, BLACK, 0.62), (10, 14, 24), 0.35)
        ink, muted = mix((16, 18, 24), primary, 0.12), mix((70, 74, 84), primary, 0.12)
        line = mix(paper, mix(primary, (40, 44, 54), 0.6), 0.16)
    grounds = (ground, surface, tint)
    band_end = mix(band, primary, 0.22)
    pop = secondary if _is_gold(secondary) else readable(secondary, WHITE)
    return Palette(
        ground=ground,
        surface=surface,
        tint=tint,
        band=band,
        line=line,
        ink=readable(ink, *grounds, ratio=7.0),
        muted=readable(muted, *grounds),
        accent=readable(secondary if dark else primary, *grounds),
        band_end=band_end,
        on_band=readable(mix(WHITE, primary, 0.06), band, band_end),
        band_muted=readable(mix(mix(WHITE, primary, 0.06), band, 0.2), band, band_end),
        band_accent=readable(mix(secondary, WHITE, 0.25), band, band_end),
        pop=pop,
        on_pop=readable(_nearer(pop), pop),
        primary=primary,
        on_primary=readable(_nearer(primary), primary),
        secondary=secondary,
        on_secondary=readable(_nearer(secondary), secondary),
        dark=dark,
    )


def _is_gold(color: RGB) -> bool:
    return 36 <= hue(color) <= 70


def _nearer(surface: RGB) -> RGB:
    """White or near-black text for a surface, the more readable one."""
    choices: tuple[RGB, RGB] = (WHITE, (17, 18, 22))
    return max(choices, key=lambda choice: contrast(choice, surface))
