"""The drawing beside the headline: inline SVG, one motif for each line of business.

Shapes have classes instead of colours (``f1`` to ``f3`` are fills, ``s1`` and ``s2`` strokes), so that a
tone's style sheet can draw the same motif in flat colour or fine lines. Variations depend on the seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from ..brief.seed import Seed

WIDTH: Final = 480
HEIGHT: Final = 420


def draw(motif: str, seed: Seed) -> list[str]:
    """The lines of an SVG element; decoration, hidden from assistive technology."""
    shapes = _MOTIFS[motif](seed)
    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="xMidYMid slice" focusable="false">'
    return [head, *("  " + shape for shape in shapes), "</svg>"]


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _circle(x: float, y: float, radius: float, kind: str) -> str:
    return f'<circle class="{kind}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>'


def _rect(x: float, y: float, width: float, height: float, radius: float, kind: str, extra: str = "") -> str:
    place = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="{_n(radius)}"'
    return f'<rect class="{kind}" {place}{extra}/>'


def _path(data: str, kind: str) -> str:
    return f'<path class="{kind}" d="{data}"/>'


def _bars(seed: Seed) -> list[str]:
    shapes = [_circle(240, 210, 150, "f3"), _circle(240, 210, 104, "f3")]
    phase = seed.index("bars", 628) / 100
    for index in range(21):
        x = 40 + index * 20
        swell = math.exp(-(((index - 10) / 6.4) ** 2))
        height = 26 + 210 * swell * (0.42 + 0.58 * abs(math.sin(index * 0.9 + phase)))
        shapes.append(_rect(x - 5, 210 - height / 2, 10, height, 5, "f2" if index % 5 == 2 else "f1"))
    return shapes


def _arcs(seed: Seed) -> list[str]:
    shapes = [_circle(120, 320, 250 - step * 56, "f3") for step in range(2)]
    for step in range(5):
        radius = 70 + step * 58
        shapes.append(
            _path(
                f"M120 {320 - radius}A{radius} {radius} 0 0 1 {120 + radius} 320", "s2" if step % 2 else "s1"
            )
        )
    shapes += [_circle(120, 320, 26, "f1"), _circle(120, 320, 9, "f2")]
    points = [(240 + 34 * i, 150 - 46 * math.sin(i * 0.9 + seed.index("arcs", 300) / 100)) for i in range(7)]
    shapes.append(_path("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points), "s1"))
    return shapes + [_circle(x, y, 6, "f2") for x, y in points[::2]]


def _waves(seed: Seed) -> list[str]:
    shapes = [_circle(330, 130, 74, "f2")]
    for layer, kind in enumerate(("f3", "f1", "f3", "f1")):
        base = 190 + layer * 58
        phase = seed.index(f"wave{layer}", 628) / 100
        points = [(x, base + (26 - layer * 3) * math.sin(x / 74 + phase)) for x in range(0, WIDTH + 1, 24)]
        line = "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
        shapes.append(f'<path class="{kind} veil{layer}" d="M0 {HEIGHT}L{line}L{WIDTH} {HEIGHT}Z"/>')
    return shapes


def _loaves(seed: Seed) -> list[str]:
    shapes = [_circle(240, 210, 168, "f3")]
    for x, y, wide, kind in ((164, 250, 120, "f2"), (312, 262, 132, "f1"), (236, 314, 176, "f1")):
        high = wide * 0.58
        left, right, top = x - wide / 2, x + wide / 2, y - high
        curve = f"C{_n(left - 6)} {_n(top)} {_n(right + 6)} {_n(top)} {_n(right)} {_n(y)}"
        shapes.append(_path(f"M{_n(left)} {_n(y)}{curve}Z", kind))
        for cut in (-0.22, 0, 0.22):
            at = x + cut * wide
            shapes.append(
                _path(f"M{_n(at - 9)} {_n(y - high * 0.62)}q12 {_n(high * 0.14)} 16 {_n(high * 0.3)}", "s3")
            )
    for ear in range(2 + seed.index("ears", 2)):
        x = 214 + ear * 34
        shapes.append(_path(f"M{x} 190Q{x + 4} 130 {x + 14} 84", "s1"))
        for grain in range(4):
            gx, gy = x + 5 + grain * 3, 150 - grain * 20
            for side in (-1, 1):
                bend = f"M{gx} {gy}q{side * 14} -4 {side * 14} -20q{side * -13} 2 {side * -14} 20Z"
                shapes.append(_path(bend, "f2"))
    return shapes


def _columns(seed: Seed) -> list[str]:
    shapes = [
        _circle(240, 196, 172, "f3"),
        _path("M84 148L240 62L396 148Z", "f1"),
        _circle(240, 116, 15, "f2"),
    ]
    shapes.append(_rect(92, 154, 296, 14, 3, "f2"))
    count = 5 + seed.index("columns", 2)
    gap = 268 / (count - 1)
    for index in range(count):
        x = 106 + index * gap
        shapes += [_rect(x - 11, 176, 22, 126, 4, "f1"), _rect(x - 15, 172, 30, 8, 3, "f2")]
    shapes += [
        _rect(88, 304, 304, 12, 3, "f2"),
        _rect(70, 320, 340, 12, 3, "f1"),
        _rect(52, 336, 376, 12, 3, "f3"),
    ]
    return shapes


def _stars(seed: Seed) -> list[str]:
    shapes = [_circle(336, 124, 66, "f2"), _circle(362, 106, 56, "f0")]
    for index in range(11):
        x, y = 36 + seed.index(f"sx{index}", 400), 30 + seed.index(f"sy{index}", 190)
        if math.dist((x, y), (345, 118)) < 96:
            continue
        size = 5 + seed.index(f"ss{index}", 9)
        tips = ((x + size, y), (x, y + size), (x - size, y), (x, y - size))
        shapes.append(_path(f"M{x} {y - size}" + "".join(f"Q{x} {y} {a} {b}" for a, b in tips) + "Z", "f2"))
    shapes.append(_path(f"M0 {HEIGHT}V300Q90 236 190 290T380 284T480 262V{HEIGHT}Z", "f3"))
    shapes.append(_path(f"M0 {HEIGHT}V350Q120 280 250 338T480 324V{HEIGHT}Z", "f1"))
    shapes += [_path("M118 330V276L142 250L166 276V330Z", "f3"), _rect(134, 284, 16, 18, 2, "f2")]
    return shapes


def _cards(seed: Seed) -> list[str]:
    shapes = [_circle(250, 210, 160, "f3")]
    tilt = 4 + seed.index("tilt", 5)
    for index, kind in enumerate(("f3", "f2", "f1")):
        angle = tilt * (1 - index) * -2
        turn = f' transform="rotate({angle} 240 210)"'
        shapes.append(_rect(104, 126 + index * 22, 272, 164, 18, kind, turn))
    shapes += [
        _rect(130, 198, 44, 34, 7, "f2"),
        _rect(130, 262, 120, 10, 5, "f0"),
        _rect(130, 286, 78, 10, 5, "f0"),
    ]
    return [*shapes, _circle(326, 286, 20, "f2"), _circle(346, 286, 20, "f0 half")]


def _slopes(seed: Seed) -> list[str]:
    top = 156 + seed.index("slopes", 30)
    shapes = [
        _circle(412, 158, 46, "f2"),
        _path(f"M-10 {HEIGHT}L150 {top + 20}L320 {HEIGHT}Z", "f3"),
        _path(f"M130 {HEIGHT}L300 {top}L500 {HEIGHT}Z", "f1"),
        _path(f"M300 {top + 2}V{top - 52}", "s1"),
        _path(f"M301 {top - 54}L346 {top - 40}L301 {top - 26}Z", "f2"),
    ]
    bars = ((40 + index * 26, 22 + index * 22, "f2" if index == 5 else "f1") for index in range(6))
    return shapes + [_rect(x, 394 - height, 16, height, 4, kind) for x, height, kind in bars]


def _rings(seed: Seed) -> list[str]:
    shapes = [
        _circle(240, 210, 176, "f3"),
        _circle(190, 220, 84, "s1 wide"),
        _circle(290, 220, 84, "s2 wide"),
    ]
    turn = seed.index("rings", 60)
    for index in range(12):
        angle = math.radians(turn + index * 30)
        x, y = 240 + 168 * math.cos(angle), 214 + 168 * math.sin(angle)
        shapes.append(_circle(x, y, 5 if index % 2 else 9, "f2" if index % 3 else "f1"))
    return shapes


def _stack(seed: Seed) -> list[str]:
    shapes = [_circle(240, 210, 172, "f3")]
    lit = seed.index("stack", 4)
    for index in range(4):
        y = 300 - index * 62
        kind = "f2" if index == lit else "f1"
        shapes.append(_path(f"M132 {y - 26}V{y + 14}A108 34 0 0 0 348 {y + 14}V{y - 26}Z", kind))
        lid = f'cx="240" cy="{y - 26}" rx="108" ry="34"/>'
        shapes += [f'<ellipse class="{kind}" {lid}', f'<ellipse class="rim" {lid}']
        shapes.append(_circle(322, y + 10, 5, "f0"))
    return shapes


def _leaves(seed: Seed) -> list[str]:
    shapes = [
        _circle(240, 190, 166, "f3"),
        _path("M176 330H304L290 402H190Z", "f2"),
        _rect(166, 314, 148, 24, 6, "f2"),
    ]
    for stem, (x, lean) in enumerate(((226, -34), (254, 40))):
        top = 74 + seed.index(f"stem{stem}", 40)
        shapes.append(_path(f"M{x} 316Q{x} 210 {x + lean} {top}", "s1"))
        for index in range(5):
            share = 0.22 + index * 0.18
            at_x, at_y = x + lean * share * share, 316 - (316 - top) * share
            size = 62 - index * 7
            for side in (-1, 1):
                tip = f"{_n(at_x + side * size)} {_n(at_y - size * 0.62)}"
                bend = f"M{_n(at_x)} {_n(at_y)}Q{_n(at_x + side * size * 0.2)} {_n(at_y - size * 0.7)} {tip}"
                back = f"Q{_n(at_x + side * size * 0.85)} {_n(at_y + size * 0.1)} {_n(at_x)} {_n(at_y)}Z"
                shapes.append(_path(bend + back, "f1" if (index + stem) % 3 else "f2"))
    return shapes


def _path_of_lights(seed: Seed) -> list[str]:
    sway = 50 + seed.index("sway", 40)
    shapes = [_circle(352, 126, 46, "f2"), _circle(240, 214, 176, "f3")]
    shapes.append(_path(f"M0 {HEIGHT}V262Q110 214 230 252T480 236V{HEIGHT}Z", "f3"))
    shapes.append(_path(f"M0 {HEIGHT}V300Q130 256 250 286T480 280V{HEIGHT}Z", "f1"))
    shapes.append(_path(f"M196 {HEIGHT}C{180 - sway} 372 {300 + sway} 356 {262 + sway // 2} 286", "s3 wide"))
    for index in range(4):
        x, y = 176 + index * 58, 250 - (index % 2) * 26
        shapes += [_path(f"M{x} 286V{y}", "s1"), _circle(x, y - 12, 13 - index, "f2")]
    shapes.append(_path("M64 286V206L96 168L128 206V286Z", "f1"))
    return [*shapes, _rect(86, 216, 20, 26, 3, "f2")]


def _wheels(seed: Seed) -> list[str]:
    turn = seed.index("spokes", 30)
    shapes = [_circle(240, 210, 168, "f3")]
    for hub, kind in ((140, "s1"), (340, "s2")):
        for index in range(12):
            angle = math.radians(turn + index * 30)
            rim = f"{_n(hub + 68 * math.cos(angle))} {_n(244 + 68 * math.sin(angle))}"
            shapes.append(_path(f"M{hub} 244L{rim}", f"{kind} fine"))
        shapes.append(_circle(hub, 244, 70, f"{kind} rimmed"))
    shapes += [
        _path("M140 244L196 156H304L222 244Z", "s1 frame"),
        _path("M186 124L222 244", "s1 frame"),
        _path("M340 244L298 124Q294 108 314 108H334", "s1 frame"),
        _rect(160, 112, 54, 14, 7, "f2"),
    ]
    return [*shapes, _circle(222, 244, 18, "f2"), _circle(222, 244, 6, "f0")]


def _grid(seed: Seed) -> list[str]:
    shapes = []
    for row in range(5):
        for column in range(6):
            choice = seed.index(f"tile{row}.{column}", 9)
            x, y = 34 + column * 70, 36 + row * 70
            kind = "f1" if choice < 2 else "f2" if choice == 2 else "f3"
            if choice == 3:
                shapes.append(_circle(x + 30, y + 30, 30, "f1"))
            elif choice == 4:
                shapes.append(_path(f"M{x} {y + 60}A60 60 0 0 1 {x + 60} {y}V{y + 60}Z", "f2"))
            else:
                shapes.append(_rect(x, y, 60, 60, 14, kind))
    return shapes


_MOTIFS: Final[Mapping[str, Callable[[Seed], list[str]]]] = {
    "bars": _bars,
    "arcs": _arcs,
    "waves": _waves,
    "loaves": _loaves,
    "columns": _columns,
    "stars": _stars,
    "cards": _cards,
    "slopes": _slopes,
    "rings": _rings,
    "stack": _stack,
    "leaves": _leaves,
    "path": _path_of_lights,
    "wheels": _wheels,
    "grid": _grid,
}
