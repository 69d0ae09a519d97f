"""The documents that drawn artifacts come as: complete, without scripts, with a policy of their own."""

from __future__ import annotations

from typing import Final

from .styles import style_sheet

POLICY: Final = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)


def document(body: str, dark: bool | None) -> str:
    """``body``, which is HTML already, as a document; ``dark`` is the theme, ``None`` for the reader's."""
    # A document of srcdoc has the address of the page around it, and links into itself would lead
    # there. The policy forbids any base, so this one stands before it.
    return (
        '<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n<base href="about:srcdoc">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<style>\n{style_sheet(dark)}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
