"""Every hand-written promise has been seen to fail: one lie is told to a good warehouse, and exactly it is found."""

from __future__ import annotations

import shutil

import duckdb
import pytest
from damage_bench import caught, named, workbench
from damages import DAMAGES

from quality.audits import audit
from quality.digests import DIGESTS
from quality.suites import RELATIONS

ONE_COMMENT = "(SELECT comment_id FROM core.comments ORDER BY ALL LIMIT 1)"
ONE_NEWCOMER = "(SELECT person_id FROM retention.newcomers WHERE family = 'any' ORDER BY ALL LIMIT 1)"
ANYBODY = "(SELECT min(person_id) FROM core.people)"
LIES = {
    "core holds what the archive holds": f"DELETE FROM core.comments WHERE comment_id = {ONE_COMMENT}",
    "the source is held whole": "UPDATE ops.coverage SET is_complete = false WHERE stream = 'issues'",
    "nothing is in quarantine": "INSERT INTO ops.quarantine BY NAME SELECT repo_id, 'issues' AS stream, '1' AS record_id, 'x' AS reason, true AS is_still_there, snapshot_at AS since_at FROM core.repositories LIMIT 1",
    "what changed since the last night is explained": "INSERT INTO ops.changes VALUES ('all', 'newcomers', 'moved', 'unexplained', '[]', NULL, 'x', 1)",
    "corrections still apply": "INSERT INTO ops.corrections SELECT 'x', repo_id, 't', '', '', '', '', 'r', 's', 0, false FROM core.repositories LIMIT 1",
    "every record is one contribution": "DELETE FROM core.contributions WHERE kind = 'review'",
    "triage is done to what others opened": "DELETE FROM core.events WHERE kind = 'labelled'",
    "nobody has two accounts of one forge": f"UPDATE core.aliases SET person_id = {ANYBODY} WHERE alias_kind = 'account'",
    "every commit has its person": "UPDATE core.contributions SET person_id = NULL WHERE kind = 'commit'",
    "every act has its person or a reason": "UPDATE core.contributions SET person_id = NULL WHERE kind = 'review'",
    "likenesses make no crowds": f"UPDATE core.aliases SET person_id = {ANYBODY}; "
    f"UPDATE core.identity_links SET person_id = {ANYBODY}, rule = 'B2' WHERE rule = 'A2'",
    "for whom people work is not wholly unknown": "UPDATE core.contributions SET affiliation_class = 'unknown'",
    "the credit of a commit is given once": "UPDATE core.commit_roles SET credit_share = credit_share / 2",
    "the attention of humans in the headlines is the published one": "UPDATE ops.headlines SET rank_correlation = NULL",
    "unknown affiliation is told as it is": "UPDATE influence.by_affiliation SET unknown_share = 0.001",
    "the headlines of humans are the published numbers": "UPDATE ops.headlines SET n_newcomers = n_newcomers + 1 "
    "WHERE population = 'humans'",
    "nothing happens after the snapshot": "UPDATE core.contributions SET contributed_at = '2030-01-01' WHERE kind = 'review'",
    "merged changes are closed": "UPDATE core.changes SET closed_at = NULL",
    "changes close after they open": "UPDATE core.changes SET closed_at = '1999-01-01' WHERE closed_at IS NOT NULL",
    "reviews come after the change": "UPDATE core.reviews SET submitted_at = '1999-01-01'",
    "most times are plausible": "UPDATE core.commits SET is_time_fixed = true",
    "every norm was written down first once": "UPDATE core.norm_documents SET is_first = false",
    "what is incomplete has its gaps": "INSERT INTO ops.coverage_gaps BY NAME SELECT repo_id, stream, 0 AS gap_number, 'x' AS reason, complete_until_at AS from_at, complete_until_at + INTERVAL 1 DAY AS until_at FROM ops.coverage LIMIT 1",
    "newcomers are those of the spells": f"DELETE FROM retention.newcomers WHERE person_id = {ONE_NEWCOMER}",
    "wherever newcomers came there is a curve": "DELETE FROM retention.curves WHERE family = 'review'",
    "every year with contributions has its concentration": "DELETE FROM influence.concentration WHERE quantity = 'contributions_any'",
    "newcomers are human": f"UPDATE core.people SET actor_class = 'bot' WHERE person_id = {ONE_NEWCOMER}",
    "cohorts add up": "DELETE FROM retention.cohorts WHERE cohort_quarter = (SELECT min(cohort_quarter) FROM retention.cohorts)",
    "second contributions are waited for from every newcomer": "DELETE FROM retention.second_contributions WHERE family = 'talk'",
    "everybody who acted has a type": f"DELETE FROM retention.contributor_types WHERE person_id = {ONE_NEWCOMER}",
    "turnover adds up": "UPDATE retention.turnover SET n_joiners = n_joiners + 1",
    "no mean stay exceeds its window": "UPDATE retention.curve_summaries SET restricted_mean_days = day + 1",
    "every question has its wait": "DELETE FROM retention.first_responses WHERE responded_at IS NULL",
    "an answer is another human's and follows the question": "UPDATE retention.first_responses SET responder_person_id = person_id WHERE responded_at IS NOT NULL",
    "every wait is timed": "UPDATE retention.response_times SET n_unanswered = 0",
    "every newcomer's first change has its outcome": "UPDATE retention.first_outcomes SET outcome = NULL",
    "every newcomer has been answered, waits, or cannot be told": "DELETE FROM retention.responders WHERE response_kind = 'comment'",
    "nobody is in the funnel twice": "UPDATE retention.funnel SET n_left = n_left + n_entered",
    "groups are made before the landmark": "UPDATE retention.first_questions SET response_time = 'within_24h'",
    "comparisons count whom they compare": "UPDATE retention.response_effects SET n_compared = n_compared + 1",
    "groups add up": "DELETE FROM retention.group_curves WHERE group_name = 'issue'",
    "breaks are as long as they say, and longer than their threshold": "UPDATE retention.breaks SET end_day = end_day + 1",
    "PageRank sums to one": "UPDATE influence.scores SET pagerank = pagerank / 2",
    "only humans have influence": "UPDATE core.people SET actor_class = 'bot'",
}


