"""retention.policy_findings: whom do the community's own rules of inactivity apply to, since when, and by what evidence?"""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import DEFINITION, PERSON_ID, SCOPE_ID, SNAPSHOT_AT, URL, count
from transform.core.spells import SCOPE_KEY, human_acts, in_all, snapshots
from transform.parameters import Parameters, Policy
from transform.retention.rests_on import ALL_ACTS_OF_PERSON

TABLE = Table(
    schema="retention",
    name="policy_findings",
    grain="one row per policy, repository (or all) and person whom it applies to",
    key=("policy", *SCOPE_KEY),
    inputs=("core.contributions", "core.repositories"),
    definition="POL-01/1",
    formula="day of the last act of the policy's families + inactive_months <= day of the snapshot, for who has at least "
    "fewest_acts of them",
    source="the policies are the community's own: [[policies]] in forbenefit.toml",
    parameters={"policies": "parameters.policies"},
    caveats="A finding is what the rule says of the acts that are seen; it decides nothing. What happens elsewhere (chat, "
    "mail, other forges) is not seen. Follows from the snapshot alone, not from the day on which one asks.",
    may_be_empty="No policy may be set, or none may apply to anybody.",
    evidence=(ALL_ACTS_OF_PERSON,),
    columns=(
        Column("policy", pl.String, "Name of the policy."),
        SCOPE_ID,
        PERSON_ID,
        count("inactive_months", "Calendar months without an act after which the policy applies.", unit="months"),
        count("n_acts", "Acts of the policy's families before the snapshot."),
        Column("last_day", pl.Date, "UTC day of the last of them."),
        Column("holds_since_day", pl.Date, "UTC day from which on the policy applies."),
        Column("contribution_id", pl.String, "The last act, as evidence."),
        URL,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(contributions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    acts = human_acts(contributions, repositories)
    scoped = (
        pl.concat([acts, in_all(acts)])
        .drop("snapshot_at")
        .join(snapshots(repositories), on="repo_id")  # that of all is the earliest
        .filter(pl.col("contributed_at") < pl.col("snapshot_at"))
        .cache()
    )
    return pl.concat([TABLE.empty().lazy(), *(findings(scoped, policy) for policy in parameters.policies)])


def findings(acts: pl.LazyFrame, policy: Policy) -> pl.LazyFrame:
    at = pl.col("contributed_at")
    asked = pl.lit(value=True) if "any" in policy.families else pl.col("family").cast(pl.String).is_in(policy.families)
    last_day = at.dt.date()
    return (
        acts.filter(asked)
        .with_columns(n_acts=pl.len().over(SCOPE_KEY).cast(pl.Int64))
        .filter(at == at.max().over(SCOPE_KEY), pl.col("n_acts") >= policy.fewest_acts)
        .sort("contribution_id")  # of two acts at one instant always the same is the evidence
        .unique(SCOPE_KEY, keep="first", maintain_order=True)
        .with_columns(
            pl.col(SCOPE_KEY).cast(pl.String),
            last_day=last_day,
            holds_since_day=last_day.dt.offset_by(f"{policy.inactive_months}mo"),
            policy=pl.lit(policy.name),
            inactive_months=pl.lit(policy.inactive_months, pl.Int64),
            definition=pl.lit(TABLE.definition),
        )
        .filter(pl.col("holds_since_day") <= pl.col("snapshot_at").dt.date())
        .select(TABLE.column_names)
    )
