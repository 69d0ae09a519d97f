"""The eight stages: what each reads, has written and checks.

A stage may be done more than once: where it fails it raises `StageFailure`, its order is changed, and it is
done again from its beginning.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ....events.bundle import bundle
from ....host.worker import RunError
from ..brief import brief
from ..brief.facts import QUOTED_AS_GIVEN
from ..language import detection
from ..page import colors, guidelines, page_reader, render
from ..policy import drift
from ..policy.rules import Violation
from ..writing import landing, launch_plan, market_report, messaging, positioning, proofreading, tokens
from ..writing.draft import Draft, json_draft
from ..writing.pen import Pen
from ..writing.writer import Writer, Written
from . import failures, stage_writing
from .failures import Finding, StageFailure
from .plan import STAGES, waves
from .stage_run import Telling, described

SHALLOW: Final = {"report": market_report.OPTIONAL, "landing": ("faq", "audience"), "launch": ("after",)}
"""What a shallow run leaves out."""


async def preflight(telling: Telling) -> None:
    """Say what the task was read as, check every text that may be quoted, and hold the task to the brand."""
    run = telling.run
    if not telling.again:
        _introduce(telling)
    await _check_model(telling)
    read = telling.facts.brief
    if not any(char.isalpha() for char in read.task):
        raise StageFailure(Finding(failures.EMPTY_INPUT, "The task holds no word that can be read."))
    said = "; ".join(f"{label}: {phrase}" for label, phrase in brief.parts(read))
    if read.is_read:
        telling.log(f"Read the task ({len(read.task.split())} words): {said}")
    else:
        telling.log(
            "The task names nothing that is offered and nobody it is for, so the texts stay general. "
            "Say both in a sentence, such as: a bakery in Lyon for early risers",
            "warning",
        )
    await telling.at(0.3)
    if read.language != telling.facts.language.code and not telling.again:
        written = telling.facts.language.name
        telling.log(
            f"The task reads as {detection.NAMES[read.language]}. This engine does not write it; the texts "
            f"will be in {written}",
            "warning",
        )
    await telling.at(0.5)
    found = await telling.violations(telling.facts.texts)
    given = {} if telling.facts.working_title else {"brand.company_name": telling.facts.name}
    named = await telling.violations(given)
    telling.tell_checks([*found, *named])
    if named:
        _refuse_name(telling, named, found)
    telling.refuse(found)
    if run.request.brand is not None:
        telling.measure_drift(read.task, of="The task")
    telling.settle()
    run.by_model = telling.order.by_model
    run.adopt(telling.facts)
    await telling.at(1.0)


def _introduce(telling: Telling) -> None:
    """What the run is held to, and how it will go."""
    run = telling.run
    if run.pace_s:
        telling.log(
            f"Paced to about {run.pace_s:g} s so that it can be watched; durations include it. pace=0 runs "
            "unpaced."
        )
    if run.request.brand is None:
        telling.log(
            f"No brand given: neutral tone, working title {run.facts.name!r} derived from the task",
            "debug",
        )
    counted = _counted(rule.policy for rule in run.rules)
    telling.log(f"Held to {len(run.rules)} rules ({counted}); {run.anchors.count} drift anchors", "debug")
    side_by_side = run.plan.metric != "risk"
    order = " > ".join(
        (" | " if side_by_side else " > ").join(stage.id for stage in wave) for wave in waves(STAGES)
    )
    telling.log(f"Plan {run.plan.id}: {order}", "debug")
    problems = [f"{tool.replace('_', ' ')}: {said}" for tool, said in run.tools.items() if said]
    answering = f"{len(run.tools) - len(problems)} of {len(run.tools)} tools answer their probe"
    telling.log(f"{answering} ({'; '.join(problems)})" if problems else answering, "debug")
    telling.log(f"Tokens are counted by rule: {tokens.RULE}", "debug")


async def _check_model(telling: Telling) -> None:
    """Whether the language model that is to write is there; asked anew where it was not."""
    run = telling.run
    if not telling.order.by_model:
        return
    if telling.again and run.model is not None:
        run.note_probe(await _probe(run.model, stage_writing.OF_THE_TIME * telling.time_limit_s))
    problem = run.tools["language_model"]
    if problem is not None:
        error = f"A language model is to write, but {problem}."
        failure = failures.MODEL_MISCONFIGURED if run.model is None else failures.MODEL_UNAVAILABLE
        raise StageFailure(Finding(failure, error, wait_s=0.0))


async def _probe(model: Writer, time_s: float) -> str | None:
    try:
        async with asyncio.timeout(time_s):
            return await model.probe()
    except TimeoutError:
        return "it does not answer in time"


def _refuse_name(telling: Telling, named: Sequence[Violation], others: Sequence[Violation]) -> None:
    """A company's name cannot be rephrased: end the run with it."""
    for violation in (*named, *others):
        telling.tell_violation(violation)
        if telling.run.request.strict_mode:
            raise RunError(f"Strict mode: {described(violation)}")
    error = f"{described(named[0])} A name cannot be rephrased."
    failure = replace(failures.classify(named[0].rule.policy), actions=("give_up",))
    raise StageFailure(Finding(replace(failure, advice="Change the rule or the name."), error, tuple(named)))


