"""The recovery actions of the failure catalog: each changes how a stage is done, before it is repeated.

``retry``            runs the stage again: after a timeout without its pace; a language model after a wait
                     that doubles each time, or as long as its endpoint asks for
``reduce_scope``     leaves out optional sections, in their order, as many as needed
``rephrase``         rewrites the texts that break a rule (see `rewriting`), also a task that drifts by
                     wordings that the brand avoids; takes a task without words from the brand; asks a
                     language model again with the error
``re_tone``          replaces slang, officialese and the like by plain words (see `tone_marks`), also in the
                     task
``use_brand_words``  writes from the brand's own statements in place of a task, or of its phrases, that still
                     drift
``accept``           keeps a text that drifts, with a warning
``fall_back_agent``  hands over to the next agent of the routing decision; where a language model wrote, to
                     the rule engine, unless the request requires the model
``truncate``         shortens the brand's longer texts

Pure: an action turns a `StageOrder` into another one, or returns ``None`` where it would change nothing. The
repeated stage is checked again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ..brief.facts import QUOTED_AS_GIVEN, Facts
from ..language import tone_marks, typography
from ..policy import drift, rewriting
from ..policy.drift import DriftAnchors
from ..policy.rewriting import Rewrite
from ..policy.rules import Rule, Violation, breaks
from . import prose
from .agents import Agent
from .failures import Action, Finding
from .prose import counted, place, quoted

_LENGTHS: Final = (280, 180, 110, 70, 40)
"""Characters that the brand's texts are shortened to, one after the other, until the stage fits."""

FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 30.0
"""The longest wait before a retry; an endpoint that asks for more is not called again."""

_ANSWER_FAILURES: Final = frozenset({"MODEL_BROKEN_ANSWER", "MODEL_CUT_OFF"})
"""Failures caused by the content of a language model's answer, so that feedback helps."""

_LEAVE_OUT: Final = "(leave it out)"
_MOST_SUGGESTIONS: Final = 20
"""The most suggestions for one action."""


@dataclass(frozen=True)
class StageOrder:
    """How a stage is done.

    ``task`` replaces the request's task where that was rewritten, ``rewrites`` are other texts by location,
    ``left_out`` the sections not to write. ``brand_words`` says that the brand's words take the place of the
    task's, ``accepts_drift`` that a text may drift. ``by_model`` says that a language model writes,
    ``model_required`` that nothing else may. ``feedback`` is the error of its last answer.
    """

    agent: Agent
    by_model: bool = False
    model_required: bool = False
    feedback: str = ""
    paced: bool = True
    task: str | None = None
    rewrites: Mapping[str, str] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    retoned: bool = False
    brand_words: bool = False
    accepts_drift: bool = False
    attempt: int = 1


@dataclass(frozen=True)
class RecoveryContext:
    """The inputs of an action. ``anchors`` are those that drift is measured against; ``reads_task`` says that
    the stage reads the task itself."""

    order: StageOrder
    facts: Facts
    rules: Sequence[Rule]
    anchors: DriftAnchors
    fallbacks: Sequence[Agent] = ()
    reads_task: bool = False


@dataclass(frozen=True)
class RecoveryStep:
    """The order after an action. ``steps`` describe what was done, as ``(action, description)``.

    ``wait_s`` is the wait before the stage is repeated, in seconds.
    """

    order: StageOrder
    steps: tuple[tuple[str, str], ...]
    wait_s: float = 0.0


def recovery_step(action: Action, finding: Finding, context: RecoveryContext) -> RecoveryStep | None:
    """The order after ``action``; ``None`` where it would change nothing."""
    step = _ACTIONS[action](finding, context) if action in _ACTIONS else None
    if step is None:
        return None
    attempt, feedback = context.order.attempt + 1, _feedback(finding, step.order)
    return replace(step, order=replace(step.order, attempt=attempt, feedback=feedback))


def suggestions(finding: Finding, context: RecoveryContext) -> list[dict[str, Any]]:
    """The possible actions in the order in which they are tried, each with a replacement."""
    return [
        {
            "violation_type": finding.failure.pattern,
            **location,
            "action": action,
            "priority": priority,
            "replacement_hint": hint,
        }
        for priority, action in enumerate(finding.failure.actions, start=1)
        for location, hint in _hints(action, finding, context)
    ]


