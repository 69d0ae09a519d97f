"""The IPython shell of this process."""

from __future__ import annotations

from typing import Any


def shell() -> Any:
    """The shell; ``None`` outside IPython."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    return get_ipython()
