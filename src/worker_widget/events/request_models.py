"""The worker API's request models, which validate the types and limits of requests.

Names, types and limits are those of the deployed servers. Those check enumerations and word counts only after
the run has started; this host answers 422 with the field's name before it starts the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from .brand_names import AUDIENCES, SEVERITIES, TONES
from .run_request import Depth
from .schema_keywords import NAMES, WORDS

Tone = Literal["casual", "neutral", "professional", "formal", "luxury"]
Audience = Literal["b2c_consumer", "b2c_prosumer", "b2b_smb", "b2b_enterprise", "b2b_developer"]
PolicyPosture = Literal["advisory", "strict"]
RunOutcome = Literal["completed", "failed"]

MOST_ITEMS = 50
"""The most items of a list in a brand, because every text is checked against every rule."""


@dataclass(frozen=True)
class _AtLeastWords:
    """The constraint on the number of words, in the validator and as `WORDS` in the schema."""

    count: int

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), WORDS: self.count}

    def _check(self, text: str) -> str:
        words = len(text.split())
        if words < self.count:
            raise ValueError(f"needs at least {self.count} words, has {words}")
        return text


def _not_empty(items: tuple[str, ...]) -> tuple[str, ...]:
    """Checks the length here, because pydantic's constraint reports a wrong item as a second error."""
    if not items:
        raise ValueError("needs at least one audience")
    return items


_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_ShortText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
_ShortTexts = Annotated[tuple[_ShortText, ...], Field(max_length=MOST_ITEMS)]
_Task = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=20_000)]
_Mission = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=10, max_length=2_000), _AtLeastWords(3)
]
_ValueProposition = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=20, max_length=2_000), _AtLeastWords(5)
]
_AudienceWords = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(get_args(Audience)), "type": "string"},
                {"type": "string", "minLength": 1, "maxLength": 200},
            ]
        }
    ),
]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_Audiences = Annotated[
    tuple[_AudienceWords, ...],
    # Before the validators: behind them, newer versions of pydantic leave the limit out of the schema.
    Field(max_length=MOST_ITEMS, json_schema_extra={"minItems": 1}),
    BeforeValidator(_listed),
    AfterValidator(_not_empty),
]
_Color = Annotated[
    str,
    StringConstraints(pattern=r"^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"),
    Field(json_schema_extra={"format": "color"}),
]


