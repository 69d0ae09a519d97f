"""Frames in pandas. The dtypes are the same whatever the rows, and whether or not pyarrow is installed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ...state.log_line import LEVELS
from .columns import FrameData, Values, texts
from .schema import ValueKind


def pandas_frame(data: FrameData) -> pd.DataFrame:
    """The DataFrame of these columns."""
    return pd.DataFrame({name: _array(values) for name, values in data.columns.items()}, copy=False)


def _array(values: Values) -> Any:
    match values.kind:
        case ValueKind.CATEGORY:
            return _categories(values, pd.CategoricalDtype(pd.Index(values.words, dtype="string")))
        case ValueKind.LEVEL:
            return _categories(values, pd.CategoricalDtype(pd.Index(LEVELS, dtype="string"), ordered=True))
        case ValueKind.TEXT:
            return _strings(values)
        case ValueKind.INTEGER:
            return pd.arrays.IntegerArray(values.data, values.missing)
        case ValueKind.NUMBER:
            return pd.arrays.FloatingArray(np.where(values.missing, 0.0, values.data), values.missing)
        case ValueKind.FLAG:
            return pd.arrays.BooleanArray(values.data == 1, values.missing)
        case ValueKind.TIME:
            return pd.Series(values.data.view("datetime64[us]")).dt.tz_localize("UTC")
        case ValueKind.DURATION:
            return pd.Series(values.data.view("timedelta64[us]"))
        case _:
            return _lists(values)


def _categories(values: Values, dtype: pd.CategoricalDtype) -> pd.Categorical:
    return pd.Categorical.from_codes(values.data.astype(np.int32) - 1, dtype=dtype)


def _strings(values: Values) -> Any:
    dtype = pd.StringDtype()
    if dtype.storage == "pyarrow":
        from .arrow_frames import arrow_array

        return pd.arrays.ArrowStringArray(arrow_array(values))
    return pd.array(texts(values), dtype="string")


def _lists(values: Values) -> Any:
    """Lists of dicts or texts; each row has a list of its own."""
    column = np.empty(len(values), dtype=object)
    items: list[Any]
    if values.kind is ValueKind.TAGS:
        items = list(texts(values.items[0]))
    else:
        agents, scores, reasons = values.items
        known = [None if np.isnan(score) else score for score in scores.data.tolist()]
        items = [
            {"agent": agent, "score": score, "reason": reason}
            for agent, score, reason in zip(texts(agents), known, texts(reasons), strict=True)
        ]
    ends = values.ends.tolist()
    column[:] = [items[start:end] for start, end in pairwise(ends)] or column
    return column
