"""Two texts beside each other: lines aligned, and what changed in them marked word by word.

**Method.** Both texts are cut into lines (and lines of more than 400 characters, as minified pages
have, into pieces behind ``>``, ``;``, ``}`` and sentence ends). Lines are matched by `matching.matches`:
common ends, lines that are unique on both sides, and a longest common subsequence between those. Within
a stretch that differs, lines are paired so that the shares of words they have in common add up to the
most, and paired lines are compared word by word in the same way; lines that share less than a third
of their words are no pair, but one removed and one added.

**Limits.** Of each text the first 4,000,000 characters and 200,000 lines are compared. Comparing stops
at a number of steps (a few seconds at most); what is left then counts as changed as a whole, and
`Difference.note` says so. No difference is missed but that of line ends, which is only noted; it may be
told more coarsely than it could be.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from .matching import Budget, Match, matches

MOST_CHARS: Final = 4_000_000
"""How much of each text is compared."""

MOST_LINES: Final = 200_000
"""How many lines of each text are compared, counting the pieces of long ones."""

_STEPS: Final = 6_000_000
_PAIR_CELLS: Final = 2_500
_PAIR_STEPS: Final = 300_000
_PAIR_COST: Final = 200
_ALIKE: Final = 1 / 3
_LONG_LINE: Final = 400
_PIECE: Final = re.compile(r"[^>;}.!?]*+[>;}.!?]++\s*+|[^>;}.!?]++")
_PART: Final = re.compile(r"\w+|\s+|[^\w\s]")
_WORD: Final = re.compile(r"\w")


class Line(NamedTuple):
    """A line of one text, or a piece of a long one. ``number`` counts lines from 1; a further piece has
    none. ``parts`` are what it consists of, each with whether it changed."""

    number: int | None
    parts: tuple[tuple[str, bool], ...]


class Row(NamedTuple):
    """What stands side by side; ``None`` where one side has nothing."""

    a: Line | None
    b: Line | None
    same: bool


class Difference:
    """How text ``b`` differs from text ``a``; made by `difference`.

    A change is a stretch of rows that differ. A word is a run of letters, digits and underscores; one
    that stands in the place of another is changed, else it is added or removed. Shown by Jupyter it is
    the side by side view of the console, in a sandboxed frame.
    """

    def __init__(
        self, rows: list[Row], figures: _Figures, *, same: bool, title_a: str, title_b: str, note: str | None
    ) -> None:
        self.rows = rows
        self.same = same
        """Whether both texts are the same, as far as they were compared."""
        self.title_a = title_a
        self.title_b = title_b
        self.note = note
        """What a reader should know of how it was compared, or ``None``."""
        self.words_added = figures.added
        self.words_removed = figures.removed
        self.words_changed = figures.changed
        self.similarity = figures.similarity
        """Twice the words in common over all words of both, 0 to 1."""
        self.changes = sum(not row.same and (at == 0 or rows[at - 1].same) for at, row in enumerate(rows))
        """How many changes there are."""

    def __repr__(self) -> str:
        return (
            f"Difference({self.title_a!r}, {self.title_b!r}, changes={self.changes}, "
            f"words_added={self.words_added}, words_removed={self.words_removed}, "
            f"words_changed={self.words_changed})"
        )

    def html(self, *, dark: bool | None = None) -> str:
        """It as one self-contained document; ``dark`` is the theme, ``None`` for the reader's own."""
        from .side_by_side import MOST_SHOWN_CHARS, side_by_side

        return side_by_side(self, dark, most=MOST_SHOWN_CHARS).html

    def _repr_html_(self) -> str:
        from ..sandbox import MOST_EMBEDDED_CHARS, framed_as_host, weight
        from .side_by_side import side_by_side

        height = min(480, 110 + 22 * len(self.rows) + 40 * self.changes)
        shown = side_by_side(self, None, most=MOST_EMBEDDED_CHARS, weigh=weight)
        frame = framed_as_host(shown.html, title=f"{self.title_a} and {self.title_b}", height=height)
        if shown.changes == self.changes:
            return frame
        return (
            f"{frame}<p>{shown.changes:,} of {self.changes:,} changes are shown: a notebook keeps no more "
            f"than {MOST_EMBEDDED_CHARS:,} characters of them. <code>html()</code> gives more.</p>"
        )


