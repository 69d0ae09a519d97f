"""The libraries in which a frame can be: pandas, polars and Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from .columns import FrameData

FrameEngine: TypeAlias = Literal["pandas", "polars", "arrow"]
"""The library of a frame: ``pandas.DataFrame``, ``polars.DataFrame`` or ``pyarrow.Table``."""
OtherFrameEngine: TypeAlias = Literal["polars", "arrow"]

_ENGINES: Final = get_args(FrameEngine)


def check_engine(engine: str) -> None:
    """Raises ``ValueError`` for an unknown engine."""
    if engine not in _ENGINES:
        raise ValueError(f"engine={engine!r} is unknown. The engines are: {', '.join(_ENGINES)}.")


def in_engine(data: FrameData, engine: FrameEngine) -> Any:
    """The frame in a library. Raises `PackageMissing`."""
    if engine == "polars":
        from .polars_frames import polars_frame

        return polars_frame(data)
    if engine == "arrow":
        from .arrow_frames import arrow_table

        return arrow_table(data)
    from .pandas_frames import pandas_frame

    return pandas_frame(data)
