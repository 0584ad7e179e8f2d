"""Things happen in an order, and in usual numbers: rules about time, and drift against a repository's own past."""

from __future__ import annotations

from quality.expectations import Expectation

DAY, WEEK = 86_400_000_000, 7 * 86_400_000_000
"""In microseconds: sums of instants and intervals ask a calendar row by row, which costs ten times as much."""
USUAL_WEEKS = 52
FEWEST_A_WEEK = 5
FAR_OUT = 8
"""So many robust deviations (of logarithms) from the median is no busy or quiet week any more."""

ORDER = (
    Expectation(
        "sanitised times lie within bounds",
        "core.commits",
        "No commit is from before 1971, nor authored more than a day after it was committed, nor later than what is held.",
        "SELECT repo_id, sha, authored_at, committed_at FROM core.commits JOIN core.repositories USING (repo_id) "
        f"WHERE authored_at < '1971-01-01 00:00:00+00' OR epoch_us(authored_at) - epoch_us(committed_at) > {DAY} "
        "OR committed_at >= held_until_at",
    ),
    Expectation(
        "what is said comes after what it is about",
        "core.comments",
        "Nobody comments before the issue or change was opened.",
        "SELECT c.repo_id, comment_id, commented_at, opened_at FROM core.comments AS c JOIN ("
        "SELECT repo_id, artefact_id, opened_at FROM core.issues UNION ALL SELECT repo_id, artefact_id, opened_at "
        "FROM core.changes) AS o USING (repo_id, artefact_id) WHERE epoch_us(commented_at) < epoch_us(opened_at) - 1000000",
        severity="warning",
    ),
    Expectation(
        "issues close after they open",
        "core.issues",
        "Closing comes after opening.",
        "SELECT repo_id, number, opened_at, closed_at FROM core.issues WHERE closed_at < opened_at",
        severity="warning",
    ),
    Expectation(
        "waits are as long as from opening to answer",
        "retention.first_responses",
        "Unanswered is NULL and never 0; the hours are those between the two instants.",
        "SELECT repo_id, artefact_id, opened_at, responded_at, response_hours FROM retention.first_responses "
        "WHERE (responded_at IS NULL) != (response_hours IS NULL) OR observed_until_at < opened_at "
        "OR abs(response_hours - date_diff('microsecond', opened_at, responded_at) / 3.6e9) > 1e-6",
    ),
    Expectation(
        "whoever is affiliated is so for a while",
        "core.affiliations",
        "A span ends after it begins.",
        "SELECT person_id, organisation, from_at, to_at FROM core.affiliations WHERE to_at <= from_at",
    ),
    Expectation(
        "volumes are as usual",
        "core.contributions",
        "The last whole week before the snapshot is no far outlier among the 52 before, per repository and kind.",
        f"WITH weeks AS (SELECT repo_id, kind, (epoch_us(snapshot_at) - epoch_us(contributed_at)) // {WEEK} AS ago, count(*) AS n "
        "FROM core.contributions JOIN core.repositories USING (repo_id) WHERE contributed_at < snapshot_at "
        f"AND epoch_us(contributed_at) > epoch_us(snapshot_at) - {WEEK * (USUAL_WEEKS + 1)} GROUP BY ALL), "
        "whole AS (SELECT repo_id, kind, ago, ln(1 + coalesce(n, 0)) AS n FROM (SELECT DISTINCT repo_id, kind FROM weeks) "
        f"CROSS JOIN (SELECT unnest(range({USUAL_WEEKS + 1})) AS ago) LEFT JOIN weeks USING (repo_id, kind, ago)), "
        "past AS (SELECT repo_id, kind, median(n) AS usual, greatest(0.2, 1.4826 * mad(n)) AS spread FROM whole "
        "WHERE ago > 0 GROUP BY ALL) "
        "SELECT repo_id, kind, round(exp(n) - 1) AS last_week, round(exp(usual) - 1) AS usual_week FROM whole "
        f"JOIN past USING (repo_id, kind) WHERE ago = 0 AND usual >= ln(1 + {FEWEST_A_WEEK}) AND abs(n - usual) > {FAR_OUT} * spread",
        severity="warning",
    ),
)
