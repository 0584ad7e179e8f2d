"""retention.first_outcomes: what became of the first change of every newcomer, and whether they came back (RET-13)."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import ARTEFACT_ID, DEFINITION, PERSON_ID, REPO_ID, SNAPSHOT_AT, URL
from transform.core.spells import kept_acts
from transform.parameters import Parameters
from transform.retention.first_responses import OPENED_AT
from transform.retention.rests_on import ACTS_ON_ARTEFACT, ALL_ACTS_OF_PERSON

OUTCOMES = ("merged", "closed_by_other", "closed_by_author", "closed", "abandoned", "open")
CLOSED = ("closed_by_other", "closed_by_author", "closed")
SIZE_BANDS = {"S": 10, "M": 50, "L": 250}
"""Lines added and deleted up to which a change belongs to the band; XL is all above."""

TABLE = Table(
    schema="retention",
    name="first_outcomes",
    grain="one row per repository and newcomer who opened a change: the first one",
    key=("repo_id", "person_id"),
    inputs=(
        "retention.newcomers",
        "core.changes",
        "core.commits",
        "core.contributions",
        "core.repositories",
    ),
    definition="RET-13/1",
    formula="merged or closed within outcome_days of opening; else abandoned, if the author neither wrote on it nor "
    "committed to it in those days, or open; back: an act on anything else on a later day",
    source="acceptance goes with continuing: Legay et al. 2018; Zhou and Mockus 2012",
    parameters={"outcome_days": "parameters.outcome_days", "return_days": "parameters.return_days"},
    caveats="closed is closed by nobody knows whom: by a commit, a deleted account, or before the forge kept a record. "
    "The outcome is null while it is undecided. Sizes are those last seen.",
    may_be_empty="A plain git repository has no change requests.",
    evidence=(
        ALL_ACTS_OF_PERSON,
        ACTS_ON_ARTEFACT,
    ),
    columns=(
        REPO_ID,
        PERSON_ID,
        ARTEFACT_ID,
        URL,
        OPENED_AT,
        Column("outcome", pl.String, "What became of it; null while undecided.", nullable=True, one_of=OUTCOMES),
        Column("outcome_at", INSTANT, "When it was merged or closed; null otherwise.", nullable=True),
        Column("is_self_merged", pl.Boolean, "Whether the author merged it; null unless merged.", nullable=True),
        Column(
            "size_band",
            pl.String,
            "Lines added and deleted: S up to 10, M up to 50, L up to 250, XL; null when unknown.",
            nullable=True,
            one_of=(*SIZE_BANDS, "XL"),
        ),
        Column("has_outcome_window", pl.Boolean, "Whether outcome_days from the opening had passed by the snapshot."),
        Column(
            "has_returned",
            pl.Boolean,
            "Whether another act came within return_days of the opening; null if they are not over.",
            nullable=True,
        ),
        Column(
            "has_returned_after_outcome",
            pl.Boolean,
            "Whether another act came in the return_days after outcome_days; null if they are not over.",
            nullable=True,
        ),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)
CHANGE = ("repo_id", "artefact_id")


def build(
    newcomers: pl.LazyFrame,
    changes: pl.LazyFrame,
    commits: pl.LazyFrame,
    contributions: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    first = first_changes(newcomers, changes, repositories, parameters.outcome_days).cache()
    acts = kept_acts(contributions, repositories).pipe(acts_of_authors, first).cache()
    pushed = commits.pipe(commits_of_authors, first)
    return (
        first.pipe(with_outcomes, pl.concat([acts.filter("is_on_it").select(CHANGE), pushed]))
        .pipe(with_returns, acts, parameters.outcome_days, parameters.return_days)
        .with_columns(size_band=size_band(), definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
    )


def first_changes(
    newcomers: pl.LazyFrame, changes: pl.LazyFrame, repositories: pl.LazyFrame, outcome_days: int
) -> pl.LazyFrame:
    """The first change of each newcomer, the lower number of two at one instant; `window_end_at` ends its outcome."""
    arrived = newcomers.filter(pl.col("family") == "any").select("repo_id", "person_id")
    return (
        changes.join(arrived, on=["repo_id", "person_id"], how="semi")
        .join(repositories.select("repo_id", "snapshot_at"), on="repo_id")
        .sort("opened_at", "number")
        .unique(["repo_id", "person_id"], keep="first", maintain_order=True)
        .with_columns(window_end_at=pl.col("opened_at") + pl.duration(days=outcome_days))
        .with_columns(has_outcome_window=pl.col("window_end_at") <= pl.col("snapshot_at"))
    )


def acts_of_authors(acts: pl.LazyFrame, first: pl.LazyFrame) -> pl.LazyFrame:
    """Acts of the authors after opening: `is_on_it` on the change within its window, `is_elsewhere` on a later day."""
    keyed = first.select(
        pl.col("repo_id", "person_id").cast(pl.Categorical),
        "opened_at",
        "window_end_at",
        first_id=pl.col("artefact_id").cast(pl.Categorical),
    )
    at, same = pl.col("contributed_at"), pl.col("artefact_id") == pl.col("first_id")
    return (
        acts.join(keyed, on=["repo_id", "person_id"])
        .filter(at > pl.col("opened_at"))
        .select(
            pl.col("repo_id", "person_id").cast(pl.String),
            "contributed_at",
            artefact_id=pl.col("first_id").cast(pl.String),
            is_on_it=same & (at < pl.col("window_end_at")),
            is_elsewhere=~same & (at.dt.date() > pl.col("opened_at").dt.date()),
        )
    )


def commits_of_authors(commits: pl.LazyFrame, first: pl.LazyFrame) -> pl.LazyFrame:
    """Changes that their author committed to within the window; of open ones no other table knows the commits."""
    proposed = first.select(*CHANGE, "person_id", "opened_at", "window_end_at", change_number="number")
    return (
        commits.join(proposed, on=["repo_id", "person_id", "change_number"])
        .filter(pl.col("committed_at").is_between("opened_at", "window_end_at", closed="none"))
        .select(CHANGE)
    )


def with_outcomes(first: pl.LazyFrame, tended: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `outcome`, `outcome_at` and `is_self_merged`; `tended` names the changes whose author went on with them."""
    window_end = pl.col("window_end_at")
    marked = first.join(tended.unique().with_columns(is_tended=True), on=CHANGE, how="left")
    over = pl.when(pl.col("has_outcome_window"))
    outcome = (
        pl.when(pl.col("merged_at") < window_end)
        .then(pl.lit("merged"))
        .when(pl.col("closed_at") < window_end)
        .then(closed_by())
        .otherwise(over.then(pl.when("is_tended").then(pl.lit("open")).otherwise(pl.lit("abandoned"))))
    )
    is_merged = pl.col("outcome") == "merged"
    return marked.with_columns(outcome=outcome).with_columns(
        outcome_at=pl.when(is_merged).then("merged_at").when(pl.col("outcome").is_in(CLOSED)).then("closed_at"),
        is_self_merged=pl.when(is_merged).then(pl.col("merged_by_person_id") == pl.col("person_id")),
    )


