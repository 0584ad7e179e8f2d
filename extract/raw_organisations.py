"""The raw contract, organisations: who owns a repository, and who belongs to them as the forge shows it to everybody."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table

ORGANISATION_ID = Column("organisation_id", pl.String, "The forge's name and the organisation's lasting id.")

ORGANISATIONS = Table(
    schema="raw",
    name="organisations",
    grain="one row per organisation or group of a forge that owns the repository",
    key=("organisation_id",),
    columns=(
        ORGANISATION_ID,
        Column("place", pl.String, "The forge's name and the organisation's login or path when last seen."),
        Column("host", pl.String, "Host of the web site it names; null without one.", nullable=True),
        Column(
            "is_verified",
            pl.Boolean,
            "Whether the forge has seen that the web site is theirs; null where it never looks.",
            nullable=True,
        ),
    ),
)

MEMBERSHIPS = Table(
    schema="raw",
    name="memberships",
    grain="one row per organisation, account and time through which every look showed it as a member",
    key=("organisation_id", "account_id", "first_seen_at"),
    columns=(
        ORGANISATION_ID,
        Column("account_id", pl.String, "Account of the member."),
        Column("since_at", INSTANT, "Since when, by the forge; null where it does not say.", nullable=True),
        Column("first_seen_at", INSTANT, "First look that showed it."),
        Column("last_seen_at", INSTANT, "Last look that showed it."),
        Column("missed_at", INSTANT, "First look after that which did not; null while none did.", nullable=True),
    ),
)

TABLES = (ORGANISATIONS, MEMBERSHIPS)
