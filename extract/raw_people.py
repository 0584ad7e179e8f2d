"""The raw contract, what people decided about people: rows that name keyed hashes and account ids, and no address.

They come from the decisions kept in the data directory and are handed to a build beside what the forges told.
"""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table

AFFILIATION_CLASSES = ("unknown", "company", "academic", "public", "volunteer")
ALIAS_ID = Column("alias_id", pl.String, "Account id, or 'mail:' and the keyed hash of an address.")
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

TABLES = (ORGANISATION_DOMAINS, ENROLMENTS)
