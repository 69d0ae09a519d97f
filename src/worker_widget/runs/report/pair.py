"""The comparison in a report of two runs: its table, and the differences of their artifacts.

It is markup made here, above the console, and needs no script. The differences are documents in sandboxed
frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from ..comparison_table import ComparedSection, compared_sections
from ..run_pairs import PairedRuns

_MOST_ROWS: Final = 60
_MOST_DIFFERENCES: Final = 20
_MOST_CHARS: Final = 150_000
"""A longer text of an artifact has no difference here."""
_SHARE: Final = 0.2
"""The differences have at most this share of the file."""


def pair_section(comparison: PairedRuns, most_bytes: int) -> tuple[str, list[str]]:
    """The comparison as markup on lines of its own, and in words what was left out of it."""
    names = [_line(f"run {run_id[:8]}") for run_id in comparison.run_ids]
    lines = ['<details id="comparison">', f"<summary>{names[0]} compared with {names[1]}</summary>"]
    lines += [_section(section, names) for section in compared_sections(comparison)]
    left_out: list[str] = []
    lines += _differences(comparison, int(most_bytes * _SHARE), left_out)
    return "\n".join([*lines, "</details>"]) + "\n", left_out


def _section(section: ComparedSection, names: list[str]) -> str:
    if not section["rows"]:
        return ""
    rows = "".join(
        f"<tr{' class=differs' if row['differs'] else ''}>"
        + "".join(f"<td>{_line(row[cell])}</td>" for cell in ("name", "a", "b", "change"))
        + "</tr>"
        for row in section["rows"][:_MOST_ROWS]
    )
    more = section["more"] + max(0, len(section["rows"]) - _MOST_ROWS)
    rest = f"<p>and {more:,} more</p>" if more else ""
    head = f"<tr><th>{_line(section['title'])}</th><th>{names[0]}</th><th>{names[1]}</th><th>Change</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>{rest}"


def _differences(comparison: PairedRuns, most: int, left_out: list[str]) -> Iterator[str]:
    number = used = 0
    for pair in comparison.artifact_pairs():
        if pair.status == "same":
            continue
        number += 1
        a, b = pair.a, pair.b
        chars = max(item.chars for item in (a, b) if item is not None)
        html = ""
        if number <= _MOST_DIFFERENCES and chars <= _MOST_CHARS:
            html = _attribute(comparison[pair.file].html())
            html = html if used + len(html) <= most else ""
        if not html:
            left_out.append(f"The difference of {pair.file}")
            continue
        used += len(html)
        yield (
            f"<details><summary>{_line(pair.file)}</summary>"
            f'<iframe sandbox loading="lazy" title="Difference of {_line(pair.file)}" srcdoc="{html}">'
            "</iframe></details>"
        )


def _attribute(html: str) -> str:
    """A document as the value of an attribute, on one line."""
    return escape(html, quote=True).replace("\n", "&#10;").replace("\r", "&#13;")


def _line(text: str) -> str:
    return escape(" ".join(text.split()), quote=True)
