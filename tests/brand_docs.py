"""The fields of a brand as the documentation describes them, from the schema.

``python -m tests.brand_docs`` prints the lines for the docstring of `WorkerConsole` and the rows for
``docs/worker-api.md``; tests compare both with what stands there.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from worker_widget.console.brand_form import BrandField, brand_fields
from worker_widget.events.request_models import Brand

_TYPES = {
    "number": "integer",
    "texts": "list of strings",
    "group": "object",
    "rows": "list of objects",
    "color": "string, a colour",
}


def fields() -> dict[str, BrandField]:
    """Every field of a brand by its path."""
    schema = Brand.model_json_schema()
    return dict(_walk(brand_fields(schema, schema), ""))


def docstring_lines() -> list[str]:
    """One entry for each field: name, help, values and default."""
    return [f"``{path}``: {' '.join(filter(None, _sentences(field)))}" for path, field in fields().items()]


def table_rows() -> list[tuple[str, str, str, str]]:
    """Name, type, default and help of each field."""
    return [(path, _type(field), _default(field), field.help) for path, field in fields().items()]


def _walk(found: Sequence[BrandField], at: str) -> Iterator[tuple[str, BrandField]]:
    for field in found:
        yield at + field.name, field
        yield from _walk(field.fields, f"{at}{field.name}.")


def _sentences(field: BrandField) -> Iterator[str]:
    yield "Required." if field.required else ""
    yield field.help
    values = ", ".join(f'"{value}"' for value, _ in field.choices)
    yield (
        f"{'Any of' if field.kind == 'choices' else 'One of'} {values}{', or other words' * field.free}."
        * bool(values)
    )
    yield f'Default: "{_default(field)}".' if not field.required and field.default else ""


def _type(field: BrandField) -> str:
    values = ", ".join(f"`{value}`" for value, _ in field.choices)
    if field.kind == "choices":
        return f"list of {values}{', or other words' * field.free}"
    return values or _TYPES.get(field.kind, "string")


def _default(field: BrandField) -> str:
    return (
        "required"
        if field.required
        else {name: value for value, name in field.choices}.get(field.default, field.default)
    )


if __name__ == "__main__":
    for line in docstring_lines():
        print(
            textwrap.fill(
                line, 106, initial_indent="    ", subsequent_indent="        ", break_on_hyphens=False
            )
        )
    for row in table_rows():
        print("| `{}` | {} | {} | {} |".format(*row))
