"""Register and drift: what is out of place in a tone, what says the same plainly, how far a text is off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis.strategies import DataObject, data, lists, sampled_from

from worker_widget.events.request_models import Brand, Tone
from worker_widget.workers.business_builder.language import detection, english_grammar, tone_marks
from worker_widget.workers.business_builder.language.languages import writing_language
from worker_widget.workers.business_builder.policy import drift

TONES: tuple[Tone, ...] = get_args(Tone)

OFF: dict[Tone, str] = {
    "casual": "Pursuant to the aforementioned mandate, utilize synergies in order to commence a bakery page",
    "neutral": "yo make a dope page for our bakery, gonna be sick, no cap",
    "professional": "Hey guys, we need an awesome bakery page, kinda cool stuff lol",
    "formal": "We're gonna need a bakery page and it's gotta be awesome!!!",
    "luxury": "yo make a sick page for our dope bakery lol, super cheap stuff dude!!!",
}
FITTING: dict[Tone, str] = {
    "casual": "Hey, let's make a cool page for our bakery. It's gonna be fun!",
    "neutral": "Make a page for our bakery in the old mill",
    "professional": "We need a landing page for our bakery and its morning customers",
    "formal": "Please prepare a landing page for the bakery, with its opening hours",
    "luxury": "A page for the bakery, unhurried, about bread that takes two days",
}


def brand(primary: Tone, **more: Any) -> Brand:
    return Brand.model_validate(
        {
            "company_name": "Aurelia",
            "mission": "To bake slow bread in the old mill by the river",
            "value_proposition": "Bread from a wood oven, made by two bakers who take their time",
            **more,
            "tone": {"primary": primary, **more.get("tone", {})},
        }
    )


def measured(text: str, of: Brand) -> drift.DriftMeasurement:
    anchors = drift.anchors(of, of.tone.primary, (of.mission, of.value_proposition), name=of.company_name)
    return drift.measure(text, anchors)


@pytest.mark.parametrize("tone", TONES)
def test_a_task_in_the_wrong_register_drifts_and_a_fitting_one_does_not(tone: Tone) -> None:
    off, fitting = measured(OFF[tone], brand(tone)), measured(FITTING[tone], brand(tone))
    assert off.score > drift.THRESHOLD
    assert not off.aligned
    assert fitting.aligned, fitting.marks
    assert 0 <= fitting.score < off.score <= 1


@pytest.mark.parametrize("tone", TONES)
def test_re_toned_it_no_longer_drifts(tone: Tone) -> None:
    plain = tone_marks.plainly(OFF[tone], tone_marks.avoided(tone))
    assert plain.changes
    assert tone_marks.marks(plain.text, tone_marks.avoided(tone)) == ()
    assert measured(plain.text, brand(tone)).aligned
    assert "bakery" in plain.text


def test_plain_words_replace_slang_in_place() -> None:
    wording = tone_marks.plainly(
        "yo make a sick page for dope rings lol, super cheap stuff dude!!!", ("slang", "shouting")
    )
    assert wording.text == "Make a fine page for fine rings, affordable things."
    assert wording.changes[:2] == (("yo", ""), ("sick", "fine"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("We don't know and can't say", "We do not know and cannot say"),
        ("Let's see what they’ll bring", "Let us see what they will bring"),
        ("It's OPEN ALWAYS now", "It is OPEN always now"),
    ],
)
def test_contractions_are_written_out_and_shouting_is_lowered(before: str, after: str) -> None:
    assert tone_marks.plainly(before, ("contractions", "shouting")).text == after


@pytest.mark.parametrize(
    "text",
    [
        "A hospice that cares for sick children",
        "A cool box for fire brigades and a well-lit super market",
        "How to deal with free trade",
    ],
)
def test_words_that_are_slang_only_in_company_are_left_alone(text: str) -> None:
    assert tone_marks.plainly(text, tone_marks.avoided("luxury")).text == text


STYLES = ("slang", "bargain", "officialese")
FRAMES = {
    "en": [
        "A {} café for people who like the sea",
        "We open a {} shop and it is {} for our people",
        "It is {}.",
    ],
    "de": [
        "Ein {} Café für Leute, die das Meer mögen",
        "Wir eröffnen ein Café und es ist {} für unsere Kunden",
    ],
}


def replacements(kind: str) -> Iterator[tuple[str, str]]:
    """Each phrase of a style with each of its plainer forms."""
    for language in ("en", "de"):
        for group in chain(*tone_marks.words(kind, language)):
            for phrase, plain in group.items():
                yield from ((phrase, form) for form in ((plain,) if isinstance(plain, str) else plain))


def phrases(language: str) -> list[str]:
    groups = [group for kind in STYLES for group in chain(*tone_marks.words(kind, language))]
    return sorted({phrase for group in groups for phrase in group})


def re_toned(text: str) -> str:
    tidied = writing_language(detection.recognise(text) or "en").tidied
    return tone_marks.plainly(text, STYLES, tidied).text


@pytest.mark.parametrize("language", ["en", "de"])
@given(data())
def test_a_replaced_phrase_leaves_a_well_formed_sentence(language: str, drawn: DataObject) -> None:
    listed = sampled_from(phrases(language))
    spelled = listed.flatmap(lambda phrase: sampled_from([phrase, phrase.capitalize()]))
    frame = drawn.draw(sampled_from(FRAMES[language]))
    filling = " ".join(drawn.draw(lists(spelled, min_size=1, max_size=3)))
    before = frame.format(*[filling] * frame.count("{}"))
    after = re_toned(before)
    words = re.findall(r"[^\W\d_]+", after)
    of_task = set(re.findall(r"[^\W\d_]+", before))
    plain = {word for kind in STYLES for _, form in replacements(kind) for word in form.split()}
    for word in words[1:]:
        assert word[0].islower() or word in of_task | plain, (before, after)
    assert not re.search(
        r"(?i)\b(very|really|rather|sehr|remarkably)\s+(?:\1|very|sehr|excellent)\b", after
    ), after
    if language == "en" and after != before:
        assert after == english_grammar.with_right_articles(after), (before, after)
    assert "  " not in after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Super awesome party app for students", "Excellent party app for students"),
        ("A Super awesome party app", "An excellent party app"),
        ("An awesome super app, and it is super", "An excellent app, and it is excellent"),
        ("our very awesome vibes", "our excellent mood"),
        ("real silver for cool dudes", "real silver for good people"),
        ("a dope app that keeps kids safe and nice", "a fine app that keeps kids safe and nice"),
        (
            "Ein mega nices Café mit krassen Vibes und es ist mega",
            "Ein nices Café mit guten Stimmungen und es ist großartig",
        ),
        (
            "Eine krasse Werkstatt für das Rad und die Vibes",
            "Eine gute Werkstatt für das Rad und die Stimmungen",
        ),
    ],
)
def test_strengthening_words_capitals_and_articles(before: str, after: str) -> None:
    assert re_toned(before) == after


def test_no_plain_word_is_itself_out_of_place() -> None:
    for tone in TONES:
        for kind in tone_marks.avoided(tone):
            for plain in (form for _, form in replacements(kind)):
                text = f"{plain}."
                assert tone_marks.marks(text, tone_marks.avoided(tone)) == (), (tone, kind, plain)


def test_silence_about_the_brand_and_one_slip_are_forgiven() -> None:
    of = brand("professional")
    assert measured("Something else entirely", of).score == 0.25
    assert measured("Something awesome entirely", of).aligned
    assert not measured("Something awesome entirely, dude", of).aligned


def test_a_longer_text_may_slip_more_often() -> None:
    of = brand("professional")
    slips = "Something awesome, dude. "
    assert not measured(slips, of).aligned
    assert measured(slips + "The bakers take their time with every loaf of bread. " * 100, of).aligned


def test_good_examples_are_anchors_and_bad_ones_are_not_to_be_repeated() -> None:
    of = brand(
        "luxury",
        tone={
            "examples_good": ["Sourdough rests overnight"],
            "examples_bad": ["Grab this deal before it is gone"],
        },
    )
    assert measured("Sourdough rests overnight", of).missing < measured("Nothing of the kind", of).missing
    assert measured("Grab this deal before it is gone", of).offending == 1.0
    assert measured("Grab this deal soon", of).offending == 0.2


def test_the_brands_name_and_disclosures_are_not_listened_to() -> None:
    shouting = brand(
        "formal", company_name="YEAH! DUDE", required_disclosures=["NO REFUNDS, dude! Yeah, lol"]
    )
    text = "YEAH! DUDE bakes bread. NO REFUNDS, dude! Yeah, lol"
    assert measured(text, shouting).marks == ()


def test_it_is_the_same_each_time() -> None:
    assert measured(OFF["luxury"], brand("luxury")) == measured(OFF["luxury"], brand("luxury"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Salesy", "bargain"), ("corporate speak", "officialese"), ("Slang", "slang"), ("warm", None)],
)
def test_a_register_has_names_that_people_use(name: str, kind: str | None) -> None:
    assert tone_marks.named_style(name) == kind
