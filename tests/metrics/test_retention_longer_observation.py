"""Watching longer never rewrites the past: what was settled stays, and what was censored may only gain."""

from __future__ import annotations

import core_stories
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from test_retention_whole_worlds import tales
from whole_worlds import PARAMETERS, RETENTION, world

YEAR_OVER = pl.col("cohort").str.to_integer(strict=False) < pl.col("snapshot_at").dt.year()
QUARTER_OVER = pl.col("cohort_quarter").dt.offset_by("1q") <= pl.col("snapshot_at").dt.date()
ALWAYS = pl.lit(value=True)
RESPONSE = ("responded_at", "response_hours", "response_kind", "responder_person_id", "is_responder_insider")
SETTLED = {
    "core.spells": (pl.col("is_exit") & (pl.col("end_rule") == "first_gap"), ("end_day", "duration_days", "is_exit")),
    "retention.newcomers": (pl.col("has_first_month"), ("first_at", "door", "n_contributions_first_month")),
    "retention.first_months": (pl.col("has_first_month"), ("n_artefacts_first_month", "n_changes_merged_first_month")),
    "retention.arrivals": (ALWAYS, ("n_persons", "n_arrived", "n_had_been_here")),
    "retention.split_cohorts": (ALWAYS, ("n_existing", "n_newcomers", "n_seen_again", "n_retained")),
    "retention.cohorts": (
        pl.col("is_mature") & (pl.col("measure") != "unbounded") & QUARTER_OVER,
        ("n_newcomers", "n_eligible", "n_retained", "retained_share", "retained_lower_share"),
    ),
    "retention.second_contributions": (
        pl.col("is_mature") & YEAR_OVER,
        ("n_newcomers", "n_at_risk", "n_returned", "returned_share"),
    ),
    "retention.turnover": (pl.col("is_window_complete"), ("n_persons", "n_before", "n_joiners", "n_leavers", "n_tied")),
    "retention.ltc_conversion": (pl.col("is_mature"), ("n_newcomers",)),
    "retention.other_definitions": (ALWAYS, ("n_numerator", "n_denominator", "rule_value")),
    "retention.first_responses": (pl.col("responded_at").is_not_null(), RESPONSE),
    "retention.first_outcomes": (pl.col("outcome").is_not_null(), ("outcome", "outcome_at", "is_self_merged")),
    "retention.first_questions": (
        pl.col("response_time").is_not_null(),
        ("artefact_id", "response_time", "responder", "outcome"),
    ),
    "retention.responders": (ALWAYS, ("responder_role", "tenure_days", "n_prior_answers_to_newcomers")),
}
"""Per table which rows an earlier look had settled, and what of them may never change."""

FIRST_GAP = pl.col("end_rule") == "first_gap"
GROWING = {
    "retention.curves": (FIRST_GAP & (pl.col("n_exits") > 0), ("n_newcomers", "n_exits")),
    "retention.funnel": (ALWAYS, ("n_newcomers", "n_entered", "n_converted", "n_left")),
    "retention.response_times": (ALWAYS, ("n_opened", "n_answered")),
    "retention.one_time_contributors": (ALWAYS, ("n_persons", "n_eligible")),
    "retention.contributor_types": (ALWAYS, ("n_acts", "n_commits", "n_changes_opened", "n_changes_merged")),
}
"""Per table rows that stay, and counts that a longer look can only add to; `terminal` exits are taken back by an act."""

NEVER_BACK = {
    "retention.first_outcomes": ("has_returned", "has_returned_after_outcome"),
    "retention.first_questions": ("is_active_here", "is_active_elsewhere"),
}
"""Columns that are null until they are settled, and then keep what they say."""

KEYS = {str(module.TABLE): module.TABLE.key for module in RETENTION} | {
    "core.spells": ("repo_id", "person_id", "family", "end_rule", "horizon_days")
}


def possible(tale):
    """Without what was said and done on things before they were opened: that nobody could have seen at the time."""
    opened = {row["number"]: row["opened_at"] for row in tale["items"]}
    when = {"comments": "commented_at", "reviews": "submitted_at", "events": "occurred_at"}
    after = {name: [row for row in tale[name] if row[at] >= opened[row["number"]]] for name, at in when.items()}
    return {**tale, **after}


def seen(tale, day):
    """The history, seen up to the day."""
    return world(PARAMETERS, **tale, streams=[core_stories.stream(name, until=day) for name in core_stories.STREAMS])


@given(tales(), st.integers(200, 900))
@settings(max_examples=4, deadline=None, derandomize=True)
def test_a_longer_look_adds_and_never_rewrites(tale, day):
    before, after = seen(possible(tale), day), seen(possible(tale), 1000)
    for name, (is_settled, columns) in SETTLED.items():
        assert changed(name, before[name].filter(is_settled), after[name], columns) == [], name
    for name, columns in NEVER_BACK.items():
        for column in columns:
            assert changed(name, before[name].drop_nulls(column), after[name], (column,)) == [], (name, column)
    for name, (stays, columns) in GROWING.items():
        both = before[name].filter(stays).join(after[name], on=KEYS[name], how="left", suffix="_later")
        for column in columns:
            assert both.filter(pl.col(f"{column}_later").fill_null(0) < pl.col(column)).is_empty(), (name, column)


def changed(name, told, later, columns):
    """The rows as they were told that are not found again."""
    kept = [*KEYS[name], *columns]
    return told.select(kept).join(later.select(kept), on=kept, how="anti", nulls_equal=True).rows()
