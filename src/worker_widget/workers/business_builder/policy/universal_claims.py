"""What no text may claim, whatever the brand: English claims in their ordinary wordings.

The first ten are those that every server of the worker API forbids. German claims are in
``content/de/advertising.toml``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple


class UniversalClaim(NamedTuple):
    """A claim: its regular expression (matched in any case), its display text, and why it is forbidden."""

    expression: str
    pattern: str
    reason: str
    severity: Literal["error", "warning"] = "warning"


_GAP: Final = r"[\s\-‐‑‒–—]+"
"""What stands between the words of a claim: spaces, hyphens or dashes, also a line's end."""

_JOIN: Final = _GAP.removesuffix("+") + "*"
"""The same, or nothing: "riskfree"."""

_S: Final = "(?:['’‘ʼ´`]?s)?"
_OWN: Final = r"(?:your|their|our|my|his|her|its|the)"
_GAINS: Final = r"(?:revenues?|sales|profits?|income|turnover|earnings|takings)"
_HUNDRED: Final = r"(?:100|(?:(?:one|a)\s+)?hundred)"
_FIELD: Final = r"(?:clinical|medical)(?:ly)?"
_PROVEN: Final = rf"(?:{_FIELD}{_GAP}and{_GAP})?{_FIELD}{_GAP}(?:prov(?:en|ed)|verified|tested)"

_EFFECTS: Final = rf"(?:side{_JOIN}|adverse\s+)effects?"

FORBIDDEN_EVERYWHERE: Final[Sequence[UniversalClaim]] = (
    UniversalClaim(
        rf"\bmoney{_GAP}back{_GAP}guarant(?:ees?|y)\b|\bguarant(?:ee(?:s|d|ing)?|y|ies)\b"
        rf"|\b{_OWN}{_GAP}money{_GAP}back(?={_GAP}(?:if|when|unless|within|at)\b|\s*[.,;!]|\s*$)",
        "guarantee", "A guarantee that is not part of the brief", "error",
    ),
    UniversalClaim(
        rf"\b100\s*%(?!\w)|\b{_HUNDRED}{_JOIN}per\s?cent\b",
        "100%", "An absolute figure without a source", "error",
    ),
    UniversalClaim(
        rf"\brisk{_JOIN}(?:free|less)\b|\b(?:no|zero|without(?:\s+any)?|free\s+(?:of|from)(?:\s+any)?){_GAP}risks?\b"
        r"(?!\s+(?:of|to|that|in|management|assessment|analysis|factors?|groups?))",
        "risk-free", "A promise that nothing can keep", "error",
    ),
    UniversalClaim(
        rf"\bworld{_S}{_GAP}best\b", "world's best", "A superlative that nobody can verify", "error"
    ),
    UniversalClaim(
        rf"#\s?1(?!\w)|\bnumber{_GAP}one\b|\bno\.\s?1\b"
        rf"|\b(?:number|no|nr){_GAP}1{_GAP}(?:rated|ranked|choice|brand|tool|app|shop|provider)\b"
        rf"|\b(?:rated|ranked){_GAP}(?:number|no|nr)\.?\s?1\b|\btop{_GAP}(?:rated|ranked)\b",
        "#1", "A ranking that nobody can verify", "error",
    ),
    UniversalClaim(
        rf"\b{_PROVEN}\b|\bprov(?:en|ed){_GAP}(?:clinically|medically|(?:by|in)\s+(?:clinical|medical))\b"
        rf"|\b(?:clinical|medical){_GAP}proof\b",
        "clinically proven", "A medical claim without a study", "error",
    ),
    UniversalClaim(
        rf"\bdoubl(?:e|es|ed|ing){_GAP}(?:{_OWN}{_GAP})?(?:\w+{_GAP}){{0,2}}{_GAINS}\b"
        rf"|\b(?:twice|2\s?x){_GAP}(?:{_OWN}{_GAP}){_GAINS}\b",
        "double your revenue", "A promise of income that nobody can keep", "error",
    ),
    UniversalClaim(
        rf"\b(?:no|zero|without(?:\s+any)?|free\s+(?:of|from)(?:\s+any)?|never\s+any)\s+"
        rf"(?:\w+\s+)?{_EFFECTS}\b|\bside{_JOIN}effects?{_GAP}free\b",
        "no side effects", "A medical claim without a study", "error",
    ),
)  # fmt: skip
"""The ten claims. The same claim in other words counts: a money-back guarantee is a guarantee, also as "your
money back if"; "clinically" covers "medically" and "in clinical trials", and "tested" means "proven"; "top
rated" is a ranking; adverse effects are side effects."""

