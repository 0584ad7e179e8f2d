"""What several tables about retention rest on; see Evidence. All times are compared in UTC, whatever the session's zone."""

from __future__ import annotations

from quality.contract import Evidence
from transform.columns import MAIN_HORIZON

IS_HUMAN_ACT = "there.actor_class = 'human' AND there.contributed_at < least(here.snapshot_at, repository.snapshot_at)"
ACT_DAY = "make_timestamp(epoch_us(there.contributed_at))::DATE"
OPENED_YEAR = "year(make_timestamp(epoch_us(there.opened_at)))::VARCHAR"
IS_MAIN_SPELL = f"there.end_rule = 'first_gap' AND there.horizon_days = {MAIN_HORIZON}"

ALL_ACTS_OF_PERSON = Evidence(
    "core.contributions",
    "the person's acts in the scope before the snapshot",
    same=("person_id",),
    scope=("repo_id",),
    when=IS_HUMAN_ACT,
)
ACTS_ON_ARTEFACT = Evidence(
    "core.contributions",
    "the acts of everybody on the issue or change before the snapshot",
    same=("repo_id", "artefact_id"),
    when="there.contributed_at < here.snapshot_at",
)
EVENTS_ON_ARTEFACT = Evidence(
    "core.events",
    "the events of the issue or change before the snapshot",
    same=("repo_id", "artefact_id"),
    when="there.occurred_at < here.snapshot_at",
)
SPELLS_OF_CURVE = Evidence(
    "core.spells",
    "the spells of all newcomers of the cohort",
    same=("repo_id", "family", "end_rule", "horizon_days"),
    when="there.is_newcomer AND here.cohort IN ('all', year(there.cohort_quarter)::VARCHAR)",
    counted_in="n_newcomers",
)
SPELLS_OF_COHORT = Evidence(
    "core.spells",
    "the spells of all newcomers of the cohort",
    same=("repo_id", "family"),
    when=f"there.is_newcomer AND {IS_MAIN_SPELL} AND here.cohort IN ('all', year(there.cohort_quarter)::VARCHAR)",
    counted_in="n_newcomers",
)


def acts_between(start: str, end: str, doc: str, scope: tuple[str, ...] = ("repo_id", "family")) -> Evidence:
    """Acts of humans in the scope and family on the UTC days from `start` on and before `end`, SQL over `here`."""
    return Evidence(
        "core.contributions",
        doc,
        scope=scope,
        when=f"{IS_HUMAN_ACT} AND {ACT_DAY} >= {start} AND {ACT_DAY} < {end}",
    )


def outcomes_of(levels: str, when: str = "true") -> Evidence:
    """First questions in the scope whose group, SQL over `there`, is one of the two compared."""
    return Evidence(
        "retention.first_questions",
        "the first questions in the two groups that were followed for long enough",
        scope=("repo_id",),
        when=f"there.followed_until_at <= here.snapshot_at AND {levels} IN (here.level, here.reference) AND {when}",
    )