class _Figures:
    """Counts words as the rows are made."""

    def __init__(self) -> None:
        self.added = 0
        self.removed = 0
        self.changed = 0
        self.common = 0

    @property
    def similarity(self) -> float:
        of_a = self.common + self.changed + self.removed
        of_b = self.common + self.changed + self.added
        return 2 * self.common / (of_a + of_b) if of_a + of_b else 1.0

    def replaced(self, a: Sequence[str], b: Sequence[str]) -> None:
        removed, added = _words(a), _words(b)
        changed = min(removed, added)
        self.changed += changed
        self.removed += removed - changed
        self.added += added - changed


def difference(a: str, b: str, *, title_a: str = "before", title_b: str = "after") -> Difference:
    """How ``b`` differs from ``a``; the titles are what to call them. See the module for the method."""
    budget = Budget(_STEPS)
    figures = _Figures()
    first_a, first_b = a[:MOST_CHARS], b[:MOST_CHARS]
    lines_a, lines_b = _lines(first_a), _lines(first_b)
    long = max(len(lines_a.texts), len(lines_b.texts)) > MOST_LINES
    rows = list(_rows(lines_a.first(MOST_LINES), lines_b.first(MOST_LINES), figures, budget))
    same = first_a == first_b
    notes = []
    if max(len(a), len(b)) > MOST_CHARS:
        notes.append(f"Only the first {MOST_CHARS:,} characters are compared.")
    if long:
        notes.append(f"Only the first {MOST_LINES:,} lines are compared.")
    if not same and not long and all(row.same for row in rows):
        notes.append("They differ in nothing but how lines end.")
    if budget.exceeded:
        notes.append("They differ so much that parts are only compared roughly.")
    note = " ".join(notes) or None
    return Difference(rows, figures, same=same, title_a=title_a, title_b=title_b, note=note)


class _Lines(NamedTuple):
    texts: list[str]
    numbers: list[int | None]

    def first(self, most: int) -> _Lines:
        return _Lines(self.texts[:most], self.numbers[:most])


def _lines(text: str) -> _Lines:
    texts: list[str] = []
    numbers: list[int | None] = []
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    for number, line in enumerate(lines, start=1):
        pieces = [line] if len(line) <= _LONG_LINE else _PIECE.findall(line)
        texts += pieces
        numbers += [number, *[None] * (len(pieces) - 1)]
    return _Lines(texts, numbers)


def _rows(a: _Lines, b: _Lines, figures: _Figures, budget: Budget) -> Iterator[Row]:
    i = j = 0
    for match in [*matches(a.texts, b.texts, budget), Match(len(a.texts), len(b.texts), 0)]:
        yield from _changed(a, b, range(i, match.i), range(j, match.j), figures, budget)
        for n in range(match.n):
            x, y = match.i + n, match.j + n
            text = a.texts[x]
            figures.common += _words([text])
            parts = ((text, False),)
            yield Row(Line(a.numbers[x], parts), Line(b.numbers[y], parts), True)
        i, j = match.i + match.n, match.j + match.n


def _changed(
    a: _Lines, b: _Lines, of_a: range, of_b: range, figures: _Figures, budget: Budget
) -> Iterator[Row]:
    """The rows of a stretch that differs: removed lines, added lines, and pairs, in order."""
    parts_a = [_PART.findall(a.texts[x]) for x in of_a]
    parts_b = [_PART.findall(b.texts[y]) for y in of_b]
    x = y = 0
    for pair_x, pair_y in [*_pairs(parts_a, parts_b, budget), (len(of_a), len(of_b))]:
        # Those without a pair stand side by side too, but as wholly removed and wholly added.
        for left_at, right_at in zip_longest(range(x, pair_x), range(y, pair_y)):
            left = right = None
            if left_at is not None:
                figures.replaced(parts_a[left_at], ())
                left = Line(a.numbers[of_a[left_at]], ((a.texts[of_a[left_at]], True),))
            if right_at is not None:
                figures.replaced((), parts_b[right_at])
                right = Line(b.numbers[of_b[right_at]], ((b.texts[of_b[right_at]], True),))
            yield Row(left, right, False)
        if pair_x < len(of_a) and pair_y < len(of_b):
            was, now = _compared(parts_a[pair_x], parts_b[pair_y], figures, budget)
            yield Row(Line(a.numbers[of_a[pair_x]], was), Line(b.numbers[of_b[pair_y]], now), False)
        x, y = pair_x + 1, pair_y + 1


