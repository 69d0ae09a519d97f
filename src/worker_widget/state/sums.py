"""Sums of figures that a worker may leave out. Pure."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from ..events.lenient_fields import number


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """A cost as the worker reports it. ``currency`` is a code such as USD."""

    amount: float
    currency: str | None = None


_N = TypeVar("_N", int, float)


def total(known: _N | None, more: _N | None) -> _N | None:
    """The sum of two figures of which either can be unknown."""
    if known is None or more is None:
        return more if known is None else known
    return known + more


def total_cost(known: Cost | None, more: dict[str, Any] | None) -> Cost | None:
    """The sum of costs in one currency; costs in another one are not added."""
    amount = None if more is None else number(more.get("amount"))
    if more is None or amount is None:
        return known
    currency = more.get("currency")
    added = Cost(amount=amount, currency=currency if isinstance(currency, str) else None)
    if known is None:
        return added
    return replace(known, amount=known.amount + added.amount) if known.currency == added.currency else known
