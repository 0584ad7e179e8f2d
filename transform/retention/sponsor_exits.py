"""retention.sponsor_exits: when an organisation that did much of the work withdrew, did its people go, and who filled in? (ORG-04)"""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import DEFINITION, REPO_ID, SNAPSHOT_AT, count, share
from transform.core.repositories import IS_HISTORY_CUT
from transform.core.spells import kept_acts
from transform.parameters import Parameters
from transform.retention.rests_on import acts_between
from transform.statistics.contrasts import newcombe
from transform.statistics.intervals import wilson

SPONSOR_SHARE = 0.25
QUIET_SHARE = 0.1
YEAR_MONTHS, QUIET_MONTHS = 12, 6
FEWEST_COMMITS = 12
"""In a year: who commits less than once a month carries no project."""
LATER_DAYS, LATER_WINDOW_DAYS = 365, 90
STATES = ("there", "withdrawn", "undecided")
SPONSOR = ("repo_id", "organisation")

TABLE = Table(
    schema="retention",
    name="sponsor_exits",
    grain="one row per repository and organisation with 12 or more commits, and 25 % or more of all, in some 12 months",
    key=SPONSOR,
    inputs=("core.contributions", "core.repositories", "retention.newcomers"),
    definition="ORG-04/2",
    formula="withdrawn_on: first day of the first 6 whole months in a row, after the sponsor's peak, each with at most 10 % of "
    "its mean monthly commits in the peak's 12; fill_in, loss and inflow: commits of others, commits of all, newcomers in the "
    "12 months from then on / in the 12 before; people: who acted for it in the 12 months before, active if they act in "
    "[withdrawn_on + 365, + 455) days, for whomever",
    source="the thresholds are our own; that companies withdraw: studies of OpenStack (TOSEM 2022)",
    parameters={
        "sponsor_share": SPONSOR_SHARE,
        "fewest_commits": FEWEST_COMMITS,
        "quiet_share": QUIET_SHARE,
        "quiet_months": QUIET_MONTHS,
        "later_days": LATER_DAYS,
        "later_window_days": LATER_WINDOW_DAYS,
        "confidence": 0.95,
    },
    caveats="What follows on a withdrawal need not be its effect: sponsors also leave what is fading. Others in the same months "
    "stand beside the sponsor's people for that. Who works for whom is known of those who sign with an address of an "
    "organisation or are registered; whose employer is unknown is with the others.",
    may_be_empty="No organisation may be known, or none did so much.",
    evidence=(
        acts_between(
            "coalesce(here.withdrawn_on - INTERVAL 12 MONTH, here.peak_month - INTERVAL 11 MONTH)",
            "coalesce(here.withdrawn_on + INTERVAL 455 DAY, here.peak_month + INTERVAL 1 MONTH)",
            "the acts of humans in the year before the withdrawal and up to 455 days after it, or in the peak's 12 months",
            scope=("repo_id",),
        ),
    ),
    columns=(
        REPO_ID,
        Column("organisation", pl.String, "The sponsor, by its name or domain."),
        share("peak_share", "Its largest share of the commits of 12 months."),
        Column("peak_month", pl.Date, "First day (UTC) of the last of those months."),
        count("n_commits_peak", "Its commits in them."),
        share(
            "unknown_share", "Share of all commits of those months of which it is not known for whom they were made."
        ),
        Column(
            "state", pl.String, "Whether it withdrew; undecided: quiet, but not for 6 whole months yet.", one_of=STATES
        ),
        Column(
            "withdrawn_on", pl.Date, "First day (UTC) of the first quiet month; null unless withdrawn.", nullable=True
        ),
        Column(
            "is_year_after_complete",
            pl.Boolean,
            "Whether the 12 months after were observed; null unless withdrawn.",
            nullable=True,
        ),
        count(
            "n_commits_before",
            "Commits of all in the 12 months before; null unless withdrawn, or if part of them is missing.",
            nullable=True,
        ),
        count("n_commits_of_others_before", "Of these, not the sponsor's.", nullable=True),
        count("n_commits_after", "Commits of all in the 12 months after; null while they are not over.", nullable=True),
        count("n_commits_of_others_after", "Of these, not the sponsor's.", nullable=True),
        count("n_newcomers_before", "Newcomers (RET-01, any family) in the 12 months before.", nullable=True),
        count("n_newcomers_after", "Newcomers in the 12 months after.", nullable=True),
        Column(
            "fill_in_ratio",
            pl.Float64,
            "Others after to others before; null without any before.",
            nullable=True,
            at_least=0,
        ),
        Column(
            "loss_ratio", pl.Float64, "All after to all before; null without any before.", nullable=True, at_least=0
        ),
        Column(
            "inflow_ratio", pl.Float64, "Newcomers after to before; null without any before.", nullable=True, at_least=0
        ),
        count(
            "n_people",
            "Who acted for the sponsor in the 12 months before; null until the year is followed up.",
            unit="persons",
            nullable=True,
        ),
        count("n_people_active", "Of these, active a year later.", unit="persons", nullable=True),
        count(
            "n_people_active_for_others",
            "Of those, for another organisation, or as volunteers, by evidence.",
            unit="persons",
            nullable=True,
        ),
        share("people_active_share", "Share of the sponsor's people active a year later.", nullable=True),
        share("people_active_lower_share", "Lower 95 % bound, Wilson's.", nullable=True),
        share("people_active_upper_share", "Upper 95 % bound.", nullable=True),
        count("n_other_people", "Who acted in the same months, never for the sponsor.", unit="persons", nullable=True),
        count("n_other_people_active", "Of these, active a year later.", unit="persons", nullable=True),
        Column(
            "active_difference",
            pl.Float64,
            "Share of the sponsor's people active less that of the others.",
            unit="share",
            nullable=True,
            at_least=-1,
            at_most=1,
        ),
        Column(
            "active_difference_lower",
            pl.Float64,
            "Lower 95 % bound, Newcombe's.",
            unit="share",
            nullable=True,
            at_least=-1,
            at_most=1,
        ),
        Column(
            "active_difference_upper",
            pl.Float64,
            "Upper 95 % bound.",
            unit="share",
            nullable=True,
            at_least=-1,
            at_most=1,
        ),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    contributions: pl.LazyFrame, repositories: pl.LazyFrame, newcomers: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    del parameters
    acts = kept_acts(contributions, repositories).select(
        *("repo_id", "person_id", "organisation", "affiliation_class", "kind", "snapshot_at"),
        day=pl.col("contributed_at").dt.date(),
    )
    acts = acts.cache()
    sponsors = acts.filter(pl.col("kind") == "commit").pipe(monthly).pipe(peaks).cache()
    near = acts.pipe(around, sponsors).cache()
    came = newcomers.filter(pl.col("family") == "any").select(
        pl.col("repo_id").cast(pl.Categorical), day=pl.col("first_at").dt.date()
    )
    return (
        sponsors.join(near.pipe(commits_around), on=SPONSOR, how="left")
        .join(came.pipe(around, sponsors).pipe(inflow), on=SPONSOR, how="left")
        .join(near.pipe(people), on=SPONSOR, how="left")
        .join(repositories.pipe(known_from), on="repo_id", how="left")
        .pipe(told)
        .with_columns(pl.col("repo_id", "organisation").cast(pl.String), definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def monthly(commits: pl.LazyFrame) -> pl.LazyFrame:
    """Commits of every organisation that has a few, of all (`n_all`) and for nobody known (`n_unknown`), in every whole month
    of the repository."""
    month = pl.col("day").dt.truncate("1mo")
    end = pl.col("snapshot_at").dt.date().dt.truncate("1mo")
    counted = (
        commits.group_by(*SPONSOR, month=month).agg(pl.col("snapshot_at").first(), n=pl.len().cast(pl.Int64)).cache()
    )
    is_unknown = pl.col("affiliation_class") == "unknown"
    every = commits.group_by("repo_id", month=month).agg(
        n_all=pl.len().cast(pl.Int64), n_unknown=is_unknown.sum().cast(pl.Int64)
    )
    life = counted.group_by("repo_id").agg(pl.col("snapshot_at").first(), first_month=pl.col("month").min())
    known = counted.filter(pl.col("organisation").is_not_null()).drop("snapshot_at")
    busy = known.group_by(SPONSOR).agg(n=pl.col("n").sum()).filter(pl.col("n") >= FEWEST_COMMITS).drop("n")
    return (
        busy.join(life, on="repo_id")
        .with_columns(month=pl.date_ranges("first_month", end, "1mo", closed="left"))
        .explode("month")
        .drop_nulls("month")
        .join(known, on=[*SPONSOR, "month"], how="left")
        .join(every, on=["repo_id", "month"], how="left")
        .with_columns(pl.col("n", "n_all", "n_unknown").fill_null(0))
        .sort(*SPONSOR, "month")
    )


def peaks(months: pl.LazyFrame) -> pl.LazyFrame:
    """The sponsors, with their peak, and what became of them after it."""
    months = months.cache()
    year, of_all, unknown = (pl.col(one).rolling_sum(YEAR_MONTHS).over(SPONSOR) for one in ("n", "n_all", "n_unknown"))
    peaked = (
        months.with_columns(n_year=year, peak_share=year / of_all, unknown_share=unknown / of_all)
        .filter(pl.col("n_year") >= FEWEST_COMMITS)
        .sort(*SPONSOR, "peak_share", "month", descending=[False, False, True, False])
        .unique(SPONSOR, keep="first", maintain_order=True)
        .filter(pl.col("peak_share") >= SPONSOR_SHARE)
        .select(*SPONSOR, "snapshot_at", "peak_share", "unknown_share", peak_month="month", n_commits_peak="n_year")
    )
    after = months.join(peaked.select(*SPONSOR, "peak_month", "n_commits_peak"), on=SPONSOR, maintain_order="left")
    is_quiet = pl.col("n") <= QUIET_SHARE * pl.col("n_commits_peak") / YEAR_MONTHS
    later = after.filter(pl.col("month") > pl.col("peak_month")).with_columns(is_quiet=is_quiet)
    ends_run = pl.col("is_quiet").cast(pl.Int32).rolling_sum(QUIET_MONTHS).over(SPONSOR) == QUIET_MONTHS
    fates = (
        later.with_columns(ends_run=ends_run.fill_null(value=False))
        .group_by(SPONSOR)
        .agg(last_of_run=pl.col("month").filter("ends_run").min(), is_quiet_now=pl.col("is_quiet").last())
    )
    gone = pl.col("withdrawn_on").is_not_null()
    return (
        peaked.join(fates, on=SPONSOR, how="left")
        .with_columns(withdrawn_on=pl.col("last_of_run").dt.offset_by(f"-{QUIET_MONTHS - 1}mo"))
        .with_columns(
            state=pl.when(gone)
            .then(pl.lit("withdrawn"))
            .otherwise(pl.when("is_quiet_now").then(pl.lit("undecided")).otherwise(pl.lit("there"))),
            is_year_after_complete=pl.col("withdrawn_on").dt.offset_by(f"{YEAR_MONTHS}mo")
            <= pl.col("snapshot_at").dt.date(),
        )
        .drop("last_of_run", "is_quiet_now")
    )


def around(rows: pl.LazyFrame, sponsors: pl.LazyFrame) -> pl.LazyFrame:
    """What was done by day in the year before a withdrawal and as long after it as is looked at; who left is `sponsor`."""
    gone = sponsors.filter(pl.col("state") == "withdrawn").select("repo_id", "withdrawn_on", sponsor="organisation")
    since = (pl.col("day") - pl.col("withdrawn_on")).dt.total_days()
    return rows.join(gone, on="repo_id").filter(
        in_year(-YEAR_MONTHS) | since.is_between(0, LATER_DAYS + LATER_WINDOW_DAYS, closed="left")
    )


def in_year(months: int) -> pl.Expr:
    """Whether the day lies in the 12 months that begin so many after the withdrawal."""
    start = pl.col("withdrawn_on").dt.offset_by(f"{months}mo")
    return (pl.col("day") >= start) & (pl.col("day") < start.dt.offset_by(f"{YEAR_MONTHS}mo"))


WINDOWS = {"before": in_year(-YEAR_MONTHS), "after": in_year(0)}


def commits_around(near: pl.LazyFrame) -> pl.LazyFrame:
    """Commits of all and of others in the year before and after, of every withdrawal."""
    is_other = pl.col("organisation").ne_missing(pl.col("sponsor"))
    everybody = {f"n_commits_{name}": inside for name, inside in WINDOWS.items()}
    others = {f"n_commits_of_others_{name}": inside & is_other for name, inside in WINDOWS.items()}
    commits = near.filter(pl.col("kind") == "commit").group_by("repo_id", organisation="sponsor")
    return commits.agg(one.sum().cast(pl.Int64).alias(name) for name, one in (everybody | others).items())


def inflow(came: pl.LazyFrame) -> pl.LazyFrame:
    counted = {f"n_newcomers_{name}": inside for name, inside in WINDOWS.items()}
    return came.group_by("repo_id", organisation="sponsor").agg(
        one.sum().cast(pl.Int64).alias(name) for name, one in counted.items()
    )


def people(near: pl.LazyFrame) -> pl.LazyFrame:
    """Who acted in the year before, for the sponsor or never for it, and how many of either are active a year later."""
    since = (pl.col("day") - pl.col("withdrawn_on")).dt.total_days()
    is_later = since.is_between(LATER_DAYS, LATER_DAYS + LATER_WINDOW_DAYS, closed="left")
    is_its = (pl.col("organisation") == pl.col("sponsor")).fill_null(value=False)
    works_elsewhere = ~is_its & (pl.col("organisation").is_not_null() | (pl.col("affiliation_class") == "volunteer"))
    each = (
        near.group_by("repo_id", "sponsor", "person_id")
        .agg(
            was_here=in_year(-YEAR_MONTHS).any(),
            is_its=(is_its & in_year(-YEAR_MONTHS)).any(),
            is_active=is_later.any(),
            is_elsewhere=(is_later & works_elsewhere).any(),
        )
        .filter("was_here")
    )
    its, active = pl.col("is_its"), pl.col("is_active")
    counts = {
        "n_people": its,
        "n_people_active": its & active,
        "n_people_active_for_others": its & pl.col("is_elsewhere"),
        "n_other_people": ~its,
        "n_other_people_active": ~its & active,
    }
    return each.group_by("repo_id", organisation="sponsor").agg(
        one.sum().cast(pl.Int64).alias(name) for name, one in counts.items()
    )


PEOPLE = ("n_people", "n_people_active", "n_people_active_for_others", "n_other_people", "n_other_people_active")
BEFORE = ("n_commits_before", "n_commits_of_others_before", "n_newcomers_before")
AFTER = ("n_commits_after", "n_commits_of_others_after", "n_newcomers_after")
BOUNDS = ("active_difference", "active_difference_lower", "active_difference_upper")


def known_from(repositories: pl.LazyFrame) -> pl.LazyFrame:
    """`known_from_day` per repository: before it acts are missing; null where none are."""
    day = pl.when(IS_HISTORY_CUT).then("newcomers_from_at").dt.date()
    return repositories.select(pl.col("repo_id").cast(pl.Categorical), known_from_day=day)


def told(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Ratios and shares, and null for what has not been observed."""
    # of a year part of which is missing nothing can be said
    year_before = pl.col("withdrawn_on").dt.offset_by(f"-{YEAR_MONTHS}mo")
    is_known = (year_before >= pl.col("known_from_day")).fill_null(value=True)
    gone = pl.when((pl.col("state") == "withdrawn") & is_known)
    over = pl.when("is_year_after_complete")
    follow_up = pl.duration(days=LATER_DAYS + LATER_WINDOW_DAYS)
    followed = pl.when((pl.col("withdrawn_on") + follow_up <= pl.col("snapshot_at").dt.date()) & is_known)
    known = rows.with_columns(
        gone.then(pl.col(BEFORE).fill_null(0)),
        over.then(pl.col(AFTER).fill_null(0)),
        followed.then(pl.col(PEOPLE).fill_null(0)),
    )
    lower, upper = wilson(pl.col("n_people_active"), pl.col("n_people"))
    compared = known.with_columns(
        n_compared="n_people",
        n_compared_back="n_people_active",
        n_reference="n_other_people",
        n_reference_back="n_other_people_active",
    )
    return compared.with_columns(
        fill_in_ratio=ratio("n_commits_of_others_after", "n_commits_of_others_before"),
        loss_ratio=ratio("n_commits_after", "n_commits_before"),
        inflow_ratio=ratio("n_newcomers_after", "n_newcomers_before"),
        people_active_share=ratio("n_people_active", "n_people"),
        people_active_lower_share=lower,
        people_active_upper_share=upper,
        **dict(zip(BOUNDS, newcombe().values(), strict=True)),
    )


def ratio(one: str, other: str) -> pl.Expr:
    return pl.when(pl.col(other) > 0).then(pl.col(one) / pl.col(other))
