"""The eight stages: what each reads, has written and checks.

A stage that fails raises `StageFailure`; its order is changed and it is repeated from its start.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ....events.artifacts_zip import bundle
from ....host.worker import RunError
from ..brief.brief import brief_parts
from ..brief.facts import QUOTED_AS_GIVEN
from ..language import detection
from ..page import colors, guidelines, page_reader, render
from ..policy import drift
from ..policy.rules import Violation
from ..writing import landing, launch_plan, market_report, messaging, positioning, proofreading, tokens
from ..writing.draft import Draft, json_draft
from ..writing.landing_copy import Approach
from ..writing.pen import Pen
from ..writing.writer import StageTexts, TextWriter
from . import failures, stage_writing
from .failures import Finding, StageFailure
from .plan import STAGES, waves
from .routing import METRICS
from .stage_run import StageRun, described

SHALLOW: Final = {"report": market_report.OPTIONAL, "landing": ("faq", "audience"), "launch": ("after",)}
"""The sections that a shallow run leaves out."""

_APPROACHES: Final[Mapping[Approach, str]] = {
    "plain": "that starts with the offer",
    "story": "that starts with the situation of the audience",
}


async def preflight(stage_run: StageRun) -> None:
    """Log how the task was read, check every text that may be quoted, and measure the task's drift."""
    run = stage_run.run
    if not stage_run.is_repeated:
        _log_setup(stage_run)
    await _check_model(stage_run)
    brief = stage_run.facts.brief
    if not any(char.isalpha() for char in brief.task):
        raise StageFailure(Finding(failures.EMPTY_INPUT, "The task contains no readable word."))
    if brief.is_read:
        parts = "; ".join(f"{label}: {phrase}" for label, phrase in brief_parts(brief))
        stage_run.log(f"Read the task ({len(brief.task.split())} words): {parts}")
    else:
        stage_run.log(
            "The task names no offer and no audience, so the texts stay general. Name both in a sentence, "
            "such as: a bakery in Lyon for early risers",
            "warning",
        )
    await stage_run.pace_to(0.3)
    language = stage_run.facts.language
    if brief.language != language.code and not stage_run.is_repeated:
        stage_run.log(
            f"The task is in {detection.NAMES[brief.language]}, which this worker does not write; the texts "
            f"will be in {language.name}",
            "warning",
        )
    await stage_run.pace_to(0.5)
    found = await stage_run.violations(stage_run.facts.texts)
    given = {} if stage_run.facts.working_title else {"brand.company_name": stage_run.facts.name}
    in_name = await stage_run.violations(given)
    stage_run.report_checks([*found, *in_name])
    if in_name:
        _reject_name(stage_run, in_name, found)
    stage_run.stop_at(found)
    if run.request.brand is not None:
        stage_run.check_drift(brief.task, of="The task")
    stage_run.finish_recovery()
    run.by_model = stage_run.order.by_model
    run.use_facts(stage_run.facts)
    await stage_run.pace_to(1.0)


def _log_setup(stage_run: StageRun) -> None:
    """Log the run's rules, plan and pace."""
    run = stage_run.run
    if run.pace_s:
        stage_run.log(
            f"This run is paced to about {run.pace_s:g} s so that you can watch it; durations include the "
            "pauses. pace=0 runs without them."
        )
    if run.request.brand is None:
        stage_run.log(
            f"No brand given: neutral tone, working title {run.facts.name!r} from the task",
            "debug",
        )
    counted = _counted(rule.policy for rule in run.rules)
    stage_run.log(
        f"{len(run.rules)} rules apply ({counted}); drift is measured against {run.anchors.count} anchors",
        "debug",
    )
    joint = " > " if run.plan.metric == "risk" else " | "
    order = " > ".join(joint.join(stage.id for stage in wave) for wave in waves(STAGES))
    metric = METRICS[run.decisions[stage_run.stage.id].metric]
    stage_run.log(f"Plan {run.plan.id}: {order}. Routing weighs {metric}", "debug")
    stage_run.log(f"Tokens are counted by a fixed rule: {tokens.RULE}", "debug")


async def _check_model(stage_run: StageRun) -> None:
    """Raise `StageFailure` if the requested language model does not answer; probe it again after a retry."""
    run = stage_run.run
    if not stage_run.order.by_model:
        return
    if stage_run.is_repeated and run.model is not None:
        run.record_probe(await _probe(run.model, stage_writing.WRITING_SHARE * stage_run.time_limit_s))
    problem = run.model_problem
    if problem is not None:
        error = f"The run uses a language model, but {problem}."
        failure = failures.MODEL_MISCONFIGURED if run.model is None else failures.MODEL_UNAVAILABLE
        raise StageFailure(Finding(failure, error, wait_s=0.0))


