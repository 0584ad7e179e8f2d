"""What must hold between tables and along time: written by hand, one promise of ours a piece.

Each query returns the rows that break the promise. Where a rule is about the forge's data rather than our own
arithmetic it is a warning: forges hold impossible things, and hiding a community for one of them helps nobody.
"""

from __future__ import annotations

from quality.expectations import Expectation

TOLERANCE = 1e-9

_STREAM_COUNTS = """
SELECT repo_id, 'issues' AS stream, count(*) AS n FROM core.issues GROUP BY ALL
UNION ALL SELECT repo_id, 'changes', count(*) FROM core.changes GROUP BY ALL
UNION ALL SELECT repo_id, 'reviews', count(*) FROM core.reviews GROUP BY ALL
UNION ALL SELECT repo_id, comment_kind || 's', count(*) FROM core.comments GROUP BY ALL
UNION ALL SELECT repo_id, 'commits', count(*) FROM core.commits WHERE is_in_default_branch GROUP BY ALL
"""

RELATIONS = (
    Expectation(
        "core holds what the archive holds",
        "ops.coverage",
        "Rows in core are the records held, less those after the snapshot.",
        "SELECT c.repo_id, c.stream, c.held, c.n_after_snapshot, coalesce(n, 0) AS in_core FROM ops.coverage AS c "
        f"LEFT JOIN ({_STREAM_COUNTS}) AS found USING (repo_id, stream) "
        "WHERE c.stream IN ('issues', 'changes', 'reviews', 'comments', 'review_comments', 'commits') "
        "AND c.held - c.n_after_snapshot != coalesce(n, 0)",
    ),
    Expectation(
        "the source is held whole",
        "ops.coverage",
        "Every stream is complete, by the source's own count.",
        "SELECT repo_id, stream, source_total, held, reason FROM ops.coverage WHERE NOT is_complete",
        severity="warning",
    ),
    Expectation(
        "nothing is in quarantine",
        "ops.quarantine",
        "Every record could be read.",
        "SELECT repo_id, stream, record_id, reason FROM ops.quarantine",
        severity="warning",
    ),
    Expectation(
        "every record is one contribution",
        "core.contributions",
        "Issues, changes, reviews and comments each make exactly one contribution.",
        "SELECT kind, n AS recorded, coalesce(m, 0) AS contributed FROM ("
        "SELECT 'issue_open' AS kind, count(*) AS n FROM core.issues "
        "UNION ALL SELECT 'change_open', count(*) FROM core.changes "
        "UNION ALL SELECT 'review', count(*) FROM core.reviews "
        "UNION ALL SELECT comment_kind, count(*) FROM core.comments GROUP BY ALL) "
        "LEFT JOIN (SELECT kind, count(*) AS m FROM core.contributions GROUP BY kind) USING (kind) "
        "WHERE n != coalesce(m, 0)",
    ),
    Expectation(
        "nothing happens after the snapshot",
        "core.contributions",
        "Acts lie before the snapshot; an author's clock may be a day fast.",
        "SELECT contribution_id, contributed_at, held_until_at FROM core.contributions JOIN core.repositories USING (repo_id) "
        "WHERE contributed_at >= held_until_at + CASE WHEN kind = 'commit' THEN INTERVAL 1 DAY ELSE INTERVAL 0 DAY END",
    ),
    Expectation(
        "merged changes are closed",
        "core.changes",
        "What is merged is closed.",
        "SELECT repo_id, number, merged_at FROM core.changes WHERE merged_at IS NOT NULL AND closed_at IS NULL",
    ),
    Expectation(
        "changes close after they open",
        "core.changes",
        "Closing and merging come after opening.",
        "SELECT repo_id, number, opened_at, closed_at, merged_at FROM core.changes "
        "WHERE closed_at < opened_at OR merged_at < opened_at",
        severity="warning",
    ),
    Expectation(
        "reviews come after the change",
        "core.reviews",
        "Nobody reviews before the change was opened.",
        "SELECT repo_id, review_id, submitted_at, opened_at FROM core.reviews JOIN core.changes "
        "USING (repo_id, artefact_id) WHERE submitted_at < opened_at",
        severity="warning",
    ),
    Expectation(
        "most times are plausible",
        "core.commits",
        "At most one commit in twenty had an impossible time.",
        "SELECT repo_id, avg(is_time_fixed::INTEGER) AS fixed_share FROM core.commits GROUP BY repo_id "
        "HAVING avg(is_time_fixed::INTEGER) > 0.05",
        severity="warning",
    ),
    Expectation(
        "everybody who acted has a spell",
        "core.spells",
        "No human who acted before the snapshot is missing.",
        "SELECT DISTINCT repo_id, person_id FROM core.contributions JOIN core.repositories USING (repo_id) "
        "WHERE actor_class = 'human' AND contributed_at < snapshot_at "
        "EXCEPT SELECT repo_id, person_id FROM core.spells WHERE family = 'any'",
    ),
    Expectation(
        "newcomers are those of the spells",
        "retention.newcomers",
        "Whoever a spell calls a newcomer is one, and nobody else.",
        "SELECT coalesce(n.repo_id, s.repo_id) AS repo_id, coalesce(n.family, s.family) AS family, n.person_id AS newcomer, "
        "s.person_id AS in_spells FROM retention.newcomers AS n FULL JOIN ("
        "SELECT DISTINCT repo_id, family, person_id FROM core.spells WHERE is_newcomer) AS s "
        "USING (repo_id, family, person_id) WHERE n.person_id IS NULL OR s.person_id IS NULL",
    ),
    Expectation(
        "wherever newcomers came there is a curve",
        "retention.curves",
        "Every repository and family with newcomers has its curves.",
        "SELECT DISTINCT repo_id, family FROM retention.newcomers EXCEPT SELECT repo_id, family FROM retention.curves",
    ),
    Expectation(
        "every year with contributions has its concentration",
        "influence.concentration",
        "No window with acts of humans is missing.",
        "SELECT DISTINCT repo_id, year(contributed_at AT TIME ZONE 'UTC') AS window_year FROM core.contributions "
        "JOIN core.repositories USING (repo_id) WHERE actor_class = 'human' AND contributed_at < snapshot_at "
        "EXCEPT SELECT repo_id, year(window_start) FROM influence.concentration WHERE quantity = 'contributions_any'",
    ),
    Expectation(
        "a newcomer's first act is the first",
        "retention.newcomers",
        "first_at is the earliest contribution of the person in the repository.",
        "SELECT n.repo_id, n.person_id, n.first_at, c.first_at AS earliest FROM retention.newcomers AS n JOIN ("
        "SELECT repo_id, person_id, min(contributed_at) AS first_at FROM core.contributions GROUP BY ALL) AS c "
        "USING (repo_id, person_id) WHERE n.family = 'any' AND n.first_at != c.first_at",
    ),
    Expectation(
        "newcomers are human",
        "retention.newcomers",
        "No bot, organisation or deleted account is a newcomer.",
        "SELECT repo_id, person_id FROM retention.newcomers JOIN core.people USING (person_id) "
        "WHERE actor_class != 'human'",
    ),
    Expectation(
        "cohorts add up",
        "retention.cohorts",
        "The cohorts of a repository and family hold every newcomer once.",
        "SELECT repo_id, family, cohorts.n AS in_cohorts, newcomers.n AS newcomers FROM ("
        "SELECT repo_id, family, sum(n_newcomers) AS n FROM retention.cohorts "
        "WHERE measure = 'bounded' AND day = 30 GROUP BY ALL) AS cohorts FULL JOIN ("
        "SELECT repo_id, family, count(*) AS n FROM retention.newcomers GROUP BY ALL) AS newcomers "
        "USING (repo_id, family) WHERE cohorts.n IS DISTINCT FROM newcomers.n",
    ),
    Expectation(
        "survival never rises",
        "retention.curves",
        "Along a curve neither survival nor the number at risk rises.",
        "SELECT * FROM (SELECT repo_id, family, cohort, end_rule, horizon_days, day, survival_share, n_at_risk, "
        "lag(survival_share) OVER w AS survival_before, lag(n_at_risk) OVER w AS at_risk_before "
        "FROM retention.curves WINDOW w AS (PARTITION BY repo_id, family, cohort, end_rule, horizon_days ORDER BY day)) "
        f"WHERE survival_share > survival_before + {TOLERANCE} OR n_at_risk > at_risk_before",
    ),
    Expectation(
        "groups add up",
        "retention.group_curves",
        "Every newcomer who is in a curve came through one door and in one band of years.",
        "SELECT repo_id, family, horizon_days, end_rule, comparison, in_groups, in_curve FROM ("
        "SELECT repo_id, family, horizon_days, end_rule, comparison, sum(n_persons) AS in_groups "
        "FROM retention.group_curves WHERE day = 0 AND comparison != 'arrival' GROUP BY ALL) JOIN ("
        "SELECT repo_id, family, horizon_days, end_rule, any_value(n_newcomers - n_excluded) AS in_curve "
        "FROM retention.curves WHERE cohort = 'all' GROUP BY ALL) USING (repo_id, family, horizon_days, end_rule) "
        "WHERE in_groups != in_curve",
    ),
    Expectation(
        "breaks are as long as they say, and longer than their threshold",
        "retention.breaks",
        "A stretch spans break_days, more than threshold_days, and an open one lasts until the snapshot.",
        "SELECT repo_id, person_id, start_day, end_day, break_days, threshold_days FROM retention.breaks "
        "WHERE end_day - start_day != break_days OR break_days <= threshold_days "
        "OR (is_open AND end_day != (snapshot_at AT TIME ZONE 'UTC')::DATE) OR is_open != (next_state IS NULL)",
    ),
    Expectation(
        "PageRank sums to one",
        "influence.scores",
        "The scores of one window sum to one.",
        "SELECT repo_id, window_start, sum(pagerank) AS total FROM influence.scores GROUP BY ALL "
        "HAVING abs(sum(pagerank) - 1) > 1e-6",
    ),
    Expectation(
        "only humans have influence",
        "influence.scores",
        "No bot or organisation is scored.",
        "SELECT repo_id, person_id FROM influence.scores JOIN core.people USING (person_id) WHERE actor_class != 'human'",
    ),
)
