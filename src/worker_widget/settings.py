"""Every ``WORKER_*`` environment variable and the home directory. No other module reads them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final

import platformdirs

HOME: Final = "WORKER_WIDGET_HOME"
URL: Final = "WORKER_URL"
API_KEY: Final = "WORKER_API_KEY"
KEY_HEADER: Final = "WORKER_KEY_HEADER"


def variable(name: str) -> str:
    """The value of one of the variables above, stripped of white space; empty if it is not set."""
    return os.environ.get(name, "").strip()


def home() -> Path:
    """``WORKER_WIDGET_HOME``, else the user data directory; created with mode 0700 if missing.

    Raises ``OSError`` if it cannot be created.
    """
    named = os.environ.get(HOME)
    path = Path(named).expanduser().absolute() if named else platformdirs.user_data_path("worker-widget")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


@dataclass(frozen=True)
class LanguageModelVariables:
    """The values of ``WORKER_LLM_URL``, ``WORKER_LLM_MODEL`` and ``WORKER_LLM_KEY``; empty if not set.

    The key is not in the repr.
    """

    URL: ClassVar = "WORKER_LLM_URL"
    MODEL: ClassVar = "WORKER_LLM_MODEL"
    KEY: ClassVar = "WORKER_LLM_KEY"
    NAMES: ClassVar = (URL, MODEL, KEY)

    url: str = ""
    model: str = ""
    key: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        """Whether any of the three is set."""
        return any(self.values)

    @property
    def values(self) -> tuple[str, str, str]:
        """URL, model and key, in the order of `NAMES`."""
        return (self.url, self.model, self.key)


def language_model(environment: Mapping[str, str] | None = None) -> LanguageModelVariables:
    """The language model that ``environment`` names (default: this process's)."""
    given = os.environ if environment is None else environment
    return LanguageModelVariables(*(given.get(name, "").strip() for name in LanguageModelVariables.NAMES))
