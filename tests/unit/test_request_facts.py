"""The request of a run in words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.test_verdict import state_after
from worker_widget.events import RunRequested
from worker_widget.events.brand_names import BY_FIELD
from worker_widget.events.request_models import Brand, ForbiddenClaim, ToneProfile
from worker_widget.events.schema_keywords import NAMES
from worker_widget.state.request_facts import request_facts


def brand_text(**brand: Any) -> str:
    state = state_after(RunRequested(task="A page", brand=brand, depth="auto", options={}))
    return dict(request_facts(state))["Brand"]


@pytest.mark.parametrize(
    ("brand", "text"),
    [
        (
            {"target_audience": ["b2b_smb", "People who bake"]},
            "Target audience: Small and medium companies, People who bake",
        ),
        ({"target_audience": "b2c_consumer"}, "Target audience: Consumers"),
        ({"tone": {"primary": "luxury", "avoid": ["formal"]}}, "Tone: Primary: Luxury; Avoid: formal"),
        (
            {"forbidden_claims": [{"pattern": "error", "severity": "warning"}]},
            "Forbidden claims: Pattern: error; Severity: Warning",
        ),
        ({"tone": {"primary": "sarcastic"}, "audience_id": 7}, "Tone: Primary: sarcastic\nAudience id: 7"),
    ],
)
def test_listed_values_of_a_brand_are_shown_by_their_names(brand: dict[str, Any], text: str) -> None:
    assert brand_text(**brand) == text


def test_every_field_of_a_brand_with_listed_values_has_the_names_of_its_schema() -> None:
    named = {
        name: field.json_schema_extra[NAMES]
        for model in (Brand, ToneProfile, ForbiddenClaim)
        for name, field in model.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and NAMES in field.json_schema_extra
    }
    assert named == BY_FIELD
