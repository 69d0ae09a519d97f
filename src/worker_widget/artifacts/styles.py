"""The style sheets of rendered artifacts, light and dark. Text colours have a contrast of at least 4.5."""

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
    "added": "#0b5c2e",
    "added-ground": "#dff5e5",
    "added-word": "#a9e5b9",
    "removed": "#96173a",
    "removed-ground": "#fdeaee",
    "removed-word": "#f9c2cd",
    "match": "#5c4300",
    "match-ground": "#ffe58a",
    "here-ground": "#ffbe70",
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
    "added": "#9be0b0",
    "added-ground": "#12291b",
    "added-word": "#1f5232",
    "removed": "#ffb3c1",
    "removed-ground": "#331820",
    "removed-word": "#6a2436",
    "match": "#ffe9a8",
    "match-ground": "#5a4709",
    "here-ground": "#7d4a05",
}

SYSTEM_DARK: Final = "@media (prefers-color-scheme: dark)"
"""The media query of a style sheet that follows the reader's theme; it occurs once in that sheet."""

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
.alert { color: var(--text); border-color: var(--tone, var(--link)); }
.alert > .title { margin-bottom: .3em; font-weight: 600; color: var(--tone, var(--link)); }
.tip { --tone: var(--added); } .important { --tone: var(--keyword); }
.warning { --tone: var(--number); } .caution { --tone: var(--removed); }
hr { border: 0; border-top: 1px solid var(--line); margin: 2em 0; }
a[title] { color: var(--link); text-decoration: underline; cursor: help; }
img { max-width: 100%; height: auto; }
pre, code, kbd { font: 13px/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code, kbd { padding: .1em .3em; border-radius: 4px; background: var(--raised); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4; }
pre code { padding: 0; background: none; }
.prose pre { padding: 12px 14px; border-radius: 6px; background: var(--raised); }
.source { margin: 0; }
.rows { position: fixed; inset: 0; overflow: auto; }
table { border-collapse: collapse; font-size: 14px; }
th, td { padding: 5px 10px; border: 1px solid var(--line); text-align: left; vertical-align: top; }
th { background: var(--raised); }
.rows table { width: max-content; border-collapse: separate; border-spacing: 0; font-size: 13px;
  line-height: 1.45; }
.rows th, .rows td { border-width: 0 1px 1px 0; max-width: 32rem; white-space: pre-wrap; }
.rows thead th { position: sticky; top: 0; z-index: 1; white-space: nowrap; }
.number { position: sticky; left: 0; color: var(--quiet); font-weight: 400; text-align: right;
  font-variant-numeric: tabular-nums; user-select: none; }
.rows thead .number { z-index: 2; }
.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th[align=right], td[align=right] { text-align: right; }
th[align=center], td[align=center] { text-align: center; }
.picture { display: grid; place-content: center; justify-items: center; gap: 12px; margin: 0;
  min-height: calc(100vh - 40px); }
.picture img { background: repeating-conic-gradient(#8882 0 25%, #0000 0 50%) 0 0 / 16px 16px; }
figcaption { color: var(--quiet); font-size: 13px; }
.missing { padding: .1em .4em; border: 1px dashed var(--line); border-radius: 4px; color: var(--quiet); }
.empty { color: var(--quiet); }
.footnote { font-size: .9em; color: var(--quiet); }
mark { background: var(--match-ground); color: var(--match); border-radius: 2px; }
mark span { color: inherit; }
mark[aria-current] { background: var(--here-ground); outline: 2px solid var(--match); }
.json { font: 13px/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; padding-left: 14px; }
.json details > * { margin-left: 1.5em; }
.json details > .end, .json summary { margin-left: 0 !important; }
.json div, .json summary { overflow-wrap: anywhere; white-space: pre-wrap; }
.json div:hover, .json summary:hover { background: var(--raised); }
.json summary { position: relative; cursor: pointer; list-style: none; }
.json summary::-webkit-details-marker { display: none; }
.json summary::before { content: "▾"; position: absolute; left: -14px; color: var(--quiet); }
.json details:not([open]) > summary::before { content: "▸"; }
.json summary i { display: none; color: var(--quiet); font-style: normal; }
.json details:not([open]) > summary i { display: inline; margin: 0 .6em; }
.json details:not([open]) > .object::after { content: "}"; }
.json details:not([open]) > .array::after { content: "]"; }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
"""

TOKENS: Final = {
    "keyword": "k kc kd kn kp kr kt o ow cp cpf",
    "string": "s sa sb sc dl sd s2 se sh si sx sr s1 ss gi",
    "number": "m mb mf mh mi mo il l ld no",
    "name": "nf fm nc nd nb bp ne na gh gu",
    "tag": "nt gd",
    "quiet": "c ch cm c1 cs go",
}
"""Colours and the short names of the pygments tokens that have them."""


def style_sheet(dark: bool | None) -> str:
    """The CSS of a document in one theme; ``None`` follows the system theme of the reader."""
    tokens = "".join(
        ",".join("." + name for name in names.split()) + f" {{ color: var(--{colour}); }}\n"
        for colour, names in TOKENS.items()
    )
    theme = f"{_colours(False)}{SYSTEM_DARK} {{ {_colours(True)}}}\n" if dark is None else _colours(dark)
    return f"{theme}{_RULES}{tokens}"


def _colours(dark: bool) -> str:
    colours = "".join(f"--{name}: {colour}; " for name, colour in (DARK if dark else LIGHT).items())
    return f":root {{ color-scheme: {'dark' if dark else 'light'}; {colours}}}\n"
