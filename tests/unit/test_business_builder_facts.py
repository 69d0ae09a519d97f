"""The facts of a task: they are read, they stand on the page, and what is not understood is reported."""

from __future__ import annotations

import re
import sys
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import brief_table
from tests.brief_table import brief_run
from tests.briefs_in_languages import SHORT_TASKS, TASKS_WITH_FACTS
from worker_widget import events
from worker_widget.events.request_models import ValidatedRequest
from worker_widget.workers.business_builder.brief.gather import gather
from worker_widget.workers.business_builder.brief.other_work import other_work
from worker_widget.workers.business_builder.brief.stated_facts import stated_facts, without
from worker_widget.workers.business_builder.brief.understanding import THRESHOLD, understand
from worker_widget.workers.business_builder.content import library

from .test_business_builder_run import brand, run_alone

WORKSHOP = "a workshop for hospital security staff, 12 March 2027 in Leeds, 240 pounds, on de-escalation"


@pytest.mark.parametrize(
    ("language", "task", "found"),
    [
        ("en", WORKSHOP, [("date", "12 March 2027"), ("place", "Leeds"), ("price", "240 pounds")]),
        ("en", "A class on Fridays, £12 per class", [("date", "on Fridays"), ("price", "£12 per class")]),
        ("en", "from $9.99 a month", [("price", "from $9.99 a month")]),
        ("en", "9:30-17:00 from Monday to Friday", [("time", "9:30-17:00"), ("date", "Monday to Friday")]),
        ("en", "at 7 pm on March 12, 2027", [("time", "7 pm"), ("date", "March 12, 2027")]),
        ("en", "2027-03-12 and 12/03/2027", [("date", "2027-03-12"), ("date", "12/03/2027")]),
        ("en", "a gym for women over 50", [("number", "over 50")]),
        ("en", "with 99.9% uptime, 24/7", [("number", "99.9% uptime"), ("time", "24/7")]),
        ("en", "led by Jane Miller and Dr. Ann Lee", [("name", "Jane Miller"), ("name", "Dr. Ann Lee")]),
        ("en", "mail hi@shop.example", [("contact", "hi@shop.example")]),
        ("en", "a page for the bakery", []),
        ("en", "A tea shop in Bath, not in Bristol", [("place", "Bath")]),
        ("en", "closed Sunday and Monday", [("date", "closed Sunday and Monday")]),
        ("en", "the first Monday of the month", [("date", "the first Monday of the month")]),
        ("en", "every day except Monday", [("date", "every day except Monday")]),
        ("en", "without Jane Miller", []),
        ("en", "open weekdays 8 am to 6 pm, insured", [("date", "weekdays"), ("time", "8 am to 6 pm")]),
        ("en", "29 dollars monthly", [("price", "29 dollars monthly")]),
        ("en", "dog walks, $25 per walk", [("price", "$25 per walk")]),
        ("en", "$90 for 60 minutes", [("price", "$90 for 60 minutes")]),
        ("en", "£3 a bag and £12 and a gift", [("price", "£3 a bag"), ("price", "£12")]),
        ("en", "from April to October", [("date", "from April to October")]),
        ("en", "Call Tom at 555-0139", [("name", "Tom"), ("contact", "555-0139")]),
        ("en", "a hall for 200-1500 guests", [("number", "200-1500 guests")]),
        ("de", "25 Euro die Stunde, München", [("price", "25 Euro die Stunde")]),
        ("de", "Klavierunterricht ab 1. April", [("date", "ab 1. April")]),
        ("de", "außer Montag und Dienstag", [("date", "außer Montag und Dienstag")]),
        (
            "de",
            "am 3. Mai 2027 um 18 Uhr in Freiburg",  # the German reader finds the place
            [("date", "3. Mai 2027"), ("time", "18 Uhr")],
        ),
        ("de", "ab 4,50 € je Stück mit Anna Bach", [("price", "ab 4,50 € je Stück"), ("name", "Anna Bach")]),
        ("de", "1.250,00 Euro für zwei Nächte", [("price", "1.250,00 Euro"), ("number", "zwei Nächte")]),
        (
            "fr",
            "le 12 mars 2027 à 14h30, 45 € par personne",
            [("date", "12 mars 2027"), ("time", "14h30"), ("price", "45 € par personne")],
        ),
        ("ja", "2027年3月12日、5000円", [("date", "2027年3月12日"), ("price", "5000円")]),
    ],
)  # fmt: skip
def test_facts_are_read_as_written(language: str, task: str, found: list[tuple[str, str]]) -> None:
    assert [(fact.kind, fact.text) for fact in stated_facts(task, language)] == found


