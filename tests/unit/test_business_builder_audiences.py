"""Audiences in a brand's own words, as scripts of real servers send them."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from pydantic import ValidationError

from worker_widget import events
from worker_widget.events.request_models import Brand
from worker_widget.workers.business_builder.worker import BusinessBuilder

from .test_business_builder_run import Alone, brand, run_alone


def page(run: Alone) -> str:
    """The words of the landing page."""
    text = re.sub(r"<style.*?</style>|<[^>]*>", " ", run.artifacts["landing.html"], flags=re.DOTALL)
    return " ".join(html.unescape(text).split())


def warnings(run: Alone) -> list[str]:
    return [e.message or "" for e in run.all(events.RunWarning) if e.code == "audience_not_listed"]


async def test_the_words_stand_on_the_page_and_the_run_warns() -> None:
    run = await run_alone(
        task="A course on pricing", brand=brand(target_audience=["founders", "entrepreneurs"])
    )
    assert run.error is None
    assert "founders and entrepreneurs" in page(run)
    assert warnings(run) == [
        "“founders” and “entrepreneurs” are not listed audiences: the page uses them as words, without the "
        "texts that a listed audience has. Listed are b2c_consumer, b2c_prosumer, b2b_smb, b2b_enterprise "
        "and b2b_developer."
    ]


async def test_a_listed_audience_keeps_its_meaning_beside_another() -> None:
    run = await run_alone(
        task="A course on pricing", brand=brand(target_audience=["b2b_developer", "night owls"])
    )
    assert "night owls" in page(run)
    assert (
        "Developers" in run.artifacts["market_report.json"]
        or "developers" in run.artifacts["market_report.json"]
    )
    assert "night owls" in run.artifacts["market_report.json"]
    assert [text.startswith("“night owls” is not a listed audience") for text in warnings(run)] == [True]


async def test_the_audience_of_the_task_goes_before_the_brands() -> None:
    run = await run_alone(task="A course on pricing for bakers", brand=brand(target_audience=["founders"]))
    assert "bakers" in page(run)


@pytest.mark.parametrize("audience", [["b2b_smb"], ["b2c_consumer", "b2b_enterprise"]])
async def test_listed_audiences_are_no_warning(audience: list[str]) -> None:
    run = await run_alone(task="A course on pricing", brand=brand(target_audience=audience))
    assert warnings(run) == []


async def test_the_words_are_checked_like_any_text_of_the_brand() -> None:
    run = await run_alone(
        task="A course on pricing", brand=brand(target_audience=["founders with a 100% success rate"])
    )
    assert run.error is None
    assert "100%" not in page(run)


async def test_a_german_page_joins_them_in_german() -> None:
    run = await run_alone(
        task="Ein Kurs über Preise und Angebote in Köln",
        brand=brand(target_audience=["Gründerinnen", "Gründer"]),
    )
    assert "Gründerinnen und Gründer" in page(run)


def test_checking_a_brand_warns_of_them() -> None:
    report = BusinessBuilder().check_brand(Brand.model_validate(brand(target_audience=["founders"])))
    assert "target_audience: 'founders' is not listed, so that it is used as a word" in report.warnings


@pytest.mark.parametrize("audience", [[], [""], "", [" "], [3], 3, ["x" * 201], ["a"] * 51])
def test_what_is_no_list_of_words_is_refused(audience: Any) -> None:
    with pytest.raises(ValidationError):
        Brand.model_validate(brand(target_audience=audience))


def test_one_text_is_a_list_of_one() -> None:
    assert Brand.model_validate(brand(target_audience="founders")).target_audience == ("founders",)


def test_a_tone_that_is_not_listed_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"tone\.primary"):
        Brand.model_validate(brand(tone={"primary": "cheerful"}))