async def _probe(model: TextWriter, time_s: float) -> str | None:
    try:
        async with asyncio.timeout(time_s):
            return await model.probe()
    except TimeoutError:
        return "it does not answer in time"


def _reject_name(stage_run: StageRun, in_name: Sequence[Violation], others: Sequence[Violation]) -> None:
    """End the run: a company's name that breaks a rule cannot be rephrased."""
    for violation in (*in_name, *others):
        stage_run.report_violation(violation)
        if stage_run.run.request.strict_mode:
            raise RunError(f"Strict mode: {described(violation)}")
    error = f"{described(in_name[0])} A name cannot be rephrased."
    failure = replace(failures.classify(in_name[0].rule.policy), actions=("give_up",))
    advice = "Change the rule or the name."
    raise StageFailure(Finding(replace(failure, advice=advice), error, tuple(in_name)))


async def research(stage_run: StageRun) -> None:
    """Write down what the brief says about its market, and what has to be found out."""
    run, facts = stage_run.run, stage_run.facts
    known = facts.field is not facts.kind
    line = facts.field.id.replace("_", " ") if known else "not recognised"
    stage_run.log(f"Line of business: {line}; kind of offer: {facts.kind.id}")
    terms = market_report.problem_terms(facts)
    stage_run.log(
        f"Terms of the problem: {', '.join(terms)}" if terms else "The brief describes no problem", "debug"
    )
    await stage_run.pace_to(0.15)
    skipped = _skipped(run.request.depth, market_report.DEEP, SHALLOW["report"])
    texts = await stage_writing.write(
        stage_run,
        lambda pen, out: StageTexts((market_report.compose(pen, out | skipped),)),
        (*market_report.DEEP, *market_report.OPTIONAL),
        drift_of="The market report",
    )
    hypotheses = json.loads(texts.drafts[0].content).get("hypotheses", [])
    stage_run.log(
        f"Wrote {len(hypotheses)} hypotheses, none of them verified: no source outside the brief was used",
        "warning",
    )
    await stage_run.publish(texts.drafts, 0.2, 0.95, streamed=texts.streamed)
    await stage_run.pace_to(1.0)


async def strategy(stage_run: StageRun) -> None:
    """Write the positioning and the messages."""
    run, facts = stage_run.run, stage_run.facts
    source = "the brand" if facts.all("brand.audience_pain_points") else "the line of business"
    stage_run.log(f"Took the problem from {source} and proposed {len(facts.field.values)} pillars")
    audience = ", ".join(facts.audiences) or stage_run.pen().slots["who"]
    stage_run.log(f"Audience: {audience}", "debug")
    await stage_run.pace_to(0.12)
    skipped = _skipped(run.request.depth, messaging.DEEP, ())
    texts = await stage_writing.write(
        stage_run,
        lambda pen, out: StageTexts(
            (positioning.compose(pen, out), messaging.compose(_new_pen(pen), out | skipped))
        ),
        (*messaging.DEEP, *positioning.OPTIONAL, *messaging.OPTIONAL),
        drift_of="The strategy",
    )
    await stage_run.publish(texts.drafts, 0.16, 0.95, streamed=texts.streamed)
    size = sum(len(draft.content) for draft in texts.drafts)
    stage_run.log(f"Wrote positioning and messages, {size} characters")
    await stage_run.pace_to(1.0)


async def copywriting(stage_run: StageRun) -> None:
    """Write the copy of the landing page."""
    run, pen = stage_run.run, stage_run.pen()
    stage_run.log(
        f"Writing copy {_APPROACHES[pen.approach]}, in a {stage_run.facts.tone} tone: {pen.tone.voice}"
    )
    skipped = _skipped(run.request.depth, (), SHALLOW["landing"])

    def compose(pen: Pen, out: frozenset[str]) -> StageTexts:
        copy = landing.compose(pen, out | skipped)
        return StageTexts((landing.draft(copy),), copy=copy, rejected=pen.rejected)

    texts = await stage_writing.write(stage_run, compose, landing.OPTIONAL, drift_of="The copy")
    copy = texts.copy
    if copy is None or not copy.hero.headline or not copy.hero.cta:
        error = "The rules forbid every wording of the headline or the button."
        raise StageFailure(Finding(failures.NO_WORDING_LEFT, error))
    run.copy = copy
    if texts.rejected:
        stage_run.log(f"Skipped {texts.rejected} standard wordings that a rule forbids", "debug")
    stage_run.log(f"Headline: {copy.hero.headline}")
    await stage_run.publish(texts.drafts, 0.15, 0.95, streamed=texts.streamed)
    stage_run.log(
        f"{copy.proposals} lines are proposals for you to confirm; the others quote the brief", "debug"
    )
    await stage_run.pace_to(1.0)