UNVERIFIABLE: Final[Sequence[UniversalClaim]] = (
    UniversalClaim(
        r"(?:\bthe\s+)?\bbest\b(?!\s+(?:practices?|man|before|wishes|regards))"
        r"(?:[ -]in[ -]class|[ -]selling)?",
        "best", "A superlative that nobody can verify",
    ),
    UniversalClaim(
        r"\b(?:world|market|industry)(?:['’]s)?[ -](?:leading|first|class|number)\b", "world-leading",
        "A ranking that nobody can verify",
    ),
    UniversalClaim(
        r"\b(?:unbeatable|unrivall?ed|unmatched|unparallell?ed|second to none)\b", "unbeatable",
        "A comparison that nobody can verify",
    ),
    UniversalClaim(
        r"\b(?:cheapest|fastest|easiest|greatest|finest|smartest|strongest|safest)\b", "fastest",
        "A superlative that nobody can verify",
    ),
    UniversalClaim(
        r"\b(?:miracle (?:cure|solution|product)|cure-all|instant results)\b", "miracle cure",
        "A promise that nothing can keep",
    ),
)  # fmt: skip

_JOINED: Final = (
    r"(?:,?\s+(?:and\s+)?(?:with|without|at)\s+|\s*,\s*(?:and\s+)?(?:(?:has|have)\s+)?"
    r"|\s+and\s+(?:(?:has|have)\s+)?|\s*:\s*|^\s*)"
)
"""What joins an attribute or an addition to the rest: without it, the claim is a part of the sentence."""

_ENDED: Final = r"(?=\s*[.,;!?)]|\s*$|\s+(?:and|but|for)\s+(?!with))"

PLAINER: Final[Sequence[tuple[str, str]]] = (
    (rf"{_JOINED}(?:\ban?\s+)?(?:\b100\s*%|\b{_HUNDRED}{_JOIN}per\s?cent)\s+"
     rf"success(?:{_GAP}rates?)?\b{_ENDED}", ""),
    (rf"{_JOINED}(?:\b(?:an?|our)\s+)?(?:\d+{_GAP}day\s+)?"
     rf"\bmoney{_GAP}back{_GAP}guarant(?:ees?|y)\b{_ENDED}", ""),
    (rf"(?<!\bis\s)(?<!\bare\s)(?<!\bwas\s)(?<!\bwere\s)(?<!\bbeen\s)\b{_PROVEN}\s+(?=\w)", ""),
    (rf"(?<!\bis)(?<!\bare)(?<!\bwas)(?<!\bwere)(?<!\bbeen),?\s+(?:and\s+)?\b{_PROVEN}\b(?!\s+\w)", ""),
    (rf"{_JOINED}\b(?:no|zero|any|free\s+(?:of|from)(?:\s+any)?)\s+(?:\w+\s+)?{_EFFECTS}\b{_ENDED}", ""),
    (rf"\bside{_JOIN}effects?{_GAP}free\s+(?=\w)", ""),
    (rf"{_JOINED}\b(?:no|zero|any|free\s+(?:of|from)(?:\s+any)?)\s+risks?\b{_ENDED}", ""),
    (rf"\b(?:(?:an?|the)\s+)?world{_S}{_GAP}best\s+(?=\w)", ""),
)  # fmt: skip
"""Expressions of the claims above and plainer wordings, tried in order before those of `rewriting`."""