def _retry(finding: Finding, context: RecoveryContext) -> RecoveryStep | None:
    order = context.order
    if finding.failure.category != "time":
        return _after_a_wait(finding, order)
    if not order.paced:
        return None
    return RecoveryStep(replace(order, paced=False), (("retry", "The stage runs again, without pauses"),))


def _after_a_wait(finding: Finding, order: StageOrder) -> RecoveryStep | None:
    if finding.wait_s is None:
        return RecoveryStep(order, (("retry", "The stage runs again"),))
    if finding.wait_s > LONGEST_WAIT_S:
        return None
    wait_s = max(finding.wait_s, min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (order.attempt - 1)))
    return RecoveryStep(order, (("retry", f"The stage runs again after {wait_s:g} s"),), wait_s)


def _feedback(finding: Finding, order: StageOrder) -> str:
    """The error for the language model's next attempt, if its last answer caused the failure."""
    caused = finding.failure.category != "model" or finding.failure.code in _ANSWER_FAILURES
    return finding.error if order.by_model and caused else ""


def _reduce_scope(finding: Finding, context: RecoveryContext) -> RecoveryStep | None:
    sections, order = finding.sections, context.order
    if sections is None:
        return None
    left_out: tuple[str, ...] = ()
    before = least = sections.excess(order.left_out, order.rewrites)
    for section in sections.optional:
        if least <= 0:
            break
        excess = sections.excess(order.left_out.union(left_out, (section,)), order.rewrites)
        if excess < least:
            left_out, least = (*left_out, section), excess
    if not left_out or (least > 0 and finding.failure.category != "budget"):
        return None
    unit = "token" if finding.failure.category == "budget" else "violation"
    parts = typography.listed(list(map(prose.section, left_out)))
    what = f"Left out {parts}, which saves {counted(before - least, unit)}"
    return RecoveryStep(replace(order, left_out=order.left_out.union(left_out)), (("reduce_scope", what),))


def _truncate(finding: Finding, context: RecoveryContext) -> RecoveryStep | None:
    sections, order = finding.sections, context.order
    if sections is None:
        return None
    for most in _LENGTHS:
        shortened = {
            location: typography.clip(text, most)
            for location, text in context.facts.texts.items()
            if len(text) > most and location.startswith("brand.") and not location.startswith(QUOTED_AS_GIVEN)
        }
        if shortened and sections.excess(order.left_out, {**order.rewrites, **shortened}) <= 0:
            what = f"Shortened {typography.listed(list(map(place, shortened)))} to at most {most} characters"
            changed = replace(order, rewrites={**order.rewrites, **shortened})
            return RecoveryStep(changed, (("truncate", what),))
    return None


def _rephrase(finding: Finding, context: RecoveryContext) -> RecoveryStep | None:
    order, facts = context.order, context.facts
    if finding.failure.category == "input":
        offer = facts.text("brand.value_proposition")
        if not offer:
            return None
        what = "The brand's value proposition takes the place of the task"
        return RecoveryStep(replace(order, task=offer), (("rephrase", what),))
    if finding.failure.category == "drift":
        return _without_avoided(context)
    rewrites, steps = {}, []
    for location in _sources(finding, facts):
        rewrite = _rewrite(location, context)
        rewrites[location] = rewrite.after
        steps.append((f"rephrase {location}", _rewritten(location, rewrite)))
    if not rewrites:
        again = (("rephrase", "The language model is asked again, with the wording that is not allowed"),)
        return RecoveryStep(order, again) if order.by_model else None
    return RecoveryStep(replace(order, rewrites={**order.rewrites, **rewrites}), tuple(steps))


