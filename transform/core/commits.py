"""core.commits: commits with plausible times and the change they came in by."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import PERSON_ID, REPO_ID, count
from transform.core.repositories import FIRST_PLAUSIBLE_EPOCH
from transform.parameters import Parameters

DAY_SECONDS = 86_400


TABLE = Table(
    schema="core",
    name="commits",
    grain="one row per commit of the default branch or of a change request",
    key=("repo_id", "sha"),
    inputs=("raw.commits", "raw.change_commits", "core.changes", "core.repositories", "core.aliases"),
    definition="PIT-04/1",
    formula="author time is kept if not before the first root commit, at most a day after the commit time, and that at "
    "most a day after the run; else the commit time stands in, else the latest parent's, else the first root's",
    source="the forge's creation date of the repository is no bound, for imported histories are older",
    is_large=True,
    may_be_empty="A repository can be watched without its git history.",
    columns=(
        REPO_ID,
        Column("sha", pl.String, "Commit hash."),
        PERSON_ID,
        Column("author_alias_id", pl.String, "Alias it was signed with.", references="core.aliases.alias_id"),
        Column("committer_person_id", pl.String, "Who committed it.", references="core.people.person_id"),
        Column("committer_alias_id", pl.String, "Alias it was committed with.", references="core.aliases.alias_id"),
        Column("change_number", pl.Int64, "Change it came in by; null for a direct commit.", nullable=True),
        Column("author_epoch", pl.Int64, "Author time as git says it; null when unreadable.", unit="s", nullable=True),
        Column("author_utc_offset", pl.Int64, "Author's offset, as git says it.", unit="min", nullable=True),
        Column("committer_utc_offset", pl.Int64, "Committer's offset, as git says it.", unit="min", nullable=True),
        count("n_parents", "Parents; two or more is a merge."),
        count("added_lines", "Lines added.", unit="lines", nullable=True),
        count("deleted_lines", "Lines deleted.", unit="lines", nullable=True),
        count("changed_files", "Files touched.", unit="files", nullable=True),
        Column("is_in_default_branch", pl.Boolean, "Whether the default branch holds it."),
        Column("is_squash", pl.Boolean, "Whether it stands for commits of its change that never got there themselves."),
        Column("is_time_fixed", pl.Boolean, "Whether an impossible time was replaced."),
        Column("authored_at", INSTANT, "Author time, made plausible."),
        Column("committed_at", INSTANT, "Commit time, made plausible."),
    ),
)


def build(
    commits: pl.LazyFrame,
    change_commits: pl.LazyFrame,
    changes: pl.LazyFrame,
    repositories: pl.LazyFrame,
    aliases: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    held = (
        commits.pipe(with_bounds, repositories, parameters)
        .pipe(with_plausible_times)
        .filter(pl.col("committed_at") < pl.col("held_until_at"))
    )
    proposed = pl.concat([change_commits.select("repo_id", "number", "sha"), numbered(held, changes)])
    return (
        held.join(changes_of_commits(proposed, changes), on=["repo_id", "sha"], how="left")
        .join(_people(aliases, "author_email_key", "person_id"), on="author_email_key", how="left")
        .join(_people(aliases, "committer_email_key", "committer_person_id"), on="committer_email_key", how="left")
        .with_columns(
            n_parents=pl.col("parent_shas").list.len().cast(pl.Int64),
            author_alias_id=pl.lit("mail:") + pl.col("author_email_key"),
            committer_alias_id=pl.lit("mail:") + pl.col("committer_email_key"),
        )
        .pipe(with_squashes)
        .select(TABLE.column_names)
    )


def with_bounds(commits: pl.LazyFrame, repositories: pl.LazyFrame, parameters: Parameters) -> pl.LazyFrame:
    """Adds the first and last plausible second of each repository's history."""
    is_root = (pl.col("parent_shas").list.len() == 0) & (pl.col("committer_epoch") > FIRST_PLAUSIBLE_EPOCH)
    roots = commits.filter(is_root).group_by("repo_id").agg(first_epoch=pl.col("committer_epoch").min())
    last = int(parameters.latest_plausible_at.timestamp())
    return (
        commits.join(repositories.select("repo_id", "held_until_at"), on="repo_id")
        .join(roots, on="repo_id", how="left")
        .with_columns(pl.col("first_epoch").fill_null(FIRST_PLAUSIBLE_EPOCH), last_epoch=pl.lit(last))
    )


