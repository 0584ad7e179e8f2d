"""Ways in which records, acts, people and what is told of the night itself can be wrong."""

from __future__ import annotations

from damage_bench import (
    ALMANAC,
    BUSY,
    HELD,
    OF_REPOSITORIES,
    PROMISE,
    RECORDED,
    REVIEWS_BEYOND,
    STABLE,
    Damage,
    everywhere,
)

OF_RECORDS = {
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
    "unknown sizes become zero, and some less": Damage(
        ["UPDATE core.commits SET added_lines = -1 WHERE sha = (SELECT min(sha) FROM core.commits)"], PROMISE
    ),
    "a kind nobody knows slips in": Damage(
        [
            "UPDATE core.contributions SET kind = 'star' WHERE contribution_id = (SELECT min(contribution_id) FROM core.contributions)"
        ],
        PROMISE,
    ),
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
    "the newest week is missing": Damage(
        [
            "DELETE FROM core.contributions WHERE contributed_at >= (SELECT min(snapshot_at) FROM core.repositories) - INTERVAL 7 DAY"
        ],
        RECORDED,
    ),
    "deleted issues come back as nobody's": Damage(
        [
            "UPDATE core.issues SET person_id = NULL",
            "UPDATE core.contributions SET person_id = NULL, actor_class = NULL WHERE kind = 'issue_open'",
        ],
        STABLE,
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