def _re_tone(finding: Finding, context: RecoveryContext) -> RecoveryStep | None:
    order, facts = context.order, context.facts
    styles = _styles(finding, facts)
    repair = facts.language.tidied
    plain = {
        location: tone_marks.plainly(text, styles, repair)
        for location, text in facts.texts.items()
        if not location.startswith(QUOTED_AS_GIVEN)
    }
    task = tone_marks.plainly(facts.task, styles, repair)
    if context.reads_task:
        plain = {location: text for location, text in plain.items() if not location.startswith("brief.")}
        plain["task"] = task
    changed = {location: text for location, text in plain.items() if text.changes}
    if order.retoned or not (changed or order.by_model):
        return None
    rewrites = {location: text.text for location, text in changed.items() if location != "task"}
    swaps = dict.fromkeys(swap for text in changed.values() for swap in text.changes)
    listed = typography.listed(
        [f"“{found}” became “{new}”" if new else f"“{found}” was removed" for found, new in swaps] or [""]
    )
    retoned = replace(
        order,
        task=task.text if "task" in changed else order.task,
        rewrites={**order.rewrites, **rewrites},
        retoned=True,
    )
    what = f"Put the text in a {facts.tone} tone: {listed}"
    if not listed:
        what = f"The text is written again in plainer words, in a {facts.tone} tone"
    return RecoveryStep(retoned, (("re_tone", what),))


def _without_avoided(context: RecoveryContext) -> RecoveryStep | None:
    """The task without the wordings that the brand avoids."""
    avoided = [rule for rule in context.rules if rule.policy == "avoided_wording"]
    task = context.facts.task
    if not context.reads_task or breaks(task, avoided) is None:
        return None
    rewrite = rewriting.rephrase(task, avoided, context.facts.language.tidied)
    if not rewrite.after:
        return None
    what = f"The task is now read as {quoted(rewrite.after)}, without wordings that the brand avoids"
    return RecoveryStep(replace(context.order, task=rewrite.after), (("rephrase task", what),))


_BRAND_STATEMENTS: Final = ("brand.value_proposition", "brand.mission", "brand.vision", "brand.tagline")


def _use_brand_words(_: Finding, context: RecoveryContext) -> RecoveryStep | None:
    order = context.order
    if order.brand_words:
        return None
    if not context.reads_task:
        dropped = _drifting_phrases(context)
        what = "The texts use the brand's words in place of these from the task: "
        what += typography.listed([quoted(context.facts.text(location)) for location in dropped] or [""])
        changed = replace(order, rewrites={**order.rewrites, **dropped}, brand_words=True)
        return RecoveryStep(changed, (("use_brand_words", what),)) if dropped else None
    found = _closest_statement(context)
    if found is None:
        return None
    location, text = found
    what = f"The texts are written from {place(location)} in place of the task: {quoted(text)}"
    return RecoveryStep(replace(order, task=text, brand_words=True), (("use_brand_words", what),))


def _closest_statement(context: RecoveryContext) -> tuple[str, str] | None:
    """The first statement of the brand within the threshold, or else that with the lowest drift, in plain
    words; with its location."""
    facts = context.facts
    examples = tuple(key for key in facts.texts if key.startswith("brand.tone.examples_good["))
    styles, repair = tone_marks.avoided(facts.tone), facts.language.tidied
    found = [
        (location, tone_marks.plainly(facts.text(location), styles, repair).text)
        for location in (*_BRAND_STATEMENTS, *examples)
        if facts.text(location)
    ]
    measured = [(location, text, drift.measure(text, context.anchors)) for location, text in found if text]
    aligned = next((each for each in measured if each[2].aligned), None)
    best = aligned or min(measured, key=lambda each: each[2].score, default=None)
    return None if best is None else best[:2]


def _drifting_phrases(context: RecoveryContext) -> dict[str, str]:
    """The phrases of the task that are in the wrong tone or repeat an avoided wording."""
    return {
        location: ""
        for location, text in context.facts.texts.items()
        if location.startswith("brief.")
        and ((found := drift.measure(text, context.anchors)).marks or found.repeated)
    }


def _accept(_: Finding, context: RecoveryContext) -> RecoveryStep | None:
    if context.order.accepts_drift:
        return None
    what = "The text is kept as it is, although it does not sound like the brand"
    return RecoveryStep(replace(context.order, accepts_drift=True), (("accept", what),))


def _fall_back(finding: Finding, context: RecoveryContext) -> RecoveryStep | None:
    order = context.order
    if finding.failure.category == "drift" and context.reads_task:
        return None  # the task reads the same to every agent
    if order.by_model:
        if order.model_required:
            return None
        what = "The rules write the texts in place of the language model"
        return RecoveryStep(replace(order, by_model=False), (("fall_back_agent", what),))
    if not context.fallbacks:
        return None
    successor = context.fallbacks[0]
    what = f"The {successor.name} agent takes over from the {order.agent.name} agent"
    return RecoveryStep(replace(order, agent=successor, left_out=frozenset()), (("fall_back_agent", what),))


