"""The prompts: ``content/prompts/``, one file for each artifact that a model writes, and one for all of them.

An artifact's file says what is asked for, in which form, which passages of it are to be worded (as patterns
such as ``values.items[].body``) and how long each may be in characters. ``reads`` names artifacts that are
shown along with it. ``stated`` are texts of the artifact, by language, that say how it was made and have to
say something else where a model worded it.
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
from ..writing.writer import Commission

Message = dict[str, str]
"""``role`` and ``content``."""

_FOLDER: Final = files(library.__package__) / "prompts"
_MOST_FACTS: Final = 60
_LONGEST_FACT: Final = 600
_LONGEST_TASK: Final = 2_000
_LONGEST_EARLIER: Final = 3_000
_MOST_WORDINGS: Final = 60
_LONGEST_REMARK: Final = 400

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
    """An artifact's file. ``passages`` maps patterns to the most characters; prose has one, ``paragraph``."""

    form: Literal["json", "prose"]
    ask: str
    passages: dict[str, int]
    reads: tuple[str, ...] = ()
    stated: dict[str, dict[str, str]] = {}


@dataclass(frozen=True)
class Passage:
    """A text to be written: where it stands, as in ``hero.headline``, its greatest length in characters, and
    how the rules say it."""

    label: str
    longest: int
    text: str


@cache
def prompt(artifact: str) -> Prompt | None:
    """The prompt for an artifact, ``None`` for one that no model writes."""
    path = _FOLDER / f"{artifact}.toml"
    return msgspec.toml.decode(path.read_bytes(), type=Prompt) if path.is_file() else None


def messages(
    asked: Prompt, passages: Sequence[Passage], commission: Commission, earlier: Mapping[str, str]
) -> tuple[Message, ...]:
    """What a model is asked. ``earlier`` are the artifacts so far, by file name."""
    return (
        {"role": "system", "content": _system(commission)},
        {"role": "user", "content": _user(asked, passages, commission, earlier)},
    )


@cache
def _common() -> str:
    return (_FOLDER / "system.txt").read_text("utf-8")


def _system(commission: Commission) -> str:
    facts = [f"{location}: {text[:_LONGEST_FACT]}" for location, text in commission.facts.items()]
    wordings = dict.fromkeys(rule.pattern for rule in commission.rules if rule.find is not None)
    said = _common().format(
        name=commission.name,
        language=commission.language.name,
        tone=commission.tone,
        readers=", ".join(commission.readers) or "whoever the task names",
        approach=commission.aspiration,
        task=_quoted(typography.clip(commission.task, _LONGEST_TASK)),
        facts=_quoted("\n".join(facts[:_MOST_FACTS])),
        wordings="; ".join(list(wordings)[:_MOST_WORDINGS]),
    )
    return said + (_PLAINLY if commission.plainly else "")


_PLAINLY: Final = "Use plain words: no slang, no jargon, no exclamation marks.\n"


def _user(
    asked: Prompt, passages: Sequence[Passage], commission: Commission, earlier: Mapping[str, str]
) -> str:
    shown = [name for name in asked.reads if name in earlier]
    parts = [
        asked.ask.strip(),
        *(f"<{name}>\n{_quoted(earlier[name][:_LONGEST_EARLIER])}\n</{name}>" for name in shown),
    ]
    listed = "\n".join(
        f"{number} | {passage.label} | at most {passage.longest} characters | {_quoted(passage.text)}"
        for number, passage in enumerate(passages, 1)
    )
    parts.append(f"The texts: number, place, length, and how it reads now.\n{listed}")
    if commission.remark:
        parts.append(
            f"The answer before this one was not used: {_quoted(commission.remark[:_LONGEST_REMARK])}"
        )
    parts.append(_FORMS[asked.form])
    return "\n\n".join(parts)


def _quoted(text: str) -> str:
    """Text of others, so that it cannot close the element that it stands in."""
    return text.replace("<", "‹").replace(">", "›")
