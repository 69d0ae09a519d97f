"""The recovery engine: what each action of the catalog changes, so that the stage can be done again.

``retry``            the same again; a stage that was timed out, without its pace; a language model after a
                     wait that doubles each time, or as long as it asks for
``reduce_scope``     without as many optional sections, in their stated order, as it takes
``rephrase``         with the texts that break a rule rewritten (see `rewriting`); a task without words, from
                     the brand's own; a language model, whose words they are, is told what not to say
``re_tone``          with slang, officialese and the like in plain words (see `register`), in the task too
``fall_back_agent``  by the next best agent of the routing decision; where a model wrote, by the rule engine,
                     unless the request wants the model
``truncate``         with the brand's longer texts cut short

Pure: an action turns an `Order` into another one, or into nothing where it would change nothing. That the
stage then succeeds is not assumed; it is done again and checked again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ..brief.facts import QUOTED_AS_GIVEN, Facts
from ..language import tone_marks, typography
from ..policy import rewriting
from ..policy.rewriting import Rewrite
from ..policy.rules import Rule, Violation
from .agents import Agent
from .failures import Action, Finding

_SHORTER: Final = (280, 180, 110, 70, 40)
"""Characters that the brand's texts are cut to, one after the other, until the stage fits."""

FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 30.0
"""A language model that asks to be left alone for longer is not asked again."""

_ABOUT_AN_ANSWER: Final = frozenset({"MODEL_BROKEN_ANSWER", "MODEL_CUT_OFF"})
"""Failures of a model that are about what it answered, so that it can answer better."""

_LEAVE_OUT: Final = "(leave it out)"
_MOST_SUGGESTIONS: Final = 20
"""For one action; more than a person reads."""


@dataclass(frozen=True)
class Order:
    """How a stage is to be done.

    ``task`` replaces the request's where the task itself was rewritten, ``rewrites`` are other texts by their
    location, ``left_out`` sections not to write; ``by_model`` says whether a language model writes, and
    ``model_required`` that nothing else may. ``remark`` is what was wrong with its last answer.
    """

    agent: Agent
    by_model: bool = False
    model_required: bool = False
    remark: str = ""
    paced: bool = True
    task: str | None = None
    rewrites: Mapping[str, str] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    retoned: bool = False
    attempt: int = 1


@dataclass(frozen=True)
class Situation:
    """What an action may look at. ``rereads`` says that the stage reads the task itself."""

    order: Order
    facts: Facts
    rules: Sequence[Rule]
    fallbacks: Sequence[Agent] = ()
    rereads: bool = False


@dataclass(frozen=True)
class Change:
    """The order after an action; ``steps`` say what was done, as ``(action, what it changed)``.

    ``wait_s`` is how long to wait before the stage is done again, in seconds.
    """

    order: Order
    steps: tuple[tuple[str, str], ...]
    wait_s: float = 0.0


def change(action: Action, finding: Finding, situation: Situation) -> Change | None:
    """What ``action`` makes of the order; ``None`` where it would change nothing."""
    found = _ACTIONS[action](finding, situation) if action in _ACTIONS else None
    if found is None:
        return None
    return replace(
        found,
        order=replace(found.order, attempt=situation.order.attempt + 1, remark=_remark(finding, found.order)),
    )


def suggestions(finding: Finding, situation: Situation) -> list[dict[str, Any]]:
    """What can be done, in the order in which it is tried, each with a concrete replacement."""
    told = []
    for priority, action in enumerate(finding.failure.actions, start=1):
        for where, hint in _hints(action, finding, situation):
            told.append(
                {
                    "violation_type": finding.failure.pattern,
                    **where,
                    "action": action,
                    "priority": priority,
                    "replacement_hint": hint,
                }
            )
    return told