def test_phrases_are_read_without_dates_and_prices() -> None:
    assert without(WORKSHOP, stated_facts(WORKSHOP, "en")).count("12 March") == 0
    modified = "A 240 pound workshop"
    assert without(modified, stated_facts(modified, "en")) == modified


_MANY_FACTS = ", ".join(f"${number} for {number} people in Town{number}" for number in range(300))


@pytest.mark.parametrize("length", [3_000, 6_000])
@pytest.mark.parametrize(
    "text",
    [
        *("1 " * 3_000, "a@" * 3_000, "12 March " * 700, "£" * 6_000, "Ab " * 2_000, "$1 " * 2_000),
        *("x\n" * 3_000, "\n".join(f"x{number}" for number in range(1_500)), _MANY_FACTS),
    ],
    ids=lambda text: str(text)[:12],
)
async def test_the_work_for_a_hostile_task_is_bounded(text: str, length: int) -> None:
    await run_alone(task="A bakery.")  # reads the content files
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    threading.setprofile(count)
    sys.setprofile(count)
    try:
        run = await run_alone(task=f"A bakery.\n{text}"[:length])
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    assert run.all(events.TaskUnderstood)
    assert calls < 300_000 + 100 * length


async def test_facts_beyond_the_most_that_are_used_are_counted() -> None:
    run = await run_alone(task=f"A bakery. {_MANY_FACTS}"[:3_000])
    (found,) = run.all(events.TaskUnderstood)
    (reason,) = [reason for reason in found.reasons if reason.startswith("Only the first 60")]
    assert reason.startswith("Only the first 60 prices, dates, names and the like are used: ")


@pytest.mark.parametrize(
    ("task", "is_other"),
    [
        ("refactor our billing service", True),
        ("fix the failing tests", True),
        ("summarise this contract", True),
        ("Please translate the attached text into French", True),
        ("Can you review my pull request?", True),
        ("What is the capital of France?", True),
        ("Write a poem about rain", True),
        ("Write unit tests for the parser", True),
        ("Refactor billing service", True),
        ("Migrate Postgres 12 to 16", True),
        ("Optimize SQL queries in billing", True),
        ("Fix login timeout on mobile", True),
        ("Update dependencies", True),
        ("Summarize meeting notes", True),
        ("Upgrade Django from 4 to 5", True),
        ("Who won the world cup?", True),
        ("Aktualisiere Abhängigkeiten", True),
        ("Find my car app", False),
        ("Find my invoice", True),
        ("Improve your English with a tutor in Leeds", False),
        ("Design studio in Porto", False),
        ("Fasse diesen Vertrag zusammen", True),
        ("Schreibe ein Gedicht über den Mond", True),
        ("an app that summarises contracts", False),
        ("Build a report builder for accountants", False),
        ("Repair café in Bonn", False),
        ("Test kitchen for chefs", False),
        ("Book club for seniors", False),
        ("We need to fix our website", False),
        ("How do I sell my grandmother's recipes online?", False),
        ("Adopt a beehive: city people sponsor a hive", False),
        ("Review our landing page and write a new one", False),
    ],
)
def test_tasks_that_ask_for_no_page_are_recognised(task: str, is_other: bool) -> None:
    assert (other_work(task) is not None) is is_other


async def test_a_task_that_asks_for_no_page_gets_an_answer_instead() -> None:
    run = await run_alone(task="refactor our billing service")
    assert list(run.artifacts) == ["answer.md"]
    assert "“refactor our billing service”" in run.artifacts["answer.md"]
    assert [warned.code for warned in run.all(events.RunWarning)] == ["no_page_asked"]
    assert len(run.all(events.StageCompleted)) == 8
    again = await run_alone(task="refactor our billing service")
    assert again.artifacts == run.artifacts


@pytest.mark.parametrize(
    ("task", "audience"),
    [
        ("Guitar lessons not for beginners", None),
        ("Guitar lessons for beginners", "beginners"),
        ("Ein Töpferkurs in Köln, nicht für Anfänger", None),
        ("Ein Töpferkurs in Köln, für Anfänger", "Anfänger"),
    ],
)
def test_an_audience_that_the_task_denies_is_none(task: str, audience: str | None) -> None:
    assert gather(ValidatedRequest(task=task)).brief.audience == audience