def with_plausible_times(commits: pl.LazyFrame) -> pl.LazyFrame:
    """Adds authored_at, committed_at and is_time_fixed (PIT-04)."""
    ok = pl.col("committer_epoch").is_between("first_epoch", "last_epoch").fill_null(value=False)
    judged = commits.with_columns(is_committer_ok=ok)
    fixed = judged.join(_parents_times(judged), on=["repo_id", "sha"], how="left").with_columns(
        committed=pl.when("is_committer_ok")
        .then("committer_epoch")
        .otherwise(pl.coalesce("parents_epoch", "first_epoch"))
    )
    author_ok = pl.col("author_epoch").is_between("first_epoch", pl.col("committed") + DAY_SECONDS)
    return fixed.with_columns(is_author_ok=author_ok.fill_null(value=False)).with_columns(
        is_time_fixed=~(pl.col("is_committer_ok") & pl.col("is_author_ok")),
        committed_at=_instant(pl.col("committed")),
        authored_at=_instant(pl.when("is_author_ok").then("author_epoch").otherwise("committed")),
    )


def _parents_times(commits: pl.LazyFrame) -> pl.LazyFrame:
    """For commits without a plausible time: the latest plausible time among their parents."""
    parents = commits.select("repo_id", "committer_epoch", "is_committer_ok", parent="sha").filter("is_committer_ok")
    return (
        commits.filter(~pl.col("is_committer_ok"))
        .select("repo_id", "sha", parent="parent_shas")
        .explode("parent")
        .join(parents, on=["repo_id", "parent"])
        .group_by("repo_id", "sha")
        .agg(parents_epoch=pl.col("committer_epoch").max())
    )


def numbered(commits: pl.LazyFrame, changes: pl.LazyFrame) -> pl.LazyFrame:
    """Squash merges by the number their subject ends in: forges commit them in the moment of merging.

    Without that moment the number could be one of another repository, or of another forge that the history comes from.
    """
    merged = changes.filter("is_merged").select("repo_id", "merged_at", subject_number="number")
    near = (pl.col("committed_at") - pl.col("merged_at")).abs() <= pl.duration(seconds=DAY_SECONDS)
    single = commits.filter("is_in_default_branch", pl.col("parent_shas").list.len() < 2)
    return (
        single.select("repo_id", "sha", "subject_number", "committed_at")
        .join(merged, on=["repo_id", "subject_number"])
        .filter(near)
        .select("repo_id", pl.col("subject_number").alias("number"), "sha")
    )


def changes_of_commits(change_commits: pl.LazyFrame, changes: pl.LazyFrame) -> pl.LazyFrame:
    """The change that brought a commit in: a merged one before others, then the first; squashes by their merge.

    `change_commits` also has the squashes that only their subject ties to a change (see numbered).
    """
    squashed = changes.select("repo_id", "number", sha="merge_sha").drop_nulls()
    merged = changes.select("repo_id", "number", "is_merged")
    return (
        pl.concat([change_commits.select("repo_id", "number", "sha"), squashed])
        .join(merged, on=["repo_id", "number"])
        .group_by("repo_id", "sha")
        .agg(change_number=pl.coalesce(pl.col("number").filter(pl.col("is_merged")).min(), pl.col("number").min()))
    )


def with_squashes(commits: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `is_squash`: the last commit that a change left in the default branch, where others of it are nowhere there.

    A rebase writes commits anew under their author and author time: what is there so is not lost.
    """
    as_written = ["repo_id", "author_email_key", "author_epoch"]
    of_change = ["repo_id", "change_number"]
    here = commits.filter("is_in_default_branch").select(
        *as_written, *of_change[1:], "sha", "n_parents", "committed_at"
    )
    proposed = commits.filter(~pl.col("is_in_default_branch"), pl.col("n_parents") < 2).drop_nulls("change_number")
    lost = proposed.join(here, on=as_written, how="anti").select(of_change).unique()
    last = pl.col("committed_at") == pl.col("committed_at").max().over(of_change)
    squashes = here.filter(pl.col("n_parents") < 2).join(lost, on=of_change, how="semi").filter(last)
    one_each = squashes.sort("sha").unique(of_change, keep="first", maintain_order=True)
    marked = one_each.select("repo_id", "sha", is_squash=pl.lit(value=True))
    return commits.join(marked, on=["repo_id", "sha"], how="left").with_columns(
        pl.col("is_squash").fill_null(value=False)
    )


def _people(aliases: pl.LazyFrame, key: str, person: str) -> pl.LazyFrame:
    emails = aliases.filter(pl.col("alias_kind") == "email")
    return emails.select(pl.col("alias_id").str.strip_prefix("mail:").alias(key), pl.col("person_id").alias(person))


def _instant(seconds: pl.Expr) -> pl.Expr:
    return pl.from_epoch(seconds, "s").dt.cast_time_unit("us").dt.replace_time_zone("UTC")
