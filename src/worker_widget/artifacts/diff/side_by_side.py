"""A `Difference` as a document: two columns, numbered changes, unchanged stretches folded away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from itertools import groupby, takewhile
from typing import TYPE_CHECKING, Final, NamedTuple

from ..document import document

if TYPE_CHECKING:
    from .difference import Difference, Line, Row

MOST_SHOWN_CHARS: Final = 3_000_000
"""How long the document gets; changes have precedence over what is the same."""

_AROUND: Final = 3
_LEAST_FOLDED: Final = 3
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


class SideBySide(NamedTuple):
    """A document, and how many of the changes it shows, wholly or in part."""

    html: str
    changes: int


def side_by_side(
    told: Difference, dark: bool | None, *, most: int, weigh: Callable[[str], int] = len
) -> SideBySide:
    """The document. All text in it is escaped; the n-th change has the id ``change-n``.

    ``most`` is what all of it may weigh, which is at first its length.
    """
    head = "".join((_STYLE, '<div class="head">', *_head(told), "</div>"))
    sheet = _Sheet(
        most - weigh(document(head, dark)) - weigh(_left("1,000,000 more changes are not shown.")), weigh
    )
    return SideBySide(document(head + sheet.drawn(told), dark), sheet.changes)


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


class _Sheet:
    """What there is room for: first the changes and what is around them, then what is folded away."""

    def __init__(self, room: int, weigh: Callable[[str], int]) -> None:
        self._room = room
        self._weigh = weigh
        self._full = False
        self.changes = 0

    def drawn(self, told: Difference) -> str:
        stretches = [list(rows) for _, rows in groupby(told.rows, key=lambda row: row.same)]
        pieces: list[str] = []
        folded: dict[int, list[Row]] = {}
        for at, rows in enumerate(stretches):
            if self._full:
                break
            if not rows[0].same:
                pieces.append(self._change(rows, told.changes))
                continue
            before = 0 if at == 0 else _AROUND
            after = 0 if at == len(stretches) - 1 else _AROUND
            middle = rows[before : len(rows) - after]
            if len(middle) < _LEAST_FOLDED:
                pieces += self._rows(rows)
                continue
            pieces += self._rows(rows[:before])
            folded[len(pieces)] = middle
            pieces.append(self._taken(_left(_unchanged(middle))))
            pieces += self._rows(rows[len(rows) - after :])
        full = self._full
        for at, middle in folded.items():
            if len(middle) <= _MOST_FOLDED:
                pieces[at] = self._taken(_fold(middle)) or pieces[at]
        if self.changes < told.changes:
            pieces.append(_left(f"{told.changes - self.changes:,} more changes are not shown."))
        elif full and told.rows[-1].same:
            pieces.append(_left("There is no room for what comes after this."))
        return "".join(pieces)

    def _taken(self, html: str) -> str:
        """It, or nothing where there is no room for it."""
        weight = self._weigh(html)
        self._full = weight > self._room
        if self._full:
            return ""
        self._room -= weight
        return html

    def _rows(self, rows: list[Row]) -> list[str]:
        """As many of the first ones as there is room for."""
        return list(takewhile(bool, (self._taken(_row(row)) for row in rows)))

    def _change(self, rows: list[Row], of: int) -> str:
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


def _left(words: str) -> str:
    return f'<p class="left">{words}</p>'


def _more_lines(count: int) -> str:
    return _left(f"{count:,} more lines of this change are not shown.")


def _fold(rows: list[Row]) -> str:
    lines = "".join(map(_row, rows))
    return f'<details class="fold"><summary>{_unchanged(rows)}</summary>{lines}</details>'


def _unchanged(rows: list[Row]) -> str:
    return f"{len(rows):,} unchanged lines"


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
