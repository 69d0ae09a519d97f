"""`Difference`, the public result of a comparison of two texts."""

from __future__ import annotations

from .alignment import Alignment, align
from .side_by_side import MOST_SHOWN_CHARS, side_by_side


class Difference:
    """How text ``b`` differs from text ``a``; returned by `difference`.

    A change is a range of consecutive rows that differ. A word is a run of letters, digits and
    underscores. A word that replaces another counts as changed; any other counts as added or removed.
    Jupyter displays a `Difference` as the side-by-side view of the console, in a sandboxed frame.
    """

    def __init__(self, alignment: Alignment, *, title_a: str, title_b: str) -> None:
        self._alignment = alignment
        self.rows = alignment.rows
        """The aligned lines, as a list of `DiffRow`."""
        self.same = alignment.same
        """Whether the compared parts of both texts are equal."""
        self.title_a = title_a
        self.title_b = title_b
        self.note = alignment.note
        """The limits that applied to the comparison, or ``None``."""
        self.words_added = alignment.words_added
        self.words_removed = alignment.words_removed
        self.words_changed = alignment.words_changed
        self.similarity = alignment.similarity
        """Twice the number of words in common over the number of words of both texts, 0 to 1."""
        self.changes = alignment.changes
        """The number of changes."""

    def __repr__(self) -> str:
        return (
            f"Difference({self.title_a!r}, {self.title_b!r}, changes={self.changes}, "
            f"words_added={self.words_added}, words_removed={self.words_removed}, "
            f"words_changed={self.words_changed})"
        )

    def html(self, *, dark: bool | None = None) -> str:
        """The side-by-side view as one self-contained HTML document of at most 3,000,000 characters.

        ``dark`` selects the theme; ``None``, the default, is the system theme of the reader.
        """
        view = side_by_side(self._alignment, self.title_a, self.title_b, dark, limit=MOST_SHOWN_CHARS)
        return view.html

    def _repr_html_(self) -> str:
        from ..notebook_output import (  # loads every renderer
            MOST_EMBEDDED_CHARS,
            embedded_length,
            framed_as_host,
        )

        height = min(480, 110 + 22 * len(self.rows) + 40 * self.changes)
        view = side_by_side(
            self._alignment,
            self.title_a,
            self.title_b,
            None,
            limit=MOST_EMBEDDED_CHARS,
            length=embedded_length,
        )
        frame = framed_as_host(view.html, title=f"{self.title_a} and {self.title_b}", height=height)
        if view.changes == self.changes:
            return frame
        return (
            f"{frame}<p>{view.changes:,} of {self.changes:,} changes are shown: the limit for a notebook"
            f" output is {MOST_EMBEDDED_CHARS:,} characters. <code>html()</code> returns more.</p>"
        )


def difference(a: str, b: str, *, title_a: str = "before", title_b: str = "after") -> Difference:
    """Compare two texts. The titles are the headings of the two columns.

    `alignment` describes the method and its limits.
    """
    return Difference(align(a, b), title_a=title_a, title_b=title_b)
