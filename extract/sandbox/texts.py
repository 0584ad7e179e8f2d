"""Words, names and paths of the simulated community; a few are hostile on purpose (markup, quotes, tabs, dashes)."""

from __future__ import annotations

FIRST_NAMES = (
    "Ada",
    "Bela",
    "Chidi",
    "Dora",
    "Emre",
    "Farah",
    "Goro",
    "Hana",
    "Imre",
    "Jaya",
    "Kofi",
    "Lena",
    "Milan",
    "Noor",
    "Otis",
    "Pia",
    "Quentin",
    "Rosa",
    "Samir",
    "Tove",
    "Uma",
    "Vito",
    "Wanda",
    "Xenia",
    "Yusuf",
    "Zora",
    "Åsa",
    "Łukasz",
    "Şebnem",
    "美咲",
)
LAST_NAMES = (
    "Abara",
    "Berg",
    "Costa",
    "Dahl",
    "Eze",
    "Ferrari",
    "Gupta",
    "Horvat",
    "Ito",
    "Jansen",
    "Kaya",
    "Lopes",
    "Moreau",
    "Nowak",
    "Okafor",
    "Petrov",
    "Quist",
    "Rossi",
    "Silva",
    "Tanaka",
    "Ueda",
    "Varga",
    "Weber",
    "Xu",
    "Yilmaz",
    "Zhang",
)
HOSTILE_NAMES = (
    "Robert'); DROP TABLE authors;--",
    'Eve "quoted" O\'Neil, esq.',
    "=cmd|' /C calc'!A0",
    "\u202egnirts desrever\u202c",
    "{{ 7 * 7 }} ${HOME} %s",
)
HOSTILE_TITLES = (
    "<script>alert('title')</script>",
    "\"'; DROP TABLE issues; --",
    "[x](javascript:alert(1)) | pipe | `tick`",
    "Ünïcödé 🦄 \u202ereversed\u202c zero\u200bwidth",
    '=HYPERLINK("http://sandbox.invalid")',
    "</textarea><img src=x onerror=alert(1)>",
)
HOSTILE_PATHS = (
    "-rf.md",
    "docs/tab\there.md",
    "docs/<script>alert(1)</script>.html",
    'docs/say "hi" \\ bye.txt',
    "docs/Überblick 概要.md",
)
TOPICS = ("basket", "search", "stall", "ledger", "catalogue", "calendar", "harvest", "payment", "permit", "weather")
PARTS = ("model", "view", "store", "report")
VERBS = ("Fix", "Explain", "Simplify", "Add", "Remove", "Speed up", "Test", "Rename")
OBJECTS = ("the rounding of totals", "an empty list", "time zones", "the import", "error messages", "the search page")
REMARKS = (
    "I can reproduce this.",
    "Thank you, this helps.",
    "Could you say which version?",
    "Works for me now.",
    "I am not sure this is the right place.",
    "See also the discussion of last month.",
)
LABELS = ("bug", "good first issue", "help wanted", "question", "naïve ☂", "<b>bold</b>", 'a, "b"; c')
MILESTONES = ("1.0", "2.0 — spring", "'; DROP TABLE milestones; --")
REACTIONS = ("THUMBS_UP", "THUMBS_UP", "HEART", "HOORAY", "ROCKET", "EYES", "LAUGH", "CONFUSED", "THUMBS_DOWN")
VERDICTS = ("Looks good.", "Please add a test.", "One question inline.", "")

PATHS = (
    "README.md",
    "CONTRIBUTING.md",
    *(f"src/{topic}/{part}.py" for topic in TOPICS for part in PARTS),
    *HOSTILE_PATHS,
)
