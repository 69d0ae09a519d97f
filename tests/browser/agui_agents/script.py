"""What the scripted models answer: the words and tool calls for each task."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

WEATHER: Final = "What is the weather in Basel?"
DELETE: Final = "Delete old.txt"
QUOTA: Final = "Use up the quota"
CHAPTERS: Final = 3
_LINES = 30


@dataclass(frozen=True)
class ArgumentsPiece:
    """A piece of the JSON arguments of the one tool call in an answer."""

    tool: str
    text: str


class Gates:
    """Where an answer waits until the test lets it go on."""

    def __init__(self) -> None:
        self._gates: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def open(self, name: str) -> None:
        self._gates[name].set()

    async def passed(self, name: str) -> None:
        await self._gates[name].wait()


def chapter(name: str, number: int) -> list[str]:
    """The lines of one chapter of the book ``name``."""
    return [f"{name} {number}.{line}: the river rises in Basel." for line in range(1, _LINES + 1)]


def book(name: str) -> str:
    """The task to write a book, which waits after each chapter but the last for the gate ``name.number``."""
    return f"Write the book {name}"


def weather(city: str) -> str:
    """The weather in a city."""
    return f"21 degrees in {city}, light wind from the west"


def deleted(name: str) -> str:
    return f"{name} is gone"


async def answer(task: str, results: Sequence[str], gates: Gates) -> AsyncIterator[str | ArgumentsPiece]:
    """The pieces of the model's next message, after the ``results`` of its tool calls for the task."""
    if task == WEATHER and not results:
        yield "I look it up. "
        for piece in _pieces({"city": "Basel", "units": "metric"}):
            yield ArgumentsPiece("weather", piece)
    elif task == DELETE and not results:
        for piece in _pieces({"name": "old.txt"}):
            yield ArgumentsPiece("delete_file", piece)
    elif task == QUOTA:
        yield "The first half of"
        raise RuntimeError("The model's quota of 3 requests a day is used up")
    elif task.startswith(book("")):
        name = task.removeprefix(book(""))
        for number in range(1, CHAPTERS + 1):
            for line in chapter(name, number):
                for word in line.split(" "):
                    yield f"{word} "
                yield "\n\n"
            if number < CHAPTERS:
                await gates.passed(f"{name}.{number}")
    else:
        for word in f"Done: {results[-1] if results else task}.".split(" "):
            yield f"{word} "


def _pieces(arguments: dict[str, str]) -> list[str]:
    text = json.dumps(arguments)
    return [text[start : start + 7] for start in range(0, len(text), 7)]
