"""Nothing is lost and nothing is made up on the way: sums here equal sums there, and parts make the whole.

Where rows are many, both sides are summed up with a checksum and compared sum by sum, which costs a scan each.
"""

from __future__ import annotations

from quality.digests import ACTS, GRAPH, LIVES, RANKS, SPELLS
from quality.expectations import Expectation

TOLERANCE = 1e-9
_RECORDS = """
SELECT repo_id, 'issue_open' AS kind, repo_id || '/issue_open/' || number AS act, person_id, opened_at AS happened_at
    FROM core.issues
UNION ALL SELECT repo_id, 'change_open', repo_id || '/change_open/' || number, person_id, opened_at FROM core.changes
UNION ALL SELECT repo_id, 'change_merge', repo_id || '/change_merge/' || number, merged_by_person_id, merged_at
    FROM core.changes WHERE is_merged AND merged_by_person_id IS NOT NULL
UNION ALL SELECT repo_id, 'review', repo_id || '/review/' || review_id, person_id, submitted_at FROM core.reviews
UNION ALL SELECT repo_id, comment_kind, repo_id || '/' || comment_kind || '/' || comment_id, person_id, commented_at
    FROM core.comments
UNION ALL SELECT repo_id, 'commit', repo_id || '/commit/' || sha, person_id, authored_at FROM core.commits
    WHERE is_in_default_branch AND n_parents < 2
"""
_ACTS = """
SELECT repo_id, kind, contribution_id AS act, person_id, contributed_at AS happened_at
FROM core.contributions WHERE family != 'triage' AND NOT is_coauthor
"""
_SUM = "SELECT repo_id, kind, count(*) AS n, bit_xor(hash(act, person_id, happened_at)) AS said FROM ({}) GROUP BY ALL"
_CURVE = "repo_id, family, cohort, end_rule, horizon_days"

