"""Finds the common subsequences of two sequences in bounded time."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

_Item = TypeVar("_Item", str, tuple[str, ...])

_MOST_CELLS: Final = 250_000
_WIDTHS: Final = (5, 15)
_PART: Final = 100


class Match(NamedTuple):
    """A common range: ``a[i:i + n] == b[j:j + n]``."""

    i: int
    j: int
    n: int


class StepBudget:
    """Comparison steps that are left, one per pair of items; ``exceeded`` says whether they ran out."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.exceeded = False

    def take(self, steps: int) -> bool:
        """Take ``steps`` and return true if that many are left; otherwise take none and set ``exceeded``."""
        if steps > self.left:
            self.exceeded = True
            return False
        self.left -= steps
        return True


def matches(a: Sequence[str], b: Sequence[str], budget: StepBudget) -> list[Match]:
    """The ranges that ``a`` and ``b`` have in common, in order.

    Equal beginnings and ends are removed first. The rest is split recursively at the items that occur
    exactly once in each sequence (Bram Cohen's patience diff). A part without such items is solved by a
    longest common subsequence if it has at most 250,000 pairs. A larger part is split at runs of 5 or 15
    items that occur once in each sequence, and without such runs into parts of about 100 items: that can
    miss matches, and sets ``budget.exceeded``. What the budget does not cover counts as different. The run
    time is bounded by the lengths and the budget.
    """
    found: list[Match] = []
    pending = [(0, len(a), 0, len(b))]
    while pending:
        i, i_end, j, j_end = pending.pop()
        n = _common(a, b, i, j, 1, min(i_end - i, j_end - j))
        if n:
            found.append(Match(i, j, n))
            i, j = i + n, j + n
        n = _common(a, b, i_end - 1, j_end - 1, -1, min(i_end - i, j_end - j))
        if n:
            i_end, j_end = i_end - n, j_end - n
            found.append(Match(i_end, j_end, n))
        if i == i_end or j == j_end or not budget.take(i_end - i + j_end - j):
            continue
        anchors = _anchors(a, b, i, i_end, j, j_end)
        cells = (i_end - i) * (j_end - j)
        if not anchors and cells <= _MOST_CELLS and budget.take(cells):
            found += (Match(i + x, j + y, 1) for x, y in _subsequence(a[i:i_end], b[j:j_end]))
            continue
        for width in _WIDTHS:
            if not anchors and budget.take(width * (i_end - i + j_end - j)):
                runs_a, runs_b = _runs(a[i:i_end], width), _runs(b[j:j_end], width)
                anchors = _anchors(runs_a, runs_b, 0, len(runs_a), 0, len(runs_b))
                anchors = [(i + x, j + y) for x, y in anchors]
        if not anchors and not set(a[i:i_end]).isdisjoint(b[j:j_end]):
            budget.exceeded = True
            anchors = _cuts(i, i_end, j, j_end)
        if not anchors:
            continue
        for x, y in [*anchors, (i_end, j_end)]:
            # The anchor is the first item of the next part, and matches there as an equal beginning.
            pending.append((i, x, j, y))
            i, j = x, y
    return _joined(sorted(found))


def _common(a: Sequence[str], b: Sequence[str], i: int, j: int, step: int, most: int) -> int:
    """The number of equal items from ``i`` and ``j`` on, forwards (``step`` 1) or backwards (-1)."""
    n = 0
    while n < most and a[i + step * n] == b[j + step * n]:
        n += 1
    return n


def _runs(items: Sequence[str], width: int) -> list[tuple[str, ...]]:
    """All runs of ``width`` consecutive items."""
    return list(zip(*(items[at:] for at in range(width)), strict=False))


def _cuts(i: int, i_end: int, j: int, j_end: int) -> list[tuple[int, int]]:
    """Positions that split both ranges into the same number of parts."""
    n, m = i_end - i, j_end - j
    parts = min(n, m, max(n, m) // _PART)
    return [(i + n * part // parts, j + m * part // parts) for part in range(1, parts)]


def _anchors(
    a: Sequence[_Item], b: Sequence[_Item], i: int, i_end: int, j: int, j_end: int
) -> list[tuple[int, int]]:
    """Positions of the longest sequence of items that occur once, and in the same order, on both sides."""
    once_a = _once(a, i, i_end)
    once_b = _once(b, j, j_end)
    pairs = [(x, once_b[item]) for item, x in once_a.items() if item in once_b]
    # Longest increasing subsequence by patience sorting.
    tops: list[int] = []
    piles: list[int] = []
    before: list[int | None] = []
    for number, (_, y) in enumerate(pairs):
        pile = bisect_left(tops, y)
        before.append(piles[pile - 1] if pile else None)
        if pile == len(piles):
            tops.append(y)
            piles.append(number)
        else:
            tops[pile], piles[pile] = y, number
    chain: list[tuple[int, int]] = []
    at = piles[-1] if piles else None
    while at is not None:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]


def _once(items: Sequence[_Item], start: int, end: int) -> dict[_Item, int]:
    """The items that occur once in ``items[start:end]``, in order, with their positions."""
    counted = Counter(items[start:end])
    return {items[at]: at for at in range(start, end) if counted[items[at]] == 1}


def _subsequence(a: Sequence[str], b: Sequence[str]) -> Iterator[tuple[int, int]]:
    """A longest common subsequence, as pairs of positions."""
    rows = [[0] * (len(b) + 1)]
    for item in reversed(a):
        below, row = rows[-1], [0]
        for y in range(len(b) - 1, -1, -1):
            up, left = below[y], row[-1]
            row.append(below[y + 1] + 1 if item == b[y] else (up if up >= left else left))
        row.reverse()
        rows.append(row)
    rows.reverse()
    x = y = 0
    while x < len(a) and y < len(b):
        if a[x] == b[y]:
            yield x, y
            x, y = x + 1, y + 1
        elif rows[x + 1][y] >= rows[x][y + 1]:
            x += 1
        else:
            y += 1


def _joined(found: list[Match]) -> list[Match]:
    """The matches with adjacent matches merged."""
    joined: list[Match] = []
    for match in found:
        if joined and (joined[-1].i + joined[-1].n, joined[-1].j + joined[-1].n) == (match.i, match.j):
            joined[-1] = joined[-1]._replace(n=joined[-1].n + match.n)
        else:
            joined.append(match)
    return joined
