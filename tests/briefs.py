"""Ten very different briefs: tasks and brands as people would send them, in every tone."""

from __future__ import annotations

from typing import Any, Final

BRIEFS: Final[dict[str, dict[str, Any]]] = {
    "podcast_tool": {
        "task": "A tool for podcasters that turns raw recordings into finished episodes, "
        "with transcripts, chapter markers and show notes",
        "brand": {
            "company_name": "Castaway",
            "tagline": "Talk now, tidy later",
            "mission": "We make podcasting feel like a chat with friends again",
            "value_proposition": "Record, tidy and publish your show from one friendly place.",
            "target_audience": ["b2c_prosumer"],
            "audience_pain_points": [
                "Editing takes the whole weekend",
                "Guests record in the kitchen",
                "Nobody reads the show notes, but they have to be written",
            ],
            "tone": {"primary": "casual"},
        },
    },
    "bakery": {
        "task": "Create a landing page for a small sourdough bakery in Lyon with a wood-fired oven",
        "brand": {
            "company_name": "Au Levain",
            "mission": "We bake what the street eats, and we start the night before.",
            "value_proposition": "Sourdough loaves from local flour, baked every night on the Rue Mercière.",
            "target_audience": ["b2c_consumer"],
            "tone": {"primary": "neutral"},
            "visual": {"primary_color": "#7a3e1d"},
        },
    },
    "law_firm": {
        "task": "Launch a law firm for tenants in Berlin",
        "brand": {
            "company_name": "Kessler & Roth",
            "mission": "To see to it that people who rent know their rights and can act on them.",
            "value_proposition": "We advise and represent tenants in disputes over rent, repairs and notice.",
            "vision": "A city in which nobody gives up a home for want of advice.",
            "target_audience": ["b2c_consumer"],
            "required_disclosures": ["This page is general information and not legal advice."],
            "tone": {"primary": "formal"},
        },
    },
    "climate_sensor": {
        "task": "A climate sensor for greenhouses that warns growers before frost and mould, "
        "with a two-year battery and an open data export",
        "brand": {
            "company_name": "Tau Instruments",
            "tagline": "Know before the leaf does",
            "mission": "We give growers time to act by measuring where the plants stand.",
            "value_proposition": "Wireless sensors that report temperature and humidity from every bench.",
            "audience_pain_points": [
                "Frost damage is found at sunrise",
                "One thermometer stands for the whole house",
                "Mould spreads where nobody measures",
            ],
            "tone": {"primary": "professional"},
            "visual": {"primary_color": "#14735a", "secondary_color": "#d98a1f"},
        },
    },
    "childrens_book": {
        "task": "A children's book about a fox who is afraid of the dark",
        "brand": {
            "company_name": "Little Lantern",
            "tagline": "Every night has a small light in it",
            "mission": "We make picture books for the last ten minutes of the day.",
            "value_proposition": "A picture book to read aloud, about being afraid and going outside anyway.",
            "target_audience": ["b2c_consumer"],
            "tone": {"primary": "casual"},
        },
    },
    "bank_api": {
        "task": "Build a bank API that lets developers open accounts and move money",
        "brand": {
            "company_name": "Meridian",
            "mission": "We give every company the building blocks of a bank, and the manual to go with them.",
            "value_proposition": "One API for accounts, cards and payments, and a sandbox that acts alike.",
            "target_audience": ["b2b_developer", "b2b_enterprise"],
            "required_disclosures": [
                "Banking services are provided by a licensed partner bank.",
                "Features depend on the country of your company.",
            ],
            "tone": {"primary": "professional"},
        },
    },
    "gym": {
        "task": "Open a gym for women over 50 in Leeds",
        "brand": {
            "company_name": "Second Wind",
            "mission": "We want every woman in Leeds to be stronger at sixty than she was at forty.",
            "value_proposition": "Small-group strength training with coaches who have been there themselves.",
            "target_audience": ["b2c_consumer"],
            "audience_pain_points": [
                "Every gym seems to be made for twenty-year-olds",
                "I don't know which exercises are safe for my knees",
            ],
            "tone": {"primary": "casual"},
            "visual": {"primary_color": "#c2410c"},
        },
    },
    "wedding_planner": {
        "task": "Wedding planner for couples who hate stress",
        "brand": {
            "company_name": "Maison Aurore",
            "mission": "To give two people a day they are wholly present for.",
            "value_proposition": "We plan a few weddings a year, from the first letter to the last dance.",
            "target_audience": ["b2c_consumer"],
            "tone": {"primary": "luxury"},
        },
    },
    "database": {
        "task": "An open-source database with time travel, full-text search and a plain file format"
    },
    "german": {
        "task": "Erstelle eine Landingpage für eine kleine Fahrradwerkstatt in Köln mit Leihrädern",
        "brand": {
            "company_name": "Radhaus Ehrenfeld",
            "mission": "Wir halten die Räder des Viertels am Laufen, ehrlich und ohne Wartezeit.",
            "value_proposition": "Reparaturen am selben Tag und ein Leihrad für die Zwischenzeit.",
            "target_audience": ["b2c_consumer"],
            "tone": {"primary": "neutral"},
        },
    },
}
"""Requests of a run by a short name; all that is missing is its pace."""

