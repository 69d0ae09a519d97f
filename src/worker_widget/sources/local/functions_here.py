"""The workers of this process, and the name that consoles have for it as a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ...host.worker import Worker
    from ...recording.function import RecordedFunction

LABEL: Final = "this kernel"

functions_here: Final[dict[str, RecordedFunction[..., Any] | Worker]] = {}
"""The workers of this process, by id: functions, and objects that meet the host's protocol.

A cell that runs again replaces its function."""
