"""The looks of drawn artifacts, light and dark. Every text colour has a contrast of 4.5 or more."""

from __future__ import annotations

from typing import Final

LIGHT: Final = {
    "ground": "#ffffff",
    "raised": "#f5f6f8",
    "line": "#d5d9e0",
    "text": "#1d2129",
    "quiet": "#5a6270",
    "link": "#0b57b0",
    "keyword": "#8a2da5",
    "string": "#0a6640",
    "number": "#9a4a00",
    "name": "#0b57b0",
    "tag": "#a3214b",
}
DARK: Final = {
    "ground": "#15171c",
    "raised": "#1f232b",
    "line": "#3a404c",
    "text": "#e4e6eb",
    "quiet": "#a2a9b6",
    "link": "#8ab8ff",
    "keyword": "#d9a3f2",
    "string": "#8fd6a9",
    "number": "#f2b27a",
    "name": "#8ab8ff",
    "tag": "#f79ab4",
}

_RULES: Final = """
* { box-sizing: border-box; }
body { margin: 0; padding: 20px 24px; background: var(--ground); color: var(--text);
  font: 15px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  overflow-wrap: break-word; }
.prose { max-width: 46rem; margin: 0 auto; }
.prose > :first-child { margin-top: 0; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 1.6em 0 .6em; }
h1 { font-size: 1.9em; } h2 { font-size: 1.45em; } h3 { font-size: 1.2em; } h4, h5, h6 { font-size: 1em; }
h1, h2 { padding-bottom: .25em; border-bottom: 1px solid var(--line); }
p, ul, ol, dl, blockquote, table, pre { margin: 0 0 1em; }
li > p { margin-bottom: .4em; }
li.task { list-style: none; }
li.task > .box { display: inline-block; width: 1.4em; margin-left: -1.4em; }
blockquote { margin-left: 0; padding-left: 1em; border-left: 3px solid var(--line); color: var(--quiet); }
hr { border: 0; border-top: 1px solid var(--line); margin: 2em 0; }
a[title] { color: var(--link); text-decoration: underline; cursor: help; }
img { max-width: 100%; height: auto; }
pre, code, kbd { font: 13px/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code, kbd { padding: .1em .3em; border-radius: 4px; background: var(--raised); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4; }
pre code { padding: 0; background: none; }
.prose pre { padding: 12px 14px; border-radius: 6px; background: var(--raised); }
.source { margin: 0; }
.rows { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; }
th, td { padding: 5px 10px; border: 1px solid var(--line); text-align: left; vertical-align: top; }
th { background: var(--raised); }
th[align=right], td[align=right] { text-align: right; }
th[align=center], td[align=center] { text-align: center; }
.picture { display: grid; place-items: center; min-height: calc(100vh - 40px); }
.missing { padding: .1em .4em; border: 1px dashed var(--line); border-radius: 4px; color: var(--quiet); }
.empty { color: var(--quiet); }
.footnote { font-size: .9em; color: var(--quiet); }
"""

_TOKENS: Final = {
    "keyword": "k kc kd kn kp kr kt o ow cp cpf",
    "string": "s sa sb sc dl sd s2 se sh si sx sr s1 ss gi",
    "number": "m mb mf mh mi mo il l ld no",
    "name": "nf fm nc nd nb bp ne na gh gu",
    "tag": "nt gd",
    "quiet": "c ch cm c1 cs go",
}
"""Colours and the short names of pygments' tokens that they are for."""


def style_sheet(dark: bool) -> str:
    """The CSS of a document, in one theme."""
    colours = "".join(f"--{name}: {colour}; " for name, colour in (DARK if dark else LIGHT).items())
    tokens = "".join(
        ",".join("." + name for name in names.split()) + f" {{ color: var(--{colour}); }}\n"
        for colour, names in _TOKENS.items()
    )
    return f":root {{ color-scheme: {'dark' if dark else 'light'}; {colours}}}\n{_RULES}{tokens}"
