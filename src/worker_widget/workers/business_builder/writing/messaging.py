"""Composes ``messaging.json``: sentences by channel and by audience, in the brand's tone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from .draft import Draft, json_draft
from .landing_copy import Approach
from .pen import Pen

OPTIONAL = ("channels", "messages", "value_propositions")
DEEP = ("concerns",)


ORDER: Final[Mapping[Approach, tuple[str, ...]]] = {
    "plain": ("name", "tone", "one_line", "stance", "value_propositions", "pitch"),
    "story": ("name", "tone", "pitch", "messages", "one_line", "value_propositions"),
}
"""The parts that come first."""


def compose(pen: Pen, left_out: frozenset[str] = frozenset()) -> Draft:
    facts, tone = pen.facts, pen.tone
    content: dict[str, Any] = {
        "name": facts.name,
        "tone": pen.line("tone", pen.words.tones[facts.tone], once=False),
        "one_line": pen.line("lead", *tone.lead) or pen.prefer("one_line", "{Offer}.", "{Name}."),
        "stance": pen.line("stance", facts.field.stance.get(facts.tone, "")),
        "pitch": pen.line("pitch", tone.pitch),
        "call_to_action": pen.line("hero.cta", facts.kind.cta[facts.tone], once=False),
    }
    if "value_propositions" not in left_out:
        content["value_propositions"] = [
            {"title": title, "body": body, "source": "proposal"}
            for index, blurb in enumerate(facts.field.values)
            if (title := pen.line(f"values[{index}].title", blurb.title))
            and (body := pen.line(f"values[{index}].body", blurb.body))
        ]
    if "messages" not in left_out and facts.audiences and facts.knows_trade:
        texts = facts.audience_texts
        content["messages"] = [
            {"audience": label, "message": message}
            for text in texts
            if (message := pen.line(f"message.{text.label}", text.message))
            and (label := pen.allowed(text.label))
        ]
    if "channels" not in left_out:
        channels = {
            "email_subject": pen.line("subject_line", tone.subject_line),
            "announcement": pen.line("announcement", tone.announcement),
            "social": pen.line("social", tone.social_line),
        }
        content["channels"] = {channel: text for channel, text in channels.items() if text}
    if "concerns" not in left_out and facts.knows_trade:
        content["concerns"] = [
            {"concern": concern, "answer": answer}
            for index, blurb in enumerate(pen.words.messaging.concerns)
            if (concern := pen.line(f"concern[{index}]", blurb.title))
            and (answer := pen.line(f"answer[{index}]", blurb.body))
        ]
    content = {key: content[key] for key in sorted(content, key=_rank(pen.approach))}
    return json_draft("messaging", {key: value for key, value in content.items() if value})


def _rank(approach: Approach) -> Callable[[str], int]:
    """The order of the parts: those that the approach starts with, then the others."""
    first = ORDER[approach]
    return lambda key: first.index(key) if key in first else len(first)
