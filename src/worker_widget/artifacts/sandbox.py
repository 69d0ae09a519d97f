"""Artifacts in an output of Jupyter: the same sandbox as the console's preview, without its script.

Two frames, one in the other, both with an opaque origin and no permission at all. The policy of the
outer one keeps the inner one from being navigated to an address, that of the inner one forbids it
scripts and requests. What acts without a script is taken out, or has nowhere to go: a link opens a new
window, and the sandbox allows none; one that insists on its own frame meets the outer policy.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

from .render import render

MOST_EMBEDDED_CHARS: Final = 1_000_000
"""Notebooks keep their outputs: what is longer is not put into one."""

# The inner document inherits the outer one's policy. That says nothing of a base, since a document of
# srcdoc needs one of its own: it has the address of the page around it, and links into itself would
# lead there.
_OUTER: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-src 'none'; "
    "form-action 'none'"
)
_INNER: Final = f"{_OUTER}; base-uri 'none'"
_BASE: Final = '<base href="about:srcdoc" target="_blank">'
# As js/src/preview/neutralise.ts does: a refresh navigates, and a link looks up hosts, without any script.
_ACTING: Final = re.compile(r"<(/?)(?:meta|link|base|(template))(?=[\t\n\f\r />])", re.IGNORECASE)


_INTO_ITSELF: Final = re.compile(r"<a(?=\s[^<>]{0,500}?\bhref\s*=\s*[\"']?#)", re.IGNORECASE)


def framed(document: str, *, title: str, height: int) -> str:
    """A frame that holds ``document`` and keeps it from all else; ``height`` is in pixels."""
    inner = f'<iframe sandbox="" srcdoc="{escape(document)}"></iframe>'
    fill = "html,body,iframe{margin:0;border:0;width:100%;height:100%;display:block;overflow:hidden}"
    outer = f"<!doctype html>{_head(_OUTER)}<style>{fill}</style>{inner}"
    return (
        f'<iframe sandbox="" title="{escape(title)}" srcdoc="{escape(outer)}" style="display: block; '
        f"box-sizing: border-box; width: 100%; height: {height}px; border: 1px solid #8886; "
        'border-radius: 6px; background: #fff padding-box"></iframe>'
    )


def artifact_html(text: str, kind: str, file: str, *, whole: bool) -> str:
    """An artifact of any kind in such a frame, with what there is to say about it below."""
    if len(text) > MOST_EMBEDDED_CHARS:
        return (
            f"<p>{escape(file)} has {len(text):,} characters: too many to be kept in a notebook. "
            "Save it with <code>save()</code>, or look at it in the console.</p>"
        )
    drawn = render(text, kind, dark=None, whole=whole)
    html = inert(drawn.html) if drawn.html is text else drawn.html
    note = f"<p>{escape(drawn.note)}</p>" if drawn.note else ""
    return framed(html, title=file, height=480) + note


def inert(html: str) -> str:
    """A page with a policy of its own, in which neither a tag nor a link can act; links into itself do."""
    plain = _INTO_ITSELF.sub('<a target="_self"', _ACTING.sub(_without_effect, html))
    return f"<!doctype html>{_BASE}{_head(_INNER)}{plain}"


def _head(policy: str) -> str:
    return (
        '<meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    )


def _without_effect(tag: re.Match[str]) -> str:
    return f"<{tag[1]}{'x-template' if tag[2] else 'basefont'}"
