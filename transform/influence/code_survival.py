"""influence.code_survival: how long the lines of newcomers stand, and those of others (INF-12b)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, REPO_ID, SNAPSHOT_AT, count, share
from transform.core.line_lives import OURS
from transform.core.people import human_ids
from transform.parameters import Parameters
from transform.statistics.kaplan_meier import kaplan_meier

WRITERS = ("all", "newcomer", "insider")
CELL = ("repo_id", "writers", "day")

TABLE = Table(
    schema="influence",
    name="code_survival",
    grain="one row per repository, kind of writer and age in days of the grid",
    key=CELL,
    inputs=("core.line_lives", "core.contributions", "core.people", "core.repositories"),
    definition="INF-12b/1",
    formula="Kaplan-Meier over lines: a line lives from the commit that brought it in to the one that took it away, censored "
    "at the snapshot; a newcomer's line was brought in within newcomer_days of the writer's first act in the repository",
    source="Spinellis et al. 2021; Kaplan and Meier 1958",
    parameters={"newcomer_days": "parameters.newcomer_days", "days": "parameters.line_days"},
    caveats="Lines of one commit live and die together, so that the number of lines overstates how sure this is: look at "
    "n_writers. Vendored and generated files are left out. Lines that a later commit of the same person takes away die too.",
    may_be_empty="The lives of lines are known from git alone.",
    evidence=(
        Evidence(
            "core.line_lives",
            "every line of files that people write by hand",
            same=("repo_id",),
            when="there.file_class NOT IN ('vendored', 'generated')",
        ),
    ),
    columns=(
        REPO_ID,
        Column("writers", pl.String, "All, or newcomers and insiders by when they wrote.", one_of=WRITERS),
        Column("day", pl.Int32, "Age of the line.", unit="days", at_least=0),
        share("survival_share", "Share of the lines that stand at that age; null where none is as old.", nullable=True),
        count("n_lines_at_risk", "Lines that stood, and were still observed, just before that age.", unit="lines"),
        Column(
            "median_days",
            pl.Int32,
            "Age at which half of the lines are gone; null while more than half stand.",
            unit="days",
            nullable=True,
            at_least=0,
        ),
        count("n_lines_written", "Lines ever written by them.", unit="lines"),
        count("n_writers", "Persons who wrote them.", unit="persons"),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    lives: pl.LazyFrame,
    contributions: pl.LazyFrame,
    people: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    by = ["repo_id", "writers"]
    spells = line_spells(lives, contributions, people, repositories, parameters.newcomer_days).cache()
    counted = spells.group_by(*by, entry=pl.lit(0, pl.Int32), duration="duration_days").agg(
        n_exits=pl.col("n_lines").filter("is_exit").sum(), n_ends=pl.col("n_lines").sum()
    )
    curves = kaplan_meier(counted, by=by).cache()
    sizes = spells.group_by(by).agg(
        n_lines_written=pl.col("n_lines").sum(), n_writers=pl.col("born_person_id").n_unique().cast(pl.Int64)
    )
    halves = (
        curves.filter(pl.col("survival_share") <= 0.5).group_by(by).agg(median_days=pl.col("day").min().cast(pl.Int32))
    )
    return (
        sizes.join(read_at(curves, by, parameters.line_days), on=by)
        .join(halves, on=by, how="left")
        .join(repositories.select("repo_id", "snapshot_at"), on="repo_id")
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(CELL)
    )


def line_spells(
    lives: pl.LazyFrame,
    contributions: pl.LazyFrame,
    people: pl.LazyFrame,
    repositories: pl.LazyFrame,
    newcomer_days: int,
) -> pl.LazyFrame:
    """Lines by whole days of life; every line once as of all, and once by how new its writer was."""
    humans = human_ids(people, "born_person_id")
    firsts = (
        contributions.drop_nulls("person_id")
        .group_by("repo_id", born_person_id="person_id")
        .agg(first_at=pl.col("contributed_at").min())
    )
    is_new = pl.col("born_at") < pl.col("first_at") + pl.duration(days=newcomer_days)
    end = pl.coalesce("died_at", "snapshot_at")
    known = (
        lives.filter(pl.col("file_class").is_in(OURS))
        .join(humans, on="born_person_id", how="semi")
        .join(repositories.select("repo_id", "snapshot_at"), on="repo_id")
        .filter(pl.col("born_at") < pl.col("snapshot_at"))
        .join(firsts, on=["repo_id", "born_person_id"], how="left")
        .with_columns(
            is_exit=pl.col("died_at").is_not_null(),
            duration_days=(end - pl.col("born_at")).dt.total_days().clip(0).cast(pl.Int32),
            writers=pl.when(is_new.fill_null(value=True)).then(pl.lit("newcomer")).otherwise(pl.lit("insider")),
        )
    )
    return pl.concat([known, known.with_columns(writers=pl.lit("all"))])


def read_at(curves: pl.LazyFrame, by: list[str], days: tuple[int, ...]) -> pl.LazyFrame:
    """The curves at some ages: the last step at or before; at risk is who reaches the age."""
    grid = curves.select(by).unique().join(pl.LazyFrame({"at": pl.Series(days, dtype=pl.Int32)}), how="cross")
    day = pl.col("day")
    joined = grid.join(curves, on=by).sort(*by, "at", "day")
    before = day <= pl.col("at")
    return (
        joined.group_by(*by, day_at="at")
        .agg(
            last_step=pl.col("survival_share").filter(before).last(),
            n_lines_at_risk=pl.col("n_at_risk").filter(day >= pl.col("at")).first().fill_null(0).cast(pl.Int64),
        )
        .with_columns(
            day=pl.col("day_at"),
            survival_share=pl.when((pl.col("n_lines_at_risk") > 0) | (pl.col("last_step") == 0)).then("last_step"),
        )
    )
