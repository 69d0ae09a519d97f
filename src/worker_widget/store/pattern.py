"""Regular expressions for searches in the log, matched with time limits.

Patterns are those of the ``regex`` package, which supports a time limit for matching. The limits here also
bound how long the interpreter's lock is held, so that no pattern blocks a kernel. Where RE2 understands a
pattern in the same way, it searches a block of lines at once: its time is linear.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate
from typing import Any, Final

import re2
import regex

from .log_search import LogSearch, PatternError

MOST_PATTERN_CHARS: Final = 1_000
MOST_REPEATS: Final = 10_000
"""The limit for the product of all counts in braces: the package expands some repeats."""

LINE_S: Final = 0.01
"""The time limit for one line."""
LONG_LINE_S: Final = 0.2
"""The time limit for a line of more than `_LONG_CHARS`."""
BATCH_S: Final = 0.03
"""The time limit for a batch of lines. It applies to processor time, which includes the time that other
threads use between two matches."""

MESSAGES_S: Final = 2.0
"""The time limit for the messages of a block, in processor time of the thread."""

_MOST_SLOW_BATCHES: Final = 3
"""After so many batches that exceeded the limit, a pattern is matched with each line separately."""

_LONG_CHARS: Final = 16_000
"""The package checks the time only after many steps, each of which can scan the whole text. So a longer line
is searched without the interpreter's lock, and a batch of shorter lines has at most this length."""

_MOST_LINEAR: Final = 8
"""A pattern that more than this part of the lines match is not searched with RE2, which makes an object of
several µs for each match."""
_SPACES_OF_PYTHON: Final = (b"\x0b", b"\x1c", b"\x1d", b"\x1e", b"\x1f")
"""The ASCII characters that are spaces in Python's patterns and not in RE2's."""

# The parts of a pattern that match in lines joined with line feeds as they match in a separate line:
# characters, sets, groups, alternatives, repeats, ends of lines and words, and lookarounds that match no
# line feed. Not among them: backreferences, and possessive and atomic parts.
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


