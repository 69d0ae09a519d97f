"""The language model as a `TextWriter`: its requests, its answers, and their costs.

It words passages of artifacts whose form the rule engine gives (see `forms`), so a stage's texts have the
same shape for every writer and pass the same checks. An unusable answer raises an entry of the failure
catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ....events.file_names import file_name
from ....host.worker import LanguageModelVariables
from ..content import library
from ..engine import failures
from ..engine.failures import Failure, Finding, StageFailure
from ..language import typography
from ..writing import tokens
from ..writing.draft import Draft
from ..writing.writer import StageTexts, WritingRequest
from . import prompts
from .answer_reader import AnswerReader, UnusableAnswer, declines
from .endpoint import ModelAnswer, ModelEndpoint, ModelRequest
from .forms import ArtifactForm, JsonForm, LandingForm, ProseForm, quotation_test
from .model_errors import ModelError
from .recordings import Recordings
from .settings import ModelSettings
from .sources import AnswerSource, LiveAnswers

_TOKENS_A_PASSAGE: Final = 8
"""The cost of a passage's number and quotation marks in an answer."""

_SLACK: Final = 1.3
"""The least ratio of the token limit to the length of the rule engine's texts for a request."""

_STEP: Final = 24
"""Characters between two readings of an answer that is being streamed."""


class LanguageModel:
    """Implements `TextWriter`. Holds no state between stages."""

    def __init__(self, source: AnswerSource) -> None:
        self._source = source

    @property
    def engine(self) -> str:
        return self._source.engine

    async def probe(self) -> str | None:
        return await self._source.probe()

    async def write(self, request: WritingRequest) -> StageTexts:
        """The stage's texts, worded by the model. Raises `StageFailure`."""
        by_rules = request.by_rules()
        drafts: list[Draft] = []
        earlier = dict(request.earlier)
        spent, streamed, copy = 0, self._source.live, by_rules.copy
        for draft in by_rules.drafts:
            form = _form(draft, request)
            if form is None or not form.passages:
                filled, whole = draft, False
            else:
                texts, cost, whole = await self._fill(form, request, earlier, spent)
                spent += cost
                filled = form.written(texts)
                if isinstance(form, LandingForm):
                    copy = form.copy(texts)
                parts = f"{len(texts)} of the {len(draft.prose)} texts"
                name = file_name(draft.name, draft.type)
                request.log(
                    f"The language model wrote {parts} in {name}, the rules wrote the others.", "debug"
                )
            streamed = streamed and whole
            drafts.append(filled)
            earlier[file_name(filled.name, filled.type)] = filled.content
        return StageTexts(tuple(drafts), copy=copy, tokens=spent, streamed=streamed)

    async def _fill(
        self, form: ArtifactForm, request: WritingRequest, earlier: Mapping[str, str], spent: int
    ) -> tuple[list[str], int, bool]:
        """A text for each passage, their cost, and whether the artifact was streamed to its end."""
        most = _limit(form, request, spent)
        messages = prompts.messages(form.prompt, form.passages, request, earlier)
        call = ModelRequest(self._source.model(request.stage), messages, most)
        reader = AnswerReader(
            form.prompt.form, form.passages, _known(form, request, earlier), self._source.secret
        )
        stream = _ArtifactStream(form, reader, request.stream)
        try:
            answer = await self._source.answer(call, request, stream.update)
        except ModelError as error:
            cost = tokens.count(error.text)
            raise _failure(error.failure, str(error), spent + cost, error.wait_s) from None
        cost = _cost(answer, most, request, live=self._source.live)
        problem = _problem(answer)
        if problem is not None:
            raise _failure(*problem, spent + cost)
        if cost > most:
            message = f"the language model's answer has {cost} tokens and may have {most}"
            raise _failure(failures.MODEL_OVER_BUDGET, message, spent + cost)
        try:
            texts = reader.whole(answer.text)
        except UnusableAnswer as reason:
            raise _failure(failures.MODEL_BROKEN_ANSWER, _unusable(reason), spent + cost) from None
        return texts, cost, self._source.live and stream.close(form.written(texts).content)


_DECLINES: Final = "the language model refuses to write the text"
_UNFINISHED: Final = "the language model's answer ends before it is finished"
_TOO_LONG: Final = "the language model's answer is cut off at its token limit"


