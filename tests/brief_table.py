"""Writes ``docs/business-builder-briefs.md``: what the Business Builder understands of forty tasks.

    python -m tests.brief_table

`tests/unit/test_business_builder_facts.py` compares the file with a new one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tests.briefs_in_languages import TASKS_WITH_FACTS
from worker_widget import events
from worker_widget.events import Payload
from worker_widget.events.request_models import ValidatedRequest
from worker_widget.host.worker import RunResult
from worker_widget.workers.business_builder.language import detection
from worker_widget.workers.business_builder.page import page_reader
from worker_widget.workers.business_builder.worker import BusinessBuilder

from .bare_run import BareRun

FILE: Final = Path(__file__).parent.parent / "docs" / "business-builder-briefs.md"

_INTRODUCTION: Final = """# Forty briefs in eight languages

What the Business Builder understands of forty tasks without a brand and without a language model, which facts
are on the page, and what it warns of. `python -m tests.brief_table` writes this file; a test compares it.

| | language | task | understood | facts of the task on the page | sections | warnings |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class BriefRun:
    """A run of a task: its understanding, the texts of its page (none without a page), and its warnings."""

    understood: events.TaskUnderstood
    texts: tuple[str, ...]
    sections: tuple[str, ...]
    warnings: tuple[str, ...]
    result: RunResult

    def shows(self, fact: str) -> bool:
        return fact.casefold() in "\n".join(self.texts).casefold()


@cache
def brief_run(task: str) -> BriefRun:
    emitted: list[Payload] = []
    request = ValidatedRequest(task=task, options={"pace": 0})
    result = asyncio.run(BusinessBuilder().execute(request, BareRun(emitted.append)))
    html = result.artifacts.get("landing.html", "")
    found = page_reader.read(html) if html else None
    return BriefRun(
        understood=next(data for data in emitted if isinstance(data, events.TaskUnderstood)),
        texts=tuple(found.texts) if found else (),
        sections=tuple(name for name in found.ids if name in _SECTIONS) if found else (),
        warnings=tuple(data.code or "" for data in emitted if isinstance(data, events.RunWarning)),
        result=result,
    )


_SECTIONS: Final = ("details", "values", "steps", "problem", "audience", "mission", "faq")


def table() -> str:
    """The content of the file."""
    rows = []
    for number, (language, task, facts, _) in enumerate(TASKS_WITH_FACTS, 1):
        run = brief_run(task)
        shown = [fact for fact in facts if run.shows(fact)]
        missing = [fact for fact in facts if not run.shows(fact)]
        on_page = ", ".join(shown) + (f"; missing: {', '.join(missing)}" if missing else "")
        cells = (
            str(number),
            detection.NAMES[language],
            task,
            f"{run.understood.score:.2f}",
            on_page or ("none asked" if run.texts else "no page"),
            ", ".join(run.sections) or "-",
            ", ".join(run.warnings) or "-",
        )
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return _INTRODUCTION + "\n".join(rows) + "\n"


if __name__ == "__main__":
    FILE.write_text(table(), encoding="utf-8")
