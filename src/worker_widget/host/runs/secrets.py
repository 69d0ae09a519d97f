"""The secrets of a run: checked against what its worker declares, and kept out of texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ...events.answers import WorkerSecret
from ...events.secret_values import without_secrets
from .refusals import SecretsRefused

ANY: Final = "*"


class Secrets(Mapping[str, str]):
    """The secrets of one run, by name. Its repr has the names only."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self._values)})"

    def hidden_in(self, text: str) -> str:
        """``text`` without the values."""
        return without_secrets(text, self._values.values())


def checked_secrets(declared: Sequence[WorkerSecret], given: Mapping[str, str]) -> Secrets:
    """The secrets of a run. Raises `SecretsRefused` for undeclared and for missing ones."""
    names = {secret.name for secret in declared}
    problems = [
        _problem("unknown_secret", name, f"is not a secret of this worker; it takes {_names(declared)}")
        for name in given
        if name not in names and ANY not in names
    ]
    problems += [
        _problem(
            "missing_secret",
            secret.name,
            "is required and never stored: send it with every run, also to run again",
        )
        for secret in declared
        if secret.required and not given.get(secret.name)
    ]
    if problems:
        raise SecretsRefused(problems)
    return Secrets(given)


def _problem(kind: str, name: str, message: str) -> dict[str, object]:
    return {"type": kind, "loc": ["body", "secrets", name], "msg": message, "input": None}


def _names(declared: Sequence[WorkerSecret]) -> str:
    return ", ".join(secret.name for secret in declared) or "none"
