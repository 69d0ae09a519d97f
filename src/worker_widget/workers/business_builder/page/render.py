"""``landing.html``: one complete document with its styles inside; no script, nothing from elsewhere.

The lines come in the order in which a browser can draw them well: styles, header, headline, sections.
Every text is escaped; what comes from the user never reaches a style, an address or a tag.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Final

from ..brief.seed import Seed
from ..content import library
from ..writing.draft import Draft
from ..writing.landing_copy import Fits, Item, LandingCopy
from ..writing.pen import Pen
from . import colors, drawings
from .design import Look


def render(copy: LandingCopy, look: Look, pen: Pen) -> Draft:
    """The page. Its prose is only what it adds to the copy: the labels for assistive technology."""
    skip = pen.line("skip", pen.words.page.skip, once=False)
    sections = pen.line("sections", pen.words.page.sections, once=False)
    lines = [
        "<!doctype html>",
        f'<html lang="{copy.language}">',
        *_head(copy, look),
        f'<body class="{look.arrangement}">',
        *([f'<a class="skip" href="#main">{escape(skip)}</a>'] if skip else []),
        *_header(copy, look, sections),
        '<main id="main">',
        *_hero(copy, look, pen.seed),
        *(line for name in copy.sections for line in _SECTIONS[name](copy)),
        *_closing(copy),
        "</main>",
        *_footer(copy),
        "</body>",
        "</html>",
    ]
    return Draft("landing", "html", "\n".join(lines) + "\n", tuple(filter(None, (skip, sections))))


def _head(copy: LandingCopy, look: Look) -> list[str]:
    variables = dict(look.palette.variables())
    variables["--heading"], variables["--body"] = look.heading_font, look.body_font
    values = [f"  {name}: {value};" for name, value in variables.items()]
    sheets = ("base", look.style, *((look.arrangement,) if look.arrangement != "gallery" else ()))
    styles = "\n".join(map(library.style_sheet, sheets)).strip()
    return [
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(copy.title)}</title>",
        *([f'<meta name="description" content="{escape(copy.description)}">'] if copy.description else []),
        f'<meta name="theme-color" content="{colors.code(look.palette.ground)}">',
        "<style>",
        ":root {",
        f"  color-scheme: {'dark' if look.palette.dark else 'light'};",
        *values,
        "}",
        *styles.splitlines(),
        "</style>",
        "</head>",
    ]


def _header(copy: LandingCopy, look: Look, label: str) -> list[str]:
    headings = {"steps": copy.steps.heading, "values": copy.values.heading}
    if copy.faq:
        headings["faq"] = copy.faq.heading
    sections = [(name, headings[name]) for name in copy.sections if name in headings]
    links = [f'    <li><a href="#{anchor}">{escape(text)}</a></li>' for anchor, text in sections if text]
    side = next((side for side in ("center", "right") if side in look.logo_placement.lower()), "left")
    initial = next((letter for letter in copy.name if letter.isalnum()), "")
    mark = f'<span class="mark" aria-hidden="true">{escape(initial.upper())}</span>' if initial else ""
    nav = (
        [
            f'  <nav aria-label="{escape(label)}">' if label else "  <nav>",
            "  <ul>",
            *links,
            "  </ul>",
            "  </nav>",
        ]
        if links
        else []
    )
    return [
        f'<header class="bar logo-{side}" id="top">',
        '<div class="wrap">',
        f'  <a class="brand" href="#top">{mark}<span>{escape(copy.name)}</span></a>',
        *nav,
        "</div>",
        "</header>",
    ]


def _hero(copy: LandingCopy, look: Look, seed: Seed) -> list[str]:
    hero = copy.hero
    secondary = f'    <a class="quiet" href="#steps">{escape(hero.secondary)}</a>' if hero.secondary else ""
    return _kept(
        '<section class="hero" aria-labelledby="headline">',
        '<div class="wrap">',
        '  <div class="hero-text">',
        _tag("p", hero.eyebrow, "eyebrow"),
        f'    <h1 id="headline">{escape(hero.headline)}</h1>',
        _tag("p", hero.opening, "opening"),
        _tag("p", hero.subhead, "lead"),
        '    <p class="actions">',
        f'    <a class="button" href="#start">{escape(hero.cta)}</a>',
        secondary,
        "    </p>",
        _tag("p", hero.note, "note"),
        "  </div>",
        '  <div class="hero-art" aria-hidden="true">',
        *("  " + line for line in drawings.draw(look.motif, seed)),
        "  </div>",
        "</div>",
        "</section>",
    )


def _problem(copy: LandingCopy) -> list[str]:
    problem = copy.problem
    if problem is None:
        return []
    items = _items(problem.items, "cards") if problem.items else []
    return [*_open("problem", problem.heading, problem.intro, alone=not items), *items, *_CLOSE]


def _steps(copy: LandingCopy) -> list[str]:
    steps = copy.steps
    if not steps.items:
        return []
    return [*_open("steps", steps.heading, steps.intro), *_items(steps.items, "steps", ordered=True), *_CLOSE]


def _values(copy: LandingCopy) -> list[str]:
    lines = [*_open("values", copy.values.heading, copy.values.intro), *_items(copy.values.items, "values")]
    if copy.features:
        lines.append('<div class="features">')
        lines += _kept(_tag("h3", copy.features.heading), "  <ul>")
        lines += [f"    <li>{escape(feature)}</li>" for feature in copy.features.items]
        lines += ["  </ul>", "</div>"]
    return [*lines, *_CLOSE] if copy.values.items or copy.features else []


def _mission(copy: LandingCopy) -> list[str]:
    if copy.mission is None:
        return []
    return _kept(
        *_open("mission", copy.mission.heading),
        "<blockquote>",
        _tag("p", copy.mission.quote),
        "</blockquote>",
        _tag("p", copy.mission.vision, "vision"),
        *_CLOSE,
    )


def _audience(copy: LandingCopy) -> list[str]:
    if copy.audience is None:
        return []
    lines = _open("audience", copy.audience.heading)
    if copy.audience.fits is None:
        return [*lines, *_items(copy.audience.cards, "cards"), *_CLOSE]
    lines.append(f'<div class="fits of-{1 + bool(copy.audience.unfits) + len(copy.audience.cards)}">')
    for card in copy.audience.cards:
        lines += _kept('  <div class="whom">', _tag("h3", card.title), _tag("p", card.body), "  </div>")
    lines += _fits(copy.audience.fits, "yes")
    lines += _fits(copy.audience.unfits, "no") if copy.audience.unfits else []
    return [*lines, "</div>", *_CLOSE]


def _fits(fits: Fits, kind: str) -> list[str]:
    items = [f"    <li>{escape(item)}</li>" for item in fits.items]
    return _kept(f'  <div class="{kind}">', _tag("h3", fits.heading), "  <ul>", *items, "  </ul>", "  </div>")


def _faq(copy: LandingCopy) -> list[str]:
    if copy.faq is None:
        return []
    lines = [*_open("faq", copy.faq.heading, copy.faq.intro), '<div class="questions">']
    for index, item in enumerate(copy.faq.items):
        lines += [
            f"  <details{' open' if index == 0 else ''}>",
            f"    <summary>{escape(item.title)}</summary>",
            f"    <p>{escape(item.body)}</p>",
            "  </details>",
        ]
    return [*lines, "</div>", *_CLOSE]


_SECTIONS: Final[Mapping[str, Callable[[LandingCopy], list[str]]]] = {
    "problem": _problem,
    "steps": _steps,
    "values": _values,
    "mission": _mission,
    "audience": _audience,
    "faq": _faq,
}


def _closing(copy: LandingCopy) -> list[str]:
    closing = copy.closing
    return _kept(
        *_open("start", closing.heading, closing.body),
        f'<p class="actions"><a class="button" href="#top">{escape(closing.cta)}</a></p>',
        *_CLOSE,
    )


def _footer(copy: LandingCopy) -> list[str]:
    footer = copy.footer
    notes = [f"    <li>{escape(text)}</li>" for text in footer.disclosures]
    disclosures = [
        '  <div class="notes">',
        _tag("h2", footer.notes_heading),
        "  <ul>",
        *notes,
        "  </ul>",
        "  </div>",
    ]
    return _kept(
        '<footer class="foot">',
        '<div class="wrap">',
        f'  <p class="brand">{escape(copy.name)}</p>',
        _tag("p", footer.line, "line"),
        *(disclosures if notes else ()),
        "</div>",
        "</footer>",
    )


_CLOSE = ("</div>", "</section>")


def _open(name: str, heading: str, intro: str = "", *, alone: bool = False) -> list[str]:
    """The beginning of a section; ``alone`` says that the introduction is all there is in it."""
    labelled = f' aria-labelledby="{name}-heading"' if heading else ""
    head = _kept(
        '<div class="head">',
        _tag("h2", heading, ident=f"{name}-heading"),
        _tag("p", intro, "intro"),
        "</div>",
    )
    return [
        f'<section class="{name}{" alone" if alone else ""}" id="{name}"{labelled}>',
        '<div class="wrap">',
        *(head if len(head) > 2 else ()),
    ]


def _items(items: Sequence[Item], kind: str, *, ordered: bool = False) -> list[str]:
    tag = "ol" if ordered else "ul"
    lines = [f'<{tag} class="items {kind} of-{len(items)}">']
    for item in items:
        lines += _kept("  <li>", _tag("h3", item.title), _tag("p", item.body), "  </li>")
    return [*lines, f"</{tag}>"]


def _tag(name: str, text: str, kind: str = "", *, ident: str = "") -> str:
    """An element with text, or nothing for no text."""
    if not text:
        return ""
    marks = (f' class="{kind}"' if kind else "") + (f' id="{ident}"' if ident else "")
    return f"    <{name}{marks}>{escape(text)}</{name}>"


def _kept(*lines: str) -> list[str]:
    return [line for line in lines if line]