def _retry(finding: Finding, situation: Situation) -> Change | None:
    order = situation.order
    if finding.failure.category != "time":
        return _after_a_wait(finding, order)
    if not order.paced:
        return None
    return Change(replace(order, paced=False), (("retry", "the same once more, without pace"),))


def _after_a_wait(finding: Finding, order: Order) -> Change | None:
    if finding.wait_s is None:
        return Change(order, (("retry", "the same once more"),))
    if finding.wait_s > LONGEST_WAIT_S:
        return None
    wait_s = max(finding.wait_s, min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (order.attempt - 1)))
    return Change(order, (("retry", f"the same once more, after {wait_s:g} s"),), wait_s)


def _remark(finding: Finding, order: Order) -> str:
    """What the language model is told of its last answer, if that is what failed."""
    about = finding.failure.category != "model" or finding.failure.code in _ABOUT_AN_ANSWER
    return finding.error if order.by_model and about else ""


def _reduce_scope(finding: Finding, situation: Situation) -> Change | None:
    scope, order = finding.scope, situation.order
    if scope is None:
        return None
    left_out: tuple[str, ...] = ()
    before = least = scope.excess(order.left_out, order.rewrites)
    for section in scope.optional:
        if least <= 0:
            break
        excess = scope.excess(order.left_out.union(left_out, (section,)), order.rewrites)
        if excess < least:
            left_out, least = (*left_out, section), excess
    if not left_out or (least > 0 and finding.failure.category != "budget"):
        return None
    unit = "tokens" if finding.failure.category == "budget" else "violations"
    what = f"without {', '.join(left_out)}; {before - least} {unit} less"
    return Change(replace(order, left_out=order.left_out.union(left_out)), (("reduce_scope", what),))


def _truncate(finding: Finding, situation: Situation) -> Change | None:
    scope, order = finding.scope, situation.order
    if scope is None:
        return None
    for most in _SHORTER:
        cut = {
            location: typography.clip(text, most)
            for location, text in situation.facts.texts.items()
            if len(text) > most and location.startswith("brand.") and not location.startswith(QUOTED_AS_GIVEN)
        }
        if cut and scope.excess(order.left_out, {**order.rewrites, **cut}) <= 0:
            what = f"{', '.join(cut)} cut to {most} characters at most"
            return Change(replace(order, rewrites={**order.rewrites, **cut}), (("truncate", what),))
    return None


def _rephrase(finding: Finding, situation: Situation) -> Change | None:
    order, facts = situation.order, situation.facts
    if finding.failure.category == "input":
        said = facts.text("brand.value_proposition")
        if not said:
            return None
        return Change(replace(order, task=said), (("rephrase", "the task is taken from the brand's offer"),))
    rewrites, steps = {}, []
    for location in _sources(finding, facts):
        rewrite = _rewrite(location, situation)
        rewrites[location] = rewrite.after
        what = f"{rewrite.how}: {rewrite.after!r}" if rewrite.after else rewrite.how
        steps.append((f"rephrase {location}", what))
    if not rewrites:
        told = (("rephrase", "the language model is asked again and told what not to say"),)
        return Change(order, told) if order.by_model else None
    return Change(replace(order, rewrites={**order.rewrites, **rewrites}), tuple(steps))


def _re_tone(finding: Finding, situation: Situation) -> Change | None:
    order, facts = situation.order, situation.facts
    registers = _registers(finding, facts)
    plain = {
        location: tone_marks.plainly(text, registers, facts.language.tidied)
        for location, text in facts.texts.items()
        if not location.startswith(QUOTED_AS_GIVEN)
    }
    task = tone_marks.plainly(facts.task, registers, facts.language.tidied)
    if situation.rereads:
        plain = {location: said for location, said in plain.items() if not location.startswith("brief.")}
        plain["task"] = task
    changed = {location: said for location, said in plain.items() if said.changes}
    if order.retoned or not (changed or order.by_model):
        return None
    rewrites = {location: said.text for location, said in changed.items() if location != "task"}
    swaps = dict.fromkeys(swap for said in changed.values() for swap in said.changes)
    listed = ", ".join(f"{found!r} as {plain!r}" if plain else f"no {found!r}" for found, plain in swaps)
    retoned = replace(
        order,
        task=task.text if "task" in changed else order.task,
        rewrites={**order.rewrites, **rewrites},
        retoned=True,
    )
    return Change(retoned, (("re_tone", f"in a {facts.tone} tone: {listed or 'in plainer words'}"),))


