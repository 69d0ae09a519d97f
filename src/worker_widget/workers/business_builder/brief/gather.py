"""Gathers the facts of a request: the brief from its task, and the texts of its brand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from ....events.request_models import Audience, Brand, ValidatedRequest
from ..content import library
from ..language import detection, plausibility, typography
from ..language.languages import LANGUAGES, writing_language
from . import (
    asked_form,
    clean_task,
    english_reader,
    further_sentences,
    german_reader,
    other_work,
    stated_facts,
)
from .brief import KINDS, Brief, StatedFact
from .facts import OTHER_AUDIENCES, QUOTED_AS_GIVEN, Facts


class Reader(Protocol):
    """A module that reads briefs in a language."""

    def read(self, task: str) -> Brief: ...

    def recognise(self, kinds: Sequence[str], *texts: str) -> str | None: ...


LONGEST_READ: Final = 6_000
"""The characters of a task that are read."""

MOST_FACTS: Final = 60
"""The prices, dates, names and other facts of a task that are used: its first."""

_READERS: Final[Mapping[str, Reader]] = {"en": english_reader, "de": german_reader}


def gather(request: ValidatedRequest) -> Facts:
    """The facts of a request."""
    brand = request.brand
    own = (f"{brand.mission} {brand.value_proposition} {brand.tagline or ''}",) if brand else ()
    language = writing_language(detection.detect(request.task, *own))
    reader = _READERS[language.code]
    asked = asked_form.without_technology(request.task)
    read = replace(reader.read(asked), task=typography.clean(request.task))
    prose = typography.clean(clean_task.clean_task(asked))
    if read.language == "de":
        prose = german_reader.with_capitals(prose)
    other = other_work.other_work(prose)
    if other is not None:
        read = Brief(read.task, read.language, other_work=other, kind="offer")
    else:
        stated = _used(stated_facts.stated_facts(prose[:LONGEST_READ], read.language), read, prose)
        names = {fact.text for fact in stated if fact.kind == "name"}
        features = tuple(feature for feature in read.features if feature not in names)
        read = replace(
            read,
            stated=(*stated[:MOST_FACTS], *_further_place(read, stated)),
            unlisted=max(0, len(stated) - MOST_FACTS),
            features=features,
        )
    if plausibility.is_filler(prose) or (
        read.language in LANGUAGES and plausibility.plausible_share(prose) <= plausibility.FEWEST_WORDS
    ):
        read = replace(read, statements=(), unused=(*read.statements, *read.unused))
    texts = dict(_brief_texts(read))
    if brand is not None:
        texts.update(_brand_texts(brand))
        read = _informed_by(read, brand, reader)
    kind = library.kinds(language.folder)[read.kind]
    field = library.fields(language.folder)[read.field] if read.field else kind
    name = typography.clean(brand.company_name) if brand else (read.name or "")
    gathered = Facts(
        name=name,
        working_title=not name,
        tone=brand.tone.primary if brand else "neutral",
        audiences=_audiences(brand, read),
        brief=read,
        kind=kind,
        field=field,
        texts=texts,
        language=language,
    )
    return gathered if name else replace(gathered, name=language.title(gathered))


def _used(stated: Sequence[StatedFact], read: Brief, prose: str) -> tuple[StatedFact, ...]:
    """The facts that are for the page: no name or number of a clause that asks for a style or a length, and
    no name that is the place or the audience."""
    unused = [(prose.find(text), text) for text in read.unused if not _MENTION.search(text)]
    spans = [
        (start + begin, start + end)
        for start, text in unused
        if start >= 0
        for begin, end in further_sentences.clauses_about_style(text)
    ]
    return tuple(
        fact
        for fact in stated
        if not (fact.kind in {"name", "number"} and any(start <= fact.start < end for start, end in spans))
        and not (fact.kind == "name" and fact.text in f"{read.place or ''}\n{read.audience or ''}")
    )


_MENTION: Final = re.compile(
    r"(?i)\b(?:mention|include|add|list|name[ds]?|call(?:ed)?|show|highlight|put|say|quote|erwähn\w*|nenn\w*|"
    r"zeig\w*|füge|zitier\w*)\b"
)
"""A sentence about the writing that asks for its facts on the page."""


def _further_place(read: Brief, stated: Sequence[StatedFact]) -> tuple[StatedFact, ...]:
    """The place that only the reader of the language finds."""
    found = read.place
    if not found or read.language not in LANGUAGES:
        return ()
    known = any(fact.kind == "place" and found in fact.text for fact in stated)
    return () if known else (StatedFact("place", found, 0, 0),)


def _brief_texts(read: Brief) -> Mapping[str, str]:
    single = (
        "subject", "audience", "activity", "function", "gist", "theme", "setting", "place", "quote",
        "wording",
    )  # fmt: skip
    texts = {f"brief.{label}": getattr(read, label) for label in single}
    lists: dict[str, tuple[str, ...]] = {"features": read.features, "statements": read.statements}
    lists |= {kind: read.all_stated(kind) for kind in KINDS}
    for label, items in lists.items():
        texts |= {f"brief.{label}[{index}]": item for index, item in enumerate(items)}
    return {location: text for location, text in texts.items() if text}


def _brand_texts(brand: Brand) -> Mapping[str, str]:
    texts = {
        "brand.mission": brand.mission,
        "brand.value_proposition": brand.value_proposition,
        "brand.tagline": brand.tagline or "",
        "brand.vision": brand.vision or "",
    }
    lists = {
        OTHER_AUDIENCES: brand.other_audiences,
        "brand.audience_pain_points": brand.audience_pain_points,
        "brand.voice_attributes": brand.voice_attributes,
        "brand.tone.examples_good": brand.tone.examples_good,
        QUOTED_AS_GIVEN: brand.required_disclosures,
    }
    for location, items in lists.items():
        texts |= {f"{location}[{index}]": item for index, item in enumerate(items)}
    cleaned = {location: typography.clean(text) for location, text in texts.items()}
    return {location: text for location, text in cleaned.items() if text}


def _informed_by(read: Brief, brand: Brand, reader: Reader) -> Brief:
    """The brief with the line of business of the brand, where the task names no subject."""
    if read.subject is not None or read.field is not None:
        return read
    statements = " ".join(typography.clean(text) for text in (brand.value_proposition, brand.mission))
    field = reader.recognise((), typography.clean(brand.company_name), statements)
    if field:
        return replace(read, field=field, kind=library.fields()[field].kind)
    own = reader.read(brand.value_proposition)
    return replace(read, kind=own.kind) if own.subject else read


def _audiences(brand: Brand | None, read: Brief) -> tuple[Audience, ...]:
    """The brand's audiences; the default counts only for a task that is for businesses."""
    if brand is None:
        return ()
    named = "target_audience" in brand.model_fields_set
    for_business = read.kind in {"software", "practice"} and read.audience is None
    return brand.listed_audiences if named or for_business else ()
