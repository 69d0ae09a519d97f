"""The landing page: one sound document in the brand's look and voice, whatever the brief."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from worker_widget.events.request_models import Brand, ValidatedRequest, Visual
from worker_widget.workers.business_builder.brief.gather import gather
from worker_widget.workers.business_builder.brief.seed import Seed
from worker_widget.workers.business_builder.content import library
from worker_widget.workers.business_builder.language.english import slots
from worker_widget.workers.business_builder.page import colors, design
from worker_widget.workers.business_builder.policy import compiler
from worker_widget.workers.business_builder.policy.rules import breaks

from .test_business_builder_run import brand, run_alone

TONES = ("casual", "neutral", "professional", "formal", "luxury")
GERMAN = "Erstelle eine Landingpage für eine kleine Bäckerei in Köln"
TASKS = (
    "A tool for podcasters",
    "Open a bakery in Lyon",
    "Launch a law firm for tenants in Berlin",
    "A climate sensor for greenhouses",
    "A children's book about a fox who is afraid of the dark",
    "Build a bank API that lets developers open accounts and move money",
    "Open a gym for women over 50 in Leeds",
    "Wedding planner for couples who hate stress",
    "An open-source database with time travel and full-text search",
    GERMAN,
    "We sell handmade candles",
    "Promote a charity run for the local hospice",
    "A pet crematorium for grieving dog owners in rural Wales",
    "Ghost walks in Edinburgh",
    "Adopt a beehive: city people sponsor a hive and get honey in autumn",
    "Industrial composting plants for municipalities",
    "An app that reminds people to water their plants",
)
_VOID = frozenset({"meta", "br", "hr", "img", "input", "link", "circle", "rect", "path", "ellipse"})


class Outline(HTMLParser):
    """Reads a document strictly: every element is closed where it should be."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.headings: list[tuple[int, str]] = []
        self.faults: list[str] = []
        self.feed(html)
        self.close()
        self.faults += [f"not closed: {tag}" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"closed out of place: {tag}")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style" and data.strip():
            self.texts.append(data.strip())
            if self.headings and re.fullmatch("h[1-6]", self.open[-1]):
                level, text = self.headings[-1]
                self.headings[-1] = (level, text + data.strip())

    @property
    def ids(self) -> list[str]:
        return [attrs["id"] or "" for _, attrs in self.elements if "id" in attrs]

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


async def page_of(task: str, **request: Any) -> str:
    return (await run_alone(task=task, **request)).artifacts["landing.html"]


UNKNOWN_TRADES = {
    task for task in TASKS[TASKS.index("We sell handmade candles") :] if not task.startswith("Adopt")
}  # that one names no offer, so the brand's trade counts


@pytest.mark.parametrize("task", TASKS)
async def test_the_page_is_a_sound_document(task: str) -> None:
    html = await page_of(task, brand=brand(required_disclosures=["Terms apply."], vision="A shorter evening"))
    outline = Outline(html)
    assert html.startswith("<!doctype html>\n")
    assert outline.faults == []
    assert outline.named("html") == [{"lang": "de" if task == GERMAN else "en"}]
    for tag in ("title", "header", "main", "footer", "h1", "style"):
        assert len(outline.named(tag)) == 1, tag
    assert any(meta.get("name") == "description" and meta.get("content") for meta in outline.named("meta"))
    assert len(outline.ids) == len(set(outline.ids))
    levels = [level for level, _ in outline.headings]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(text for _, text in outline.headings)
    for section in outline.named("section"):
        assert section["aria-labelledby"] in outline.ids
    assert "Terms apply." in outline.texts
    places = [name for name in outline.ids if name in {"steps", "values", "faq", "start"}]
    known = task not in UNKNOWN_TRADES
    assert sorted(places) == (["faq", "start", "steps", "values"] if known else ["start"])
    assert len(outline.named("nav")) == (1 if known else 0)
    assert places[-1] == "start"


@pytest.mark.parametrize("tone", TONES)
async def test_nothing_on_the_page_leads_out_of_it(tone: str) -> None:
    html = await page_of("A tool for podcasters", brand=brand(tone={"primary": tone}))
    outline = Outline(html)
    assert not outline.named("script")
    assert not outline.named("link")
    assert not outline.named("img")
    assert "http:" not in html
    assert "https:" not in html
    assert "url(" not in html
    assert "@import" not in html
    assert not any(name.startswith("on") for _, attrs in outline.elements for name in attrs)
    links = [attrs["href"] or "" for attrs in outline.named("a")]
    assert len(links) >= 6
    assert all(link.startswith("#") and link[1:] in outline.ids for link in links)
    for wanted in (":focus-visible", "prefers-reduced-motion", "@media"):
        assert wanted in html


