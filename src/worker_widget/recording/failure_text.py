"""An exception as text: its message in one line, and its traceback without the frames of this package."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Final

_OWN: Final = str(Path(__file__).parents[1])
_MOST_FRAMES: Final = 100
_MOST_CHARS: Final = 64 * 1024
_MOST_LINE: Final = 4_096


def error_line(error: BaseException) -> str:
    """The exception in one line: its class and its message."""
    name = type(error).__name__
    try:
        message = str(error)
    except Exception:
        message = ""
    message = message.encode("utf-8", "replace").decode()
    if len(message) > _MOST_LINE:
        message = message[:_MOST_LINE] + "…"
    return f"{name}: {message}" if message else name


def traceback_text(error: BaseException, *, with_locals: bool = False) -> str:
    """The traceback as Python prints it, without this package's frames, and at most 64 Ki characters long.

    Local variables are in it only with ``with_locals``: they can hold secrets.
    """
    try:
        trace = traceback.TracebackException.from_exception(
            error, capture_locals=with_locals, compact=True, max_group_width=5
        )
        _leave_out_own(trace, set())
        text = "".join(trace.format())
    except Exception:  # a property of the exception or the repr of a variable can raise anything
        return error_line(error)
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _MOST_CHARS else f"{text[: _MOST_CHARS // 2]}\n…\n{text[-_MOST_CHARS // 2 :]}"


def _leave_out_own(trace: traceback.TracebackException, seen: set[int]) -> None:
    if id(trace) in seen:
        return
    seen.add(id(trace))
    frames = [frame for frame in trace.stack if not frame.filename.startswith(_OWN)]
    if len(frames) > _MOST_FRAMES:
        frames = frames[: _MOST_FRAMES // 2] + frames[-_MOST_FRAMES // 2 :]
    trace.stack = traceback.StackSummary.from_list(frames)
    linked = [trace.__cause__, trace.__context__, *(trace.exceptions or ())]
    for other in linked:
        if other is not None:
            _leave_out_own(other, seen)
