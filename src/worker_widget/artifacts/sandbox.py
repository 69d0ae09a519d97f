"""Artifacts in an output of Jupyter: the same sandbox as the console's preview.

Two frames, one in the other, both with an opaque origin. The policy of the outer one keeps the inner one
from being navigated to an address, that of the inner one forbids it requests, and every script but one
of ours in a page of a worker's, which takes their addresses away from its links: the browser connects to
the host of a link that is pointed at. What else acts without a script is taken out. The documents that
we make have no links that lead anywhere, and no script at all.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import Final

from .render import render
from .styles import SYSTEM_DARK

MOST_EMBEDDED_CHARS: Final = 1_000_000
"""Notebooks keep their outputs: what is longer, or takes more room once drawn, is not put into one."""

_DEADEN: Final = """{
const { apply } = Reflect, { getAttribute, setAttribute } = Element.prototype;
const isLink = node => [HTMLAnchorElement, HTMLAreaElement, SVGAElement].some(kind => node instanceof kind);
new MutationObserver(records => {
  for (const { addedNodes, target } of records) {
    // What a menu repeats is put there as a whole, as it was before.
    const repeated = target.nodeName === "SELECTEDCONTENT" ? target.querySelectorAll("a, area") : [];
    for (const node of [...addedNodes, ...repeated]) if (isLink(node))
      for (const name of ["href", "xlink:href"]) {
        const href = apply(getAttribute, node, [name]);
        if (href && !/^(#|dead:)/.test(href)) apply(setAttribute, node, [name, "dead:" + href]);
      }
  }
}).observe(document, { childList: true, subtree: true });
for (const name of ["click", "auxclick"]) addEventListener(name, event => {
  const path = event.composedPath();
  const link = path.find(isLink);
  const own = link instanceof HTMLElement && apply(getAttribute, link, ["href"])?.[0] === "#";
  // An animation can give an address to a link, and <use> hides what it repeats.
  if ((link && !own) || path.some(node => node instanceof SVGUseElement)) event.preventDefault();
}, true);
}"""
_DEADEN_SUM: Final = b64encode(sha256(_DEADEN.encode()).digest()).decode()

# The inner document inherits the outer one's policy, and is held by both: by its own it runs only what has
# our sum, and by the outer one's only what is written in it, for a script from anywhere is asked for once it
# claims that sum. Of a base the outer one says nothing, since a document of srcdoc needs one of its own: it
# has the address of the page around it, and links into itself would lead there.
_POLICY: Final = (
    "default-src 'none'; script-src {}; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "frame-src 'none'; form-action 'none'"
)
_OUTER: Final = _POLICY.format("'unsafe-inline'")
_INNER: Final = _POLICY.format(f"'sha256-{_DEADEN_SUM}'") + "; base-uri 'none'"
_BASE: Final = '<base href="about:srcdoc" target="_blank">'
# As js/src/preview/neutralise.ts does: a refresh navigates, and a link looks up hosts, without any script;
# so does a frame, before it is refused.
_ACTING: Final = re.compile(
    r"<(/?)(?:meta|link|base|(i?frame|fencedframe)|(template))(?=[\t\n\f\r />])", re.IGNORECASE
)
_INTO_ITSELF: Final = re.compile(r"<a(?=\s[^<>]{0,500}?\bhref\s*=\s*[\"']?#)", re.IGNORECASE)

_HEIGHT_PX: Final = 480
_BORDER_PX: Final = 1
_STEP_PX: Final = 12
_AS_HOST: Final = (
    "<style>:is([data-jp-theme-light], [data-vscode-theme-kind]) .worker-widget-document "
    f"{{ height: calc(var(--height) + {_STEP_PX}px) !important }} "
    ':is([data-jp-theme-light="false"], [data-vscode-theme-kind="vscode-dark"], '
    '[data-vscode-theme-kind="vscode-high-contrast"]) .worker-widget-document '
    f"{{ height: calc(var(--height) + {2 * _STEP_PX}px) !important }}</style>"
)


def framed(page: str, *, title: str, height: int) -> str:
    """A frame that holds an `inert` page and keeps it from all else; ``height`` is in pixels."""
    return _frame(page, title, "allow-scripts", "page", f"height: {height}px; background: #fff padding-box")


def framed_as_host(document: str, *, title: str, height: int) -> str:
    """The same for a `document` of ours in the reader's theme, which here is that of JupyterLab or VS Code.

    Where neither is around, it is the system's.
    """
    # Nothing of the page around gets into such a frame but its size: in a light page it is a little
    # higher, in a dark one a little more. That is told apart at any zoom.
    inside = height - 2 * _BORDER_PX
    query = (
        f"@media (min-height: {inside + 3 * _STEP_PX // 2}px), "
        f"(max-height: {inside + _STEP_PX // 2}px) and (prefers-color-scheme: dark)"
    )
    look = f"--height: {height}px; height: {height}px; background: var(--jp-layout-color0) padding-box"
    return _AS_HOST + _frame(document.replace(SYSTEM_DARK, query, 1), title, "", "document", look)


def _frame(document: str, title: str, allowed: str, kind: str, look: str) -> str:
    inner = f'<iframe sandbox="{allowed}" srcdoc="{escape(document)}"></iframe>'
    fill = "html,body,iframe{margin:0;border:0;width:100%;height:100%;display:block;overflow:hidden}"
    outer = f"<!doctype html>{_head(_OUTER)}<style>{fill}</style>{inner}"
    return (
        f'<iframe class="worker-widget-{kind}" sandbox="{allowed}" title="{escape(title)}" '
        f'srcdoc="{escape(outer)}" style="display: block; box-sizing: border-box; width: 100%; '
        f'border: {_BORDER_PX}px solid #8886; border-radius: 6px; {look}"></iframe>'
    )


def embedded_length(html: str) -> int:
    """The length of ``html`` in a notebook output, where it is escaped once for each of the two frames."""
    return len(escape(escape(html)))


def artifact_html(text: str, kind: str, file: str, *, whole: bool) -> str:
    """An artifact of any kind in such a frame, with what there is to say about it below."""
    if len(text) > MOST_EMBEDDED_CHARS:
        return _too_long(f"{file} has {len(text):,} characters")
    drawn = render(text, kind, dark=None, whole=whole)
    if drawn.html is text:
        html = framed(inert(text), title=file, height=_HEIGHT_PX)
    else:
        html = framed_as_host(drawn.html, title=file, height=_HEIGHT_PX)
    if len(html) > MOST_EMBEDDED_CHARS:
        return _too_long(f"{file} takes {len(html):,} characters to draw")
    return html + (f"<p>{escape(drawn.note)}</p>" if drawn.note else "")


def _too_long(said: str) -> str:
    return (
        f"<p>{escape(said)}: too many to be kept in a notebook. "
        "Save it with <code>save()</code>, or look at it in the console.</p>"
    )


def inert(html: str) -> str:
    """A page with a policy of its own, in which neither a tag nor a link can act; links into itself do."""
    plain = _INTO_ITSELF.sub('<a target="_self"', _ACTING.sub(_without_effect, html))
    return f"<!doctype html>{_BASE}{_head(_INNER)}<script>{_DEADEN}</script>{plain}"


def _head(policy: str) -> str:
    return (
        '<meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    )


def _without_effect(tag: re.Match[str]) -> str:
    return f"<{tag[1]}{'x-frame' if tag[2] else 'x-template hidden' if tag[3] else 'basefont'}"
