"""One measured figure."""

from __future__ import annotations

from typing import TypedDict


class Figure(TypedDict):
    """``beside`` says in words what the value stands beside, with the ratio."""

    name: str
    value: float
    unit: str
    beside: str


def figure(name: str, value: float, unit: str, beside: str = "") -> Figure:
    return Figure(name=name, value=round(value, 4), unit=unit, beside=beside)
