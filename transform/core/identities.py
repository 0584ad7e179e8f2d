"""core.identities: which alias is which person, by which rule. The seam where identity work goes on."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import PERSON_ID, share
from transform.parameters import Parameters

TABLE = Table(
    schema="core",
    name="identities",
    grain="one row per alias: a forge account, or an e-mail address that signs commits as author, committer or co-author",
    key=("alias_id",),
    inputs=("raw.accounts", "raw.emails", "raw.email_links"),
    definition="ID-02/1",
    formula="an account is a person (A1); a noreply address is the account it names (A2); an address is the account that "
    "the forge shows behind its commits (A3); any other address is a person of its own (B1)",
    columns=(
        Column("alias_id", pl.String, "Account id, or 'mail:' and the keyed hash of an address."),
        PERSON_ID,
        Column("alias_kind", pl.String, "What the alias is.", one_of=("account", "email")),
        Column("rule", pl.String, "Rule that tied it to the person.", one_of=("A1", "A2", "A3", "B1")),
        share("confidence_share", "How sure the rule is."),
    ),
    caveats="Whoever commits under an address that no rule ties to an account counts as a second person.",
)


def build(accounts: pl.LazyFrame, emails: pl.LazyFrame, links: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    del parameters
    signing = emails.filter(~pl.col("is_only_named").fill_null(value=False))
    addresses = email_aliases(accounts, signing, links)
    return pl.concat([account_aliases(accounts, addresses), addresses])


def account_aliases(accounts: pl.LazyFrame, addresses: pl.LazyFrame) -> pl.LazyFrame:
    """Every account is a person, also one that only a noreply address tells of."""
    named = addresses.filter(pl.col("rule") != "B1").select(account_id="person_id")
    return (
        pl.concat([accounts.select("account_id"), named])
        .unique()
        .select(
            alias_id="account_id",
            person_id="account_id",
            alias_kind=pl.lit("account"),
            rule=pl.lit("A1"),
            confidence_share=pl.lit(1.0),
        )
    )


def email_aliases(accounts: pl.LazyFrame, emails: pl.LazyFrame, links: pl.LazyFrame) -> pl.LazyFrame:
    """The rules in order of trust; an address that the forge shows behind two accounts is nobody's for certain.

    The id in a noreply address is believed before its login, for logins change hands; but an id that the forge has
    never shown gives way to a login that it has.
    """
    one = emails.group_by("email_key").agg(pl.col("account_id", "login", "forge").drop_nulls().first())
    ruled = (
        one.with_columns(login=pl.col("login").str.to_lowercase())
        .join(accounts.select("account_id", known_id="account_id").unique(), on="account_id", how="left")
        .join(accounts_by_login(accounts), on=["forge", "login"], how="left")
        .join(accounts_by_commit(links), on="email_key", how="left")
    )
    alias, named = pl.lit("mail:") + pl.col("email_key"), pl.coalesce("known_id", "named_id", "account_id")
    return ruled.select(
        alias_id=alias,
        person_id=pl.coalesce(named, "shown_id", alias),
        alias_kind=pl.lit("email"),
        rule=_first_rule(named, pl.lit("A2"), pl.lit("A3"), pl.lit("B1")),
        confidence_share=_first_rule(named, pl.lit(0.98), pl.lit(0.98), pl.lit(0.95)),
    )


def _first_rule(named: pl.Expr, by_name: pl.Expr, by_commit: pl.Expr, otherwise: pl.Expr) -> pl.Expr:
    shown = pl.col("shown_id").is_not_null()
    return pl.when(named.is_not_null()).then(by_name).when(shown).then(by_commit).otherwise(otherwise)


def accounts_by_login(accounts: pl.LazyFrame) -> pl.LazyFrame:
    """Logins that one account of a forge has had, and no other."""
    logins = accounts.select("account_id", forge=forge_of("account_id"), login=pl.col("login").str.to_lowercase())
    return _unambiguous(logins, ["forge", "login"]).rename({"account_id": "named_id"})


def accounts_by_commit(links: pl.LazyFrame) -> pl.LazyFrame:
    return _unambiguous(links, ["email_key"]).rename({"account_id": "shown_id"})


def _unambiguous(rows: pl.LazyFrame, key: list[str]) -> pl.LazyFrame:
    grouped = rows.group_by(key).agg(pl.col("account_id").min(), n=pl.col("account_id").n_unique())
    return grouped.filter(pl.col("n") == 1).drop("n")


def forge_of(account_id: str) -> pl.Expr:
    """The forge's name in front of an account id."""
    return pl.col(account_id).str.replace(r":[^:]*$", "")
