"""A warning wherever the result does not do what the task asks, and nothing on the page that it does not."""

from __future__ import annotations

from typing import Any

import pytest

from worker_widget import events
from worker_widget.events.request_models import ValidatedRequest
from worker_widget.workers.business_builder.brief import asked_form, cities, stated_facts, trades
from worker_widget.workers.business_builder.brief.english_reader import read
from worker_widget.workers.business_builder.brief.gather import gather
from worker_widget.workers.business_builder.page import page_reader

from .test_business_builder_recovery import FIELD_BRAND, FIELD_TASK
from .test_business_builder_run import Alone, brand, run_alone

CLINIC = brand(
    company_name="Bright Smile",
    mission="We give families in Leeds calm dental care",
    value_proposition="A dental clinic that explains every treatment before it begins",
)
GENERAL = brand(
    company_name="Northwind",
    mission="We make small useful things for busy people",
    value_proposition="Things that save an hour of every working day, and nothing else",
)
OF_FORM = {"tone_not_followed", "technology_not_used", "document_not_written", "brand_of_other_trade"}


def warned(run: Alone) -> dict[str, str]:
    return {found.code or "": found.message or "" for found in run.all(events.RunWarning)}


def page(run: Alone) -> str:
    return "\n".join(page_reader.read(run.artifacts["landing.html"]).texts)


async def test_a_tone_that_the_brand_overrules_is_a_warning() -> None:
    run = await run_alone(task=FIELD_TASK, brand=FIELD_BRAND)
    assert warned(run)["tone_not_followed"] == (
        "The task asks for “casual copy”, “slang”, “emojis” and “Gen Z vibes”; the brand's tone is luxury, "
        "so the page keeps the brand's words."
    )
    assert list(warned(run)) == ["tone_not_followed"]


@pytest.mark.parametrize(
    "task",
    [
        "Create a landing page for our company",
        "Our autumn sale",
        "Promote the new collection",
        "A small tool",
    ],
)
async def test_a_short_task_that_the_brand_explains_has_no_warning(task: str) -> None:
    assert warned(await run_alone(task=task, brand=brand())) == {}


@pytest.mark.parametrize("task", ["asdf qwer zxcv", "lorem ipsum dolor sit amet"])
async def test_a_task_without_readable_words_is_a_warning_beside_a_brand(task: str) -> None:
    assert list(warned(await run_alone(task=task, brand=brand()))) == ["brand_in_place_of_task"]


async def test_a_demand_on_the_form_is_no_warning_of_a_run_without_a_result() -> None:
    run = await run_alone(task=FIELD_TASK, brand=FIELD_BRAND, strict_mode=True)
    assert run.error is not None
    assert warned(run) == {}


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("I think Jane Miller should come.", ["Jane Miller"]),
        ("Make it look warm, Jane Miller leads the class.", ["Jane Miller"]),
        ("The design is by Jane Miller.", ["Jane Miller"]),
        ("Start with a talk by Jane Miller.", ["Jane Miller"]),
        ("Write it in the style of Jane Austen.", []),
        ("Use slang and Gen Z vibes.", []),
        ("Keep the tone of Northern Opera, in 200 words.", []),
    ],
)
def test_only_a_clause_about_the_style_loses_its_names(sentence: str, names: list[str]) -> None:
    request = ValidatedRequest(task=f"A pottery class in Leeds. {sentence}")
    assert list(gather(request).brief.all_stated("name")) == names
    assert gather(request).brief.all_stated("number") == ()


async def test_a_name_in_a_sentence_about_the_writing_is_no_fact() -> None:
    run = await run_alone(task=FIELD_TASK, brand=FIELD_BRAND)
    (understood,) = run.all(events.TaskUnderstood)
    assert understood.facts == []
    assert "Gen Z" not in page(run)


async def test_a_name_that_the_task_asks_to_mention_is_on_the_page() -> None:
    run = await run_alone(task="A bakery in Lyon. Mention our supplier Moulin Dubois.")
    assert "Moulin Dubois" in page(run)


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("Write casual copy for our café", "casual"),
        ("A page for our bakery, tone: formal", "formal"),
        ("Eine Seite für unser Café in lockerem Ton", "casual"),
        ("A page for casual shoes in a relaxed café", None),
        ("An app that explains slang and emojis to parents", None),
        ("A formal wear rental in Bath", None),
    ],
)
def test_a_tone_is_asked_for_only_where_it_is_about_the_text(task: str, expected: str | None) -> None:
    found = asked_form.asked_tone(task)
    assert (found and found.tone) == expected


async def test_a_brand_of_another_trade_is_a_warning() -> None:
    run = await run_alone(task="Create a landing page for a podcast editing tool", brand=CLINIC)
    assert "podcast editing tool" in warned(run)["brand_of_other_trade"]


