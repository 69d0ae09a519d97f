"""The optional language model: any OpenAI-compatible endpoint, in place of the rules where words are new."""

from __future__ import annotations

from ....host.worker import LanguageModelVariables
from .endpoint import Endpoint
from .model import LanguageModel
from .recordings import Recordings
from .settings import ModelSettings
from .sources import Live, replayed

__all__ = ["LanguageModel", "Recordings", "configured", "replayed"]


def configured(variables: LanguageModelVariables, recordings: Recordings) -> LanguageModel | None:
    """The model that the variables name; ``None`` where they name none."""
    settings = ModelSettings.read(variables)
    return None if settings is None else LanguageModel(Live(Endpoint(settings), recordings))
