"""SQL that compares the acts, newcomers, repositories and definitions of two nights, and finds the cause of each change.

The nights are attached as `before` and `after`; `told` says what the run and the operator know, `held` who is left out.
"""

from __future__ import annotations

SUMS = """
    SELECT repo_id, kind, date_trunc('month', contributed_at) AS month, count(*) AS n,
        bit_xor(hash(contribution_id, person_id, contributed_at, actor_class)) AS checksum
    FROM {night}.core.contributions GROUP BY ALL
"""
DIFFERING = f"""
    CREATE OR REPLACE TEMP TABLE differing AS SELECT DISTINCT repo_id, kind, month FROM (
        ({SUMS.format(night="before")} EXCEPT {SUMS.format(night="after")})
        UNION ALL ({SUMS.format(night="after")} EXCEPT {SUMS.format(night="before")}))
"""
ACTS = """
    CREATE OR REPLACE TEMP TABLE acts_{night} AS SELECT c.* FROM {night}.core.contributions AS c SEMI JOIN differing AS d
        ON c.repo_id = d.repo_id AND c.kind = d.kind AND date_trunc('month', c.contributed_at) = d.month
"""
MOVED_PEOPLE = """
    CREATE OR REPLACE TEMP TABLE moved_people AS SELECT unnest([b.person_id, a.person_id]) AS person_id
    FROM before.core.aliases AS b JOIN after.core.aliases AS a USING (alias_id) WHERE b.person_id != a.person_id
    UNION SELECT person_id FROM before.core.people AS b JOIN after.core.people AS a USING (person_id)
    WHERE b.actor_class != a.actor_class AND b.actor_class_reason != a.actor_class_reason
"""
PAIRS = """
    CREATE OR REPLACE TEMP TABLE pairs AS SELECT
        contribution_id, coalesce(a.repo_id, b.repo_id) AS repo_id, coalesce(a.kind, b.kind) AS kind,
        coalesce(b.artefact_id, a.artefact_id) AS artefact,
        b.person_id AS person_before, a.person_id AS person_after, b.contributed_at AS at_before,
        a.contributed_at AS at_after, regexp_extract(contribution_id, '/commit/([0-9a-f]+)', 1) AS sha,
        CASE WHEN b.repo_id IS NULL THEN 'appeared' WHEN a.repo_id IS NULL THEN 'vanished'
            WHEN a.contributed_at != b.contributed_at THEN 'moved' ELSE 'reassigned' END AS change,
        CASE coalesce(a.kind, b.kind) WHEN 'comment' THEN 'comments' WHEN 'review' THEN 'reviews'
            WHEN 'review_comment' THEN 'review_comments' WHEN 'issue_open' THEN 'issues' WHEN 'commit' THEN 'commits'
            WHEN 'change_open' THEN 'changes' WHEN 'change_merge' THEN 'changes' ELSE 'events' END AS stream
    FROM acts_before AS b FULL JOIN acts_after AS a USING (contribution_id)
    WHERE a.repo_id IS NULL OR b.repo_id IS NULL OR a.contributed_at != b.contributed_at
        OR a.person_id IS DISTINCT FROM b.person_id OR a.actor_class IS DISTINCT FROM b.actor_class
"""
FEWER = """
    CREATE OR REPLACE TEMP TABLE fewer AS SELECT repo_id, stream FROM (
        SELECT repo_id, stream, count(*) FILTER (change = 'vanished') AS gone,
            count(*) FILTER (change = 'appeared') AS came FROM pairs GROUP BY ALL)
    JOIN before.ops.coverage AS b USING (repo_id, stream) JOIN after.ops.coverage AS a USING (repo_id, stream)
    WHERE gone > 0 AND a.is_complete AND a.source_total < b.held + came
"""
DEPARTED = """
    CREATE OR REPLACE TEMP TABLE departed AS SELECT repo_id, person_id FROM (
        SELECT repo_id, person_before AS person_id, count(*) OVER (PARTITION BY repo_id) AS n FROM (
            SELECT DISTINCT repo_id, person_before FROM pairs
            WHERE change = 'reassigned' AND person_before IS NOT NULL AND person_after IS NULL))
    JOIN (SELECT repo_id, count(DISTINCT person_id) AS n_people FROM before.core.contributions GROUP BY ALL)
        USING (repo_id)
    ANTI JOIN (SELECT repo_id, person_after AS person_id FROM pairs WHERE change = 'appeared') USING (repo_id, person_id)
    WHERE n = 1 OR n * 10 <= n_people
"""
"""Who deleted their account, so that forges show what they did as nobody's: they did nothing since, and were few. Were it
many in one night, it would be authors that a reader lost."""
CORRECTED = """
    CREATE OR REPLACE TEMP TABLE corrected AS SELECT coalesce(a.repo_id, b.repo_id) AS repo_id
    FROM (SELECT * FROM before.ops.corrections WHERE is_applied) AS b
    FULL JOIN (SELECT * FROM after.ops.corrections WHERE is_applied) AS a
        USING (table_name, rows_json, expected_json, corrected_json)
    WHERE a.repo_id IS NULL OR b.repo_id IS NULL
"""
REWRITTEN = """
    CREATE OR REPLACE TEMP TABLE rewritten AS SELECT repo_id FROM after.ops.coverage AS a
    LEFT JOIN before.ops.coverage AS b USING (repo_id, stream)
    WHERE stream = 'lost_commits' AND a.held > coalesce(b.held, 0)
"""
FIXED = """
    CREATE OR REPLACE TEMP TABLE fixed AS SELECT repo_id, sha FROM after.core.commits WHERE is_time_fixed
    UNION SELECT repo_id, sha FROM before.core.commits WHERE is_time_fixed
"""
IS_OTHERWISE = """
        WHEN {repo_id} IN (FROM corrected) THEN 'correction'
        WHEN (SELECT list_contains(redefined, {table}) FROM told) THEN 'definition'
        WHEN (SELECT accepts FROM told) THEN 'accepted'
        WHEN (SELECT is_other_program FROM told) THEN 'program'"""