def _fall_back(_: Finding, situation: Situation) -> Change | None:
    order = situation.order
    if order.by_model:
        fallen = Change(replace(order, by_model=False), (("fall_back_agent", "written by the rule engine"),))
        return None if order.model_required else fallen
    if not situation.fallbacks:
        return None
    after = situation.fallbacks[0]
    what = f"{order.agent.id} hands over to {after.id}"
    return Change(replace(order, agent=after, left_out=frozenset()), (("fall_back_agent", what),))


_ACTIONS: Final[Mapping[Action, Callable[[Finding, Situation], Change | None]]] = {
    "retry": _retry,
    "reduce_scope": _reduce_scope,
    "rephrase": _rephrase,
    "re_tone": _re_tone,
    "fall_back_agent": _fall_back,
    "truncate": _truncate,
}


def _hints(action: Action, finding: Finding, situation: Situation) -> list[tuple[dict[str, str], str]]:
    """For one action what it would put in place of what: where, and the replacement."""
    match action:
        case "rephrase" if finding.violations:
            return [
                ({"pattern": found.rule.pattern, "location": found.where}, _reworded(found, situation))
                for found in finding.violations[:_MOST_SUGGESTIONS]
            ]
        case "rephrase" if offer := situation.facts.text("brand.value_proposition"):
            return [({"location": "task"}, offer)]
        case "re_tone":
            marks = {mark.found: mark.plain or _LEAVE_OUT for mark in finding.marks[:_MOST_SUGGESTIONS]}
            return [({"pattern": found}, plain) for found, plain in marks.items()]
        case "reduce_scope" if finding.scope is not None:
            return [({}, f"leave out: {', '.join(finding.scope.optional)}, in this order, until it fits")]
        case "truncate":
            return [({}, "cut the brand's longer texts short")]
        case "fall_back_agent" if situation.order.by_model:
            return [] if situation.order.model_required else [({}, "let the rule engine write it")]
        case "fall_back_agent" if situation.fallbacks:
            return [({}, f"let {situation.fallbacks[0].id} do it")]
        case "retry":
            return [({}, "do the same once more")]
        case _:
            return []


def _rewrite(location: str, situation: Situation) -> Rewrite:
    """The text at ``location`` without what breaks a rule; a phrase of the brief stays a phrase."""
    write = rewriting.trim_phrase if location.startswith("brief.") else rewriting.rephrase
    return write(situation.facts.text(location), situation.rules)


def _reworded(found: Violation, situation: Situation) -> str:
    """What would stand where a violation stands: the whole text, reworded."""
    said = _rewrite(found.location, situation).after if situation.facts.text(found.location) else ""
    return said or _LEAVE_OUT


def _sources(finding: Finding, facts: Facts) -> Sequence[str]:
    """Where the texts that broke a rule are from: the location itself, or what an artifact quotes."""
    found: dict[str, None] = {}
    for violation in finding.violations:
        if facts.text(violation.location):
            found[violation.location] = None
            continue
        for location, text in facts.texts.items():
            if violation.found in text and not location.startswith(QUOTED_AS_GIVEN):
                found[location] = None
    return tuple(found)


def _registers(finding: Finding, facts: Facts) -> tuple[str, ...]:
    named = (tone_marks.named(found.rule.pattern) for found in finding.violations)
    return tuple(dict.fromkeys((*tone_marks.avoided(facts.tone), *filter(None, named))))
