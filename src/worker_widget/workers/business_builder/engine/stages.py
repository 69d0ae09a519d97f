"""The eight stages: what each reads, has written and checks.

A stage that fails raises `StageFailure`; its order is changed and it is repeated from its start.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ....events.artifacts_zip import bundle
from ....host.worker import RunError
from ..brief.brief import brief_parts
from ..brief.facts import QUOTED_AS_GIVEN
from ..language import detection, typography
from ..page import colors, guidelines, page_reader, render
from ..policy import drift
from ..policy.rules import Violation
from ..writing import (
    answer,
    landing,
    launch_plan,
    market_report,
    messaging,
    positioning,
    proofreading,
    tokens,
)
from ..writing.draft import Draft, json_draft
from ..writing.landing_copy import Approach
from ..writing.pen import Pen
from ..writing.writer import StageTexts, TextWriter
from . import failures, stage_writing, task_report
from .failures import Finding, StageFailure
from .plan import STAGES, waves
from .prose import counted, percent, quoted
from .routing import METRICS
from .stage_run import StageRun, described

SHALLOW: Final = {"report": market_report.OPTIONAL, "landing": ("faq", "audience"), "launch": ("after",)}
"""The sections that a shallow run leaves out."""

_APPROACHES: Final[Mapping[Approach, str]] = {
    "plain": "the offer",
    "story": "the situation of its readers",
}


async def preflight(stage_run: StageRun) -> None:
    """Log how the task was read, check every text that may be quoted, and measure the task's drift."""
    run = stage_run.run
    if not stage_run.is_repeated:
        _log_setup(stage_run)
        task_report.report_understanding(stage_run)
    await _check_model(stage_run)
    brief = stage_run.facts.brief
    if not any(char.isalpha() for char in brief.task):
        raise StageFailure(Finding(failures.EMPTY_INPUT, "The task contains no readable word."))
    if brief.is_read:
        parts = [f"{label} {quoted(phrase)}" for label, phrase in brief_parts(brief)]
        stage_run.log(f"Understood from the task: {typography.listed(parts or ['its line of business'])}.")
    elif brief.other_work is not None:
        stage_run.log(f"The task asks for other work than a landing page: {quoted(brief.other_work)}.")
    elif not stage_run.is_repeated:
        stage_run.log(
            "The task names no offer and no audience; name both in a sentence, such as “a bakery in Lyon for "
            "early risers”."
        )
    await stage_run.pace_to(0.5)
    found = await stage_run.violations(stage_run.facts.texts)
    given = {} if stage_run.facts.working_title else {"brand.company_name": stage_run.facts.name}
    in_name = await stage_run.violations(given)
    stage_run.report_checks([*found, *in_name])
    if in_name:
        _reject_name(stage_run, in_name, found)
    stage_run.stop_at(found)
    if stage_run.facts.texts:
        texts = counted(len(stage_run.facts.texts), "text")
        rules = counted(len(run.rules), "rule")
        stage_run.log(f"Checked {texts} from the task and the brand against {rules}: all of them pass.")
    if run.request.brand is not None:
        stage_run.check_drift(brief.task, of="The task")
    stage_run.finish_recovery()
    task_report.report_rewording(stage_run)
    task_report.report_asked_form(stage_run)
    run.by_model = stage_run.order.by_model
    run.use_facts(stage_run.facts)
    order = stage_run.order
    run.sentences.rewritten |= dict.fromkeys(order.rewrites, stage_run.stage.id)
    run.sentences.brand_words = order.brand_words
    await stage_run.pace_to(1.0)


