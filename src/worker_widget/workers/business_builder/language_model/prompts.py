"""The prompts in ``content/prompts/``: one file for each artifact that a model words, and one for all of
them.

An artifact's file has the instruction, the form of the answer, and the passages to word (as patterns such as
``values.items[].body``) with their greatest lengths in characters. ``reads`` names artifacts that are part of
the prompt. ``stated`` are texts about how the artifact was made, by language, which differ where a model
worded it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from ..content import library
from ..language import typography
from ..writing.writer import WritingRequest

Message = dict[str, str]
"""``role`` and ``content``."""

_FOLDER: Final = files(library.__package__) / "prompts"
_MOST_FACTS: Final = 60
_LONGEST_FACT: Final = 600
_LONGEST_TASK: Final = 2_000
_LONGEST_EARLIER: Final = 3_000
_MOST_WORDINGS: Final = 60
_LONGEST_FEEDBACK: Final = 400

_FORMS: Final = {
    "json": (
        "Answer with one JSON object and nothing else. Its keys are the numbers as strings, all of them and"
        ' in this order; its values are the new texts: {"1": "...", "2": "..."}'
    ),
    "prose": (
        "Answer with the new texts alone, each one paragraph, in this order, with one empty line between"
        " them; no numbers, no headings."
    ),
}


class Prompt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An artifact's file. ``passages`` maps patterns to lengths; prose has one pattern, ``paragraph``."""

    form: Literal["json", "prose"]
    ask: str
    passages: dict[str, int]
    reads: tuple[str, ...] = ()
    stated: dict[str, dict[str, str]] = {}


@dataclass(frozen=True)
class Passage:
    """A text to word: its label, such as ``hero.headline``, its greatest length in characters, and the rule
    engine's wording."""

    label: str
    longest: int
    text: str


@cache
def prompt(artifact: str) -> Prompt | None:
    """The prompt for an artifact; ``None`` for an artifact that no model words."""
    path = _FOLDER / f"{artifact}.toml"
    return msgspec.toml.decode(path.read_bytes(), type=Prompt) if path.is_file() else None


def messages(
    prompt: Prompt, passages: Sequence[Passage], request: WritingRequest, earlier: Mapping[str, str]
) -> tuple[Message, ...]:
    """The messages of a request. ``earlier`` are the artifacts so far, by file name."""
    return (
        {"role": "system", "content": _system(request)},
        {"role": "user", "content": _user(prompt, passages, request, earlier)},
    )


@cache
def _common() -> str:
    return (_FOLDER / "system.txt").read_text("utf-8")


def _system(request: WritingRequest) -> str:
    facts = [f"{location}: {text[:_LONGEST_FACT]}" for location, text in request.facts.items()]
    wordings = dict.fromkeys(rule.pattern for rule in request.rules if rule.find is not None)
    text = _common().format(
        name=request.name,
        language=request.language.name,
        tone=request.tone,
        readers=", ".join(request.readers) or "whoever the task names",
        approach=request.aspiration,
        task=_quoted(typography.clip(request.task, _LONGEST_TASK)),
        facts=_quoted("\n".join(facts[:_MOST_FACTS])),
        wordings="; ".join(list(wordings)[:_MOST_WORDINGS]),
    )
    return text + (_PLAIN_WORDS if request.plain_words else "")


_PLAIN_WORDS: Final = "Use plain words: no slang, no jargon, no exclamation marks.\n"


def _user(
    prompt: Prompt, passages: Sequence[Passage], request: WritingRequest, earlier: Mapping[str, str]
) -> str:
    shown = [name for name in prompt.reads if name in earlier]
    parts = [
        prompt.ask.strip(),
        *(f"<{name}>\n{_quoted(earlier[name][:_LONGEST_EARLIER])}\n</{name}>" for name in shown),
    ]
    listed = "\n".join(
        f"{number} | {passage.label} | at most {passage.longest} characters | {_quoted(passage.text)}"
        for number, passage in enumerate(passages, 1)
    )
    parts.append(f"The texts: number, place, length, and how it reads now.\n{listed}")
    if request.feedback:
        parts.append(
            f"The answer before this one was not used: {_quoted(request.feedback[:_LONGEST_FEEDBACK])}"
        )
    parts.append(_FORMS[prompt.form])
    return "\n\n".join(parts)


def _quoted(text: str) -> str:
    """``text`` with its angle brackets replaced, so that it cannot close an element of the prompt."""
    return text.replace("<", "‹").replace(">", "›")
