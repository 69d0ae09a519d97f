"""Renders JSON as a tree that folds without a script."""

from __future__ import annotations

import re
from html import escape
from typing import Final

import msgspec

from ..events.json_depth import nested_too_deep
from ..events.lenient_json import decode_json
from .invalid_content import TOO_DEEP, InvalidContent

MOST_LEVELS: Final = 100
MOST_VALUES: Final = 20_000
"""The largest number of values that a tree shows."""

_OPEN_VALUES: Final = 1_000
"""A tree of at most this many values is shown unfolded; of a larger one only the outer levels are."""
_OPEN_LEVELS: Final = 2
_MOST_PATH: Final = 200
_TOKEN: Final = re.compile(r'[\[\]{},:]|"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\s\[\]{},:"]++')
_PLAIN_KEY: Final = re.compile(r'"[A-Za-z_$][\w$]*"', re.ASCII)


class _Level:
    """An open object or array: its path, and the index of its opening tag in the output."""

    def __init__(self, bracket: str, path: str, head: int) -> None:
        self.is_object = bracket == "{"
        self.path = path
        self.head = head
        self.count = 0
        self.key: str | None = None

    def next_path(self) -> str:
        """The path of the next value."""
        if not self.is_object:
            path = f"{self.path}[{self.count}]"
        elif self.key is not None and _PLAIN_KEY.fullmatch(self.key):
            path = f"{self.path}.{self.key[1:-1]}"
        else:
            path = f"{self.path}[{self.key}]"
        return path if len(path) <= _MOST_PATH else "…" + path[-_MOST_PATH:]


def json_tree(text: str) -> str:
    """JSON as nested ``<details>``. Each value is shown as written, with its path as a tooltip.

    Raises `InvalidContent` if the text is not JSON, has more than 20,000 values or is nested more than 100
    levels deep.
    """
    text = text.removeprefix("\ufeff")
    try:
        if nested_too_deep(text.encode("utf-8", "replace")):
            raise RecursionError
        if not _is_json(text):
            decode_json(text.encode("utf-8", "replace"))
    except ValueError as error:
        raise InvalidContent(f"it is not valid JSON ({error}).") from None
    except RecursionError:
        raise InvalidContent(TOO_DEEP) from None
    tokens = _TOKEN.findall(text)
    values = sum(token not in "]},:" for token in tokens) - tokens.count(":")
    if values > MOST_VALUES:
        raise InvalidContent(f"its {values:,} values are too many to fold.")
    return f'<div class="json">{_markup(tokens, values <= _OPEN_VALUES)}</div>'


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return False
    return True


def _markup(tokens: list[str], unfolded: bool) -> str:
    parts: list[str] = []
    levels: list[_Level] = []
    end = ""  # closing tags of the previous value: a comma can still go before them
    for at, token in enumerate(tokens):
        level = levels[-1] if levels else None
        after = tokens[at + 1] if at + 1 < len(tokens) else ""
        if token in "]}":
            parts.append(end)
            assert level is not None
            levels.pop()
            counted = f"{level.count} {'key' if level.is_object else 'item'}{'s' * (level.count != 1)}"
            parts[level.head] += f"<i>{counted}</i></summary>"
            parts.append(f'<div class="end">{token}')
            end = "</div></details>"
        elif token == ",":
            parts.append("," + end)
            end = ""
        elif token == ":":
            continue
        elif after == ":" and level is not None:
            level.key = token
        else:
            path = "$" if level is None else level.next_path()
            label = (
                "" if level is None or level.key is None else f'<span class="nt">{escape(level.key)}</span>: '
            )
            if level is not None:
                level.count += 1
            title = f' title="{escape(path)}"'
            if token in "[{" and after not in "]}":
                if len(levels) >= MOST_LEVELS:
                    raise InvalidContent(TOO_DEEP)
                shown = " open" if unfolded or len(levels) < _OPEN_LEVELS else ""
                bracket = "object" if token == "{" else "array"
                parts.append(f'<details{shown}><summary class="{bracket}"{title}>{label}{token}')
                levels.append(_Level(token, path, len(parts) - 1))
                end = ""
            elif token in "[{":
                parts.append(f"<div{title}>{label}{token}{after}")
                tokens[at + 1] = ":"  # skip the closing bracket, which is written
                end = "</div>"
            else:
                parts.append(f'<div{title}>{label}<span class="{_colour(token)}">{escape(token)}</span>')
                end = "</div>"
    parts.append(end)
    return "".join(parts)


def _colour(token: str) -> str:
    if token[0] == '"':
        return "s2"
    return "kc" if token[0].isalpha() else "mi"
