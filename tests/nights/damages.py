"""Ways in which a draft can be wrong, each as it might come about, and the expectation that has to say so.

Each damages a good night in one way, is judged against that night as the one before, and is undone. What the suites do
not find is a defect of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from quality.expectations import Expectation, derived
from quality.suites import RELATIONS
from transform import nights, warehouse
from transform.ops import changes
from transform.tables import TABLES

UNAUDITED = ("ops.runs", "ops.quality_results", "ops.held_back")
SUITES = (*derived([table for table in TABLES if str(table) not in UNAUDITED]), *RELATIONS)
STABLE = "what changed since the last night is explained"
HELD = "core holds what the archive holds"
RECORDED = "acts are by whom and when the records say"
PROMISE = "columns keep their promise"
ALMANAC = "(SELECT repo_id FROM core.repositories WHERE full_name = 'commons/almanac')"
OF_REPOSITORIES = [
    str(table)
    for table in TABLES
    if "repo_id" in table.column_names and str(table) not in (*UNAUDITED, "core.repositories")
]
BUSY = "(SELECT person_id FROM retention.newcomers WHERE family = 'any' AND repo_id != 'all' ORDER BY ALL LIMIT 1)"
REVIEWS_BEYOND = "(SELECT repo_id, review_id FROM core.reviews QUALIFY row_number() OVER (PARTITION BY repo_id ORDER BY submitted_at) > 100)"


def everywhere(statement: str, *tables: str) -> list[str]:
    return [statement.format(table) for table in tables]


@dataclass(frozen=True)
class Damage:
    """What goes wrong, as SQL, and the expectation that must find it."""

    statements: list[str]
    found_by: str


DAMAGES = {
    "all rows of one repository are dropped": Damage(
        everywhere(
            f"DELETE FROM {{}} WHERE repo_id = {ALMANAC}", "core.contributions", "core.reviews", "core.comments"
        ),
        HELD,
    ),
    "one repository is dropped from every table, its coverage too": Damage(
        [
            *everywhere(f"DELETE FROM {{}} WHERE repo_id = {ALMANAC}", *OF_REPOSITORIES),
            "DELETE FROM core.repositories WHERE full_name = 'commons/almanac'",
        ],
        STABLE,
    ),
    "an act stands twice": Damage(
        ["INSERT INTO core.contributions SELECT * FROM core.contributions LIMIT 1"], "key is unique"
    ),
    "a comment stands twice": Damage(
        ["INSERT INTO core.comments SELECT * FROM core.comments LIMIT 1"], "key is unique"
    ),
    "all acts are shifted by a time zone": Damage(
        ["UPDATE core.contributions SET contributed_at = contributed_at + INTERVAL 2 HOUR"], RECORDED
    ),
    "records and acts are shifted by a time zone together": Damage(
        [
            "UPDATE core.reviews SET submitted_at = submitted_at + INTERVAL 2 HOUR",
            "UPDATE core.contributions SET contributed_at = contributed_at + INTERVAL 2 HOUR WHERE kind = 'review'",
        ],
        STABLE,
    ),
    "author and reviewer are swapped in the acts": Damage(
        [
            "UPDATE core.contributions AS c SET person_id = x.person_id FROM core.changes AS x WHERE c.kind = 'review' "
            "AND x.repo_id = c.repo_id AND x.artefact_id = c.artefact_id AND x.person_id IS NOT NULL"
        ],
        RECORDED,
    ),
    "author and reviewer are swapped in the network": Damage(
        [
            "UPDATE core.interactions SET source_person_id = target_person_id, target_person_id = source_person_id WHERE net = 'review'"
        ],
        "reviewers are asked by authors, not the other way",
    ),
    "unanswered becomes answered at once": Damage(
        ["UPDATE retention.first_responses SET response_hours = 0 WHERE responded_at IS NULL"],
        "waits are as long as from opening to answer",
    ),
    "unanswered questions are left out": Damage(
        ["DELETE FROM retention.first_responses WHERE responded_at IS NULL"], "every question has its wait"
    ),
    "bots count as humans in the acts": Damage(
        ["UPDATE core.contributions SET actor_class = 'human' WHERE actor_class = 'bot'"],
        "actors are of the class their person is of",
    ),
    "bots count as humans everywhere": Damage(
        [
            "UPDATE core.contributions SET actor_class = 'human' WHERE actor_class = 'bot'",
            "UPDATE core.people SET actor_class = 'human' WHERE actor_class = 'bot'",
        ],
        "a class has its reason",
    ),
    "reviews beyond the hundredth are lost": Damage(
        [f"DELETE FROM core.reviews WHERE (repo_id, review_id) IN {REVIEWS_BEYOND}"], HELD
    ),
    "reviews beyond the hundredth are lost in acts and coverage too": Damage(
        [
            f"DELETE FROM core.contributions WHERE kind = 'review' AND contribution_id IN "
            f"(SELECT repo_id || '/review/' || review_id FROM {REVIEWS_BEYOND})",
            f"DELETE FROM core.reviews WHERE (repo_id, review_id) IN {REVIEWS_BEYOND}",
            "UPDATE ops.coverage SET held = 100 WHERE stream = 'reviews'",
        ],
        STABLE,
    ),
    "first contributions are moved": Damage(
        ["UPDATE retention.newcomers SET first_at = first_at + INTERVAL 1 DAY"], "a newcomer's first act is the first"
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
        ["UPDATE retention.curves SET n_exits = n_exits + n_censored, n_censored = 0"], "curves follow their counts"
    ),
    "survival is the share of those who left, whoever is still watched": Damage(
        ["UPDATE retention.curves SET survival_share = 1 - n_exits / n_newcomers WHERE n_newcomers > 0 AND day > 0"],
        "curves follow their counts",
    ),
    "survival rises": Damage(["UPDATE retention.curves SET survival_share = 1 WHERE day > 60"], "survival never rises"),
    "at risk are all newcomers all the time": Damage(
        ["UPDATE retention.curves SET n_at_risk = n_newcomers"],
        "whoever is at risk leaves, is censored, or is still at risk",
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
    "unknown sizes become zero, and some less": Damage(
        ["UPDATE core.commits SET added_lines = -1 WHERE sha = (SELECT min(sha) FROM core.commits)"], PROMISE
    ),
    "a kind nobody knows slips in": Damage(
        [
            "UPDATE core.contributions SET kind = 'star' WHERE contribution_id = (SELECT min(contribution_id) FROM core.contributions)"
        ],
        PROMISE,
    ),
    "a score is no number": Damage(["UPDATE influence.scores SET pagerank = 'nan'"], PROMISE),
    "scores do not sum to one": Damage(["UPDATE influence.scores SET pagerank = pagerank / 2"], "PageRank sums to one"),
    "a person vanishes from people": Damage(
        [f"DELETE FROM core.people WHERE person_id = {BUSY}"], "person_id exists in core.people"
    ),
    "two persons become one without a rule": Damage(
        [f"UPDATE core.contributions SET person_id = {BUSY} WHERE family = 'code' AND actor_class = 'human'"], RECORDED
    ),
    "merges count as commits": Damage(["UPDATE core.commits SET n_parents = 1 WHERE n_parents > 1"], RECORDED),
    "commits of other branches count": Damage(["UPDATE core.commits SET is_in_default_branch = true"], HELD),
    "the future is let in": Damage(
        ["UPDATE core.contributions SET contributed_at = '2030-01-01' WHERE kind = 'review'"],
        "nothing happens after the snapshot",
    ),
    "commits without a clock are from 1970": Damage(
        [
            "UPDATE core.commits SET authored_at = '1970-01-01' WHERE is_time_fixed OR sha = (SELECT min(sha) FROM core.commits)"
        ],
        "sanitised times lie within bounds",
    ),
    "a table is empty": Damage(["DELETE FROM core.contributions"], "has rows"),
    "a column is empty": Damage(["UPDATE retention.curves SET survival_share = NULL"], "curves follow their counts"),
    "a bot is scored": Damage(
        ["UPDATE core.people SET actor_class = 'bot', actor_class_reason = 'its login ends in [bot]'"],
        "only humans have influence",
    ),
    "people pay attention to themselves": Damage(
        ["UPDATE core.interactions SET target_person_id = source_person_id"], "attention goes from one human to another"
    ),
    "closed without merge counts as merged": Damage(
        [
            "UPDATE core.changes SET is_merged = true, merged_at = closed_at, merged_by_person_id = closed_by_person_id WHERE NOT is_merged AND closed_at IS NOT NULL"
        ],
        RECORDED,
    ),
    "what is missing is called complete": Damage(
        ["UPDATE ops.coverage SET held = held - 1, is_complete = true WHERE stream = 'issues'"],
        "what is called complete is",
    ),
    "an incomplete repository is called complete": Damage(
        ["UPDATE ops.coverage SET is_complete = false, reason = 'cut' WHERE stream = 'comments'"],
        "a repository is as complete as its streams",
    ),
    "unreadable records are forgotten": Damage(
        [f"UPDATE ops.coverage SET n_quarantined = 3 WHERE stream = 'issues' AND repo_id = {ALMANAC}"],
        "what cannot be read is counted",
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
    "the newest week is missing": Damage(
        [
            "DELETE FROM core.contributions WHERE contributed_at >= (SELECT min(snapshot_at) FROM core.repositories) - INTERVAL 7 DAY"
        ],
        RECORDED,
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
    "deleted issues come back as nobody's": Damage(
        [
            "UPDATE core.issues SET person_id = NULL",
            "UPDATE core.contributions SET person_id = NULL, actor_class = NULL WHERE kind = 'issue_open'",
        ],
        STABLE,
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
    "comments are older than what they are about": Damage(
        ["UPDATE core.comments SET commented_at = '1999-01-01'"], "what is said comes after what it is about"
    ),
    "issues close before they open": Damage(
        ["UPDATE core.issues SET closed_at = '1999-01-01' WHERE closed_at IS NOT NULL"], "issues close after they open"
    ),
    "an employment ends before it begins": Damage(
        ["INSERT INTO core.affiliations BY NAME SELECT * REPLACE (from_at AS to_at) FROM core.affiliations LIMIT 1"],
        "whoever is affiliated is so for a while",
    ),
    "a week brings a hundred times as much": Damage(
        [
            "INSERT INTO core.contributions SELECT c.* REPLACE (snapshot_at - INTERVAL 2 DAY AS contributed_at) "
            "FROM core.contributions AS c JOIN core.repositories USING (repo_id), range(20)"
        ],
        "volumes are as usual",
    ),
    "a correction outlives its error": Damage(
        [
            "INSERT INTO ops.corrections SELECT 'x', repo_id, 't', '', '', '', '', 'r', 's', 0, false FROM core.repositories LIMIT 1"
        ],
        "corrections still apply",
    ),
}


@contextmanager
def workbench(good: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of a good night to damage, in memory, with the night itself as the one before.

    The copy has no keys: they would refuse some damages before the suites see them.
    """
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"ATTACH '{good}' AS before (READ_ONLY)")
        db.execute("ATTACH ':memory:' AS after")
        db.execute("USE after")
        for schema in dict.fromkeys(table.schema for table in TABLES):
            db.execute(f"CREATE SCHEMA {schema}")
        for table in TABLES:
            db.execute(f"CREATE TABLE after.{table.sql_name} AS FROM before.{table.sql_name}")
        yield db


def caught(
    db: duckdb.DuckDBPyConnection, statements: Sequence[str], suites: Sequence[Expectation] = SUITES
) -> dict[str, Expectation]:
    """The expectations that a damage breaks, by name; the damage is undone."""
    db.execute("BEGIN")
    try:
        for statement in statements:
            db.execute(statement)
        if any(one.table == "ops.changes" for one in suites):
            compare(db)
        return {one.name: one for one in suites if db.sql(f"SELECT 1 FROM ({one.sql}) LIMIT 1").fetchall()}
    finally:
        db.execute("ROLLBACK")


def compare(db: duckdb.DuckDBPyConnection) -> None:
    """ops.changes anew, against the undamaged night, unless the damage is to that table."""
    if db.sql("SELECT 1 FROM ops.changes LIMIT 1").fetchall():
        return
    rows = pl.DataFrame(nights.changed(db), schema=changes.TABLE.polars_schema)
    warehouse.insert(db, changes.TABLE, rows)


def named(name: str) -> list[Expectation]:
    """The expectations of that name; those derived from promises are of many tables."""
    return [one for one in SUITES if one.name == name]