CAUSED = f"""
    CREATE OR REPLACE TEMP TABLE caused AS SELECT p.*, CASE
        WHEN p.repo_id IN (FROM held) THEN 'held_back'
        WHEN change = 'appeared' AND (b.repo_id IS NULL OR at_after >= b.held_until_at) THEN 'new'
        WHEN change = 'vanished' AND at_before >= a.held_until_at THEN 'as_of'
        WHEN change = 'appeared' AND a.held_until_at < b.held_until_at AND (p.repo_id, artefact) IN
            (SELECT (repo_id, item_kind || ':' || number) FROM before.ops.tombstones) THEN 'as_of'
        WHEN change = 'vanished' AND (p.repo_id, artefact) IN
            (SELECT (repo_id, item_kind || ':' || number) FROM after.ops.tombstones) THEN 'deleted'
        WHEN person_before IN (FROM moved_people) OR person_after IN (FROM moved_people) THEN 'identity'
        WHEN change = 'reassigned' AND person_after IS NULL AND (p.repo_id, person_before) IN (FROM departed)
            THEN 'deleted'
        WHEN change = 'appeared' THEN 'late'
        WHEN change = 'vanished' AND kind = 'commit' AND p.repo_id IN (FROM rewritten) THEN 'rewritten'
        WHEN change = 'vanished' AND (p.repo_id, stream) IN (SELECT (repo_id, stream) FROM fewer) THEN 'deleted'
        WHEN change = 'vanished' AND (p.repo_id, split_part(artefact, ':', 2)) IN (SELECT (repo_id, record_id) FROM after.ops.quarantine WHERE is_still_there)
            THEN 'quarantined'
        WHEN change = 'moved' AND (p.repo_id, sha) IN (SELECT (repo_id, sha) FROM fixed) THEN 'clock'
        {IS_OTHERWISE.format(repo_id="p.repo_id", table="'core.contributions'")} ELSE 'unexplained' END AS cause
    FROM pairs AS p LEFT JOIN before.core.repositories AS b USING (repo_id)
    LEFT JOIN after.core.repositories AS a USING (repo_id)
"""
NEWCOMERS = f"""
    CREATE OR REPLACE TEMP TABLE newcomers AS SELECT repo_id, person_id, b.first_at AS at_before, a.first_at AS at_after,
        CASE WHEN b.first_at IS NULL THEN 'appeared' WHEN a.first_at IS NULL THEN 'vanished' ELSE 'moved' END AS change,
        CASE WHEN repo_id IN (FROM held) THEN 'held_back'
            WHEN a.first_at >= rb.snapshot_at OR rb.repo_id IS NULL THEN 'new'
            WHEN b.first_at >= ra.snapshot_at THEN 'as_of'
            WHEN c.cause IS NOT NULL THEN c.cause
            WHEN ra.newcomers_from_at != rb.newcomers_from_at THEN 'late'
            {IS_OTHERWISE.format(repo_id="repo_id", table="'retention.newcomers'")} ELSE 'unexplained' END AS cause
    FROM (SELECT * FROM before.retention.newcomers WHERE family = 'any' AND repo_id != 'all') AS b
    FULL JOIN (SELECT * FROM after.retention.newcomers WHERE family = 'any' AND repo_id != 'all') AS a
        USING (repo_id, person_id)
    LEFT JOIN before.core.repositories AS rb USING (repo_id) LEFT JOIN after.core.repositories AS ra USING (repo_id)
    LEFT JOIN (SELECT repo_id, person_id, max(cause) FILTER (cause != 'new') AS cause FROM (
        SELECT repo_id, unnest([person_before, person_after]) AS person_id, cause FROM caused) GROUP BY ALL) AS c
        USING (repo_id, person_id)
    WHERE a.first_at IS DISTINCT FROM b.first_at
"""
REPOSITORIES = """
    CREATE OR REPLACE TEMP TABLE repositories AS SELECT repo_id, coalesce(a.full_name, b.full_name) AS full_name,
        CASE WHEN b.repo_id IS NULL THEN 'appeared' ELSE 'vanished' END AS change,
        CASE WHEN b.repo_id IS NULL THEN 'new' WHEN repo_id IN (FROM held) THEN 'held_back'
        WHEN (SELECT accepts FROM told) THEN 'accepted' ELSE 'unexplained' END AS cause
    FROM before.core.repositories AS b FULL JOIN after.core.repositories AS a USING (repo_id)
    WHERE a.repo_id IS NULL OR b.repo_id IS NULL
"""
DEFINITIONS = """
    CREATE OR REPLACE TEMP TABLE definitions AS SELECT 'all' AS repo_id, definition, a.formula, 'definition' AS cause,
        CASE WHEN b.definition IS NULL THEN 'appeared' WHEN a.definition IS NULL THEN 'vanished' ELSE 'changed' END AS change
    FROM before.ops.definitions AS b FULL JOIN after.ops.definitions AS a USING (definition)
    WHERE a.formula IS DISTINCT FROM b.formula
"""
STEPS = (
    DIFFERING,
    ACTS.format(night="before"),
    ACTS.format(night="after"),
    MOVED_PEOPLE,
    PAIRS,
    FEWER,
    DEPARTED,
    CORRECTED,
    REWRITTEN,
    FIXED,
)
SUBJECTS = {
    "contributions": ("caused", "contribution_id, person_before, person_after, at_before, at_after"),
    "newcomers": ("newcomers", "person_id, at_before, at_after"),
    "repositories": ("repositories", "full_name"),
    "definitions": ("definitions", "definition, formula"),
}
