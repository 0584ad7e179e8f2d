"""What must hold within and between the measures: one rule of a measure a piece, written by hand. All are critical."""

from __future__ import annotations

from quality.digests import ACTS, GRAPH, LIVES, RANKS, SPELLS
from quality.expectations import Expectation

TOLERANCE = 1e-9
ODD_PLACES = f"""
WITH found AS (SELECT any_value(repo_id) AS repo_id, count(*) AS n, bit_xor(hash(who, n)) AS said FROM (
    SELECT place, who, any_value(repo_id) AS repo_id, sum(n)::BIGINT AS n FROM {ACTS} GROUP BY place, who) GROUP BY place),
told AS (SELECT repo_id, count(*) AS n, bit_xor(hash(hash(person_id), n_acts)) AS said
    FROM retention.contributor_types WHERE repo_id != 'all' GROUP BY repo_id)
SELECT repo_id FROM told FULL JOIN found USING (repo_id)
WHERE told.n IS DISTINCT FROM found.n OR told.said IS DISTINCT FROM found.said
"""
"""Repositories whose types are not of those who acted there, told by hashes; only there are persons compared."""

MEASURES = (
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
        "the attention of humans in the headlines is the published one",
        "ops.headlines",
        "On how few the PageRank of humans rests, and how it follows contribution, are those of the last whole year.",
        "SELECT told.repo_id, told.attention_top1_share, spread.top1_share, told.rank_correlation, claim.rank_correlation "
        "AS published FROM ops.headlines AS told LEFT JOIN influence.concentration AS spread ON spread.repo_id = told.repo_id "
        "AND quantity = 'pagerank' AND spread.window_start = make_date(year(make_timestamp(epoch_us(told.snapshot_at)))::INTEGER - 1, 1, 1) "
        "LEFT JOIN influence.founding_claim AS claim ON claim.repo_id = told.repo_id AND member_group = 'everybody' "
        "AND claim.window_start = spread.window_start WHERE population = 'humans' AND told.repo_id != 'all' AND "
        "((told.attention_top1_share IS NULL) != (spread.top1_share IS NULL) "
        "OR (told.rank_correlation IS NULL) != (claim.rank_correlation IS NULL) "
        f"OR abs(told.attention_top1_share - spread.top1_share) > {TOLERANCE} "
        f"OR abs(told.rank_correlation - claim.rank_correlation) > {TOLERANCE})",
    ),
    Expectation(
        "unknown affiliation is told as it is",
        "ops.headlines",
        "The share of acts of unknown affiliation is that of the acts, in every repository and, by year, beside every organisation.",
        "WITH acts AS MATERIALIZED (SELECT any_value(repo_id) AS repo_id, make_date(act_year::INTEGER, 1, 1) AS window_start, "
        "count(*) FILTER (affiliation_class = 'unknown') AS n_unknown, count(*) AS n FROM ("
        "SELECT repo_id, affiliation_class, year(make_timestamp(epoch_us(contributed_at))) AS act_year FROM core.contributions "
        "JOIN core.repositories USING (repo_id) WHERE actor_class = 'human' AND person_id IS NOT NULL "
        "AND contributed_at < snapshot_at) GROUP BY hash(repo_id), act_year) "
        "SELECT repo_id, NULL::DATE AS window_start, h.unknown_affiliation_share AS told, sum(n_unknown) / sum(n) AS found FROM acts "
        "JOIN ops.headlines AS h USING (repo_id) WHERE population = 'humans' GROUP BY ALL "
        f"HAVING abs(h.unknown_affiliation_share - sum(n_unknown) / sum(n)) > {TOLERANCE} "
        "UNION ALL SELECT repo_id, window_start, b.unknown_share, n_unknown / n FROM acts "
        f"JOIN influence.by_affiliation AS b USING (repo_id, window_start) WHERE abs(b.unknown_share - n_unknown / n) > {TOLERANCE}",
    ),
    Expectation(
        "newcomers are those of the spells",
        "retention.newcomers",
        "Whoever a spell calls a newcomer is one, since its first act, and nobody else, whatever the horizon.",
        "SELECT repo_id, family, end_rule, horizon_days, n.n AS newcomers, s.n AS in_spells FROM ("
        "SELECT any_value(repo_id) AS repo_id, any_value(family) AS family, count(*) AS n, bit_xor(hash(hash(person_id), first_at)) AS who "
        "FROM retention.newcomers GROUP BY hash(repo_id, family)) AS n "
        f"FULL JOIN (SELECT {SPELLS}, n_newcomers AS n, newcomers_said AS who FROM {LIVES}) AS s USING (repo_id, family) "
        "WHERE n.n IS DISTINCT FROM nullif(s.n, 0) OR n.who IS DISTINCT FROM s.who",
    ),
    Expectation(
        "wherever newcomers came there is a curve",
        "retention.curves",
        "Every repository and family with newcomers has its curves.",
        "SELECT DISTINCT repo_id, family FROM retention.newcomers EXCEPT SELECT any_value(repo_id), any_value(family) "
        "FROM retention.curves GROUP BY hash(repo_id, family)",
    ),
    Expectation(
        "every year with contributions has its concentration",
        "influence.concentration",
        "No window with acts of humans is missing.",
        "SELECT DISTINCT repo_id, year(make_timestamp(epoch_us(contributed_at))) AS window_year FROM core.contributions "
        "JOIN core.repositories USING (repo_id) WHERE actor_class = 'human' AND contributed_at < snapshot_at "
        "EXCEPT SELECT repo_id, year(window_start) FROM influence.concentration WHERE quantity = 'contributions_any'",
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
        f"WITH odd AS MATERIALIZED ({ODD_PLACES}) SELECT repo_id, person_id, n_acts, n AS contributions "
        "FROM (FROM retention.contributor_types SEMI JOIN odd USING (repo_id)) FULL JOIN ("
        "SELECT repo_id, person_id, count(*) AS n FROM core.contributions JOIN core.repositories USING (repo_id) "
        "SEMI JOIN odd USING (repo_id) WHERE actor_class = 'human' AND contributed_at < snapshot_at GROUP BY ALL) "
        "USING (repo_id, person_id) WHERE n_acts IS DISTINCT FROM n",
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
        "OR (is_open AND end_day != (make_timestamp(epoch_us(snapshot_at)))::DATE) OR is_open != (next_state IS NULL)",
    ),
    Expectation(
        "PageRank sums to one",
        "influence.scores",
        "The scores of one window sum to one.",
        f"SELECT {GRAPH}, sum(pagerank) AS total FROM influence.scores WHERE hash({GRAPH}) IN (SELECT graph FROM ("
        f"SELECT graph, sum(pagerank) AS total FROM {RANKS} GROUP BY graph) "
        "WHERE abs(total - 1) > 1e-6 OR total IS NULL) GROUP BY ALL",
    ),
    Expectation(
        "only humans have influence",
        "influence.scores",
        "No bot or organisation is scored.",
        "SELECT repo_id, person_id FROM influence.scores JOIN core.people USING (person_id) WHERE actor_class != 'human'",
    ),
)
