"""The Business Builder: a deterministic worker by rules and texts of its own."""

from __future__ import annotations

from .worker import BusinessBuilder

__all__ = ["BusinessBuilder"]
