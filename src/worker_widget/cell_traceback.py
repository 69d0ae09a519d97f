"""The traceback of this package's errors in a notebook cell: the message and the user's own lines.

IPython asks an exception that has ``_render_traceback_`` for its traceback, both for the output of a cell and
for ``%tb``. Plain Python does not, so scripts and logs have the usual traceback.
"""

from __future__ import annotations

import linecache
import re
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final

_PACKAGE: Final = Path(__file__).parent
_LIBRARIES: Final = tuple(map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib")))
_NOT_THE_USERS: Final = tuple(f"{Path(path).resolve()}/" for path in (str(_PACKAGE), *_LIBRARIES))
_RED: Final = "\x1b[31m"
_PLAIN: Final = "\x1b[39m"
_MOST_LINES: Final = 10
_MAGIC: Final = re.compile(r"get_ipython\(\)\.run_(cell|line)_magic\('(\w+)'")


def lines(error: BaseException) -> list[str]:
    """The traceback of ``error`` for IPython, as a list of lines.

    While the error is handled it is the name, the message and the lines of the user's code that led to it,
    innermost last. Afterwards (``%tb`` in a later cell) it is IPython's own traceback with every frame.
    """
    shell = _shell()
    if shell is not None and sys.exc_info()[1] is not error:
        whole: list[str] = shell.InteractiveTB.structured_traceback(
            type(error), error, error.__traceback__, tb_offset=1
        )
        return whole
    red, plain = ("", "") if shell is None or _without_colors(shell) else (_RED, _PLAIN)
    name = f"{red}{type(error).__name__}{plain}"
    own = list(_users_lines(error.__traceback__, shell))[-_MOST_LINES:]
    before = [f"  while handling {text}" for text in _handled(error)]
    return [f"{name}: {error}", *own, *before, "%tb in the next cell shows every frame."]


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def _without_colors(shell: Any) -> bool:
    return str(getattr(shell, "colors", "")).lower() in ("nocolor", "")


def _users_lines(trace: TracebackType | None, shell: Any) -> Iterator[str]:
    """A line for each frame that is neither this package's nor a library's, the call that raised last."""
    while trace is not None:
        code = trace.tb_frame.f_code
        if _is_users(code.co_filename):
            text = linecache.getline(code.co_filename, trace.tb_lineno, trace.tb_frame.f_globals).strip()
            function = "" if code.co_name.startswith("<") else f", in {code.co_name}"
            line = (
                f"  {_place(code.co_filename, shell)}, line {trace.tb_lineno}{function}: {_as_written(text)}"
            )
            yield line.rstrip(": ")
        trace = trace.tb_next


def _as_written(text: str) -> str:
    """The line of a cell; of a magic its name, because IPython makes one line of the whole cell."""
    called = _MAGIC.match(text)
    return text if called is None else f"{'%%' if called[1] == 'cell' else '%'}{called[2]}"


def _handled(error: BaseException) -> Iterator[str]:
    """The errors of the user's own code that were being handled when ``error`` was raised."""
    seen = {id(error)}
    before = _before(error)
    while before is not None and id(before) not in seen:
        seen.add(id(before))
        trace = before.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is not None and _is_users(trace.tb_frame.f_code.co_filename):
            yield f"{type(before).__name__}: {before}"
        before = _before(before)


def _before(error: BaseException) -> BaseException | None:
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _is_users(file: str) -> bool:
    """A cell is a file in a temporary directory, or has a name in angle brackets."""
    if file.startswith("<"):
        return not file.startswith("<frozen")
    return not str(Path(file).resolve()).startswith(_NOT_THE_USERS)


def _place(file: str, shell: Any) -> str:
    """The display name of a file: that of a cell, such as "Cell In[3]", or the path."""
    named = getattr(getattr(shell, "compile", None), "format_code_name", None)
    cell = None if named is None else named(file)
    return " ".join(cell) if cell else file
