"""The options of a Business Builder run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ....host.worker import WorkerOption

PACE: Final = WorkerOption(
    name="pace",
    type="number",
    default=10.0,
    minimum=0,
    maximum=120,
    unit="seconds",
    help="How long the run takes, so that a person can watch it. 0 runs at full speed.",
    affects_artifacts=False,
)
WRITER: Final = WorkerOption(
    name="writer",
    type="choice",
    default="auto",
    choices=("auto", "rules", "model"),
    help="Who writes the texts. auto: the language model where there is one, and the rules where it fails."
    " rules: never the model. model: only the model.",
)
STAGE_TIMEOUT: Final = WorkerOption(
    name="stage_timeout",
    type="number",
    minimum=0.1,
    maximum=3600,
    unit="seconds",
    help="How long a stage may take, pace included. Empty: 60 s, or 240 s where a language model writes, and"
    " the stage's part of the pace.",
)
DECLARED: Final = (PACE, WRITER, STAGE_TIMEOUT)


def value(options: Mapping[str, Any], option: WorkerOption) -> Any:
    """The value of an option, its default where the request leaves it out."""
    return options.get(option.name, option.default)