def _pairs(a: list[list[str]], b: list[list[str]], budget: Budget) -> list[tuple[int, int]]:
    """Which lines stand beside each other, in order: those most alike, as far as that can be afforded."""
    if not a or not b:
        return []
    work = len(b) * sum(map(len, a)) + len(a) * sum(map(len, b))
    if len(a) * len(b) > _PAIR_CELLS or work > _PAIR_STEPS or not budget.take(work):
        # In their order, then.
        both = range(min(len(a), len(b)))
        return [(n, n) for n in both if budget.take(_PAIR_COST) and _alike(a[n], b[n])]
    bags_a = [Counter(filter(_WORD.match, parts)) for parts in a]
    bags_b = [Counter(filter(_WORD.match, parts)) for parts in b]
    shares = [[_share(bag_a, bag_b) for bag_b in bags_b] for bag_a in bags_a]
    best = [[0.0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for x in range(len(a) - 1, -1, -1):
        for y in range(len(b) - 1, -1, -1):
            best[x][y] = max(best[x + 1][y], best[x][y + 1], best[x + 1][y + 1] + shares[x][y])
    chosen: list[tuple[int, int]] = []
    x = y = 0
    while x < len(a) and y < len(b):
        if shares[x][y] and best[x][y] == best[x + 1][y + 1] + shares[x][y]:
            chosen.append((x, y))
            x, y = x + 1, y + 1
        elif best[x][y] == best[x + 1][y]:
            x += 1
        else:
            y += 1
    return chosen


def _alike(a: list[str], b: list[str]) -> float:
    return _share(Counter(filter(_WORD.match, a)), Counter(filter(_WORD.match, b)))


def _share(a: Counter[str], b: Counter[str]) -> float:
    """The share of words in common, 0 where it is too small for a pair. Lines without words are alike."""
    total = a.total() + b.total()
    share = 2 * (a & b).total() / total if total else 1.0
    return share if share >= _ALIKE else 0.0


def _compared(
    a: list[str], b: list[str], figures: _Figures, budget: Budget
) -> tuple[tuple[tuple[str, bool], ...], tuple[tuple[str, bool], ...]]:
    """Two lines with what changed between them; white space between two changes belongs to them."""
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    i = j = 0
    for match in [*matches(a, b, budget), Match(len(a), len(b), 0)]:
        removed, added = a[i : match.i], b[j : match.j]
        figures.replaced(removed, added)
        if removed:
            _add(left, "".join(removed), True)
        if added:
            _add(right, "".join(added), True)
        common = a[match.i : match.i + match.n]
        figures.common += _words(common)
        i, j = match.i + match.n, match.j + match.n
        text = "".join(common)
        if text:
            within = text.isspace() and match.i > 0 and i < len(a) and match.j > 0 and j < len(b)
            _add(left, text, within and bool(left) and left[-1][1])
            _add(right, text, within and bool(right) and right[-1][1])
    return tuple(left), tuple(right)


def _add(parts: list[tuple[str, bool]], text: str, changed: bool) -> None:
    if parts and parts[-1][1] == changed:
        parts[-1] = (parts[-1][0] + text, changed)
    else:
        parts.append((text, changed))


def _words(parts: Sequence[str]) -> int:
    return sum(len(_RUNS.findall(part)) for part in parts)


_RUNS: Final = re.compile(r"\w+")