async def research(telling: Telling) -> None:
    """Put down what the brief says of its market and what has to be found out."""
    run, facts = telling.run, telling.facts
    known = facts.field is not facts.kind
    line = facts.field.id.replace("_", " ") if known else "not recognised, so described by its kind"
    telling.log(f"Line of business: {line}; kind of offer: {facts.kind.id}")
    terms = market_report.problem_terms(facts)
    telling.log(
        f"Terms of the problem: {', '.join(terms)}" if terms else "The brief names no terms of the problem",
        "debug",
    )
    await telling.at(0.15)
    skipped = _skipped(run.request.depth, market_report.DEEP, SHALLOW["report"])
    written = await stage_writing.write(
        telling,
        lambda pen, out: Written((market_report.compose(pen, out | skipped),)),
        (*market_report.DEEP, *market_report.OPTIONAL),
        drift_of="The market report",
    )
    hypotheses = json.loads(written.drafts[0].content).get("hypotheses", [])
    telling.log(
        f"{len(hypotheses)} hypotheses, none verified: no source outside the brief was used", "warning"
    )
    await telling.show(written.drafts, 0.2, 0.95, told=written.told)
    await telling.at(1.0)


async def strategy(telling: Telling) -> None:
    """Position and messages."""
    run, facts = telling.run, telling.facts
    source = "the brand" if facts.all("brand.audience_pain_points") else "the line of business"
    telling.log(f"The problem is taken from {source}; {len(facts.field.values)} pillars proposed")
    said = ", ".join(facts.audiences) or telling.pen().slots["who"]
    telling.log(f"Speaks to: {said}", "debug")
    await telling.at(0.12)
    skipped = _skipped(run.request.depth, messaging.DEEP, ())
    written = await stage_writing.write(
        telling,
        lambda pen, out: Written(
            (positioning.compose(pen, out), messaging.compose(_another(pen), out | skipped))
        ),
        (*messaging.DEEP, *positioning.OPTIONAL, *messaging.OPTIONAL),
        drift_of="The strategy",
    )
    await telling.show(written.drafts, 0.16, 0.95, told=written.told)
    telling.log(
        f"Positioning and messages in {sum(len(draft.content) for draft in written.drafts)} characters"
    )
    await telling.at(1.0)


async def copywriting(telling: Telling) -> None:
    """The words of the landing page."""
    run, pen = telling.run, telling.pen()
    telling.log(f"Writing in a {telling.facts.tone} tone, {pen.approach}: {pen.tone.voice}")
    skipped = _skipped(run.request.depth, (), SHALLOW["landing"])

    def compose(pen: Pen, out: frozenset[str]) -> Written:
        copy = landing.compose(pen, out | skipped)
        return Written((landing.draft(copy),), copy=copy, passed_over=pen.passed_over)

    written = await stage_writing.write(telling, compose, landing.OPTIONAL, drift_of="The copy")
    copy = written.copy
    if copy is None or not copy.hero.headline or not copy.hero.cta:
        error = "The rules leave no wording for the headline or the button."
        raise StageFailure(Finding(failures.NO_WORDING_LEFT, error))
    run.copy = copy
    if written.passed_over:
        telling.log(
            f"{written.passed_over} wordings of ours were passed over because a rule excludes them", "debug"
        )
    telling.log(f"Headline: {copy.hero.headline}")
    await telling.show(written.drafts, 0.15, 0.95, told=written.told)
    telling.log(f"{copy.proposals} lines are proposals to be confirmed; the rest quotes the brief", "debug")
    await telling.at(1.0)


