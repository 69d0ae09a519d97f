"""Embeds artifacts in notebook outputs, in the same sandbox as the preview of the console.

The sandbox is two nested frames, both with an opaque origin. The policy of the outer frame prevents
navigation of the inner frame. The policy of the inner frame forbids requests, and in a page of a worker
every script except ours. Our script removes the addresses of links, because browsers connect to the host of
a link under the pointer. Elements that act without a script are removed. The documents that this package
makes contain no external links and no script.
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
"""The largest artifact, and the largest HTML of an artifact, in a notebook output, which is saved."""

_NEUTRALISE: Final = """{
const { apply } = Reflect, { getAttribute, setAttribute } = Element.prototype;
const isLink = node => [HTMLAnchorElement, HTMLAreaElement, SVGAElement].some(kind => node instanceof kind);
new MutationObserver(records => {
  for (const { addedNodes, target } of records) {
    // A <selectedcontent> element receives a copy of the option, including its links.
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
  // An animation can set the address of a link, and <use> hides the elements that it copies.
  if ((link && !own) || path.some(node => node instanceof SVGUseElement)) event.preventDefault();
}, true);
}"""
_NEUTRALISE_HASH: Final = b64encode(sha256(_NEUTRALISE.encode()).digest()).decode()

# The inner document inherits the policy of the outer one, and both apply. The inner policy allows only the
# script with our hash. The outer policy allows only inline scripts, because a browser would request an
# external script that claims that hash. The outer policy does not forbid a base: a srcdoc document inherits
# the URL of the embedding page, and without a base "#..." links would navigate there.
_POLICY: Final = (
    "default-src 'none'; script-src {}; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "frame-src 'none'; form-action 'none'"
)
_OUTER: Final = _POLICY.format("'unsafe-inline'")
_INNER: Final = _POLICY.format(f"'sha256-{_NEUTRALISE_HASH}'") + "; base-uri 'none'"
_BASE: Final = '<base href="about:srcdoc" target="_blank">'
# Same list as js/src/panes/artifacts/preview/neutralise.ts. Without a script, a refresh navigates, a <link>
# resolves host names, and so does a frame before the policy blocks it.
_ACTIVE_TAGS: Final = re.compile(
    r"<(/?)(?:meta|link|base|(i?frame|fencedframe)|(template))(?=[\t\n\f\r />])", re.IGNORECASE
)
_FRAGMENT_LINK: Final = re.compile(r"<a(?=\s[^<>]{0,500}?\bhref\s*=\s*[\"']?#)", re.IGNORECASE)

_FENCED: Final = re.compile(r"\A\s*+(`{3,}+|~{3,}+)[^\n`]*+\n\s*+(?=<)(.*?)(?:\n[ \t]*+\1\s*+)?\Z", re.DOTALL)

_HEIGHT_PX: Final = 480
_BORDER_PX: Final = 1
_STEP_PX: Final = 12
_FILLED: Final = (
    "<style>html,body,iframe{margin:0;border:0;width:100%;height:100%;display:block;overflow:hidden}</style>"
)
_AS_HOST: Final = (
    "<style>:is([data-jp-theme-light], [data-vscode-theme-kind]) .worker-widget-document "
    f"{{ height: calc(var(--height) + {_STEP_PX}px) !important }} "
    ':is([data-jp-theme-light="false"], [data-vscode-theme-kind="vscode-dark"], '
    '[data-vscode-theme-kind="vscode-high-contrast"]) .worker-widget-document '
    f"{{ height: calc(var(--height) + {2 * _STEP_PX}px) !important }}</style>"
)


def framed(page: str, *, title: str, height: int) -> str:
    """A frame that isolates an `inert` page. ``height`` is in pixels."""
    return _frame(page, title, "allow-scripts", "page", f"height: {height}px; background: #fff padding-box")


def framed_as_host(document: str, *, title: str, height: int) -> str:
    """A frame for a `document` of this package, in the theme of JupyterLab or VS Code.

    In any other page it has the system theme. ``height`` is in pixels.
    """
    # The size is the only property of the page that a document in the frame can read. So the height
    # encodes the theme: one step more in a light page, two steps more in a dark page, at any zoom level.
    inside = height - 2 * _BORDER_PX
    query = (
        f"@media (min-height: {inside + 3 * _STEP_PX // 2}px), "
        f"(max-height: {inside + _STEP_PX // 2}px) and (prefers-color-scheme: dark)"
    )
    style = f"--height: {height}px; height: {height}px; background: var(--jp-layout-color0) padding-box"
    return _AS_HOST + _frame(document.replace(SYSTEM_DARK, query, 1), title, "", "document", style)


def _frame(document: str, title: str, allowed: str, kind: str, style: str) -> str:
    outer = f"<!doctype html>{_head(_OUTER)}{_FILLED}{_inner(document, allowed)}"
    return (
        f'<iframe class="worker-widget-{kind}" sandbox="{allowed}" title="{escape(title)}" '
        f'srcdoc="{escape(outer)}" style="display: block; box-sizing: border-box; width: 100%; '
        f'border: {_BORDER_PX}px solid #8886; border-radius: 6px; {style}"></iframe>'
    )


def still(page: str) -> str:
    """A complete document with a page in the same frame without any script, to be drawn as a picture."""
    return f"<!doctype html>{_head(_OUTER)}{_FILLED}{_inner(inert(page), '')}"


def _inner(document: str, allowed: str) -> str:
    return f'<iframe sandbox="{allowed}" srcdoc="{escape(document)}"></iframe>'


def embedded_length(html: str) -> int:
    """The length of ``html`` in a notebook output, where it is escaped once for each of the two frames."""
    return len(escape(escape(html)))


def artifact_html(text: str, kind: str, file: str, *, whole: bool) -> str:
    """An artifact of any type in a frame, with the note of its rendering below it."""
    if len(text) > MOST_EMBEDDED_CHARS:
        return _too_long(f"{file} has {len(text):,} characters")
    rendered = render(text, kind, dark=None, whole=whole)
    if rendered.html is text:
        html = framed(inert(text), title=file, height=_HEIGHT_PX)
    else:
        html = framed_as_host(rendered.html, title=file, height=_HEIGHT_PX)
    if len(html) > MOST_EMBEDDED_CHARS:
        return _too_long(f"{file} takes {len(html):,} characters as HTML")
    return html + (f"<p>{escape(rendered.note)}</p>" if rendered.note else "")


def _too_long(reason: str) -> str:
    return (
        f"<p>{escape(reason)}. The limit for a notebook output is {MOST_EMBEDDED_CHARS:,} characters: "
        "save it with <code>save()</code>, or open it in the console.</p>"
    )


def inert(html: str) -> str:
    """A page with its own policy, without active tags or external links; links within the page work.

    A Markdown code fence around the page is left out.
    """
    page = _FENCED.sub(r"\2", html)
    plain = _FRAGMENT_LINK.sub('<a target="_self"', _ACTIVE_TAGS.sub(_without_effect, page))
    return f"<!doctype html>{_BASE}{_head(_INNER)}<script>{_NEUTRALISE}</script>{plain}"


def _head(policy: str) -> str:
    return (
        '<meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    )


def _without_effect(tag: re.Match[str]) -> str:
    return f"<{tag[1]}{'x-frame' if tag[2] else 'x-template hidden' if tag[3] else 'basefont'}"
