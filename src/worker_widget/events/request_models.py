"""The worker API's request models, which validate the types and limits of requests.

Names, types and limits are those of the deployed servers. Those check enumerations and word counts only after
the run has started; this host answers 422 with the field's name before it starts the run.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from .run_request import Depth

Tone = Literal["casual", "neutral", "professional", "formal", "luxury"]
Audience = Literal["b2c_consumer", "b2c_prosumer", "b2b_smb", "b2b_enterprise", "b2b_developer"]
RunOutcome = Literal["completed", "failed"]

MOST_ITEMS = 50
"""The most items of a list in a brand, because every text is checked against every rule."""


def _at_least_words(count: int) -> AfterValidator:
    def check(text: str) -> str:
        words = len(text.split())
        if words < count:
            raise ValueError(f"needs at least {count} words, has {words}")
        return text

    return AfterValidator(check)


def _not_empty(items: tuple[Audience, ...]) -> tuple[Audience, ...]:
    """Checks the length here, because pydantic's constraint reports a wrong item as a second error."""
    if not items:
        raise ValueError("needs at least one audience")
    return items


_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_ShortText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
_ShortTexts = Annotated[tuple[_ShortText, ...], Field(max_length=MOST_ITEMS)]
_Task = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=20_000)]
_Mission = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=10, max_length=2_000), _at_least_words(3)
]
_ValueProposition = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=20, max_length=2_000), _at_least_words(5)
]
_Audiences = Annotated[
    tuple[Audience, ...], AfterValidator(_not_empty), Field(json_schema_extra={"minItems": 1})
]
_Color = Annotated[str, StringConstraints(pattern=r"^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")]


class RequestModel(BaseModel):
    """Base of the request models. Unknown fields are ignored, as on real servers; the host's warnings name
    them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


class ToneProfile(RequestModel):
    primary: Tone = "professional"
    avoid: _ShortTexts = ()
    examples_good: _ShortTexts = ()
    examples_bad: _ShortTexts = ()


class ForbiddenClaim(RequestModel):
    pattern: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    reason: _ShortText = "Policy violation"
    severity: Literal["error", "warning"] = "error"


class Visual(RequestModel):
    primary_color: _Color | None = None
    secondary_color: _Color | None = None
    font_heading: _ShortText = "Inter"
    font_body: _ShortText = "Inter"
    logo_placement: _ShortText = "top-left"


class Brand(RequestModel):
    """A brand: the company, its audience, tone, rules and visual identity.

    ``budget_tokens`` is the budget of runs whose request has none.
    """

    company_name: _Name
    mission: _Mission
    value_proposition: _ValueProposition
    tagline: _ShortText | None = None
    vision: _ShortText | None = None
    target_audience: _Audiences = ("b2b_smb",)
    audience_pain_points: _ShortTexts = ()
    tone: ToneProfile = ToneProfile()
    voice_attributes: _ShortTexts = ()
    forbidden_claims: Annotated[tuple[ForbiddenClaim, ...], Field(max_length=MOST_ITEMS)] = ()
    required_disclosures: _ShortTexts = ()
    visual: Visual = Visual()
    budget_tokens: Annotated[int, Field(ge=1_000, le=1_000_000)] | None = None


class ValidatedRequest(RequestModel):
    """A run request that passed the host's checks: what a worker executes. ``budget`` is in tokens.

    ``options`` are the worker's own (`WorkerOption`), by name. The host checks them against the worker's
    declarations and fills in the defaults before the worker gets the request.
    """

    model_config = ConfigDict(title="RunRequest")

    task: _Task
    brand: Brand | None = None
    budget: Annotated[int, Field(ge=1_000, le=100_000)] | None = None
    strict_mode: bool = False
    depth: Depth = "auto"
    async_mode: bool = True
    options: dict[str, Any] = {}


class ReplayToken(RequestModel):
    """The fields of a replay token that the host needs: the hash of the request and the run's results.

    ``artifacts`` maps file names to SHA-256 sums in hex; ``run_id`` is the original run, ``outcome`` its
    outcome, ``version`` the version of the engine that made the token. All other fields are the worker's.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    request_context_hash: str
    artifacts: dict[str, str]
    run_id: str | None = None
    version: str | None = None
    outcome: RunOutcome = "completed"


class ReplayRequest(RequestModel):
    """A request to replay the run that the token is from."""

    replay_token: ReplayToken
