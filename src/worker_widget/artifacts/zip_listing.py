"""A zip as the list of what is in it; nothing is unpacked."""

from __future__ import annotations

import io
import zipfile
from html import escape
from typing import Final

from ..events.binary import decoded
from .invalid_content import Unreadable

MOST_ENTRIES: Final = 1_000


def zip_listing(text: str) -> tuple[str, str | None]:
    """The entries of a zip that comes as base64, and a note where not all are shown. Raises `Unreadable`."""
    data = decoded(text)
    if data is None:
        raise Unreadable("it is not a zip in base64.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, EOFError) as error:
        raise Unreadable(f"it is not a valid zip ({error}).") from None
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


def _date(told: tuple[int, int, int, int, int, int]) -> str:
    year, month, day, hour, minute, _ = told
    return f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}"