def _log_setup(stage_run: StageRun) -> None:
    """Log the run's rules, plan and pace."""
    run = stage_run.run
    if run.pace_s:
        stage_run.log(
            f"The run takes about {run.pace_s:g} s so that you can watch it; with pace=0 it runs without "
            "pauses."
        )
    if run.request.brand is None:
        stage_run.log(
            f"No brand was given, so the texts have a neutral tone and the working title "
            f"{quoted(run.facts.name)}."
        )
    policies = _counted(rule.policy.replace("_", " ") for rule in run.rules)
    stage_run.log(
        f"{counted(len(run.rules), 'rule')} apply ({policies}); drift is measured against "
        f"{counted(run.anchors.count, 'anchor')}.",
        "debug",
    )
    joint = " > " if run.plan.metric == "risk" else " | "
    order = " > ".join(joint.join(stage.id for stage in wave) for wave in waves(STAGES))
    metric = METRICS[run.decisions[stage_run.stage.id].metric]
    stage_run.log(f"The plan {run.plan.id} is {order}; agents are chosen by {metric}.", "debug")
    stage_run.log(f"Tokens are counted by a fixed rule: {tokens.RULE}.", "debug")


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
    error = f"{described(in_name[0])} A name cannot be reworded."
    failure = replace(failures.classify(in_name[0].rule.policy), actions=("give_up",))
    advice = "Change the rule or the name."
    raise StageFailure(Finding(replace(failure, advice=advice), error, tuple(in_name)))


