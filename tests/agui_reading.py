"""A simple reading of AG-UI captures, independent of the mapping: their texts, tool calls and end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CAPTURES = sorted((Path(__file__).parent / "recordings" / "agui").glob("*.sse"))


@dataclass
class Reading:
    """``answers`` and ``thoughts`` are the texts that are not empty, in the order of their first piece;
    ``calls`` are ``(tool, arguments)``, ``results`` the results by the id of their call."""

    answers: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    calls: dict[str, tuple[str, Any]] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    end: str = "cut"
    error: str | None = None
    tokens: int = 0


def events_of(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("data: "):
            yield json.loads(line[6:])


def read(path: Path) -> Reading:
    reading = Reading()
    texts: dict[tuple[str, str], str] = {}
    arguments: dict[str, list[str]] = {}
    interrupted = False
    for event in events_of(path):
        kind = event["type"]
        if kind in ("TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_CHUNK", "REASONING_MESSAGE_CONTENT"):
            key = ("thought" if kind.startswith("REASONING") else "answer", event["messageId"])
            texts[key] = texts.get(key, "") + event["delta"]
        elif kind in ("TOOL_CALL_START", "TOOL_CALL_CHUNK"):
            arguments[event["toolCallId"]] = [event["toolCallName"], event.get("delta", "")]
        elif kind == "TOOL_CALL_ARGS":
            arguments[event["toolCallId"]][1] += event["delta"]
        elif kind == "TOOL_CALL_RESULT":
            reading.results[event["toolCallId"]] = event["content"]
        elif kind == "STEP_STARTED":
            reading.steps.append(event["stepName"])
        elif kind == "MESSAGES_SNAPSHOT":
            for message in event["messages"]:
                text = message.get("content") or ""
                if message["role"] == "tool":
                    reading.results[message["toolCallId"]] = text
                known = {"", *(item.strip() for item in texts.values())}
                if message["role"] == "assistant" and text.strip() not in known:
                    texts["answer", message["id"]] = text
        elif kind in ("RUN_FINISHED", "RUN_ERROR"):
            outcome = event.get("outcome") or {}
            pending = outcome.get("pendingToolCallIds")
            reading.end = "failed" if kind == "RUN_ERROR" else "completed"
            if outcome.get("type") == "interrupt" or pending:
                reading.end = "waiting"
            reading.error = event.get("message")
            reading.tokens += sum(entry["totalTokens"] for entry in event.get("usage") or ())
        elif kind == "CUSTOM" and event["name"] == "on_interrupt":
            interrupted = True
    if interrupted:
        reading.end = "waiting"
    reading.answers = [text for (kind, _), text in texts.items() if kind == "answer" and text]
    reading.thoughts = [text for (kind, _), text in texts.items() if kind == "thought" and text]
    reading.calls = {call_id: (tool, json.loads(text)) for call_id, (tool, text) in arguments.items()}
    return reading
