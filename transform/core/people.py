"""core.people: who acts, one row a person; bots, agents and organisations marked, each with the rule that says so."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import ACTOR_CLASSES, count
from transform.identity.machines import NAME_PATTERN, by_login
from transform.parameters import Parameters

TABLE = Table(
    schema="core",
    name="people",
    grain="one row per person, bot, agent or organisation that acts",
    key=("person_id",),
    inputs=(
        "core.aliases",
        "raw.accounts",
        "raw.emails",
        "raw.signature_classes",
        "raw.actor_decisions",
        "core.behaviours",
        "raw.alias_names",
    ),
    definition="BOT-01/1",
    formula="a decision; else a program that is known by its login or signature; else what the forge, the login or the "
    "signature says itself; else a word of its own in the login; else behaviour (BOT-02); else human",
    source="order of rules after METRICS BOT-01; the list of known programs is ours, each with its source",
    columns=(
        Column("person_id", pl.String, "The person."),
        Column("login", pl.String, "Public handle; null when only commits are known.", nullable=True),
        Column(
            "actor_class",
            pl.String,
            "Human, bot, AI agent or organisation; only humans are counted.",
            one_of=ACTOR_CLASSES,
        ),
        Column("actor_class_reason", pl.String, "Rule that decided the class."),
        count("n_aliases", "Accounts and addresses that are this person."),
        count("n_names", "Full names, in normal form, that its addresses sign with."),
    ),
    caveats="Real names and e-mail addresses are not kept. A human whose token a program uses is a human here; acts that "
    "follow a program's template are marked one by one (core.contributions).",
)


def human_ids(people: pl.LazyFrame, name: str = "person_id") -> pl.LazyFrame:
    """Who is neither bot nor agent nor organisation, one row a person, under the given name."""
    return people.filter(pl.col("actor_class") == "human").select(pl.col("person_id").alias(name))


def build(
    aliases: pl.LazyFrame,
    accounts: pl.LazyFrame,
    emails: pl.LazyFrame,
    machines: pl.LazyFrame,
    decisions: pl.LazyFrame,
    behaviours: pl.LazyFrame,
    names: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    del parameters
    said = pl.concat([account_facts(accounts), email_facts(emails)], how="diagonal")
    facts = (
        aliases.select("alias_id", "person_id")
        .join(said, on="alias_id", how="left")
        .join(
            machines.select("alias_id", signature_class="actor_class", signature_reason="actor_class_reason"),
            on="alias_id",
            how="left",
        )
        .join(
            decisions.select("alias_id", decided_class="actor_class", decided_reason="reason"),
            on="alias_id",
            how="left",
        )
        .join(known_logins(), on="key", how="left")
        .sort(
            "person_id", "precedence", pl.col("alias_id") != pl.col("person_id"), "login", "alias_id", nulls_last=True
        )
    )
    told = ("known_class", "known_reason", "signature_class", "signature_reason", "decided_class", "decided_reason")
    people = facts.group_by("person_id").agg(
        pl.col("login").drop_nulls().first(),
        *(pl.col(name).drop_nulls().first() for name in told),
        is_bot_account=(pl.col("account_type") == "bot").any(),
        is_organisation=(pl.col("account_type") == "organisation").any(),
        is_bot_address=pl.col("is_bot").any(),
        n_aliases=pl.col("alias_id").n_unique().cast(pl.Int64),
    )
    machine_like = behaviours.filter("is_machine_like").select("person_id", behaviour="evidence")
    named = names.join(aliases.select("alias_id", "person_id"), on="alias_id").group_by("person_id")
    counted = named.agg(n_names=pl.col("name_key").n_unique().cast(pl.Int64))
    judged = (
        people.join(machine_like, on="person_id", how="left")
        .join(counted, on="person_id", how="left")
        .with_columns(pl.col("n_names").fill_null(0))
    )
    return judged.with_columns(actor_class=_decided(0), actor_class_reason=_decided(1)).select(TABLE.column_names)


def account_facts(accounts: pl.LazyFrame) -> pl.LazyFrame:
    """What the forge says of an account; its login goes before one that an address tells."""
    return accounts.unique().select(
        "login", "account_type", alias_id="account_id", key=pl.col("login").str.to_lowercase(), precedence=pl.lit(0)
    )


def email_facts(emails: pl.LazyFrame) -> pl.LazyFrame:
    return emails.unique().select(
        "login",
        "is_bot",
        alias_id=pl.lit("mail:") + pl.col("email_key"),
        key=pl.col("login").str.to_lowercase(),
        precedence=pl.lit(1),
    )


def known_logins() -> pl.LazyFrame:
    """The curated list by login: what it is, and how it is known."""
    rows = [(login, machine.actor_class, machine.reason) for login, machine in by_login()]
    return pl.LazyFrame(rows, schema=["key", "known_class", "known_reason"], orient="row").unique("key")


_LOGIN = pl.col("login").str.to_lowercase()
CLASS_RULES: tuple[tuple[pl.Expr, pl.Expr, pl.Expr], ...] = (
    (pl.col("decided_class").is_not_null(), pl.col("decided_class"), pl.lit("decided: ") + pl.col("decided_reason")),
    (
        pl.col("known_class").is_not_null(),
        pl.col("known_class"),
        pl.col("known_reason"),
    ),
    (pl.col("signature_class").is_not_null(), pl.col("signature_class"), pl.col("signature_reason")),
    (pl.col("is_bot_account"), pl.lit("bot"), pl.lit("the forge says it is a bot")),
    (_LOGIN.str.ends_with("[bot]"), pl.lit("bot"), pl.lit("its login ends in [bot]")),
    (pl.col("is_bot_address"), pl.lit("bot"), pl.lit("its commits are signed by a [bot]")),
    (pl.col("is_organisation"), pl.lit("organisation"), pl.lit("the forge says it is an organisation")),
    (_LOGIN.str.contains(NAME_PATTERN), pl.lit("bot"), pl.lit("its login has the word of a bot in it")),
    (pl.col("behaviour").is_not_null(), pl.lit("bot"), pl.lit("it behaves like a bot: ") + pl.col("behaviour")),
)
"""BOT-01 in order: condition, class, reason."""


def _decided(part: int) -> pl.Expr:
    decided = pl.lit(("human", "no rule says otherwise")[part])
    for condition, *answer in reversed(CLASS_RULES):
        decided = pl.when(condition.fill_null(value=False)).then(answer[part]).otherwise(decided)
    return decided
