"""Draws an alignment as an HTML document: two columns, numbered changes, folded unchanged rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from itertools import groupby, takewhile
from typing import Final, NamedTuple

from ..document import document
from .alignment import Alignment, DiffLine, DiffRow

MOST_SHOWN_CHARS: Final = 3_000_000
"""The largest length of a document. Changed rows are drawn first, unchanged rows as far as there is room."""

_AROUND: Final = 3
_LEAST_FOLDED: Final = 3
_MOST_FOLDED: Final = 2_000
_MOST_PART_CHARS: Final = 20_000
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


class SideBySide(NamedTuple):
    """A document, and the number of changes it shows, in whole or in part."""

    html: str
    changes: int


def side_by_side(
    alignment: Alignment,
    title_a: str,
    title_b: str,
    dark: bool | None,
    *,
    limit: int,
    length: Callable[[str], int] = len,
) -> SideBySide:
    """Draw the document. All text in it is escaped; the element of the n-th change has the id ``change-n``.

    ``dark`` selects the theme, ``None`` that of the reader's system. ``limit`` is the largest size of the
    document as ``length`` measures it; changes that do not fit are left out, and the document says so.
    """
    head = "".join((_STYLE, '<div class="head">', *_head(alignment, title_a, title_b), "</div>"))
    room = limit - length(document(head, dark)) - length(_notice("1,000,000 more changes are not shown."))
    sheet = _Sheet(room, length)
    return SideBySide(document(head + sheet.draw(alignment), dark), sheet.changes)


def _head(alignment: Alignment, title_a: str, title_b: str) -> Iterator[str]:
    changes = alignment.changes
    yield "<p>"
    if not changes:
        yield "<b>No differences</b>"
    else:
        yield f"<b>{changes:,} change{'s' * (changes != 1)}</b>"
        yield f'<span class="plus">+{alignment.words_added:,} words</span>'
        yield f'<span class="minus">−{alignment.words_removed:,} words</span>'
        yield f"<span>{alignment.words_changed:,} changed</span>"
        yield '<a href="#change-1">First change</a>'
    yield "</p>"
    if alignment.note:
        yield f"<p>{escape(alignment.note)}</p>"
    yield f'<div class="titles"><span>{escape(title_a)}</span><span>{escape(title_b)}</span></div>'


class _Sheet:
    """Draws rows while there is room: first the changes and the rows around them, then the folded rows."""

    def __init__(self, room: int, length: Callable[[str], int]) -> None:
        self._room = room
        self._length = length
        self._full = False
        self.changes = 0

    def draw(self, alignment: Alignment) -> str:
        ranges = [list(rows) for _, rows in groupby(alignment.rows, key=lambda row: row.same)]
        pieces: list[str] = []
        folded: dict[int, list[DiffRow]] = {}
        for at, rows in enumerate(ranges):
            if self._full:
                break
            if not rows[0].same:
                pieces.append(self._change(rows, alignment.changes))
                continue
            before = 0 if at == 0 else _AROUND
            after = 0 if at == len(ranges) - 1 else _AROUND
            middle = rows[before : len(rows) - after]
            if len(middle) < _LEAST_FOLDED:
                pieces += self._rows(rows)
                continue
            pieces += self._rows(rows[:before])
            folded[len(pieces)] = middle
            pieces.append(self._taken(_notice(_unchanged(middle))))
            pieces += self._rows(rows[len(rows) - after :])
        full = self._full
        for at, middle in folded.items():
            if len(middle) <= _MOST_FOLDED:
                pieces[at] = self._taken(_fold(middle)) or pieces[at]
        if self.changes < alignment.changes:
            pieces.append(_notice(f"{alignment.changes - self.changes:,} more changes are not shown."))
        elif full and alignment.rows[-1].same:
            pieces.append(_notice("The unchanged lines after this are not shown."))
        return "".join(pieces)

    def _taken(self, html: str) -> str:
        """Take room for ``html`` and return it; an empty text if there is not enough room."""
        length = self._length(html)
        self._full = length > self._room
        if self._full:
            return ""
        self._room -= length
        return html

    def _rows(self, rows: list[DiffRow]) -> list[str]:
        """The HTML of the first rows, as many as there is room for."""
        return list(takewhile(bool, (self._taken(_row(row)) for row in rows)))

    def _change(self, rows: list[DiffRow], of: int) -> str:
        number = self.changes + 1
        begin = f'<section class="change" id="change-{number}">'
        begin += f'<div class="bar"><span>Change {number} of {of}</span>'
        if number > 1:
            begin += f'<a href="#change-{number - 1}">Previous</a>'
        if number < of:
            begin += f'<a href="#change-{number + 1}">Next</a>'
        begin += "</div>"
        end = "</section>"
        if not self._taken(begin + _more_lines(len(rows)) + end):
            return ""
        self.changes = number
        shown = self._rows(rows)
        cut = _more_lines(len(rows) - len(shown)) if len(shown) < len(rows) else ""
        return "".join((begin, *shown, cut, end))


def _notice(text: str) -> str:
    return f'<p class="left">{text}</p>'


def _more_lines(count: int) -> str:
    return _notice(f"{count:,} more lines of this change are not shown.")


def _fold(rows: list[DiffRow]) -> str:
    lines = "".join(map(_row, rows))
    return f'<details class="fold"><summary>{_unchanged(rows)}</summary>{lines}</details>'


def _unchanged(rows: list[DiffRow]) -> str:
    return f"{len(rows):,} unchanged lines"


def _row(row: DiffRow) -> str:
    left = _side(row.a, "" if row.same else "minus", "del")
    right = _side(row.b, "" if row.same else "plus", "ins")
    return f'<div class="row{" equal" if row.same else ""}">{left}{right}</div>'


def _side(line: DiffLine | None, css_class: str, mark: str) -> str:
    if line is None:
        return '<i class="void"></i><pre class="none"></pre>'
    whole = len(line.parts) == 1  # changed as a whole or not at all: the background shows that
    long = sum(len(part) for part, _ in line.parts) > _LONG_LINE
    text = "".join(
        f"<{mark}>{_cut(part, _MOST_PART_CHARS)}</{mark}>"
        if changed and not whole
        else _cut(part, _AROUND_PART if long and not whole else _MOST_PART_CHARS)
        for part, changed in line.parts[:_MOST_PARTS]
    )
    if len(line.parts) > _MOST_PARTS:
        text += "<b>… more is not shown …</b>"
    return f'<i>{line.number or ""}</i><pre class="{css_class}">{text}</pre>'


def _cut(text: str, most: int) -> str:
    """The escaped text; of a text longer than ``most`` only its beginning and end."""
    if len(text) <= most:
        return escape(text)
    half = most // 2
    left_out = len(text) - 2 * half
    return f"{escape(text[:half])}<b>… {left_out:,} characters …</b>{escape(text[-half:])}"