async def layout(telling: Telling) -> None:
    """The page."""
    run = telling.run
    copy, look = run.copy, run.look
    if copy is None:
        raise RunError("There is no copy to lay out.")
    basis = (
        "the brand's colours" if look.own_colors else f"colours for {run.facts.field.id.replace('_', ' ')}"
    )
    telling.log(
        f"Using {basis}: {colors.code(look.palette.primary)} and {colors.code(look.palette.secondary)}"
    )
    if telling.agent.may_use("contrast"):
        pair, lowest = min(look.palette.pairs().items(), key=lambda pair: pair[1])
        telling.log(
            f"Least contrast of {len(look.palette.pairs())} pairs: {pair.replace('_', ' ')} {lowest:.2f}",
            "debug",
        )
        telling.check("contrast_aa", passed=lowest >= colors.TEXT_CONTRAST)
    written = await stage_writing.write(
        telling,
        lambda pen, _: Written((render.render(copy, look, pen),)),
        (),
        drift_of="The page",
        read=lambda drafts: "\n".join(page_reader.read(drafts[0].content).texts),
    )
    await telling.show(written.drafts, 0.03, 0.97, told=written.told)
    content = written.drafts[0].content
    anchors = len(page_reader.read(content).ids)
    telling.log(f"{len(content)} characters, {anchors} anchors, no script and no outside request")
    await telling.at(1.0)


async def consistency(telling: Telling) -> None:
    """Read everything back: the page says what the copy says, links lead somewhere, disclosures are there."""
    run = telling.run
    found = page_reader.read(run.artifacts["landing.html"])
    disclosures = run.facts.all(QUOTED_AS_GIVEN)
    missing = [text for text in disclosures if text not in found.texts]
    if disclosures:
        telling.check("required_disclosures", passed=not missing)
        telling.log(
            f"{len(disclosures) - len(missing)} of {len(disclosures)} required disclosures stand on the page"
        )
    for rule in (rule for rule in run.rules if rule.policy == "required_disclosures" and missing):
        telling.tell_violation(Violation(rule, "landing.html", 0, 0, ""))
    broken = found.broken_links
    telling.check("page_links", passed=not broken)
    same = run.copy is not None and run.copy.hero.headline in found.texts
    telling.check("copy_matches_page", passed=same)
    repeated = proofreading.repeated(found.main)
    telling.log(
        f"{len(found.links)} links checked, {len(broken)} broken; {len(repeated)} sentences said twice",
        "warning" if broken or repeated else "info",
    )
    if missing or broken or not same:
        reasons = "; ".join([*missing, *broken] or ["the headline differs"])
        error = f"The page does not hold together: {reasons}."
        raise StageFailure(Finding(failures.PAGE_INCONSISTENT, error))
    await telling.at(0.2)
    written = await stage_writing.write(
        telling,
        lambda pen, out: Written((guidelines.compose(pen, run.look, run.rules, out),)),
        guidelines.OPTIONAL,
        drift_of="The whole",
        read=lambda drafts: "\n".join(draft.text for draft in (*run.drafts.values(), *drafts)),
    )
    await telling.show(written.drafts, 0.25, 0.95, told=written.told)
    voice = len(telling.pen().tone.do) + len(telling.pen().tone.dont)
    telling.log(f"{voice} rules of voice and {len(run.look.palette.pairs())} colour pairs looked at")
    telling.log(f"{len(run.artifacts)} artifacts hold to {len(run.rules)} rules", "debug")
    await telling.at(1.0)


