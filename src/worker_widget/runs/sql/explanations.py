"""DuckDB's errors in words: what was wrong, near names, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from ...errors import SqlError
from .checks import READ_ONLY

_TABLE: Final = re.compile(r'Table with name "?(?P<name>.+?)"? does not exist')
_COLUMN: Final = re.compile(r'Referenced column "(?P<name>.+?)" (?:was )?not found')
_OF_TABLE: Final = re.compile(r'"(?P<table>[^"]+)" does not have a column named "(?P<name>[^"]+)"')
_TABLE_OF_COLUMN: Final = re.compile(r'Referenced table "(?P<name>.+?)" not found')
_FUNCTION: Final = re.compile(r"Function with name \"?(?P<name>[^\" ]+)\"?")
_INTERVAL: Final = re.compile(r"No function matches.*?'(?P<name>\w+)\([^']*INTERVAL")
_LEVEL: Final = re.compile(r"Could not convert string '(?P<name>[^']*)' to (?:UINT8|ENUM\('debug')")
_MOST_CHARS: Final = 1_000


def explained(
    message: str,
    frames: Iterable[str],
    tables: Mapping[str, Sequence[str]],
    aliases: Mapping[str, str],
) -> SqlError:
    """The error for a message of DuckDB.

    ``tables`` are the columns of each table of the statement, ``aliases`` its tables by the names that it
    gives them.
    """
    if "file system operations are disabled" in message or "Unable to load" in message:
        return SqlError(f"Reading and writing files and addresses is refused. {READ_ONLY}{_LOADED}")
    if "extension" in message and ("INSTALL" in message or "autoload" in message):
        return SqlError(f"Extensions of DuckDB are refused. {READ_ONLY}{_LOADED}")
    found = _TABLE.search(message)
    if found and re.search(r"[/\\:*]|\.\w+$", found["name"]):
        return SqlError(f"Reading {found['name']!r} is refused. {READ_ONLY}{_LOADED}")
    if found:
        return SqlError(_no_table(found["name"], [*frames, *tables]) + _at(message))
    if found := _OF_TABLE.search(message):
        table = aliases.get(found["table"].lower(), found["table"].lower())
        return SqlError(_no_column(found["name"], {table: tables.get(table, ())}) + _at(message))
    if found := _COLUMN.search(message):
        return SqlError(_no_column(found["name"], tables) + _at(message))
    if found := _TABLE_OF_COLUMN.search(message):
        return SqlError(_no_table(found["name"], aliases) + _at(message))
    if found := _INTERVAL.search(message):
        return SqlError(
            f"DuckDB has no {found['name']} of durations."
            f" Take that of their seconds: {found['name']}(epoch(duration))." + _at(message)
        )
    if found := _LEVEL.search(message):
        return SqlError(f"{found['name']!r} is no log level. The levels are debug, info, warning and error.")
    text = re.sub(r"^\w+ Error: ", "", message)
    text = re.sub(r"\n\s*Candidate functions:.*?(?=\n\s*\n|\Z)", "", text, flags=re.DOTALL).strip()
    return SqlError(re.sub(r"\n{2,}", "\n", text)[:_MOST_CHARS])


_LOADED: Final = ' Pass your own table instead: sql("... FROM mine", tables={"mine": frame}).'


def _no_table(name: str, known: Iterable[str]) -> str:
    names = list(dict.fromkeys(known))
    return f"There is no table {name!r}.{_near(name, names)} The tables are {', '.join(names)}."


def _no_column(name: str, tables: Mapping[str, Sequence[str]]) -> str:
    columns = [column for found in tables.values() for column in found]
    near = _near(name, columns)
    listed = "".join(f" {table} has {', '.join(found)}." for table, found in tables.items() if found)
    where = f" in {' or '.join(tables)}" if tables else ""
    return f"There is no column {name!r}{where}.{near}{listed}"


def _near(name: str, names: Sequence[str]) -> str:
    by_folded = {known.lower(): known for known in names}
    close = get_close_matches(name.lower(), by_folded, n=3, cutoff=0.6)
    inside = [known for known in by_folded if name.lower() in known or known in name.lower()]
    found = list(dict.fromkeys([*close, *inside]))[:3]
    return f" Did you mean {' or '.join(by_folded[known] for known in found)}?" if found else ""


def _at(message: str) -> str:
    """The line of the statement with the mark below it."""
    place = message.find("\nLINE ")
    return "" if place < 0 else "\n" + message[place:].strip("\n")
