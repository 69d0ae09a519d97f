"""Reading tasks: subject, audience, purpose and line of business."""

from __future__ import annotations

import pytest

from worker_widget.events.request_models import ValidatedRequest
from worker_widget.workers.business_builder.brief.brief import Brief, brief_parts
from worker_widget.workers.business_builder.brief.english_reader import read
from worker_widget.workers.business_builder.brief.gather import gather
from worker_widget.workers.business_builder.language import detection, english_grammar

TASKS = [
    ("A tool for podcasters", "software", "podcast", {"subject": "tool", "audience": "podcasters"}),
    (
        "Create a landing page for my neighbourhood bakery in Lyon",
        "place",
        "bakery",
        {"subject": "neighbourhood bakery", "place": "Lyon"},
    ),
    (
        "Launch a law firm for tenants in Berlin",
        "practice",
        "law",
        {"subject": "law firm", "audience": "tenants", "place": "Berlin"},
    ),
    (
        "A climate sensor for greenhouses",
        "device",
        "sensing",
        {"subject": "climate sensor", "setting": "greenhouses"},
    ),
    (
        "A children's book about a fox who is afraid of the dark",
        "publication",
        "childrens_book",
        {"subject": "children's book", "theme": "a fox who is afraid of the dark"},
    ),
    (
        "Build a bank API that lets developers open accounts and move money",
        "software",
        "banking_api",
        {"subject": "bank API", "audience": "developers", "activity": "open accounts and move money"},
    ),
    (
        "Open a gym for women over 50 in Leeds",
        "place",
        "fitness",
        {"subject": "gym", "audience": "women over 50", "place": "Leeds"},
    ),
    (
        "Wedding planner for couples who hate stress",
        "practice",
        "wedding",
        {"subject": "wedding planner", "audience": "couples who hate stress"},
    ),
    (
        "An open-source database with time travel, full-text search and a plain file format",
        "software",
        "database",
        {
            "subject": "open-source database",
            "features": "time travel, full-text search and plain file format",
        },
    ),
    ("Create a landing page hero section with compelling copy", "offer", None, {}),
    (
        "An app that helps nurses swap shifts",
        "software",
        None,
        {"subject": "app", "audience": "nurses", "activity": "swap shifts"},
    ),
    (
        "Please build me a habit-tracking app for busy parents",
        "software",
        None,
        {"subject": "habit-tracking app", "audience": "busy parents"},
    ),
    ("We sell handmade candles", "product", None, {"subject": "handmade candles"}),
    (
        "I want a website for dog owners",
        "software",
        None,
        {"subject": "website", "audience": "dog owners"},
    ),
    (
        "So I have been thinking for a while about how hard it is for my sister, who runs a small flower "
        "shop, to keep track of orders. I want an app that helps florists track their orders and deliveries "
        "without spreadsheets. It should be friendly, and maybe later we add invoices.",
        "software",
        None,
        {"subject": "app", "audience": "florists", "activity": "track their orders and deliveries"},
    ),
    (
        "Erstelle eine Landingpage für eine kleine Bäckerei in Köln",
        "place",
        "bakery",
        {"place": "Köln"},
    ),
    (
        "A marketplace called Hivelot for beekeepers to sell honey",
        "software",
        None,
        {"subject": "marketplace", "audience": "beekeepers", "activity": "sell honey", "name": "Hivelot"},
    ),
    (
        "A podcast about medieval cooking",
        "publication",
        None,
        {"subject": "podcast", "theme": "medieval cooking"},
    ),
    (
        "Bakery management software for small chains",
        "software",
        None,
        {"subject": "bakery management software", "setting": "small chains"},
    ),
    (
        "Online course that teaches retirees to paint watercolours",
        "publication",
        None,
        {"subject": "online course", "audience": "retirees", "activity": "paint watercolours"},
    ),
    ("Italian restaurant in Boston", "place", None, {"subject": "Italian restaurant", "place": "Boston"}),
    (
        "a tool for recording interviews for journalists",
        "software",
        None,
        {"subject": "tool", "audience": "journalists", "activity": "record interviews"},
    ),
    (
        "An AI assistant for lawyers to review contracts faster",
        "software",
        None,
        {"subject": "AI assistant", "audience": "lawyers", "activity": "review contracts"},
    ),
    (
        "Something for people who bike to work",
        "offer",
        None,
        {"audience": "people who bike to work"},
    ),
    ("asdf qwer zxcv", "offer", None, {}),
    (
        "A climate sensor for greenhouses that warns growers before frost and mould",
        "device",
        "sensing",
        {
            "subject": "climate sensor",
            "audience": "growers",
            "function": "warn growers before frost and mould",
            "setting": "greenhouses",
        },
    ),
    (
        "Adopt a beehive: city people sponsor a hive and get honey in autumn",
        "offer",
        None,
        {"activity": "adopt a beehive", "gist": "City people sponsor a hive and get honey in autumn."},
    ),
    ("Restoration of old violins", "practice", None, {"subject": "restoration of old violins"}),
    ("Ghost walks in Edinburgh", "experience", None, {"subject": "ghost walks", "place": "Edinburgh"}),
    (
        "A pet crematorium for grieving dog owners",
        "practice",
        None,
        {"subject": "pet crematorium", "audience": "grieving dog owners"},
    ),
    (
        "Industrial composting plants for municipalities",
        "offer",
        None,
        {"subject": "industrial composting plants", "audience": "municipalities"},
    ),
]


