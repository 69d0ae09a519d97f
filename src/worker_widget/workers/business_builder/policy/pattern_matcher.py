r"""The patterns of forbidden claims: a phrase, or a regular expression.

A phrase matches as whole words, in any case and spacing. A pattern with the signs of a regular expression is
also matched as one, by RE2: in any case, the leftmost and longest matches of at most `LONGEST` characters, in
time linear in the text. Where RE2 cannot compile it, it stays a phrase and `ClaimPattern.problem` says why.

RE2 knows only ASCII in ``\w \d \s \b``. So the classes are translated to Unicode ones, and ``\b`` or ``\B``
at the start or the end of a pattern, or of its alternatives, is checked here. Inside a pattern ``\b`` stays
ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import re2

LONGEST: Final = 200
"""The most characters of a match."""

_META: Final = frozenset("\\[](){}*+?^$|")
_UNSUPPORTED: Final = (
    (re.compile(r"\(\?<?[=!]"), "uses a look-around; write the words around the claim into the pattern"),
    (re.compile(r"\\[1-9]|\(\?P="), "uses a back reference; write the repeated words out"),
    (re.compile(r"[*+?}]\+|\(\?>"), "uses a possessive repeat; a plain one finds the same claims here"),
    (re.compile(r"\(\?\("), "uses a condition; list each case as a claim of its own"),
)
"""Constructs that RE2 does not have, each with what to write instead."""

_BOUNDARY_INSIDE: Final = r"has \b or \B beside a letter beyond ASCII; leave it out there"
_TOKEN: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\{,\d+\}|.", re.DOTALL)
_SPACE: Final = (
    r"\s\x0b\x1c-\x1f\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
)
_CLASSES: Final = {"d": r"\p{Nd}", "w": r"\p{L}\p{N}_", "s": _SPACE}
_ENDS: Final = {"\\Z": "\\z"}
_BOUNDARIES: Final = ("\\b", "\\B")


class InvalidPattern(ValueError):
    """Why a pattern cannot be used as a regular expression, and what to write instead."""


@dataclass(frozen=True)
class ClaimPattern:
    """A compiled pattern. ``problem`` says why it is not used as a regular expression, if so."""

    source: str
    phrase: re.Pattern[str]
    expression: ClaimExpression | None = None
    problem: str | None = None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """The matches as code point ranges, never empty: first those of the phrase."""
        yield from (match.span() for match in self.phrase.finditer(text))
        if self.expression is not None:
            yield from self.expression.spans(text)


def compile_pattern(source: str) -> ClaimPattern:
    """The pattern of a forbidden claim, as a person wrote it."""
    phrase = phrase_matcher(source)
    if _META.isdisjoint(source):
        return ClaimPattern(source, phrase)
    try:
        return ClaimPattern(source, phrase, ClaimExpression(source))
    except InvalidPattern as error:
        return ClaimPattern(source, phrase, problem=str(error))


def phrase_matcher(phrase: str) -> re.Pattern[str]:
    """Matches ``phrase`` as whole words, in any case and spacing."""
    words = [re.escape(word) for word in phrase.split()] or [r"(?!)"]
    before = r"(?<!\w)" if phrase.strip()[:1].isalnum() else ""
    after = r"(?!\w)" if phrase.strip()[-1:].isalnum() else ""
    return re.compile(before + r"\s+".join(words) + after, re.IGNORECASE)


class _Alternative(NamedTuple):
    """A compiled alternative, and the boundary (``\\b`` or ``\\B``) that is checked at each of its ends."""

    expression: re2._Regexp
    start: str | None
    end: str | None


class ClaimExpression:
    """A regular expression compiled by RE2. Raises `InvalidPattern`."""

    def __init__(self, source: str) -> None:
        self._alternatives = [_compiled(tokens, source) for tokens in _alternatives(_TOKEN.findall(source))]

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """The matches from left to right, as code point ranges that do not overlap."""
        position, found = 0, []
        left = [alternative for alternative in self._alternatives if alternative.expression.search(text)]
        while left and position < len(text):
            matches = [span for alternative in left if (span := _next(alternative, text, position))]
            if not matches:
                break
            best = min(matches, key=lambda span: (span[0], -span[1]))
            found.append(best)
            position = best[1]
        return tuple(found)


def _next(alternative: _Alternative, text: str, position: int) -> tuple[int, int] | None:
    """The first match that starts at ``position`` or later.

    Looks at windows of the text, so that matches that are too long do not cost a pass over it each.
    """
    expression = alternative.expression
    while position < len(text):
        begin = max(0, position - 1)
        window = text[begin : position + 2 * LONGEST]
        match = expression.search(window, position - begin)
        if match is None:
            position += LONGEST
            continue
        start = begin + match.start()
        if start - position >= LONGEST:
            position = start
            continue
        end = start
        if _holds(alternative.start, text, start):
            end = _end(alternative, text, start)
        if end > start:
            return start, end
        position = start + 1
    return None


def _end(alternative: _Alternative, text: str, start: int) -> int:
    """The end of the longest match at ``start``; ``start`` where there is none."""
    begin = max(0, start - 1)
    window = text[begin : start + LONGEST + 1]
    limit = min(len(text), start + LONGEST)
    while limit > start:
        match = alternative.expression.match(window, start - begin, limit - begin)
        if match is None:
            break
        end = begin + int(match.end())
        if end > start and _holds(alternative.end, text, end):
            return end
        limit = end - 1
    return start


def _holds(boundary: str | None, text: str, position: int) -> bool:
    if boundary is None:
        return True
    before = position > 0 and _is_word(text[position - 1])
    after = position < len(text) and _is_word(text[position])
    return (before != after) == (boundary == "\\b")


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _alternatives(tokens: list[str]) -> Iterator[list[str]]:
    """The alternatives of the whole pattern; it stays in one where no end of them is a word boundary."""
    branches: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if token == "|" and not depth:
            branches.append([])
        else:
            branches[-1].append(token)
    ends = [branch[at] for branch in branches if branch for at in (0, -1)]
    whole = len(branches) == 1 or not set(ends) & set(_BOUNDARIES)
    yield from [tokens] if whole else branches


def _compiled(tokens: list[str], source: str) -> _Alternative:
    import re2

    start = end = None
    if tokens and tokens[0] in _BOUNDARIES:
        start, tokens = tokens[0], tokens[1:]
    if tokens and tokens[-1] in _BOUNDARIES:
        end, tokens = tokens[-1], tokens[:-1]
    if any(
        here in _BOUNDARIES and not (before + after).isascii()
        for before, here, after in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False)
    ):
        raise InvalidPattern(_BOUNDARY_INSIDE)
    options = re2.Options()
    options.case_sensitive = False
    options.longest_match = True
    options.never_capture = True
    options.log_errors = False
    try:
        return _Alternative(re2.compile("".join(map(_translated, tokens)), options), start, end)
    except re2.error as error:
        raise InvalidPattern(_problem(source, error.args[0])) from None


def _problem(source: str, reason: object) -> str:
    """Why RE2 cannot compile ``source``, and what to write instead where that is known."""
    known = next((advice for construct, advice in _UNSUPPORTED if construct.search(source)), None)
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    return known or f"is not a regular expression that RE2 can use: {text}"


def _translated(token: str) -> str:
    """A token in RE2's syntax, with Unicode classes."""
    if token.startswith("[") and len(token) > 1:
        return re.sub(r"\\(.)", lambda match: _CLASSES.get(match[1]) or _escaped(match[0]), token)
    if token.startswith("{,"):
        return "{0," + token[2:]
    if not token.startswith("\\") or len(token) == 1:
        return token
    kind = token[1]
    if kind.lower() in _CLASSES:
        return f"[{'^' if kind.isupper() else ''}{_CLASSES[kind.lower()]}]"
    return _ENDS.get(token) or _escaped(token)


def _escaped(token: str) -> str:
    r"""An escaped character; RE2 does not take the backslash of ``\_`` and of characters beyond ASCII."""
    return token[1] if token[1] == "_" or ord(token[1]) > 127 else token
