"""Reads an English task by rules, without a model: its subject, its audience and its purpose.

The task is cut into sentences. The request for the work is removed from the start of each ("Please create a
landing page for ..."). The rest is read as a noun phrase (the subject) and what follows it: "for" people or a
setting, "that helps X do Y", "to do Y", "about" a theme, "in" a place, "with" features, "called" a name. The
sentence with the most parts wins. The line of business is recognised by the words of `library.fields`, the
kind of offer by the subject's last noun.

Limits: English only (for other languages only the line of business, a place and a name are read); one
subject; a phrase that is not clearly readable is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ..content import library
from ..language import detection, english_grammar, english_phrases, plausibility, tone_marks, typography
from ..language.word_lists import ENGLISH_STOP_WORDS, word_set
from . import cities, clean_task, english_details, foreign_words, further_sentences, named_offer, stated_facts
from .brief import Brief

_LONGEST_READ: Final = 6_000
"""The characters of a task that are read."""

_MOST_SENTENCES: Final = 100
"""The sentences among which the offer is looked for."""

_MOST_QUOTED: Final = 6
"""The sentences that are quoted of a task in another language, beside the first."""

_EVALUATIVE: Final = word_set(
    "new brand-new cool great amazing awesome innovative nice simple really very super"
)

_GOODS: Final = re.compile(r"(?i)\b(?:sells?|selling|handmade|hand-made|homemade|knitted|carved|bottled)\b")

_OF_THE_AUTHOR: Final = re.compile(r"(?i)\b(?:i|me|my|mine|myself)\b")
_WE_DO: Final = re.compile(
    rf"(?i)we\s+(?:are\s+an?\s+[\w-]+|(?:also\s+)?(?:{'|'.join(sorted(english_grammar.VERBS))})\s+(?!to\b)[\w'’-]+)"
)
"""A sentence about what a company does: "We repair accordions"."""

_MARKUP: Final = re.compile(r"[{}<>|\\^~*_]")
_TAUGHT: Final = word_set(
    "workshop workshops talk talks lecture lectures seminar seminars training course courses class classes "
    "masterclass conference lesson lessons webinar webinars event meetup programme program retreat camp"
)
"""Offers whose topic follows "on"."""

_FUNCTION_WORDS: Final = ENGLISH_STOP_WORDS - word_set("people landing page website plan launch help")
_NO_SUBJECT: Final = word_set("smth sth task thing things something stuff idea test text content one what")

_DELIVERABLE: Final = (
    r"landing[ -]?page|web ?site|web ?page|home ?page|site|page|one[ -]pager|campaign|launch(?: plan)?|"
    r"business plan|plan|marketing (?:plan|copy|page|site|text)|pitch(?: deck)?|brand(?:ing)?|copy|"
    r"hero section|go[ -]to[ -]market (?:plan|strategy)|presence|blog post|ad|advert|flyer|brochure"
)

_LINK: Final = (
    r"for|about|of|on|around|promoting|introducing|presenting|selling|"
    r"(?:(?:that|which|to)\s+)?(?:promotes?|sells?|introduces?|presents?|announces?|markets?|"
    r"explains?)(?:\s+for)?"
)

_ASK: Final = re.compile(
    r"(?:create|build|make|design|write|generate|develop|launch|draft|prepare|produce|plan|promote|market|"
    r"advertise|sell|introduce|announce|pitch|start|open|set up|come up with|give|craft|brand|position|"
    r"publish|present|sketch)\s+(?!(?:for|of|to)\b)(?:me\s+|us\s+)?",
    re.IGNORECASE,
)

_PREAMBLES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:hi|hello|hey|yo|so|ok|okay|well|basically|please|kindly|now|also|and|then|maybe|perhaps|task|"
        r"brief|idea)\b\s*[,!.:–—-]?\s+",
        r"(?:we|i)(?:['’]re|['’]m|\s+are|\s+am)\s+an?\s+(?:[\w-]+\s+){0,3}?(?:team|company|startup|"
        r"start-up|group|studio|family|couple|founder|developer|designer|"
        r"author)\s+(?:that\s+|"
        r"who\s+)?(?:is\s+|are\s+)?(?:building|making|"
        r"creating|launching|starting|opening|running|selling|developing|builds?|makes?|sells?|runs?)\s+",
        r"(?:landing[ -]?page|web ?site|web ?page|home ?page|page|site)\s*[:–—-]\s+",
        r"(?:my|our)\s+(?:[\w-]+\s+){1,2}?and\s+(?=i\s)",
        r"(?:me|i)\s+and\s+(?:my|our)\s+[\w-]+\s+(?:run|own|sell|make|offer|build|want|open|are opening)\s+",
        r"(?:introducing|presenting|announcing|promoting|meet)\s*:?\s+(?:[^,.;:!?]{1,60},\s+)?(?=(?:an?|the|my|our)\s)",
        r"(?:my|our)\s+(?:[\w-]+\s+){1,2}?(?:runs|owns|opens|is opening|is starting|has started)\s+",
        r"(?:can|could|would|will) you\s+(?:please\s+)?",
        r"how\s+(?:do|can|could|should|would)\s+(?:i|we|one|you)\s+",
        r"(?:raise|collect)\s+(?:money|funds|donations)\s+for\s+",
        r"(?:i|we)(?:['’](?:d|m|re|ve)|\s(?:would|am|are|have|had|really|just|also|currently|now|recently|"
        r"been))*\s+(?:want|wanted|need|like|love|plan|planning|hope|hoping|wish|going|looking|thinking|"
        r"trying|try|about|run|own|have|sell|offer|make|build|building|creating|making|launching|starting|"
        r"opening|developing|designing|writing|"
        r"selling|running|publish|publishing|wrote|built|made)\s+(?:(?:to|for|of|about)\s+)?",
        r"(?:help\s+(?:me|us)|let['’]?s|let\s+(?:us|me))\s+(?:to\s+)?",
        r"(?:my|our|the|this)\s+(?:idea|product|startup|start-up|company|business|project|plan|goal|client|"
        r"brand)\s+(?:is|makes|sells|offers|builds|runs|develops|creates|designs|produces|provides|operates|"
        r"manufactures)\s+(?:to\s+)?",
        r"(?:it|this|that|there)(?:['’]s|\s+is|\s+will\s+be|\s+should\s+be|\s+would\s+be)\s+(?:about\s+|"
        r"for\s+)?",
    )
)

_PAGE_FOR: Final = re.compile(
    rf"(?:(?:an?|the|my|our|some)\s+)?(?:[\w'’-]+\s+){{0,3}}?(?P<what>{_DELIVERABLE})s?\b"
    rf"(?:\s+(?:hero|copy|section|design|text|content|page|website))*\s+(?:{_LINK})\s+",
    re.IGNORECASE,
)

_PAGE_ALONE: Final = re.compile(
    rf"(?:(?:an?|the|my|our|some)\s+)?(?:[\w'’-]+\s+){{0,3}}?(?:{_DELIVERABLE})s?\b"
    r"(?:\s+(?:hero|copy|section|design|text|content|page|website))*(?:\s+with\b.*|\s*[.!]?)$",
    re.IGNORECASE,
)

_BUSINESS_THAT_SELLS: Final = re.compile(
    r"(?:(?:an?|the|my|our)\s+)?(?:[\w'’-]+\s+){0,2}?(?:business|start-?up|company|shop|store|brand)\s+"
    r"(?:(?:that|which)\s+)?(?:sells?|selling|making|makes?|offers?|offering)\s+",
    re.IGNORECASE,
)


def read(task: str) -> Brief:
    """The brief in ``task``; a part that it does not clearly state is ``None``."""
    cleaned = clean_task.clean_task(task[:_LONGEST_READ])
    code = detection.detect(typography.clean(cleaned))
    beside: str | None = None
    if code == detection.DEFAULT:
        described, beside = named_offer.without_name(
            cleaned, code, cities.is_city, plausibility.is_common_word
        )
        cleaned = cities.with_preposition(described)
    lines = [typography.clean(line).lstrip("-*•# ") for line in cleaned.splitlines()]
    parts = [part for line in lines if line for part in typography.sentences(line)]
    whole = typography.clean(cleaned)
    place, name = english_details.place(whole), beside or english_details.name(whole)
    if code != detection.DEFAULT:
        field = recognise((), whole)
        by_word = next(
            filter(None, (_kind_of(word.strip(",.;:!?").lower()) for word in whole.split())), "offer"
        )
        kind = library.fields()[field].kind if field else by_word
        first, *others = (part for line in lines if line for part in foreign_words.sentences(line))
        return Brief(
            typography.clean(task),
            code,
            place=place,
            name=name,
            quote=foreign_words.offer_words(first),
            statements=tuple(others[:_MOST_QUOTED]),
            unused=tuple(others[_MOST_QUOTED:]),
            field=field,
            kind=kind,
        )
    best, best_score, best_part = Brief(whole), -1, ""
    for part in list(dict.fromkeys(parts))[:_MOST_SENTENCES]:
        found = _read_sentence(
            english_details.without_name(stated_facts.without(part, stated_facts.stated_facts(part, code)))
        )
        score = _score(found)
        if score > best_score:
            best, best_score, best_part = found, score, part
    audience = best.audience or english_details.aimed_at(whole)
    statements, unused = further_sentences.sort_sentences(
        [part for part in parts if part != best_part or not best.is_read],
        code,
        further_sentences.list_items(cleaned),
    )
    best = replace(
        best,
        task=typography.clean(task),
        place=place,
        name=name,
        audience=audience,
        wording=_wording(best_part) if best.subject else None,
        statements=statements,
        unused=unused,
    )
    classified = _classify(best, whole)
    has_date = any(fact.kind in {"date", "place"} for fact in stated_facts.stated_facts(whole, code))
    if classified.kind == "publication" and has_date and english_grammar.head(best.subject or "") in _TAUGHT:
        return replace(classified, kind="experience", field=None)
    return classified


def _wording(text: str) -> str | None:
    """The offer with all that its sentence says of it: "A café in Vienna where you can read for hours"."""
    rest = _offer_text(text)[0]
    if rest is None or _OF_THE_AUTHOR.search(rest) or _MARKUP.search(rest):
        return None
    first, _, more = rest.partition(" ")
    if first.lower() in {"my", "our", "your", "their", "some"}:
        rest = more
    elif first.lower() in english_phrases.DETERMINERS | {"the"}:
        return rest
    with_article = english_grammar.with_article(_in_lower_case(rest))
    return with_article if with_article.startswith(("a ", "an ")) else rest


def _in_lower_case(text: str) -> str:
    """``text`` with its first word in lower case, unless that may be a name, as in "Berlin bakery"."""
    first, space, rest = text.partition(" ")
    lower = first.lower()
    listed = plausibility.is_common_word(lower) or english_grammar.is_common_noun(lower)
    described = lower in _EVALUATIVE or tone_marks.is_listed(lower)
    common = listed or described or kind_of(first) is not None
    return (english_phrases.uncapital(first) if common else first) + space + rest


def recognise(kinds: Sequence[str], *texts: str) -> str | None:
    """The line of business of ``texts``; the first text has the most weight.

    ``kinds`` limits the answer to fields of these kinds; empty means any.
    """
    best: str | None = None
    best_score = 0
    for key, field in library.fields().items():
        if kinds and field.kind not in kinds:
            continue
        score = 0
        for weight, text in zip((9, 3, 1), texts, strict=False):
            score += weight * sum(_all_in(text, words) for words in field.words)
        if score > best_score:
            best, best_score = key, score
    return best


def kind_of(subject: str) -> str | None:
    """The kind of offer that a noun phrase names, by its last noun; ``None`` where it is unknown."""
    return _kind_of(english_grammar.head(subject) and subject.lower())


def _read_sentence(text: str) -> Brief:
    rest, asked, thing = _offer_text(text)
    if rest is None:
        return Brief(text)
    if thing is not None:
        if (
            english_phrases.is_people(english_phrases.words_before_boundary(rest))
            and rest.split()[0].lower() not in english_phrases.DETERMINERS
        ):
            shape = thing if re.fullmatch(r"web ?site|site", thing) else None
            return _details(Brief(text, subject=shape), "for " + rest)
    elif asked and _PAGE_ALONE.match(rest):
        return Brief(text)
    selling = _BUSINESS_THAT_SELLS.match(rest)
    if selling:
        rest = rest[selling.end() :]
    subject, tail = _subject(rest, sure=asked or thing is not None or selling is not None)
    if subject:
        return _details(Brief(text, subject=subject), tail)
    if _WE_DO.match(rest) and not _OF_THE_AUTHOR.search(rest):
        for_audience = english_details.audience_and_purpose(rest)[0]
        return Brief(text, audience=for_audience, gist=typography.sentence(rest), kind="practice")
    audience, activity = english_details.helped(text) or (None, None)
    before, colon, after = rest.partition(":")
    gist = None
    if activity is None and not asked:
        activity = english_phrases.clause(before)
        gist = (
            typography.sentence(after)
            if activity and colon and english_phrases.is_readable(after.strip())
            else None
        )
    return Brief(
        text, audience=audience or english_details.audience_and_purpose(rest)[0], activity=activity, gist=gist
    )


def _offer_text(text: str) -> tuple[str | None, bool, str | None]:
    """The sentence without its request, whether it had one, and the page that it asks for ("website")."""
    rest, asked = _without_request(_HURRY.sub("", text.rstrip(" .!")))
    if rest is None:
        return None, asked, None
    page = _PAGE_FOR.match(rest)
    if page is None or not (
        asked
        or re.match(r"(?i)landing|one|campaign|copy|launch|plan|business plan|marketing", page["what"])
        or _is_offer(rest[page.end() :])
    ):
        return rest, asked, None
    after = rest[page.end() :]
    after = re.sub(r"(?i)^(?:the\s+)?(?:launch|opening|promotion|start|release)\s+of\s+", "", after)
    return after or None, asked, page["what"].lower()


_HURRY: Final = re.compile(
    r"(?i)(?:,?\s+(?:asap|as soon as possible|please|pls|plz|thanks|thank you|thx|urgently|right now))+\s*$"
)


def _without_request(text: str) -> tuple[str | None, bool]:
    """The sentence without the request for the work, and whether it had one."""
    asked = False
    for _ in range(6):
        before = text
        for preamble in _PREAMBLES:
            match = preamble.match(text)
            if match:
                asked = asked or len(match[0].split()) > 1
                text = text[match.end() :]
        match = _ASK.match(text)
        if match:
            asked, text = True, text[match.end() :]
        if text == before:
            break
    return text or None, asked


def _is_offer(text: str) -> bool:
    """Whether ``text`` starts with an offer, as in "a dog grooming salon in Austin", not with people."""
    words, _ = english_phrases.noun_words(text)
    one = len(words) > 1 and words[0].lower() in english_phrases.DETERMINERS
    phrase = " ".join(words[1:] if one else words)
    known = (kind_of(phrase) or recognise((), phrase)) is not None
    return bool(phrase) and not english_phrases.is_people(phrase) and (one or known)


def _subject(text: str, *, sure: bool) -> tuple[str | None, str]:
    words, tail = english_phrases.noun_words(text)
    determined = bool(words) and words[0].lower() in english_phrases.DETERMINERS
    while words and words[0].lower() in english_phrases.DETERMINERS | _EVALUATIVE:
        words = words[1:]
    if tail.lower().startswith("of ") and len(words) <= 3:
        more, tail = english_phrases.noun_words(tail[3:])
        words = [*words, "of", *more]
    words = words[-5:] if "of" not in words else words[:6]
    phrase = english_phrases.phrase(words)
    if not {"a", "an"}.isdisjoint(word.lower() for word in words):
        return None, tail
    if phrase is None or not _NO_SUBJECT.isdisjoint({words[0].lower(), english_grammar.head(phrase)}):
        return None, tail
    if all(word.lower() in _FUNCTION_WORDS for word in words):
        return None, tail
    known = kind_of(phrase) is not None or recognise((), phrase) is not None
    fragment = tail.lower().startswith(("for ", "but for ", "in ", "that ", "with ", "about ", "to "))
    if not (sure or determined or known or fragment or "of" in words[1:]):
        return None, tail
    if phrase.split()[0].lower() in english_grammar.VERBS and not known:
        return None, tail
    return phrase, tail


def _details(found: Brief, tail: str) -> Brief:
    audience, setting, activity = english_details.audience_and_purpose(tail)
    helped = english_details.helped(tail)
    if helped:
        audience, activity = audience or helped[0], helped[1] or activity
    kind = kind_of(found.subject or "")
    function = None
    if activity is None:
        function = (
            english_details.function(tail, of=kind) if kind in {"software", "device", "publication"} else None
        )
        activity = None if function else english_details.purpose(tail)
    if function and audience is None:
        audience = english_details.acted_for(function)
    taught = english_grammar.head(found.subject or "") in _TAUGHT
    theme = english_details.theme(tail) if kind == "publication" or taught else None
    link = "on" if theme and taught and not re.search(rf"\babout\s+{re.escape(theme)}", tail) else "about"
    return replace(
        found,
        audience=audience,
        setting=setting,
        activity=activity,
        function=function,
        theme=theme,
        link=link,
        features=english_details.features(tail),
    )


def _score(found: Brief) -> int:
    """The score of a sentence; a subject counts most, above all a known one."""
    if found.subject is None and found.audience is None:
        return 2 if found.kind == "practice" and found.gist else 0
    known = found.subject is not None and (
        kind_of(found.subject) is not None or recognise((), found.subject) is not None
    )
    phrases = (found.audience, found.activity or found.function, found.theme)
    return 2 + 4 * known + sum(2 for phrase in phrases if phrase) + bool(found.setting) + bool(found.features)


def _classify(found: Brief, whole: str) -> Brief:
    subject = found.subject or ""
    kind = kind_of(subject)
    field = recognise(
        (kind,) if kind else (),
        subject,
        found.audience or "",
        whole if not subject else found.activity or found.function or "",
    )
    if field:
        return replace(found, field=field, kind=library.fields()[field].kind)
    guessed = found.kind if found.gist and not subject and found.kind != "product" else _guess_kind(found)
    return replace(found, kind=kind or guessed)


def _guess_kind(found: Brief) -> str:
    """The kind of an offer with an unknown noun; ``offer`` where nothing indicates it."""
    for word in reversed((found.subject or "").split()):
        kind = _kind_of(word.lower())
        if kind:
            return kind
    noun = english_grammar.head(found.subject or "")
    if noun.endswith(("ing", "ist", "ists", "ation", "ations")):
        return "practice"
    if noun.endswith(("ery", "eria", "orium", "arium", "house")):
        return "place"
    return "product" if noun and _GOODS.search(found.task) else "offer"


def _kind_of(lower: str) -> str | None:
    if not lower:
        return None
    ending = re.split(r"\s(?:of|for|in|with|to|from|on|at|about)\s", lower, maxsplit=1)[0]
    for size in (2, 1):
        tail = " ".join(ending.split()[-size:])
        one = " ".join([*tail.split()[:-1], english_grammar.singular(tail.split()[-1])]) if tail else ""
        for key, kind in library.kinds().items():
            if tail in kind.heads or one in kind.heads:
                return key
    return None


def _all_in(text: str, words: str) -> bool:
    return bool(text) and all(library.mentions(text, word) for word in words.split(" + "))