_ACTIONS: Final[Mapping[Action, Callable[[Finding, RecoveryContext], RecoveryStep | None]]] = {
    "retry": _retry,
    "reduce_scope": _reduce_scope,
    "rephrase": _rephrase,
    "re_tone": _re_tone,
    "use_brand_words": _use_brand_words,
    "fall_back_agent": _fall_back,
    "truncate": _truncate,
    "accept": _accept,
}


def _hints(action: Action, finding: Finding, context: RecoveryContext) -> list[tuple[dict[str, str], str]]:
    """The replacements of an action, each with the location or pattern that it replaces."""
    match action:
        case "rephrase" if finding.violations:
            return [
                ({"pattern": found.rule.pattern, "location": found.where}, _reworded(found, context))
                for found in finding.violations[:_MOST_SUGGESTIONS]
            ]
        case "rephrase" if finding.failure.category == "drift":
            step = _without_avoided(context)
            return [({"location": "task"}, step.order.task or "")] if step else []
        case "rephrase" if offer := context.facts.text("brand.value_proposition"):
            return [({"location": "task"}, offer)]
        case "re_tone":
            marks = {mark.found: mark.plain or _LEAVE_OUT for mark in finding.marks[:_MOST_SUGGESTIONS]}
            return [({"pattern": found}, plain) for found, plain in marks.items()]
        case "reduce_scope" if finding.sections is not None:
            listed = ", ".join(finding.sections.optional)
            return [({}, f"leave out sections in this order until it fits: {listed}")]
        case "truncate":
            return [({}, "shorten the brand's longer texts")]
        case "fall_back_agent" if finding.failure.category == "drift" and context.reads_task:
            return []
        case "fall_back_agent" if context.order.by_model:
            return [] if context.order.model_required else [({}, "let the rules write the texts")]
        case "fall_back_agent" if context.fallbacks:
            return [({}, f"let the {context.fallbacks[0].name} agent take over")]
        case "use_brand_words" if context.reads_task and (found := _closest_statement(context)):
            return [({"location": "task"}, found[1])]
        case "use_brand_words" if not context.reads_task:
            return [({"location": location}, _LEAVE_OUT) for location in _drifting_phrases(context)]
        case "accept":
            return [({}, "keep the text and warn")]
        case "retry":
            return [({}, "run the stage again")]
        case _:
            return []


def _rewritten(location: str, rewrite: Rewrite) -> str:
    """What was done to the text at ``location``."""
    if not rewrite.after:
        return f"Left out {place(location)}, because no wording of it is allowed: {quoted(rewrite.before)}"
    how = "Reworded" if rewrite.how == "reworded" else "Shortened"
    return f"{how} {place(location)} from {quoted(rewrite.before)} to {quoted(rewrite.after)}"


def _rewrite(location: str, context: RecoveryContext) -> Rewrite:
    """The text at ``location`` without what breaks a rule; a phrase of the brief stays a phrase."""
    text = context.facts.text(location)
    if location.startswith("brief."):
        return rewriting.trim_phrase(text, context.rules)
    return rewriting.rephrase(text, context.rules, context.facts.language.tidied)


def _reworded(found: Violation, context: RecoveryContext) -> str:
    """The reworded text at the location of a violation."""
    text = _rewrite(found.location, context).after if context.facts.text(found.location) else ""
    return text or _LEAVE_OUT


def _sources(finding: Finding, facts: Facts) -> Sequence[str]:
    """The locations of the texts that broke a rule: the violation's own, or those that an artifact quotes."""
    found: dict[str, None] = {}
    for violation in finding.violations:
        if facts.text(violation.location):
            found[violation.location] = None
            continue
        for location, text in facts.texts.items():
            if violation.found in text and not location.startswith(QUOTED_AS_GIVEN):
                found[location] = None
    return tuple(found)


def _styles(finding: Finding, facts: Facts) -> tuple[str, ...]:
    """The styles to replace: those that the tone avoids, and those that broken rules name."""
    named = (tone_marks.named_style(found.rule.pattern) for found in finding.violations)
    return tuple(dict.fromkeys((*tone_marks.avoided(facts.tone), *filter(None, named))))
