"""Few combinations in which every two values occur together: pairwise tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, product

Combination = dict[str, str]


def pairs(
    values: Mapping[str, Sequence[str]], possible: Callable[[Combination], bool] = lambda _: True
) -> Iterator[Combination]:
    """Combinations of a value for each name, until every two values of some possible one have occurred.

    The next is always one with the most new pairs, so that the result does not change from call to call.
    """
    names = list(values)
    every = [dict(zip(names, row, strict=True)) for row in product(*values.values())]
    left = [(row, _pairs(row)) for row in every if possible(row)]
    missing = {pair for _, has in left for pair in has}
    while missing:
        best, has = max(left, key=lambda item: len(missing & item[1]))
        missing -= has
        yield best


def _pairs(row: Combination) -> set[tuple[tuple[str, str], tuple[str, str]]]:
    return set(combinations(row.items(), 2))
