"""What a request may say: the worker API's request models, with their limits checked at the door.

Names, types and limits are those of the deployed servers. Where those check enums and word counts
only once the run has started, this host answers 422 at once, naming the field.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from .run_request import Depth

Tone = Literal["casual", "neutral", "professional", "formal", "luxury"]
Audience = Literal["b2c_consumer", "b2c_prosumer", "b2b_smb", "b2b_enterprise", "b2b_developer"]
Outcome = Literal["completed", "failed"]

MOST_ITEMS = 50
"""The most items of a list in a brand: every text is held to every rule."""


def _at_least_words(count: int) -> AfterValidator:
    def check(text: str) -> str:
        words = len(text.split())
        if words < count:
            raise ValueError(f"needs at least {count} words, has {words}")
        return text

    return AfterValidator(check)


def _not_empty(items: tuple[Audience, ...]) -> tuple[Audience, ...]:
    """Pydantic's own bound on a length does not count items that are wrong, and so tells of two problems."""
    if not items:
        raise ValueError("needs at least one audience")
    return items


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Lines = Annotated[tuple[Line, ...], Field(max_length=MOST_ITEMS)]
Task = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=20_000)]
Mission = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=10, max_length=2_000), _at_least_words(3)
]
ValueProposition = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=20, max_length=2_000), _at_least_words(5)
]
Audiences = Annotated[
    tuple[Audience, ...], AfterValidator(_not_empty), Field(json_schema_extra={"minItems": 1})
]
Color = Annotated[str, StringConstraints(pattern=r"^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")]


class Model(BaseModel):
    """Unknown fields are ignored, as on real servers; the host's warnings name them."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ToneProfile(Model):
    primary: Tone = "professional"
    avoid: Lines = ()
    examples_good: Lines = ()
    examples_bad: Lines = ()


class ForbiddenClaim(Model):
    pattern: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    reason: Line = "Policy violation"
    severity: Literal["error", "warning"] = "error"


class Visual(Model):
    primary_color: Color | None = None
    secondary_color: Color | None = None
    font_heading: Line = "Inter"
    font_body: Line = "Inter"
    logo_placement: Line = "top-left"


class Brand(Model):
    """Who speaks, to whom and how. ``budget_tokens`` bounds the run where its own ``budget`` does not."""

    company_name: Name
    mission: Mission
    value_proposition: ValueProposition
    tagline: Line | None = None
    vision: Line | None = None
    target_audience: Audiences = ("b2b_smb",)
    audience_pain_points: Lines = ()
    tone: ToneProfile = ToneProfile()
    voice_attributes: Lines = ()
    forbidden_claims: Annotated[tuple[ForbiddenClaim, ...], Field(max_length=MOST_ITEMS)] = ()
    required_disclosures: Lines = ()
    visual: Visual = Visual()
    budget_tokens: Annotated[int, Field(ge=1_000, le=1_000_000)] | None = None


class ValidatedRequest(Model):
    """A run request that passed the host's checks: what a worker executes. ``budget`` is in tokens.

    ``options`` are the worker's own (`WorkerOption`), by name. The host checks them against the worker's
    declarations and fills in the defaults before the worker gets the request.
    """

    model_config = ConfigDict(title="RunRequest")

    task: Task
    brand: Brand | None = None
    budget: Annotated[int, Field(ge=1_000, le=100_000)] | None = None
    strict_mode: bool = False
    depth: Depth = "auto"
    async_mode: bool = True
    options: dict[str, Any] = {}


class ReplayToken(Model):
    """What a replay needs of a replay token: which request, and what came of it.

    ``artifacts`` are SHA-256 sums in hex by file name; ``run_id`` is the run the token is of, ``outcome`` how
    it ended, ``version`` that of the engine it was made with. The rest of it is the worker's own.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    request_context_hash: str
    artifacts: dict[str, str]
    run_id: str | None = None
    version: str | None = None
    outcome: Outcome = "completed"


class ReplayRequest(Model):
    replay_token: ReplayToken
