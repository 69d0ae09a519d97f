"""Reads a German task, as `english_reader` reads an English one.

The request for the work is removed from the start of each sentence ("Bitte erstelle eine Landingpage für
..."). The first noun phrase of the rest is the subject, put into the nominative. What follows is read as
"für" people or a setting, a relative clause with its function or the people's activity, "um ... zu", "über" a
theme, "mit" features, "in" a place, "namens" a name. Phrases keep their case and are used only where that
case fits: features after "mit", a theme after "über".

Limits: one subject, people in the plural only, no genitives; a phrase that is not clearly readable is left
out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ..content import library
from ..language import english_phrases, german_grammar, typography
from ..language.word_lists import word_set
from . import cities, clean_task, further_sentences, german_capitals, named_offer, stated_facts
from .brief import Brief

_LONGEST_READ: Final = 6_000

_DELIVERABLE: Final = (
    r"(?:[\w-]*(?:landing-?\s?page|web-?seite|website|homepage|startseite|web-?auftritt|internetseite|"
    r"internetauftritt|onlineauftritt|auftritt|kampagne|markteinführung|businessplan|geschäftsplan|"
    r"marketingplan|konzept|launch-?plan|startplan|broschüre|flyer|text|texte|pitch|one-?pager|launch|"
    r"start)|seite)"
)
_ASK: Final = re.compile(
    r"(?:erstell|bau|entwirf|entwerf|gestalt|schreib|mach|entwickl|plan|start|eröffn|gründ|verkauf|bewerb|"
    r"bewirb|stell|präsentier|konzipier|formulier|generier|bereit|setz|leg)\w*\s+"
    r"(?:(?:Sie|mir|uns|bitte|doch|mal|eben|hier)\s+)*",
    re.IGNORECASE,
)
_PREAMBLES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:hallo|hi|hey|guten tag|also|bitte|nun|jetzt|und|dann|aufgabe|idee|thema|gesucht(?: wird)?)\b"
        r"\s*[,.!:–-]?\s+",
        r"(?:ich bin|wir sind)\s+(?:[\w-]+\s+){1,7}?und\s+",
        r"(?:die\s+|der\s+)?(?:vermarktung|eröffnung|gründung|einführung|verkauf|bewerbung|entwicklung|"
        r"gestaltung|aufbau|vermietung)\s+(?:von\s+|(?=(?:einer|eines|unserer|unseres|meiner|meines|der|"
        r"des)\s))",
        r"(?:ich|wir)\s+(?:möchten?|wollen|will|würden?|brauchen?|benötigen?|suchen?|planen?|haben?|"
        r"hätten?|sind|bin|eröffnen?|gründen|gründe|verkaufen?|bauen?|entwickeln?|entwickle|machen?|"
        r"starten?|betreiben?|führen?|bieten?|schreiben?|verlegen?|vermieten?|verleihen?|backen?|fertigen?|"
        r"organisieren?|veranstalten?)\s+(?:(?:gern|gerne|bald|gerade|demnächst|nächstes jahr|im \w+|auch|"
        r"bitte|dringend|dafür|unseren? kunden|kunden)\s+)*",
        r"(?:es|hier|dabei) geht(?: es)? um\s+",
        r"(?:(?:kannst|könntest|würdest) du|(?:können|könnten|würden) Sie)(?:\s+(?:mir|uns|bitte))*\s+",
        r"(?:mein|meine|unser|unsere)\s+(?:idee|projekt|produkt|firma|unternehmen|startup|start-up|betrieb|"
        r"geschäft)\s+(?:ist|heißt|verkauft|bietet|macht|baut)\s+",
        r"das (?:ist|wird|soll)\s+",
        r"(?:mein|meine|unser|unsere)\s+[\w-]+\s+und\s+(?=ich\s)",
    )
)
_PAGE_FOR: Final = re.compile(
    rf"(?:(?:{'|'.join(sorted(german_grammar.DETERMINERS))})\s+)?(?:[a-zäöüß]\w*\s+){{0,3}}(?P<what>{_DELIVERABLE})"
    r"(?:\s+(?:für|zu|zur|zum|über|von)|:)\s+(?:(?:den|die|der)\s+(?:launch|start|eröffnung)\s+(?:von|"
    r"für)\s+|(?:eröffnung|einführung|vorstellung)\s+(?:von\s+)?)?",
    re.IGNORECASE,
)
_PAGE_ALONE: Final = re.compile(
    rf"(?:(?:{'|'.join(sorted(german_grammar.DETERMINERS))})\s+)?(?:[a-zäöüß]\w*\s+){{0,3}}{_DELIVERABLE}"
    r"(?:\s+(?:erstellen|bauen|schreiben|gestalten|machen|mit\b.*))?\s*[.!]?$",
    re.IGNORECASE,
)
_WEBSITE: Final = re.compile(r"(?i)web-?seite|website|homepage|internetseite")
_EVALUATIVE: Final = word_set(
    "gute guten guter gutes beste besten bester bestes neue neuen neuer neues neuem tolle tollen "
    "toller tolles coole coolen cooler cooles innovative innovativen innovativer innovatives "
    "geniale genialen genialer geniales super moderne"
)
_OF_THE_AUTHOR: Final = re.compile(r"(?i)\b(?:ich|mich|mir|mein\w*)\b")
_TAUGHT: Final = re.compile(
    r"(?i)(?:workshop|kurs|seminar|vortrag|schulung|lehrgang|training|fortbildung|tagung|konferenz|"
    r"webinar)s?$"
)
"""Offers that have a topic."""

_WE_DO: Final = re.compile(r"(?i)wir\s+(?!sind|haben|wollen|möchten)[a-zäöüß]+(?:en|eln|ern)\s+(?!zu\b)\w")
"""A sentence about what a company does: "Wir reparieren Fahrräder"."""

_MARKUP: Final = re.compile(r"[{}<>|\\^~*_]")
_NO_SUBJECT: Final = word_set("aufgabe ding sache etwas idee test text inhalt projekt thema auftrag")
_BOUNDARY: Final = word_set(
    "für in im am an ans aus bei beim mit ohne über von vom zu zum zur und oder um auf nach bis "
    "unter dass weil damit namens genannt wo wenn als wie sowie inklusive samt per via gegen seit "
    "zwischen rund nicht außer"
)
_BEFORE_ADJECTIVES: Final = word_set("und sehr besonders selbst frisch fair rein handwerklich")
_PLURAL_PEOPLE: Final = word_set(
    "museen bibliotheken "
    "menschen leute familien eltern kinder paare brautpaare frauen männer teams firmen betriebe "
    "unternehmen vereine schulen kitas kliniken praxen kanzleien agenturen restaurants cafés "
    "hotels läden geschäfte behörden kommunen städte gemeinden haushalte fans freunde senioren "
    "jugendliche erwachsene selbstständige selbständige studierende lernende pflegende "
    "pflegekräfte fachkräfte lehrkräfte führungskräfte gäste kunden kundinnen patienten "
    "neugierige interessierte reisende berufstätige alleinerziehende angehörige nachbarn "
    "nachbarinnen kollegen start-ups startups banken praktiker hausverwaltungen genossenschaften "
    "jungs mädchen omas opas großeltern geflüchtete azubis auszubildende touristen profis laien "
    "landwirte ärzte anwälte köche gründer anfänger kräfte"
)
_IN_COMPOUNDS: Final = tuple(sorted(word for word in _PLURAL_PEOPLE if len(word) >= 5))
_PEOPLE_ENDING: Final = re.compile(
    r"(?:[a-zäöüß]{2}(?:innen|isten|enten|anten|ogen|eure|oren|leute|besitzer|fans)|[a-zäöüß]{3}(?:er|ler|"
    r"ner))$"
)
_NOT_PEOPLE: Final = word_set(
    "computer rechner server wecker bücher häuser gewächshäuser räder fahrräder felder wälder "
    "kleider bilder länder zimmer fenster keller semester theater wetter winter sommer wasser "
    "papier messer koffer teller lager kinderzimmer schlafzimmer wohnzimmer drucker sender ordner "
    "container roller sticker poster filter eier blätter lieder bretter dächer fächer "
    "krankenhäuser ämter güter müller füller halter federhalter füllfederhalter kugelschreiber wecker "
    "rasenmäher geschirrspüler"
)
_NO_PLACE: Final = re.compile(
    r"(?:ung|heit|keit|schaft|arbeit|form|zeit|ion|tät)$|^(?:Zukunft|Kürze|Ruhe|Deutsch|Englisch|Holz|"
    r"Minuten|Sekunden|Stunden|Tagen|Schritten|Januar|Februar|März|April|Mai|Juni|Juli|August|September|"
    r"Oktober|November|Dezember|Python|Rust|Java|Excel|Leder|Farbe|Serie|Echtzeit|Ton|Mathe|Mathematik|"
    r"Physik|Chemie|Biologie|Musik|Kunst|Sport|Teilzeit|Vollzeit|Wort|Bild|Sachen|"
    r"Zeiten|Handarbeit)$"
)
_PLACE: Final = re.compile(
    r"\bin\s+(?P<place>(?:(?:Bad|Sankt|St\.|Alt|Neu|der|dem)\s+)?[A-ZÄÖÜ][\wäöüß'’-]+"
    r"(?:[ -](?:am|an der|an|im|ob der|vor der|bei|auf der)\s[A-ZÄÖÜ][\wäöüß-]+|[ -][A-ZÄÖÜ][\wäöüß-]+){0,2})"
)
_NAME: Final = re.compile(
    r"\b(?:namens|genannt|heißt|heißen|Namen)\s+[„“”\"'‚‘»«]?(?P<name>[A-ZÄÖÜ0-9][\wäöüß&'’+-]*"
    r"(?:\s(?:&|und|[A-ZÄÖÜ0-9])[\wäöüß&'’+-]*){0,3})"
)
_CLAUSE_END: Final = r"(?=[,.;:!?()–—]|$|\s(?:ohne|damit|weil|sodass|aber|und zwar)\b)"
_HELPS: Final = re.compile(
    rf"(?P<who>[^,.;]+?)\s+(?:dabei\s+)?(?:hilft|helfen|ermöglicht|erlaubt|erleichtert es|unterstützt),\s+"
    rf"(?P<what>[^,.;:!?]+?\bzu\s+\w+|[^,.;:!?]+?\w+zu\w+en\b(?:[^,.;:!?]*?))\s*{_CLAUSE_END}",
    re.IGNORECASE,
)
_WITH_WHICH: Final = re.compile(
    r",\s*(?:mit|über|in|auf|bei)\s+(?:der|dem|denen)\s+(?P<rest>[^,.;:!?]+?)"
    rf"(?P<modal>\s+(?:können|kann|dürfen|sollen|lassen|lässt))?\s*{_CLAUSE_END}"
)
_TO_DO: Final = re.compile(
    rf"\bum\s+(?P<what>[^,.;:!?]+?\bzu\s+\w+n\b|[^,.;:!?]+?\w+zu\w+n\b)\s*{_CLAUSE_END}"
)
_RELATIVE: Final = re.compile(r",\s*(?P<pronoun>der|die|das)\s+(?P<clause>[^,.;:!?()–—]+)")
_PURPOSE: Final = re.compile(
    r"\b(?:zum|zur)\s+[A-ZÄÖÜ][\wäöüß-]+(?:\s+von\s+(?:[a-zäöüß]+\s+)?[A-ZÄÖÜ][\wäöüß-]+)?"
)
_THEME: Final = re.compile(
    r"(?:^|\s)über\s+(?P<theme>[^,.;:!?()]+(?:,\s*(?:der|die|das|dem|den|deren|dessen)\s[^,.;:!?()]+)?)"
)
_WITH: Final = re.compile(r"(?:^|\s)mit\s+(?P<list>[^.;:!?()]+)")
_GENERIC: Final = word_set("menschen leute familien eltern kinder paare frauen männer haushalte")
_APART: Final = re.compile(
    r"(?P<age>(?:ab|über|unter)\s+(?:\d+|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf)(?:\s+Jahren?)?)|(?:mit|ohne|von)\s+(?:[a-zäöüß]+\s+)?[A-ZÄÖÜ][\wäöüß-]+"
)
_LONGEST_PHRASE: Final = 90


def read(task: str) -> Brief:
    """The brief in a German ``task``; a part that it does not clearly state is ``None``."""
    cleaned = with_capitals(clean_task.clean_task(task[:_LONGEST_READ]))
    # Every noun has a capital: a single word at the start of a sentence may be any.
    cleaned, beside = named_offer.without_name(cleaned, "de", cities.is_city, lambda _: True)
    lines = [typography.clean(line).lstrip("-*•# ") for line in cleaned.splitlines()]
    parts = [part for line in lines if line for part in typography.sentences(line)]
    whole = typography.clean(cleaned)
    best, best_score, best_part = Brief(whole, "de"), -1, ""
    for part in parts:
        found = _read_sentence(stated_facts.without(part, stated_facts.stated_facts(part, "de")))
        if _score(found) > best_score:
            best, best_score, best_part = found, _score(found), part
    statements, unused = further_sentences.sort_sentences(
        [part for part in parts if part != best_part or not best.is_read],
        "de",
        further_sentences.list_items(cleaned),
    )
    best = replace(
        best,
        task=typography.clean(task),
        place=_place(whole) or cities.city(whole),
        name=beside or _name(whole),
        wording=_wording(best_part) if best.subject else None,
        statements=statements,
        unused=unused,
    )
    return _classify(best, whole)


def with_capitals(text: str) -> str:
    """``text`` with capitals for its nouns, if it was typed without any."""
    return german_capitals.with_capitals(text, _is_noun)


def _is_noun(word: str) -> bool:
    """Whether a word in lower case is a noun of the content or names people."""
    named = word in _PLURAL_PEOPLE or re.fullmatch(_DELIVERABLE, word, re.IGNORECASE) is not None
    return named or german_grammar.kind_of(word) is not None or recognise((), word) is not None


def _wording(text: str) -> str | None:
    """The offer with all that its sentence says of it, its noun phrase in the nominative."""
    rest = _without_request(text.rstrip(" .!"))
    page = _PAGE_FOR.match(rest)
    rest = rest[page.end() :] if page else rest
    words, tail = _subject(rest)
    if not words or _OF_THE_AUTHOR.search(tail) or _MARKUP.search(rest):
        return None
    found = german_grammar.nominative(words).indefinite
    if words[0].lower() == "ein" and not found.startswith("ein "):
        found = f"ein {found}"
    return found + tail if tail.startswith(",") else f"{found} {tail}".strip()


def recognise(kinds: Sequence[str], *texts: str) -> str | None:
    """The line of business of ``texts``, of one of ``kinds`` if any; the first text has the most weight."""
    best: str | None = None
    best_score = 0
    for key, field in library.fields("de").items():
        if kinds and field.kind not in kinds:
            continue
        score = sum(
            weight * sum(_all_in(text, entry) for entry in field.words)
            for weight, text in zip((9, 3, 1), texts, strict=False)
        )
        if score > best_score:
            best, best_score = key, score
    return best


def _read_sentence(text: str) -> Brief:
    rest = _without_request(text.rstrip(" .!"))
    if _WE_DO.match(text) and _WE_DO.match(rest):
        return Brief(text, "de", gist=typography.sentence(rest), kind="practice")
    page = _PAGE_FOR.match(rest)
    shape = None
    if page:
        shape = "Website" if _WEBSITE.search(page["what"]) else None
        rest = rest[page.end() :]
        people, tail = _people(rest)
        if people and rest.split()[0].lower() not in german_grammar.DETERMINERS:
            return _details(Brief(text, "de", subject=shape, audience=people), "", tail)
    elif _PAGE_ALONE.match(rest):
        return Brief(text, "de")
    words, tail = _subject(rest)
    if not words:
        return _details(Brief(text, "de", subject=shape), "", rest)
    subject = german_grammar.nominative(words)
    if not _usable(subject.phrase):
        return _details(Brief(text, "de"), "", tail)
    return _details(Brief(text, "de", subject=subject.phrase), subject.gender or "", tail)


_WANTED: Final = re.compile(r"(?i)\b(?:möchten?|wollen|will|würden?|kannst|könntest|können|könnten)\b")
_WANTED_DEED: Final = re.compile(
    r",?\s+(?:bekannt\s*machen|bekannter\s+machen|bewerben|vermarkten|anbieten|vorstellen|präsentieren|gründen|"
    r"eröffnen|starten|verkaufen|aufbauen|betreiben)(?=\s*(?:[,.;:!?]|$))"
)
"""The infinitive at the end of "Ich möchte eine Bäckerei bekannt machen"."""


def _without_request(text: str) -> str:
    if _WANTED.match(" ".join(text.split()[1:2])) or _WANTED.match(text):
        text = _WANTED_DEED.sub("", text, count=1)
    for _ in range(6):
        before = text
        for preamble in (*_PREAMBLES, _ASK):
            match = preamble.match(text)
            if match:
                text = text[match.end() :]
        if text == before:
            break
    return text


def _subject(text: str) -> tuple[list[str], str]:
    """The words of the first noun phrase of ``text`` that can be an offer, and what follows it."""
    tokens = text.split()
    for start in range(len(tokens)):
        words, end, closed = _noun_words(tokens, start)
        if not words:
            continue
        bare = [word for word in words if word.lower() not in _EVALUATIVE]
        before = tokens[start - 1].lower() if start else ""
        head = bare[-1] if bare else ""
        if (
            not head
            or head.lower() in _NO_SUBJECT | german_grammar.DETERMINERS
            or before in _BOUNDARY - {"und"}
        ):
            continue
        determined = bare[0].lower() in german_grammar.DETERMINERS
        known = german_grammar.kind_of(head) is not None or recognise((), head) is not None
        follower = tokens[end].lower() if end < len(tokens) else ""
        fragment = start == 0 and (closed or follower in _BOUNDARY or end == len(tokens))
        if not (determined or known or fragment):
            continue
        tail = ("," if closed == "," else "") + " " + " ".join(tokens[end:])
        return _without_name(bare), tail.strip()
    return [], text


def _noun_words(tokens: Sequence[str], start: int) -> tuple[list[str], int, str]:
    """The noun phrase at ``start`` (article, adjectives, words with a capital), its end, and its mark."""
    words: list[str] = []
    index = start
    while index < len(tokens):
        token = tokens[index]
        bare = token.strip('„“”"‚‘»«()').rstrip(",.;:!?")
        mark = token.rstrip('“”"‘«)')[-1:] if token.rstrip('“”"‘«)')[-1:] in ",.;:!?" else ""
        if not bare or token[0] in "(–—":
            break
        if not words and bare.lower() in german_grammar.DETERMINERS:
            bare = bare.lower()
        if bare[0].isupper() or bare[0].isdigit():
            words.append(bare)
        elif _ends_phrase(words, bare):
            break
        else:
            words.append(bare)
        index += 1
        if mark:
            return (words if _has_noun(words) else []), index, mark
    return (words if _has_noun(words) else []), index, ""


def _ends_phrase(words: Sequence[str], word: str) -> bool:
    """Whether ``word``, in lower case, ends the noun phrase of ``words``."""
    if word == "und":
        return not words or not words[-1][0].islower() or words[-1] in german_grammar.DETERMINERS
    over = any(each[0].isupper() for each in words)
    return over or word in _BOUNDARY or (bool(words) and word in german_grammar.DETERMINERS)


def _has_noun(words: Sequence[str]) -> bool:
    """Whether these are a noun with at most an article and adjectives before it."""
    nouns = [word for word in words if word[0].isupper() and word.lower() not in german_grammar.DETERMINERS]
    before = [word for word in words if word not in nouns and word.lower() not in german_grammar.DETERMINERS]
    fitting = all(german_grammar.is_adjective(word) or word in _BEFORE_ADJECTIVES for word in before)
    return bool(nouns) and fitting and len(words) <= 6 and words[-1] in nouns


def _without_name(words: list[str]) -> list[str]:
    """ "Bäckerei Kornblume" as "Bäckerei": a known noun without the name after it."""
    for index, word in enumerate(words):
        if word[0].isupper() and german_grammar.known_part(word) and index + 1 < len(words):
            return words[: index + 1]
    return words


def _details(found: Brief, gender: str, tail: str) -> Brief:
    audience, setting = found.audience, None
    for match in re.finditer(r"\b(für|an)\s+", tail):
        if stated_facts.is_denied(tail, match.start()):
            continue
        people, _ = _people(tail[match.end() :])
        if people:
            audience = audience or people
        elif setting is None and audience is None and match[1] == "für":
            setting = _setting(tail[match.end() :])
    purpose = _PURPOSE.search(tail)
    if purpose and _usable(purpose[0]):
        setting = purpose[0]
    activity = function = None
    helped = _HELPS.search(tail)
    which = _WITH_WHICH.search(tail)
    to_do = _TO_DO.search(tail)
    if helped:
        activity = _activity(german_grammar.infinitive(helped["what"]))
        helped_people = re.sub(r"^,?\s*(?:der|die|das|und)\s+", "", helped["who"].rsplit(",", 1)[-1].strip())
        audience = audience or _dative_people(helped_people)
    elif which:
        people, rest = _people(which["rest"])
        rest = re.sub(r"^(?:man|sie|alle|ich|wir|du|sich)\s+", "", rest if people else which["rest"])
        audience = audience or people
        activity = _activity(rest) if people or which["modal"] else None
    elif to_do:
        activity = _activity(german_grammar.infinitive(to_do["what"]))
    else:
        function = _function(gender, tail)
        if function and audience is None:
            audience = _people(function)[0]
    kind = german_grammar.kind_of((found.subject or "").split(" ")[-1]) if found.subject else None
    taught = _TAUGHT.search(found.subject or "") is not None
    theme = _theme(tail) if kind == "publication" or taught else None
    return replace(
        found,
        audience=audience,
        setting=setting,
        activity=activity,
        function=function,
        theme=theme,
        features=() if theme else _features(tail.replace(audience or "\n", "")),
    )


def _people(text: str) -> tuple[str | None, str]:
    """The people that ``text`` starts with, with their relative clause, and the rest of the text."""
    tokens = text.split()
    words, end, mark = _noun_words(tokens, 0)
    generic = bool(tokens) and tokens[0].lower().rstrip(",") in {"alle", "jene"} and tokens[0].endswith(",")
    if generic:
        words, end, mark = [tokens[0].rstrip(",")], 1, ","
    else:
        words, end, mark = _only_people(tokens, words, end, mark)
    if not words:
        return None, text
    if words[0].lower() in {"ein", "eine", "einen", "einer", "einem"}:
        return None, text
    found = german_grammar.plural(words)
    rest = " ".join(tokens[end:])
    if not mark and end + 1 < len(tokens) and tokens[end].lower() in {"und", "oder"}:
        more, further, mark = _noun_words(tokens, end + 1)
        more, further, mark = _only_people(tokens, more, further, mark)
        if more:
            found = f"{found} {tokens[end].lower()} {german_grammar.plural(more)}"
            rest = " ".join(tokens[further:])
    apart = None if mark else _APART.match(rest)
    if apart and (apart["age"] or words[-1].lower() in _GENERIC):
        found, rest = f"{found} {apart[0]}", rest[apart.end() :].strip()
    clause = re.match(r"die\s+(?P<clause>[^,.;:!?()–—]+)", rest) if mark == "," else None
    if clause and _is_plural_clause(clause["clause"]):
        found, rest = f"{found}, {clause[0].strip()}", rest[clause.end() :]
    return (found if _usable(found) else None), (", " if mark == "," and not clause else "") + rest


def _only_people(tokens: Sequence[str], words: list[str], end: int, mark: str) -> tuple[list[str], int, str]:
    """A noun phrase up to its people: "Pflegekräfte" of "Pflegekräfte Schichten"; empty if none."""
    nouns = [(index, word) for index, word in enumerate(words, 1) if word[0].isupper()]
    count = next((index for index, word in nouns if _is_people(word)), 0)
    if any(german_grammar.kind_of(word) for index, word in nouns if index < count):
        return [], 0, ""
    if count == len(words):
        return words, end, mark
    return (words[:count], end - len(words) + count, "") if count else ([], 0, "")


def _is_plural_clause(clause: str) -> bool:
    """Whether a clause ends in a plural verb: "nachts arbeiten", not "erinnert"."""
    words = clause.split()
    last = words[-1] if words else ""
    return 2 <= len(words) <= 10 and (last in {"sind", "haben", "wollen", "tun"} or last.endswith("n"))


def _is_people(word: str) -> bool:
    lower = word.lower()
    if lower in _PLURAL_PEOPLE or lower.endswith(_IN_COMPOUNDS):
        return True
    return lower not in _NOT_PEOPLE and _PEOPLE_ENDING.search(lower) is not None and _is_no_offer(lower)


def _is_no_offer(lower: str) -> bool:
    return german_grammar.kind_of(lower) is None


def _dative_people(text: str) -> str | None:
    """People in the dative, as in "das Podcastern hilft", in the nominative."""
    words = [_from_dative(word) if word[:1].isupper() else word for word in text.split()]
    words = [re.sub(r"en$", "e", word) if word[:1].islower() and word != "den" else word for word in words]
    found, _ = _people(" ".join(word for word in words if word not in {"den", "dabei"}))
    return found


def _from_dative(word: str) -> str:
    """The nominative of people in the dative plural: "Podcastern", "Betrieben"."""
    return word[:-1] if word.endswith("en") and _is_people(word[:-1]) else german_grammar.from_dative(word)


def _setting(text: str) -> str | None:
    """The place or matter that it is used for, in the accusative, with its article."""
    words, _, _ = _noun_words(text.split(), 0)
    phrase = german_grammar.theirs(" ".join(words))
    head = words[-1].lower() if words else ""
    taken = head in _NO_SUBJECT or re.fullmatch(_DELIVERABLE, head) is not None
    return phrase if words and len(words) <= 5 and not taken and _usable(phrase) else None


def _activity(text: str) -> str | None:
    """An infinitive phrase in the third person."""
    phrase = german_grammar.theirs(
        re.sub(r"^(?:es|dabei|damit|einfach|schnell|automatisch)\s+", "", text.strip())
    )
    words = phrase.split()
    if not 2 <= len(words) <= 10 or not re.search(r"(?:en|eln|ern|un)$", words[-1]):
        return None
    return phrase if _usable(phrase) else None


def _function(gender: str, tail: str) -> str | None:
    """The function of the offer: its relative clause without the pronoun, verb last."""
    for match in _RELATIVE.finditer(tail):
        clause = match["clause"].strip()
        words = clause.split()
        right = not gender or german_grammar.RELATIVE[gender] == match["pronoun"]  # type: ignore[index]
        singular = gender == "p" or (words[-1].endswith("t") and words[-1][0].islower())
        if right and singular and 2 <= len(words) <= 12 and _usable(clause):
            return german_grammar.theirs(clause)
    return None


def _features(tail: str) -> tuple[str, ...]:
    """The features after "mit", in the dative, as far as they form a plain list."""
    match = next((m for m in _WITH.finditer(tail) if not re.match(r"(?:der|dem|denen)\b", m["list"])), None)
    if not match:
        return ()
    text = re.split(r"\s(?:für|das|der|die|um|weil|damit|zum|zur|ohne|aus|in)\s", match["list"], maxsplit=1)[
        0
    ]
    found: list[str] = []
    for item in re.split(r",\s*(?:und\s+)?|\s+und\s+|\s+sowie\s+", text)[:8]:
        words, end, _ = _noun_words(item.split(), 0)
        if not words or end < len(item.split()) or len(words) > 5:
            return tuple(found)
        phrase = german_grammar.theirs(" ".join(words))
        if not _usable(phrase):
            return tuple(found)
        found.append(phrase)
    return tuple(dict.fromkeys(found))


def _theme(tail: str) -> str | None:
    match = _THEME.search(tail)
    if not match:
        return None
    theme = re.split(r"\sfür\s", match["theme"], maxsplit=1)[0].strip()
    return theme if len(theme.split()) <= 14 and _usable(theme.replace(",", "")) else None


def _place(text: str) -> str | None:
    for match in _PLACE.finditer(text):
        if stated_facts.is_denied(text, match.start()):
            continue
        words = match["place"].split()
        people = words[0].lower() in _PLURAL_PEOPLE
        if not _NO_PLACE.search(words[0]) and not people and german_grammar.known_part(words[0]) is None:
            return match["place"] if words[0] not in {"der", "dem"} else None
    return None


def _name(text: str) -> str | None:
    match = _NAME.search(text)
    return match["name"].rstrip(".,'’") if match else None


def _usable(text: str) -> bool:
    return (
        bool(text) and len(text) <= _LONGEST_PHRASE and english_phrases.is_readable(text.replace(", ", " "))
    )


def _score(found: Brief) -> int:
    """The score of a sentence; a subject counts most, above all a known one."""
    if found.subject is None and found.audience is None and found.activity is None:
        return 2 if found.gist else 0
    head = (found.subject or "").split(" ")[-1]
    known = bool(head) and (german_grammar.kind_of(head) is not None or recognise((), head) is not None)
    phrases = (found.audience, found.activity or found.function, found.theme)
    return (
        2 * (found.subject is not None)
        + 4 * known
        + sum(2 for phrase in phrases if phrase)
        + bool(found.setting)
        + bool(found.features)
    )


def _classify(found: Brief, whole: str) -> Brief:
    subject = found.subject or ""
    kind = german_grammar.kind_of(subject.split(" ")[-1]) if subject else None
    field = recognise(
        (kind,) if kind else (),
        subject,
        found.audience or "",
        whole if not subject else found.activity or found.function or found.setting or "",
    )
    if field:
        return replace(found, field=field, kind=library.fields("de")[field].kind)
    by_word = next(filter(None, (german_grammar.kind_of(word) for word in _nouns(whole))), None)
    if kind is None and subject and re.search(r"(?i)\b(?:verkauf|handgemacht|handgefertigt)\w*", whole):
        kind = "product"
    own = found.kind if found.gist else None
    return replace(found, kind=kind or own or (by_word if not subject else None) or "offer")


def _nouns(text: str) -> list[str]:
    words = [word.strip('„“”",.;:!?()') for word in text.split()]
    return [
        word for word in words if word[:1].isupper() and not re.fullmatch(_DELIVERABLE, word, re.IGNORECASE)
    ]


def _all_in(text: str, entry: str) -> bool:
    return bool(text) and all(german_grammar.mentions(text, part) for part in entry.split(" + "))
