"""Forty tasks in eight languages, as people send them, each with the facts that its page must have."""

from __future__ import annotations

from typing import Final

NOT_UNDERSTOOD: Final = "task_not_understood"
NOT_WRITTEN: Final = "language_not_written"
NO_PAGE: Final = "no_page_asked"

TaskWithFacts = tuple[str, str, tuple[str, ...], tuple[str, ...]]
"""The language, the task, the facts that its page must have, and the codes of the warnings."""

TASKS_WITH_FACTS: Final[tuple[TaskWithFacts, ...]] = (
    (
        "en",
        "a workshop for hospital security staff, 12 March 2027 in Leeds, 240 pounds, on de-escalation",
        ("workshop", "hospital security staff", "12 March 2027", "Leeds", "240 pounds", "de-escalation"),
        (),
    ),
    ("en", "an app that tells you when to water your plants", ("tells you when to water your plants",), ()),
    ("en", "An app for dentists that reduces no-shows", ("dentists", "reduces no-shows"), ()),
    (
        "en",
        "Yoga classes on Fridays from 6 to 7:30 pm in Bristol for beginners, £12 per class, led by Jane "
        "Miller, "
        "14 places",
        ("Fridays", "6 to 7:30 pm", "Bristol", "beginners", "£12 per class", "Jane Miller", "14 places"),
        (),
    ),
    (
        "en",
        "Create a landing page for my neighbourhood bakery in Lyon with a wood-fired oven. We open at 6:30 "
        "every "
        "day but Monday.",
        ("neighbourhood bakery", "Lyon", "ood-fired oven", "6:30", "Monday"),
        (),
    ),
    (
        "en",
        "A conference about rural broadband in Inverness, 4-6 May 2027, 150 seats, 85 pounds per day, with "
        "keynotes by Dr. Fiona Grant and the Highland Council",
        (
            *("rural broadband", "Inverness", "4-6 May 2027", "150 seats", "85 pounds per day"),
            *("Dr. Fiona Grant", "Highland Council"),
        ),
        (),
    ),
    (
        "en",
        "A café in Vienna where you can read for hours",
        ("café", "Vienna", "where you can read for hours"),
        (),
    ),
    (
        "en",
        "We repair accordions in Galway. Estimates are free of charge. Call +353 91 555 0142.",
        ("accordions", "Galway", "free of charge", "+353 91 555 0142"),
        (),
    ),
    (
        "en",
        "Website for a dog grooming salon called Muddy Paws in Austin, open Tuesday to Saturday, from $45",
        ("dog grooming salon", "Muddy Paws", "Austin", "Tuesday to Saturday", "from $45"),
        (),
    ),
    (
        "en",
        "A two-day course that teaches retirees to paint watercolours, next October in Bath, 190 pounds "
        "including "
        "paper. I am thinking of adding a second date later.",
        ("two-day course", "retirees", "paint watercolours", "Bath", "190 pounds"),
        (),
    ),
    (
        "en",
        "A charity run for the local hospice on 9 May 2027, 10 km, starts at 9:30 am at Roundhay Park",
        ("charity run", "local hospice", "9 May 2027", "10 km", "9:30 am", "Roundhay Park"),
        (),
    ),
    ("en", "asdf qwer zxcv", (), (NOT_UNDERSTOOD,)),
    ("en", "lorem ipsum dolor sit amet", (), (NOT_UNDERSTOOD,)),
    ("en", "shoes", ("hoes",), (NOT_UNDERSTOOD,)),
    ("en", "refactor our billing service", (), (NO_PAGE,)),
    ("en", "Please summarise this contract in three bullet points", (), (NO_PAGE,)),
    (
        "de",
        "Ein Töpferkurs am 3. Mai 2027 um 18 Uhr in Freiburg für Anfänger, 45 Euro pro Person, mit Anna "
        "Schmidt",
        ("Töpferkurs", "3. Mai 2027", "18 Uhr", "Freiburg", "Anfänger", "45 Euro pro Person", "Anna Schmidt"),
        (),
    ),
    (
        "de",
        "Bitte erstelle eine Landingpage für meinen kleinen Laden in Köln, der handgemachte Seife "
        "verkauft, ab "
        "4,50 € pro Stück",
        ("leiner Laden", "Köln", "handgemachte Seife", "4,50 € pro Stück"),
        (),
    ),
    (
        "de",
        "Eine App, die an das Gießen der Pflanzen erinnert",
        ("App", "an das Gießen der Pflanzen erinnert"),
        (),
    ),
    (
        "de",
        "Workshop über Deeskalation für Sicherheitskräfte in Kliniken, 12. März 2027, 240 Euro, 16 Plätze",
        ("Deeskalation", "Sicherheitskräfte", "Kliniken", "12. März 2027", "240 Euro", "16 Plätze"),
        (),
    ),
    (
        "de",
        "Website für eine Kanzlei für Arbeitsrecht in Hamburg. Das Erstgespräch kostet 90 Euro.",
        ("Kanzlei", "Arbeitsrecht", "Hamburg", "90 Euro"),
        (),
    ),
    ("de", "Fasse diesen Vertrag zusammen", (), (NO_PAGE,)),
    (
        "fr",
        "Créez une page pour une petite librairie indépendante à Lyon, ouverte le samedi de 10h à 19h",
        ("une petite librairie indépendante à Lyon", "samedi", "10h à 19h"),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "fr",
        "Un atelier de poterie à Nantes le 12 mars 2027 à 14h30, 45 € par personne, avec Marie Dupont",
        ("atelier de poterie", "Nantes", "12 mars 2027", "14h30", "45 € par personne", "Marie Dupont"),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "fr",
        "Une application qui aide les parents à organiser les gardes d'enfants. Elle coûte 3,90 € par mois.",
        ("aide les parents à organiser les gardes d'enfants", "3,90 € par mois"),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "es",
        "Crea una página para una escuela de cocina en Sevilla, clases los jueves a las 19:00, 35 euros por "
        "persona",
        ("una escuela de cocina en Sevilla", "jueves", "19:00", "35 euros por persona"),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "es",
        "Una tienda de bicicletas de segunda mano en Valencia con taller propio desde 1987",
        ("bicicletas de segunda mano", "Valencia", "taller propio", "1987"),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "es",
        "Un curso de guitarra para personas mayores, 12 plazas, empieza el 5 de octubre de 2027",
        ("curso de guitarra", "personas mayores", "12 plazas", "5 de octubre de 2027"),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "it",
        "Crea una pagina per una gelateria artigianale a Bologna, aperta ogni domenica",
        ("una gelateria artigianale a Bologna", "domenica"),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "it",
        "Un corso di ceramica nel centro di Faenza, 8 posti, 120 euro, il 20 aprile 2027 con Giulia Rossi",
        ("corso di ceramica", "Faenza", "8 posti", "120 euro", "20 aprile 2027", "Giulia Rossi"),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "it",
        "Un'app che ricorda agli anziani di prendere le medicine",
        ("ricorda agli anziani di prendere le medicine",),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "nl",
        "Maak een landingspagina voor een fietsenmaker in Utrecht die elektrische fietsen repareert, vanaf "
        "35 euro",
        ("fietsenmaker in Utrecht", "elektrische fietsen repareert", "35 euro"),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "nl",
        "Een koor voor beginners in Gent, elke dinsdag om 20:00, gratis proefles op 7 september 2027",
        ("koor voor beginners", "Gent", "dinsdag", "20:00", "gratis", "7 september 2027"),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "nl",
        "Wij verhuren kano's op de Maas, 18 euro per uur, van april tot oktober",
        ("kano's op de Maas", "18 euro per uur", "april tot oktober"),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "pl",
        "Stwórz stronę dla małej piekarni w Krakowie, która piecze chleb na zakwasie od 1952",
        ("małej piekarni w Krakowie", "chleb na zakwasie", "1952"),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "pl",
        "Warsztaty fotografii dla początkujących w Gdańsku, 14 czerwca 2027, 250 zł, 10 osób",
        ("Warsztaty fotografii", "początkujących", "Gdańsku", "14 czerwca 2027", "250 zł", "10 osób"),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "pl",
        "Aplikacja, która przypomina o lekach i jest za darmo",
        ("przypomina o lekach", "za darmo"),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "ja",
        "東京の小さな寿司屋のランディングページを作ってください",
        ("東京の小さな寿司屋",),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "ja",
        "2027年3月12日に大阪で開かれる陶芸教室。参加費は5000円。定員は12名。",
        ("2027年3月12日", "大阪", "陶芸教室", "5000円", "12名"),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
    (
        "ja",
        "植物に水をやる時間を知らせるアプリ",
        ("植物に水をやる時間を知らせるアプリ",),
        (NOT_UNDERSTOOD, NOT_WRITTEN),
    ),
)

ShortTask = tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""The task, texts that its page must have, texts that it must not have, and the codes of the warnings."""

SHORT_TASKS: Final[tuple[ShortTask, ...]] = (
    ("A tea shop in Bath, not in Bristol", ("Bath",), ("Bath · Bristol",), ()),
    ("A bakery in Lyon, closed Sunday and Monday", ("closed Sunday and Monday",), ("Sunday · Monday",), ()),
    ("Guitar lessons not for beginners", ("not for beginners",), ("A Guitar", "For beginners"), ()),
    ("Meal kits that are never frozen", ("never frozen",), ("A Meal",), ()),
    ("Piano lessons, $60/hour", ("$60/hour",), ("A Piano",), ()),
    ("Dog walking in Leeds, $25 per walk", ("$25 per walk",), (), ()),
    ("Migrate Postgres 12 to 16", (), ("Postgres",), (NO_PAGE,)),
    ("Fix login timeout on mobile", (), ("login",), (NO_PAGE,)),
    ("Who won the world cup?", (), ("cup",), (NO_PAGE,)),
    ("Fahrradwerkstatt in Berlin, Reparatur ab 30 Euro", ("Fahrradwerkstatt", "30 Euro"), ("Questions",), ()),
    (
        "Hundeschule in Köln, Welpenkurs 6 Wochen",
        ("Hundeschule", "Köln", "6 Wochen"),
        ("Questions",),
        (NOT_UNDERSTOOD,),
    ),
    (
        "Klavierunterricht in Graz ab 1. Mai",
        ("Graz", "ab 1. Mai"),
        ("Questions", "Czech"),
        (NOT_UNDERSTOOD,),
    ),
    ("Cours de yoga, mardi 19h", ("French",), ("Dutch",), (NOT_UNDERSTOOD, NOT_WRITTEN)),
    ("Clases de guitarra", ("Spanish",), ("Dutch",), (NOT_UNDERSTOOD, NOT_WRITTEN)),
    ("Aulas de surf em Ericeira", ("Portuguese",), ("in Spanish",), (NOT_UNDERSTOOD, NOT_WRITTEN)),
    ("Corso di cucina a Bologna", ("Italian",), (), (NOT_UNDERSTOOD, NOT_WRITTEN)),
)