@pytest.mark.parametrize(("task", "kind", "field", "statement"), TASKS, ids=[task[0][:40] for task in TASKS])
def test_tasks_are_read(task: str, kind: str, field: str | None, statement: dict[str, str]) -> None:
    found = read(task)
    assert dict(brief_parts(found)) == statement
    assert (found.kind, found.field) == (kind, field)


@pytest.mark.parametrize(
    ("task", "title"),
    [
        ("A tool for podcasters", "Podcast Tool"),
        ("A climate sensor for greenhouses", "Climate Sensor"),
        ("An app that helps nurses swap shifts", "Nurse App"),
        ("I want a website for dog owners", "Dog Owner Website"),
        ("We sell handmade candles", "Handmade Candles"),
        ("Build a bank API that lets developers open accounts", "Bank API"),
        ("Eine Landingpage für eine Bäckerei", "Bäckerei"),
    ],
)
def test_without_a_brand_the_working_title_comes_from_the_task(task: str, title: str) -> None:
    facts = gather(ValidatedRequest(task=task))
    assert (facts.name, facts.working_title) == (title, True)


@pytest.mark.parametrize(
    ("task", "name", "field", "subject"),
    [
        (
            "Create a landing page for Crumb, a bakery that delivers bread in Bristol",
            "Crumb",
            "bakery",
            "bakery",
        ),
        ("Landing page for Crumb: a bakery in Bristol", "Crumb", "bakery", "bakery"),
        ("A site for Peak & Pine (an outdoor gear shop in Denver)", "Peak & Pine", None, "outdoor gear shop"),
        ("A page for Paws & Claws - a dog grooming salon", "Paws & Claws", None, "dog grooming salon"),
        (
            "Landing page for Brightside, which sells solar panels to homeowners",
            "Brightside",
            None,
            "solar panels",
        ),
        (
            "I need a page for my dog walking business Happy Tails in Leeds",
            "Happy Tails",
            None,
            "dog walking business",
        ),
        ("Nimbus is a weather app that helps farmers plan irrigation", "Nimbus", None, "weather app"),
        ("Landingpage für Krume, eine Bäckerei in Köln", "Krume", "bakery", "Bäckerei"),
        ("Eine Website für Nordlicht (ein Yogastudio in Hamburg)", "Nordlicht", "fitness", "Yogastudio"),
    ],
)
def test_an_offer_that_is_named_beside_its_description(
    task: str, name: str, field: str | None, subject: str
) -> None:
    facts = gather(ValidatedRequest(task=task))
    assert (facts.name, facts.working_title, facts.brief.subject) == (name, False, subject)
    assert facts.brief.is_read
    assert field is None or facts.brief.field == field