def _problem(answer: ModelAnswer) -> tuple[Failure, str] | None:
    """Why an answer cannot be used, by its own metadata, if so."""
    if answer.refusal or answer.finish == "content_filter" or declines(answer.text):
        return failures.MODEL_REFUSED, _DECLINES
    if answer.finish == "length":
        return failures.MODEL_CUT_OFF, _TOO_LONG
    if answer.finish is None:
        return failures.MODEL_BROKEN_ANSWER, _UNFINISHED
    return None


def _form(draft: Draft, request: WritingRequest) -> ArtifactForm | None:
    prompt = prompts.prompt(draft.name)
    if prompt is None:
        return None
    notes = (library.words(request.language.folder).positioning.pillars_note, request.name)
    quoted = quotation_test(tuple(request.facts.values()), notes)
    if prompt.form == "prose":
        return ProseForm(prompt, draft, quoted)
    kind = LandingForm if draft.name == "landing_copy" else JsonForm
    return kind(prompt, draft, request.language.code, quoted)


def _known(form: ArtifactForm, request: WritingRequest, earlier: Mapping[str, str]) -> str:
    """All texts of the brief and all checked texts, in lower case."""
    passages = (passage.text for passage in form.passages)
    return "\n".join((request.task, *request.facts.values(), *earlier.values(), *passages)).casefold()


def _limit(form: ArtifactForm, request: WritingRequest, spent: int) -> int:
    """The most tokens that an answer may have. Raises `StageFailure` where that is too few."""
    left = request.limit - spent
    least = sum(tokens.count(passage.text) + _TOKENS_A_PASSAGE for passage in form.passages)
    if left < _SLACK * least:
        error = f"{max(0, left)} tokens are left for the language model, which needs about {least}"
        raise _failure(failures.MODEL_OVER_BUDGET, error, spent)
    return left


def _cost(answer: ModelAnswer, most: int, request: WritingRequest, *, live: bool) -> int:
    """The cost of an answer in tokens: the endpoint's count, or our own where that cannot be right."""
    counted, reported = tokens.count(answer.text), answer.written
    if not live:
        request.log("Used the recorded answer; the language model was not called.", "debug")
    if reported is None:
        request.log(f"The endpoint reports no token count; the worker counted {counted}.", "debug")
        return counted
    if not counted // 4 <= reported <= most:
        claim = f"The language model's endpoint reports {reported} tokens for {len(answer.text)} characters"
        request.log(f"{claim}, which cannot be right; the worker counted {counted}.", "warning")
        return counted
    read = "" if answer.read is None else f"{answer.read} tokens read, "
    request.log(f"The endpoint reports {read}{reported} tokens written.", "debug")
    return reported


def _failure(failure: Failure, error: str, cost: int, wait_s: float | None = None) -> StageFailure:
    return StageFailure(Finding(failure, f"{typography.capital(error)}.", tokens=cost, wait_s=wait_s))


def _unusable(reason: UnusableAnswer) -> str:
    return f"the language model's answer cannot be used: {reason}"


class _ArtifactStream:
    """Streams the part of an artifact that is already certain while its passages are being written."""

    def __init__(
        self, form: ArtifactForm, reader: AnswerReader, emit: Callable[[str, str, str], None]
    ) -> None:
        self._form = form
        self._reader = reader
        self._emit = emit
        self._streamed = ""
        self._length_read = 0

    def update(self, answer: str) -> None:
        """Read the answer so far. Raises `ModelError` where it contains a forbidden text."""
        if len(answer) - self._length_read < _STEP:
            return
        self._length_read = len(answer)
        if declines(answer):
            raise ModelError(failures.MODEL_REFUSED, _DECLINES)
        try:
            partial = self._reader.so_far(answer)
        except UnusableAnswer as reason:
            raise ModelError(failures.MODEL_BROKEN_ANSWER, _unusable(reason)) from None
        self._stream(self._form.settled(partial.texts, partial.growing))

    def close(self, content: str) -> bool:
        """Stream the rest of the finished artifact; false where it contradicts the streamed part."""
        return self._stream(content)

    def _stream(self, content: str) -> bool:
        if not content.startswith(self._streamed):
            return False
        more = content[len(self._streamed) :]
        if more:
            self._emit(self._form.draft.name, self._form.draft.type, more)
        self._streamed = content
        return True


def configured(variables: LanguageModelVariables, recordings: Recordings) -> LanguageModel | None:
    """The model that the variables name; ``None`` where they name none."""
    settings = ModelSettings.read(variables)
    return None if settings is None else LanguageModel(LiveAnswers(ModelEndpoint(settings), recordings))
