"""The eight stages: what each reads, computes, writes and checks."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from .... import events
from ....run.bundle import bundle
from ...models import DEFAULT_PACE_S
from ...worker import RunError
from . import brief, colors, drift, failures, grammar, language, policy, recovery, tokens
from .conductor import Telling
from .failures import Failure
from .material import QUOTED_AS_GIVEN
from .pages import inspect, page
from .policy import Violation
from .writing import guidelines, landing, launch, messaging, positioning, report
from .writing.draft import Draft, json_draft

SHALLOW: Final = {"report": report.OPTIONAL, "landing": ("faq", "audience"), "launch": ("after",)}
"""What a shallow run leaves out."""


async def preflight(telling: Telling) -> None:
    """Say what the task was read as, check every text that may be quoted, and rewrite what breaks a rule."""
    run = telling.run
    pace = run.request.pace if run.request.pace is not None else DEFAULT_PACE_S
    if pace:
        telling.log(
            f"Paced to about {pace:g} s so that it can be watched; durations include it. pace=0 runs unpaced."
        )
    read = run.material.brief
    said = "; ".join(f"{label}: {phrase}" for label, phrase in brief.facts(read))
    telling.log(
        f"Read the task ({len(read.task.split())} words): {said}" if said else "The task names no subject"
    )
    await telling.at(0.3)
    if read.language != "en":
        name = language.NAMES[read.language]
        telling.log(
            f"The task reads as {name}. This engine writes English only; the page will be in English",
            "warning",
        )
    if run.request.brand is None:
        telling.log(
            f"No brand given: neutral tone, working title {run.material.name!r} derived from the task",
            "debug",
        )
    counted = _counted(rule.policy for rule in run.rules)
    telling.log(f"Held to {len(run.rules)} rules ({counted}); {run.anchors.count} drift anchors", "debug")
    telling.log(f"Tokens are counted by rule: {tokens.RULE}", "debug")
    await telling.at(0.5)
    texts = dict(run.material.texts)
    found = [
        violation
        for location, text in texts.items()
        if not location.startswith(QUOTED_AS_GIVEN)
        for violation in policy.check(text, run.rules, location)
    ]
    named = policy.check(run.material.name, run.rules, "brand.company_name")
    telling.tell_checks([*found, *named])
    for violation in sorted((*found, *named), key=lambda violation: violation.rule.severity):
        telling.tell_violation(violation)
        if run.request.strict_mode:
            raise RunError(f"Strict mode: {_described(violation)}")
        await telling.at(0.6)
    if named:
        _give_up_on_name(telling, named)
    for code, group in _by_failure(found).items():
        await _rephrase(telling, code, group)
    if run.request.brand is not None:
        telling.measure_drift(read.task, of="The task")
    await telling.at(1.0)


def _give_up_on_name(telling: Telling, found: Sequence[Violation]) -> None:
    failure = failures.classify(found[0].rule.policy)
    telling.tell_failure(failure, _described(found[0]), len(found), [])
    telling.start_recovery("rephrase")
    telling.end_recovery("rephrase", "a company's name cannot be rephrased", success=False)
    raise RunError(f"{_described(found[0])} A name cannot be rephrased: change the rule or the name.")


async def _rephrase(telling: Telling, failure: Failure, found: Sequence[Violation]) -> None:
    """Rewrite every text in which a failure of one kind was found."""
    run = telling.run
    locations = list(dict.fromkeys(violation.location for violation in found))
    suggestions: list[dict[str, Any]] = [
        {
            "violation_type": failure.pattern,
            "pattern": violation.rule.pattern,
            "location": violation.where,
            "action": "rephrase",
            "priority": 1 if violation.rule.severity == "error" else 2,
            "replacement_hint": recovery.hint(violation.found),
        }
        for violation in found
    ]
    telling.tell_failure(failure, _described(found[0]), len(found), suggestions)
    for location in locations:
        action = f"rephrase {location}"
        telling.start_recovery(action)
        await telling.at(0.85)
        before = run.material.text(location)
        phrase = location.startswith("brief.")
        rewrite = recovery.trim_phrase(before, run.rules) if phrase else recovery.rephrase(before, run.rules)
        run.material = run.material.with_text(location, rewrite.after)
        telling.end_recovery(
            action, f"{rewrite.how}: {rewrite.after!r}" if rewrite.after else rewrite.how, success=True
        )
        telling.log(f"{location} {rewrite.how}" + (f": {rewrite.after}" if rewrite.after else ""), "warning")


async def research(telling: Telling) -> None:
    """Put down what the brief says of its market and what has to be found out."""
    run = telling.run
    known = run.material.field is not run.material.kind
    line = run.material.field.id.replace("_", " ") if known else "not recognised, so described by its kind"
    telling.log(f"Line of business: {line}; kind of offer: {run.material.kind.id}")
    terms = report.problem_terms(run.material)
    telling.log(
        f"Terms of the problem: {', '.join(terms)}" if terms else "The brief names no terms of the problem",
        "debug",
    )
    await telling.at(0.15)
    skipped = _skipped(run.request.depth, report.DEEP, SHALLOW["report"])
    drafts = await telling.write(
        lambda out: [report.compose(run.pen(), out | skipped)], (*report.DEEP, *report.OPTIONAL)
    )
    hypotheses = json.loads(drafts[0].content).get("hypotheses", [])
    telling.log(
        f"{len(hypotheses)} hypotheses, none verified: no source outside the brief was used", "warning"
    )
    await telling.show(drafts, 0.2, 0.95)
    telling.measure_drift(drafts[0].text, of="The market report")
    await telling.at(1.0)


async def strategy(telling: Telling) -> None:
    """Position and messages."""
    run = telling.run
    source = "the brand" if run.material.all("brand.audience_pain_points") else "the line of business"
    telling.log(f"The problem is taken from {source}; {len(run.material.field.values)} pillars proposed")
    said = ", ".join(run.material.audiences) or run.pen().slots["who"]
    telling.log(f"Speaks to: {said}", "debug")
    await telling.at(0.12)
    skipped = _skipped(run.request.depth, messaging.DEEP, ())
    drafts = await telling.write(
        lambda out: [positioning.compose(run.pen(), out), messaging.compose(run.pen(), out | skipped)],
        (*messaging.DEEP, *positioning.OPTIONAL, *messaging.OPTIONAL),
    )
    await telling.show(drafts, 0.16, 0.95)
    telling.measure_drift("\n".join(draft.text for draft in drafts), of="The strategy")
    telling.log(f"Positioning and messages in {sum(len(draft.content) for draft in drafts)} characters")
    await telling.at(1.0)


async def copywriting(telling: Telling) -> None:
    """The words of the landing page."""
    run = telling.run
    telling.log(f"Writing in a {run.material.tone} tone: {run.pen().tone.voice}")
    skipped = _skipped(run.request.depth, (), SHALLOW["landing"])
    pen = run.pen()

    def compose(out: frozenset[str]) -> Sequence[Draft]:
        nonlocal pen
        pen = run.pen()
        run.copy = landing.compose(pen, out | skipped)
        return [landing.draft(run.copy)]

    drafts = await telling.write(compose, landing.OPTIONAL)
    copy = run.copy
    if copy is None or not copy.hero.headline or not copy.hero.cta:
        raise RunError(
            "The rules leave no wording for the headline or the button. Loosen the forbidden claims."
        )
    if pen.passed_over:
        telling.log(
            f"{pen.passed_over} wordings of ours were passed over because a rule excludes them", "debug"
        )
    telling.log(f"Headline: {copy.hero.headline}")
    await telling.show(drafts, 0.15, 0.95)
    telling.log(f"{copy.proposals} lines are proposals to be confirmed; the rest quotes the brief", "debug")
    telling.measure_drift(drafts[0].text, of="The copy")
    await telling.at(1.0)


async def layout(telling: Telling) -> None:
    """The page."""
    run = telling.run
    copy, look = run.copy, run.look
    if copy is None:
        raise RunError("There is no copy to lay out.")
    lowest = min(look.palette.pairs().items(), key=lambda pair: pair[1])
    basis = (
        "the brand's colours" if look.own_colors else f"colours for {run.material.field.id.replace('_', ' ')}"
    )
    telling.log(
        f"Using {basis}: {colors.code(look.palette.primary)} and {colors.code(look.palette.secondary)}"
    )
    telling.log(
        f"Least contrast of {len(look.palette.pairs())} pairs: {lowest[0].replace('_', ' ')} {lowest[1]:.2f}",
        "debug",
    )
    passed = lowest[1] >= colors.TEXT_CONTRAST
    telling.say(events.PolicyCheck(stage_id=telling.stage.id, policy="contrast_aa", passed=passed))
    drafts = await telling.write(lambda _: [page.render(copy, look, run.pen())], ())
    await telling.show(drafts, 0.03, 0.97)
    found = inspect.read(drafts[0].content)
    telling.log(
        f"{len(drafts[0].content)} characters, {len(found.ids)} anchors, no script and no outside request"
    )
    telling.measure_drift("\n".join(found.texts), of="The page")
    await telling.at(1.0)


async def consistency(telling: Telling) -> None:
    """Read everything back: the page says what the copy says, links lead somewhere, disclosures are there."""
    run = telling.run
    found = inspect.read(run.artifacts["landing.html"])
    disclosures = run.material.all(QUOTED_AS_GIVEN)
    missing = [text for text in disclosures if text not in found.texts]
    if disclosures:
        telling.say(
            events.PolicyCheck(stage_id=telling.stage.id, policy="required_disclosures", passed=not missing)
        )
        telling.log(
            f"{len(disclosures) - len(missing)} of {len(disclosures)} required disclosures stand on the page"
        )
    broken = found.broken_links
    telling.say(events.PolicyCheck(stage_id=telling.stage.id, policy="page_links", passed=not broken))
    headline = run.copy.hero.headline if run.copy else ""
    same = headline in found.texts
    telling.say(events.PolicyCheck(stage_id=telling.stage.id, policy="copy_matches_page", passed=same))
    repeated = _repeated(found.main)
    telling.log(
        f"{len(found.links)} links checked, {len(broken)} broken; {len(repeated)} sentences said twice",
        "warning" if broken or repeated else "info",
    )
    await telling.at(0.2)
    drafts = await telling.write(
        lambda out: [guidelines.compose(run.pen(), run.look, run.rules, out)], guidelines.OPTIONAL
    )
    await telling.show(drafts, 0.25, 0.95)
    voice = len(run.pen().tone.do) + len(run.pen().tone.dont)
    telling.log(f"{voice} rules of voice and {len(run.look.palette.pairs())} colour pairs looked at")
    telling.log(f"{len(run.artifacts)} artifacts hold to {len(run.rules)} rules", "debug")
    telling.measure_drift("\n".join(draft.text for draft in run.drafts.values()), of="The whole")
    if missing or broken or not same:
        raise RunError(
            "The page does not hold together: " + "; ".join([*missing, *broken] or ["the headline differs"])
        )
    await telling.at(1.0)


async def recovering(telling: Telling) -> None:
    """Account for what was repaired, and check that every artifact is in normal form."""
    run = telling.run
    repaired = run.ledger.recoveries
    kinds = _counted(entry["recovery"].split(":")[0].split(" ")[0] for entry in repaired)
    telling.log(f"{len(repaired)} recoveries so far: {kinds}" if repaired else "Nothing had to be repaired")
    await telling.at(0.4)
    odd = [name for name, text in run.artifacts.items() if not _is_normal(text)]
    telling.say(events.PolicyCheck(stage_id=telling.stage.id, policy="normal_form", passed=not odd))
    normal = len(run.artifacts) - len(odd)
    telling.log(f"{normal} of {len(run.artifacts)} artifacts are in normal form (NFC, LF, one last line end)")
    drifted = [stage for stage, score in run.ledger.drifts.items() if score > drift.THRESHOLD]
    if drifted:
        telling.log(
            f"Away from the brand's voice and left so by this engine: {', '.join(drifted)}", "warning"
        )
    else:
        telling.log(f"{len(run.ledger.drifts)} drift measurements, all within {drift.THRESHOLD}", "debug")
    await telling.at(1.0)


async def packaging(telling: Telling) -> None:
    """The launch plan, and the manifest of what there is."""
    run = telling.run
    spoken = run.material.brief.language
    points = launch.Open(
        proposals=run.copy.proposals if run.copy else 0,
        left_out=run.left_out,
        page_language=language.NAMES[spoken] if spoken != "en" else None,
    )
    skipped = _skipped(run.request.depth, launch.DEEP, SHALLOW["launch"])
    drafts = await telling.write(
        lambda out: [launch.compose(run.pen(), points, out | skipped)], (*launch.DEEP, *launch.OPTIONAL)
    )
    await telling.show(drafts, 0.05, 0.7)
    await telling.show([_manifest(run.artifacts)], 0.7, 0.95)
    tasks = drafts[0].content.count("- [ ]")
    telling.log(f"{tasks} things left for people to do are in the launch plan")
    size = sum(map(len, run.artifacts.values()))
    telling.log(f"{len(run.artifacts)} artifacts, {size} characters, {run.spent} tokens written")
    telling.log(
        f"As bundle.zip they are {len(bundle(run.artifacts))} bytes; it is packed when asked for", "debug"
    )
    if run.budget is not None:
        telling.log(f"{run.budget - run.spent} of {run.budget} tokens left", "debug")
    telling.measure_drift(drafts[0].text, of="The launch plan")
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


def _by_failure(found: Sequence[Violation]) -> dict[Failure, list[Violation]]:
    groups: dict[Failure, list[Violation]] = {}
    for violation in found:
        groups.setdefault(failures.classify(violation.rule.policy), []).append(violation)
    return groups


def _described(violation: Violation) -> str:
    rule = violation.rule
    return (
        f"{violation.location} says {violation.found!r}, which {rule.source} does not allow: {rule.reason}."
    )


def _counted(names: Any) -> str:
    counted: dict[str, int] = {}
    for name in names:
        counted[name] = counted.get(name, 0) + 1
    return ", ".join(f"{count} {name}" for name, count in counted.items())


def _repeated(texts: Sequence[str]) -> list[str]:
    """Sentences of four words or more that stand twice."""
    seen: set[str] = set()
    twice: list[str] = []
    for part in (part.casefold().rstrip(".") for text in texts for part in grammar.sentences(text)):
        if len(part.split()) >= 4 and part in seen:
            twice.append(part)
        seen.add(part)
    return twice


def _is_normal(text: str) -> bool:
    lines = text.split("\n")
    single = text.endswith("\n") and not text.endswith("\n\n")
    return (
        single
        and "\r" not in text
        and all(line == line.rstrip() for line in lines)
        and unicodedata.is_normalized("NFC", text)
    )
