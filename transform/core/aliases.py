"""core.aliases: which alias is which person, by which rule, and for whom its address says that they work."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from quality.contract import Column, Table
from transform.columns import AFFILIATION_CLASS, ORGANISATION, PERSON_ID, share
from transform.core import domains
from transform.parameters import Parameters

AFFILIATION_REASONS = (
    *("registered", "known", "institution", "several", "own_host"),
    *("single", "free_mail", "project", "no_host"),
)

TABLE = Table(
    schema="core",
    name="aliases",
    grain="one row per alias: a forge account, or an e-mail address that signs commits as author, committer or co-author",
    key=("alias_id",),
    inputs=("raw.accounts", "raw.emails", "raw.email_links", "raw.mailmap_links", "raw.organisation_domains"),
    definition="ID-02/2",
    formula="an account is a person (A1); a noreply address is the account it names (A2); an address is the account that "
    "the forge shows behind its commits (A3); an address that a mailmap ties to another is who that is (A4); any other "
    "address is a person of its own (B1)",
    columns=(
        Column("alias_id", pl.String, "Account id, or 'mail:' and the keyed hash of an address."),
        PERSON_ID,
        Column("alias_kind", pl.String, "What the alias is.", one_of=("account", "email")),
        Column("rule", pl.String, "Rule that tied it to the person.", one_of=("A1", "A2", "A3", "A4", "B1")),
        share("confidence_share", "How sure the rule is."),
        ORGANISATION,
        AFFILIATION_CLASS,
        Column(
            "affiliation_reason",
            pl.String,
            "What the address says of an employer: a registered or known domain, one that several persons sign with, a "
            "university's or public body's, a host named after the person; or why it says nothing.",
            one_of=AFFILIATION_REASONS,
        ),
    ),
    caveats="Whoever commits under an address that no rule ties to an account counts as a second person.",
)


def build(
    accounts: pl.LazyFrame,
    emails: pl.LazyFrame,
    links: pl.LazyFrame,
    mailmap: pl.LazyFrame,
    organisation_domains: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    signing = emails.filter(~pl.col("is_only_named").fill_null(value=False))
    addresses = email_aliases(accounts, signing, links).pipe(with_mailmap, mailmap)
    return pl.concat([account_aliases(accounts, addresses), addresses]).pipe(
        with_affiliations, signing, organisation_domains, parameters
    )


def account_aliases(accounts: pl.LazyFrame, addresses: pl.LazyFrame) -> pl.LazyFrame:
    """Every account is a person, also one that only a noreply address tells of."""
    named = addresses.filter(pl.col("rule").is_in(["A2", "A3"])).select(account_id="person_id")
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


def with_mailmap(addresses: pl.LazyFrame, mailmap: pl.LazyFrame) -> pl.LazyFrame:
    """An address that nothing better is known of is who its mailmap says; mailmaps that disagree say nothing."""
    proper = (
        mailmap.select(
            alias_id=pl.lit("mail:") + pl.col("email_key"), proper_id=pl.lit("mail:") + pl.col("proper_email_key")
        )
        .group_by("alias_id")
        .agg(pl.col("proper_id").min(), n=pl.col("proper_id").n_unique())
        .filter(pl.col("n") == 1)
        .join(addresses.select(proper_id="alias_id", proper_person_id="person_id"), on="proper_id")
        .select("alias_id", "proper_person_id")
    )
    is_mapped = (pl.col("rule") == "B1") & pl.col("proper_person_id").is_not_null()
    return (
        addresses.join(proper, on="alias_id", how="left")
        .with_columns(
            person_id=pl.when(is_mapped).then("proper_person_id").otherwise("person_id"),
            rule=pl.when(is_mapped).then(pl.lit("A4")).otherwise("rule"),
            confidence_share=pl.when(is_mapped).then(pl.lit(0.98)).otherwise("confidence_share"),
        )
        .drop("proper_person_id")
    )


SAID = pl.Struct({"organisation": pl.String, "affiliation_class": pl.String, "affiliation_reason": pl.String})


def with_affiliations(
    aliases: pl.LazyFrame, emails: pl.LazyFrame, registered: pl.LazyFrame, parameters: Parameters
) -> pl.LazyFrame:
    """What each address says of an employer; a domain that nobody registered needs several persons."""
    told = emails.group_by(alias_id=pl.lit("mail:") + pl.col("email_key")).agg(
        pl.col("host").min(), pl.col("is_own_host").fill_null(value=False).any()
    )
    said = aliases.join(told, on="alias_id", how="left").join(said_by_hosts(told, registered), on="host", how="left")
    unregistered = said.filter(pl.col("affiliation_reason") == "several")
    crowds = unregistered.group_by("organisation").agg(n_persons=pl.col("person_id").n_unique())
    is_lone = (pl.col("affiliation_reason") == "several") & (
        pl.col("n_persons") < parameters.fewest_persons_of_a_domain
    )
    is_own = pl.col("is_own_host").fill_null(value=False)
    return (
        said.join(crowds, on="organisation", how="left")
        .with_columns(
            organisation=pl.when(~is_lone).then("organisation"),
            affiliation_class=pl.when(is_own)
            .then(pl.lit("volunteer"))
            .when(is_lone | pl.col("affiliation_class").is_null())
            .then(pl.lit("unknown"))
            .otherwise("affiliation_class"),
            affiliation_reason=pl.when(is_own)
            .then(pl.lit("own_host"))
            .when(is_lone)
            .then(pl.lit("single"))
            .otherwise(pl.col("affiliation_reason").fill_null("no_host")),
        )
        .select(TABLE.column_names)
    )


def said_by_hosts(told: pl.LazyFrame, registered: pl.LazyFrame) -> pl.LazyFrame:
    """One row per host, with what it says. The registrations are few; they ride along to where the hosts are judged."""
    entries = registered.select(
        pl.struct("domain", "organisation", "affiliation_class", "is_top").implode().alias("registered")
    )

    def judged(columns: Sequence[pl.Series]) -> pl.Series:
        hosts, lists = columns
        known = {
            entry["domain"]: domains.Registration(entry["organisation"], entry["affiliation_class"], entry["is_top"])
            for entry in (lists[0] if len(lists) else [])
        }
        said = [domains.said_by(host, known)._asdict() for host in hosts]
        rows = [{**one, "affiliation_reason": one.pop("reason")} for one in said]
        return pl.Series(rows, dtype=SAID)

    hosts = told.select("host").drop_nulls().unique().join(entries, how="cross")
    answer = pl.map_batches(["host", "registered"], judged, return_dtype=SAID)
    return hosts.select("host", answer.alias("said")).unnest("said")
