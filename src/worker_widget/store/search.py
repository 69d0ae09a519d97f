"""What a person looks for in the log's messages: words as they stand, or a pattern. Pure.

Patterns are those of the ``regex`` package, whose matching can be given a time limit. The limits here
are also what keeps the interpreter's lock from being held for long: no pattern stops a kernel.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate
from typing import Any, Final

import msgspec
import regex

MOST_PATTERN_CHARS: Final = 1_000
MOST_REPEATS: Final = 10_000
"""The product of all counts in braces: the package writes some repeated parts out."""

LINE_S: Final = 0.01
"""The most time that a pattern may take for one line."""
LONG_LINE_S: Final = 0.2
TOGETHER_S: Final = 0.03
"""The most for lines taken together. It is the processor's time that counts, also what other threads use
between one match and the next."""
MARKS_S: Final = 0.005

_MOST_TIMES_SLOW: Final = 3
"""After being too slow so often for lines taken together, a pattern is asked for each line alone."""

_LONG_CHARS: Final = 16_000
"""Time is looked at once in many steps, each of which can pass over the whole text. So a longer line is
searched without the interpreter's lock, and shorter ones are taken together up to this length."""

_MOST_MARKS: Final = 200

# What means the same to a line in its place among others as to the line alone, when they are joined
# with line feeds: letters, sets, groups, alternatives, repeats, ends of lines and words, and what looks
# around without seeing a line feed. What refers back, or cannot be taken back, is not among these.
_TOKEN: Final = re.compile(
    r"""(?P<look> \(\?<?[=!] )
      | (?P<open> \( (?: \?: | \?P?<[A-Za-z]\w*> )? (?![*+?]) )
      | (?P<close> \) )
      | (?P<wide> \\[DWs] | \[\^ ) (?P<rest> (?<=\^) (?: SET )+ \] | (?<!\^) )
      | (?P<set> \[ (?: SET )+ \] )
      | (?P<repeat> (?: [*+?] | \{\d+(?:,\d*)?\} ) \?? (?![*+?{]) )
      | (?P<plain> [^\\()\[\]{}*+?] | \\[dwSb] | \\[pP]\{\w+\} | \\[^\w\s] | \(\?i\) )""".replace(
        "SET",
        r"[^\\\[\]&|~-] | \\[dDwWsS] | \\[^\w\s] | (?<=[A-Za-z0-9])-(?=[A-Za-z0-9])",
    ),
    re.VERBOSE,
)
_NO_LINE_FEED: Final = {r"\D": r"[^\d\n]", r"\W": r"[^\w\n]", r"\s": r"[^\S\n]", "[^": r"[^\n"}
_MAY_BE_LINE_FEED: Final = re.compile(r"\\[DWspP]|\n")
_COUNTS: Final = re.compile(r"(?<!\\)(?:\\\\)*\{(\d*),?(\d*)\}")


