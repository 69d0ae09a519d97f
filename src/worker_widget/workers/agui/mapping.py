"""Maps the events of AG-UI to the events of a run. Pure: no input, no output, no clock.

`EventMapping.take` accepts any event in any order. What is open at the end of a run ends with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from ...events import (
    FailureDetected,
    Log,
    Payload,
    Progress,
    RoutingDecision,
)
from ...events.lenient_fields import number
from . import messages as agui
from .artifact_names import ArtifactNames
from .conversation import (
    Conversation,
    SnapshotActivity,
    SnapshotAnswer,
    SnapshotCall,
    SnapshotResult,
    calls_of,
    langgraph_calls,
    langgraph_first_piece,
)
from .documents import Documents
from .encrypted import tool_outcome
from .excerpts import shown
from .interrupts import Interrupt, pending_call, read_interrupts, read_on_interrupt
from .open_stages import OpenStages
from .stage_tree import StageTree
from .text_streams import ANSWER, REASONING, TextStreams
from .tool_calls import Call, ToolCalls
from .usage import UNNAMED, ModelUsage, read_usage

ENDED: Final = "the connection ended before the agent reported the end of its run"
"""The error of a stream without a terminal event."""

_STATE: Final = "state"
_THINKING: Final = "thinking"
_ANSWER: Final = "answer"
_ON_INTERRUPT: Final = "on_interrupt"
_NO_REASON: Final = "The agent failed without a reason."
_KEEP_CHUNK: Final = frozenset(
    {
        agui.TextMessageChunk,
        agui.ToolCallChunk,
        agui.ReasoningMessageChunk,
        agui.RawEvent,
        agui.ActivitySnapshot,
        agui.ActivityDelta,
        agui.ReasoningEncryptedValue,
    }
)
"""The events that do not close a sequence of chunks."""


@dataclass(frozen=True)
class AgentOutcome:
    """The end of an agent's run.

    ``status`` is completed, waiting (for ``interrupts``), cancelled or failed (with ``error``).
    """

    status: str
    error: str = ""
    interrupts: tuple[Interrupt, ...] = ()


class EventMapping:
    """One conversation with an agent as one of our runs, over all the agent's runs that it takes.

    ``outcome`` is ``None`` while a run of the agent is going on. ``usage`` has an entry for each model of
    each run. ``conversation`` grows with what the agent says.
    """

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.outcome: AgentOutcome | None = None
        self.usage: list[ModelUsage] = []
        self._out: list[Payload] = []
        self._time = 0.0
        self._clock_ahead = 0.0
        self._tree = StageTree(self._out)
        self._stages = OpenStages(self._tree)
        self._names = ArtifactNames()
        self._documents = Documents(self._names, self._out)
        self._documents.begin(_STATE, _STATE, conversation.state)
        self._answers = TextStreams(ANSWER, self._tree, self._names, self._out, self._on_answer)
        self._reasoning = TextStreams(REASONING, self._tree, self._names, self._out, self._on_reasoning)
        self._tools = ToolCalls(
            self._tree, self._names, self._out, conversation.add_call, conversation.add_result
        )
        self._roles: dict[str, str] = {}
        self._places: dict[str, str | None] = {}
        self._chunk: tuple[TextStreams | ToolCalls, str] | None = None
        self._chunks = 0
        self._title: str | None = None
        self._on_interrupts: list[Interrupt] = []
        self._not_shown: dict[str, int] = {}
        self._handlers: dict[type[agui.AguiEvent], Callable[[Any], None]] = {
            agui.AgentRunStarted: self._run_started,
            agui.AgentRunFinished: self._run_finished,
            agui.AgentRunErrored: self._run_errored,
            agui.StepStarted: self._step_started,
            agui.StepFinished: self._step_finished,
            agui.TextMessageStart: self._text_start,
            agui.TextMessageContent: self._text_content,
            agui.TextMessageEnd: self._text_end,
            agui.TextMessageChunk: self._text_chunk,
            agui.ToolCallStart: self._call_start,
            agui.ToolCallArgs: self._call_arguments,
            agui.ToolCallEnd: self._call_end,
            agui.ToolCallChunk: self._call_chunk,
            agui.ToolCallResult: self._call_result,
            agui.StateSnapshot: self._state_snapshot,
            agui.StateDelta: self._state_delta,
            agui.MessagesSnapshot: self._messages_snapshot,
            agui.ActivitySnapshot: self._activity_snapshot,
            agui.ActivityDelta: self._activity_delta,
            agui.ReasoningStart: self._nothing,
            agui.ReasoningEnd: self._reasoning_end,
            agui.ReasoningMessageStart: self._reasoning_start,
            agui.ReasoningMessageContent: self._reasoning_content,
            agui.ReasoningMessageEnd: self._reasoning_end,
            agui.ReasoningMessageChunk: self._reasoning_chunk,
            agui.ReasoningEncryptedValue: self._encrypted,
            agui.ThinkingStart: self._thinking_start,
            agui.ThinkingEnd: self._thinking_end,
            agui.ThinkingTextStart: self._nothing,
            agui.ThinkingTextContent: self._thinking_content,
            agui.ThinkingTextEnd: self._thinking_end,
            agui.SubagentStarted: self._subagent_started,
            agui.SubagentFinished: self._subagent_finished,
            agui.SubagentErrored: self._subagent_errored,
            agui.RawEvent: self._raw,
            agui.Custom: self._custom,
            agui.Unknown: self._unknown,
        }

    def take(self, event: agui.AguiEvent, arrival_ms: float) -> list[Payload]:
        """The events of our run that an event of the agent means.

        ``arrival_ms`` is the time of its arrival since 1970. An event without a time of its own arrives by
        the agent's clock as the events before it showed that clock.

        Raises:
            RunError: The state changes by JSON Patch, and the package for it is not installed.
        """
        kind = type(event)
        time = event.time_ms
        if time is not None:
            self._clock_ahead = time - arrival_ms
        self._time = arrival_ms + self._clock_ahead
        if self._chunk is not None and kind not in _KEEP_CHUNK:
            self._end_chunk()
        if self._tools.unsettled and kind is not agui.ReasoningEncryptedValue:
            self._tools.settle()
        if self._time >= self._documents.due_ms:
            self._documents.write(self._time)
        self._handlers[kind](event)
        return self._taken()

    def connection_ended(self, error: str = ENDED) -> list[Payload]:
        """The stream is over. Without a terminal event the run of the agent has failed with ``error``."""
        if self.outcome is None:
            self._fail(error, None)
        elif self.outcome.status == "failed":
            self._break_off(self.outcome.error)
        else:
            self._close_open(waiting=self.outcome.status == "waiting")
        return self._taken()

    def give_up(self, error: str) -> list[Payload]:
        """The run cannot go on, although the agent only waits."""
        self._break_off(error)
        self.outcome = AgentOutcome("failed", error)
        return self._taken()

    def answer_call(self, call_id: str, content: str, arrival_ms: float) -> list[Payload]:
        """The events of a tool call that a person answered in the place of the agent's client."""
        self._time = max(self._time, arrival_ms + self._clock_ahead)
        self._result(call_id, content, f"result-{call_id}", None)
        return self._taken()

    def call(self, call_id: str | None) -> Call | None:
        """A tool call by its id."""
        return None if call_id is None else self._tools.find(call_id)

    def _taken(self) -> list[Payload]:
        taken = self._out.copy()
        self._out.clear()
        return taken

    # --- runs --------------------------------------------------------------------------------------

    def _run_started(self, event: agui.AgentRunStarted) -> None:
        self.outcome = None
        self._answers.last_stage = None
        self._on_interrupts.clear()
        tools = event.input.get("tools") if isinstance(event.input, dict) else None
        if isinstance(tools, list):
            names = (tool.get("name") for tool in tools if isinstance(tool, dict))
            self._tools.offered = [name for name in names if isinstance(name, str)]

    def _run_finished(self, event: agui.AgentRunFinished) -> None:
        if self.outcome is not None:
            return
        outcome = event.outcome if isinstance(event.outcome, dict) else {}
        interrupts = self._interrupts(outcome)
        self._close_open(waiting=bool(interrupts))
        self._count(event.usage, self._answers.last_stage)
        if interrupts:
            self.outcome = AgentOutcome("waiting", interrupts=tuple(interrupts))
        elif outcome.get("type") == "cancelled":
            self.outcome = AgentOutcome("cancelled", "The agent cancelled its run.")
        else:
            self.outcome = AgentOutcome("completed")
        self._report_not_shown()

    def _interrupts(self, outcome: dict[str, Any]) -> list[Interrupt]:
        interrupts = read_interrupts(outcome) if outcome.get("type") == "interrupt" else []
        interrupts = interrupts or self._on_interrupts.copy()
        pending = outcome.get("pendingToolCallIds")
        for call_id in pending if isinstance(pending, list) else ():
            call = self._tools.find(str(call_id))
            if call is not None:
                interrupts.append(pending_call(call))
        return interrupts

    def _run_errored(self, event: agui.AgentRunErrored) -> None:
        if self.outcome is None:
            self._fail(event.message or _NO_REASON, event.code)
            self._count(event.usage, None)

    def _fail(self, error: str, code: str | None) -> None:
        innermost = self._tree.innermost
        self._out.append(FailureDetected(stage_id=innermost, error=error, pattern=code))
        self._break_off(error)
        self.outcome = AgentOutcome("failed", error)
        self._report_not_shown()

    def _break_off(self, error: str) -> None:
        """Fails what is open. Texts stay unfinished."""
        self._chunk = None
        self._answers.break_off()
        self._reasoning.break_off()
        self._tools.close()
        self._documents.write(self._time, all=True)
        self._tree.fail_all(error)
        self._stages.clear()

    def _close_open(self, *, waiting: bool = False) -> None:
        """Ends what is open; of a run that is ``waiting``, calls without a result stay open."""
        self._end_chunk()
        self._answers.end_all(self._time)
        self._reasoning.end_all(self._time)
        open_calls = self._tools.unanswered() if waiting else ()
        self._tools.close({call.call_id for call in open_calls})
        self._documents.write(self._time, all=True)
        self.conversation.state = self._documents.value(_STATE)
        self._tree.complete_all(self._time, {call.stage_id for call in open_calls})
        self._stages.clear()

    def _count(self, usage: Any, answer: str | None) -> None:
        """Adds the tokens of a run. Those of a single model are shown at its last answer."""
        models = read_usage(usage)
        self.usage += models
        for model in models:
            if answer is not None and len(models) == 1:
                self._tree.add_usage(answer, model)
            else:
                name = model.model or UNNAMED
                self._tree.add_usage(self._tree.start(name, "model", self._time), model)

    def _report_not_shown(self) -> None:
        if self._not_shown:
            counts = ", ".join(f"{count} {kind}" for kind, count in self._not_shown.items())
            self._out.append(Log(message=f"Events that are not shown: {counts}", level="debug"))
            self._not_shown.clear()

    # --- steps and subagents -----------------------------------------------------------------------

    def _step_started(self, event: agui.StepStarted) -> None:
        self._stages.start_step(event.step_name, event.subagent_run_id, self._time)

    def _step_finished(self, event: agui.StepFinished) -> None:
        self._stages.end_step(event.step_name, event.subagent_run_id, self._time)

    def _subagent_started(self, event: agui.SubagentStarted) -> None:
        call = None if event.parent_tool_call_id is None else self._tools.find(event.parent_tool_call_id)
        parent = call.stage_id if call is not None and self._tree.is_open(call.stage_id) else None
        stage_id = self._stages.start_subagent(
            event.subagent_run_id,
            event.name,
            self._time,
            parent=parent or self._stages.place(event.parent_subagent_run_id),
            task=event.description,
        )
        if stage_id is not None:
            name = event.name or "subagent"
            self._out.append(
                RoutingDecision(stage_id=stage_id, selected_agent=name, routing_source="delegation")
            )

    def _subagent_finished(self, event: agui.SubagentFinished) -> None:
        if isinstance(event.outcome, dict) and event.outcome.get("type") == "suspended":
            return  # it waits for the answer to an interrupt
        self._stages.end_subagent(event.subagent_run_id, self._time, event.result)

    def _subagent_errored(self, event: agui.SubagentErrored) -> None:
        stage_id = self._stages.subagent(event.subagent_run_id)
        error = event.message or _NO_REASON
        self._out.append(FailureDetected(stage_id=stage_id, error=error, pattern=event.code))
        self._stages.fail_subagent(event.subagent_run_id, error)

    # --- texts -------------------------------------------------------------------------------------

    def _open_answer(self, message_id: str, role: str | None, name: str | None, subagent: str | None) -> None:
        if message_id in self._answers:
            return
        role = role or "assistant"
        place = self._stages.place(subagent)
        self._roles[message_id] = role
        self._places[message_id] = place
        stage = _ANSWER if role == "assistant" else role
        self._answers.start(message_id, stage, place, name or self._stages.agent(subagent))

    def _text_start(self, event: agui.TextMessageStart) -> None:
        self._open_answer(event.message_id, event.role, event.name, event.subagent_run_id)

    def _text_content(self, event: agui.TextMessageContent) -> None:
        if event.message_id not in self._answers:
            self._open_answer(event.message_id, None, None, event.subagent_run_id)
        self._answers.append(event.message_id, event.delta, self._time)

    def _text_end(self, event: agui.TextMessageEnd) -> None:
        self._answers.end(event.message_id, self._time)

    def _text_chunk(self, event: agui.TextMessageChunk) -> None:
        message_id = self._chunk_id(self._answers, event.message_id)
        if message_id not in self._answers:
            self._chunk = (self._answers, message_id)
            self._open_answer(message_id, event.role, event.name, event.subagent_run_id)
        self._answers.append(message_id, event.delta, self._time)

    def _on_answer(self, message_id: str, text: str) -> None:
        self.conversation.add_text(message_id, self._roles.pop(message_id, "assistant"), text)

    # --- reasoning ---------------------------------------------------------------------------------

    def _open_reasoning(self, message_id: str, subagent: str | None) -> None:
        if message_id not in self._reasoning:
            place, agent = self._stages.place(subagent), self._stages.agent(subagent)
            self._reasoning.start(message_id, _THINKING, place, agent, self._title)

    def _reasoning_start(self, event: agui.ReasoningMessageStart) -> None:
        self._open_reasoning(event.message_id, event.subagent_run_id)

    def _reasoning_content(self, event: agui.ReasoningMessageContent) -> None:
        self._open_reasoning(event.message_id, event.subagent_run_id)
        self._reasoning.append(event.message_id, event.delta, self._time)

    def _reasoning_end(self, event: agui.ReasoningMessageEnd | agui.ReasoningEnd) -> None:
        self._reasoning.end(event.message_id, self._time)

    def _reasoning_chunk(self, event: agui.ReasoningMessageChunk) -> None:
        message_id = self._chunk_id(self._reasoning, event.message_id)
        if message_id not in self._reasoning:
            self._chunk = (self._reasoning, message_id)
            self._open_reasoning(message_id, event.subagent_run_id)
        self._reasoning.append(message_id, event.delta, self._time)

    def _thinking_start(self, event: agui.ThinkingStart) -> None:
        self._title = event.title

    def _thinking_content(self, event: agui.ThinkingTextContent) -> None:
        self._open_reasoning("", None)
        self._reasoning.append("", event.delta, self._time)

    def _thinking_end(self, event: agui.ThinkingTextEnd | agui.ThinkingEnd) -> None:
        self._reasoning.end("", self._time)
        if type(event) is agui.ThinkingEnd:
            self._title = None

    def _on_reasoning(self, message_id: str, text: str) -> None:
        if message_id and text:
            self.conversation.add_text(message_id, "reasoning", text)

    def _encrypted(self, event: agui.ReasoningEncryptedValue) -> None:
        outcome = tool_outcome(event.encrypted_value)
        if outcome is None:
            self._skip("REASONING_ENCRYPTED_VALUE")
        elif outcome == "denied":
            self._tools.decline_result(event.entity_id)
        else:
            self._tools.fail_result(event.entity_id)

    # --- tool calls --------------------------------------------------------------------------------

    def _start_call(self, call_id: str, tool: str, parent_message: str | None, subagent: str | None) -> None:
        place = self._places.get(parent_message) if parent_message is not None else None
        if not self._tree.is_open(place):
            place = self._stages.place(subagent)
        self._tools.start(
            call_id,
            tool,
            self._time,
            parent=place,
            parent_message=parent_message,
            agent=self._stages.agent(subagent),
        )

    def _call_start(self, event: agui.ToolCallStart) -> None:
        self._start_call(
            event.tool_call_id, event.tool_call_name, event.parent_message_id, event.subagent_run_id
        )
        self._tools.expect(event.tool_call_id, langgraph_first_piece(event.raw_event, event.tool_call_id))

    def _call_arguments(self, event: agui.ToolCallArgs) -> None:
        self._tools.arguments(event.tool_call_id, event.delta, self._time)

    def _call_end(self, event: agui.ToolCallEnd) -> None:
        self._tools.end(event.tool_call_id, self._time)

    def _call_chunk(self, event: agui.ToolCallChunk) -> None:
        call_id = self._chunk_id(self._tools, event.tool_call_id)
        if call_id not in self._tools:
            self._chunk = (self._tools, call_id)
            tool = event.tool_call_name or ""
            self._start_call(call_id, tool, event.parent_message_id, event.subagent_run_id)
        if event.delta:
            self._tools.arguments(call_id, event.delta, self._time)

    def _call_result(self, event: agui.ToolCallResult) -> None:
        self._result(event.tool_call_id, event.content, event.message_id, event.subagent_run_id)
        if event.error:
            self._tools.fail_result(event.message_id)

    def _result(self, call_id: str, content: Any, message_id: str, subagent: str | None) -> None:
        if self._tools.result(call_id, content, message_id, self._time):
            return
        # The call is of an earlier run, so that only its result is new.
        tool, arguments = self.conversation.call(call_id) or ("tool", "")
        self._tools.answer_earlier(
            call_id, tool, arguments, content, message_id, self._time, self._stages.place(subagent)
        )

    # --- documents ---------------------------------------------------------------------------------

    def _state_snapshot(self, event: agui.StateSnapshot) -> None:
        for call_id, arguments in langgraph_calls(event.snapshot):
            self._tools.correct(call_id, arguments)
        place = self._stages.place(event.subagent_run_id)
        self._documents.set(_STATE, _STATE, event.snapshot, self._time, place)

    def _state_delta(self, event: agui.StateDelta) -> None:
        place = self._stages.place(event.subagent_run_id)
        self._documents.patch(_STATE, _STATE, event.delta, self._time, place)

    def _activity_snapshot(self, event: agui.ActivitySnapshot) -> None:
        key = f"activity {event.message_id}"
        if event.replace or key not in self._documents:
            self._activity(key, event.activity_type, event.content, event.subagent_run_id)

    def _activity(self, key: str, kind: str, content: Any, subagent: str | None) -> None:
        kind = kind or "activity"
        place = self._stages.place(subagent)
        self._documents.set(key, kind, content, self._time, place)
        self._out.append(Log(stage_id=place, message=f"{kind}: {shown(content)}"))

    def _activity_delta(self, event: agui.ActivityDelta) -> None:
        key, kind = f"activity {event.message_id}", event.activity_type or "activity"
        place = self._stages.place(event.subagent_run_id)
        self._documents.patch(key, kind, event.patch, self._time, place)
        self._out.append(Log(stage_id=place, message=f"{kind}: {shown(event.patch)}"))

    def _messages_snapshot(self, event: agui.MessagesSnapshot) -> None:
        for message in event.messages if isinstance(event.messages, list) else ():
            for call_id, _, arguments in calls_of(message) if isinstance(message, dict) else ():
                self._tools.correct(call_id, arguments)
        for item in self.conversation.take_snapshot(event.messages):
            match item:
                case SnapshotAnswer(role="reasoning"):
                    self._open_reasoning(item.message_id, None)
                    self._reasoning.append(item.message_id, item.text, self._time)
                    self._reasoning.end(item.message_id, self._time)
                case SnapshotAnswer():
                    self._open_answer(item.message_id, None, None, None)
                    self._answers.append(item.message_id, item.text, self._time)
                    self._answers.end(item.message_id, self._time)
                case SnapshotCall():
                    self._start_call(item.call_id, item.tool, item.message_id, None)
                    self._tools.arguments(item.call_id, item.arguments, self._time)
                    self._tools.end(item.call_id, self._time)
                case SnapshotResult():
                    if item.is_new:
                        self._result(item.call_id, item.content, item.message_id, None)
                    if item.error is not None:
                        self._tools.fail(item.call_id, item.error)
                case SnapshotActivity():
                    key = f"activity {item.message_id}"
                    self._activity(key, item.activity_type, item.content, None)

    # --- the rest ----------------------------------------------------------------------------------

    def _custom(self, event: agui.Custom) -> None:
        value = event.value
        if event.name == _ON_INTERRUPT:
            number = len(self._on_interrupts) + 1
            self._on_interrupts.append(read_on_interrupt(value, event.raw_event, number))
            return
        if isinstance(value, dict) and self._progress(value, event.subagent_run_id):
            return
        place = self._stages.place(event.subagent_run_id)
        self._out.append(Log(stage_id=place, message=f"{event.name}: {shown(value)}"))

    def _progress(self, value: dict[str, Any], subagent: str | None) -> bool:
        """Shows ``{done, of}`` as progress: of the step that it names, the open step, or the last tool."""
        done, total = _finite(value.get("done")), _finite(value.get("of", value.get("total")))
        if done is None or total is None:
            return False
        named = value.get("stage") or value.get("step")
        step = self._stages.step(named) if isinstance(named, str) else None
        stage_id = step or self._stages.place(subagent) or self._tools.last_stage
        if stage_id is None:
            return False
        unit = value.get("unit")
        self._out.append(
            Progress(stage_id=stage_id, done=done, total=total, unit=unit if isinstance(unit, str) else None)
        )
        return True

    def _raw(self, event: agui.RawEvent) -> None:
        self._skip("RAW")

    def _unknown(self, event: agui.Unknown) -> None:
        self._out.append(Log(message=f"{event.kind}: {shown(event.data)}", level="debug"))

    def _skip(self, kind: str) -> None:
        self._not_shown[kind] = self._not_shown.get(kind, 0) + 1

    def _nothing(self, event: agui.AguiEvent) -> None:
        pass

    # --- chunks: an id opens, none continues, and anything else closes -------------------------------

    def _chunk_id(self, streams: TextStreams | ToolCalls, given: str | None) -> str:
        """The id of a chunk: its own or that of the open sequence. A sequence of another id is closed."""
        if self._chunk is not None:
            opened, chunk_id = self._chunk
            if opened is streams and given in (None, "", chunk_id):
                return chunk_id
            self._end_chunk()
        if given:
            return given
        self._chunks += 1
        return f"chunk-{self._chunks}"

    def _end_chunk(self) -> None:
        if self._chunk is not None:
            streams, chunk_id = self._chunk
            self._chunk = None
            streams.end(chunk_id, self._time)


def _finite(value: Any) -> float | None:
    found = number(value)
    return found if found is not None and isfinite(found) else None
