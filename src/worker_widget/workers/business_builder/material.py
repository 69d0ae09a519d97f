"""What the writing may use: every text of the task and the brand that can be quoted, by where it is from.

A location is a path such as ``brand.mission`` or ``brief.features[1]``. Policies are checked against
these texts before anything is written, and a rewritten text takes the place of the original, so that
nothing downstream can quote what was refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from ...events.request_models import Audience, Brand, Tone, ValidatedRequest
from . import brief as brief_reader
from . import brief_german, grammar, language, library, voice_german
from .brief import Brief
from .library import AudienceText, Field, Kind
from .vocabulary import word_set

QUOTED_AS_GIVEN = "brand.required_disclosures"
"""Where texts stand that no rule may change."""

_LONGEST_WITH_SETTING: Final = 4
"""Words of a subject and its setting that a working title may have."""

_JOINTS: Final = word_set("for in on at to with from by about and or of")

_GENERAL_NOUNS = word_set(
    "tool app application platform software service website site product system solution solutions "
    "shop store studio agency book course plugin bot device"
)


class Reader(Protocol):
    """A module that reads briefs of one language."""

    def read(self, task: str) -> Brief: ...

    def recognise(self, kinds: Sequence[str], *texts: str) -> str | None: ...


_READERS: Final[Mapping[str, Reader]] = {"en": brief_reader, "de": brief_german}


@dataclass(frozen=True)
class Material:
    """The brief and the brand of one run, cleaned.

    ``texts`` maps locations to quotable texts. ``working_title`` says that the name is ours, derived from
    the task. ``audiences`` is empty where the brand says nothing in particular. ``language`` is the one it is
    written in: the task's, or where that does not tell, the brand's.
    """

    name: str
    working_title: bool
    tone: Tone
    audiences: tuple[Audience, ...]
    brief: Brief
    kind: Kind
    field: Field
    texts: Mapping[str, str]
    language: str = "en"

    def text(self, location: str) -> str:
        """The text from ``location``; empty if there is none."""
        return self.texts.get(location, "")

    def all(self, location: str) -> tuple[str, ...]:
        """The texts of a list, such as ``brand.audience_pain_points``, in order."""
        return tuple(text for key, text in self.texts.items() if key.startswith(location + "["))

    def with_text(self, location: str, text: str) -> Material:
        """The same with another text at ``location``; an empty one takes it away."""
        texts = {**self.texts, location: text}
        if not text:
            del texts[location]
        changed = replace(self, texts=texts)
        return replace(changed, name=title_for(changed)) if self.working_title else changed

    @property
    def audience_texts(self) -> tuple[AudienceText, ...]:
        """What is said to the brand's audiences, in the language of the run."""
        known = library.audiences(self.language)
        return tuple(known[audience] for audience in self.audiences)

    @property
    def statements(self) -> tuple[str, ...]:
        """What drift is measured against: the brand's own words, or without a brand the brief's."""
        own = ("brand.mission", "brand.value_proposition", "brand.tagline", "brand.vision")
        brand = tuple(self.texts[location] for location in own if location in self.texts)
        return brand or tuple(text for key, text in self.texts.items() if key.startswith("brief."))


def gather(request: ValidatedRequest) -> Material:
    """The material of a request."""
    brand = request.brand
    own = (f"{brand.mission} {brand.value_proposition} {brand.tagline or ''}",) if brand else ()
    spoken = language.detect(request.task, *own)
    written = spoken if spoken in _READERS else "en"
    read = _READERS[written].read(request.task)
    texts = dict(_brief_texts(read))
    if brand is not None:
        texts.update(_brand_texts(brand))
        read = _informed_by(read, brand, _READERS[written])
    kind = library.kinds(written)[read.kind]
    field = library.fields(written)[read.field] if read.field else kind
    name = grammar.clean(brand.company_name) if brand else (read.name or "")
    gathered = Material(
        name=name,
        working_title=not name,
        tone=brand.tone.primary if brand else "neutral",
        audiences=_audiences(brand, read),
        brief=read,
        kind=kind,
        field=field,
        texts=texts,
        language=written,
    )
    return gathered if name else replace(gathered, name=title_for(gathered))


def title_for(material: Material) -> str:
    """A working title from the task's own words: "Podcast Tool", "Climate Sensor", "Habit-Tracking App"."""
    if material.language == "de":
        return voice_german.title(material)
    subject = material.text("brief.subject")
    audience = material.text("brief.audience")
    if not subject:
        deed = material.text("brief.activity")
        if deed and not material.text("brief.gist"):
            deed = _brief_deed(deed)
        return grammar.title(deed or material.field.noun)
    setting = material.text("brief.setting")
    if setting and " " not in subject and len(setting.split()) < _LONGEST_WITH_SETTING:
        return grammar.title(f"{subject} for {setting}")
    if subject.lower() in _GENERAL_NOUNS:
        if material.field.modifier:
            return grammar.title(f"{material.field.modifier} {subject}")
        if audience and len(audience.split()) <= 2:
            *start, last = audience.split()
            return grammar.title(" ".join([*start, grammar.singular(last), subject]))
    return grammar.title(subject)


def _brief_deed(activity: str) -> str:
    """An activity as a title, up to its first preposition: "find a job by Monday" as "finding a job"."""
    words = activity.split()
    joints = (index for index, word in enumerate(words) if index > 1 and word.lower() in _JOINTS)
    return grammar.gerund(" ".join(words[: next(joints, len(words))]))


def _brief_texts(read: Brief) -> Mapping[str, str]:
    single = ("subject", "audience", "activity", "function", "gist", "theme", "setting", "place")
    texts = {f"brief.{label}": getattr(read, label) for label in single}
    texts |= {f"brief.features[{index}]": feature for index, feature in enumerate(read.features)}
    return {location: text for location, text in texts.items() if text}


def _brand_texts(brand: Brand) -> Mapping[str, str]:
    texts = {
        "brand.mission": brand.mission,
        "brand.value_proposition": brand.value_proposition,
        "brand.tagline": brand.tagline or "",
        "brand.vision": brand.vision or "",
    }
    lists = {
        "brand.audience_pain_points": brand.audience_pain_points,
        "brand.voice_attributes": brand.voice_attributes,
        "brand.tone.examples_good": brand.tone.examples_good,
        QUOTED_AS_GIVEN: brand.required_disclosures,
    }
    for location, items in lists.items():
        texts |= {f"{location}[{index}]": item for index, item in enumerate(items)}
    cleaned = {location: grammar.clean(text) for location, text in texts.items()}
    return {location: text for location, text in cleaned.items() if text}


def _informed_by(read: Brief, brand: Brand, reader: Reader) -> Brief:
    """The brief with its line of business read from the brand, where the task does not name a subject."""
    if read.subject is not None or read.field is not None:
        return read
    said = " ".join(grammar.clean(text) for text in (brand.value_proposition, brand.mission))
    field = reader.recognise((), grammar.clean(brand.company_name), said)
    if field:
        return replace(read, field=field, kind=library.fields()[field].kind)
    own = reader.read(brand.value_proposition)
    return replace(read, kind=own.kind) if own.subject else read


def _audiences(brand: Brand | None, read: Brief) -> tuple[Audience, ...]:
    """The brand's audiences; where it names none, the default counts only if the task is for businesses."""
    if brand is None:
        return ()
    named = "target_audience" in brand.model_fields_set
    for_business = read.kind in {"software", "practice"} and read.audience is None
    return tuple(dict.fromkeys(brand.target_audience)) if named or for_business else ()
