"""core.commit_roles: who did what for a commit: wrote it, brought it in, reviewed or tested it (ID-03)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import REPO_ID, share
from transform.parameters import Parameters

TRAILERS = (
    *("coauthor", "signed_off", "reviewed", "acked", "tested"),
    *("reported", "suggested", "helped", "assisted"),
)
ROLES = ("author", "squashed", "committer", *TRAILERS)
WRITERS = ("author", "coauthor", "squashed")
"""Who shares the credit; `author` goes first where one person is several of them."""
COMMIT = ("repo_id", "sha")

TABLE = Table(
    schema="core",
    name="commit_roles",
    grain="one row per commit, address and what it did for the commit",
    key=(*COMMIT, "alias_id", "role"),
    inputs=("core.commits", "raw.commit_people", "core.aliases", "core.people"),
    definition="ID-03/1",
    formula="credit_share = 1 / (1 + n), n being the co-authors beside the author: persons of Co-authored-by trailers and "
    "authors of commits that a squash took in; programs share it only where no human wrote",
    source="trailers: git and the forges' documentation; roles apart from authorship: the kernel's rules for patches",
    may_be_empty="A repository can be watched without its git history.",
    is_large=True,
    columns=(
        REPO_ID,
        Column("sha", pl.String, "Commit hash."),
        Column("alias_id", pl.String, "Address it was done under: 'mail:' and its keyed hash."),
        Column(
            "person_id",
            pl.String,
            "The person; null where the address has signed nothing: it is known from trailers alone.",
            nullable=True,
            references="core.people.person_id",
        ),
        Column("role", pl.String, "What they did.", one_of=ROLES),
        share("credit_share", "Part of the authorship; null for roles that are none.", nullable=True),
    ),
    caveats="A committer is told where it is another person than the author: who integrates is no author. `squashed` is who "
    "wrote a commit of the change that a squash stands for. Trailers are claims of whoever wrote the message.",
)


def build(
    commits: pl.LazyFrame,
    commit_people: pl.LazyFrame,
    aliases: pl.LazyFrame,
    people: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    del parameters
    told = [authors(commits), committers(commits), named(commits, commit_people, aliases), squashed(commits)]
    rows = pl.concat(told).unique(TABLE.key)
    return rows.join(credits_of(rows, people), on=TABLE.key, how="left").select(TABLE.column_names)


ROW = (*COMMIT, "alias_id", "person_id", "role")


def authors(commits: pl.LazyFrame) -> pl.LazyFrame:
    return commits.select(*COMMIT, "person_id", alias_id="author_alias_id", role=pl.lit("author")).select(ROW)


def committers(commits: pl.LazyFrame) -> pl.LazyFrame:
    others = commits.filter(pl.col("committer_person_id") != pl.col("person_id"))
    return others.select(
        *COMMIT, alias_id="committer_alias_id", person_id="committer_person_id", role=pl.lit("committer")
    )


def named(commits: pl.LazyFrame, commit_people: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    """Whom the trailers name, of commits that are here."""
    return (
        commit_people.with_columns(alias_id=pl.lit("mail:") + pl.col("email_key"))
        .join(commits.select(COMMIT), on=COMMIT, how="semi")
        .join(aliases.select("alias_id", "person_id"), on="alias_id", how="left")
        .select(ROW)
    )


def squashed(commits: pl.LazyFrame) -> pl.LazyFrame:
    """Authors of the commits that a squash took in."""
    taken = commits.filter(~pl.col("is_in_default_branch"), pl.col("n_parents") < 2)
    stands = commits.filter("is_squash").select(*COMMIT, "change_number", author_person_id="person_id")
    written = taken.select("repo_id", "change_number", "person_id", alias_id="author_alias_id")
    return (
        stands.join(written, on=["repo_id", "change_number"])
        .filter(pl.col("person_id") != pl.col("author_person_id"))
        .with_columns(role=pl.lit("squashed"))
        .select(ROW)
    )


def credits_of(rows: pl.LazyFrame, people: pl.LazyFrame) -> pl.LazyFrame:
    """The credit of each writer: equal parts, once a person, and to programs only where no human wrote."""
    writers = (
        rows.filter(pl.col("role").is_in(WRITERS))
        .join(people.select("person_id", "actor_class"), on="person_id", how="left")
        .with_columns(
            who=pl.coalesce("person_id", "alias_id"),
            is_program=pl.col("actor_class").is_in(["bot", "agent"]).fill_null(value=False),
        )
    )
    shared = writers.join(writers.filter(pl.col("role") != "author").select(COMMIT).unique(), on=COMMIT, how="semi")
    order = ["is_program", pl.col("role") != "author", "role", "alias_id"]
    is_first = pl.col("alias_id").cum_count().over(*COMMIT, "who", order_by=order) == 1
    counts = is_first & (~pl.col("is_program") | pl.col("is_program").all().over(COMMIT))
    parts = shared.with_columns(counts=counts).with_columns(
        credit_share=pl.col("counts").cast(pl.Float64) / pl.col("counts").sum().over(COMMIT)
    )
    lone = writers.join(shared.select(COMMIT).unique(), on=COMMIT, how="anti").with_columns(credit_share=pl.lit(1.0))
    given = [one.select(*TABLE.key, "credit_share") for one in (parts, lone)]
    return pl.concat(given)
