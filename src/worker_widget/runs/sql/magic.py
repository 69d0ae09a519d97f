"""The magic ``%%worker_sql``: a cell of SQL over the runs."""

from __future__ import annotations

import keyword
from typing import Any

from ...errors import SqlError
from ...store.shared import shared_store
from ..ended_kernels import settle_ended


def worker_sql(shell: Any, line: str, cell: str | None = None) -> Any:
    """Executes SQL over the frames of all runs and returns the result as a DataFrame::

        %load_ext worker_widget

        %%worker_sql slowest
        SELECT name, avg(duration) FROM stages GROUP BY 1

    With a name after ``%%worker_sql``, the result becomes that variable and is not shown. A table that is no
    frame is the variable of that name, and ``$name`` the value of one. ``%worker_sql SELECT ...`` in a line
    returns the result.
    """
    name = "" if cell is None else line.strip()
    statement = line if cell is None else cell
    if name and (not name.isidentifier() or keyword.iskeyword(name)):
        raise SqlError(
            f"{name!r} is no name of a variable. Write %%worker_sql, or %%worker_sql name, and the statement"
            " on the lines below it."
        )
    from .query import query_with_variables  # with pandas: not yet when the extension is loaded

    store = shared_store()
    settle_ended(store)
    found = query_with_variables(store, statement, shell.user_ns)
    if not name:
        return found
    shell.user_ns[name] = found
    return None
