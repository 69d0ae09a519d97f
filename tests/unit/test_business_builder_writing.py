"""The writing: made for this brief, in this tone, to these people, and in good English."""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import combinations
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.briefs import BRIEFS
from worker_widget.events.request_models import Audience, Tone, ValidatedRequest
from worker_widget.workers.business_builder.brief.gather import gather
from worker_widget.workers.business_builder.brief.seed import Seed
from worker_widget.workers.business_builder.content import library
from worker_widget.workers.business_builder.language import tone_marks
from worker_widget.workers.business_builder.page import design, drawings, page_reader, render
from worker_widget.workers.business_builder.policy import compiler
from worker_widget.workers.business_builder.writing import (
    landing,
    launch_plan,
    market_report,
    messaging,
    positioning,
)
from worker_widget.workers.business_builder.writing.landing_copy import Approach, LandingCopy
from worker_widget.workers.business_builder.writing.pen import Pen

TONES: tuple[Tone, ...] = get_args(Tone)
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
APPROACHES: tuple[Approach, ...] = get_args(Approach)
ENGLISH = [name for name in BRIEFS if name != "german"]


def pen_for(asked: dict[str, Any], approach: Approach = "plain") -> Pen:
    request = ValidatedRequest(**asked)
    facts = gather(request)
    rules = compiler.compile_rules(request.brand, name=facts.name, budget=None)
    return Pen(facts, rules, Seed.of(request), approach)


def copy_of(asked: dict[str, Any], approach: Approach = "plain") -> LandingCopy:
    return landing.compose(pen_for(asked, approach))


def page_of(asked: dict[str, Any], approach: Approach = "plain") -> str:
    request, pen = ValidatedRequest(**asked), pen_for(asked, approach)
    seen = design.decide(
        pen.facts.tone, pen.facts.field, request.brand.visual if request.brand else None, pen.seed
    )
    return render.render(copy_of(asked, approach), seen, pen).content


def words_of(asked: dict[str, Any], approach: Approach = "plain") -> set[str]:
    return set(page_reader.read(page_of(asked, approach)).main)


@pytest.mark.parametrize(
    ("name", "wording"),
    [
        ("podcast_tool", ("It turns raw recordings into finished episodes", "Chapter markers", "Talk now")),
        ("bakery", ("a small sourdough bakery in Lyon", "Wood-fired oven", "Your first visit", "loaf")),
        ("law_firm", ("For tenants", "a law firm in Berlin", "Arrange a consultation")),
        (
            "climate_sensor",
            ("A climate sensor for greenhouses, designed to warn growers", "Two-year battery"),
        ),
        ("childrens_book", ("a fox who is afraid of the dark", "One more page?", "Read slowly")),
        ("bank_api", ("open accounts and move money", "For developers", "Where are the limits?")),
        ("gym", ("For women over 50", "a gym in Leeds", "Show up.")),
        ("wedding_planner", ("A wedding planner for couples", "the two of you", "Without haste.")),
        ("database", ("for developers who want to store data", "Time travel", "Pull the plug")),
    ],
)
def test_a_page_uses_its_own_brief(name: str, wording: tuple[str, ...]) -> None:
    text = "\n".join(page_reader.read(page_of(BRIEFS[name])).texts).casefold()
    for phrase in wording:
        assert phrase.casefold() in text


def test_pages_for_different_briefs_share_few_sentences() -> None:
    pages = {name: words_of(BRIEFS[name]) for name in ENGLISH}
    for one, other in combinations(ENGLISH, 2):
        shared = pages[one] & pages[other]
        assert len(shared) <= len(pages[one]) / 2, (one, other, shared)


@pytest.mark.parametrize("name", ENGLISH)
@pytest.mark.parametrize("approach", APPROACHES)
def test_sentences_are_complete_and_not_repeated(name: str, approach: Approach) -> None:
    _is_good_english(page_of(BRIEFS[name], approach))


def _is_good_english(html: str) -> None:
    found = page_reader.read(html)
    parts = [part for text in found.main for part in re.split(r"(?<=[.!?])\s+", text) if part.count(" ") >= 3]
    assert len(parts) == len({part.casefold() for part in parts}), [p for p in parts if parts.count(p) > 1]
    for text in found.texts:
        assert not re.search(r"[{}]|\bNone\b|\s[,.;:?!]|,,|\.\.|\s\s", text), text
        assert not re.search(r"\ba [aeio]\w|\ban [bcdfgjklmnpqrstvwyz]\w|\b(\w+) \1\b", text), text
        assert text[0] == text[0].upper() or not text[0].isalpha(), text


