"""Where this user's history and host state live."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """``WORKER_WIDGET_HOME``, else the user data directory; made if missing, for its owner only.

    Raises ``OSError`` where it cannot be made.
    """
    named = os.environ.get("WORKER_WIDGET_HOME")
    path = Path(named).expanduser().absolute() if named else platformdirs.user_data_path("worker-widget")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
