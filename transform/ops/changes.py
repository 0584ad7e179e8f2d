"""ops.changes: what is otherwise than at the night published before, and why; `forbenefit diff` tells it of any two."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import count

CAUSES = {
    "new": "it happened since",
    "late": "it is older, and was not seen before: a late arrival, or a backfill",
    "deleted": "it is gone from the source, which left a tombstone or counts so many fewer, or it is nobody's since its account is gone",
    "rewritten": "the history of the default branch was rewritten",
    "quarantined": "it cannot be read any more",
    "identity": "it is another person's now, or of another class, by a decision about identities",
    "correction": "a correction of the source came or went",
    "clock": "its impossible time was replaced by another one",
    "held_back": "the repository is held back, or was",
    "as_of": "this night looks less far than the one before",
    "definition": "a definition has another version or parameter, and the rows are made with it",
    "accepted": "nothing explains it, and the operator said why it is right (--accept-changes)",
    "program": "nothing explains it but that the program is another, which is no reason",
    "unexplained": "nothing explains it",
}
FORBIDDEN = ("program", "unexplained")
"""Causes that do not publish."""
SUBJECTS = ("contributions", "newcomers", "definitions", "repositories")
KINDS = ("appeared", "vanished", "moved", "reassigned", "changed")
TABLE = Table(
    schema="ops",
    name="changes",
    grain="one row per repository (or all), subject, kind of change and cause",
    key=("repo_id", "subject", "change", "cause"),
    may_be_empty="Nothing may have changed, or there may be no night before.",
    columns=(
        Column("repo_id", pl.String, "The repository, or 'all' for all of them together."),
        Column("subject", pl.String, "What changed.", one_of=SUBJECTS),
        Column("change", pl.String, "How: moved is another time, reassigned another person or class.", one_of=KINDS),
        Column("cause", pl.String, "Why: the first of the causes that fits.", one_of=tuple(CAUSES)),
        Column("sample_json", pl.String, "Some of what changed, as JSON."),
        Column(
            "accepted_because", pl.String, "What the operator said; null where nothing was to accept.", nullable=True
        ),
        Column("since_run_id", pl.String, "The published run that this one is compared with."),
        count("n_changed", "How many changed so."),
    ),
    caveats="Causes: " + "; ".join(f"{cause}: {words}" for cause, words in CAUSES.items()) + ".",
)