GERMAN_BRIEFS: Final[dict[str, dict[str, Any]]] = {
    "backhaus": {
        "task": "Landingpage für eine Bäckerei in Leipzig mit Holzofen und Kinderbackkursen",
        "brand": {
            "company_name": "Backhaus Süd",
            "mission": "Wir backen Brot, das seinen Namen verdient.",
            "value_proposition": "Sauerteigbrote ab 4,50 €, jeden Morgen frisch aus dem Holzofen.",
            "target_audience": ["b2c_consumer"],
            "tone": {"primary": "casual"},
        },
    },
    "arbeitsrecht": {
        "task": "Website für eine Kanzlei für Arbeitsrecht in Hamburg",
        "brand": {
            "company_name": "Brandt & Söhne",
            "mission": "Wir vertreten Beschäftigte, wenn es um ihren Arbeitsplatz geht.",
            "value_proposition": "Beratung im Arbeitsrecht von der ersten Frage bis zum Urteil.",
            "target_audience": ["b2c_consumer"],
            "required_disclosures": ["Diese Seite ersetzt keine Rechtsberatung."],
            "tone": {"primary": "formal"},
        },
    },
    "angebotssoftware": {
        "task": "Eine Software, die Handwerksbetrieben beim Schreiben von Angeboten hilft",
        "brand": {
            "company_name": "Klarwerk",
            "tagline": "Angebote am selben Abend",
            "mission": "Wir nehmen Handwerkern die Büroarbeit am Abend ab.",
            "value_proposition": "Angebote in zehn Minuten schreiben, vom Handy aus und ohne Schulung.",
            "audience_pain_points": [
                "Angebote entstehen nach Feierabend",
                "Preise stehen in drei verschiedenen Listen",
            ],
            "tone": {"primary": "professional"},
        },
    },
    "manufaktur": {
        "task": "Eine Manufaktur für Füllfederhalter in Hamburg, die jedes Stück von Hand fertigt",
        "brand": {
            "company_name": "Federhaus",
            "mission": "Das Schreiben von Hand soll ein Vergnügen bleiben.",
            "value_proposition": "Füllfederhalter ab 1.000 €, nach Maß und in kleiner Zahl gefertigt.",
            "target_audience": ["b2c_consumer", "b2b_enterprise"],
            "tone": {"primary": "luxury"},
        },
    },
    "schnittstelle": {
        "task": "Eine API, mit der Entwicklerinnen und Entwickler Überweisungen auslösen können",
    },
}
"""Requests in German, in every tone and with other readers, beside the German one of the ten."""
