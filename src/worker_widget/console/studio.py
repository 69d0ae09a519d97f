"""`WorkerStudio`: the console below its home page."""

from __future__ import annotations

from typing import Final, Literal, get_args

from ..errors import RequestRefused
from .widget import Theme, WorkerConsole

Section = Literal["home", "workers", "history", "health"]
"""A part of the home page."""

HEIGHT: Final = 720


class WorkerStudio(WorkerConsole):
    """The home page of the workers, in a notebook cell.

    It explains what workers are, and shows the workers of the server with their engines, the newest runs of
    all notebooks, and the health of the server. Run on a card opens the console below with that worker; its
    home button leads back up. A run that is started with `run` is shown in the console, too. A cell that is
    run again shows the home page first, and its run in the console below.

    Parameters
    ----------
    section
        The part of the page to show first: "home" (its top), "workers", "history" or "health".
    worker
        The id of the worker for the next run; "" is the first that can run.
    url, api_key, theme
        Those of `WorkerConsole`.
    height
        Of the home page and of the console below it: pixels, at least 320; 720 by default.

    Raises ``TypeError`` for an argument that is not listed here and `RequestRefused` for an invalid value.
    The page shows an error for a server that cannot be reached or refuses the key.
    """

    def __init__(
        self,
        section: Section = "home",
        *,
        worker: str = "",
        url: str | None = None,
        api_key: str | None = None,
        theme: Theme = "auto",
        height: int = HEIGHT,
    ) -> None:
        if section not in get_args(Section):
            known = ", ".join(repr(name) for name in get_args(Section))
            raise RequestRefused(f"section must be one of {known}, not {section!r}.")
        super().__init__(worker, url=url, api_key=api_key, theme=theme, height=height)
        self.set_trait("section", section)

    def __repr__(self) -> str:
        return "WorkerStudio()"

    def _named_html(self) -> str:
        return "Worker Studio."
