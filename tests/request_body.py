"""Run requests as tests write them: a worker's options beside the other fields."""

from __future__ import annotations

from typing import Any

OPTIONS = ("pace", "writer", "stage_timeout")


def request_body(**fields: Any) -> dict[str, Any]:
    """``fields`` as the body of a run request: what is an option stands in ``options``."""
    options = {name: fields.pop(name) for name in OPTIONS if name in fields}
    return {**fields, "options": {**fields.get("options", {}), **options}} if options else fields
