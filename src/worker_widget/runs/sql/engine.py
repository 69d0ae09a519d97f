"""A closed DuckDB: in memory, without files, network, extensions or variables of Python."""

from __future__ import annotations

import _thread
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from ...errors import PackageMissing
from .tree import Node

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")
Parameters: TypeAlias = "Sequence[Any] | Mapping[str, Any]"
"""The values of a statement's parameters: of ``?`` or ``$1`` by their order, of ``$name`` by their names."""

_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_SETTINGS: Final = (
    "SET python_enable_replacements = false",
    "SET TimeZone = 'UTC'",
    "SET lock_configuration = true",
)
_INTERRUPT_AGAIN_S: Final = 0.02
_LOOK_S: Final = 0.2


def open_engine() -> duckdb.DuckDBPyConnection:
    """Opens an empty database. Raises `PackageMissing` without DuckDB."""
    try:
        import duckdb
    except ImportError as error:
        raise PackageMissing(
            "SQL over runs needs DuckDB, which is not installed."
            " Install it with: pip install 'worker-widget[sql]'"
        ) from error
    engine = duckdb.connect(":memory:", config=_CONFIG)
    for setting in _SETTINGS:
        engine.execute(setting).fetchall()
    return engine


def rows(
    engine: duckdb.DuckDBPyConnection, statement: str, parameters: Parameters = ()
) -> list[tuple[Any, ...]]:
    """All rows of a statement's result."""
    return engine.execute(statement, parameters).fetchall()


def parsed(engine: duckdb.DuckDBPyConnection, statement: str) -> Node:
    """The tree of a statement, or a mapping with ``error_message``, for a statement that is no SELECT too."""
    ((text,),) = rows(engine, "SELECT json_serialize_sql(?::VARCHAR)", [statement])
    tree: Node = json.loads(text)
    return tree


def statement_of(engine: duckdb.DuckDBPyConnection, tree: Node) -> str:
    """The statement of a tree."""
    ((text,),) = rows(engine, "SELECT json_deserialize_sql(?::JSON)", [json.dumps(tree)])
    return str(text)


class _Progress:
    """How far work in another thread is. Plain attributes: an interrupt can leave a lock of Python locked."""

    begun = False
    cancelled = False
    over = False


def interruptible(engine: duckdb.DuckDBPyConnection, work: Callable[[], T]) -> T:
    """Does work with the engine in a thread of its own, so that an interrupt of this one ends it."""
    results: list[T] = []
    errors: list[BaseException] = []
    progress = _Progress()
    working = _thread.allocate_lock()
    working.acquire()

    def do() -> None:
        progress.begun = True
        try:
            if not progress.cancelled:
                results.append(work())
        except BaseException as error:
            errors.append(error)
        finally:
            progress.over = True
            working.release()

    # Not `threading`: its `start`, `join` and `wait` take locks in Python code, where an interrupt of this
    # thread can come between.
    try:
        _thread.start_new_thread(do, ())
        while not working.acquire(timeout=_LOOK_S):
            pass  # a signal between two instructions, just before the wait, does not wake it
    except BaseException:
        progress.cancelled = True
        while progress.begun and not progress.over:
            engine.interrupt()  # again, because the work may be between two statements
            time.sleep(_INTERRUPT_AGAIN_S)
        raise
    if errors:
        raise errors[0]
    return results[0]