@pytest.mark.parametrize("name", ["podcast_tool", "gym", "bank_api", "database"])
def test_an_approach_decides_what_comes_first(name: str) -> None:
    plain, story = (copy_of(BRIEFS[name], approach) for approach in APPROACHES)
    first, *others = (name for name in plain.sections if name != "details")  # these depend on the headline
    assert first == "values"
    assert story.sections[0] == "problem"
    assert sorted([first, *others]) == sorted(name for name in story.sections if name != "details")
    assert plain.hero != story.hero
    problem = pen_for(BRIEFS[name]).slots["Problem"]
    assert (story.hero.opening, plain.hero.opening) == (problem, "")
    html = page_of(BRIEFS[name], "story")
    assert html.index('id="problem"') < html.index('id="values"')


@pytest.mark.parametrize(
    ("compose", "plain_first", "story_first"),
    [
        (positioning.compose, "Statement", "The problem"),
        (messaging.compose, '"one_line"', '"pitch"'),
        (market_report.compose, '"derived_from"', '"hypotheses"'),
        (
            lambda pen: launch_plan.compose(pen, launch_plan.OpenPoints(1)),
            "Prepare",
            "Reach the first people",
        ),
    ],
)
def test_every_text_follows_the_approach(compose: Any, plain_first: str, story_first: str) -> None:
    plain, story = (compose(pen_for(BRIEFS["gym"], approach)).content for approach in APPROACHES)
    assert plain.index(plain_first) < plain.index(story_first)
    assert story.index(story_first) < story.index(plain_first)


def test_a_brands_tagline_is_the_headline_of_a_story() -> None:
    plain, story = (copy_of(BRIEFS["podcast_tool"], approach).hero for approach in APPROACHES)
    assert (plain.eyebrow, story.headline) == ("Talk now, tidy later", "Talk now, tidy later")
    assert (plain.source, story.source) == ("brief", "brand")
    assert "a tool that turns raw recordings into finished episodes" in story.note.casefold()


def spoken(tone: Tone, audience: Audience, name: str = "bank_api") -> dict[str, Any]:
    asked = BRIEFS[name]
    brand = {**asked["brand"], "tone": {"primary": tone}, "target_audience": [audience]}
    return {**asked, "task": "A bank API to move money", "brand": brand}


@cache
def spoken_words(tone: Tone, audience: Audience) -> frozenset[str]:
    return frozenset(words_of(spoken(tone, audience)))


@pytest.mark.parametrize("audience", AUDIENCES)
def test_each_tone_has_another_voice_for_each_audience(audience: Audience) -> None:
    for one, other in combinations(TONES, 2):
        assert len(spoken_words(one, audience) - spoken_words(other, audience)) >= 15, (one, other)


@pytest.mark.parametrize("tone", TONES)
def test_each_audience_has_other_texts_in_each_tone(tone: Tone) -> None:
    for one, other in combinations(AUDIENCES, 2):
        new = spoken_words(tone, one) - spoken_words(tone, other)
        assert len(new) >= 4, (one, other, new)


def test_the_texts_for_an_audience_depend_on_the_tone() -> None:
    bodies = {text.bodies[tone] for text in library.audiences().values() for tone in TONES}
    assert len(bodies) == len(TONES) * len(AUDIENCES)


def test_two_audiences_each_get_a_card_and_a_question() -> None:
    copy = copy_of(BRIEFS["bank_api"])
    texts = [library.audiences()[audience] for audience in ("b2b_developer", "b2b_enterprise")]
    assert copy.audience is not None
    assert [card.title for card in copy.audience.cards] == [text.titles["professional"] for text in texts]
    assert copy.faq is not None
    asked = [item.title for item in copy.faq.items]
    assert all(text.question in asked for text in texts)
    alone = copy_of(
        {**BRIEFS["bank_api"], "brand": {**BRIEFS["bank_api"]["brand"], "target_audience": ["b2b_developer"]}}
    )
    assert alone.audience is not None
    assert alone.audience.fits is not None


ODD = [
    ("A pet crematorium for grieving dog owners in rural Wales", "practice", "pet crematorium"),
    ("Industrial composting plants for municipalities", "offer", "composting plants"),
    ("Ghost walks in Edinburgh", "experience", "ghost walks"),
    ("Chess lessons for retirees in the park", "experience", "chess lessons"),
    ("Restoration of old violins", "practice", "old violins"),
    ("Adopt a beehive: city people sponsor a hive and get honey in autumn", "offer", "beehive"),
    ("Truffle dogs for hire to restaurants", "offer", "truffle dogs"),
    ("A lighthouse for sale to eccentric couples", "place", "lighthouse"),
]


@pytest.mark.parametrize(("task", "kind", "noun"), ODD)
def test_an_odd_offer_is_not_taken_for_something_else(task: str, kind: str, noun: str) -> None:
    facts = pen_for({"task": task}).facts
    assert (facts.field.id, facts.kind.id) == (kind, kind)
    html = page_of({"task": task})
    _is_good_english(html)
    texts = page_reader.read(html).texts
    assert sum(noun in text.casefold() for text in texts) >= 3, texts
    strange = {blurb.body for blurb in library.kinds()["product"].pains + library.kinds()["software"].pains}
    assert strange.isdisjoint(texts)


