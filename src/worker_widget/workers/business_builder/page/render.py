"""``landing.html``: one complete document with its styles inside, no script and no outside request.

The lines are in the order in which a browser draws them: styles, header, headline, sections. The templates
escape every text; nothing from the user is written into a style, an address or a tag.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from ..content import library
from ..writing.draft import Draft
from ..writing.landing_copy import LandingCopy
from ..writing.pen import Pen
from . import colors, drawings
from .design import PageDesign

if TYPE_CHECKING:
    import jinja2

_LOGO_SIDES: Final = ("center", "right")


def render(copy: LandingCopy, design: PageDesign, pen: Pen) -> Draft:
    """The page. Its prose is only what it adds to the copy: the labels for assistive technology."""
    from markupsafe import Markup  # with jinja2, when the first page is written

    skip = pen.line("skip", pen.words.page.skip, once=False)
    sections = pen.line("sections", pen.words.page.sections, once=False)
    placement = design.logo_placement.lower()
    content = (
        _templates()
        .get_template("landing.html.jinja")
        .render(
            copy=copy,
            design=design,
            theme_color=colors.code(design.palette.ground),
            styles=Markup(_styles(design)),
            skip_label=skip,
            sections_label=sections,
            logo_side=next((side for side in _LOGO_SIDES if side in placement), "left"),
            initial=next((letter.upper() for letter in copy.name if letter.isalnum()), ""),
            links=_links(copy),
            lang=lambda text: Markup(' lang="{}"').format(copy.foreign[text]) if text in copy.foreign else "",
            drawing=[Markup(line) for line in drawings.draw(design.motif, pen.seed)],
        )
    )
    return Draft("landing", "html", content, tuple(filter(None, (skip, sections))))


@cache
def _templates() -> jinja2.Environment:
    import jinja2

    folder = files(__package__) / "templates"
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _styles(design: PageDesign) -> str:
    """The design's custom properties and the style sheets of its tone and arrangement."""
    variables = {**design.palette.variables(), "--heading": design.heading_font, "--body": design.body_font}
    properties = "\n".join(f"  {name}: {value};" for name, value in variables.items())
    scheme = "dark" if design.palette.dark else "light"
    arrangement = () if design.arrangement == "gallery" else (design.arrangement,)
    sheets = "\n".join(map(library.style_sheet, ("base", design.style, *arrangement))).strip()
    return f":root {{\n  color-scheme: {scheme};\n{properties}\n}}\n{sheets}"


def _links(copy: LandingCopy) -> list[tuple[str, str]]:
    """The sections that the header links to, with their headings."""
    headings = {"steps": copy.steps.heading, "values": copy.values.heading}
    if copy.details:
        headings["details"] = copy.details.heading
    if copy.features and not copy.values.items:
        headings["values"] = copy.features.heading
    if copy.faq:
        headings["faq"] = copy.faq.heading
    return [(name, headings[name]) for name in copy.sections if headings.get(name)]
