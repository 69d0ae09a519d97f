"""How tokens are counted, without a model.

A token is a run of up to six letters, a run of up to three digits, or one other visible mark; white
space counts nothing. On English prose this comes near what common model tokenizers count, and it is
the same everywhere. Only the prose a stage writes is counted: reading is free here, and markup and
styles are templates.
"""

from __future__ import annotations

import re
from typing import Final

RULE: Final = (
    "a token is up to 6 letters, up to 3 digits or one other mark; only prose that is written counts"
)

_TOKEN: Final = re.compile(r"[^\W\d_]{1,6}|\d{1,3}|[^\w\s]|_")


def count(text: str) -> int:
    """How many tokens ``text`` has.

    >>> count("Plan, record and publish 1200 episodes.")
    11
    """
    return len(_TOKEN.findall(text))
