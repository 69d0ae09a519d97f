"""The methods of frames and the documentation of their columns, from the table of schemas.

``python -m tests.frame_docs`` writes the two modules with the methods of `RunHistory` and `Run`, and
``docs/data.md``; a test compares them with what stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from worker_widget.runs.frames.schema import FRAMES, FrameColumn, FrameSchema

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "src" / "worker_widget" / "runs" / "frames"
HISTORY_METHODS = FOLDER / "history_frames.py"
RUN_METHODS = FOLDER / "run_frames.py"
DOCUMENT = ROOT / "docs" / "data.md"
BEGIN, END = "<!-- columns: written by python -m tests.frame_docs -->", "<!-- end of columns -->"

_OF_RUNS = ("worker", "status", "tag", "starred", "note")
NOT_OF_A_RUN = ("runs", "artifacts", "warnings")
"""Frames whose name is another attribute of `Run`: `Run.artifacts` and `Run.warnings` can be called."""

_TYPES = {
    "worker": "OneOrMore",
    "status": "OneOrMore",
    "tag": "OneOrMore",
    "starred": "bool | None",
    "note": "str | None",
    "since": "Moment",
    "until": "Moment",
    "stage": "OneOrMore",
    "level": "OneOrMore",
    "limit": "int | None",
}

_HEAD = '''"""The frames as methods of `{user}`. Written by ``python -m tests.frame_docs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack, overload

from .engines import FrameEngine, OtherFrameEngine
from .filters import {imports}

if TYPE_CHECKING:
    import pandas as pd


{arguments}

class {name}:
    """The frames of {of}. Each has the same columns and types, whatever its rows."""

    def _frame(self, name: str, engine: FrameEngine, *, content: bool = False, **filters: Any) -> Any:
        raise NotImplementedError
'''


def history_methods() -> str:
    """The module with the methods of `RunHistory`."""
    head = _HEAD.format(
        user="RunHistory",
        name="HistoryFrames",
        of="the history",
        imports="Moment, OneOrMore, RunsArgument",
        arguments=_arguments(schema.filters for schema in FRAMES.values()),
    )
    return head + "".join(_method(schema, schema.filters, of_runs=True) for schema in FRAMES.values())


def run_methods() -> str:
    """The module with the methods of `Run`."""
    found = {
        name: tuple(item for item in schema.filters if item not in _OF_RUNS)
        for name, schema in FRAMES.items()
        if name not in NOT_OF_A_RUN
    }
    head = _HEAD.format(
        user="Run",
        name="RunFrames",
        of="one run",
        imports="Moment, OneOrMore",
        arguments=_arguments(found.values()),
    )
    return head + "".join(_method(FRAMES[name], filters) for name, filters in found.items())


def _arguments(found: Iterable[tuple[str, ...]]) -> str:
    """The types of the arguments that choose rows, one for each set of them."""
    classes = [
        "\n".join((f"class {_class(filters)}(TypedDict, total=False):", *_fields(filters)))
        for filters in dict.fromkeys(found)
    ]
    return "\n\n\n".join(classes) + "\n"


def _class(filters: tuple[str, ...]) -> str:
    if "level" in filters:
        return "_OfLines"
    if "since" not in filters:
        return "_OfSentences"
    return "_OfRows" if "stage" in filters else "_OfRuns"


def _fields(filters: tuple[str, ...]) -> Iterator[str]:
    return (f"    {name}: {_TYPES[name]}" for name in filters)


def _method(schema: FrameSchema, filters: tuple[str, ...], *, of_runs: bool = False) -> str:
    name = schema.name
    runs = ["runs"] * of_runs
    first = [f"{item}: RunsArgument = None" for item in runs]
    content = ["content: bool = False"] * (name == "artifacts")
    keywords = [f"{item}: {_TYPES[item]} = None" for item in filters]
    passed = [f"{item}={item}" for item in (*runs, *filters, *["content"] * len(content))]

    def signature(arguments: list[str], returned: str) -> str:
        lines = "".join(f"        {item},\n" for item in ["self", *first, "*", *content, *arguments])
        return f"    def {name}(\n{lines}    ) -> {returned}:"

    chosen = f"**filters: Unpack[{_class(filters)}]"
    return "\n".join(
        (
            "",
            "    @overload",
            signature(['engine: Literal["pandas"] = "pandas"', chosen], "pd.DataFrame") + " ...",
            "    @overload",
            signature(["engine: OtherFrameEngine", chosen], "Any") + " ...",
            signature([*keywords, 'engine: FrameEngine = "pandas"'], "Any"),
            f'        """{schema.rows}',
            "",
            *(f"        {line}".rstrip() for line in _table(schema)),
            '        """',
            "        return self._frame(",
            f'            "{name}",',
            "            engine,",
            *(f"            {item}," for item in passed),
            "        )",
            "",
        )
    )


def _table(schema: FrameSchema) -> Iterator[str]:
    rows = [(item.name, item.kind.value, item.meaning.replace("`", "``")) for item in schema.columns]
    widths = [max(len(row[at]) for row in rows) for at in range(3)]
    rule = "  ".join("=" * max(width, 1) for width in widths)
    yield rule
    yield from ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    yield rule


def document_tables() -> str:
    """The tables of ``docs/data.md``: the columns of each frame."""
    return "\n".join(line for schema in FRAMES.values() for line in _section(schema))


def _section(schema: FrameSchema) -> Iterator[str]:
    yield from (f"### {schema.name}", "", schema.rows, "")
    yield "Arguments: " + ", ".join(f"`{name}`" for name in ("runs", *schema.filters)) + "."
    yield from ("", "| column | in pandas | |", "|---|---|---|")
    for column in schema.columns:
        yield f"| `{column.name}` | {column.kind.value} | {_meaning(column)} |"
    yield ""


def _meaning(column: FrameColumn) -> str:
    return column.meaning.replace("<", "&lt;")


def document(text: str) -> str:
    """The document with its tables as they should be."""
    return re.sub(
        f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n\n{document_tables()}\n{END}", text, flags=re.DOTALL
    )


if __name__ == "__main__":
    HISTORY_METHODS.write_text(history_methods(), encoding="utf-8")
    RUN_METHODS.write_text(run_methods(), encoding="utf-8")
    DOCUMENT.write_text(document(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
