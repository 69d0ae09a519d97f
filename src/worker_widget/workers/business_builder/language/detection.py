"""Detects the language of a text, among those that briefs are likely to use.

A text in another script than Latin has the language of its script.

Counts words that are frequent in a language and rare in the others (two points each), endings of German nouns
(two, or three for a part of a compound, as in "Fahrradwerkstatt") and letters that the others lack (one). The
result is unknown below three points, so that one word alone names no language, or where English has as many
as another language. Two other languages with as many points give `UNNAMED`.
Other languages in Latin script count as English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

NAMES: Final = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "nl": "Dutch",
    "pt": "Portuguese", "sv": "Swedish", "da": "Danish", "pl": "Polish", "no": "Norwegian", "fi": "Finnish",
    "cs": "Czech", "tr": "Turkish", "hu": "Hungarian", "ro": "Romanian", "ja": "Japanese", "ko": "Korean",
    "zh": "Chinese", "ru": "Russian", "uk": "Ukrainian", "el": "Greek", "ar": "Arabic", "he": "Hebrew",
    "th": "Thai", "hi": "Hindi", "und": "another language than English",
}  # fmt: skip

UNNAMED: Final = "und"
"""The code of a text in a language that is not English, but which is not clear."""

_SCRIPTS: Final = (
    ("ja", re.compile(r"[\u3040-\u30ff]")), ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")), ("uk", re.compile(r"[іїєґІЇЄҐ]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")), ("el", re.compile(r"[\u0370-\u03ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")), ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")), ("hi", re.compile(r"[\u0900-\u097f]")),
)  # fmt: skip
"""The languages that their script tells apart, the more particular script first."""

_FREQUENT: Final = {
    "en": (
        "a the and of for with that this from your our their are who which help helps about to we "
        "create build write make open launch shop bakery firm book page app's people landing "
        "how what where when my is it an on can you not have has will would some any be sell they "
        "i from per near by at lesson lessons class classes course courses walking hour hours week "
        "month weekly "
        "monthly daily beginners kids monday tuesday wednesday thursday friday saturday sunday "
        "mondays tuesdays "
        "wednesdays thursdays fridays saturdays sundays january february june july october december"
    ),
    "de": (
        "der die das und für mit eine ein einen einem einer eines den dem des ist sind im zum zur "
        "auf von bei nicht auch oder wir unsere unser unseren ich erstelle erstell baue bau eröffne "
        "schreibe gestalte über aus als seite bitte möchte wollen laden kanzlei werkzeug kinderbuch "
        "hochzeit betrieb verein wie unternehmen kundinnen kunden menschen leute ab uhr pro wochen "
        "woche tage "
        "stunde stunden monat monate jahr jahre kurs kurse reparatur unterricht montag dienstag mittwoch "
        "donnerstag freitag samstag sonntag montags dienstags mittwochs donnerstags freitags "
        "samstags sonntags "
        "januar februar märz mai juni juli oktober dezember anfänger kinder verkaufen verkauft machen bieten "
        "handgemacht handgemachte handgemachter gebraucht gebrauchte "
        "gebrauchter"
    ),
    "fr": (
        "le la les des une un et pour avec dans du est sont qui que nous notre nos sur aux au par créer "
        "créez crée chez sans vous ou ce cette petite petit site qu'il jour de cours atelier ateliers "
        "heure heures mois semaine lundi mardi mercredi jeudi vendredi samedi dimanche janvier "
        "février avril mai "
        "juin juillet août septembre octobre novembre décembre enfants débutants boulangerie école "
        "leçons réparation vélo vélos"
    ),
    "es": (
        "el los las una un y para con del en es son que nuestra nuestro por sobre crear página "
        "crea una las al más sin desde pequeña pequeño euros nos de clase clases curso cursos taller tienda "
        "escuela hora horas mes semana guitarra cocina niños principiantes lunes martes miércoles jueves "
        "viernes sábado sábados domingo enero febrero marzo abril mayo junio julio agosto septiembre octubre "
        "noviembre diciembre panadería reparación bicicletas y"
    ),
    "it": (
        "il lo gli un una e per con di del della che sono nostra nostro crea pagina negozio nel "
        "alla al i da più ogni piccola piccolo sito dove corso corsi cucina lezioni lezione "
        "scuola bottega ore "
        "ora mese settimana bambini principianti lunedì martedì mercoledì giovedì venerdì sabato domenica "
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre dicembre panificio "
        "chitarra riparazione biciclette"
    ),
    "nl": (
        "de het een en voor met van die dat onze ons zijn niet ook naar maak bakkerij op bij wij helpt om "
        "cursus lessen les uur maand week kinderen winkel maandag dinsdag woensdag "
        "donderdag vrijdag "
        "zaterdag zondag januari februari maart mei juni juli vanaf fietsen"
    ),
    "pt": (
        "o os as uma um e para com do da no na que são nosso nossa por criar uma página em não "
        "crie ao pequena pequeno mais aos das dos de aula aulas curso cursos oficina loja escola "
        "hora horas mês "
        "semana crianças iniciantes cozinha segunda terça quarta quinta sexta sábado domingo "
        "janeiro fevereiro "
        "março abril maio junho julho setembro outubro novembro dezembro padaria conserto bicicletas euros"
    ),
    "sv": (
        "och för en ett som med att är av på till det vår våra skapa inte de den hemsida sida hos barn "
        "i kurs kurser lektioner timme timmen kronor nybörjare måndag måndagar tisdag tisdagar "
        "onsdag onsdagar "
        "torsdag torsdagar fredag fredagar lördag lördagar söndag söndagar maj juni juli augusti oktober"
    ),
    "da": (
        "og for en et som med at er af på til det vores lav ikke de den der i kurser timer "
        "begyndere hjemmeside bageri mandag tirsdag onsdag torsdag fredag lørdag søndag maj juni juli oktober"
    ),
    "pl": (
        "i w na z dla do się że jest nasza nasz strona stronę sklep oraz przez który która "
        "stwórz dzieci po od zł osób w małej kurs kursy lekcje zajęcia warsztaty godzina "
        "poniedziałek wtorek środa "
        "środę czwartek piątek sobota sobotę niedziela niedzielę stycznia lutego marca kwietnia maja czerwca "
        "lipca sierpnia września października listopada grudnia początkujących naprawa rowerów"
    ),
    "no": (
        "og for en et som med ikke av på til det vår våre lag nettside jeg den der i kurs timer "
        "nybegynnere mandag tirsdag onsdag torsdag fredag lørdag søndag mai juni juli oktober"
    ),
    "fi": "ja on joka jossa sekä varten meidän luo sivu verkkosivu kanssa tai ei että",
    "cs": "a pro na se je které který která naše stránku vytvoř v nebo není aby kteří",
    "tr": "ve için bir bu ile olan bizim sayfa oluştur açılış web daha çok olarak",
    "hu": "és egy az hogy nem számára készíts oldalt oldal mi vagy is meg amely aki",
    "ro": "și pentru un o care cu din este sunt nostru noastră creează pagină pagina la ale",
}
_WORDS: Final = {code: frozenset(words.split()) for code, words in _FREQUENT.items()}
_UNAMBIGUOUS: Final = frozenset(
    ["handgemacht", "handgemachte", "handgemachter", "gebraucht", "gebrauchte", "gebrauchter"]
)
"""Words that name their language alone."""

_ENDINGS: Final = {
    "de": re.compile(r"(?:[^\W\d_]{4,}ung|[^\W\d_]{3,}(?:heit|keit|schaft)|[^\W\d_]{2,}erei)(?:en)?")
}
_PARTS: Final = {
    "de": re.compile(
        r"[^\W\d_]{3,}(?:werkstatt|werkstätten|schulen?|kurse?|unterricht|stunden?|laden|läden|geschäfte?|"
        r"handwerk|handel|dienste?|vereine?|betriebe?|pflege|beratung|reinigung|reparatur(?:en)?|führung(?:en)?|"
        r"bäckerei|metzgerei|gärtnerei|schneiderei|praxis|kanzlei|häuser|wochen|bücher|möbel|zeug|markt|märkte|recht)"
        r"|[^\W\d_]{6,}ung(?:en)?"
    ),
    "sv": re.compile(r"[^\W\d_]{3,}(?:kurs(?:er)?|skola|verkstad|butik|bageri|lektioner|mottagning)"),
}
"""Last parts of compounds."""

_LETTERS: Final = {
    "de": "äöüß", "fr": "èêçœùà", "es": "ñ¿¡óí", "pt": "ãõçê", "it": "àòù", "sv": "åäö", "da": "æøå",
    "pl": "ąęłńśźż", "no": "æøå", "fi": "äö", "cs": "ěřůčšž", "tr": "ğışç", "hu": "őűáé", "ro": "ășțâ",
}  # fmt: skip
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_CLEAR: Final = 3

DEFAULT: Final = "en"
"""The language of a text whose language is unknown."""


def detect(text: str, *others: str) -> str:
    """The two-letter code of the first text's language that is known; English if none is.

    >>> detect("Podcast", "Wir machen Podcasts für alle")
    'de'
    """
    return next((code for code in map(recognise, (text, *others)) if code), DEFAULT)


def recognise(text: str) -> str | None:
    """The two-letter code of the language of ``text``; ``None`` where it is unknown."""
    by_script = _by_script(text)
    if by_script:
        return by_script
    words = _WORD.findall(text.lower())
    scores = {code: _score(code, words) for code in _WORDS}
    best = max(scores.values())
    leaders = [code for code, score in scores.items() if score == best]
    if best < _CLEAR or (len(leaders) > 1 and DEFAULT in leaders):
        return None
    return leaders[0] if len(leaders) == 1 else UNNAMED


def _by_script(text: str) -> str | None:
    """The language of a text whose letters are mostly of another script than Latin."""
    letters = [letter for letter in text if letter.isalpha()]
    foreign = [letter for letter in letters if letter > "\u0370" and not "\u1e00" <= letter <= "\u1fff"]
    if not foreign or len(foreign) * 2 < len(letters):
        return None
    return next((code for code, script in _SCRIPTS if script.search(text)), None)


def _score(code: str, words: Iterable[str]) -> int:
    return sum(_points(code, word) for word in words)


def _points(code: str, word: str) -> int:
    ending, part, letters = _ENDINGS.get(code), _PARTS.get(code), _LETTERS.get(code, "")
    if part is not None and part.fullmatch(word):
        return 3
    if word in _UNAMBIGUOUS and word in _WORDS[code]:
        return 3
    known = word in _WORDS[code] or (ending is not None and ending.fullmatch(word) is not None)
    return 2 * known + any(map(word.count, letters))