async def test_styles_come_before_anything_that_is_drawn() -> None:
    html = await page_of("A tool for podcasters")
    assert html.index("</style>") < html.index("<body") < html.index("<h1") < html.index('id="problem"')


SPITEFUL = "<b>\"'&amp;</style><script>alert(1)</script>{who}"


async def test_texts_of_the_user_stay_texts() -> None:
    run = await run_alone(
        task=f"A tool called {SPITEFUL} for podcasters",
        brand=brand(
            company_name=SPITEFUL,
            mission=f"To help {SPITEFUL} people",
            value_proposition=f"One place {SPITEFUL} for all of it",
            tagline=SPITEFUL,
            vision=SPITEFUL + " vision",
            audience_pain_points=[SPITEFUL + " pain"],
            required_disclosures=[SPITEFUL + " note"],
            voice_attributes=[SPITEFUL + " voice"],
            visual={"font_heading": "x', y; } body { display: none } </style>", "logo_placement": SPITEFUL},
        ),
    )
    outline = Outline(run.artifacts["landing.html"])
    assert outline.faults == []
    assert not outline.named("script")
    assert not outline.named("b")
    assert "display: none }" not in run.artifacts["landing.html"].split("</style>")[0].split("}")[0]
    assert SPITEFUL in outline.texts
    assert f"{SPITEFUL} note" in outline.texts
    for name, text in run.artifacts.items():
        if name.endswith(".json"):
            json.loads(text)
        elif name.endswith(".md"):
            assert not re.search(r"(?<!\\)<script", text), name


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("tone", TONES)
async def test_no_sentence_is_repeated_or_unfinished(task: str, tone: str) -> None:
    html = await page_of(task, brand=brand(tone={"primary": tone}, tagline="Talk now, tidy later"))
    main = html[html.index("<main") : html.index("</main>")]
    texts = [re.sub(r"\s+", " ", text) for text in Outline(main).texts]
    links = set(re.findall(r"<a [^>]*>([^<]*)<", main))
    unlinked = Outline(re.sub(r"<a .*?</a>", "", main)).texts
    assert links
    parts = [part for text in unlinked for part in re.split(r"(?<=[.!?])\s+", text)]
    statement = [part for part in parts if len(part.split()) >= 4]
    assert len(statement) == len(set(map(str.casefold, statement))), [
        text for text in statement if statement.count(text) > 1
    ]
    for text in texts:
        assert not re.search(r"[{}]|\bNone\b|\s[,.;:]|,,|\.\.", text), text
        assert not re.search(r"\b(lorem|todo|placeholder)\b|\b(\w+) \2\b", text, re.IGNORECASE), text
        if task != GERMAN:
            assert not re.search(r"\ba [aeio]|\ban [bcdfgjklmnpqrstvwxyz]", text), text


async def test_every_tone_has_its_own_sentences() -> None:
    pages = {tone: await page_of(TASKS[0], brand=brand(tone={"primary": tone})) for tone in TONES}
    words = {tone: set(Outline(html[html.index("<main") :]).texts) for tone, html in pages.items()}
    for tone in TONES:
        for other in TONES:
            if other != tone:
                assert len(words[tone] - words[other]) >= 12, (tone, other)
    assert "'" in " ".join(words["casual"])
    assert not re.search(r"n't\b|\w're\b", " ".join(words["formal"] | words["luxury"]))


async def test_every_audience_is_spoken_to() -> None:
    seen = set()
    for audience in library.audiences():
        copy = json.loads(
            (
                await run_alone(task="A podcast tool called Ton", brand=brand(target_audience=[audience]))
            ).artifacts["landing_copy.json"]
        )
        seen.add(copy["audience"]["cards"][0]["body"])
    assert len(seen) == 5
    both = json.loads(
        (
            await run_alone(
                task="A podcast tool called Ton",
                brand=brand(target_audience=["b2c_consumer", "b2b_developer"]),
            )
        ).artifacts["landing_copy.json"]
    )
    assert len(both["audience"]["cards"]) == 2