async def research(stage_run: StageRun) -> None:
    """Write down what the brief says about its market, and what has to be found out."""
    run, facts = stage_run.run, stage_run.facts
    known = facts.field is not facts.kind
    if known:
        line = facts.field.id.replace("_", " ")
        stage_run.log(f"Recognised the line of business ({line}), so the report uses what is usual in it.")
    else:
        stage_run.log(
            f"Recognised no line of business, so the report uses general questions for the kind of offer "
            f"({facts.kind.id})."
        )
    terms = market_report.problem_terms(facts)
    stage_run.log(
        f"The terms of the problem are {typography.listed(terms)}."
        if terms
        else "The task and the brand describe no problem.",
        "debug",
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
    if hypotheses:
        stage_run.log(
            f"Wrote {counted(len(hypotheses), 'assumption')} about the market; none is verified, because the "
            "worker uses no source besides the task and the brand."
        )
    else:
        stage_run.log(
            "Wrote no assumption about the market: neither the brand nor a known trade supplies one."
        )
    await stage_run.publish(texts.drafts, 0.2, 0.95, streamed=texts.streamed)
    await stage_run.pace_to(1.0)


async def strategy(stage_run: StageRun) -> None:
    """Write the positioning and the messages."""
    run, facts = stage_run.run, stage_run.facts
    stated = facts.all("brand.audience_pain_points")
    source = "the brand's pain points" if stated else "what is usual for such an offer"
    if stated or facts.knows_trade:
        reasons = counted(len(facts.field.values), "reason")
        stage_run.log(
            f"Took the customers' problem from {source} and proposed {reasons} to choose the offer."
        )
    else:
        stage_run.log("Stated no customers' problem: no pain point was given, and the trade is not known.")
    readers = [quoted(label) for label in facts.readers or (stage_run.pen().slots["who"],) if label]
    if readers:
        stage_run.log(f"The texts address {typography.listed(readers)}.")
    else:
        stage_run.log("The texts address nobody in particular, because no audience was named.")
    await stage_run.pace_to(0.12)
    skipped = _skipped(run.request.depth, messaging.DEEP, ())
    texts = await stage_writing.write(
        stage_run,
        lambda pen, out: StageTexts(
            (positioning.compose(pen, out), messaging.compose(stage_run.pen(pen.facts), out | skipped))
        ),
        (*messaging.DEEP, *positioning.OPTIONAL, *messaging.OPTIONAL),
        drift_of="The strategy",
    )
    await stage_run.publish(texts.drafts, 0.16, 0.95, streamed=texts.streamed)
    size = sum(len(draft.content) for draft in texts.drafts)
    stage_run.log(f"Wrote the positioning and the messages ({counted(size, 'character')}).")
    await stage_run.pace_to(1.0)


async def copywriting(stage_run: StageRun) -> None:
    """Write the copy of the landing page."""
    run, pen = stage_run.run, stage_run.pen()
    stage_run.log(
        f"The page's copy has a {stage_run.facts.tone} tone and starts with {_APPROACHES[pen.approach]}."
    )
    stage_run.log(f"The voice of this tone: {pen.tone.voice}", "debug")
    skipped = _skipped(run.request.depth, (), SHALLOW["landing"])

    def compose(pen: Pen, out: frozenset[str]) -> StageTexts:
        copy = landing.compose(pen, out | skipped)
        return StageTexts((landing.draft(copy),), copy=copy, rejected=pen.rejected)

    texts = await stage_writing.write(stage_run, compose, landing.OPTIONAL, drift_of="The copy")
    copy = texts.copy
    if copy is None or not copy.hero.headline or not copy.hero.cta:
        error = "The rules allow no wording of the page's headline or button."
        raise StageFailure(Finding(failures.NO_WORDING_LEFT, error))
    run.copy = copy
    if texts.rejected:
        skipped_wordings = counted(texts.rejected, "standard wording")
        stage_run.log(f"Skipped {skipped_wordings} that a rule does not allow.", "debug")
    stage_run.log(f"The headline is {quoted(copy.hero.headline)}.")
    await stage_run.publish(texts.drafts, 0.15, 0.95, streamed=texts.streamed)
    if copy.proposals:
        proposals = counted(copy.proposals, "passage")
        verb = "is" if copy.proposals == 1 else "are"
        stage_run.log(
            f"{proposals} of the copy {verb} proposed and not taken from the task or the brand; confirm "
            f"{'it' if copy.proposals == 1 else 'them'} before you publish the page."
        )
    await stage_run.pace_to(1.0)


async def layout(stage_run: StageRun) -> None:
    """Render the page."""
    run = stage_run.run
    copy, design = run.copy, run.design
    if copy is None:
        raise RunError("There is no copy to lay out.")
    first, second = colors.code(design.palette.primary), colors.code(design.palette.secondary)
    if design.own_colors:
        stage_run.log(f"The page uses the brand's colours, {first} and {second}.")
    else:
        stage_run.log(f"The request names no colours, so the page uses {first} and {second}.")
    if stage_run.agent.may_use("contrast"):
        pair, lowest = min(design.palette.pairs().items(), key=lambda pair: pair[1])
        text, _, ground = pair.replace("_", " ").partition(" on ")
        text = "text" if text.startswith("on ") else text
        stage_run.log(
            f"Checked the contrast of {counted(len(design.palette.pairs()), 'colour pair')}: the lowest is "
            f"{lowest:.2f} : 1, {text} on {ground}, and {colors.TEXT_CONTRAST:g} : 1 is needed.",
            "debug",
        )
        stage_run.report_check("readable_contrast", passed=lowest >= colors.TEXT_CONTRAST)
    texts = await stage_writing.write(
        stage_run,
        lambda pen, _: StageTexts((render.render(copy, design, pen),)),
        (),
        drift_of="The page",
        read=lambda drafts: "\n".join(page_reader.read(drafts[0].content).texts),
    )
    await stage_run.publish(texts.drafts, 0.03, 0.97, streamed=texts.streamed)
    content = texts.drafts[0].content
    stage_run.log(
        f"Wrote the page ({counted(len(content), 'character')}); it needs no script and loads nothing from "
        "the internet."
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
        every = "The required disclosure is"
        if len(disclosures) > 1:
            every = f"All {len(disclosures)} required disclosures are"
        if missing:
            every = f"{len(disclosures) - len(missing)} of {len(disclosures)} required disclosures are"
        stage_run.log(f"{every} on the page, word for word.", "warning" if missing else "info")
    for rule in (rule for rule in run.rules if rule.policy == "required_disclosures" and missing):
        stage_run.report_violation(Violation(rule, "landing.html", 0, 0, ""))
    broken = found.broken_links
    stage_run.report_check("page_links", passed=not broken)
    same = run.copy is not None and run.copy.hero.headline in found.texts
    stage_run.report_check("page_matches_copy", passed=same)
    repeated = proofreading.repeated(found.main)
    links = f"{len(broken)} of {counted(len(found.links), 'link')} of the page lead nowhere"
    if not broken:
        links = f"All {counted(len(found.links), 'link')} of the page work"
    repeats = counted(len(repeated), "sentence") if repeated else "no sentence"
    stage_run.log(
        f"{links}, and {repeats} {'are' if len(repeated) > 1 else 'is'} repeated on it.",
        "warning" if broken or repeated else "info",
    )
    if missing or broken or not same:
        reasons = [f"it lacks the disclosure {quoted(text)}" for text in missing]
        reasons += [f"its link {quoted(link)} leads nowhere" for link in broken]
        reasons = reasons or ["its headline is not that of the copy"]
        error = f"The page is not as it should be: {typography.listed(reasons)}."
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
    stage_run.log(
        f"Wrote the brand guidelines with {counted(voice, 'rule')} for the voice and "
        f"{counted(pairs, 'colour pair')}."
    )
    stage_run.log(
        f"All {counted(len(run.artifacts), 'artifact')} so far pass the {counted(len(run.rules), 'rule')}.",
        "debug",
    )
    await stage_run.pace_to(1.0)


async def recovering(stage_run: StageRun) -> None:
    """Summarise the recoveries, and check that every artifact is in normal form."""
    run = stage_run.run
    repaired = run.ledger.recoveries
    if repaired:
        names = {stage.id: stage.name for stage in STAGES}
        where = _counted(f"in {names[entry['stage']]}" for entry in repaired)
        steps = counted(len(repaired), "recovery step")
        stage_run.log(f"{steps} {'was' if len(repaired) == 1 else 'were'} needed so far: {where}.")
    else:
        stage_run.log("No recovery was needed: every text passed at the first attempt.")
    await stage_run.pace_to(0.4)
    odd = [name for name, text in run.artifacts.items() if not proofreading.is_normal(text)]
    stage_run.report_check("clean_files", passed=not odd)
    every = f"All {counted(len(run.artifacts), 'artifact')}"
    if odd:
        every = f"{len(run.artifacts) - len(odd)} of {counted(len(run.artifacts), 'artifact')}"
    stage_run.log(
        f"{every} have clean characters and line ends, so that every editor shows them alike.",
        "warning" if odd else "info",
    )
    stage_run.log("Clean means NFC, LF, no space before a line end and one line end at the end.", "debug")
    furthest = max(run.ledger.drifts.values(), default=0.0)
    against = "the brand" if run.request.brand is not None else "the task"
    stage_run.log(
        f"The stages so far stay close to {against}: the highest drift of any is {percent(furthest)}, and "
        f"{percent(drift.THRESHOLD)} is allowed. Final Packaging measures the launch plan on its own."
        if furthest <= drift.THRESHOLD
        else f"The highest drift of any stage so far from {against} is {percent(furthest)}, more than the "
        f"allowed {percent(drift.THRESHOLD)}.",
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
    stage_run.log(f"The launch plan lists {counted(tasks, 'task')} that people have to do.")
    spent = run.spent + stage_run.tokens
    stage_run.log(
        f"{counted(len(run.artifacts), 'artifact')} are ready; their texts have {counted(spent, 'token')}."
    )
    if len(set(run.ledger.engines.values())) > 1:
        engines = _counted(f"by {engine}" for engine in run.ledger.engines.values())
        stage_run.log(f"The artifacts were written {engines}.")
    if run.budget is not None:
        stage_run.log(
            f"The run used {spent:,} of the {counted(run.budget, 'token')} of its budget.",
            "info" if spent <= run.budget else "warning",
        )
    stage_run.log(
        f"bundle.zip has {counted(len(bundle(run.artifacts)), 'byte')}; it is packed when it is downloaded.",
        "debug",
    )
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


async def _skip(stage_run: StageRun) -> None:
    stage_run.log("Skipped: the task asks for no landing page.")


async def _answer(stage_run: StageRun) -> None:
    await stage_run.publish([answer.compose(stage_run.pen())], 0.1, 0.9)
    stage_run.log("Wrote answer.md: what this worker writes, and what to ask for.")


RUN_WITHOUT_PAGE: Final[Mapping[str, Callable[[StageRun], Awaitable[None]]]] = {
    **{stage.id: _skip for stage in STAGES},
    "preflight": preflight,
    "bundle": _answer,
}
"""The work of each stage for a task that asks for no page."""


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


def _counted(names: Iterable[str]) -> str:
    """Equal names with their number: "2 in Copy Generation and 1 in UX Layout"."""
    return typography.listed([f"{number} {name}" for name, number in Counter(names).items()])
