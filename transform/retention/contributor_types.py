"""retention.contributor_types: what kind of contributor a person is, by six rules of the literature (RET-02)."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Evidence, Table
from transform.columns import DEFINITION, PERSON_ID, SCOPE_ID, SNAPSHOT_AT, count
from transform.core.repositories import IS_HISTORY_CUT
from transform.core.spells import SCOPE_KEY, in_all, kept_acts, snapshots
from transform.parameters import Parameters
from transform.retention.rests_on import IS_HUMAN_ACT

LONG_TERM_DAYS = (365, 730, 1095)
"""One, two and three years: the spans for which long-term contributors are studied (Bao et al. 2021)."""

FEW_CHANGES = 12
OCCASIONAL_PAUSE = "3mo"
UNDECIDED_DAYS = 90
PRODUCTIVE_QUANTILE = 0.1

TABLE = Table(
    schema="retention",
    name="contributor_types",
    grain="one row per repository (or all) and person who acted there before the snapshot",
    key=("repo_id", "person_id"),
    inputs=("core.contributions", "core.changes", "core.repositories"),
    definition="RET-02/1",
    formula="one-time: acts on one single artefact; casual: exactly one commit; occasional: at most 12 changes opened, the "
    "last at least 3 months before the snapshot; quasi: a change decided, none merged, no commit; long-term(T): more "
    "than T days between first and last commit; productive long-term: at least 1095 days between first and last act, and "
    "as many acts as the least productive tenth of those who stayed so long, or more",
    source="casual: Pinto et al. 2016; occasional: CNCF DevStats; quasi: Steinmacher et al. 2018; long-term: Bao et al. "
    "2021, Zhou and Mockus 2012",
    parameters={
        "horizon_days": "parameters.horizon_days",
        "long_term_days": LONG_TERM_DAYS,
        "few_changes": FEW_CHANGES,
        "occasional_pause": OCCASIONAL_PAUSE,
        "undecided_days": UNDECIDED_DAYS,
        "productive_quantile": PRODUCTIVE_QUANTILE,
    },
    caveats="The types overlap: nobody has to be exactly one. NULL is whom a rule cannot judge, so an average is over those "
    "it can. A change closed by its own author counts as decided. Old hands are here too.",
    is_large=True,
    may_be_empty="Nobody may have acted yet.",
    evidence=(
        Evidence(
            "core.contributions",
            "the person's acts in the scope before the snapshot",
            same=("person_id",),
            scope=("repo_id",),
            when=IS_HUMAN_ACT,
            counted_in="n_acts",
        ),
    ),
    columns=(
        SCOPE_ID,
        PERSON_ID,
        Column("first_act_at", INSTANT, "First act of any family."),
        Column("last_act_at", INSTANT, "Last act of any family before the snapshot."),
        Column("first_commit_at", INSTANT, "First commit in the default branch; null without one.", nullable=True),
        Column("last_commit_at", INSTANT, "Last such commit before the snapshot; null without one.", nullable=True),
        count("n_acts", "Acts of all families."),
        count("n_commits", "Commits in the default branch, as author or co-author."),
        count("n_changes_opened", "Changes opened."),
        count("n_changes_merged", "Of these, merged before the snapshot."),
        Column("has_one_artefact", pl.Boolean, "All acts before the snapshot belong to one single artefact."),
        Column(
            "is_one_time",
            pl.Boolean,
            "All acts belong to one single artefact; null if the first came less than the horizon before the snapshot.",
            nullable=True,
        ),
        Column(
            "is_casual",
            pl.Boolean,
            "Exactly one commit; null without a commit, and where part of the git history is missing.",
            nullable=True,
        ),
        Column(
            "is_occasional",
            pl.Boolean,
            "At most 12 changes opened, the last at least 3 months before the snapshot; null without a change.",
            nullable=True,
        ),
        Column(
            "is_quasi",
            pl.Boolean,
            "Had a change decided, none merged, and has no commit; null without a change, while one that is younger "
            "than 90 days could still be merged, and where a commit may be missing.",
            nullable=True,
        ),
        *(
            Column(
                f"is_long_term_{days}_days",
                pl.Boolean,
                f"More than {days} days between first and last commit; null without a commit, and for whose first is "
                "less than that before the snapshot.",
                nullable=True,
            )
            for days in LONG_TERM_DAYS
        ),
        Column(
            "is_productive_long_term",
            pl.Boolean,
            "Stayed for 1095 days or more and did not less than the tenth with the fewest acts among those who did; "
            "null if the first act is less than 1095 days before the snapshot.",
            nullable=True,
        ),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    contributions: pl.LazyFrame, changes: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    acts = kept_acts(contributions, repositories).pipe(in_scopes, repositories)
    people = acts.group_by(SCOPE_KEY).agg(whole_record())
    return (
        people.join(acts.pipe(proposals, changes), on=SCOPE_KEY, how="left")
        .with_columns(pl.col("n_changes_opened", "n_changes_merged", "n_decided", "n_pending").fill_null(0))
        .with_columns(*committer_types(), *proposer_types())
        .with_columns(one_time(parameters.horizon_days), productive_long_term(), definition=pl.lit(TABLE.definition))
        .with_columns(pl.col(SCOPE_KEY).cast(pl.String))
        .select(TABLE.column_names)
    )


def in_scopes(acts: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """Every act in its repository and in 'all', each up to the snapshot there.

    `is_whole` tells whether the git history of the repository is.
    """
    whole = repositories.select(pl.col("repo_id").cast(pl.Categorical), is_whole=~IS_HISTORY_CUT)
    known = acts.join(whole, on="repo_id").select(
        *SCOPE_KEY,
        "is_whole",
        "contributed_at",
        pl.col("kind", "artefact_id").cast(pl.Categorical),
        source_repo_id="repo_id",
    )
    known = known.cache()  # used twice
    everywhere = pl.concat([known, in_all(known)]).join(snapshots(repositories), on="repo_id")
    return everywhere.filter(pl.col("contributed_at") < pl.col("snapshot_at")).cache()


def whole_record() -> list[pl.Expr]:
    """What a person did in a scope, as aggregates over the acts."""
    at, is_commit = pl.col("contributed_at"), pl.col("kind") == "commit"
    artefact, source = pl.col("artefact_id").to_physical(), pl.col("source_repo_id").to_physical()
    return [
        pl.col("snapshot_at").first(),
        at.min().alias("first_act_at"),
        at.max().alias("last_act_at"),
        pl.len().cast(pl.Int64).alias("n_acts"),
        is_commit.sum().cast(pl.Int64).alias("n_commits"),
        pl.when(is_commit).then(at).min().alias("first_commit_at"),
        pl.when(is_commit).then(at).max().alias("last_commit_at"),
        pl.col("is_whole").all().alias("is_history_whole"),
        ((artefact.min() == artefact.max()) & (source.min() == source.max())).alias("has_one_artefact"),
    ]


def proposals(acts: pl.LazyFrame, changes: pl.LazyFrame) -> pl.LazyFrame:
    """How the changes that a person opened stood at the snapshot; `n_pending` are young and undecided."""
    fates = changes.select(
        "closed_at",
        "merged_at",
        pl.col("artefact_id").cast(pl.Categorical),
        source_repo_id=pl.col("repo_id").cast(pl.Categorical),
    )
    snapshot = pl.col("snapshot_at")
    is_decided = (pl.col("closed_at") < snapshot).fill_null(value=False)
    is_young = pl.col("contributed_at") > snapshot - pl.duration(days=UNDECIDED_DAYS)
    opened = acts.filter(pl.col("kind") == "change_open").join(fates, on=["source_repo_id", "artefact_id"])
    return opened.group_by(SCOPE_KEY).agg(
        n_changes_opened=pl.len().cast(pl.Int64),
        n_changes_merged=(pl.col("merged_at") < snapshot).sum().cast(pl.Int64),
        n_decided=is_decided.sum().cast(pl.Int64),
        n_pending=(~is_decided & is_young).sum().cast(pl.Int64),
        last_change_at=pl.col("contributed_at").max(),
    )


def seen_from(day: pl.Expr, days: int) -> pl.Expr:
    return day + pl.duration(days=days) <= pl.col("snapshot_at").dt.date()


def one_time(horizon: int) -> pl.Expr:
    is_judged = seen_from(pl.col("first_act_at").dt.date(), horizon)
    return pl.when(is_judged).then("has_one_artefact").alias("is_one_time")


def committer_types() -> list[pl.Expr]:
    """A null first day, of whom has no commit, leaves all of them null."""
    first, last = pl.col("first_commit_at").dt.date(), pl.col("last_commit_at").dt.date()
    has_commits = pl.col("n_commits") > 0
    return [
        pl.when(has_commits & pl.col("is_history_whole")).then(pl.col("n_commits") == 1).alias("is_casual"),
        *(
            pl.when(seen_from(first, days))
            .then(last - first > pl.duration(days=days))
            .alias(f"is_long_term_{days}_days")
            for days in LONG_TERM_DAYS
        ),
    ]


def proposer_types() -> list[pl.Expr]:
    has_changes = pl.col("n_changes_opened") > 0
    paused = pl.col("last_change_at") <= pl.col("snapshot_at").dt.offset_by(f"-{OCCASIONAL_PAUSE}")
    is_contributor = (pl.col("n_changes_merged") > 0) | (pl.col("n_commits") > 0)
    is_settled = is_contributor | ((pl.col("n_pending") == 0) & pl.col("is_history_whole"))
    return [
        pl.when(has_changes).then((pl.col("n_changes_opened") <= FEW_CHANGES) & paused).alias("is_occasional"),
        pl.when(has_changes & is_settled).then(~is_contributor & (pl.col("n_decided") > 0)).alias("is_quasi"),
    ]


def productive_long_term() -> pl.Expr:
    """Of those who stayed three years, without the ones who did less than the tenth with the fewest acts."""
    three_years = LONG_TERM_DAYS[-1]
    first, last = pl.col("first_act_at").dt.date(), pl.col("last_act_at").dt.date()
    stayed = last - first >= pl.duration(days=three_years)
    least = pl.when(stayed).then("n_acts").quantile(PRODUCTIVE_QUANTILE, "linear").over("repo_id")
    is_productive = (stayed & (pl.col("n_acts") >= least)).fill_null(value=False)  # null where nobody stayed so long
    return pl.when(seen_from(first, three_years)).then(is_productive).alias("is_productive_long_term")