def test_a_brand_gives_an_odd_offer_its_headline() -> None:
    brand = {
        "company_name": "Last Walk",
        "mission": "We look after animals after they have died.",
        "value_proposition": "A quiet farewell for a dog, close to home and without hurry.",
    }
    hero = copy_of({"task": "A pet crematorium for grieving dog owners", "brand": brand}).hero
    assert hero.headline == "A quiet farewell for a dog, close to home and without hurry"
    assert hero.source == "brand"
    assert "a pet crematorium" in hero.subhead.casefold()


def test_a_thing_in_the_plural_is_offered() -> None:
    brand = {**BRIEFS["gym"]["brand"], "company_name": "Humus", "tone": {"primary": "neutral"}}
    text = positioning.compose(
        pen_for({"task": "Composting plants for municipalities", "brand": brand})
    ).content
    assert "Humus offers composting plants for municipalities" in text


def test_a_tone_that_spares_words_names_the_problem_alone() -> None:
    copy = copy_of(BRIEFS["wedding_planner"])
    assert copy.problem is not None
    assert copy.problem.items == ()
    assert 'class="problem alone"' in page_of(BRIEFS["wedding_planner"])


def test_pages_are_laid_out_in_different_ways() -> None:
    arranged = {re.search(r'<body class="(\w+)">', page_of(BRIEFS[name]))[1] for name in ENGLISH}  # type: ignore[index]
    assert arranged == {"gallery", "ledger", "poster"}


@pytest.mark.parametrize("tone", TONES)
def test_our_own_sentences_are_at_home_in_their_tone(tone: Tone) -> None:
    """What all tones share must suit each of them: nothing we write ourselves may count as drift."""
    out_of_place = tone_marks.avoided(tone)
    pools = (library.tone(tone), *library.kinds().values(), *library.fields().values())
    wording = [*_sentences(pools, tone), *_sentences(tuple(library.audiences().values()), tone)]
    assert len(wording) > 400
    for sentence in wording:
        assert tone_marks.marks(sentence, out_of_place) == (), sentence


def _sentences(value: Any, tone: Tone) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return _sentences(value[tone], tone) if tone in value else []
    if isinstance(value, tuple):
        return [text for item in value for text in _sentences(item, tone)]
    names = getattr(value, "__struct_fields__", ())
    kept = [name for name in names if name not in {"theme", "words", "heads", "forms", "id"}]
    return [text for name in kept for text in _sentences(getattr(value, name), tone)]


def test_a_title_fits_into_a_tab() -> None:
    brand = {**BRIEFS["gym"]["brand"], "company_name": "The Honourable Society of Gymnasts of Upper Leeds"}
    for asked in (*BRIEFS.values(), {"task": "A gym", "brand": brand}):
        title = copy_of(asked).title
        assert 0 < len(title) <= 70
        assert title.startswith(copy_of(asked).name)


def test_every_kind_and_field_has_the_same_parts() -> None:
    for field in (*library.kinds().values(), *library.fields().values()):
        known = field.id != field.kind
        assert set(field.stance) == (set(TONES) if known else set()), field.id
        assert len(field.faq) == (4 if known else 0), field.id
        assert len(field.fits) == len(field.unfits) == (2 if known else 0), field.id
        assert bool(field.closing) == known, field.id
        assert drawings.draw(field.motif, Seed(b"seed"))
    for kind in library.kinds().values():
        if kind.steps_heading:
            assert set(kind.steps_heading) == set(TONES), kind.id


_NOUNS = st.sampled_from(
    [
        *(
            "app",
            "tool",
            "bakery",
            "umbrella",
            "honest newsletter",
            "ukulele lessons",
            "software",
            "ice cream",
        ),
        *(
            "x-ray service",
            "eel farm",
            "unicycles",
            "hour-long podcast",
            "harbour tours",
            "insurance",
            "glass",
        ),
        *("orchestra", "AI assistant", "translation of old letters"),
    ]
)
_TAILS = st.sampled_from(
    [
        "",
        " for nurses",
        " for people who bike to work",
        " in Porto",
        " that helps teachers plan and print lessons",
        " that reminds people to water their plants",
        " to find and book rooms",
        " with maps and stories",
        " about rivers",
    ]
)


@settings(max_examples=60)
@given(
    noun=_NOUNS,
    tail=_TAILS,
    tone=st.sampled_from(TONES),
    approach=st.sampled_from(APPROACHES),
    named=st.booleans(),
)
def test_no_brief_breaks_the_grammar(
    noun: str, tail: str, tone: Tone, approach: Approach, named: bool
) -> None:
    asked: dict[str, Any] = {"task": f"Create a landing page for {noun}{tail}"}
    if named:
        asked["brand"] = {**BRIEFS["bakery"]["brand"], "tone": {"primary": tone}}
    _is_good_english(page_of(asked, approach))
    wording = json.loads(messaging.compose(pen_for(asked, approach)).content)
    assert wording["one_line"]
