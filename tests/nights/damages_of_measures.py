"""Ways in which measures and what they are made of can be wrong."""

from __future__ import annotations

from damage_bench import BUSY, PROMISE, Damage

OF_MEASURES = {
    "unanswered becomes answered at once": Damage(
        ["UPDATE retention.first_responses SET response_hours = 0 WHERE responded_at IS NULL"],
        "waits are as long as from opening to answer",
    ),
    "unanswered questions are left out": Damage(
        ["DELETE FROM retention.first_responses WHERE responded_at IS NULL"], "every question has its wait"
    ),
    "first contributions are moved": Damage(
        ["UPDATE retention.newcomers SET first_at = first_at + INTERVAL 1 DAY"], "newcomers are those of the spells"
    ),
    "the last act makes the newcomer": Damage(
        ["UPDATE core.spells SET first_at = last_day::TIMESTAMP AT TIME ZONE 'UTC', first_day = last_day"],
        "a spell lasts from the first act to the last",
    ),
    "ranks are given descending": Damage(
        ["UPDATE influence.scores SET percentile_rank = 1 - percentile_rank"], "more attention is a higher rank"
    ),
    "censoring is forgotten in the spells": Damage(
        ["UPDATE core.spells SET is_exit = true WHERE NOT is_exit"], "leaving follows from the silence"
    ),
    "censoring is forgotten in the curves": Damage(
        ["UPDATE retention.curves SET n_exits = n_exits + n_censored, n_censored = 0"],
        "curves follow from who is at risk",
    ),
    "survival is the share of those who left, whoever is still watched": Damage(
        ["UPDATE retention.curves SET survival_share = 1 - n_exits / n_newcomers WHERE n_newcomers > 0 AND day > 0"],
        "curves follow from who is at risk",
    ),
    "survival rises": Damage(
        ["UPDATE retention.curves SET survival_share = 1 WHERE day > 60"], "curves follow from who is at risk"
    ),
    "at risk are all newcomers all the time": Damage(
        ["UPDATE retention.curves SET n_at_risk = n_newcomers"],
        "curves follow from who is at risk",
    ),
    "whoever was active last week has left": Damage(
        ["UPDATE core.spells SET is_exit = true, end_day = last_day WHERE end_rule = 'terminal' AND NOT is_exit"],
        "leaving follows from the silence",
    ),
    "those who came too late are judged": Damage(
        [
            "UPDATE core.spells SET is_exit = false, end_day = last_day, duration_days = last_day - first_day WHERE is_exit IS NULL"
        ],
        "leaving follows from the silence",
    ),
    "newcomers of one quarter are left out": Damage(
        ["DELETE FROM retention.cohorts WHERE cohort_quarter = (SELECT max(cohort_quarter) FROM retention.cohorts)"],
        "cohorts add up",
    ),
    "cohorts are made in local time": Damage(
        [
            "UPDATE retention.newcomers SET cohort_quarter = date_trunc('quarter', first_at AT TIME ZONE 'UTC' - INTERVAL 31 DAY)"
        ],
        "newcomers are filed under when they came",
    ),
    "retained is divided by those who cannot be judged too": Damage(
        [
            "UPDATE retention.cohorts SET retained_share = n_retained / n_newcomers WHERE n_newcomers > n_eligible AND n_retained > 0"
        ],
        "shares are of their counts",
    ),
    "more are retained than were eligible": Damage(
        ["UPDATE retention.cohorts SET n_retained = n_eligible + 1 WHERE n_retained IS NOT NULL"],
        "shares are of their counts",
    ),
    "a share is given in percent": Damage(
        ["UPDATE retention.cohorts SET retained_share = retained_share * 100"], PROMISE
    ),
    "a score is no number": Damage(["UPDATE influence.scores SET pagerank = 'nan'"], PROMISE),
    "scores do not sum to one": Damage(["UPDATE influence.scores SET pagerank = pagerank / 2"], "PageRank sums to one"),
    "a column is empty": Damage(
        ["UPDATE retention.curves SET survival_share = NULL"], "curves follow from who is at risk"
    ),
    "the tenth is rounded down": Damage(
        ["UPDATE influence.concentration SET top10pct_share = 0"], "concentration is of those who acted"
    ),
    "who did nothing is counted among those who did": Damage(
        ["UPDATE influence.concentration SET n_persons = n_persons + 100"], "concentration is of those who acted"
    ),
    "a year of concentration is missing": Damage(
        [
            "DELETE FROM influence.concentration WHERE window_start = (SELECT max(window_start) FROM influence.concentration)"
        ],
        "every year with contributions has its concentration",
    ),
    "old hands are newcomers": Damage(
        [
            "UPDATE core.spells SET is_newcomer = true WHERE NOT is_newcomer",
            f"DELETE FROM retention.newcomers WHERE person_id = {BUSY}",
        ],
        "newcomers are those of the spells",
    ),
    "a definition is changed and keeps its number": Damage(
        ["UPDATE retention.curves SET definition = 'RET-99/9'"], "rows carry the definition of their table"
    ),
    "a measure is of another night than it says": Damage(
        ["UPDATE retention.turnover SET snapshot_at = snapshot_at - INTERVAL 1 DAY"],
        "rows are of the snapshot of their repository",
    ),
    "an answer is one's own": Damage(
        ["UPDATE retention.first_responses SET responder_person_id = person_id WHERE responded_at IS NOT NULL"],
        "an answer is another human's and follows the question",
    ),
    "a leaver is not in the spells": Damage(
        ["UPDATE core.spells SET is_exit = false WHERE is_exit"], "curves end with those of the spells who left"
    ),
    "somebody is younger in all than in one repository": Damage(
        ["UPDATE core.spells SET first_at = first_at + INTERVAL 1 DAY WHERE repo_id = 'all'"],
        "the whole begins with the first of its parts",
    ),
}
