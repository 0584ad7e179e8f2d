"""core.people: who acts, one row a person, bots and organisations marked."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import ACTOR_CLASSES
from transform.parameters import Parameters

TABLE = Table(
    schema="core",
    name="people",
    grain="one row per person, bot or organisation that acts",
    key=("person_id",),
    inputs=("core.aliases", "raw.accounts", "raw.emails"),
    columns=(
        Column("person_id", pl.String, "The person."),
        Column("login", pl.String, "Public handle; null when only commits are known.", nullable=True),
        Column("actor_class", pl.String, "Human, bot or organisation; only humans are counted.", one_of=ACTOR_CLASSES),
        Column("actor_class_reason", pl.String, "Rule that decided the class."),
    ),
    caveats="Real names and e-mail addresses are not kept.",
)


def build(
    aliases: pl.LazyFrame, accounts: pl.LazyFrame, emails: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    del parameters
    known = pl.concat([account_facts(accounts), email_facts(emails)])
    facts = (
        aliases.join(known, on="alias_id", how="left")
        .sort("person_id", "precedence", "login", nulls_last=True)
        .group_by("person_id")
        .agg(
            login=pl.col("login").drop_nulls().first(),
            is_bot_account=(pl.col("account_type") == "bot").any(),
            is_organisation=(pl.col("account_type") == "organisation").any(),
            is_bot_address=pl.col("is_bot").any(),
        )
    )
    return facts.select("person_id", "login", actor_class=_decided(0), actor_class_reason=_decided(1))


def account_facts(accounts: pl.LazyFrame) -> pl.LazyFrame:
    """What the forge says of an account; its login goes before one that an address tells."""
    return accounts.unique().select(
        "login", "account_type", alias_id="account_id", is_bot=pl.lit(None, pl.Boolean), precedence=pl.lit(0)
    )


def email_facts(emails: pl.LazyFrame) -> pl.LazyFrame:
    return (
        emails.unique()
        .select(
            "login",
            account_type=pl.lit(None, pl.String),
            alias_id=pl.lit("mail:") + pl.col("email_key"),
            is_bot="is_bot",
            precedence=pl.lit(1),
        )
        .select("login", "account_type", "alias_id", "is_bot", "precedence")
    )


CLASS_RULES = (
    (pl.col("is_bot_account"), "bot", "the forge says it is a bot"),
    (pl.col("login").str.to_lowercase().str.ends_with("[bot]"), "bot", "its login ends in [bot]"),
    (pl.col("is_bot_address"), "bot", "its commits are signed by a [bot]"),
    (pl.col("is_organisation"), "organisation", "the forge says it is an organisation"),
)
"""BOT-01, the certain rules, in order."""


def _decided(part: int) -> pl.Expr:
    decided = pl.lit(("human", "no rule says otherwise")[part])
    for condition, *answer in reversed(CLASS_RULES):
        decided = pl.when(condition).then(pl.lit(answer[part])).otherwise(decided)
    return decided
