"""Which account an address is for certain: by a noreply address (A2), or because the forge shows it (A3)."""

from __future__ import annotations

import polars as pl


def account_of_address(accounts: pl.LazyFrame, emails: pl.LazyFrame, links: pl.LazyFrame) -> pl.LazyFrame:
    """The rules in order of trust; an address that one forge shows behind two accounts is nobody's for certain there.

    Where several forges show one account each, this is the first of them; `accounts_elsewhere` has the others. The id in a noreply address is believed before its login, for logins change hands; but an id that the forge has
    never shown gives way to a login that it has.
    """
    one = emails.group_by("email_key").agg(pl.col("account_id", "login", "forge").drop_nulls().first())
    ruled = (
        one.with_columns(login=pl.col("login").str.to_lowercase())
        .join(accounts.select("account_id", known_id="account_id").unique(), on="account_id", how="left")
        .join(accounts_by_login(accounts), on=["forge", "login"], how="left")
        .join(accounts_by_commit(links), on="email_key", how="left")
    )
    named = pl.coalesce("known_id", "named_id", "account_id")
    found = ruled.with_columns(named=named, other_alias_id=pl.coalesce(named, "shown_id")).drop_nulls("other_alias_id")
    by_address = pl.col("named").is_not_null()
    return found.select(
        "other_alias_id",
        alias_id=pl.lit("mail:") + pl.col("email_key"),
        rule=pl.when(by_address).then(pl.lit("A2")).otherwise(pl.lit("A3")),
        confidence_share=pl.lit(0.98),
        evidence=pl.when(by_address)
        .then(pl.lit("a noreply address names the account"))
        .otherwise(pl.lit("the forge shows the account behind commits of the address")),
    )


def accounts_by_login(accounts: pl.LazyFrame) -> pl.LazyFrame:
    """Logins that one account of a forge has had, and no other."""
    logins = accounts.select("account_id", forge=forge_of("account_id"), login=pl.col("login").str.to_lowercase())
    return _unambiguous(logins, ["forge", "login"]).rename({"account_id": "named_id"})


def accounts_by_commit(links: pl.LazyFrame) -> pl.LazyFrame:
    return shown_by_forges(links).group_by("email_key").agg(shown_id=pl.col("account_id").min())


def accounts_elsewhere(links: pl.LazyFrame, stars: pl.LazyFrame) -> pl.LazyFrame:
    """Addresses that stand for an account of one forge, with the account that another forge shows behind them.

    The same human on two forges; whether the two may be one person is for the never-merge rules to say.
    """
    shown = shown_by_forges(links).select(
        "forge", other_alias_id="account_id", alias_id=pl.lit("mail:") + pl.col("email_key")
    )
    held = stars.select("alias_id", star="other_alias_id")
    return (
        shown.join(held, on="alias_id")
        .filter(pl.col("forge") != forge_of("star"))
        .select(
            "alias_id",
            "other_alias_id",
            rule=pl.lit("A3"),
            confidence_share=pl.lit(0.98),
            evidence=pl.lit("another forge shows the account behind commits of the address"),
        )
    )


def shown_by_forges(links: pl.LazyFrame) -> pl.LazyFrame:
    """The one account that a forge shows behind an address: `email_key`, `forge`, `account_id`."""
    return _unambiguous(links.with_columns(forge=forge_of("account_id")), ["email_key", "forge"])


def _unambiguous(rows: pl.LazyFrame, key: list[str]) -> pl.LazyFrame:
    grouped = rows.group_by(key).agg(pl.col("account_id").min(), n=pl.col("account_id").n_unique())
    return grouped.filter(pl.col("n") == 1).drop("n")


def forge_of(account_id: str) -> pl.Expr:
    """The forge's name in front of an account id."""
    return pl.col(account_id).str.replace(r":[^:]*$", "")