@pytest.mark.parametrize(
    ("task", "own"),
    [
        ("Create a landing page for a podcast editing tool", "We make small useful things for busy people"),
        ("A podcast tool for dentists", "Dental software for every practice"),
        ("A page for our dental clinic", "A dental clinic that explains every treatment"),
        ("A website for a bakery", "An agency that builds websites for dentists and lawyers"),
        ("A dog grooming salon in Austin", "We care for pets and the people who love them"),
        ("Eine Bäckerei in Freiburg", "Brot aus dem Holzofen, von zwei Bäckern"),
    ],
)
def test_a_brand_fits_unless_both_trades_are_known_and_differ(task: str, own: str) -> None:
    assert trades.foreign_offer(read(task), own) is None


async def test_a_general_brand_and_an_ordinary_task_have_no_warning() -> None:
    run = await run_alone(task="A tool for podcasters that turns recordings into episodes", brand=GENERAL)
    assert warned(run) == {}


async def test_a_page_in_a_technology_is_named_after_its_offer() -> None:
    run = await run_alone(task="Build a landing page in React for a dog walking app")
    assert page(run).startswith("Dog Walking App")
    assert "React" not in page(run)
    assert "a page in React" in warned(run)["technology_not_used"]


@pytest.mark.parametrize(
    ("task", "document"),
    [
        ("Create a marketing plan for a bakery", "marketing plan"),
        ("Erstelle einen Businessplan für eine Bäckerei", "businessplan"),
        ("Create a landing page and a flyer for a bakery", None),
        ("An app that writes a business plan with you", None),
        ("Build a newsletter tool for choirs", None),
    ],
)
def test_another_document_is_recognised(task: str, document: str | None) -> None:
    assert asked_form.other_document(task) == document


async def test_another_document_is_a_warning() -> None:
    run = await run_alone(task="Create a marketing plan for a bakery")
    assert "a marketing plan" in warned(run)["document_not_written"]


@pytest.mark.parametrize(
    ("task", "place"),
    [
        ("Fahrradwerkstatt Berlin Neukölln", "Berlin Neukölln"),
        ("Bäckerei Wien", "Wien"),
        ("Training for the Berlin Marathon", None),
        ("Bäckerei Kornblume", None),
        ("A salon, not in Berlin", None),
    ],
)
def test_a_city_follows_an_offer_without_a_preposition(task: str, place: str | None) -> None:
    assert cities.city(task) == place


@pytest.mark.parametrize(
    ("task", "place"),
    [("Fahrradwerkstatt Berlin Neukölln", "Berlin Neukölln"), ("Dog grooming salon Austin", "Austin")],
)
async def test_such_a_city_is_on_the_page_as_the_place(task: str, place: str) -> None:
    run = await run_alone(task=task)
    (understood,) = run.all(events.TaskUnderstood)
    assert {"kind": "place", "text": place} in understood.facts
    assert f"in {place}" in page(run)


@pytest.mark.parametrize(
    ("task", "language", "date"),
    [
        ("A pottery workshop in Leeds, not before 3 May", "en", "not before 3 May"),
        ("Töpferkurs in Leipzig, nicht vor dem 3. Mai", "de", "nicht vor dem 3. Mai"),
        ("Sign up no later than 5 June 2027", "en", "no later than 5 June 2027"),
        ("Frühestens am 3. Mai", "de", "Frühestens am 3. Mai"),
        ("Cours à Lyon, pas avant le 3 mai", "fr", "pas avant le 3 mai"),
    ],
)
def test_a_date_keeps_the_word_that_bounds_it(task: str, language: str, date: str) -> None:
    assert [fact.text for fact in stated_facts.stated_facts(task, language) if fact.kind == "date"] == [date]


@pytest.mark.parametrize("task", ["A workshop in Bath, not on 3 May", "A workshop, not in Bristol"])
def test_what_is_denied_is_no_fact_of_another_kind(task: str) -> None:
    facts = [fact.text for fact in stated_facts.stated_facts(task, "en")]
    assert not {"May", "3 May", "Bristol"}.intersection(facts)


@pytest.mark.parametrize(
    "task",
    [
        "Gumawa ng pahina para sa aking panaderya",
        "Fac paginam pro pistrina mea in urbe Roma ut homines panem emant",
        "zorbel quixant mefrobulate drimble for snorfs bakery",
    ],
)
async def test_a_text_of_unknown_words_is_a_warning(task: str) -> None:
    assert "task_not_understood" in warned(await run_alone(task=task))


async def test_a_language_that_is_not_written_is_explained_once() -> None:
    run = await run_alone(task="Créez une page pour une petite librairie à Lyon")
    (understood,) = run.all(events.TaskUnderstood)
    texts: list[Any] = [*understood.reasons, *warned(run).values()]
    assert sum("does not write" in text for text in texts) == 1


async def test_a_form_that_the_result_has_is_no_warning() -> None:
    casual = brand(tone={"primary": "casual"})
    run = await run_alone(task="Write casual copy for a tool for podcasters", brand=casual)
    assert not OF_FORM & set(warned(run))