ALSO_LIES = {
    "likenesses make no crowds": "UPDATE core.people SET n_names = 9; "
    "UPDATE core.identity_links SET rule = 'B2' WHERE rule = 'A2'",
    "every act has its person or a reason": "UPDATE core.contributions SET ghost_id = 'ghost' WHERE person_id IS NULL",
}
"""Second ways to break a promise of two halves."""


@pytest.fixture(scope="module")
def bench(first_night):
    with workbench(first_night.data / "warehouse.duckdb") as db:
        yield db


def test_every_relation_has_a_lie_that_it_finds():
    found_by = {damage.found_by for damage in DAMAGES.values()}

    assert {expectation.name for expectation in RELATIONS} - found_by <= set(LIES)
    assert set(LIES) <= {expectation.name for expectation in RELATIONS}


def test_a_good_night_passes_its_audit(first_night):
    verdicts = audit(first_night.data / "warehouse.duckdb", RELATIONS)

    assert {verdict.expectation.name for verdict in verdicts if verdict.outcome != "passed"} == set()


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_found(bench, name):
    assert set(caught(bench, [LIES[name]], named(name))) == {name}


@pytest.mark.parametrize("name", ALSO_LIES)
def test_and_its_other_half(bench, name):
    assert set(caught(bench, [ALSO_LIES[name]], named(name))) == {name}


def test_a_lie_is_found_by_the_audit_as_by_its_query(first_night, tmp_path):
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copy(first_night.data / "warehouse.duckdb", warehouse)
    with duckdb.connect(str(warehouse)) as db:
        db.execute(LIES["PageRank sums to one"])
    (verdict,) = audit(warehouse, named("PageRank sums to one"))

    assert verdict.outcome == "failed"
    assert len(verdict.guilty) == 2


DIGESTED = [one for one in RELATIONS if any(digest in one.sql for digest in DIGESTS.values())]
SHORTER_STAY = "UPDATE core.spells SET first_day = first_day - 1, is_newcomer = false WHERE family = 'any'"


def test_what_is_asked_once_for_several_is_found_by_each_of_them(first_night, tmp_path):
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copy(first_night.data / "warehouse.duckdb", warehouse)
    with duckdb.connect(str(warehouse)) as db:
        db.execute(SHORTER_STAY)
    with workbench(first_night.data / "warehouse.duckdb") as db:
        alone = set(caught(db, [SHORTER_STAY], DIGESTED))

    assert alone == {one.expectation.name for one in audit(warehouse, DIGESTED) if one.outcome == "failed"}
    assert (
        {"a spell lasts from the first act to the last", "newcomers are those of the spells"}
        <= alone
        < {one.name for one in DIGESTED}
    )


def test_a_digest_that_cannot_be_made_lets_nobody_pass(first_night, tmp_path):
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copy(first_night.data / "warehouse.duckdb", warehouse)
    with duckdb.connect(str(warehouse)) as db:
        db.execute("ALTER TABLE core.spells DROP COLUMN is_newcomer")

    verdicts = audit(warehouse, named("a spell lasts from the first act to the last") + named("PageRank sums to one"))

    assert [verdict.outcome for verdict in verdicts] == ["could_not_run", "passed"]
