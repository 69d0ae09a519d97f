"""The optional language model: any OpenAI-compatible endpoint, in place of the rules where words are new."""

from __future__ import annotations

from collections.abc import Mapping

from .endpoint import Endpoint
from .model import LanguageModel
from .recordings import Recordings
from .settings import Settings
from .sources import Live, replayed

__all__ = ["LanguageModel", "Recordings", "configured", "replayed"]


def configured(environment: Mapping[str, str], recordings: Recordings) -> LanguageModel | None:
    """The model that the environment names; ``None`` where it names none."""
    settings = Settings.read(environment)
    return None if settings is None else LanguageModel(Live(Endpoint(settings), recordings))
