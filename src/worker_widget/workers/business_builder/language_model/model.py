"""The language model as a `Writer`: what it is asked, what is made of its answers, and what each one cost.

It words passages of artifacts whose form is the rules' (see `sheets`), so a stage's texts have the same shape
whoever wrote them, and go through the same checks. What cannot be used is an entry of the failure catalog.
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
from ..writing.writer import Commission, Written
from . import prompts
from .answer_reader import Answers, Unusable, declines
from .endpoint import Answer, Endpoint, Question
from .forms import JsonSheet, LandingSheet, ProseSheet, Sheet, quotes
from .model_errors import Trouble
from .recordings import Recordings
from .settings import ModelSettings
from .sources import Live, Source

_TOKENS_A_PASSAGE: Final = 8
"""What a passage's number and marks take in an answer."""

_SLACK: Final = 1.3
"""How much longer than the rules' an answer has to be allowed to be, to be worth asking for."""

_STEP: Final = 24
"""Characters that come before an answer is read again while it grows."""


class LanguageModel:
    """Implements `Writer`. Holds nothing between stages."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def engine(self) -> str:
        return self._source.engine

    async def probe(self) -> str | None:
        return await self._source.probe()

    async def write(self, commission: Commission) -> Written:
        """The stage's texts, worded by the model. Raises `StageFailure`."""
        by_rules = commission.by_rules()
        drafts: list[Draft] = []
        earlier = dict(commission.before)
        spent, told, copy = 0, self._source.live, by_rules.copy
        for draft in by_rules.drafts:
            sheet = _sheet(draft, commission)
            if sheet is None or not sheet.passages:
                filled, whole = draft, False
            else:
                texts, cost, whole = await self._fill(sheet, commission, earlier, spent)
                spent += cost
                filled = sheet.written(texts)
                if isinstance(sheet, LandingSheet):
                    copy = sheet.copy(texts)
                said = f"{len(texts)} of {len(draft.prose)} texts are the model's, the others the rules'"
                commission.say(f"{file_name(draft.name, draft.type)}: {said}", "debug")
            told = told and whole
            drafts.append(filled)
            earlier[file_name(filled.name, filled.type)] = filled.content
        return Written(tuple(drafts), copy=copy, tokens=spent, told=told)

    async def _fill(
        self, sheet: Sheet, commission: Commission, earlier: Mapping[str, str], spent: int
    ) -> tuple[list[str], int, bool]:
        """A text for each passage, what they cost, and whether the artifact was told to its end."""
        most = _room(sheet, commission, spent)
        asked = prompts.messages(sheet.prompt, sheet.passages, commission, earlier)
        question = Question(self._source.model(commission.stage), asked, most)
        answers = Answers(
            sheet.prompt.form, sheet.passages, _known(sheet, commission, earlier), self._source.secret
        )
        teller = _Teller(sheet, answers, commission.tell)
        try:
            answer = await self._source.answer(question, commission, teller.hear)
        except Trouble as trouble:
            cost = tokens.count(trouble.text)
            raise _failure(trouble.failure, str(trouble), spent + cost, trouble.wait_s) from None
        cost = _cost(answer, most, commission, live=self._source.live)
        problem = _problem(answer)
        if problem is not None:
            raise _failure(*problem, spent + cost)
        if cost > most:
            error = f"the language model's answer has {cost} tokens and may have {most}"
            raise _failure(failures.MODEL_OVER_BUDGET, error, spent + cost)
        try:
            texts = answers.whole(answer.text)
        except Unusable as reason:
            raise _failure(failures.MODEL_BROKEN_ANSWER, _unusable(reason), spent + cost) from None
        return texts, cost, self._source.live and teller.close(sheet.written(texts).content)


_DECLINES: Final = "the language model declines to write the text"
_UNFINISHED: Final = "the language model's answer ends before it is finished"
_TOO_LONG: Final = "the language model's answer is cut off at its token limit"


def _problem(answer: Answer) -> tuple[Failure, str] | None:
    """What an answer says of itself that makes it useless."""
    if answer.refusal or answer.finish == "content_filter" or declines(answer.text):
        return failures.MODEL_REFUSED, _DECLINES
    if answer.finish == "length":
        return failures.MODEL_CUT_OFF, _TOO_LONG
    if answer.finish is None:
        return failures.MODEL_BROKEN_ANSWER, _UNFINISHED
    return None


