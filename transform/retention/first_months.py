"""retention.first_months: what a newcomer's first month held, as far as it is known to go with a long stay (RET-01b)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, DOOR, FIRST_AT, PERSON_ID, SCOPE_ID, SNAPSHOT_AT, count
from transform.core.spells import SCOPE_KEY, in_all, kept_acts, paired
from transform.parameters import Parameters

THREAD = ("repo_id", "artefact_id")


def known(name: str, doc: str) -> Column:
    return count(name, f"{doc}; null if the month is not over.", nullable=True)


TABLE = Table(
    schema="retention",
    name="first_months",
    grain="one row per repository (or all) and newcomer",
    key=SCOPE_KEY,
    inputs=(
        "retention.newcomers",
        "core.contributions",
        "core.issues",
        "core.changes",
        "core.events",
        "core.interactions",
        "core.repositories",
    ),
    definition="RET-01b/1",
    formula="counts over the first_month_days UTC days from the day of the first act, that day included; fixed: closed as "
    "completed, by a change or by a commit, but not by hand by who opened it",
    source="What the first month tells of a long stay, an issue fixed in it and beginning with a comment among it: Zhou and "
    "Mockus 2012",
    parameters={"first_month_days": "parameters.first_month_days"},
    caveats="What happened to somebody in the first month is partly what they made happen: whoever means to stay reports what "
    "can be fixed. Forges that give no reason for a closing show only what a change or commit closed as fixed.",
    is_large=True,
    may_be_empty="In a young or seldom seen repository everybody may be an old hand.",
    evidence=(
        Evidence(
            "retention.newcomers", "the newcomer's arrival", same=("repo_id", "person_id"), when="there.family = 'any'"
        ),
    ),
    columns=(
        SCOPE_ID,
        PERSON_ID,
        DOOR,
        FIRST_AT,
        Column("has_first_month", pl.Boolean, "Whether the whole first month was observed."),
        Column("is_comment_first", pl.Boolean, "Whether the first act was a comment, not a question or work."),
        known("n_artefacts_first_month", "Issues, changes and lone commits touched"),
        known("n_families_first_month", "Families of acts, of code, review, talk and triage"),
        known("n_issues_opened_first_month", "Issues opened"),
        known("n_issues_fixed_first_month", "Issues opened and fixed within the month"),
        known("n_changes_opened_first_month", "Changes opened"),
        known("n_changes_merged_first_month", "Changes opened and merged within the month"),
        known("n_partners_first_month", "Humans who gave or got attention (INF-01)"),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    newcomers: pl.LazyFrame,
    contributions: pl.LazyFrame,
    issues: pl.LazyFrame,
    changes: pl.LazyFrame,
    events: pl.LazyFrame,
    interactions: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    arrived = newcomers.filter(pl.col("family") == "any").cache()
    months = arrived.filter("has_first_month").pipe(spans, parameters.first_month_days).cache()
    merged = changes.select(*THREAD, "person_id", "opened_at", ended_at="merged_at")
    counted = [
        deeds(contributions, repositories, months),
        ended_in_time(issues.pipe(fixed, events), months, "n_issues_fixed_first_month"),
        ended_in_time(merged, months, "n_changes_merged_first_month"),
        partners(interactions, months),
    ]
    rows = arrived
    for one in counted:
        rows = rows.join(one.with_columns(pl.col(SCOPE_KEY).cast(pl.String)), on=SCOPE_KEY, how="left")
    numbers = [name for name in TABLE.column_names if name.startswith("n_")]
    return rows.with_columns(
        pl.when("has_first_month").then(pl.col(numbers).fill_null(0)),
        is_comment_first=pl.col("door") == "comment",
        definition=pl.lit(TABLE.definition),
    ).select(TABLE.column_names)


def spans(arrived: pl.LazyFrame, month_days: int) -> pl.LazyFrame:
    """The month of each newcomer as instants: whole UTC days."""
    start = pl.col("first_at").dt.truncate("1d")
    return arrived.select(
        pl.col(SCOPE_KEY).cast(pl.Categorical), month_start_at=start, month_end_at=start + pl.duration(days=month_days)
    )


def is_in_month(name: str) -> pl.Expr:
    return pl.col(name).is_between("month_start_at", "month_end_at", closed="left")


def deeds(contributions: pl.LazyFrame, repositories: pl.LazyFrame, months: pl.LazyFrame) -> pl.LazyFrame:
    acts = kept_acts(contributions, repositories).select(
        *SCOPE_KEY, "family", "kind", "contributed_at", thread=paired("repo_id", "artefact_id")
    )
    kind = pl.col("kind")
    return (
        pl.concat([acts, in_all(acts)])
        .join(months, on=SCOPE_KEY)
        .filter(is_in_month("contributed_at"))
        .group_by(SCOPE_KEY)
        .agg(
            n_artefacts_first_month=pl.col("thread").n_unique().cast(pl.Int64),
            n_families_first_month=pl.col("family").n_unique().cast(pl.Int64),
            n_issues_opened_first_month=(kind == "issue_open").sum().cast(pl.Int64),
            n_changes_opened_first_month=(kind == "change_open").sum().cast(pl.Int64),
        )
    )


def fixed(issues: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    """Issues with `ended_at`, the first closing that says that the matter is settled."""
    by_work = pl.col("sha").is_not_null() | pl.col("other_number").is_not_null()
    by_other = pl.col("person_id").ne_missing(pl.col("author_id"))
    asked = issues.select(*THREAD, "opened_at", author_id="person_id").drop_nulls("author_id")
    return (
        events.filter(pl.col("kind") == "closed")
        .join(asked, on=THREAD)
        .filter(by_work | ((pl.col("reason") == "completed") & by_other))
        .group_by(THREAD)
        .agg(
            pl.col("opened_at").first(),
            person_id=pl.col("author_id").first(),
            ended_at=pl.col("occurred_at").min(),
        )
    )


def ended_in_time(questions: pl.LazyFrame, months: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """How many of a newcomer's questions were opened and ended within the month."""
    each = questions.drop_nulls("person_id").with_columns(pl.col(SCOPE_KEY).cast(pl.Categorical))
    return (
        pl.concat([each, in_all(each)])
        .join(months, on=SCOPE_KEY)
        .filter(is_in_month("opened_at"), is_in_month("ended_at"))
        .group_by(SCOPE_KEY)
        .agg(pl.len().cast(pl.Int64).alias(name))
    )


def partners(interactions: pl.LazyFrame, months: pl.LazyFrame) -> pl.LazyFrame:
    ends = ("source_person_id", "target_person_id")
    both = pl.concat(
        [
            interactions.select("repo_id", "interacted_at", person_id=one, other_id=other)
            for one, other in (ends, ends[::-1])
        ]
    ).with_columns(pl.col("repo_id", "person_id", "other_id").cast(pl.Categorical))
    return (
        pl.concat([both, in_all(both)])
        .join(months, on=SCOPE_KEY)
        .filter(is_in_month("interacted_at"))
        .group_by(SCOPE_KEY)
        .agg(n_partners_first_month=pl.col("other_id").n_unique().cast(pl.Int64))
    )
