"""Tool calls: their stages, arguments, results, failures and retries.

The order of events is free: arguments can follow the end of their call, results come in any order, an id can
be used again, and a result can be that of a call of an earlier run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ...events import (
    ArtifactCreated,
    FailureDetected,
    Log,
    Payload,
    RecoveryCompleted,
    RecoveryStarted,
    RoutingDecision,
)
from .artifact_names import ArtifactNames
from .excerpts import call_text, shown
from .json_values import formatted, read_json
from .stage_tree import StageTree
from .surrogates import without_surrogates

FAILED: Final = "tool_failed"
"""The failure pattern of a tool call that failed."""

_RETRY: Final = "retry"
_ARTIFACT_BYTES: Final = 2_048
"""Longer results are artifacts too."""

_MARKDOWN: Final = ("# ", "## ", "### ", "- ", "* ", "1. ", "> ", "| ", "```")


class Call(NamedTuple):
    """A call as others need it. ``arguments`` is parsed JSON, or the text if it is not JSON."""

    call_id: str
    tool: str
    stage_id: str
    arguments: Any


@dataclass(slots=True, eq=False)
class _Call:
    """``first`` is a piece of the arguments that may be missing before ``parts``. ``retry_of`` are the stages
    of the failed calls that this call repeats, oldest first.
    """

    call_id: str
    tool: str
    stage_id: str
    parent_message: str | None = None
    first: str = ""
    parts: list[str] = field(default_factory=list)
    ended: bool = False
    announced: str | None = None
    answered: bool = False
    failed: bool = False
    result: Any = None
    result_message: str | None = None
    retry_of: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "".join(self.parts)


class ToolCalls:
    """The tool calls of a run; their events go into ``out``.

    ``offered`` are the names of the tools that the agent could choose from, as far as known. ``on_call`` and
    ``on_result`` are called when a call or a result is complete. ``unsettled`` are the retries with a result
    that the next event can report to be a failure. ``last_stage`` is the stage that was opened last.
    """

    def __init__(
        self,
        tree: StageTree,
        names: ArtifactNames,
        out: list[Payload],
        on_call: Callable[[str, str, str, str | None], None],
        on_result: Callable[[str, str, Any], None],
    ) -> None:
        self.offered: list[str] = []
        self._tree = tree
        self._names = names
        self._out = out
        self._on_call = on_call
        self._on_result = on_result
        self._calls: dict[str, list[_Call]] = {}
        self._failed: dict[str, _Call] = {}
        self._by_message: dict[str, _Call] = {}
        self.last_stage: str | None = None
        self.unsettled: list[_Call] = []

    # --- the call ----------------------------------------------------------------------------------

    def start(
        self,
        call_id: str,
        tool: str,
        time: float,
        *,
        parent: str | None = None,
        parent_message: str | None = None,
        agent: str | None = None,
    ) -> None:
        """Starts a call. The repeated start of a call that still gets arguments changes nothing."""
        known = self._calls.get(call_id)
        if known and not known[-1].ended:
            return
        tool = tool or "tool"
        stage_id = self._tree.start(tool, "tool", time, parent=parent, agent=agent)
        call = _Call(call_id, tool, stage_id, parent_message)
        self._calls.setdefault(call_id, []).append(call)
        self.last_stage = stage_id
        failed = self._failed.pop(tool, None)
        if failed is not None:
            call.retry_of = (*failed.retry_of, failed.stage_id)
            self._out.append(RecoveryStarted(stage_id=failed.stage_id, action=_RETRY))

    def __contains__(self, call_id: str) -> bool:
        """Whether the call has started and still gets arguments."""
        call = self._newest(call_id)
        return call is not None and not call.ended

    def expect(self, call_id: str, first: str) -> None:
        """Sets the piece that the arguments of a call begin with, should they arrive without it.

        LangGraph's server leaves out the piece that comes with the name of the tool.
        """
        call = self._newest(call_id)
        if call is not None and not call.parts:
            call.first = first

    def arguments(self, call_id: str, delta: str, time: float) -> None:
        """Adds a piece of the arguments; a call that has not started is started."""
        call = self._newest(call_id)
        if call is None:
            self.start(call_id, "", time)
            call = self._calls[call_id][-1]
        call.parts.append(delta)
        if call.ended and not call.answered:
            self._announce(call)

    def end(self, call_id: str, time: float) -> None:
        """The arguments are complete, if they are JSON; otherwise more of them can follow."""
        call = self._newest(call_id)
        if call is not None and not call.ended:
            call.ended = True
            self._announce(call)

    def correct(self, call_id: str, arguments: str) -> None:
        """Replaces arguments that are not whole by those of a snapshot, while the call has no result."""
        call = self._newest(call_id)
        if call is None or call.answered or call.text == arguments:
            return
        is_json, known = parse(call.text)
        if (not is_json or known == {}) and parse(arguments)[0]:
            call.parts = [arguments]
            call.ended = True
            self._announce(call)

    def _announce(self, call: _Call, *, whole: bool = False) -> None:
        """Shows the call once its arguments are JSON, or are ``whole``."""
        if call.first and parse(call.text)[1] in ({}, call.text) and parse(call.first + call.text)[0]:
            call.parts = [call.first, call.text]
            call.first = ""
        text = call.text
        if call.announced is None or call.announced != text:
            is_json, arguments = parse(text)
            if not is_json and not whole:
                return
            self._tree.set_input(call.stage_id, arguments)
            if call.announced is None:
                self._out.append(Log(stage_id=call.stage_id, message=call_text(call.tool, arguments)))
                self._out.append(
                    RoutingDecision(
                        stage_id=call.stage_id,
                        selected_agent=call.tool,
                        alternatives=[tool for tool in self.offered if tool != call.tool],
                        routing_source="model",
                    )
                )
            call.announced = text
            self._on_call(call.call_id, call.tool, text, call.parent_message)

    # --- the result --------------------------------------------------------------------------------

    def result(self, call_id: str, content: Any, message_id: str, time: float) -> bool:
        """Adds the result of a call; false if no call of that id has started."""
        call = self._awaiting(call_id)
        if call is None:
            return False
        if call.answered and call.result == content:
            return True
        if not call.answered:
            call.ended = True
            self._announce(call, whole=True)
        call.answered = True
        call.result = content
        call.result_message = message_id
        if message_id:
            self._by_message[message_id] = call
        self._on_result(call_id, message_id, content)
        output = output_of(content)
        if output is not None:
            self._show(call, output)
        self._tree.complete(call.stage_id, time, output)
        if call.retry_of:
            self.unsettled.append(call)
        return True

    def answer_earlier(
        self,
        call_id: str,
        tool: str,
        arguments: str,
        content: Any,
        message_id: str,
        time: float,
        parent: str | None,
    ) -> None:
        """Adds the result of a call of an earlier run, which is not started again."""
        given = parse(arguments)[1] if arguments.strip() else None
        stage_id = self._tree.start(tool, "tool", time, parent=parent, input=given)
        call = _Call(call_id, tool, stage_id, parts=[arguments], ended=True, announced=arguments)
        self._calls.setdefault(call_id, []).append(call)
        self.result(call_id, content, message_id, time)

    def _show(self, call: _Call, output: Any) -> None:
        self._out.append(Log(stage_id=call.stage_id, agent=call.tool, message=shown(output)))
        kind = _artifact_type(output)
        if kind is not None:
            content = output if isinstance(output, str) else formatted(output)
            name = self._names.numbered(call.tool, kind)
            self._out.append(
                ArtifactCreated(
                    stage_id=call.stage_id, artifact_name=name, artifact_type=kind, content=content
                )
            )

    def fail(self, call_id: str, error: str) -> None:
        """The call failed: as its result says, or instead of a result."""
        call = self._awaiting(call_id)
        if call is not None:
            self._fail(call, error)

    def fail_result(self, message_id: str) -> None:
        """The result in that message is the report of a failure."""
        call = self._by_message.get(message_id)
        if call is not None:
            self._fail(call, shown(output_of(call.result)))

    def decline_result(self, message_id: str) -> None:
        """The result in that message says that a person declined the call."""
        call = self._by_message.get(message_id)
        if call is not None:
            message = f"{call.tool} was declined."
            self._out.append(Log(stage_id=call.stage_id, message=message, level="warning"))

    def _fail(self, call: _Call, error: str) -> None:
        if call.failed:
            return
        if not call.answered:
            call.ended = True
            self._announce(call, whole=True)
        call.answered = call.failed = True
        error = error or "The tool failed without a reason."
        self._out.append(FailureDetected(stage_id=call.stage_id, error=error, pattern=FAILED))
        self._tree.fail_closed(call.stage_id, error)
        if call in self.unsettled:
            self.unsettled.remove(call)
        if call.retry_of:
            self._out.append(RecoveryCompleted(stage_id=call.retry_of[-1], action=_RETRY, success=False))
        self._failed[call.tool] = call

    def settle(self) -> None:
        """The results of retries are not followed by the report of a failure: they are successes."""
        for call in self.unsettled:
            for stage_id in call.retry_of:
                self._out.append(RecoveryCompleted(stage_id=stage_id, action=_RETRY, success=True))
        self.unsettled.clear()

    # --- the end -----------------------------------------------------------------------------------

    def unanswered(self) -> Sequence[Call]:
        """The calls without a result, in the order of their start."""
        return [
            Call(call.call_id, call.tool, call.stage_id, parse(call.text)[1])
            for calls in self._calls.values()
            for call in calls
            if not call.answered
        ]

    def find(self, call_id: str) -> Call | None:
        call = self._awaiting(call_id)
        return None if call is None else Call(call_id, call.tool, call.stage_id, parse(call.text)[1])

    def close(self, except_for: Collection[str] = ()) -> None:
        """The run is over: arguments are whole, and calls without a result get none."""
        for call_id, calls in self._calls.items():
            for call in calls:
                if not call.answered:
                    call.ended = True
                    self._announce(call, whole=True)
                    call.answered = call_id not in except_for
        self.settle()

    def _newest(self, call_id: str) -> _Call | None:
        calls = self._calls.get(call_id)
        return calls[-1] if calls else None

    def _awaiting(self, call_id: str) -> _Call | None:
        """The oldest call of that id without a result, or else the newest."""
        calls = self._calls.get(call_id)
        if not calls:
            return None
        return next((call for call in calls if not call.answered), calls[-1])


def parse(arguments: str) -> tuple[bool, Any]:
    """Whether the text is JSON, and its value: the text itself if it is not; no text is an empty object."""
    if not arguments.strip():
        return True, {}
    try:
        return True, read_json(arguments)
    except ValueError:
        return False, without_surrogates(arguments)


def output_of(content: Any) -> Any:
    """The output of a call: an object or list if the result is its JSON, parts of text as one text."""
    if isinstance(content, str):
        text = content.strip()
        if text[:1] in ("{", "["):
            return parse(content)[1]
        return without_surrogates(content)
    if isinstance(content, list) and content:
        texts = [
            part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"
        ]
        if len(texts) == len(content) and all(isinstance(text, str) for text in texts):
            return output_of("".join(map(str, texts)))
    return content


def _artifact_type(output: Any) -> str | None:
    """The type of the artifact of a result; ``None`` for a short text, which the log shows."""
    if isinstance(output, str):
        if len(output.encode("utf-8", "replace")) <= _ARTIFACT_BYTES:
            return None
        lines = output.splitlines()
        return "md" if any(line.startswith(_MARKDOWN) for line in lines[:200]) else "txt"
    if _has_media(output) or len(formatted(output)) > _ARTIFACT_BYTES:
        return "json"
    return None


def _has_media(output: Any) -> bool:
    return isinstance(output, list) and any(isinstance(part, dict) and "source" in part for part in output)
