"""Aligns two texts line by line and marks the words that differ.

**Method.** Both texts are split into lines. A line of more than 400 characters, as in minified pages, is
split further after ``>``, ``;``, ``}`` and sentence ends. `common_subsequence.matches` finds the lines in
common: equal beginnings and ends, lines that are unique on both sides, and a longest common subsequence
between those. Within a range that differs, lines are paired so that the sum of their word similarities is
the highest. Paired lines are compared word by word in the same way. Lines with a word similarity below 1/3
are not paired: one is removed, the other added.

**Limits.** The first 4,000,000 characters and 200,000 lines of each text are compared. The number of
comparison steps is limited (a few seconds at most); what is not compared by then counts as changed, and
`Alignment.note` says so. Every difference is found, except in line endings, which only `Alignment.note`
reports. A range that is marked as changed can be larger than necessary.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from .common_subsequence import Match, StepBudget, matches

MOST_CHARS: Final = 4_000_000
"""The number of characters of each text that are compared."""

MOST_LINES: Final = 200_000
"""The number of lines of each text that are compared; each piece of a long line counts as a line."""

_STEPS: Final = 6_000_000
_PAIR_CELLS: Final = 2_500
_PAIR_STEPS: Final = 300_000
_PAIR_COST: Final = 200
_LEAST_SIMILARITY: Final = 1 / 3
_LONG_LINE: Final = 400
_PIECE: Final = re.compile(r"[^>;}.!?]*+[>;}.!?]++\s*+|[^>;}.!?]++")
_TOKEN: Final = re.compile(r"\w+|\s+|[^\w\s]")
_WORD: Final = re.compile(r"\w")
_WORDS: Final = re.compile(r"\w+")

_Parts = tuple[tuple[str, bool], ...]


class DiffLine(NamedTuple):
    """A line of one text, or a piece of a long line.

    ``number`` counts lines from 1; it is ``None`` for every piece of a long line but the first.
    ``parts`` is the text of the line in order, as pairs of text and whether it changed.
    """

    number: int | None
    parts: tuple[tuple[str, bool], ...]


class DiffRow(NamedTuple):
    """Two lines shown side by side; ``None`` where one text has no line in this row."""

    a: DiffLine | None
    b: DiffLine | None
    same: bool


class Alignment(NamedTuple):
    """Two texts in aligned rows, with word counts.

    ``same`` says whether the compared parts of both texts are equal. ``changes`` counts the ranges of
    consecutive rows that differ. ``similarity``, 0 to 1, is twice the number of words in common over the
    number of words of both texts. ``note`` describes the limits that applied, ``None`` if none did.
    """

    rows: list[DiffRow]
    same: bool
    changes: int
    words_added: int
    words_removed: int
    words_changed: int
    similarity: float
    note: str | None


def align(a: str, b: str) -> Alignment:
    """Align ``b`` with ``a``. The module docstring describes the method and its limits."""
    budget = StepBudget(_STEPS)
    words = _WordCounts()
    first_a, first_b = a[:MOST_CHARS], b[:MOST_CHARS]
    lines_a, lines_b = _lines(first_a), _lines(first_b)
    too_many_lines = max(len(lines_a.texts), len(lines_b.texts)) > MOST_LINES
    rows = list(_rows(lines_a.first(MOST_LINES), lines_b.first(MOST_LINES), words, budget))
    same = first_a == first_b
    notes = []
    if max(len(a), len(b)) > MOST_CHARS:
        notes.append(f"Only the first {MOST_CHARS:,} characters are compared.")
    if too_many_lines:
        notes.append(f"Only the first {MOST_LINES:,} lines are compared.")
    if not same and not too_many_lines and all(row.same for row in rows):
        notes.append("Only the line endings differ.")
    if budget.exceeded:
        notes.append("The texts differ too much for an exact comparison: parts of it are approximate.")
    return Alignment(
        rows=rows,
        same=same,
        changes=sum(not row.same and (at == 0 or rows[at - 1].same) for at, row in enumerate(rows)),
        words_added=words.added,
        words_removed=words.removed,
        words_changed=words.changed,
        similarity=words.similarity,
        note=" ".join(notes) or None,
    )


class _WordCounts:
    """Counts words while the rows are built."""

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

    def add_replaced(self, a: Sequence[str], b: Sequence[str]) -> None:
        removed, added = _word_count(a), _word_count(b)
        changed = min(removed, added)
        self.changed += changed
        self.removed += removed - changed
        self.added += added - changed


class _Lines(NamedTuple):
    texts: list[str]
    numbers: list[int | None]

    def first(self, count: int) -> _Lines:
        return _Lines(self.texts[:count], self.numbers[:count])


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


def _rows(a: _Lines, b: _Lines, words: _WordCounts, budget: StepBudget) -> Iterator[DiffRow]:
    i = j = 0
    for match in [*matches(a.texts, b.texts, budget), Match(len(a.texts), len(b.texts), 0)]:
        yield from _changed_rows(a, b, range(i, match.i), range(j, match.j), words, budget)
        for n in range(match.n):
            x, y = match.i + n, match.j + n
            text = a.texts[x]
            words.common += _word_count([text])
            parts = ((text, False),)
            yield DiffRow(DiffLine(a.numbers[x], parts), DiffLine(b.numbers[y], parts), True)
        i, j = match.i + match.n, match.j + match.n


def _changed_rows(
    a: _Lines, b: _Lines, of_a: range, of_b: range, words: _WordCounts, budget: StepBudget
) -> Iterator[DiffRow]:
    """The rows of a range that differs, in order: removed lines, added lines, and pairs."""
    tokens_a = [_TOKEN.findall(a.texts[x]) for x in of_a]
    tokens_b = [_TOKEN.findall(b.texts[y]) for y in of_b]
    x = y = 0
    for pair_x, pair_y in [*_pairs(tokens_a, tokens_b, budget), (len(of_a), len(of_b))]:
        # Lines without a pair share rows too, marked as removed and added as a whole.
        for left_at, right_at in zip_longest(range(x, pair_x), range(y, pair_y)):
            left = right = None
            if left_at is not None:
                words.add_replaced(tokens_a[left_at], ())
                left = DiffLine(a.numbers[of_a[left_at]], ((a.texts[of_a[left_at]], True),))
            if right_at is not None:
                words.add_replaced((), tokens_b[right_at])
                right = DiffLine(b.numbers[of_b[right_at]], ((b.texts[of_b[right_at]], True),))
            yield DiffRow(left, right, False)
        if pair_x < len(of_a) and pair_y < len(of_b):
            parts_a, parts_b = _compared(tokens_a[pair_x], tokens_b[pair_y], words, budget)
            yield DiffRow(
                DiffLine(a.numbers[of_a[pair_x]], parts_a), DiffLine(b.numbers[of_b[pair_y]], parts_b), False
            )
        x, y = pair_x + 1, pair_y + 1


def _pairs(a: list[list[str]], b: list[list[str]], budget: StepBudget) -> list[tuple[int, int]]:
    """The lines to show in the same row, in order: the most similar pairs, if the budget allows it."""
    if not a or not b:
        return []
    work = len(b) * sum(map(len, a)) + len(a) * sum(map(len, b))
    if len(a) * len(b) > _PAIR_CELLS or work > _PAIR_STEPS or not budget.take(work):
        # Too much work: pair lines at the same index only.
        both = range(min(len(a), len(b)))
        return [
            (n, n) for n in both if budget.take(_PAIR_COST) and _similarity(_word_bag(a[n]), _word_bag(b[n]))
        ]
    bags_a = [_word_bag(tokens) for tokens in a]
    bags_b = [_word_bag(tokens) for tokens in b]
    similarities = [[_similarity(bag_a, bag_b) for bag_b in bags_b] for bag_a in bags_a]
    best = [[0.0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for x in range(len(a) - 1, -1, -1):
        for y in range(len(b) - 1, -1, -1):
            best[x][y] = max(best[x + 1][y], best[x][y + 1], best[x + 1][y + 1] + similarities[x][y])
    chosen: list[tuple[int, int]] = []
    x = y = 0
    while x < len(a) and y < len(b):
        if similarities[x][y] and best[x][y] == best[x + 1][y + 1] + similarities[x][y]:
            chosen.append((x, y))
            x, y = x + 1, y + 1
        elif best[x][y] == best[x + 1][y]:
            x += 1
        else:
            y += 1
    return chosen


def _word_bag(tokens: list[str]) -> Counter[str]:
    return Counter(filter(_WORD.match, tokens))


def _similarity(a: Counter[str], b: Counter[str]) -> float:
    """The share of words in common; 0 if it is too low for a pair, 1 if neither line has a word."""
    total = a.total() + b.total()
    similarity = 2 * (a & b).total() / total if total else 1.0
    return similarity if similarity >= _LEAST_SIMILARITY else 0.0


def _compared(a: list[str], b: list[str], words: _WordCounts, budget: StepBudget) -> tuple[_Parts, _Parts]:
    """The parts of two paired lines. White space between two changes is marked as changed too."""
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    i = j = 0
    for match in [*matches(a, b, budget), Match(len(a), len(b), 0)]:
        removed, added = a[i : match.i], b[j : match.j]
        words.add_replaced(removed, added)
        if removed:
            _append(left, "".join(removed), True)
        if added:
            _append(right, "".join(added), True)
        common = a[match.i : match.i + match.n]
        words.common += _word_count(common)
        i, j = match.i + match.n, match.j + match.n
        text = "".join(common)
        if text:
            inner = text.isspace() and match.i > 0 and i < len(a) and match.j > 0 and j < len(b)
            _append(left, text, inner and bool(left) and left[-1][1])
            _append(right, text, inner and bool(right) and right[-1][1])
    return tuple(left), tuple(right)


def _append(parts: list[tuple[str, bool]], text: str, changed: bool) -> None:
    if parts and parts[-1][1] == changed:
        parts[-1] = (parts[-1][0] + text, changed)
    else:
        parts.append((text, changed))


def _word_count(texts: Sequence[str]) -> int:
    return sum(len(_WORDS.findall(text)) for text in texts)
