"""core.aliases: which alias is which person, by which rule, and for whom its address says that they work."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from quality.contract import Column, Table
from transform.columns import AFFILIATION_CLASS, ORGANISATION, PERSON_ID, share
from transform.core import domains
from transform.parameters import Parameters

RANK = {rule: rank for rank, rule in enumerate(("A2", "A3", "H", "A4", "B1", "B2", "C1"))}
AFFILIATION_REASONS = (
    *("registered", "known", "institution", "several", "own_host"),
    *("single", "free_mail", "project", "reserved", "no_host"),
)

TABLE = Table(
    schema="core",
    name="aliases",
    grain="one row per alias: a forge account, or an e-mail address that signs commits as author, committer or co-author",
    key=("alias_id",),
    inputs=("raw.accounts", "raw.emails", "core.identity_links", "raw.organisation_domains"),
    columns=(
        Column("alias_id", pl.String, "Account id, or 'mail:' and the keyed hash of an address."),
        PERSON_ID,
        Column("alias_kind", pl.String, "What the alias is.", one_of=("account", "email")),
        Column("rule", pl.String, "Rule that tied it to the person.", one_of=("A1", *RANK)),
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
    organisation_domains: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    signing = emails.filter(~pl.col("is_only_named").fill_null(value=False))
    return (
        pl.concat([account_aliases(accounts, links), email_aliases(signing)])
        .pipe(with_persons, links)
        .pipe(with_affiliations, signing, organisation_domains, parameters)
    )


def account_aliases(accounts: pl.LazyFrame, links: pl.LazyFrame) -> pl.LazyFrame:
    """Every account is an alias, also one that only a noreply address tells of."""
    named = links.filter(pl.col("rule").is_in(["A2", "A3"])).select(account_id="other_alias_id")
    ids = pl.concat([accounts.select("account_id"), named]).unique()
    return ids.select(alias_id="account_id", alias_kind=pl.lit("account"))


def email_aliases(emails: pl.LazyFrame) -> pl.LazyFrame:
    return emails.select(alias_id=pl.lit("mail:") + pl.col("email_key"), alias_kind=pl.lit("email")).unique()


def with_persons(aliases: pl.LazyFrame, links: pl.LazyFrame) -> pl.LazyFrame:
    """The person of the links that hold, with the surest of them; whoever has none is a person of their own."""
    holding = links.filter(pl.col("status") == "accepted")
    ends = pl.concat(
        holding.select("rule", "confidence_share", "person_id", alias_id=end) for end in ("alias_id", "other_alias_id")
    )
    rank = pl.col("rule").replace_strict(RANK, return_dtype=pl.Int64)
    best = ends.sort("alias_id", rank).unique("alias_id", keep="first", maintain_order=True)
    is_account = pl.col("alias_kind") == "account"
    return aliases.join(best, on="alias_id", how="left").with_columns(
        person_id=pl.coalesce("person_id", "alias_id"),
        rule=pl.when(is_account).then(pl.lit("A1")).otherwise(pl.col("rule").fill_null("B1")),
        confidence_share=pl.when(is_account).then(pl.lit(1.0)).otherwise(pl.col("confidence_share").fill_null(0.95)),
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
