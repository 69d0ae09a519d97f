"""Validates a brand and lists its problems field by field, without a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from ...events.request_models import Brand
from ..worker import BrandReport, Worker
from .bodies import MAX_PROBLEMS, json_object, message

_MAX_FIELD_CHARS = 100


def check(body: bytes, worker: Worker) -> dict[str, Any]:
    """The response to ``POST /validate-brand``: ``errors`` are ``{field, message}``, ``warnings`` texts.

    Raises `Unprocessable` if the body is not a JSON object.
    """
    raw = json_object(body)
    warnings = [f"{path}: unknown field, ignored" for path in _unknown_fields(Brand, raw)][:MAX_PROBLEMS]
    try:
        brand = Brand.model_validate_json(body)
    except ValidationError as error:
        errors = [
            {"field": _path(*wrong["loc"]), "message": message(wrong)}
            for wrong in error.errors(include_url=False)[:MAX_PROBLEMS]
        ]
        return _answer(errors, warnings, BrandReport())
    return _answer([], warnings, worker.check_brand(brand))


def _answer(errors: list[dict[str, str]], warnings: list[str], report: BrandReport) -> dict[str, Any]:
    return {
        "valid": not errors,
        "errors": errors,
        "warnings": [*warnings, *report.warnings],
        "policy_rules_generated": report.policy_rules_generated,
        "drift_anchors_count": report.drift_anchors_count,
    }


def _unknown_fields(model: type[BaseModel], value: dict[str, Any], *at: str | int) -> Iterator[str]:
    """The path of every field that is not in the model, such as ``tone.colour``."""
    for name, item in value.items():
        field = model.model_fields.get(name)
        if field is None:
            yield _path(*at, name)
            continue
        nested = _model_in(field.annotation)
        if nested is None:
            continue
        if isinstance(item, dict):
            yield from _unknown_fields(nested, item, *at, name)
        elif isinstance(item, list):
            for index, element in enumerate(item):
                if isinstance(element, dict):
                    yield from _unknown_fields(nested, element, *at, name, index)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that is the type of a field, or of the items of a list."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _path(*parts: str | int) -> str:
    return ".".join(str(part) for part in parts)[:_MAX_FIELD_CHARS]