async def layout(stage_run: StageRun) -> None:
    """Render the page."""
    run = stage_run.run
    copy, design = run.copy, run.design
    if copy is None:
        raise RunError("There is no copy to lay out.")
    field = run.facts.field.id.replace("_", " ")
    basis = "the brand's colours" if design.own_colors else f"colours for {field}"
    first, second = colors.code(design.palette.primary), colors.code(design.palette.secondary)
    stage_run.log(f"Using {basis}: {first} and {second}")
    if stage_run.agent.may_use("contrast"):
        pair, lowest = min(design.palette.pairs().items(), key=lambda pair: pair[1])
        text, _, ground = pair.replace("_", " ").partition(" on ")
        text = "text" if text.startswith("on ") else text
        stage_run.log(
            f"Checked the contrast of {len(design.palette.pairs())} colour pairs; the lowest is "
            f"{lowest:.2f}, {text} on {ground}",
            "debug",
        )
        stage_run.report_check("contrast_aa", passed=lowest >= colors.TEXT_CONTRAST)
    texts = await stage_writing.write(
        stage_run,
        lambda pen, _: StageTexts((render.render(copy, design, pen),)),
        (),
        drift_of="The page",
        read=lambda drafts: "\n".join(page_reader.read(drafts[0].content).texts),
    )
    await stage_run.publish(texts.drafts, 0.03, 0.97, streamed=texts.streamed)
    content = texts.drafts[0].content
    anchors = len(page_reader.read(content).ids)
    stage_run.log(
        f"Wrote the page: {len(content)} characters, {anchors} anchors, no script, no outside request"
    )
    await stage_run.pace_to(1.0)


async def consistency(stage_run: StageRun) -> None:
    """Read the page back: it matches the copy, its links work, and every disclosure is on it."""
    run = stage_run.run
    found = page_reader.read(run.artifacts["landing.html"])
    disclosures = run.facts.all(QUOTED_AS_GIVEN)
    missing = [text for text in disclosures if text not in found.texts]
    if disclosures:
        stage_run.report_check("required_disclosures", passed=not missing)
        shown = len(disclosures) - len(missing)
        stage_run.log(f"{shown} of {len(disclosures)} required disclosures are on the page")
    for rule in (rule for rule in run.rules if rule.policy == "required_disclosures" and missing):
        stage_run.report_violation(Violation(rule, "landing.html", 0, 0, ""))
    broken = found.broken_links
    stage_run.report_check("page_links", passed=not broken)
    same = run.copy is not None and run.copy.hero.headline in found.texts
    stage_run.report_check("copy_matches_page", passed=same)
    repeated = proofreading.repeated(found.main)
    stage_run.log(
        f"Checked {len(found.links)} links: {len(broken)} broken; {len(repeated)} sentences are repeated",
        "warning" if broken or repeated else "info",
    )
    if missing or broken or not same:
        reasons = "; ".join([*missing, *broken] or ["the headline differs from the copy"])
        error = f"The page is inconsistent: {reasons}."
        raise StageFailure(Finding(failures.PAGE_INCONSISTENT, error))
    await stage_run.pace_to(0.2)
    texts = await stage_writing.write(
        stage_run,
        lambda pen, out: StageTexts((guidelines.compose(pen, run.design, run.rules, out),)),
        guidelines.OPTIONAL,
        drift_of="The set of artifacts",
        read=lambda drafts: "\n".join(draft.text for draft in (*run.drafts.values(), *drafts)),
    )
    await stage_run.publish(texts.drafts, 0.25, 0.95, streamed=texts.streamed)
    voice = len(stage_run.pen().tone.do) + len(stage_run.pen().tone.dont)
    pairs = len(run.design.palette.pairs())
    stage_run.log(f"Wrote the guidelines from {voice} rules of voice and {pairs} colour pairs")
    stage_run.log(f"{len(run.artifacts)} artifacts pass {len(run.rules)} rules", "debug")
    await stage_run.pace_to(1.0)


