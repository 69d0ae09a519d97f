"""Texts that arrive in pieces: answers and reasoning. Each becomes a stage and an artifact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ...events import ArtifactCreated, ArtifactDelta, ArtifactStarted, Log, Payload
from .artifact_names import ArtifactNames
from .excerpts import excerpt
from .stage_tree import StageTree
from .surrogates import complete

TYPE = "md"


@dataclass(frozen=True)
class TextKind:
    """What a text is: the ``kind`` of its stage and the ``level`` of its log line."""

    kind: str
    level: str


ANSWER = TextKind("model", "info")
REASONING = TextKind("reasoning", "debug")


@dataclass(slots=True)
class _Text:
    """An open text. ``artifact`` is ``None`` before its first character."""

    name: str
    parent: str | None
    agent: str | None
    title: str | None
    stage_id: str = ""
    artifact: str | None = None
    parts: list[str] = field(default_factory=list)
    chars: int = 0
    half: str = ""


class TextStreams:
    """The open texts of one kind by the ids of their messages; their events go into ``out``.

    A text shows nothing before its first character: an empty message often only carries tool calls.
    ``on_end`` gets the id and the whole text of each that ends. ``last_stage`` is the stage that was opened
    last.
    """

    def __init__(
        self,
        kind: TextKind,
        tree: StageTree,
        names: ArtifactNames,
        out: list[Payload],
        on_end: Callable[[str, str], None],
    ) -> None:
        self._kind = kind
        self._tree = tree
        self._names = names
        self._out = out
        self._on_end = on_end
        self._texts: dict[str, _Text] = {}
        self.last_stage: str | None = None

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._texts

    def start(
        self, message_id: str, name: str, parent: str | None, agent: str | None, title: str | None = None
    ) -> None:
        """Opens a text, unless it is open; ``name`` is that of its stage and of its artifact."""
        if message_id not in self._texts:
            self._texts[message_id] = _Text(name, parent, agent, title)

    def append(self, message_id: str, delta: str, time: float) -> None:
        """Adds a piece to an open text."""
        text = self._texts[message_id]
        if text.half or not delta.isascii():
            delta, text.half = complete(text.half + delta)
        if delta:
            self._append(text, delta, time)

    def _append(self, text: _Text, delta: str, time: float) -> None:
        if text.artifact is None:
            self._begin(text, time)
        text.parts.append(delta)
        self._out.append(
            ArtifactDelta(
                stage_id=text.stage_id,
                artifact_name=text.artifact,
                artifact_type=TYPE,
                offset=text.chars,
                text=delta,
            )
        )
        text.chars += len(delta)

    def _begin(self, text: _Text, time: float) -> None:
        text.stage_id = self._tree.start(
            text.name, self._kind.kind, time, parent=text.parent, agent=text.agent, title=text.title
        )
        text.artifact = self._names.free(text.name, TYPE)
        self.last_stage = text.stage_id
        self._out.append(
            ArtifactStarted(stage_id=text.stage_id, artifact_name=text.artifact, artifact_type=TYPE)
        )

    def end(self, message_id: str, time: float) -> None:
        """Ends a text; its artifact is complete."""
        text = self._texts.pop(message_id, None)
        if text is None:
            return
        if text.half:
            self._append(text, "\ufffd", time)
        content = "".join(text.parts)
        self._on_end(message_id, content)
        if text.artifact is None:
            return
        self._out.append(
            ArtifactCreated(
                stage_id=text.stage_id, artifact_name=text.artifact, artifact_type=TYPE, content=content
            )
        )
        message = excerpt(content)
        level = self._kind.level
        self._out.append(Log(stage_id=text.stage_id, agent=text.agent, message=message, level=level))
        self._tree.complete(text.stage_id, time)

    def end_all(self, time: float) -> None:
        for message_id in tuple(self._texts):
            self.end(message_id, time)

    def break_off(self) -> None:
        """Drops the open texts, of which the rest will not come. Their artifacts stay unfinished."""
        for message_id, text in self._texts.items():
            self._on_end(message_id, "".join(text.parts))
        self._texts.clear()