class SlowPattern(Exception):
    """The pattern takes too long for the message at ``index``."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class Pattern:
    """A compiled pattern, made by `pattern`."""

    def __init__(self, text: str, case_sensitive: bool) -> None:
        flags = regex.VERSION0 | regex.MULTILINE | (0 if case_sensitive else regex.IGNORECASE)
        self._separate = regex.compile(text, flags)
        joined = _joined_pattern(text)
        self._joined = None if joined is None else regex.compile(f"({joined}).*\\n?", flags)
        self._single_lines = joined != text
        self._slow_batches = 0
        self._linear = None if joined is None else _linear_pattern(text, case_sensitive)
        self._has_spaces = re.search(r"\\[sS]", text) is not None

    def matching(self, messages: list[str]) -> list[int]:
        """The indices of the messages that match. Raises `SlowPattern`."""
        found: list[int] = []
        began = time.thread_time()
        for start, end in _batches(messages):
            found += self._matching(messages, start, end)
            if time.thread_time() - began > MESSAGES_S:
                raise SlowPattern(end - 1)
        return found

    def places(self, content: bytes, lines: int) -> list[int] | None:
        """A place of a match in each of the ``lines`` of ``content`` that has one, in order.

        ``None`` if RE2 cannot search this content: it is not ASCII, or RE2 reads the pattern in another way.
        Each line ends with a line feed, and no message has more than one line.
        """
        if self._linear is None or not content.isascii():
            return None
        if self._has_spaces and any(space in content for space in _SPACES_OF_PYTHON):
            return None
        places = [match.start() for match in self._linear.finditer(content)]
        if len(places) * _MOST_LINEAR > lines:
            self._linear = None  # its matches cost more than those of the other package
        return [place for place in places if place < len(content)]

    def _matching(self, messages: list[str], start: int, end: int) -> Iterable[int]:
        if self._joined is not None and end - start > 1 and self._slow_batches < _MOST_SLOW_BATCHES:
            text = "\n".join(messages[start:end])
            if not self._single_lines or text.count("\n") == end - start - 1:
                try:
                    return self._matching_joined(self._joined, text, messages, start, end)
                except TimeoutError:
                    self._slow_batches += 1
        return [index for index in range(start, end) if self._matches(messages[index], index)]

    def _matching_joined(
        self, joined: Any, text: str, messages: list[str], start: int, end: int
    ) -> list[int]:
        """Matches the messages as one ``text``, because a call with a time limit costs more than most lines.

        A match within one line decides that line. The lines of a match across several lines are matched
        separately. A line without a match in ``text`` has no match as a separate line either.
        """
        ends = list(accumulate(len(message) + 1 for message in messages[start:end]))
        found: list[int] = []
        line, undecided = 0, 0
        for match in joined.finditer(text, timeout=BATCH_S, concurrent=False):
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
            found = self._separate.search(message, timeout=LONG_LINE_S if long else LINE_S, concurrent=long)
        except TimeoutError:
            raise SlowPattern(index) from None
        return found is not None

    def marks(self, message: str, timeout_s: float, most: int) -> list[tuple[int, int]]:
        """The first matches in ``message``: starts and ends. Raises ``TimeoutError``."""
        found: list[tuple[int, int]] = []
        for match in self._separate.finditer(message, timeout=timeout_s, concurrent=False):
            if match.end() > match.start():
                found.append(match.span())
                if len(found) == most:
                    break
        return found


def _linear_pattern(text: str, case_sensitive: bool) -> Any:
    """Compiles a pattern for RE2 that matches from a match to the end of its line; ``None`` if it cannot."""
    options = re2.Options()
    options.never_nl = True
    options.log_errors = False
    options.case_sensitive = case_sensitive
    try:
        return re2.compile(f"(?m)(?:{text})[^\\n]*".encode(), options)
    except (re2.error, UnicodeEncodeError):
        return None


def _joined_pattern(text: str) -> str | None:
    """Converts the pattern ``text`` to one for lines joined with line feeds; ``None`` if that is impossible.

    Lookarounds are changed so that they match no line feed. A pattern that this changes no longer matches
    line feeds within a message either: it is only for messages of a single line each.
    """
    parts: list[str] = []
    in_lookaround = [False]
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return None
        at = token.end()
        part = token[0]
        if token["look"]:
            in_lookaround.append(True)
        elif token["open"]:
            in_lookaround.append(in_lookaround[-1])
        elif token["close"]:
            in_lookaround.pop()
        elif in_lookaround[-1] and token["wide"]:
            part = _NO_LINE_FEED[token["wide"]] + token["rest"]
        elif in_lookaround[-1] and _MAY_BE_LINE_FEED.search(part):
            return None
        parts.append(part)
    return "".join(parts)


def _batches(messages: list[str]) -> Iterator[tuple[int, int]]:
    """Ranges of messages to match as one text: at most `_LONG_CHARS` long, or a single longer message."""
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
    """Compiles a pattern. Raises `PatternError` with the column of the error."""
    if len(text) > MOST_PATTERN_CHARS:
        raise PatternError(f"The pattern is longer than {MOST_PATTERN_CHARS:,} characters: shorten it.")
    repeats = 1
    for counts in _COUNTS.finditer(text):
        repeats *= max(1, *(min(int(count or 0), MOST_REPEATS + 1) for count in counts.groups()))
        if repeats > MOST_REPEATS:
            raise PatternError(
                f"The pattern repeats too much at column {counts.start(1)}: "
                f"the product of its counts in braces may be {MOST_REPEATS:,} at most."
            )
    try:
        return Pattern(text, case_sensitive)
    except RecursionError:
        raise PatternError("The pattern is nested too deeply: remove some of its groups.") from None
    except Exception as error:  # the package raises many types, and the pattern is user input
        position = getattr(error, "pos", None)
        where = "" if position is None else f" at column {position + 1}"
        raise PatternError(f"The pattern cannot be read: {getattr(error, 'msg', error)}{where}.") from error


def slow_pattern_error(search: LogSearch, line: int) -> PatternError:
    """The error for a pattern that takes too long for a line of the log."""
    return PatternError(
        f"The pattern {search.text!r} takes too long on line {line:,} of the log. "
        "Make it more specific: nested repeats, such as (a+)+, take long."
    )
