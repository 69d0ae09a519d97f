"""The written material: fields of business, kinds of offer, tones and audiences, read from ``content/``.

A *field* (podcasting, bakeries, law) is what the writing knows about a line of business; a *kind*
(software, place, practice) is a field for everything in its class, and knows how such offers are
approached. Every statement in them is general: it says what people in that position run into or what
an offer could stand for, never what a certain company did. Sentences hold slots in braces, filled by
`Voice`.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from ...models import Audience, Tone


class Blurb(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    body: str


class Field(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of business.

    ``noun`` names its usual offer, ``modifier`` goes before a general noun in a working title, ``who``
    is the usual audience, ``craft`` what they do (a gerund phrase), ``unit`` the least one can try,
    ``wish`` what they want (an infinitive phrase), ``problem`` their trouble in a sentence or two,
    ``motif`` the drawing that goes with it, ``hues`` fitting colours in degrees, ``words`` what
    gives it away in a brief; ``headline`` has one for each tone.
    """

    noun: str
    modifier: str
    who: str
    craft: str
    unit: str
    wish: str
    problem: str
    motif: str
    hues: tuple[int, ...]
    headline: dict[Tone, str]
    pains: tuple[Blurb, ...]
    values: tuple[Blurb, ...]
    steps: tuple[Blurb, ...]
    id: str = ""
    kind: str = ""
    words: tuple[str, ...] = ()


class Kind(Field, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A class of offers: ``heads`` are the nouns it is recognised by, ``cta`` labels its button for each
    tone, ``fits`` and ``unfits`` say for whom such an offer is and is not, ``questions`` are for research.
    """

    heads: tuple[str, ...]
    cta: dict[Tone, str]
    fits: tuple[str, ...]
    unfits: tuple[str, ...]
    questions: tuple[str, ...]


class ToneTheme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a tone looks: a style sheet, font stacks, and the colours it makes of a hue.

    ``saturation`` and ``lightness`` are percentages, ``shift`` is the way to the second hue in degrees.
    """

    css: str
    heading: str
    body: str
    saturation: int
    lightness: int
    shift: int
    dark: bool


class ToneText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sentences a tone has for every brief; lists are variants of one sentence."""

    voice: str
    headline_activity: tuple[str, ...]
    subhead: tuple[str, ...]
    lead: tuple[str, ...]
    hero_note: str
    secondary: str
    problem_heading: str
    steps_heading: str
    steps_intro: tuple[str, ...]
    values_heading: str
    values_intro: tuple[str, ...]
    features_heading: str
    mission_heading: str
    audience_heading: str
    fits_heading: str
    unfits_heading: str
    faq_heading: str
    faq_what_q: str
    faq_what_a: str
    faq_who_q: str
    faq_who_a: str
    faq_begin_q: str
    faq_begin_a: str
    faq_promise_q: str
    faq_promise_a: str
    faq_notes_q: str
    faq_notes_a: str
    closing_heading: tuple[str, ...]
    closing_body: tuple[str, ...]
    notes_heading: str
    pitch: str
    subject_line: str
    social_line: str
    announcement: str
    do: tuple[str, ...]
    dont: tuple[str, ...]
    theme: ToneTheme


class AudienceText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said to one of the worker API's audiences, and where they may be reached."""

    label: str
    who: str
    title: str
    body: str
    message: str
    channels: tuple[str, ...]


KIND_IDS: Final = ("software", "device", "place", "practice", "publication", "cause", "product")
"""In order of precedence, where a word could be of two."""

_CONTENT: Final = files(__package__) / "content"


@cache
def kinds() -> dict[str, Kind]:
    read = {
        name: msgspec.toml.decode((_CONTENT / "kinds" / f"{name}.toml").read_bytes(), type=Kind)
        for name in KIND_IDS
    }
    return {name: msgspec.structs.replace(kind, id=name, kind=name) for name, kind in read.items()}


@cache
def fields() -> dict[str, Field]:
    found = sorted((_CONTENT / "fields").iterdir(), key=lambda entry: entry.name)
    read = {
        entry.name.removesuffix(".toml"): msgspec.toml.decode(entry.read_bytes(), type=Field)
        for entry in found
    }
    return {name: msgspec.structs.replace(field, id=name) for name, field in read.items()}


@cache
def tone(name: Tone) -> ToneText:
    return msgspec.toml.decode((_CONTENT / "tones" / f"{name}.toml").read_bytes(), type=ToneText)


@cache
def audiences() -> dict[Audience, AudienceText]:
    return msgspec.toml.decode((_CONTENT / "audiences.toml").read_bytes(), type=dict[Audience, AudienceText])


@cache
def style_sheet(name: str) -> str:
    """The text of one of the style sheets in ``content/styles``."""
    return (_CONTENT / "styles" / f"{name}.css").read_text(encoding="utf-8")


@cache
def _phrase(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){re.escape(text)}(?:s|'s|’s)?(?![^\W_])", re.IGNORECASE)


def mentions(text: str, phrase: str) -> bool:
    """Whether ``phrase`` stands in ``text`` as a word of its own, in the singular or plural."""
    return _phrase(phrase).search(text) is not None
