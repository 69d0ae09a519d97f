"""Finds a city that follows the offer without a preposition: "Fahrradwerkstatt Berlin Neukölln".

Only listed cities and districts count, because a capital after an offer may be its name.
"""

from __future__ import annotations

import re
from typing import Final

from .stated_facts import is_denied

_CITIES: Final = (
    "Berlin Hamburg München Köln Frankfurt Stuttgart Düsseldorf Leipzig Dortmund Essen Bremen Dresden "
    "Hannover Nürnberg Duisburg Bochum Wuppertal Bielefeld Bonn Münster Mannheim Karlsruhe Augsburg "
    "Wiesbaden Kiel Lübeck Aachen Freiburg Erfurt Mainz Rostock Kassel Potsdam Heidelberg Regensburg "
    "Würzburg Ulm Göttingen Konstanz Tübingen Jena Weimar Bamberg Passau Wien Graz Linz Salzburg "
    "Innsbruck Klagenfurt Zürich Basel Bern Genf Luzern Winterthur "
    "London Manchester Birmingham Leeds Glasgow Edinburgh Bristol Liverpool Cardiff Belfast Dublin Cork "
    "Galway Oxford Cambridge York Brighton Chicago Boston Seattle Portland Austin Denver Houston Dallas "
    "Philadelphia Detroit Atlanta Miami Toronto Montreal Vancouver Sydney Melbourne Brisbane Perth "
    "Auckland Wellington Paris Lyon Marseille Amsterdam Rotterdam Brussels Copenhagen Stockholm Oslo "
    "Helsinki Madrid Barcelona Lisbon Porto Rome Milan Vienna Munich Zurich Prague Warsaw Budapest"
)
_DISTRICTS: Final = (
    "Neukölln Kreuzberg Mitte Wedding Moabit Pankow Friedrichshain Charlottenburg Wilmersdorf Schöneberg "
    "Steglitz Tempelhof Treptow Köpenick Lichtenberg Spandau Altona Eimsbüttel Ottensen Winterhude Sankt "
    "Schwabing Haidhausen Sendling Giesing Bogenhausen Ehrenfeld Nippes Deutz Plagwitz Connewitz Neustadt "
    "Altstadt Nord Süd Ost West Neubau Josefstadt Leopoldstadt Ottakring Hackney Camden Brixton Islington "
    "Peckham Shoreditch Soho Brooklyn Queens Leith"
)


def _any(words: str) -> str:
    return "(?:" + "|".join(sorted(words.split(), key=lambda word: (-len(word), word))) + ")"


_PLACED: Final = re.compile(
    rf"(?<=[\w)] )(?P<place>{_any(_CITIES)}(?:[ -]{_any(_DISTRICTS)})?)(?=\s*(?:[.,;:!?()–—]|$))"
)
_BEFORE: Final = re.compile(
    r"(?i)\b(?:the|our|my|an?|der|die|das|des|dem|den|für|for|von|of|by|called|named|namens|genannt|and|und|in|"
    r"near|from|at|not|visit|around|aus|bei|nach|to|new|old|north|south|east|west|upper|lower|port|fort|mount|"
    r"saint|st\.?|san|santa)\s+$"
)
"""What a city cannot follow without a preposition: "New York" is not York."""


def with_preposition(text: str) -> str:
    """An English text with "in" before such a city: "a grooming salon in Austin"."""
    return _PLACED.sub(
        lambda found: found[0] if _BEFORE.search(text[: found.start()][-20:]) else f"in {found[0]}", text
    )


def is_city(name: str) -> bool:
    """Whether a name is that of a listed city or district."""
    return name in _CITIES.split() or name in _DISTRICTS.split()


def city(text: str) -> str | None:
    """The first listed city that follows an offer, with its district.

    >>> city("Fahrradwerkstatt Berlin Neukölln"), city("Training for the Berlin Marathon")
    ('Berlin Neukölln', None)
    """
    for match in _PLACED.finditer(text):
        if not is_denied(text, match.start()) and not _BEFORE.search(text[: match.start()][-20:]):
            return match["place"]
    return None