def understood(task: str, **how: bool) -> Any:
    return understand(
        gather(ValidatedRequest(task=task)),
        has_brand=how.get("has_brand", False),
        by_model=how.get("by_model", False),
    )


@pytest.mark.parametrize(
    "task",
    [
        "asdf qwer zxcv",
        "Create a landing page for asdf qwer zxcv",
        "lorem ipsum dolor sit amet",
        "🚀🚀🚀🚀🚀",
        "shoes",
        "An app",
        "An app, 3 dollars a month, in Leeds, from May",
        "Zumbalates in Hull, 5 pounds, Fridays at 7 pm, call 0113 496 0100",
        "mak a lading pag for my bakry plz",
        "Créez une page pour une petite librairie",
        "東京の小さな寿司屋",
    ],
)
def test_what_is_not_understood_falls_below_the_threshold(task: str) -> None:
    found = understood(task)
    assert found.score < THRESHOLD
    assert found.reasons


@pytest.mark.parametrize(
    "task",
    [
        WORKSHOP,
        "an app that tells you when to water your plants",
        "A bakery in Lyon",
        "A dog grooming salon in Austin",
        "We repair accordions in Galway",
        "Eine App, die an das Gießen der Pflanzen erinnert",
        "Industrial composting plants for municipalities",
    ],
)
def test_what_is_understood_reaches_it(task: str) -> None:
    found = understood(task)
    assert found.score >= THRESHOLD, found.reasons
    assert all(reason[0].isupper() and reason[-1] in ".”" for reason in found.reasons)


def test_a_brand_and_a_model_help_with_the_understanding() -> None:
    assert understood("asdf qwer zxcv", has_brand=True).is_enough
    assert understood("Créez une page pour une librairie", by_model=True).is_enough
    assert not understood("asdf qwer zxcv", by_model=True).is_enough


async def test_the_understanding_is_an_event_of_preflight() -> None:
    run = await run_alone(task=WORKSHOP)
    (found,) = run.all(events.TaskUnderstood)
    assert found.threshold == THRESHOLD
    assert {"kind": "price", "text": "240 pounds"} in found.facts
    kinds = [type(data) for data in run.emitted]
    assert kinds.index(events.TaskUnderstood) < kinds.index(events.StageCompleted)
    assert not run.all(events.RunWarning)
    with_brand = await run_alone(task="asdf qwer zxcv", brand=brand())
    (warned,) = with_brand.all(events.RunWarning)
    assert (warned.code, warned.message) == (
        "brand_in_place_of_task",
        "The task has no words that can be read: the page is written from the brand alone.",
    )
    without_brand = await run_alone(task="asdf qwer zxcv")
    assert [warned.message for warned in without_brand.all(events.RunWarning)] == [
        "Written without understanding the task: add a brand or a language model."
    ]


async def test_a_sentence_that_is_not_used_is_named_in_the_reasons() -> None:
    run = await run_alone(task="A bakery in Lyon. It must look warm. I am thinking of a second shop.")
    (found,) = run.all(events.TaskUnderstood)
    assert any("It must look warm." in reason for reason in found.reasons)
    assert any("second shop" in reason for reason in found.reasons)
    assert "must look warm" not in run.artifacts["landing.html"]


def test_an_unknown_trade_has_no_general_sentences() -> None:
    for folder in ("", "de"):
        for kind in library.kinds(folder).values():
            general = (
                kind.problem,
                kind.wish,
                kind.who,
                kind.pains,
                kind.values,
                kind.steps,
                kind.faq,
                kind.fits,
            )
            assert not any(general), kind.id
    for task in ("An app for dentists that reduces no-shows", WORKSHOP, "Ghost walks in Edinburgh"):
        texts = " ".join(brief_run(task).texts)
        assert not re.search(r"(?i)rarely the trouble|weather|busy people|tells them", texts)


async def test_another_language_is_quoted_and_marked() -> None:
    run = await run_alone(task="Créez une page pour une petite librairie à Lyon, ouverte le samedi")
    html = run.artifacts["landing.html"]
    assert '<h1 id="headline" lang="fr">Une petite librairie à Lyon, ouverte le samedi</h1>' in html
    assert '<html lang="en">' in html
    assert "The rest of this page is in English" in html
    assert "Tool" not in html