async def recovering(stage_run: StageRun) -> None:
    """Summarise the recoveries, and check that every artifact is in normal form."""
    run = stage_run.run
    repaired = run.ledger.recoveries
    kinds = _counted(entry["recovery"].split(":")[0].split(" ")[0] for entry in repaired)
    recoveries = "1 recovery" if len(repaired) == 1 else f"{len(repaired)} recoveries"
    stage_run.log(f"{recoveries} so far: {kinds}" if repaired else "No recovery was needed")
    await stage_run.pace_to(0.4)
    odd = [name for name, text in run.artifacts.items() if not proofreading.is_normal(text)]
    stage_run.report_check("normal_form", passed=not odd)
    normal = len(run.artifacts) - len(odd)
    stage_run.log(
        f"{normal} of {len(run.artifacts)} artifacts are in normal form (NFC, LF, one line end at the end)"
    )
    furthest = max(run.ledger.drifts.values(), default=0.0)
    stage_run.log(
        f"Drift was at most {furthest:.2f} in {len(run.ledger.drifts)} stages; {drift.THRESHOLD} is allowed",
        "debug",
    )
    await stage_run.pace_to(1.0)


async def packaging(stage_run: StageRun) -> None:
    """Write the launch plan and the manifest of the artifacts."""
    run = stage_run.run
    language = run.facts.brief.language
    points = launch_plan.OpenPoints(
        proposals=run.copy.proposals if run.copy else 0,
        left_out=run.left_out,
        page_language=detection.NAMES[language] if language != run.facts.language.code else None,
    )
    skipped = _skipped(run.request.depth, launch_plan.DEEP, SHALLOW["launch"])
    texts = await stage_writing.write(
        stage_run,
        lambda pen, out: StageTexts((launch_plan.compose(pen, points, out | skipped),)),
        (*launch_plan.DEEP, *launch_plan.OPTIONAL),
        drift_of="The launch plan",
    )
    await stage_run.publish(texts.drafts, 0.05, 0.7, streamed=texts.streamed)
    await stage_run.publish([_manifest(run.artifacts)], 0.7, 0.95)
    tasks = texts.drafts[0].content.count("- [ ]")
    stage_run.log(f"The launch plan lists {tasks} tasks for people")
    size = sum(map(len, run.artifacts.values()))
    spent = run.spent + stage_run.tokens
    engines = _counted(f"by {engine}" for engine in run.ledger.engines.values())
    stage_run.log(
        f"Packaged {len(run.artifacts)} artifacts ({engines}): {size} characters, {spent} tokens written"
    )
    stage_run.log(
        f"bundle.zip has {len(bundle(run.artifacts))} bytes; it is packed when it is downloaded", "debug"
    )
    if run.budget is not None:
        stage_run.log(f"{run.budget - spent} of {run.budget} tokens of the budget are left", "debug")
    await stage_run.pace_to(1.0)


RUN: Final[Mapping[str, Callable[[StageRun], Awaitable[None]]]] = {
    "preflight": preflight,
    "research": research,
    "strategy": strategy,
    "copy": copywriting,
    "ux": layout,
    "consistency": consistency,
    "recovery": recovering,
    "bundle": packaging,
}
"""The work of each stage of the plan."""


def _manifest(artifacts: Mapping[str, str]) -> Draft:
    """The content of ``bundle.zip``: each file with its size in characters and its SHA-256."""
    files = [
        {"file": name, "chars": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}
        for name, text in artifacts.items()
    ]
    return Draft("manifest", "json", json_draft("", {"bundle": "bundle.zip", "files": files}).content, ())


def _skipped(depth: str, deep: Sequence[str], shallow: Sequence[str]) -> frozenset[str]:
    """The sections that a depth leaves out: ``deep`` ones unless it is deep, ``shallow`` ones if shallow."""
    return frozenset(() if depth == "deep" else deep) | frozenset(shallow if depth == "shallow" else ())


def _new_pen(pen: Pen) -> Pen:
    """A new pen like ``pen``, for a second document."""
    return Pen(pen.facts, pen.rules, pen.seed, approach=pen.approach)


def _counted(names: Iterable[str]) -> str:
    counted: dict[str, int] = {}
    for name in names:
        counted[name] = counted.get(name, 0) + 1
    return ", ".join(f"{count} {name}" for name, count in counted.items())
