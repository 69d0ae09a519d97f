"""A `Difference` as a document: two columns, numbered changes, unchanged stretches folded away."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Final

from .document import document

if TYPE_CHECKING:
    from .difference import Difference, Line, Row

MOST_SHOWN_CHARS: Final = 1_500_000
"""Up to how much text of both sides is shown; changes have precedence."""

_AROUND: Final = 3
_MOST_FOLDED: Final = 2_000
_MOST_OF_PART: Final = 20_000
_LONG_LINE: Final = 4_000
_AROUND_PART: Final = 300
_MOST_PARTS: Final = 2_000

_STYLE: Final = """<style>
body { padding: 0; }
.head { position: sticky; top: 0; z-index: 2; background: var(--raised); border-bottom: 1px solid var(--line);
  font-size: 13px; line-height: 1.5; }
.head p { margin: 0; padding: 7px 14px; display: flex; flex-wrap: wrap; gap: 2px 14px; }
.plus { color: var(--added); } .minus { color: var(--removed); }
.titles { display: grid; grid-template-columns: 1fr 1fr; border-top: 1px solid var(--line);
  font-weight: 600; }
.titles span { padding: 4px 14px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.row { display: grid; grid-template-columns: 3.6em minmax(0, 1fr) 3.6em minmax(0, 1fr);
  font: 12.5px/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.row i { padding: 0 8px; color: var(--quiet); font-style: normal; text-align: right; user-select: none;
  border-left: 1px solid var(--line); font-variant-numeric: tabular-nums; }
.row i:first-child { border-left: 0; }
.row pre { margin: 0; padding: 0 8px 0 4px; min-height: 1.55em; }
.row .minus { background: var(--removed-ground); color: var(--text); }
.row .plus { background: var(--added-ground); color: var(--text); }
.row .none { background: var(--raised); }
.row del, .row ins { text-decoration: none; border-radius: 2px; }
.row del { background: var(--removed-word); } .row ins { background: var(--added-word); }
.change { border-block: 1px solid var(--line); margin: 6px 0; scroll-margin-top: 76px; }
.change:target, .change[aria-current] { outline: 2px solid var(--link); outline-offset: -2px; }
.bar { display: flex; gap: 14px; padding: 2px 14px; background: var(--raised); font-size: 12px;
  line-height: 1.6; color: var(--quiet); }
.bar span:first-child { flex: 1; }
a[href] { color: var(--link); }
.fold > summary { padding: 3px 14px; background: var(--raised); color: var(--quiet); font-size: 12px;
  cursor: pointer; }
.left { padding: 3px 14px; color: var(--quiet); font-size: 12px; margin: 0; }
@media (max-width: 620px) {
  .row { grid-template-columns: 3.2em minmax(0, 1fr); }
  .row i:nth-child(3) { border-left: 0; }
  .equal > :nth-child(1), .equal > :nth-child(2), .row .none, .row .void { display: none; }
}
</style>"""


def side_by_side(difference: Difference, dark: bool | None) -> str:
    """The document. All text in it is escaped; the n-th change has the id ``change-n``."""
    body = "".join((_STYLE, '<div class="head">', *_head(difference), "</div>", *_body(difference)))
    return document(body, dark)


def _head(told: Difference) -> Iterator[str]:
    yield "<p>"
    if not told.changes:
        yield "<b>No differences</b>"
    else:
        yield f"<b>{told.changes:,} change{'s' * (told.changes != 1)}</b>"
        yield f'<span class="plus">+{told.words_added:,} words</span>'
        yield f'<span class="minus">−{told.words_removed:,} words</span>'
        yield f"<span>{told.words_changed:,} changed</span>"
        yield '<a href="#change-1">First change</a>'
    yield "</p>"
    if told.note:
        yield f"<p>{escape(told.note)}</p>"
    yield f'<div class="titles"><span>{escape(told.title_a)}</span><span>{escape(told.title_b)}</span></div>'


def _body(told: Difference) -> Iterator[str]:
    room = MOST_SHOWN_CHARS
    number = 0
    stretches = [list(rows) for _, rows in groupby(told.rows, key=lambda row: row.same)]
    for at, rows in enumerate(stretches):
        if rows[0].same:
            yield from _unchanged(rows, first=at == 0, last=at == len(stretches) - 1, room=room)
        else:
            number += 1
            if room <= 0:
                yield f'<p class="left">{told.changes - number + 1:,} more changes are not shown.</p>'
                return
            shown = list(_rows_within(rows, room))
            yield from _change(shown, len(rows), number, told.changes)
            rows = shown
        room -= sum(_size(row) for row in rows[: _MOST_FOLDED + 2 * _AROUND])


def _rows_within(rows: list[Row], room: int) -> Iterator[Row]:
    for row in rows:
        yield row
        room -= _size(row)
        if room <= 0:
            return


def _change(rows: list[Row], of: int, number: int, changes: int) -> Iterator[str]:
    yield f'<section class="change" id="change-{number}">'
    yield f'<div class="bar"><span>Change {number} of {changes}</span>'
    if number > 1:
        yield f'<a href="#change-{number - 1}">Previous</a>'
    if number < changes:
        yield f'<a href="#change-{number + 1}">Next</a>'
    yield "</div>"
    yield from map(_row, rows)
    if len(rows) < of:
        yield f'<p class="left">{of - len(rows):,} more lines of this change are not shown.</p>'
    yield "</section>"


def _unchanged(rows: list[Row], *, first: bool, last: bool, room: int) -> Iterator[str]:
    before = 0 if first else _AROUND
    after = 0 if last else _AROUND
    folded = rows[before : len(rows) - after]
    if len(folded) < 3:
        yield from map(_row, rows)
        return
    yield from map(_row, rows[:before])
    words = f"{len(folded):,} unchanged lines"
    if len(folded) <= _MOST_FOLDED and sum(map(_size, folded)) <= room:
        yield f'<details class="fold"><summary>{words}</summary>{"".join(map(_row, folded))}</details>'
    else:
        yield f'<p class="left">{words}</p>'
    yield from map(_row, rows[len(rows) - after :])


def _row(row: Row) -> str:
    left = _side(row.a, "" if row.same else "minus", "del")
    right = _side(row.b, "" if row.same else "plus", "ins")
    return f'<div class="row{" equal" if row.same else ""}">{left}{right}</div>'


def _side(line: Line | None, look: str, mark: str) -> str:
    if line is None:
        return '<i class="void"></i><pre class="none"></pre>'
    whole = len(line.parts) == 1  # all of it changed, or nothing: the ground says that
    long = sum(len(part) for part, _ in line.parts) > _LONG_LINE
    text = "".join(
        f"<{mark}>{_cut(part, _MOST_OF_PART)}</{mark}>"
        if changed and not whole
        else _cut(part, _AROUND_PART if long and not whole else _MOST_OF_PART)
        for part, changed in line.parts[:_MOST_PARTS]
    )
    if len(line.parts) > _MOST_PARTS:
        text += "<b>… more is not shown …</b>"
    return f'<i>{line.number or ""}</i><pre class="{look}">{text}</pre>'


def _cut(text: str, most: int) -> str:
    """The beginning and the end of a text, where it is too long."""
    if len(text) <= most:
        return escape(text)
    half = most // 2
    left_out = len(text) - 2 * half
    return f"{escape(text[:half])}<b>… {left_out:,} characters …</b>{escape(text[-half:])}"


def _size(row: Row) -> int:
    lines = (line for line in (row.a, row.b) if line is not None)
    return sum(
        80 + sum(min(len(text), _MOST_OF_PART) for text, _ in line.parts[:_MOST_PARTS]) for line in lines
    )
