"""Requests about brands: the form's fields, the server's check, and the brands saved on this computer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final, TypedDict

from ...errors import RequestRefused, WorkerWidgetError
from ...runs.saved_brands import SavedBrands
from ..brand_check import BrandFinding, findings, summary
from ..brand_form import BrandField, brand_fields, example_brand
from ..brand_json import brand_text, parse_brand
from ..controller import ConsoleController
from .handlers import Args, Handlers, NoArgs, RequestAnswer, RequestHandler

SCHEMA_S: Final = 5.0
"""The longest wait for the schema of a server, in seconds."""


class BrandArgs(Args, frozen=True, kw_only=True):
    brand: str


class BrandFormArgs(Args, frozen=True, kw_only=True):
    worker: str


class SavedBrandArgs(Args, frozen=True, kw_only=True):
    name: str


class SaveBrandArgs(Args, frozen=True, kw_only=True):
    name: str
    brand: str


class BrandForm(TypedDict):
    """The fields of the brand form, and a brand of their examples as JSON text."""

    fields: tuple[BrandField, ...]
    example: str


class CheckedBrand(TypedDict):
    """The findings of the form and of the server on a brand; ``summary`` says in words how it is."""

    valid: bool
    findings: list[BrandFinding]
    summary: str


class SavedBrandNames(TypedDict):
    """The names of the brands on this computer, in alphabetical order."""

    names: list[str]


class BrandText(TypedDict):
    """A brand as JSON text."""

    brand: str


class BrandRequests:
    """Answers the requests about brands for one console."""

    def __init__(self, controller: ConsoleController) -> None:
        self._controller = controller
        self._saved = SavedBrands()
        self._forms: dict[str, tuple[BrandField, ...]] = {}
        self.handlers: Handlers = {
            "brand.form": RequestHandler(BrandFormArgs, BrandForm, self._form),
            "brand.check": RequestHandler(BrandArgs, CheckedBrand, self._check),
            "brand.names": RequestHandler(NoArgs, SavedBrandNames, self._names),
            "brand.load": RequestHandler(SavedBrandArgs, BrandText, self._load),
            "brand.save": RequestHandler(SaveBrandArgs, SavedBrandNames, self._save),
            "brand.delete": RequestHandler(SavedBrandArgs, SavedBrandNames, self._delete),
        }

    async def _form(self, args: BrandFormArgs) -> RequestAnswer:
        """The form of a worker's brand, from the schema of its server or of this package."""
        fields = await self._fields(args.worker)
        return RequestAnswer({"fields": fields, "example": brand_text(example_brand(fields))})

    async def _check(self, args: BrandArgs) -> RequestAnswer:
        """Checks a brand: its limits here, the rest on the server."""
        brand = parse_brand(args.brand)
        if brand is None:
            raise RequestRefused("There is no brand to check: the form is empty.")
        worker = self._controller.next_worker
        fields = await self._fields(worker)
        try:
            check = await self._controller.client.validate_brand(brand, worker=worker)
        except WorkerWidgetError as error:
            found = findings(fields, brand)
            found.append(BrandFinding("warning", "", f"The worker has not checked it. {error}"))
            return RequestAnswer({"valid": False, "findings": found, "summary": summary(found)})
        found = findings(fields, brand, check.problems, check.warnings)
        words = summary(found)
        if check.valid:
            words = f"{words}. " if words else ""
            words += "Valid"
            if check.policy_rules_generated is not None and check.drift_anchors_count is not None:
                rules, anchors = check.policy_rules_generated, check.drift_anchors_count
                words += f": {rules} policy rules, {anchors} drift anchors"
        return RequestAnswer({"valid": check.valid, "findings": found, "summary": words})

    async def _names(self, args: NoArgs) -> RequestAnswer:
        """The brands saved on this computer."""
        return RequestAnswer({"names": await asyncio.to_thread(self._saved.names)})

    async def _load(self, args: SavedBrandArgs) -> RequestAnswer:
        """A brand saved on this computer."""
        return RequestAnswer({"brand": brand_text(await asyncio.to_thread(self._saved.load, args.name))})

    async def _save(self, args: SaveBrandArgs) -> RequestAnswer:
        """Saves a brand under a name, also in place of one of the same name."""
        brand = parse_brand(args.brand)
        if brand is None:
            raise RequestRefused("There is no brand to save: the form is empty.")
        await asyncio.to_thread(self._saved.save, args.name, brand)
        return await self._names(NoArgs())

    async def _delete(self, args: SavedBrandArgs) -> RequestAnswer:
        """Deletes a brand saved on this computer."""
        await asyncio.to_thread(self._saved.delete, args.name)
        return await self._names(NoArgs())

    async def _fields(self, worker: str) -> tuple[BrandField, ...]:
        if worker in self._forms:
            return self._forms[worker]
        known = await asyncio.to_thread(_own_schema)
        try:
            async with asyncio.timeout(SCHEMA_S):
                schema = await self._controller.client.schema("brand", worker=worker)
        except (WorkerWidgetError, TimeoutError):
            return brand_fields(known, known)  # the server may answer the next time
        self._forms[worker] = brand_fields(schema, known) or brand_fields(known, known)
        return self._forms[worker]


def _own_schema() -> Mapping[str, Any]:
    from ...events.request_models import Brand  # importing pydantic is slow

    return Brand.model_json_schema()
