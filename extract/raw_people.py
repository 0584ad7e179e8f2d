"""The raw contract, what people decided about people: rows that name keyed hashes and account ids, and no address.

They come from the decisions kept in the data directory and are handed to a build beside what the forges told.
"""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table

AFFILIATION_CLASSES = ("unknown", "company", "academic", "public", "volunteer")
ALIAS_ID = Column("alias_id", pl.String, "Account id, or 'mail:' and the keyed hash of an address.")
OTHER_ALIAS_ID = Column("other_alias_id", pl.String, "The other alias.")
DECISIONS = ("merge", "apart", "alone")
ORGANISATION = Column("organisation", pl.String, "Organisation; null for volunteers and unknown.", nullable=True)
AFFILIATION_CLASS = Column("affiliation_class", pl.String, "Kind of the organisation.", one_of=AFFILIATION_CLASSES)
SOURCE = Column("source", pl.String, "Decision or file that says so.")

ORGANISATION_DOMAINS = Table(
    schema="raw",
    name="organisation_domains",
    grain="one row per domain that somebody registered for an organisation",
    key=("domain",),
    columns=(
        Column("domain", pl.String, "Domain in lower case."),
        ORGANISATION,
        AFFILIATION_CLASS,
        Column("is_top", pl.Boolean, "Whether hosts below the domain belong to it too."),
        SOURCE,
    ),
)

ORGANISATION_PLACES = Table(
    schema="raw",
    name="organisation_places",
    grain="one row per organisation or group of a forge that somebody registered for an organisation",
    key=("place",),
    columns=(
        Column("place", pl.String, "The forge's name and the organisation's login or path, in lower case."),
        ORGANISATION,
        AFFILIATION_CLASS,
        SOURCE,
    ),
)

ENROLMENTS = Table(
    schema="raw",
    name="enrolments",
    grain="one row per alias and span of time that somebody says they worked for an organisation",
    key=("enrolment_id",),
    columns=(
        Column("enrolment_id", pl.String, "Id of the row."),
        ALIAS_ID,
        ORGANISATION,
        AFFILIATION_CLASS,
        Column("from_at", INSTANT, "First instant; null for always.", nullable=True),
        Column("to_at", INSTANT, "First instant that is not part of it; null for still.", nullable=True),
        SOURCE,
    ),
)

NAME_LINKS = Table(
    schema="raw",
    name="name_links",
    grain="one row per pair of aliases whose names or addresses look like one person's",
    key=("alias_id", "other_alias_id"),
    columns=(
        ALIAS_ID,
        OTHER_ALIAS_ID,
        Column("rule", pl.String, "Rule that found it.", one_of=("B1", "B2", "C1", "C2")),
        Column("confidence_share", pl.Float64, "How sure the rule is.", unit="share", at_least=0, at_most=1),
        Column("evidence", pl.String, "Why, in words that name nobody."),
    ),
)

ALIAS_NAMES = Table(
    schema="raw",
    name="alias_names",
    grain="one row per alias and name it signs with, as a keyed hash",
    key=("alias_id", "name_key"),
    columns=(ALIAS_ID, Column("name_key", pl.String, "Keyed hash of the name in normal form.")),
)

SIGNATURE_CLASSES = Table(
    schema="raw",
    name="signature_classes",
    grain="one row per address that a program signs with, by its name or address",
    key=("alias_id",),
    columns=(
        ALIAS_ID,
        Column("actor_class", pl.String, "What signs.", one_of=("bot", "agent")),
        Column("actor_class_reason", pl.String, "How it is known."),
    ),
)

IDENTITY_DECISIONS = Table(
    schema="raw",
    name="identity_decisions",
    grain="one row per pair of aliases that somebody decided about",
    key=("decision_id", "alias_id", "other_alias_id"),
    columns=(
        Column("decision_id", pl.String, "Decision; see forbenefit people list."),
        Column("kind", pl.String, "One person, two persons, or an alias that is nobody else.", one_of=DECISIONS),
        ALIAS_ID,
        Column("other_alias_id", pl.String, "The other alias; the same one where it stands alone."),
        Column("reason", pl.String, "Why, as its maker wrote it."),
        Column("decided_at", INSTANT, "When."),
    ),
)

ACTOR_DECISIONS = Table(
    schema="raw",
    name="actor_decisions",
    grain="one row per alias of which somebody decided what it is",
    key=("alias_id",),
    columns=(
        ALIAS_ID,
        Column("actor_class", pl.String, "What it is.", one_of=("human", "bot", "agent", "organisation")),
        Column("reason", pl.String, "Why, as its maker wrote it."),
    ),
)

TABLES = (
    *(ORGANISATION_DOMAINS, ORGANISATION_PLACES, ENROLMENTS, NAME_LINKS, ALIAS_NAMES, SIGNATURE_CLASSES),
    *(IDENTITY_DECISIONS, ACTOR_DECISIONS),
)
