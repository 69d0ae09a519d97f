"""Whether the language models of the workers answer. A model is asked at most every half minute."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from ..events.answers import ModelHealth
from .worker import UsesLanguageModel

KEPT_S: Final = 30.0
ANSWER_S: Final = 8.0

_log = logging.getLogger(__name__)


class ModelHealthCheck:
    """Asks each worker for the state of its language model, and keeps the answers for `KEPT_S` seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[float, ModelHealth | None]] = {}
        self._asking = asyncio.Lock()

    async def of(self, key: tuple[str, str], worker: object) -> ModelHealth | None:
        """The state of a worker's language model; ``None`` if it has none, or does not say.

        ``key`` is the mark of the model and the id of the worker.
        """
        if not isinstance(worker, UsesLanguageModel):
            return None
        async with self._asking:
            asked, known = self._kept.get(key, (-KEPT_S, None))
            if self._clock() - asked >= KEPT_S or key not in self._kept:
                known = await _asked(worker)
                self._kept[key] = (self._clock(), known)
        return known


async def _asked(worker: UsesLanguageModel) -> ModelHealth | None:
    try:
        async with asyncio.timeout(ANSWER_S):
            return await worker.model_health()
    except TimeoutError:
        return ModelHealth(status="unavailable", reason=f"no answer within {ANSWER_S:g} s")
    except Exception as error:
        _log.exception("The state of a language model could not be read")
        return ModelHealth(status="unavailable", reason=f"the worker's check failed ({type(error).__name__})")
