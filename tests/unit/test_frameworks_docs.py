"""The snippets of docs/frameworks.md run as they stand."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.watched_runs import WatchedRuns, recorded

for _name in ("langgraph", "pydantic_ai", "agents"):
    pytest.importorskip(_name)

_DOCS = Path(__file__).parents[2] / "docs" / "frameworks.md"
_SNIPPETS = re.findall(r"```python\n(.*?)```", _DOCS.read_text(), re.DOTALL)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[WatchedRuns]:
    with recorded(monkeypatch) as runs:
        yield runs


@pytest.mark.parametrize("snippet", _SNIPPETS, ids=range(len(_SNIPPETS)))
async def test_a_snippet_runs_as_it_stands(runs: WatchedRuns, snippet: str) -> None:
    code = compile(snippet, str(_DOCS), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, {"__name__": "snippet"})
    if inspect.isawaitable(result):
        await result
    assert all(runs.state(run).status == "completed" for run in runs.runs)
    assert len(runs.runs) == (0 if snippet is _SNIPPETS[0] else 1)