def closed_by() -> pl.Expr:
    """Whether the author withdrew the change or somebody else turned it down."""
    closer = pl.col("closed_by_person_id")
    other = pl.when(closer.is_not_null()).then(pl.lit("closed_by_other")).otherwise(pl.lit("closed"))
    return pl.when(closer == pl.col("person_id")).then(pl.lit("closed_by_author")).otherwise(other)


def with_returns(first: pl.LazyFrame, acts: pl.LazyFrame, outcome_days: int, return_days: int) -> pl.LazyFrame:
    """Adds whether the author acted elsewhere, counted from the opening, and from the end of the outcome's window."""
    starts = {"has_returned": 0, "has_returned_after_outcome": outcome_days}
    spans = {name: (pl.duration(days=days), pl.duration(days=days + return_days)) for name, days in starts.items()}
    after = pl.col("contributed_at") - pl.col("opened_at")
    back = (
        acts.filter("is_elsewhere")
        .join(first.select("repo_id", "person_id", "opened_at"), on=["repo_id", "person_id"])
        .group_by("repo_id", "person_id")
        .agg(((after >= start) & (after < end)).any().alias(name) for name, (start, end) in spans.items())
    )
    return first.join(back, on=["repo_id", "person_id"], how="left").with_columns(
        pl.when(pl.col("opened_at") + end <= pl.col("snapshot_at"))
        .then(pl.col(name).fill_null(value=False))
        .alias(name)
        for name, (_, end) in spans.items()
    )


def size_band() -> pl.Expr:
    lines = pl.col("added_lines") + pl.col("deleted_lines")
    band: pl.Expr = pl.when(lines.is_not_null()).then(pl.lit("XL"))
    for name, most in reversed(SIZE_BANDS.items()):
        band = pl.when(lines <= most).then(pl.lit(name)).otherwise(band)
    return band
