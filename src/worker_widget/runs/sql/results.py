"""Results of statements in pandas, polars or Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from ...state.log_line import LEVELS
from ..frames.engines import FrameEngine
from ..frames.packages import needed

if TYPE_CHECKING:
    import duckdb

LEVEL_TYPE: Final = "ENUM('debug', 'info', 'warning', 'error')"
"""DuckDB's type of log levels, in which debug < info < warning < error."""

_INTEGERS: Final = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_WIDE: Final = ("HUGEINT", "UHUGEINT", "UBIGINT")
_EXACT: Final = float(1 << 53)


def result(answer: duckdb.DuckDBPyConnection, engine: FrameEngine) -> Any:
    """The rows of an executed statement in a library. Raises `PackageMissing` if it is not installed."""
    if engine == "polars":
        return _polars(answer, needed("polars", 'engine="polars"'))
    if engine == "arrow":
        pyarrow = needed("pyarrow", 'engine="arrow"')
        return pyarrow.Table.from_pandas(_pandas(answer), preserve_index=False)
    return _pandas(answer)


def _pandas(answer: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    kinds = [str(column[1]) for column in answer.description or ()]
    columns = answer.fetchnumpy()
    return pd.DataFrame(
        {name: _array(values, kind) for (name, values), kind in zip(columns.items(), kinds, strict=True)}
    )


def _array(values: Any, kind: str) -> Any:
    """A column with the dtype that frames have for its kind, whatever the rows."""
    missing = np.ma.getmaskarray(values)
    plain = np.ma.getdata(values)
    if kind in (*_INTEGERS, *_WIDE):
        return _whole(plain, missing)
    if kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL"):
        numbers = plain.astype(np.float64)
        return pd.arrays.FloatingArray(np.where(missing, 0.0, numbers), missing | np.isnan(numbers))
    if kind == "BOOLEAN":
        return pd.arrays.BooleanArray(np.where(missing, False, plain).astype(bool), missing)
    if kind == "VARCHAR" or kind.startswith("ENUM"):
        texts: Any = pd.array(_objects(plain, missing), dtype="string")
        if kind == "VARCHAR":
            return texts
        levels = pd.CategoricalDtype(pd.Index(LEVELS, dtype="string"), ordered=True)
        return texts.astype(levels if kind == LEVEL_TYPE else "category")
    if kind == "TIMESTAMP WITH TIME ZONE":
        times = np.where(missing, np.datetime64("NaT"), plain).astype("datetime64[us]")
        return pd.Series(times).dt.tz_localize("UTC")
    if kind == "INTERVAL":
        return pd.Series(np.where(missing, np.timedelta64("NaT"), plain).astype("timedelta64[us]"))
    if kind in ("DATE", "TIMESTAMP"):
        return pd.Series(np.where(missing, np.datetime64("NaT"), plain).astype("datetime64[us]"))
    return pd.Series([_python(value) for value in _objects(plain, missing)], dtype=object)


def _objects(plain: Any, missing: Any) -> Any:
    """The values as an array of objects, with ``None`` for a missing one."""
    values = plain.astype(object)
    values[missing] = None
    return values


def _python(value: Any) -> Any:
    """A nested value as lists and dicts; DuckDB makes arrays of lists."""
    if isinstance(value, np.ndarray):
        return [_python(item) for item in value.tolist()]
    if isinstance(value, dict):
        return {key: _python(item) for key, item in value.items()}
    return value


def _whole(plain: Any, missing: Any) -> Any:
    """Whole numbers as ``Int64``; DuckDB's wide ones arrive as floats, and stay so beyond what is exact."""
    if plain.dtype.kind != "f":
        return pd.arrays.IntegerArray(np.where(missing, 0, plain).astype(np.int64), missing)
    missing = missing | np.isnan(plain)
    known = np.where(missing, 0.0, plain)
    if (np.abs(known) < _EXACT).all():
        return pd.arrays.IntegerArray(known.astype(np.int64), missing)
    return pd.arrays.FloatingArray(known, missing)


def _polars(answer: duckdb.DuckDBPyConnection, polars: Any) -> Any:
    """A polars DataFrame, not by DuckDB's Arrow stream: it has intervals, which polars does not read."""
    known = {
        **dict.fromkeys(_INTEGERS, polars.Int64),
        **dict.fromkeys(("FLOAT", "DOUBLE"), polars.Float64),
        "BOOLEAN": polars.Boolean,
        "VARCHAR": polars.String,
        LEVEL_TYPE: polars.Enum(LEVELS),
        "TIMESTAMP WITH TIME ZONE": polars.Datetime("us", "UTC"),
        "TIMESTAMP": polars.Datetime("us"),
        "INTERVAL": polars.Duration("us"),
        "DATE": polars.Date,
        "HUGEINT": polars.Int64,
    }
    known |= {f"{kind}[]": polars.List(item) for kind, item in known.items()}
    kinds = [str(column[1]) for column in answer.description or ()]
    frame = _pandas(answer)
    return polars.DataFrame(
        [
            polars.Series(name, _list(frame[name]), dtype=known.get(kind), strict=False)
            for name, kind in zip(frame, kinds, strict=True)
        ]
    )


def _list(column: pd.Series[Any]) -> list[Any]:
    """The values of a column as Python's, with ``None`` for a missing one."""
    return column.astype(object).where(column.notna(), None).tolist()