@pytest.mark.parametrize(
    ("language", "task", "facts", "warnings"), TASKS_WITH_FACTS, ids=[row[1][:30] for row in TASKS_WITH_FACTS]
)
def test_every_fact_of_forty_briefs_is_on_the_page(
    language: str, task: str, facts: tuple[str, ...], warnings: tuple[str, ...]
) -> None:
    run = brief_run(task)
    assert [fact for fact in facts if not run.shows(fact)] == []
    assert run.warnings == warnings


@pytest.mark.parametrize(("task", "shown", "absent", "warnings"), SHORT_TASKS)
def test_short_denied_and_foreign_tasks_are_read_or_warned_of(
    task: str, shown: tuple[str, ...], absent: tuple[str, ...], warnings: tuple[str, ...]
) -> None:
    run = brief_run(task)
    assert [text for text in shown if not run.shows(text)] == []
    assert [text for text in absent if any(text in shown_text for shown_text in run.texts)] == []
    assert run.warnings == warnings


def test_the_table_of_briefs_is_current() -> None:
    assert brief_table.FILE.read_text(encoding="utf-8") == brief_table.table()


_OFFERS = st.sampled_from(
    [
        *(
            "a pottery class",
            "an app that sorts receipts",
            "Create a landing page for a bike shop",
            "harbour tours",
        ),
        *("We sell handmade candles", "a bakery", "a charity dinner", "a climate sensor for greenhouses"),
        *(
            "Website for a law firm",
            "a podcast about rivers",
            "truffle dogs for hire",
            "a two-day course on soil",
        ),
    ]
)
_AUDIENCES = st.sampled_from(["", " for nurses", " for busy parents", " for people who bike to work"])
_PRICES = st.builds(
    lambda form, amount: form.format(amount),
    st.sampled_from(["£{}", "{} pounds", "{} euros per person", "from ${}", "€{} a month", "{} dollars"]),
    st.integers(3, 4_999),
)
_MONTHS = ("January", "March", "May", "August", "November")
_DATES = st.builds(
    lambda form, day, month, year: form.format(day=day, month=month, year=year),
    st.sampled_from(["{day} {month} {year}", "{month} {day}, {year}", "{year}-03-{day}", "{month} {year}"]),
    st.integers(10, 28),
    st.sampled_from(_MONTHS),
    st.integers(2026, 2031),
)
_TIMES = st.sampled_from(["9:30", "7 pm", "10:00-12:30", "6 to 7:30 pm", "18:15"])
_NUMBERS = st.builds(
    "{} {}".format,
    st.integers(4, 900),
    st.sampled_from(["seats", "rooms", "lessons", "members", "languages"]),
)
_NAMES = st.sampled_from(["Jane Miller", "Dr. Ann Lee", "Northern Opera", "Anna Bell", "NHS", "Kew Gardens"])
_PLACES = st.sampled_from(["Leeds", "New York", "Lyon", "Stoke-on-Trent", "Porto"])


@settings(max_examples=60, deadline=None)
@given(
    offer=_OFFERS,
    audience=_AUDIENCES,
    price=_PRICES,
    date=_DATES,
    time=_TIMES,
    number=_NUMBERS,
    name=_NAMES,
    place=_PLACES,
    form=st.sampled_from(
        [
            "{offer}{audience} in {place}, {date}, {time}, {price}, {number}, with {name}",
            "{offer}{audience}, {date} at {time} in {place}, {price}. It has {number}. {name} is the host.",
            "{offer}{audience}. It costs {price} and starts on {date} at {time} in {place}. {number}, led "
            "by {name}.",
            "{offer}{audience}. The host is {name}, {number}, {place}: {time} on {date} for {price}",
            "{offer}{audience} with {number} in {place}. Make it look warm. I think {name} should come. "
            "Price: {price}. Date: {date}, {time}.",
        ]
    ),
)
def test_every_price_date_time_number_and_name_is_on_the_page(form: str, **parts: str) -> None:
    task = form.format(**parts)
    run = brief_run(task)
    stated = [parts[key] for key in ("price", "date", "time", "number", "name", "place")]
    assert [fact for fact in stated if not run.shows(fact)] == [], (task, run.texts)
