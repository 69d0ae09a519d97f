"""No artifact of a run makes one of the claims that no text may make, over the real host."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest

from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.workers.business_builder.worker import BusinessBuilder

from .host_support import Api
from .test_host_api import BASE as SCRIPTED

BASE = SCRIPTED.replace("scripted", "business-builder")

CLAIMS = {
    "guarantee": r"guarant",
    "100% success": r"100\s*%|hundred per",
    "risk-free": r"risk\W?free",
    "world's best": r"world\W?s\W+best",
    "#1 rated": r"#\s*1(?!\w)|number one",
    "money-back guarantee": r"money\W?back",
    "clinically proven": r"clinically\W+proven",
    "medically proven": r"medically\W+proven",
    "double your revenue": r"doubl\w+\s+your\s+revenue",
    "no side effects": r"side\W?effects?",
}
"""Each claim and what must not stand in any artifact, written apart from the rules of the worker."""

EVERY = re.compile("|".join(CLAIMS.values()), re.IGNORECASE)

VARIANTS = {
    "guarantee": "Guaranteed",
    "100% success": "100 % SUCCESS",
    "risk-free": "Risk‑free",
    "world's best": "the world’s best",
    "#1 rated": "# 1-rated",
    "money-back guarantee": "Money back guarantee",
    "clinically proven": "Clinically-proven",
    "medically proven": "MEDICALLY PROVEN",
    "double your revenue": "doubles your revenue",
    "no side effects": "no side-effects",
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with ThreadedHost(tmp_path_factory.mktemp("host"), {"business-builder": BusinessBuilder()}) as host:
        client = Api(host.url, host.token, BASE)
        with client.http:
            yield client


def brand(claim: str) -> dict[str, Any]:
    return {
        "company_name": "Lampwick",
        "mission": f"To keep small kitchens running on busy days, {claim}",
        "value_proposition": f"Repairs for ovens and mixers, {claim}, by people who explain what they do",
        "tagline": f"Repairs: {claim}",
        "vision": f"Every kitchen in town runs, {claim}",
        "audience_pain_points": [f"Nobody else offers {claim}", "The oven fails at noon"],
        "tone": {"primary": "professional", "examples_good": [f"We come today, {claim}."]},
    }


def finished(api: Api, **request: Any) -> tuple[dict[str, str], list[dict[str, Any]], str]:
    run_id, stream = api.finish(**request, options={"pace": 0})
    violations = [frame.data["data"] for frame in stream if frame.event == "policy_violation"]
    answer = api.get(f"/runs/{run_id}").json()
    assert answer["status"] in ("completed", "failed")
    return answer["artifacts"] or {}, violations, answer["status"]


def readable(text: str) -> str:
    """The words of an artifact: style sheets and tags have percentages and colours of their own."""
    without_styles = re.sub(
        r"<style.*?</style>|<[^>]*>|^[^\n{}]*\{[^{}]*\}", " ", text, flags=re.DOTALL | re.M
    )
    return html.unescape(without_styles)


@pytest.mark.parametrize("wording", [*CLAIMS, *VARIANTS.values()])
def test_a_claim_of_the_task_or_the_brand_stands_on_no_artifact(api: Api, wording: str) -> None:
    artifacts, violations, status = finished(
        api, task=f"A page for oven repairs in Lyon, {wording}", brand=brand(wording)
    )
    assert status == "completed"
    assert "error" in {violation["severity"] for violation in violations}
    for name, text in artifacts.items():
        assert not EVERY.search(readable(text)), name


@pytest.mark.parametrize("wording", ["clinically proven", "no side effects", "double your revenue"])
def test_a_strict_run_stops_at_the_claim(api: Api, wording: str) -> None:
    _, violations, status = finished(
        api, task="A page for oven repairs in Lyon", brand=brand(wording), strict_mode=True
    )
    assert status == "failed"
    assert violations


@pytest.mark.parametrize(
    "wording", ["klinisch erwiesen", "keine Nebenwirkungen", "verdoppelt Ihren Umsatz", "garantiert"]
)
def test_a_german_claim_stands_on_no_artifact(api: Api, wording: str) -> None:
    artifacts, _, status = finished(
        api, task=f"Eine Seite für eine Bäckerei in Köln mit frischem Brot am Morgen, {wording}"
    )
    assert status == "completed"
    for name, text in artifacts.items():
        assert wording.lower() not in html.unescape(text).lower(), name
