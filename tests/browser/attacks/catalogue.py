"""Pages that try to get out of the preview, one try each, from the HTML files beside this one.

Each attack begins with a comment: ``<!-- attack NAME: what it tries -->``, or ``NAME, alone`` where what it
does to its document would spoil others in it; an artifact of another kind than HTML has its kind after that,
in parentheses. In the markup ``SINK`` stands for the address of the
listening server under a host name of the attack's own, ``HOST`` for that without the scheme, ``UDP`` for the
server's UDP port, ``NUL`` for that character, ``REPEAT(n, text)`` for n times the text, and ``MARK`` for what
an attack leaves where it gets to. What has ``data-press`` is pointed at and pressed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.browser.attacks.sink import Sink

_SCRIPTED: Final = ("annoy", "escape", "leave", "network", "reach")
_BEGIN: Final = re.compile(r"^<!-- attack ([a-z-]+)(, alone)?(?: \((\w+)\))?: (.+) -->\n", re.MULTILINE)
_REPEAT: Final = re.compile(r"REPEAT\((\d+), (.*?)\)")


@dataclass(frozen=True)
class Attack:
    group: str
    name: str
    tries: str
    alone: bool
    kind: str
    """The type of the artifact; other types than HTML are drawn as documents of this package."""
    markup: str = field(repr=False)

    @property
    def scripted(self) -> bool:
        """Whether it does nothing unless the page's scripts run."""
        return self.group in _SCRIPTED and "<script>" in self.markup

    def aimed(self, sink: Sink, mode: str) -> str:
        """Its markup against this server; ``mode`` becomes part of its host name and its mark."""
        host = f"{mode}.{self.name}.localhost:{sink.port}"
        return (
            self.markup.replace("SINK", f"http://{host}")
            .replace("HOST", host)
            .replace("UDP", str(sink.udp_port))
            .replace("MARK", mark(self, mode))
        )


def mark(attack: Attack, mode: str) -> str:
    return f"{mode}-{attack.name}"


def _attacks() -> tuple[Attack, ...]:
    found = []
    for file in sorted(Path(__file__).parent.glob("*.html")):
        _, *parts = _BEGIN.split(file.read_text(encoding="utf-8"))
        for name, alone, kind, tries, markup in zip(*(parts[part::5] for part in range(5)), strict=True):
            text = _REPEAT.sub(lambda match: int(match[1]) * match[2], markup.strip()).replace("NUL", "\0")
            found.append(Attack(file.stem, name, tries, bool(alone), kind or "html", text))
    return tuple(found)


ATTACKS: Final = _attacks()
