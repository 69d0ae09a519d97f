"""Quotes a task in a language that the engine does not write, without its request for a page."""

from __future__ import annotations

import re
from typing import Final

from ..language import typography

_REQUESTS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:s'il (?:vous|te) plaît,?\s+)?(?:cré(?:ez|e|er)|fai(?:tes|s|re)(?:-moi)?|concev(?:ez|oir)|"
        r"rédige[zr]?|construi(?:sez|s|re)|je (?:voudrais|veux)|nous (?:voulons|voudrions)|(?=une? (?:page|"
        r"site)\b))\s*(?:une?\s+)?(?:(?:page|site)(?:\s+(?:web|d['’]accueil|de destination|internet|de "
        r"vente))?|landing page)\s+(?:pour|sur)\s+",
        r"(?:por favor,?\s+)?(?:cre[ae]|crear|haz|hacer|diseñ[ae]r?|escrib[ae]|quiero|queremos|necesito|"
        r"(?=una? (?:página|sitio)\b))\s*(?:una?\s+)?"
        r"(?:página(?:\s+(?:web|de aterrizaje|de inicio))?|sitio(?:\s+web)?|web|landing page)\s+(?:para|"
        r"sobre|de)\s+",
        r"(?:per favore,?\s+)?(?:crea(?:re|te)?|fai|fate|progetta|scrivi|voglio|vorrei|(?=una? (?:pagina|"
        r"sito)\b))\s*(?:una?\s+)?(?:pagina(?:\s+(?:web|di destinazione))?|sito(?:\s+web)?|landing "
        r"page)\s+(?:per|su)\s+",
        r"(?:por favor,?\s+)?(?:cri[ae]r?|faça|fazer|desenhe|escreva|quero|(?=uma? (?:página|"
        r"site)\b))\s*(?:uma?\s+)?(?:página(?:\s+(?:web|de destino))?|site|landing page)\s+(?:para|sobre)\s+",
        r"(?:maak|bouw|schrijf|ontwerp|ik wil|wij willen)\s+(?:een\s+)?(?:landingspagina|webpagina|website|"
        r"pagina|landing page)\s+(?:voor|over)\s+",
        r"(?:skapa|gör|bygg|skriv|designa|lav|byg|skriv|lag)\s+(?:en\s+|et\s+)?(?:landningssida|webbsida|"
        r"hemsida|sida|webbplats|landingsside|hjemmeside|nettside|side)\s+(?:för|om|til|for)\s+",
        r"(?:proszę\s+)?(?:stwórz|utwórz|zrób|zaprojektuj|napisz|"
        r"przygotuj)\s+(?:stronę(?:\s+(?:internetową|docelową|www))?|landing page)\s+(?:dla|o)\s+",
        r"(?:luo|tee|vytvoř|udělej|készíts|oluştur|creează)\s+",
    )
)
_REQUEST_AT_END: Final = re.compile(
    r"の?(?:ための)?(?:ランディングページ|ホームページ|ウェブサイト|サイト|ページ|LP)を?(?:作って|作成して|制作して|書いて)?(?:ください|下さい|ほしい|欲しい)?[。！!]?$"
    r"|(?:的|制作|创建|做)?(?:一个)?(?:着陆页|登陆页|网页|网站)[。！!]?$"
)
_LONGEST: Final = 300


def offer_words(first_sentence: str) -> str:
    """The first sentence of a task without its request, as written.

    >>> offer_words("Créez une page pour une petite librairie à Lyon")
    'une petite librairie à Lyon'
    """
    text = first_sentence.strip().rstrip(".!。！")
    for request in _REQUESTS:
        match = request.match(text)
        if match and match.end() < len(text):
            text = text[match.end() :]
            break
    text = _REQUEST_AT_END.sub("", text) or text
    return typography.clip(text, _LONGEST)


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, also at the full stops of Chinese and Japanese."""
    return tuple(
        piece.strip()
        for part in typography.sentences(text)
        for piece in re.split(r"(?<=[。！？])", part)
        if piece.strip()
    )