def _sheet(draft: Draft, commission: Commission) -> Sheet | None:
    asked = prompts.prompt(draft.name)
    if asked is None:
        return None
    notes = (library.words(commission.language.folder).positioning.pillars_note, commission.name)
    quoted = quotes(tuple(commission.facts.values()), notes)
    if asked.form == "prose":
        return ProseSheet(asked, draft, quoted)
    kind = LandingSheet if draft.name == "landing_copy" else JsonSheet
    return kind(asked, draft, commission.language.code, quoted)


def _known(sheet: Sheet, commission: Commission, earlier: Mapping[str, str]) -> str:
    """Everything that is known of the brief, or has been checked before, in lower case."""
    said = (passage.text for passage in sheet.passages)
    return "\n".join((commission.task, *commission.facts.values(), *earlier.values(), *said)).casefold()


def _room(sheet: Sheet, commission: Commission, spent: int) -> int:
    """The most tokens that an answer may have. Raises `StageFailure` where that is too few to ask."""
    left = commission.limit - spent
    least = sum(tokens.count(passage.text) + _TOKENS_A_PASSAGE for passage in sheet.passages)
    if left < _SLACK * least:
        error = f"{max(0, left)} tokens are left for the language model, which needs about {least}"
        raise _failure(failures.MODEL_OVER_BUDGET, error, spent)
    return left


def _cost(answer: Answer, most: int, commission: Commission, *, live: bool) -> int:
    """What an answer cost, in tokens: by the endpoint's count, or by rule where that cannot be true."""
    counted, said = tokens.count(answer.text), answer.written
    if not live:
        commission.say("From the recording: the language model was not asked", "debug")
    if said is None:
        commission.say(f"The endpoint counts no tokens; by rule the answer has {counted}", "info")
        return counted
    if not counted // 4 <= said <= most:
        claim = f"The endpoint counts {said} tokens in {len(answer.text)} characters, which cannot be"
        commission.say(f"{claim}; by rule the answer has {counted}", "warning")
        return counted
    read = "" if answer.read is None else f"{answer.read} tokens read, "
    commission.say(f"{read}{said} tokens written, as the endpoint counts them", "debug")
    return said


def _failure(failure: Failure, error: str, cost: int, wait_s: float | None = None) -> StageFailure:
    return StageFailure(Finding(failure, f"{typography.capital(error)}.", tokens=cost, wait_s=wait_s))


def _unusable(reason: Unusable) -> str:
    return f"the language model's answer cannot be used: {reason}"


class _Teller:
    """Tells an artifact while its passages are being written: what is certain of it, and never more."""

    def __init__(self, sheet: Sheet, answers: Answers, tell: Callable[[str, str, str], None]) -> None:
        self._sheet = sheet
        self._answers = answers
        self._tell = tell
        self._told = ""
        self._heard = 0

    def hear(self, answer: str) -> None:
        """All of the answer that has come. Raises `Trouble` where a text in it may not stand."""
        if len(answer) - self._heard < _STEP:
            return
        self._heard = len(answer)
        if declines(answer):
            raise Trouble(failures.MODEL_REFUSED, _DECLINES)
        try:
            reading = self._answers.so_far(answer)
        except Unusable as reason:
            raise Trouble(failures.MODEL_BROKEN_ANSWER, _unusable(reason)) from None
        self._more(self._sheet.settled(reading.texts, reading.growing))

    def close(self, content: str) -> bool:
        """Tell the rest of the finished artifact; false where it is not what was told so far."""
        return self._more(content)

    def _more(self, content: str) -> bool:
        if not content.startswith(self._told):
            return False
        more = content[len(self._told) :]
        if more:
            self._tell(self._sheet.draft.name, self._sheet.draft.type, more)
        self._told = content
        return True


def configured(variables: LanguageModelVariables, recordings: Recordings) -> LanguageModel | None:
    """The model that the variables name; ``None`` where they name none."""
    settings = ModelSettings.read(variables)
    return None if settings is None else LanguageModel(Live(Endpoint(settings), recordings))