class LogSearch(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for in messages: ``text`` as it stands, or with ``regex`` the pattern in it.

    In a pattern ``^`` and ``$`` also match at the line breaks within a message.
    """

    text: str
    regex: bool = False
    case_sensitive: bool = False


class PatternError(ValueError):
    """A pattern that cannot be used, or that takes too long; the message says where, and what to do."""


class Slow(Exception):
    """The pattern takes too long for the message at ``index``."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class Pattern:
    """A compiled pattern. Make one with `pattern`."""

    def __init__(self, text: str, case_sensitive: bool) -> None:
        flags = regex.VERSION0 | regex.MULTILINE | (0 if case_sensitive else regex.IGNORECASE)
        self._alone = regex.compile(text, flags)
        joined = _joined(text)
        self._joined = None if joined is None else regex.compile(f"({joined}).*\\n?", flags)
        self._single_lines = joined != text
        self._times_slow = 0

    def matching(self, messages: list[str]) -> list[int]:
        """The indices of the messages that match. Raises `Slow`."""
        found: list[int] = []
        for start, end in _stretches(messages):
            found += self._matching(messages, start, end)
        return found

    def _matching(self, messages: list[str], start: int, end: int) -> Iterable[int]:
        if self._joined is not None and end - start > 1 and self._times_slow < _MOST_TIMES_SLOW:
            text = "\n".join(messages[start:end])
            if not self._single_lines or text.count("\n") == end - start - 1:
                try:
                    return self._matching_joined(self._joined, text, messages, start, end)
                except TimeoutError:
                    self._times_slow += 1
        return [index for index in range(start, end) if self._matches(messages[index], index)]

    def _matching_joined(
        self, joined: Any, text: str, messages: list[str], start: int, end: int
    ) -> list[int]:
        """As one ``text``, for asking the clock costs more than most lines do.

        A match within one line says that it matches. One that reaches over several says nothing: each
        is asked alone. A line that no match touches would not have matched alone either.
        """
        ends = list(accumulate(len(message) + 1 for message in messages[start:end]))
        found: list[int] = []
        line, undecided = 0, 0
        for match in joined.finditer(text, timeout=TOGETHER_S, concurrent=False):
            first, last = match.span(1)
            while ends[line] <= first:
                line += 1
            if last < ends[line]:
                if line >= undecided:
                    found.append(start + line)
                    undecided = line + 1
                continue
            until = bisect_left(ends, match.end(), line, len(ends) - 1) + 1
            touched = range(start + max(line, undecided), start + until)
            found += [index for index in touched if self._matches(messages[index], index)]
            undecided = until
        return found

    def _matches(self, message: str, index: int) -> bool:
        long = len(message) > _LONG_CHARS
        try:
            found = self._alone.search(message, timeout=LONG_LINE_S if long else LINE_S, concurrent=long)
        except TimeoutError:
            raise Slow(index) from None
        return found is not None

    def marks(self, message: str, timeout_s: float) -> list[tuple[int, int]]:
        """Where it occurs. Raises ``TimeoutError``."""
        found: list[tuple[int, int]] = []
        for match in self._alone.finditer(message, timeout=timeout_s, concurrent=False):
            if match.end() > match.start():
                found.append(match.span())
                if len(found) == _MOST_MARKS:
                    break
        return found


def _joined(text: str) -> str | None:
    """The pattern ``text`` for lines that are joined; ``None`` if it cannot be looked for in those.

    What looks around is made not to see the line feeds between them. Where that changes it, it does not
    see those within a message either: then it is for messages of a single line each.
    """
    parts: list[str] = []
    looking = [False]
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return None
        at = token.end()
        part = token[0]
        if token["look"]:
            looking.append(True)
        elif token["open"]:
            looking.append(looking[-1])
        elif token["close"]:
            looking.pop()
        elif looking[-1] and token["wide"]:
            part = _NO_LINE_FEED[token["wide"]] + token["rest"]
        elif looking[-1] and _MAY_BE_LINE_FEED.search(part):
            return None
        parts.append(part)
    return "".join(parts)


def _stretches(messages: list[str]) -> Iterator[tuple[int, int]]:
    """Messages to take together: as many as `_LONG_CHARS` hold, or one that is longer."""
    start, chars = 0, 0
    for index, message in enumerate(messages):
        chars += len(message) + 1
        if chars > _LONG_CHARS and index > start:
            yield start, index
            start, chars = index, len(message) + 1
    if start < len(messages):
        yield start, len(messages)


@lru_cache(64)
def pattern(text: str, case_sensitive: bool) -> Pattern:
    """The pattern in ``text``. Raises `PatternError` that names the column."""
    if len(text) > MOST_PATTERN_CHARS:
        raise PatternError(f"The pattern is longer than {MOST_PATTERN_CHARS:,} characters: shorten it.")
    repeats = 1
    for counts in _COUNTS.finditer(text):
        repeats *= max(1, *(min(int(count or 0), MOST_REPEATS + 1) for count in counts.groups()))
        if repeats > MOST_REPEATS:
            raise PatternError(
                f"The pattern repeats too much at column {counts.start(1)}: "
                f"its counts in braces, multiplied, may be {MOST_REPEATS:,} at most."
            )
    try:
        return Pattern(text, case_sensitive)
    except RecursionError:
        raise PatternError("The pattern is nested too deeply: take some of its groups away.") from None
    except Exception as error:  # whatever the package raises: a pattern is a person's input
        position = getattr(error, "pos", None)
        where = "" if position is None else f" at column {position + 1}"
        raise PatternError(f"The pattern cannot be read: {getattr(error, 'msg', error)}{where}.") from error


def slow_line(search: LogSearch, n: int) -> PatternError:
    """What to tell where a pattern takes too long for line ``n`` of the log."""
    return PatternError(
        f"The pattern {search.text!r} takes too long on line {n:,} of the log. "
        "Make it more definite: repeats within repeats, such as (a+)+, are what takes long."
    )


# --- marks -----------------------------------------------------------------------------------------


def folded(text: str, needle: str) -> str:
    """``text`` with the letters of ``needle``, which is in lower case, in lower case; as long as before.

    So the store compares too: ASCII letters, and what else of the needle has two cases.
    """
    return text.translate(_folding(frozenset(needle)))


@lru_cache(64)
def _folding(letters: frozenset[str]) -> dict[int, str]:
    table = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    return table | {ord(upper): lower for upper, lower in two_cases(letters)}


def two_cases(letters: Iterable[str]) -> list[tuple[str, str]]:
    """The letters beyond ASCII that have an upper case of one letter: that and themselves."""
    pairs = ((letter.upper(), letter) for letter in sorted(set(letters)) if not letter.isascii())
    return [(upper, lower) for upper, lower in pairs if upper != lower and len(upper) == 1]


def marks(search: LogSearch, message: str, timeout_s: float = MARKS_S) -> list[tuple[int, int]]:
    """Where in ``message`` it occurs: starts and ends, without overlaps, in order; 200 at most.

    Raises ``TimeoutError`` for a pattern that takes longer, and `PatternError`.
    """
    if search.regex:
        return pattern(search.text, search.case_sensitive).marks(message, timeout_s)
    if not search.text:
        return []
    needle = search.text if search.case_sensitive else search.text.lower()
    text = message if search.case_sensitive else folded(message, needle)
    found: list[tuple[int, int]] = []
    at = text.find(needle)
    while at >= 0 and len(found) < _MOST_MARKS:
        found.append((at, at + len(needle)))
        at = text.find(needle, at + len(needle))
    return found
