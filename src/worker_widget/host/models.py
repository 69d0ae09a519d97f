"""What a request may say: the worker API's request models, with their limits checked at the door.

Names, types and limits are those of the deployed servers. Where those check enums and word counts
only once the run has started, this host answers 422 at once, naming the field.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

Tone = Literal["casual", "neutral", "professional", "formal", "luxury"]
Audience = Literal["b2c_consumer", "b2c_prosumer", "b2b_smb", "b2b_enterprise", "b2b_developer"]
Depth = Literal["auto", "shallow", "deep"]

DEFAULT_PACE_S = 10.0
"""How long a run is stretched to, in seconds, unless the request says otherwise."""


def _at_least_words(count: int) -> AfterValidator:
    def check(text: str) -> str:
        words = len(text.split())
        if words < count:
            raise ValueError(f"needs at least {count} words, has {words}")
        return text

    return AfterValidator(check)


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Task = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=20_000)]
Mission = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=10, max_length=2_000), _at_least_words(3)
]
ValueProposition = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=20, max_length=2_000), _at_least_words(5)
]
Color = Annotated[str, StringConstraints(pattern=r"^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")]


class Model(BaseModel):
    """Unknown fields are ignored, as on real servers; the host's warnings name them."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ToneProfile(Model):
    primary: Tone = "professional"
    avoid: tuple[Line, ...] = ()
    examples_good: tuple[Line, ...] = ()
    examples_bad: tuple[Line, ...] = ()


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
    target_audience: Annotated[tuple[Audience, ...], Field(min_length=1)] = ("b2b_smb",)
    audience_pain_points: tuple[Line, ...] = ()
    tone: ToneProfile = ToneProfile()
    voice_attributes: tuple[Line, ...] = ()
    forbidden_claims: tuple[ForbiddenClaim, ...] = ()
    required_disclosures: tuple[Line, ...] = ()
    visual: Visual = Visual()
    budget_tokens: Annotated[int, Field(ge=1_000, le=1_000_000)] | None = None


class RunRequest(Model):
    """One run.

    ``budget`` is in tokens. ``pace`` is this host's addition: how long the run is stretched to, in
    seconds, so that a person can watch it (``None`` means `DEFAULT_PACE_S`, 0 means no pacing).
    """

    task: Task
    brand: Brand | None = None
    budget: Annotated[int, Field(ge=1_000, le=100_000)] | None = None
    strict_mode: bool = False
    depth: Depth = "auto"
    async_mode: bool = True
    pace: Annotated[float, Field(ge=0, le=120)] | None = None


class ReplayToken(Model):
    """What a replay needs of a replay token: which request, and what came of it.

    ``artifacts`` are SHA-256 sums in hex by file name; ``run_id`` is the run the token is of.
    """

    request_context_hash: str
    artifacts: dict[str, str]
    run_id: str | None = None


class ReplayRequest(Model):
    replay_token: ReplayToken


class WorkerInfo(Model):
    """A worker as ``GET /api/v1/workers`` lists it; ``moats`` are engine numbers such as M9."""

    id: str
    name: str
    description: str
    status: Literal["available", "beta", "coming_soon"]
    moats: tuple[str, ...]
