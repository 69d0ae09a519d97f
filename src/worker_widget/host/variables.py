"""The environment variables that name a language model, and how a host says which ones it was given.

They may hold a key, so what a host tells of them is a keyed hash: who knows the host's token can compare it
with the variables of their own process, and nobody can read them back.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

URL: Final = "WORKER_LLM_URL"
MODEL: Final = "WORKER_LLM_MODEL"
KEY: Final = "WORKER_LLM_KEY"
LANGUAGE_MODEL: Final = (URL, MODEL, KEY)


def given(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values of `LANGUAGE_MODEL`, without spaces around them; empty where one is not set."""
    return tuple(environment.get(name, "").strip() for name in LANGUAGE_MODEL)


def mark(environment: Mapping[str, str], token: str) -> str:
    """HMAC-SHA256 of the values under the host's token, in hex."""
    return hmac.new(token.encode(), "\0".join(given(environment)).encode(), hashlib.sha256).hexdigest()
