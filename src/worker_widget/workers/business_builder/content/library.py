"""Reads the content files: fields of business, kinds of offer, tones and audiences.

A *field* (podcasting, bakeries, law) describes a line of business; a *kind* (software, place, practice) is a
field for a class of offers. Every statement in them is general: it describes the usual problems and values of
such an offer, never the acts of a certain company. Sentences have slots in braces, which `Pen` fills.

English files are in ``content/`` itself, another language's in a folder named by its code. They have its
words; values without words (drawings, colours, type) come from the English file of the same name.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, TypeVar

import msgspec

from ....events.request_models import Audience, Tone


class Blurb(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    body: str


class FaqEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question a visitor may have, and its answer."""

    question: str
    answer: str


class Field(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of business.

    ``noun`` names its usual offer, ``modifier`` precedes a general noun in a working title, ``who`` is the
             usual audience, ``craft`` its activity (a gerund phrase), ``unit`` the smallest unit to try,
             ``wish`` its wish (an infinitive phrase), ``problem`` its problem in a sentence or two, ``motif``
             the drawing, ``hues`` colours in degrees, ``words`` the words that identify it in a brief.
             ``headline`` has a value for each tone,
    ``steps_heading`` and ``stance`` (the values of such an offer) for some or none. ``faq`` are the usual
                      questions. ``fits`` and ``unfits`` describe people that such an offer suits and does not
                      suit, ``closing`` is the last sentence of a page; a field without them uses those of its
                      kind and tone.
    """

    noun: str
    modifier: str
    motif: str
    hues: tuple[int, ...]
    who: str = ""
    craft: str = ""
    unit: str = ""
    wish: str = ""
    problem: str = ""
    headline: dict[Tone, str] = {}
    pains: tuple[Blurb, ...] = ()
    values: tuple[Blurb, ...] = ()
    steps: tuple[Blurb, ...] = ()
    steps_heading: dict[Tone, str] = {}
    stance: dict[Tone, str] = {}
    faq: tuple[FaqEntry, ...] = ()
    fits: tuple[str, ...] = ()
    unfits: tuple[str, ...] = ()
    closing: str = ""
    id: str = ""
    kind: str = ""
    label: str = ""
    words: tuple[str, ...] = ()


class Kind(Field, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A class of offers: ``heads`` are the nouns that identify it, ``cta`` its button's label for each tone,
    ``questions`` are for research.

    A kind has no sentences about a problem, its buyers or its values: those differ from trade to trade, and
    an offer of an unknown trade goes without.
    """

    heads: tuple[str, ...]
    cta: dict[Tone, str]
    questions: tuple[str, ...]


class ToneTheme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The design of a tone: a style sheet, font stacks, and the colours derived from a hue.

    ``saturation`` and ``lightness`` are percentages, ``shift`` is the distance to the second hue in degrees.
    """

    css: str
    heading: str
    body: str
    saturation: int
    lightness: int
    shift: int
    dark: bool


class ToneText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sentences of a tone; a list has variants of the same sentence."""

    voice: str
    headline_activity: tuple[str, ...]
    headline_function: tuple[str, ...] = ()
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
    """The texts for one of the worker API's audiences, and the channels to reach it.

    ``who`` names it in running text; empty uses the kind of offer. ``titles`` and ``bodies`` replace
            ``title`` and ``body`` for a tone; ``question`` and ``answer`` are a question of that audience,
            ``asked`` the same for a tone.
    """

    label: str
    who: str
    title: str
    body: str
    message: str
    channels: tuple[str, ...]
    titles: dict[Tone, str] = {}
    bodies: dict[Tone, str] = {}
    question: str = ""
    answer: str = ""
    asked: dict[Tone, FaqEntry] = {}


class PageWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    skip: str
    sections: str


class LandingWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``feature`` is the wording of a feature, ``untitled`` the name of an offer that the task does not name,
    ``closing`` the last heading of an unknown trade's page, ``quoted`` a note about words in another
    language, ``labels`` those of the stated facts.
    """

    for_audience: str
    offer: str
    feature: str
    closing: str
    untitled: str
    about: tuple[str, ...]
    details: str
    quoted: str
    labels: dict[str, str]


class PositioningWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    working_title: str
    statement_heading: str
    statement_offer: str
    statement_working: str
    statement_who: str
    statement_short: str
    statement_plain: str
    problem_heading: str
    promise_heading: str
    pillars_heading: str
    pillars_note: str
    audiences_heading: str
    unclaimed_heading: str
    brief_heading: str
    figures: str
    no_figures: str
    unclaimed: tuple[str, ...]
    evidence_heading: str
    evidence: tuple[str, ...]


class MessagingWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    concerns: tuple[Blurb, ...]


class ReportWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    given: str
    working_title: str
    method: str
    stated_in_task: str
    stated_in_brand: str
    assumed: str
    named_by_brand: str
    usual: str
    questions: tuple[str, ...]
    interview: tuple[str, ...]
    ways: tuple[str, ...]
    not_researched: tuple[str, ...]


class LaunchWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    confirm_heading: str
    choose_name: str
    one_proposal: str
    proposals: str
    left_out: str
    translate: str
    unread: str
    unknown_trade: str
    confirm: tuple[str, ...]
    prepare_heading: str
    prepare: tuple[str, ...]
    reach_heading: str
    channels: dict[str, tuple[str, ...]]
    after_heading: str
    after: tuple[str, ...]
    measure_heading: str
    measure: tuple[str, ...]


class GuidelinesWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``uses`` are names and uses of the palette's main colours, ``names`` the names of all its colours."""

    title: str
    voice_heading: str
    attributes: str
    do_heading: str
    dont_heading: str
    examples_heading: str
    claims_heading: str
    claims: str
    one_forbidden: str
    forbidden: str
    one_avoided: str
    avoided: str
    colors_heading: str
    own_colors: str
    proposed_colors: str
    contrast: str
    type_heading: str
    headings_font: str
    body_font: str
    type_note: str
    disclosures_heading: str
    disclosures: str
    color_header: tuple[str, str, str]
    pair_header: tuple[str, str]
    on: str
    uses: dict[str, tuple[str, str]]
    names: dict[str, str]


class AnswerWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to a task that asks for no page."""

    title: str
    task: str
    why: str
    ask_heading: str
    ask: tuple[str, ...]
    example: str


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"and_": "and"}):
    """The words of the artifacts in every tone: headings, labels, notes and lists, by artifact.

    ``tones`` names the tones, ``and_`` joins the last two items of a list, ``decimal`` is the decimal mark.
    """

    and_: str
    decimal: str
    tones: dict[Tone, str]
    page: PageWords
    landing: LandingWords
    positioning: PositioningWords
    messaging: MessagingWords
    report: ReportWords
    launch: LaunchWords
    guidelines: GuidelinesWords
    answer: AnswerWords


class AdvertisingRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A forbidden claim: the regular expression that finds it, an example, the reason."""

    expression: str
    pattern: str
    reason: str
    severity: Literal["error", "warning"] = "warning"


class PlainerWording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plainer wording: the expression to find, and its replacement (with group references)."""

    expression: str
    plain: str


class Advertising(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The advertising rules of a language, plainer wordings in the order in which they are tried, and the
    words before which a sentence may be cut."""

    rules: tuple[AdvertisingRule, ...]
    plainer: tuple[PlainerWording, ...]
    joints: tuple[str, ...]


TRANSLATIONS: Final = ("de",)
"""The folders of the languages besides English."""

KIND_IDS: Final = (
    "software", "device", "place", "practice", "experience", "publication", "cause", "product", "offer",
)  # fmt: skip
"""In order of precedence for a word of two kinds; the last is for unknown offers."""

_CONTENT: Final = files(__package__)
_SHARED_KEYS: Final = ("kind", "motif", "hues", "theme")
_T = TypeVar("_T")


@cache
def kinds(folder: str = "") -> dict[str, Kind]:
    read = {name: _read(f"kinds/{name}", folder, Kind) for name in KIND_IDS}
    return {
        name: msgspec.structs.replace(kind, id=name, kind=name, label=kind.label or name)
        for name, kind in read.items()
    }


@cache
def fields(folder: str = "") -> dict[str, Field]:
    names = sorted(entry.name.removesuffix(".toml") for entry in (_CONTENT / "fields").iterdir())
    read = {name: _read(f"fields/{name}", folder, Field) for name in names}
    return {
        name: msgspec.structs.replace(field, id=name, label=field.label or name.replace("_", " "))
        for name, field in read.items()
    }


@cache
def tone(name: Tone, folder: str = "") -> ToneText:
    return _read(f"tones/{name}", folder, ToneText)


@cache
def audiences(folder: str = "") -> dict[Audience, AudienceText]:
    return _read("audiences", folder, dict[Audience, AudienceText])


@cache
def words(folder: str = "") -> Words:
    return _read("words", folder, Words)


@cache
def advertising(folder: str) -> Advertising:
    """The advertising rules of a translation; the English ones are in the policy room."""
    return msgspec.convert(_table(f"{folder}/advertising.toml"), Advertising)


def _read(name: str, folder: str, kind: type[_T]) -> _T:
    """A content file from a language's folder; the keys without words come from the English file."""
    own = _table(f"{folder}/{name}.toml" if folder else f"{name}.toml")
    if folder:
        own |= {key: value for key, value in _table(f"{name}.toml").items() if key in _SHARED_KEYS}
    return msgspec.convert(own, kind)


def _table(path: str) -> dict[str, Any]:
    return tomllib.loads(_CONTENT.joinpath(path).read_text(encoding="utf-8"))


@cache
def style_sheet(name: str) -> str:
    """The text of a style sheet in ``content/styles``."""
    return (_CONTENT / "styles" / f"{name}.css").read_text(encoding="utf-8")


@cache
def _phrase(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){re.escape(text)}(?:s|'s|’s)?(?![^\W_])", re.IGNORECASE)


def mentions(text: str, phrase: str) -> bool:
    """Whether ``text`` contains ``phrase`` as whole words, in the singular or plural."""
    return _phrase(phrase).search(text) is not None