class RequestModel(BaseModel):
    """Base of the request models. Unknown fields are ignored, as on real servers; the host's warnings name
    them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


class ToneProfile(RequestModel):
    primary: Tone = Field(
        default="professional",
        title="Main tone",
        description="The tone that every text is measured against.",
        json_schema_extra={NAMES: {**TONES}},
    )
    avoid: _ShortTexts = Field(
        default=(),
        title="Words to avoid",
        description="Words or phrases that no text may use.",
        examples=["hype"],
    )
    examples_good: _ShortTexts = Field(
        default=(),
        title="Sounds right",
        description="Sentences in the tone of the brand.",
        examples=["Record once. We do the rest."],
    )
    examples_bad: _ShortTexts = Field(
        default=(),
        title="Sounds wrong",
        description="Sentences that no text may contain or sound like.",
        examples=["Revolutionise your audio journey"],
    )


class ForbiddenClaim(RequestModel):
    pattern: Annotated[str, StringConstraints(min_length=1, max_length=500)] = Field(
        title="Claim",
        description="Words, or a regular expression, that no text may contain, in any case.",
        examples=["guaranteed"],
    )
    reason: _ShortText = Field(
        default="Policy violation",
        title="Reason",
        description="Why it is forbidden; shown beside a violation.",
        examples=["Nothing is guaranteed"],
    )
    severity: Literal["error", "warning"] = Field(
        default="error",
        title="Severity",
        description="How serious a violation is. Both are rewritten; a strict run stops at both.",
        json_schema_extra={NAMES: {**SEVERITIES}},
    )


class Visual(RequestModel):
    primary_color: _Color | None = Field(
        default=None,
        title="Main colour",
        description="The colour of buttons, links and headings, as #RRGGBB or #RGB.",
        examples=["#1f4e79"],
    )
    secondary_color: _Color | None = Field(
        default=None,
        title="Second colour",
        description="The colour of accents beside the main colour, as #RRGGBB or #RGB.",
        examples=["#e07a3f"],
    )
    font_heading: _ShortText = Field(
        default="Inter",
        title="Font of headings",
        description="The name of a font. A reader who does not have it sees a similar one.",
        examples=["Georgia"],
    )
    font_body: _ShortText = Field(
        default="Inter",
        title="Font of texts",
        description="The name of a font. A reader who does not have it sees a similar one.",
        examples=["Inter"],
    )
    logo_placement: _ShortText = Field(
        default="top-left",
        title="Place of the logo",
        description="Where the logo stands on the page: top-left, top-center or top-right.",
        examples=["top-left"],
    )


class Brand(RequestModel):
    """A brand: the company, its audience, tone, rules and visual identity.

    Titles, descriptions, examples and limits are in the schema (``GET /schema/brand``), of which the
    console's form is made.
    """

    company_name: _Name = Field(
        title="Company name", description="The name that the texts use.", examples=["Clearwave"]
    )
    mission: _Mission = Field(
        title="Mission",
        description="What the company does, and its customers.",
        examples=["Help small teams make podcasts that people finish"],
    )
    value_proposition: _ValueProposition = Field(
        title="Value proposition",
        description="What a customer gets, and why it is worth having.",
        examples=["Clearwave turns a raw recording into a published episode in one afternoon"],
    )
    tagline: _ShortText | None = Field(
        default=None,
        title="Tagline",
        description="A short line that goes with the name.",
        examples=["From recording to released"],
    )
    vision: _ShortText | None = Field(
        default=None,
        title="Vision",
        description="What the company wants to change in the long run.",
        examples=["Every voice with a story finds its listeners"],
    )
    target_audience: _Audiences = Field(
        default=("b2b_smb",),
        title="Audience",
        description="The people that the texts address: listed ones, or others in your own words.",
        json_schema_extra={NAMES: {**AUDIENCES}},
    )
    audience_pain_points: _ShortTexts = Field(
        default=(),
        title="Pain points",
        description="What troubles this audience today, one trouble each.",
        examples=["Editing takes longer than recording"],
    )
    tone: ToneProfile = Field(default=ToneProfile(), title="Tone", description="How the texts sound.")
    voice_attributes: _ShortTexts = Field(
        default=(),
        title="Voice",
        description="Words that describe the voice of the brand.",
        examples=["warm"],
    )
    forbidden_claims: Annotated[tuple[ForbiddenClaim, ...], Field(max_length=MOST_ITEMS)] = Field(
        default=(), title="Forbidden claims", description="Claims that no text may make."
    )
    required_disclosures: _ShortTexts = Field(
        default=(),
        title="Required disclosures",
        description="Sentences that the page must show word for word.",
        examples=["Prices include VAT."],
    )
    visual: Visual = Field(default=Visual(), title="Look", description="Colours and fonts of the page.")
    budget_tokens: Annotated[int, Field(ge=1_000, le=1_000_000)] | None = Field(
        default=None,
        title="Token budget",
        description="The most tokens that a run may use if the run itself has no budget.",
        examples=[20_000],
    )

    @property
    def listed_audiences(self) -> tuple[Audience, ...]:
        """The audiences of the list, each once."""
        listed: dict[str, Audience] = {value: value for value in get_args(Audience)}
        return tuple(listed[text] for text in dict.fromkeys(self.target_audience) if text in listed)

    @property
    def other_audiences(self) -> tuple[str, ...]:
        """The audiences in the brand's own words, each once."""
        listed = get_args(Audience)
        return tuple(dict.fromkeys(text for text in self.target_audience if text not in listed))


_Secrets = Annotated[
    dict[
        Annotated[str, StringConstraints(min_length=1, max_length=200)],
        Annotated[str, StringConstraints(max_length=20_000)],
    ],
    Field(max_length=MOST_ITEMS),
]
_SECRETS: Any = Field(default={}, exclude=True, repr=False)
"""The field of a request's secrets: in no dump and in no repr."""


