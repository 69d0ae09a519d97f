"""Finds the trades that a text is about, to notice a brand that belongs to another task.

A trade is a list of beginnings of words, English and German. General business words (software, studio,
agency, shop) are no trade, and a text of a company that works for other companies has none: such a text fits
every task.
"""

from __future__ import annotations

import re
from typing import Final

from ..language.word_lists import word_set
from .brief import Brief

_TRADES: Final = {
    "dentistry": "dental dentist dentists dentistry orthodont* zahnarzt* zahnmedizin* zahnärzt*",
    "medicine": "clinic clinics physician* surgery hospital* physiotherap* arztpraxis klinik* krankenhaus*",
    "podcasts": "podcast*",
    "baking": "bakery bakeries bread sourdough bäckerei* brot*",
    "bicycles": "bicycle* bike bikes cycling fahrrad* radwerkstatt*",
    "law": "law lawyer* attorney* solicitor* legal anwalt* kanzlei* rechts*",
    "gardening": "garden gardens gardening greenhouse* gärtner* garten*",
    "weddings": "wedding* bridal hochzeit*",
    "bookkeeping": "bookkeep* accounting tax taxes invoices buchhalt* steuer* rechnung*",
    "fitness": "fitness gym gyms yoga pilates workout* turnen fitnessstudio*",
    "restaurants": "restaurant* bistro* dining gasthaus* wirtshaus*",
    "coffee": "coffee café cafe cafés cafes espresso kaffee*",
    "hotels": "hotel* hostel* guesthouse* pension* unterkunft*",
    "pets": "dog dogs cat cats pet pets veterinar* hund* katze* tierarzt*",
    "hair": "hairdress* barber* hair friseur* frisör*",
    "property": "realtor* property properties mortgage* immobilien* makler*",
    "jewellery": "jewel* rings necklace* schmuck* goldschmied*",
    "ceramics": "pottery ceramic* töpfer* keramik*",
    "music": "guitar* piano* violin* accordion* gitarre* klavier*",
    "banking": "bank banks banking payments bankkonto* zahlungen",
    "farming": "farm farms farmer* livestock bauernhof* landwirt*",
    "cars": "car cars garage auto autos kfz* autowerkstatt*",
    "cleaning": "cleaning laundry reinigung* wäscherei*",
    "insurance": "insurance insurer* versicherung*",
    "travel": "travel* tours vacation* reise*",
}
_FOR_OTHERS: Final = word_set(
    "agency agencies consultancy consulting consultants studio studios marketplace platform freelancers "
    "clients everyone agentur beratung plattform kunden"
)
"""Words of a company that works for others, whatever their trade."""

_WORD: Final = re.compile(r"[^\W\d_]+")


def _matcher(entry: str) -> re.Pattern[str]:
    parts = (re.escape(part.rstrip("*")) + (r"\w*" if part.endswith("*") else "") for part in entry.split())
    return re.compile(rf"(?i)(?<!\w)(?:{'|'.join(parts)})(?!\w)")


_MATCHERS: Final = {trade: _matcher(entry) for trade, entry in _TRADES.items()}


def trades(text: str) -> frozenset[str]:
    """The trades that a text names.

    >>> sorted(trades("Bread and coffee from our own bakery"))
    ['baking', 'coffee']
    """
    return frozenset(trade for trade, matcher in _MATCHERS.items() if matcher.search(text))


def foreign_offer(brief: Brief, brand: str) -> str | None:
    """The offer of the task, where its trades are known and the text of the ``brand`` names only others.

    Any longer word that both have in common makes the two fit.
    """
    offer = brief.subject or ""
    of_offer = trades(offer)
    of_brand = trades(brand)
    words = {word.lower() for word in _WORD.findall(brand)}
    if not of_offer or not of_brand or of_offer & of_brand or words & _FOR_OTHERS:
        return None
    if trades(brief.task) & of_brand:
        return None
    shared = {word.lower() for word in _WORD.findall(offer) if len(word) > _SHORT} & words
    return None if shared else offer


_SHORT: Final = 3
