"""Renders the list of entries of a zip archive. No entry is unpacked."""

from __future__ import annotations

import io
import zipfile
from html import escape
from typing import Final

from ..events.artifact_bytes import decoded
from .invalid_content import InvalidContent

MOST_ENTRIES: Final = 1_000


def zip_listing(text: str) -> tuple[str, str | None]:
    """A table of the entries of a zip in base64, and a note if it does not show all of them.

    It shows the first 1,000 entries. Raises `InvalidContent` if the text is no such zip.
    """
    data = decoded(text)
    if data is None:
        raise InvalidContent("it is not a zip archive in base64.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, EOFError) as error:
        raise InvalidContent(f"it is not a valid zip archive ({error}).") from None
    rows = "".join(
        f'<tr><th class="number">{number}</th><td>{escape(entry.filename)}</td>'
        f'<td class="figure">{entry.file_size:,}</td><td class="figure">{entry.compress_size:,}</td>'
        f"<td>{_date(entry.date_time)}</td></tr>"
        for number, entry in enumerate(entries[:MOST_ENTRIES], start=1)
    )
    head = (
        '<th class="number"></th><th>Name</th><th class="figure">Bytes</th>'
        '<th class="figure">Packed</th><th>Changed</th>'
    )
    table = f'<div class="rows"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    if len(entries) > MOST_ENTRIES:
        return table, f"The first {MOST_ENTRIES:,} of {len(entries):,} entries are shown."
    return table, None


def _date(date_time: tuple[int, int, int, int, int, int]) -> str:
    year, month, day, hour, minute, _ = date_time
    return f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}"
