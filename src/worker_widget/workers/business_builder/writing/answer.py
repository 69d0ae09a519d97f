"""Composes ``answer.md``, the only artifact of a task that asks for no page."""

from __future__ import annotations

from ..language import typography
from .draft import Draft
from .markdown import Markdown
from .pen import Pen


def compose(pen: Pen) -> Draft:
    """``answer.md``: that the task asks for no page, and what to ask for instead."""
    page, words = Markdown(pen), pen.words.answer
    page.heading(1, words.title)
    task = pen.allowed(typography.clip(pen.facts.task, 300))
    page.paragraph(words.task.replace("{task}", task) if task else "")
    page.paragraph(pen.line("answer.why", words.why))
    page.heading(2, words.ask_heading)
    page.bullets([pen.line(f"answer.ask[{index}]", text) for index, text in enumerate(words.ask)])
    page.paragraph(pen.line("answer.example", words.example))
    return page.draft("answer")
