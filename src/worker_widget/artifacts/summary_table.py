"""Tables of plain texts in a sandboxed frame, for notebook outputs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from html import escape

from ..state.run_state import Artifact
from .document import document
from .notebook_output import framed_as_host


def artifacts_html(artifacts: Iterable[Artifact]) -> str:
    """A table of the artifacts of a run: name, state, size, versions and stage."""
    rows = [
        (item.file, item.status, f"{item.chars:,}", str(item.version), item.stage_id or "")
        for item in artifacts
    ]
    return table_html(
        ("Artifact", "State", "Characters", "Versions", "Stage"), rows, "Artifacts", figures={2, 3}
    )


def table_html(head: Iterable[str], rows: Sequence[tuple[str, ...]], title: str, *, figures: Set[int]) -> str:
    """A table in a sandboxed frame of fitting height, at most 480 px. ``figures`` are the numeric columns."""
    if not rows:
        return framed_as_host(document('<p class="empty">None.</p>', None), title=title, height=72)

    def cells(tag: str, row: Iterable[str]) -> str:
        return "".join(
            f"<{tag}{' class=figure' if at in figures else ''}>{escape(cell)}</{tag}>"
            for at, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{cells('th', head)}</tr></thead><tbody>{body}</tbody></table>"
    table = f'<div class="rows">{table}</div>'
    return framed_as_host(document(table, None), title=title, height=min(480, 34 + 31 * len(rows)))