async def recovering(telling: Telling) -> None:
    """Account for what was repaired, and check that every artifact is in normal form."""
    run = telling.run
    repaired = run.ledger.recoveries
    kinds = _counted(entry["recovery"].split(":")[0].split(" ")[0] for entry in repaired)
    recoveries = "1 recovery" if len(repaired) == 1 else f"{len(repaired)} recoveries"
    telling.log(f"{recoveries} so far: {kinds}" if repaired else "Nothing had to be repaired")
    await telling.at(0.4)
    odd = [name for name, text in run.artifacts.items() if not proofreading.is_normal(text)]
    telling.check("normal_form", passed=not odd)
    normal = len(run.artifacts) - len(odd)
    telling.log(f"{normal} of {len(run.artifacts)} artifacts are in normal form (NFC, LF, one last line end)")
    furthest = max(run.ledger.drifts.values(), default=0.0)
    telling.log(
        f"{len(run.ledger.drifts)} stages measured, none further than {furthest:.2f} from the brand; "
        f"{drift.THRESHOLD} allowed",
        "debug",
    )
    await telling.at(1.0)


async def packaging(telling: Telling) -> None:
    """The launch plan, and the manifest of what there is."""
    run = telling.run
    spoken = run.facts.brief.language
    points = launch_plan.Open(
        proposals=run.copy.proposals if run.copy else 0,
        left_out=run.left_out,
        page_language=detection.NAMES[spoken] if spoken != run.facts.language.code else None,
    )
    skipped = _skipped(run.request.depth, launch_plan.DEEP, SHALLOW["launch"])
    written = await stage_writing.write(
        telling,
        lambda pen, out: Written((launch_plan.compose(pen, points, out | skipped),)),
        (*launch_plan.DEEP, *launch_plan.OPTIONAL),
        drift_of="The launch plan",
    )
    await telling.show(written.drafts, 0.05, 0.7, told=written.told)
    await telling.show([_manifest(run.artifacts)], 0.7, 0.95)
    tasks = written.drafts[0].content.count("- [ ]")
    telling.log(f"{tasks} things left for people to do are in the launch plan")
    size = sum(map(len, run.artifacts.values()))
    spent = run.spent + telling.tokens
    engines = _counted(f"by {engine}" for engine in run.ledger.engines.values())
    telling.log(f"{len(run.artifacts)} artifacts, {size} characters, {spent} tokens; {engines}")
    telling.log(
        f"As bundle.zip they are {len(bundle(run.artifacts))} bytes; it is packed when asked for", "debug"
    )
    if run.budget is not None:
        telling.log(f"{run.budget - spent} of {run.budget} tokens left", "debug")
    await telling.at(1.0)


RUN: Final[Mapping[str, Callable[[Telling], Awaitable[None]]]] = {
    "preflight": preflight,
    "research": research,
    "strategy": strategy,
    "copy": copywriting,
    "ux": layout,
    "consistency": consistency,
    "recovery": recovering,
    "bundle": packaging,
}
"""What each stage of the plan does."""


def _manifest(artifacts: Mapping[str, str]) -> Draft:
    """What ``bundle.zip`` holds: each file with its size in characters and its SHA-256."""
    files = [
        {"file": name, "chars": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}
        for name, text in artifacts.items()
    ]
    return Draft("manifest", "json", json_draft("", {"bundle": "bundle.zip", "files": files}).content, ())


def _skipped(depth: str, deep: Sequence[str], shallow: Sequence[str]) -> frozenset[str]:
    """Sections that a depth leaves out: those for deep runs, unless it is one, and more if it is shallow."""
    return frozenset(() if depth == "deep" else deep) | frozenset(shallow if depth == "shallow" else ())


def _another(pen: Pen) -> Pen:
    """A fresh pen like this one, for a second document."""
    return Pen(pen.facts, pen.rules, pen.seed, approach=pen.approach)


def _counted(names: Iterable[str]) -> str:
    counted: dict[str, int] = {}
    for name in names:
        counted[name] = counted.get(name, 0) + 1
    return ", ".join(f"{count} {name}" for name, count in counted.items())