@pytest.mark.parametrize(
    "task",
    [
        "A landing page for Bristol, a city that loves bread",
        "Breakfast is a meal that people forget",
        "A page for Christmas, a time of gifts",
        "Build a page for my startup, a marketplace for used books",
    ],
)
def test_what_is_no_name_beside_a_description(task: str) -> None:
    assert gather(ValidatedRequest(task=task)).working_title


def test_a_name_in_the_task_is_no_working_title() -> None:
    facts = gather(ValidatedRequest(task="A marketplace called Hivelot for beekeepers"))
    assert (facts.name, facts.working_title) == ("Hivelot", False)


@pytest.mark.parametrize(
    ("task", "wording"),
    [
        ("Guitar lessons not for beginners", "Guitar lessons not for beginners"),
        ("Meal kits that are never frozen.", "Meal kits that are never frozen"),
        ("Piano lessons, $60/hour", "Piano lessons, $60/hour"),
        ("Piano studio: lessons for adults", "Piano studio: lessons for adults"),
        ("Bakery in Bath", "a bakery in Bath"),
        ("Yoga class on Fridays", "a yoga class on Fridays"),
        ("Berlin bakery with rye bread", "a Berlin bakery with rye bread"),
        ("CRM for dentists", "a CRM for dentists"),
    ],
)
def test_the_wording_has_an_article_only_where_it_needs_it(task: str, wording: str) -> None:
    assert gather(ValidatedRequest(task=task)).brief.wording == wording


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A tool for podcasters", "en"),
        ("Eine App für Hobbygärtner, die an das Gießen erinnert", "de"),
        ("Un site web pour une boulangerie à Paris", "fr"),
        ("Una página para un despacho de abogados", "es"),
        ("Podcast", "en"),
    ],
)
def test_languages_are_distinguished(text: str, code: str) -> None:
    assert detection.detect(text) == code


@pytest.mark.parametrize(
    ("phrase", "whole"),
    [
        ("API", "an API"),
        ("bank API", "a bank API"),
        ("SaaS", "a SaaS"),
        ("hourly rate", "an hourly rate"),
        ("university course", "a university course"),
        ("umbrella", "an umbrella"),
        ("useful app", "a useful app"),
        ("handmade candles", "handmade candles"),
        ("software", "software"),
        ("line of candles", "a line of candles"),
        ("yoga class", "a yoga class"),
        ("restoration of old violins", "restoration of old violins"),
    ],
)
def test_articles(phrase: str, whole: str) -> None:
    assert english_grammar.with_article(phrase) == whole


@pytest.mark.parametrize(
    ("verb", "form"),
    [
        ("swap shifts", "swapping shifts"),
        ("make bread", "making bread"),
        ("tie knots", "tying knots"),
        ("see", "seeing"),
        ("count your rows and share patterns", "counting your rows and sharing patterns"),
        ("track orders and deliveries", "tracking orders and deliveries"),
        ("design and print posters", "designing and printing posters"),
        ("bake bread and cake", "baking bread and cake"),
    ],
)
def test_gerunds(verb: str, form: str) -> None:
    assert english_grammar.gerund(verb) == form


@pytest.mark.parametrize(
    ("verb", "form"),
    [
        ("turn recordings into episodes", "turns recordings into episodes"),
        ("carry and wash it", "carries and washes it"),
        ("have legs", "has legs"),
        ("play music", "plays music"),
    ],
)
def test_what_a_thing_does(verb: str, form: str) -> None:
    assert english_grammar.third_person(verb) == form


def test_a_brief_counts_what_constrains_it() -> None:
    assert Brief("x").constraints == 0
    assert read(TASKS[8][0]).constraints == 3
