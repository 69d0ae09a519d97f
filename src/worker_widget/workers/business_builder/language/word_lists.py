"""Lists of words, written as running text, and the words that carry no content."""

from __future__ import annotations

from typing import Final


def word_set(text: str) -> frozenset[str]:
    """The words of ``text``, split at white space."""
    return frozenset(text.split())


ENGLISH_STOP_WORDS: Final = word_set(
    "a about above after again against all also an and any are as at be because been before being "
    "below between both but by can could did do does doing done down during each even every everyone "
    "few for from further get gets getting had has have having he her here hers him his how i if in "
    "into is it its just let lets like make makes making many me more most much my need needs no nor "
    "not of off on once one only or other our ours out over own people really same she should so some "
    "something such than that the their them then there these they thing things this those through to "
    "too under until up us use uses using very want wants was way we well were what when where which "
    "while who whom why will with without would you your yours create build landing page website "
    "write plan launch help helps helping der die das und für mit eine ein einen einer von im zu auf "
    "ist"
)
GERMAN_STOP_WORDS: Final = word_set(
    "aber alle allem allen aller alles als also am an andere anderen anderes auch auf aus bei "
    "beim bereits bin bis bist brauche brauchen brauchst da dabei dadurch dafür damit danach dann "
    "darauf darum das dass davon dazu dein deine deinem deinen deiner dem den denen denn der "
    "deren des deshalb dessen dich die dies diese diesem diesen dieser dieses dir doch dort du "
    "durch ein eine einem einen einer eines einfach einmal er erst es etwas euch euer eure für "
    "ganz gegen gern geworden habe haben hat hatte hier ich ihm ihn ihnen ihr ihre ihrem ihren "
    "ihrer ihres im immer in ins ist ja jede jedem jeden jeder jedes jetzt kann kannst kein keine "
    "keinen können könnt macht mache machen man manche mehr mein meine mich mir mit muss müssen "
    "nach nicht nichts noch nur ob oder ohne sehr sein seine seinem seinen seiner selbst sich sie "
    "sind so sodass soll sollen sondern um und uns unser unsere unserem unseren unserer unter "
    "viel viele vom von vor wann war was weil wenn wer werden weshalb wie wieder will wir wird wo "
    "wollen worden wurde würde zu zum zur zwischen über bitte erstelle erstellen baue bauen "
    "schreibe schreiben gestalte entwickle starte eröffne landingpage webseite website homepage "
    "seite"
)
STOP_WORDS: Final = ENGLISH_STOP_WORDS | GERMAN_STOP_WORDS