CONSERVATION = (
    Expectation(
        "acts are by whom and when the records say",
        "core.contributions",
        "Every issue, change, merge, review, comment and commit is one act of the same person at the same instant.",
        "SELECT repo_id, kind, records.n AS recorded, acts.n AS contributed "
        f"FROM ({_SUM.format(_RECORDS)}) AS records FULL JOIN ({_SUM.format(_ACTS)}) AS acts USING (repo_id, kind) "
        "WHERE records.n IS DISTINCT FROM acts.n OR records.said IS DISTINCT FROM acts.said",
    ),
    Expectation(
        "actors are of the class their person is of",
        "core.contributions",
        "Bots, organisations and humans are in contributions what they are in people; what a program posted under "
        "somebody's account is the program's.",
        "SELECT repo_id, c.person_id, c.actor_class AS told, p.actor_class AS person_is, count(*) AS n_acts "
        "FROM core.contributions AS c LEFT JOIN core.people AS p USING (person_id) "
        "LEFT JOIN (SELECT repo_id || '/' || comment_kind || '/' || comment_id AS contribution_id FROM core.comments "
        "WHERE is_by_machine) AS m USING (contribution_id) WHERE c.actor_class IS DISTINCT FROM "
        "CASE WHEN m.contribution_id IS NULL THEN p.actor_class ELSE 'bot' END GROUP BY ALL",
    ),
    Expectation(
        "the credit of a commit is given once",
        "core.commit_roles",
        "The parts of those who wrote a commit sum to one, and other roles have none.",
        f"SELECT repo_id, sha, role, credit_share FROM core.commit_roles WHERE hash(repo_id, sha) IN (SELECT which FROM ("
        "SELECT hash(repo_id, sha) AS which, sum(credit_share) AS credit, count(*) FILTER (role = 'author') AS n_authors, "
        "bool_or((credit_share IS NULL) != (role NOT IN ('author', 'coauthor', 'squashed'))) AS is_misgiven "
        "FROM core.commit_roles GROUP BY which) "
        f"WHERE abs(coalesce(credit, 0) - 1) > {TOLERANCE} OR n_authors != 1 OR is_misgiven)",
    ),
    Expectation(
        "a class has its reason",
        "core.people",
        "Who is called a bot by the forge or by its login is one; only humans have no rule that says otherwise.",
        "SELECT person_id, login, actor_class, actor_class_reason FROM core.people "
        "WHERE (actor_class_reason = 'no rule says otherwise' AND actor_class != 'human') "
        "OR (actor_class_reason = 'the forge says it is a bot' AND actor_class != 'bot') "
        "OR (actor_class_reason = 'no rule says otherwise' AND lower(login) LIKE '%[bot]')",
    ),
    Expectation(
        "what cannot be read is counted",
        "ops.quarantine",
        "Coverage counts as many records in quarantine as there are of each stream that a forge counts: not of reactions.",
        "SELECT repo_id, stream, n_quarantined, n FROM ops.coverage LEFT JOIN (SELECT repo_id, stream, count(*) AS n "
        "FROM ops.quarantine WHERE is_still_there GROUP BY ALL) USING (repo_id, stream) WHERE coalesce(n, 0) != n_quarantined",
    ),
    Expectation(
        "what is called complete is",
        "ops.coverage",
        "A stream that is complete holds as much as its source counts; the share held is the one of the other.",
        "SELECT repo_id, stream, source_total, held, held_share FROM ops.coverage "
        "WHERE (is_complete AND held + n_quarantined < source_total) "
        f"OR (source_total > 0 AND abs(held_share - least(1, held / source_total)) > {TOLERANCE})",
    ),
    Expectation(
        "what is incomplete has its gaps",
        "ops.coverage_gaps",
        "Gaps begin before they end; a complete stream has none, and one that was never whole has some.",
        "SELECT repo_id, stream, c.is_complete, complete_until_at, from_at, until_at FROM ops.coverage AS c "
        "FULL JOIN ops.coverage_gaps USING (repo_id, stream) JOIN core.repositories AS r USING (repo_id) "
        "WHERE from_at >= until_at OR (c.is_complete IS DISTINCT FROM false AND from_at IS NOT NULL) "
        "OR (NOT c.is_complete AND complete_until_at IS NULL AND from_at IS NULL AND observed_from_at < held_until_at)",
    ),
    Expectation(
        "a repository is as complete as its streams",
        "core.repositories",
        "It is complete exactly if all of its streams are.",
        "SELECT repo_id, is_complete, streams FROM core.repositories LEFT JOIN ("
        "SELECT repo_id, bool_and(is_complete) AS streams FROM ops.coverage GROUP BY ALL) USING (repo_id) "
        "WHERE is_complete IS DISTINCT FROM coalesce(streams, false)",
    ),
    Expectation(
        "a spell lasts from the first act to the last",
        "core.spells",
        "Everybody who acted has one; first and last day are those of the acts of the person.",
        f"SELECT repo_id, family, end_rule, horizon_days, s.n AS n_spells, a.n AS n_acted, n_misdated FROM {LIVES} AS s FULL JOIN ("
        "SELECT any_value(repo_id) AS repo_id, family, count(*) AS n, "
        f"bit_xor(hash(hash(who, first_at), make_timestamp(epoch_us(last_at))::DATE)) AS said FROM (FROM {ACTS} "
        "UNION ALL BY NAME SELECT place, who, 'any' AS family, any_value(repo_id) AS repo_id, min(first_at) AS first_at, "
        f"max(last_at) AS last_at FROM {ACTS} GROUP BY place, who) GROUP BY place, family) "
        "AS a USING (repo_id, family) WHERE repo_id != 'all' "
        "AND (s.said IS DISTINCT FROM a.said OR s.n IS DISTINCT FROM a.n OR n_misdated > 0)",
    ),
    Expectation(
        "leaving follows from the silence",
        "core.spells",
        "Whoever came less than the horizon before the snapshot is undecided; who was active in it has not left for good.",
        "SELECT repo_id, family, person_id, end_rule, horizon_days, first_day, last_day, end_day, is_exit, snapshot_at FROM ("
        "SELECT *, (make_timestamp(epoch_us(snapshot_at)))::DATE - horizon_days AS decidable FROM core.spells) "
        "WHERE (first_day > decidable) != (is_exit IS NULL) OR end_day - first_day IS DISTINCT FROM duration_days "
        "OR (end_rule = 'terminal' AND is_exit != (last_day <= decidable)) OR (is_exit AND end_day > last_day) "
        "OR (NOT is_exit AND end_day != decidable)",
    ),
    Expectation(
        "curves follow from who is at risk",
        "retention.curves",
        "At risk are all who are decidable, less those who left and were censored, down to nobody. Survival begins at one, "
        "is the product of the shares that did not leave, and never rises.",
        f"WITH steps AS (SELECT hash({_CURVE}) AS curve, day, n_at_risk, n_exits, n_censored, survival_share, "
        "n_newcomers - n_excluded AS n_decidable FROM retention.curves), beside AS (SELECT *, "
        "coalesce(lag(n_at_risk - n_exits - n_censored) OVER w, n_decidable) AS left_over, "
        "coalesce(lag(survival_share) OVER w, 1) AS survival_before, lead(day) OVER w AS next_day FROM steps "
        "WINDOW w AS (PARTITION BY curve ORDER BY day)) "
        f"SELECT {_CURVE}, c.day, c.n_at_risk, left_over, c.survival_share, survival_before FROM retention.curves AS c "
        f"JOIN beside AS b ON b.curve = hash({_CURVE}) AND b.day = c.day WHERE b.n_at_risk != left_over "
        "OR (next_day IS NULL AND b.n_at_risk != b.n_exits + b.n_censored) OR b.survival_share > survival_before + 1e-9 "
        "OR (b.n_at_risk > 0 AND (b.survival_share IS NULL "
        "OR abs(b.survival_share - survival_before * (1 - b.n_exits / b.n_at_risk)) > 1e-6))",
    ),
    Expectation(
        "curves end with those of the spells who left",
        "retention.curves",
        "Exits and censored of a curve are those of its spells.",
        f"SELECT {_CURVE}, told, found FROM (SELECT {_CURVE}, sum(n_exits) AS told FROM retention.curves "
        f"WHERE cohort = 'all' GROUP BY ALL) JOIN (SELECT {SPELLS}, n_newcomers_left AS found FROM {LIVES}) "
        f"USING ({SPELLS}) WHERE told != found",
    ),
    Expectation(
        "shares are of their counts",
        "retention.cohorts",
        "Retained are some of the eligible, those some of the newcomers, and the share is the one of the other.",
        "SELECT repo_id, family, cohort_quarter, measure, day, n_newcomers, n_eligible, n_retained, retained_share "
        "FROM retention.cohorts WHERE n_eligible > n_newcomers OR n_retained > n_eligible "
        "OR (measure != 'km' AND is_mature != (retained_share IS NOT NULL)) "
        f"OR abs(retained_share - n_retained / n_eligible) > {TOLERANCE} "
        f"OR retained_share NOT BETWEEN retained_lower_share - {TOLERANCE} AND retained_upper_share + {TOLERANCE}",
    ),
    Expectation(
        "newcomers are filed under when they came",
        "retention.newcomers",
        "Month and quarter are those of the first act, in UTC.",
        "SELECT repo_id, family, person_id, first_at, first_month, cohort_quarter FROM retention.newcomers "
        "WHERE first_month != date_trunc('month', make_timestamp(epoch_us(first_at)))::DATE "
        "OR cohort_quarter != date_trunc('quarter', make_timestamp(epoch_us(first_at)))::DATE",
    ),
    Expectation(
        "the whole begins with the first of its parts",
        "core.spells",
        "In all repositories together a person began where they began first, whatever the horizon.",
        "SELECT DISTINCT repo_id, person_id, family, first_at FROM core.spells WHERE repo_id = 'all' AND hash(person_id, family) IN ("
        "SELECT who FROM (SELECT hash(person_id, family) AS who, CASE WHEN repo_id = 'all' THEN first_at END AS whole, "
        "CASE WHEN repo_id != 'all' THEN first_at END AS part FROM core.spells WHERE end_rule = 'first_gap' "
        "AND (repo_id = 'all' OR horizon_days = (SELECT min(horizon_days) FROM core.spells))) GROUP BY who "  # the others follow
        "HAVING min(whole) IS NOT NULL AND (min(whole) != max(whole) OR min(whole) IS DISTINCT FROM min(part)))",
    ),
    Expectation(
        "attention goes from one human to another",
        "core.interactions",
        "Nobody gives attention to themselves, and nobody to a bot or gets it from one.",
        "SELECT repo_id, interaction_id, s.actor_class AS source, t.actor_class AS target FROM core.interactions AS i "
        "LEFT JOIN core.people AS s ON s.person_id = source_person_id LEFT JOIN core.people AS t ON t.person_id = target_person_id "
        "WHERE source_person_id = target_person_id OR s.actor_class IS DISTINCT FROM 'human' OR t.actor_class IS DISTINCT FROM 'human'",
    ),
    Expectation(
        "reviewers are asked by authors, not the other way",
        "core.interactions",
        "In the networks of reviews and merges attention goes out from who opened the change.",
        "SELECT i.repo_id, interaction_id, source_person_id, person_id AS author FROM core.interactions AS i "
        "JOIN core.changes AS c USING (repo_id, artefact_id) WHERE net IN ('review', 'merge') AND source_person_id IS DISTINCT FROM person_id",
    ),
    Expectation(
        "more attention is a higher rank",
        "influence.scores",
        "Within a window nobody of a lower hundredth of the ranks has a higher score, and the ranks are of all in it.",
        "WITH ordered AS (SELECT *, max(highest) OVER "
        f"(PARTITION BY graph ORDER BY part ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS below FROM {RANKS}) "
        f"SELECT DISTINCT {GRAPH}, n_persons FROM influence.scores WHERE hash({GRAPH}) IN ("
        "SELECT graph FROM ordered GROUP BY graph HAVING sum(n) != max(n_persons) OR bool_or(lowest < below - 1e-12) "
        "OR abs(sum(ranks) / sum(n) - 0.5) > 1e-6)",
    ),
    Expectation(
        "concentration is of those who acted",
        "influence.concentration",
        "Persons are those with acts in the year, equals cannot be more than there are, and one is never more than a tenth.",
        "SELECT repo_id, window_start, quantity, n_persons, n, effective_persons, top1_share, top10pct_share "
        "FROM influence.concentration LEFT JOIN (SELECT hash(repo_id) AS place, year(make_timestamp(epoch_us(contributed_at))) "
        "AS act_year, count(DISTINCT hash(person_id)) AS n FROM core.contributions "
        "JOIN core.repositories USING (repo_id) WHERE actor_class = 'human' AND contributed_at < snapshot_at GROUP BY ALL) "
        "ON place = hash(repo_id) AND act_year = year(window_start) AND quantity = 'contributions_any' "
        "WHERE n != n_persons OR effective_persons > n_persons + 1e-6 "
        f"OR top1_share > top10pct_share + {TOLERANCE} OR abs(effective_persons * hhi_share - 1) > 1e-6",
    ),
)
"""Critical: what is broken here is our own arithmetic, or a night that lost something."""