async def test_the_page_quotes_the_brand_and_marks_proposals() -> None:
    run = await run_alone(
        task="A tool for podcasters with transcripts and chapter markers",
        brand=brand(
            audience_pain_points=["Editing takes the whole weekend"], vision="A show for every street"
        ),
    )
    texts = Outline(run.artifacts["landing.html"]).texts
    for quoted in (
        "Castaway",
        "Record, tidy and publish your show from one friendly place.",
        "We make podcasting feel like a chat with friends again.",
        "A show for every street.",
        "Editing takes the whole weekend",
        "Transcripts",
        "Chapter markers",
    ):
        assert quoted in texts
    copy = json.loads(run.artifacts["landing_copy.json"])
    assert {item["source"] for item in copy["steps"]["items"]} == {"proposal"}
    assert copy["problem"]["items"][0]["source"] == "brand"
    report = json.loads(run.artifacts["market_report.json"])
    assert report["hypotheses"][0]["status"] == "open"
    assert "competitors and their offers" in report["not_researched"]


COLORS = [
    None,
    "#000000",
    "#ffffff",
    "#ffff00",
    "#777777",
    "#f97316",
    "#2563eb",
    "#0f0",
    "#5b3a1e",
    "#ff00ff",
]


@pytest.mark.parametrize("primary", COLORS)
@pytest.mark.parametrize("tone", TONES)
def test_every_pair_of_text_and_ground_can_be_read(primary: str | None, tone: str) -> None:
    for secondary in COLORS:
        visual = Visual(primary_color=primary, secondary_color=secondary)
        dressed = Brand.model_validate(brand(tone={"primary": tone}, visual=visual))
        request = ValidatedRequest(task="A tool for podcasters", brand=dressed)
        facts = gather(request)
        palette = design.decide(facts.tone, facts.field, visual, Seed.of(request)).palette
        worst = min(palette.pairs().items(), key=lambda pair: pair[1])
        assert worst[1] >= colors.TEXT_CONTRAST, (worst, secondary)
        if primary is not None:
            assert palette.primary == colors.parse(primary)


def test_contrast_is_that_of_the_standard() -> None:
    assert colors.contrast(colors.WHITE, colors.BLACK) == pytest.approx(21)
    assert colors.contrast(colors.parse("#767676"), colors.WHITE) == pytest.approx(4.54, abs=0.01)


async def test_the_brands_colours_and_fonts_are_used() -> None:
    visual = {"primary_color": "#5b3a1e", "secondary_color": "#C9A", "font_heading": "Playfair Display"}
    html = await page_of("Open a bakery in Lyon", brand=brand(visual=visual))
    assert "--primary: #5b3a1e;" in html
    assert "--secondary: #cc99aa;" in html
    assert "--heading: 'Playfair Display', " in html


@pytest.mark.parametrize("tone", TONES)
def test_our_own_sentences_have_known_slots_and_break_no_rule(tone: Any) -> None:
    rules = compiler.compile_rules(None)
    spoken = Brand.model_validate(brand(tone={"primary": tone}))
    filled = slots(gather(ValidatedRequest(task="An app that helps nurses swap shifts", brand=spoken)))
    pools: list[Any] = [library.tone(tone), *library.kinds().values(), *library.fields().values()]
    pools += library.audiences().values()
    checked = 0
    for pool in pools:
        for wording in _sentences(
            {name: getattr(pool, name) for name in pool.__struct_fields__ if name != "theme"}
        ):
            checked += 1
            assert breaks(wording.format_map(filled), rules) is None, wording
    assert checked > 500


def _sentences(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _sentences(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in _sentences(item)]
    if hasattr(value, "__struct_fields__"):
        return [text for name in value.__struct_fields__ for text in _sentences(getattr(value, name))]
    return []


def test_every_field_can_be_drawn_and_has_a_headline_for_each_tone() -> None:
    from worker_widget.workers.business_builder.page import drawings

    for field in (*library.kinds().values(), *library.fields().values()):
        assert field.kind in library.kinds()
        svg = "\n".join(drawings.draw(field.motif, Seed(b"seed")))
        assert Outline(svg).faults == []
        known = field.id != field.kind
        assert set(field.headline) == (set(TONES) if known else set()), field.id
        assert len(field.pains) == len(field.values) == len(field.steps) == (3 if known else 0)
