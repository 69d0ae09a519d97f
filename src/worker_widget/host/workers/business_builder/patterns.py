r"""Patterns from a user, matched without ever running away.

A regular expression can take time exponential in the text. A time limit would make results depend on
the machine, so the bound is on the pattern: before it is used, the number of ways in which it can match
at one position is counted, as the product of its choices (alternatives, and how often each part may
repeat). Repeats without an end get the largest end of 40, 20 or 10 that keeps the product within 2,000;
a pattern that does not fit, repeats a group without an end, or uses anything beyond characters, ``.``,
classes, ``\d \w \s \b`` and their opposites, groups, ``|`` and repeats, is read as a plain phrase.

A phrase matches without regard to case and to how its words are spaced, and only as whole words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_META: Final = frozenset("\\[](){}*+?^$|")
_ENDS: Final = (40, 20, 10)
_MOST_WAYS: Final = 2_000
_ESCAPES: Final = frozenset("dwsbDWSB")
_COUNTED: Final = re.compile(r"\{(\d{0,3})(,?)(\d{0,3})\}")


class Unsupported(ValueError):
    """Why a pattern cannot be used as a regular expression."""


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern. ``problem`` says why it is read as a plain phrase, where it looked like more."""

    source: str
    phrase: re.Pattern[str]
    expression: re.Pattern[str] | None = None
    problem: str | None = None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it matches, from left to right, as code point ranges that are not empty."""
        for matcher in (self.phrase, self.expression):
            if matcher is not None:
                yield from (match.span() for match in matcher.finditer(text) if match.end() > match.start())


def compile_pattern(source: str) -> Pattern:
    """``source`` as written by a person: a phrase, or a regular expression of the bounded kind."""
    phrase = phrase_matcher(source)
    if _META.isdisjoint(source):
        return Pattern(source, phrase)
    try:
        return Pattern(source, phrase, re.compile(bounded(source), re.IGNORECASE))
    except (Unsupported, re.error) as error:
        return Pattern(source, phrase, problem=str(error))


def phrase_matcher(phrase: str) -> re.Pattern[str]:
    """Matches ``phrase`` as whole words, in any case and spacing."""
    words = [re.escape(word) for word in phrase.split()] or [r"(?!)"]
    before = r"(?<!\w)" if phrase.strip()[:1].isalnum() else ""
    after = r"(?!\w)" if phrase.strip()[-1:].isalnum() else ""
    return re.compile(before + r"\s+".join(words) + after, re.IGNORECASE)


def bounded(source: str) -> str:
    """``source`` with every repeat ended, or `Unsupported`."""
    source = source.removeprefix("(?i)")
    problem: Unsupported | None = None
    for end in _ENDS:
        text, ways = _rewrite(source, end)
        if ways <= _MOST_WAYS:
            return text
        problem = Unsupported(f"it can match in more than {_MOST_WAYS:,} ways at one place")
    raise problem or Unsupported("it is empty")


def _rewrite(source: str, end: int) -> tuple[str, int]:
    """The pattern with open repeats ended at ``end``, and in how many ways it can match at one position."""
    out: list[str] = []
    ways = 1
    at = 0
    ways_before: list[int] = []  # for each open group, the product when it began
    branches = [1]  # the alternatives so far, of the whole and of each open group
    inside = 1  # the product of the choices in the group just closed
    previous = ""  # what the last part was: an atom, a group, or nothing that could repeat
    while at < len(source):
        char = source[at]
        if char == "\\":
            part = source[at : at + 2]
            if len(part) < 2 or (part[1].isalnum() and part[1] not in _ESCAPES):
                raise Unsupported(f"{part!r} is not supported")
            out.append(part)
            previous = "" if part[1] in "bB" else "atom"
            at += 2
        elif char == "[":
            close = _class_end(source, at)
            if any(mark in source[at:close] for mark in ("--", "&&", "||", "~~")):
                raise Unsupported("a character class holds a set operation")
            out.append("[" + re.sub(r"(?<!\\)\[", r"\\[", source[at + 1 : close]))
            previous, at = "atom", close
        elif char == "(":
            if source.startswith("(?", at) and not source.startswith("(?:", at):
                raise Unsupported("only plain groups are supported")
            out.append("(?:")
            ways_before.append(ways)
            branches.append(1)
            previous, at = "", at + (3 if source.startswith("(?:", at) else 1)
        elif char == ")":
            if not ways_before:
                raise Unsupported("a group is closed that was not opened")
            ways *= branches.pop()
            inside = ways // ways_before.pop()
            out.append(")")
            previous, at = "group", at + 1
        elif char in "*+?{":
            if not previous:
                raise Unsupported(f"{char!r} has nothing to repeat")
            low, high, width = _repeat(source, at, end)
            if previous == "group":
                if char in "*+" or high > 8:
                    raise Unsupported("a group may not repeat without an end")
                ways *= inside ** max(0, high - 1)
            ways *= high - low + 1
            lazy = "?" if source[at + width : at + width + 1] == "?" else ""
            out.append(f"{{{low},{high}}}{lazy}")
            previous, at = "", at + width + len(lazy)
        else:
            if char == "|":
                branches[-1] += 1
            previous = "" if char in "|^$" else "atom"
            out.append(char)
            at += 1
    if ways_before:
        raise Unsupported("a group is not closed")
    return "".join(out), ways * branches[0]


def _class_end(source: str, at: int) -> int:
    index = at + 1
    if source.startswith("^", index):
        index += 1
    if source.startswith("]", index):
        index += 1
    while index < len(source) and source[index] != "]":
        index += 2 if source[index] == "\\" else 1
    if index >= len(source):
        raise Unsupported("a character class is not closed")
    return index + 1


def _repeat(source: str, at: int, end: int) -> tuple[int, int, int]:
    """Least and most repeats at ``at``, and how many characters say so."""
    char = source[at]
    if char == "?":
        return 0, 1, 1
    if char in "*+":
        return (0 if char == "*" else 1), end, 1
    match = _COUNTED.match(source, at)
    if not match or not (match[1] or match[3]):
        raise Unsupported("a brace is not part of a repeat")
    low = int(match[1] or 0)
    high = min(int(match[3]), end) if match[3] else (end if match[2] else low)
    if high < low or low > end:
        raise Unsupported(f"the repeat {match[0]} is not supported")
    return low, high, len(match[0])
