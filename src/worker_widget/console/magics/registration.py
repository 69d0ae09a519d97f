"""Adds the magics, and the completion of their arguments, to a shell of IPython."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Final

from ...runs.sql.magic import worker_sql
from .completion import completions
from .worker import worker
from .worker_open import worker_open
from .worker_runs import worker_runs

_MAGICS: Final = {
    "worker": (worker, "line_cell"),
    "worker_open": (worker_open, "line"),
    "worker_runs": (worker_runs, "line"),
    "worker_sql": (worker_sql, "line_cell"),
}

_MATCHER: Final = "worker_widget"
_COMPLETED: Final = ("%%worker", "%worker", "%worker_open", "%worker_runs")


def add_magics(shell: Any) -> None:
    """Adds every magic of the package to a shell."""
    for name, (function, kind) in _MAGICS.items():
        shell.register_magic_function(_bound(function, shell), magic_kind=kind, magic_name=name)
    matchers = getattr(getattr(shell, "Completer", None), "custom_matchers", None)
    if isinstance(matchers, list):
        others = [known for known in matchers if getattr(known, "matcher_identifier", "") != _MATCHER]
        matchers[:] = [_matcher(shell), *others]
    else:  # IPython before 8.6
        for command in _COMPLETED:
            shell.set_hook("complete_command", partial(_complete, shell), str_key=command)


def _matcher(shell: Any) -> Callable[[Any], Any]:
    """Completes the lines of the magics. Other matchers of IPython would add names of Python to them."""

    def matches(context: Any) -> Any:
        from IPython.core.completer import SimpleCompletion

        text = context.text_until_cursor
        words = text.split(None, 1)
        if not words or words[0] not in _COMPLETED or text == words[0]:
            return {"completions": [], "suppress": False}
        found = _found(shell, text, context.token)
        return {"completions": [SimpleCompletion(word) for word in found], "suppress": True, "ordered": True}

    matches.__dict__.update(matcher_api_version=2, matcher_identifier=_MATCHER)
    return matches


def _bound(function: Any, shell: Any) -> Any:
    @wraps(function)
    def magic(line: str, cell: str | None = None) -> Any:
        return function(shell, line) if cell is None else function(shell, line, cell)

    return magic


def _complete(shell: Any, owner: Any, event: Any) -> list[str]:
    """IPython's hook: the words that can stand at the cursor."""
    return _found(shell, event.text_until_cursor, event.symbol)


def _found(shell: Any, text: str, symbol: str) -> list[str]:
    try:
        found = completions(shell.user_ns, text, symbol)
    except Exception:  # there is no place to show it
        return []
    return [word for word in found if word.startswith(symbol)]
