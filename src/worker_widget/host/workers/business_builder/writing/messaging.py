"""``messaging.json``: the sentences to say it with, by channel and by audience, in the brand's tone."""

from __future__ import annotations

from typing import Any

from .. import library
from ..voice import Pen
from .draft import Draft, json_draft

OPTIONAL = ("channels", "messages", "value_propositions")
DEEP = ("concerns",)

_CONCERNS = (
    (
        "It will take too long to get used to.",
        "Begin with a single {unit} and stop whenever it does not help.",
    ),
    (
        "It may not suit the way we do things.",
        "Say how you do it today. If it does not fit, that is worth knowing early.",
    ),
    (
        "We have been promised this before.",
        "Nothing here rests on a promise. Each step can be looked at before the next.",
    ),
)


def compose(pen: Pen, left_out: frozenset[str] = frozenset()) -> Draft:
    material, tone = pen.material, pen.tone
    said: dict[str, Any] = {
        "name": material.name,
        "tone": pen.line("tone", material.tone, once=False),
        "one_line": pen.line("lead", *tone.lead),
        "pitch": pen.line("pitch", tone.pitch),
        "call_to_action": pen.line("hero.cta", material.kind.cta[material.tone], once=False),
    }
    if "value_propositions" not in left_out:
        said["value_propositions"] = [
            {"title": title, "body": body, "source": "proposal"}
            for index, blurb in enumerate(material.field.values)
            if (title := pen.line(f"values[{index}].title", blurb.title))
            and (body := pen.line(f"values[{index}].body", blurb.body))
        ]
    if "messages" not in left_out and material.audiences:
        texts = [library.audiences()[audience] for audience in material.audiences]
        said["messages"] = [
            {"audience": label, "message": message}
            for text in texts
            if (message := pen.line(f"message.{text.label}", text.message))
            and (label := pen.allowed(text.label))
        ]
    if "channels" not in left_out:
        said["channels"] = {
            "email_subject": pen.line("subject_line", tone.subject_line),
            "announcement": pen.line("announcement", tone.announcement),
            "social": pen.line("social", tone.social_line),
        }
    if "concerns" not in left_out:
        said["concerns"] = [
            {"concern": concern, "answer": answer}
            for index, (worry, reply) in enumerate(_CONCERNS)
            if (concern := pen.line(f"concern[{index}]", worry))
            and (answer := pen.line(f"answer[{index}]", reply))
        ]
    return json_draft("messaging", {key: value for key, value in said.items() if value})
