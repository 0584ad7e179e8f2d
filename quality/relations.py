"""What must hold between tables and along time: written by hand, one promise of ours a piece.

Each query returns the rows that break the promise. Where a rule is about the forge's data rather than our own
arithmetic it is a warning: forges hold impossible things, and hiding a community for one of them helps nobody.
"""

from __future__ import annotations

from quality.expectations import Expectation

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
        "SELECT repo_id, stream, record_id, reason FROM ops.quarantine WHERE is_still_there",
        severity="warning",
    ),
    Expectation(
        "what changed since the last night is explained",
        "ops.changes",
        "Acts and newcomers vanish, move or change hands only by a deletion, a rewritten history, a decision about "
        "identities, a correction, a definition of another version. If they are right, run once with --accept-changes REASON.",
        "SELECT repo_id, subject, change, cause, n_changed, sample_json FROM ops.changes "
        "WHERE cause IN ('unexplained', 'program')",
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
        "nothing happens after the snapshot",
        "core.contributions",
        "Acts lie before the snapshot; an author's clock may be a day fast.",
        "SELECT repo_id, contribution_id, contributed_at, held_until_at FROM core.contributions JOIN core.repositories USING (repo_id) "
        "WHERE epoch_us(contributed_at) >= epoch_us(held_until_at) + CASE WHEN kind = 'commit' THEN 86400000000 ELSE 0 END",
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
)
