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
UNION ALL SELECT repo_id, 'events', count(*) FROM core.events GROUP BY ALL
UNION ALL SELECT repo_id, 'commits', count(*) FROM core.commits WHERE is_in_default_branch GROUP BY ALL
"""

RELATIONS = (
    Expectation(
        "core holds what the archive holds",
        "ops.coverage",
        "Rows in core are the records held, less those after the snapshot.",
        "SELECT c.repo_id, c.stream, c.held, c.n_after_snapshot, coalesce(n, 0) AS in_core FROM ops.coverage AS c "
        f"LEFT JOIN ({_STREAM_COUNTS}) AS found USING (repo_id, stream) "
        "WHERE c.stream IN ('issues', 'changes', 'reviews', 'comments', 'review_comments', 'events', 'commits') "
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
        "SELECT repo_id, stream, record_id, reason FROM ops.quarantine WHERE readable_since_at IS NULL",
        severity="warning",
    ),
    Expectation(
        "what changed since the last night is explained",
        "ops.changes",
        "Acts and newcomers vanish, move or change hands only by a deletion, a rewritten history, a decision about "
        "identities, a correction, a definition. If the source really lost them, run once with --accept-changes.",
        "SELECT repo_id, subject, change, n_changed, sample_json FROM ops.changes WHERE cause = 'unexplained'",
    ),
    Expectation(
        "corrections still apply",
        "ops.corrections",
        "The source still says what a correction replaces. Where it does not, take the correction out of the file.",
        "SELECT repo_id, correction, rows_json, expected_json, found_json FROM ops.corrections WHERE NOT is_applied",
    ),
    Expectation(
        "every record is one contribution",
        "core.contributions",
        "Issues, changes, reviews and comments each make exactly one contribution.",
        "SELECT repo_id, kind, n AS recorded, m AS contributed FROM ("
        "SELECT repo_id, 'issue_open' AS kind, count(*) AS n FROM core.issues GROUP BY ALL "
        "UNION ALL SELECT repo_id, 'change_open', count(*) FROM core.changes GROUP BY ALL "
        "UNION ALL SELECT repo_id, 'review', count(*) FROM core.reviews GROUP BY ALL "
        "UNION ALL SELECT repo_id, comment_kind, count(*) FROM core.comments GROUP BY ALL) "
        "FULL JOIN (SELECT repo_id, kind, count(*) AS m FROM core.contributions "
        "WHERE kind IN ('issue_open', 'change_open', 'review', 'comment', 'review_comment') GROUP BY ALL) "
        "USING (repo_id, kind) WHERE n IS DISTINCT FROM m",
    ),
    Expectation(
        "triage is done to what others opened",
        "core.contributions",
        "A step of triage is an event of the same person, on an issue or change that is not their own.",
        "SELECT repo_id, contribution_id FROM core.contributions AS c WHERE family = 'triage' AND NOT EXISTS ("
        "FROM core.events AS e JOIN (SELECT repo_id, artefact_id, person_id AS author FROM core.issues "
        "UNION ALL SELECT repo_id, artefact_id, person_id FROM core.changes) AS opened USING (repo_id, artefact_id) "
        "WHERE e.repo_id = c.repo_id AND e.artefact_id = c.artefact_id AND e.occurred_at = c.contributed_at "
        "AND e.person_id IS NOT DISTINCT FROM c.person_id AND e.person_id IS DISTINCT FROM author)",
    ),
    Expectation(
        "nobody has two accounts of one forge",
        "core.aliases",
        "Two accounts of one forge are two persons, active in the same week or not.",
        "SELECT person_id, regexp_replace(alias_id, ':[^:]*$', '') AS forge, count(*) AS n FROM core.aliases "
        "WHERE alias_kind = 'account' GROUP BY ALL HAVING count(*) > 1",
    ),
    Expectation(
        "every commit has its person",
        "core.contributions",
        "Only acts of deleted accounts have no person; a commit is always signed.",
        "SELECT contribution_id FROM core.contributions WHERE kind = 'commit' AND person_id IS NULL",
    ),
    Expectation(
        "every act has its person or a reason",
        "core.contributions",
        "An act is one person's, or a ghost's of its own artefact, which stands for an account that was deleted or forgotten.",
        "SELECT contribution_id, person_id, ghost_id FROM core.contributions WHERE (person_id IS NULL) = (ghost_id IS NULL) "
        "OR ghost_id != 'ghost:' || repo_id || '/' || artefact_id",
    ),
    Expectation(
        "likenesses make no crowds",
        "core.aliases",
        "No person whom likenesses of names joined has more than fifteen addresses or eight names.",
        "SELECT person_id, n_names, count(*) AS n_addresses FROM core.aliases JOIN core.people USING (person_id) "
        "WHERE alias_kind = 'email' AND person_id IN ("
        "SELECT person_id FROM core.identity_links WHERE status = 'accepted' AND rule IN ('B1', 'B2', 'C1')) "
        "GROUP BY person_id, n_names HAVING count(*) > 15 OR n_names > 8",
    ),
    Expectation(
        "for whom people work is not wholly unknown",
        "core.contributions",
        "Of at most nine acts of humans in ten it is unknown for whom; the share stands in the sample.",
        "SELECT repo_id, avg((affiliation_class = 'unknown')::INTEGER) AS unknown_share FROM core.contributions "
        "WHERE actor_class = 'human' GROUP BY repo_id HAVING avg((affiliation_class = 'unknown')::INTEGER) > 0.9",
        severity="warning",
    ),
    Expectation(
        "the headlines of humans are the published numbers",
        "ops.headlines",
        "Newcomers and retention of humans are those of the curves, and more count where agents do, and where bots do.",
        "SELECT repo_id, told.*, curve.n_newcomers AS published, survival_share FROM (SELECT repo_id, "
        "max(n_newcomers) FILTER (population = 'humans') AS n_newcomers, "
        "max(retained_90_share) FILTER (population = 'humans') AS retained_90_share, "
        "max(n_contributions) FILTER (population = 'humans') AS by_humans, "
        "max(n_contributions) FILTER (population = 'humans_and_agents') AS with_agents, "
        "max(n_contributions) FILTER (population = 'all') AS by_all FROM ops.headlines GROUP BY repo_id) AS told LEFT JOIN ("
        "SELECT repo_id, n_newcomers, survival_share FROM retention.curve_summaries WHERE family = 'any' AND cohort = 'all' "
        "AND end_rule = 'first_gap' AND day = 90 AND horizon_days = "
        "(SELECT (parameters_json::JSON->>'$.horizon_days')::INTEGER FROM ops.definitions LIMIT 1)) AS curve USING (repo_id) "
        "WHERE told.n_newcomers != coalesce(curve.n_newcomers, 0) OR by_humans > with_agents OR with_agents > by_all "
        f"OR abs(retained_90_share - survival_share) > {TOLERANCE}",
    ),
    Expectation(
        "nothing happens after the snapshot",
        "core.contributions",
        "Acts lie before the snapshot; an author's clock may be a day fast.",
        "SELECT repo_id, contribution_id, contributed_at, held_until_at FROM core.contributions JOIN core.repositories USING (repo_id) "
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
        "every norm was written down first once",
        "core.norm_documents",
        "Of the documents of a norm one is the first, and none is older.",
        "SELECT repo_id, norm, count(*) FILTER (is_first) AS n_first FROM core.norm_documents GROUP BY ALL "
        "HAVING count(*) FILTER (is_first) != 1 OR min(first_at) FILTER (is_first) > min(first_at)",
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
        "second contributions are waited for from every newcomer",
        "retention.second_contributions",
        "The cohort of all years holds every newcomer once, and returns only grow with the days.",
        "SELECT repo_id, family, day, n_newcomers, n_returned, n AS newcomers FROM ("
        "SELECT *, lag(n_returned) OVER (PARTITION BY repo_id, family ORDER BY day) AS returned_before "
        "FROM retention.second_contributions WHERE cohort = 'all') FULL JOIN ("
        "SELECT repo_id, family, count(*) AS n FROM retention.newcomers GROUP BY ALL) USING (repo_id, family) "
        "WHERE n_newcomers IS DISTINCT FROM n OR n_returned < returned_before",
    ),
    Expectation(
        "everybody who acted has a type",
        "retention.contributor_types",
        "The types are of those who acted, each once, and their acts are all there are.",
        "SELECT repo_id, person_id, n_acts, n AS contributions FROM retention.contributor_types FULL JOIN ("
        "SELECT repo_id, person_id, count(*) AS n FROM core.contributions JOIN core.repositories USING (repo_id) "
        "WHERE actor_class = 'human' AND contributed_at < snapshot_at GROUP BY ALL) USING (repo_id, person_id) "
        "WHERE repo_id != 'all' AND n_acts IS DISTINCT FROM n",
    ),
    Expectation(
        "turnover adds up",
        "retention.turnover",
        "Who was there before, and has not left, and who joined make the members of the year; the core is some of them.",
        "SELECT * FROM (SELECT *, max(n_persons) FILTER (members = 'everybody') OVER (PARTITION BY repo_id, family, "
        "window_start) AS n_everybody FROM retention.turnover) "
        "WHERE n_before - n_leavers + n_joiners != n_persons OR n_persons > coalesce(n_everybody, 0)",
    ),
    Expectation(
        "no mean stay exceeds its window",
        "retention.curve_summaries",
        "Every curve is summarised, and the mean of the days up to a day is no more than that day.",
        "SELECT repo_id, family, cohort, day, restricted_mean_days FROM retention.curve_summaries "
        f"WHERE restricted_mean_days > day + {TOLERANCE} UNION ALL "
        "SELECT DISTINCT repo_id, family, cohort, 0, 0 FROM retention.curves ANTI JOIN retention.curve_summaries "
        "USING (repo_id, family, cohort, end_rule, horizon_days)",
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
        "every question has its wait",
        "retention.first_responses",
        "Whatever a human opened before the snapshot is there, and nothing else.",
        "SELECT c.contribution_id, f.repo_id, f.artefact_id FROM retention.first_responses AS f FULL JOIN ("
        "SELECT contribution_id, repo_id, artefact_id FROM core.contributions JOIN core.repositories USING (repo_id) "
        "WHERE kind IN ('issue_open', 'change_open') AND actor_class = 'human' AND contributed_at < snapshot_at) AS c "
        "USING (repo_id, artefact_id) WHERE c.contribution_id IS NULL OR f.opened_at IS NULL",
    ),
    Expectation(
        "an answer is another human's and follows the question",
        "retention.first_responses",
        "Nobody answers themselves, before the question, or after the wait was over; no bot counts as a human.",
        "SELECT repo_id, artefact_id, opened_at, responded_at, observed_until_at FROM retention.first_responses AS f "
        "LEFT JOIN core.people AS p ON p.person_id = f.responder_person_id WHERE responded_at IS NOT NULL AND ("
        "responder_person_id = f.person_id OR actor_class IS DISTINCT FROM 'human' "
        "OR responded_at NOT BETWEEN opened_at AND observed_until_at)",
    ),
    Expectation(
        "every wait is timed",
        "retention.response_times",
        "The rows of all years about any human hold every wait of their repository once.",
        "SELECT repo_id, times.n AS timed, waits.n AS waits FROM ("
        "SELECT repo_id, sum(n_answered + n_unanswered) AS n FROM retention.response_times "
        "WHERE responder = 'any_human' AND opened_year = 'all' AND repo_id != 'all' GROUP BY ALL) AS times FULL JOIN ("
        "SELECT repo_id, count(*) AS n FROM retention.first_responses GROUP BY ALL) AS waits USING (repo_id) "
        "WHERE times.n IS DISTINCT FROM waits.n",
    ),
    Expectation(
        "every newcomer's first change has its outcome",
        "retention.first_outcomes",
        "Whoever is new and opened a change is there, decided once the days are over.",
        "SELECT n.repo_id, n.person_id, f.artefact_id, f.outcome FROM ("
        "SELECT DISTINCT repo_id, person_id FROM retention.newcomers JOIN core.changes USING (repo_id, person_id) "
        "JOIN core.repositories USING (repo_id) WHERE family = 'any' AND opened_at < core.repositories.snapshot_at) AS n "
        "FULL JOIN retention.first_outcomes AS f USING (repo_id, person_id) "
        "WHERE n.person_id IS NULL OR f.artefact_id IS NULL OR (f.has_outcome_window AND f.outcome IS NULL)",
    ),
    Expectation(
        "every newcomer has been answered, waits, or cannot be told",
        "retention.waiting",
        "The answered and the waiting among newcomers' questions are those of the waits, each once.",
        "SELECT repo_id, artefact_id, f.responded_at, w.waiting_hours FROM retention.first_responses AS f "
        "FULL JOIN retention.waiting AS w USING (repo_id, artefact_id) "
        "FULL JOIN retention.responders AS r USING (repo_id, artefact_id) WHERE coalesce(f.is_newcomer_at_opening, true) "
        "AND ((f.responded_at IS NULL AND f.observed_until_at = f.snapshot_at) IS DISTINCT FROM (w.opened_at IS NOT NULL) "
        "OR (f.responded_at IS NOT NULL) IS DISTINCT FROM (r.responded_at IS NOT NULL))",
    ),
    Expectation(
        "nobody is in the funnel twice",
        "retention.funnel",
        "Whoever went on or left had entered, and whoever entered is a newcomer; shares of the two sum to one at most.",
        "SELECT repo_id, reading, from_stage, n_newcomers, n_entered, n_converted, n_left, n_reached, n_skipped "
        "FROM retention.funnel WHERE n_converted + n_left > n_entered OR n_entered > n_newcomers OR n_skipped > n_reached "
        f"OR n_reached > n_newcomers OR converted_share + left_share > 1 + {TOLERANCE}",
    ),
    Expectation(
        "groups are made before the landmark",
        "retention.first_questions",
        "Answered by the landmark is only who was, and every newcomer who asked is there once.",
        "SELECT w.repo_id, w.person_id, q.response_time, w.response_hours FROM ("
        "SELECT repo_id, person_id, min(opened_at) AS opened_at FROM retention.first_responses "
        "WHERE is_newcomer_at_opening GROUP BY ALL) AS n FULL JOIN retention.first_questions AS q "
        "USING (repo_id, person_id, opened_at) LEFT JOIN retention.first_responses AS w USING (repo_id, artefact_id) "
        "WHERE q.artefact_id IS NULL OR n.person_id IS NULL OR (q.response_time IN ('within_24h', 'within_7d', 'later') "
        "AND w.response_hours IS NULL) OR (q.response_time = 'within_24h' AND w.response_hours >= 24)",
    ),
    Expectation(
        "comparisons count whom they compare",
        "retention.response_effects",
        "Nobody comes back who is not in the group, and the crude groups are those of the questions.",
        "SELECT repo_id, active_in, exposure, level, adjustment, n_compared, n_reference FROM retention.response_effects "
        "WHERE n_compared_back > n_compared OR n_reference_back > n_reference "
        "UNION ALL SELECT repo_id, active_in, exposure, level, adjustment, n_compared, found.n FROM ("
        "SELECT repo_id, response_time AS level, count(*) AS n FROM retention.first_questions "
        "WHERE is_active_here IS NOT NULL GROUP BY ALL) AS found JOIN retention.response_effects USING (repo_id, level) "
        "WHERE exposure = 'response_time' AND adjustment = 'crude' AND active_in = 'same_repository' "
        "AND n_reference > 0 AND n_compared != found.n",
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
        "SELECT repo_id, window_kind, window_start, network, sum(pagerank) AS total FROM influence.scores GROUP BY ALL "
        "HAVING abs(sum(pagerank) - 1) > 1e-6",
    ),
    Expectation(
        "only humans have influence",
        "influence.scores",
        "No bot or organisation is scored.",
        "SELECT repo_id, person_id FROM influence.scores JOIN core.people USING (person_id) WHERE actor_class != 'human'",
    ),
)