class ValidatedRequest(RequestModel):
    """A run request that passed the host's checks: what a worker executes. ``budget`` is in tokens.

    ``options`` are the worker's own (`WorkerOption`), by name. The host checks them against the worker's
    declarations and fills in the defaults before the worker gets the request. ``policy_posture`` is the
    later servers' name for ``strict_mode``: "strict" is true, "advisory" is false; a request may give either,
    or both where they agree. With ``async_mode``, ``POST /run`` answers at once instead of at the end.
    ``secrets`` are for this run alone and never stored; a worker has them in its run context, not here.
    """

    model_config = ConfigDict(title="RunRequest")

    task: _Task
    brand: Brand | None = None
    budget: Annotated[int, Field(ge=1_000, le=100_000)] | None = None
    strict_mode: bool = False
    policy_posture: PolicyPosture | None = Field(default=None, exclude=True)
    depth: Depth = "auto"
    async_mode: bool = False
    options: dict[str, Any] = {}
    secrets: _Secrets = _SECRETS

    @model_validator(mode="before")
    @classmethod
    def _one_posture(cls, given: Any) -> Any:
        """Derives ``strict_mode`` from ``policy_posture``, so that a worker has to know only one of them."""
        if not isinstance(given, dict) or given.get("policy_posture") not in get_args(PolicyPosture):
            return given
        strict = given["policy_posture"] == "strict"
        if given.get("strict_mode", strict) is not strict:
            return given
        return {**given, "strict_mode": strict}

    @field_validator("policy_posture")
    @classmethod
    def _no_contradiction(cls, posture: PolicyPosture | None, info: ValidationInfo) -> PolicyPosture | None:
        strict = info.data.get("strict_mode")
        if posture is not None and strict is not None and strict is not (posture == "strict"):
            raise PydanticCustomError(
                "contradiction",
                "is {posture}, but strict_mode is {strict}: give one of the two, or the same in both",
                {"posture": posture, "strict": str(strict).lower()},
            )
        return posture


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
    """A request to replay the run that the token is from. The secrets of that run must be given again."""

    replay_token: ReplayToken
    secrets: _Secrets = _SECRETS


_StageId = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class RetryRequest(RequestModel):
    """A request to start an ended run anew. The secrets of that run must be given again.

    With ``from_stage`` the stages before it are taken over. Without it a run that did not complete goes on at
    the stage that failed, if its worker offers that, and any other run starts at its first stage.
    """

    from_stage: _StageId | None = None
    secrets: _Secrets = _SECRETS


class ForkRequest(RequestModel):
    """A request to run an ended run again from a stage on, with changes of its request.

    A field that is left out is that of the ended run; ``options`` are those that change. A ``brand`` of null
    removes the brand.
    """

    from_stage: _StageId
    task: _Task = ""
    brand: Brand | None = None
    budget: Annotated[int, Field(ge=1_000, le=100_000)] | None = None
    strict_mode: bool = False
    depth: Depth = "auto"
    options: dict[str, Any] = {}
    secrets: _Secrets = _SECRETS

    def changed(self, request: ValidatedRequest) -> ValidatedRequest:
        """``request`` with these changes."""
        changes = {name: getattr(self, name) for name in self.model_fields_set & _CHANGEABLE}
        changes["options"] = {**request.options, **self.options}
        return request.model_copy(update=changes)


_CHANGEABLE = frozenset({"task", "brand", "budget", "strict_mode", "depth"})


class InputAnswer(RequestModel):
    """The answer of a person to a run's request for input."""

    request_id: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    payload: Any


class LanguageModelChoice(RequestModel):
    """A language model for the workers: the values of ``WORKER_LLM_URL``, ``_MODEL`` and ``_KEY``.

    ``unencrypted`` says that the model would get the key readable, which the client does not allow.
    """

    url: str = ""
    model: str = ""
    key: str = Field(default="", repr=False)
    unencrypted: bool = False
