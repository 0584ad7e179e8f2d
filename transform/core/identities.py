"""core.identities: which alias is which person, by which rule. The seam where identity work goes on."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import PERSON_ID, share
from transform.parameters import Parameters

TABLE = Table(
    schema="core",
    name="identities",
    grain="one row per alias: a forge account, or an e-mail address that signs commits",
    key=("alias_id",),
    inputs=("raw.accounts", "raw.emails"),
    definition="ID-02/1",
    formula="an account is a person; a noreply address is the account it names; any other address is a person of its own",
    source="METRICS ID-02, tiers A1, A2 and B1",
    columns=(
        Column("alias_id", pl.String, "Account id, or 'mail:' and the keyed hash of an address."),
        PERSON_ID,
        Column("alias_kind", pl.String, "What the alias is.", one_of=("account", "email")),
        Column("rule", pl.String, "Rule that tied it to the person.", one_of=("A1", "A2", "B1")),
        share("confidence_share", "How sure the rule is."),
    ),
    caveats="Whoever commits under an address that no rule ties to an account counts as a second person.",
)


def build(accounts: pl.LazyFrame, emails: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    del parameters
    return pl.concat([account_aliases(accounts, emails), email_aliases(accounts, emails)])


def account_aliases(accounts: pl.LazyFrame, emails: pl.LazyFrame) -> pl.LazyFrame:
    """Every account is a person, also one that only a noreply address tells of."""
    ids = pl.concat([accounts.select("account_id"), emails.select("account_id").drop_nulls()]).unique()
    return ids.select(
        alias_id="account_id",
        person_id="account_id",
        alias_kind=pl.lit("account"),
        rule=pl.lit("A1"),
        confidence_share=pl.lit(1.0),
    )


def email_aliases(accounts: pl.LazyFrame, emails: pl.LazyFrame) -> pl.LazyFrame:
    """A noreply address names an account by id, or by login, which is matched within its forge only."""
    by_login = (
        accounts.select("account_id", forge=forge_of("account_id"), login=pl.col("login").str.to_lowercase())
        .group_by("forge", "login")
        .agg(named_id=pl.col("account_id").min(), n_accounts=pl.col("account_id").n_unique())
        .filter(pl.col("n_accounts") == 1)
    )
    one = emails.group_by("email_key").agg(pl.col("account_id", "login", "forge").drop_nulls().first())
    named = one.with_columns(login=pl.col("login").str.to_lowercase()).join(by_login, on=["forge", "login"], how="left")
    account = pl.coalesce("account_id", "named_id")
    alias = pl.lit("mail:") + pl.col("email_key")
    return named.select(
        alias_id=alias,
        person_id=pl.coalesce(account, alias),
        alias_kind=pl.lit("email"),
        rule=pl.when(account.is_not_null()).then(pl.lit("A2")).otherwise(pl.lit("B1")),
        confidence_share=pl.when(account.is_not_null()).then(0.98).otherwise(0.95),
    )


def forge_of(account_id: str) -> pl.Expr:
    """The forge's name in front of an account id."""
    return pl.col(account_id).str.replace(r":[^:]*$", "")
