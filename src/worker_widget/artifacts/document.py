"""Builds complete HTML documents without scripts, each with its own Content Security Policy."""

from __future__ import annotations

from typing import Final

from .styles import style_sheet

POLICY: Final = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)


def document(body: str, dark: bool | None) -> str:
    """A complete HTML document around ``body``, which must be safe HTML.

    ``dark`` selects the theme; ``None`` is the system theme of the reader.
    """
    # A srcdoc document inherits the URL of the embedding page, so "#..." links would navigate there.
    # The base fixes that. It precedes the policy, which forbids any base after it.
    return (
        '<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n<base href="about:srcdoc">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<style>\n{style_sheet(dark)}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
