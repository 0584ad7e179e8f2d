"""Columns that several tables share: one name, one type, one unit, one meaning."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Evidence

ALL_REPOSITORIES = "all"
"""`repo_id` of the rows that are about all repositories together."""

TRIAGE_KINDS = ("label", "assign", "milestone", "lock", "close", "reopen")
KINDS = ("commit", "change_open", "change_merge", "review", "review_comment", "issue_open", "comment", *TRIAGE_KINDS)
FAMILY_OF_KIND = {
    "commit": "code",
    "change_open": "code",
    "change_merge": "code",
    "review": "review",
    "review_comment": "review",
    "issue_open": "talk",
    "comment": "talk",
    **dict.fromkeys(TRIAGE_KINDS, "triage"),
}
FAMILIES = ("any", "code", "review", "talk", "triage")
DOORS = ("issue", "comment", "change", "review", "commit", "merge", "triage")
AFFILIATION_CLASSES = ("unknown", "company", "academic", "public", "volunteer")
ACTOR_CLASSES = ("human", "bot", "agent", "organisation")
END_RULES = ("first_gap", "terminal")
COMPARISONS = ("door", "cohort_band", "affiliation", "arrival")
"""Groups that are known at the first act."""
LANDMARK_COMPARISONS = ("response_time", "responder", "first_outcome")
"""Groups that are known some days after a first question, at its landmark."""
NETS = ("review", "reply", "merge", "mention", "coedit")
"""Networks of single acts, from who gives attention to who receives it."""
PROJECTED_NETS = ("thread", "cofile")
"""Networks of what two did together in a window, the same in both directions."""
NETWORKS = ("attention", "all")
"""What scores are computed on: review, reply and mention; or all seven."""
WINDOW_KINDS = ("year", "quarter", "rolling")

REPO_ID = Column(
    "repo_id", pl.String, "The repository: the forge's name and its lasting id.", references="core.repositories.repo_id"
)
SCOPE_ID = Column("repo_id", pl.String, "The repository, or 'all' for all of them together.")
PERSON_ID = Column("person_id", pl.String, "The person.", references="core.people.person_id")
AUTHOR_ID = Column(
    "person_id",
    pl.String,
    "The person; null for a deleted account, which is no person.",
    nullable=True,
    references="core.people.person_id",
)
ORGANISATION = Column(
    "organisation",
    pl.String,
    "Organisation that they worked for, by its name or domain; null when unknown, and for volunteers.",
    nullable=True,
)
AFFILIATION_CLASS = Column(
    "affiliation_class",
    pl.String,
    "For whom they worked: a company, a university or school, a public body, nobody (by evidence), or unknown.",
    one_of=AFFILIATION_CLASSES,
)
ARTEFACT_ID = Column("artefact_id", pl.String, "The issue, change or lone commit it belongs to, such as change:12.")
FAMILY = Column("family", pl.String, "Family of the acts that count; 'any' is all of them.", one_of=FAMILIES)
END_RULE = Column(
    "end_rule",
    pl.String,
    "What counts as leaving: the first silence as long as the horizon, or the last act of all.",
    one_of=END_RULES,
)
COMPARISON = Column(
    "comparison",
    pl.String,
    "What tells the groups apart: known at the first act, or at the landmark of a first question.",
    one_of=(*COMPARISONS, *LANDMARK_COMPARISONS),
)
HORIZON_DAYS = Column("horizon_days", pl.Int32, "Silence that counts as having left.", unit="days", at_least=1)
DEFINITION = Column("definition", pl.String, "Definition and version; see ops.definitions.")
SNAPSHOT_AT = Column("snapshot_at", INSTANT, "Nothing at or after this instant is used.")
URL = Column("url", pl.String, "Page of it on the forge; null for plain git.", nullable=True)
N_PERSONS = Column("n_persons", pl.Int64, "Persons the row rests on.", unit="persons", at_least=0)
N_CONTRIBUTIONS = Column("n_contributions", pl.Int64, "Contributions the row rests on.", at_least=0)
FIRST_AT = Column("first_at", INSTANT, "First act of the family.")
DOOR = Column("door", pl.String, "Kind of the very first act, of any family: how the person came in.", one_of=DOORS)
COHORT_QUARTER = Column("cohort_quarter", pl.Date, "First day of the calendar quarter (UTC) of the first act.")
COHORT = Column("cohort", pl.String, "Calendar year (UTC) of the first act, or 'all' years together.")
DAYS_SINCE_FIRST = Column("day", pl.Int32, "UTC days since the day of the first act.", unit="days", at_least=0)
N_NEWCOMERS = Column("n_newcomers", pl.Int64, "Newcomers of the cohort.", unit="persons", at_least=0)
WINDOW_START = Column("window_start", pl.Date, "First day (UTC) of the window the row is about.")
WINDOW_KIND = Column(
    "window_kind",
    pl.String,
    "Calendar year, calendar quarter, or 365 days that end at the snapshot or a multiple of 90 days before it.",
    one_of=WINDOW_KINDS,
)
NETWORK = Column(
    "network", pl.String, "Reviews, replies and mentions; or all seven networks together.", one_of=NETWORKS
)
IS_WINDOW_COMPLETE = Column(
    "is_window_complete", pl.Boolean, "Whether the calendar window of the row had ended when observation did."
)


ACTS_OF_PERSON = Evidence(
    "core.contributions",
    "the person's acts in the scope and family before the snapshot",
    same=("person_id",),
    scope=("repo_id", "family"),
    when="there.actor_class = 'human' AND there.contributed_at < least(here.snapshot_at, repository.snapshot_at)",
)
"""What a row about a person in a scope and family rests on: their acts there before the snapshot."""
MAIN_HORIZON = "(SELECT (parameters_json::JSON->>'$.horizon_days')::INTEGER FROM ops.definitions LIMIT 1)"
"""SQL for the silence that counts as having left where a table does not say it in a column."""


def share(name: str, doc: str, *, nullable: bool = False) -> Column:
    """A column that holds a share between 0 and 1."""
    return Column(name, pl.Float64, doc, unit="share", nullable=nullable, at_least=0, at_most=1)


def count(name: str, doc: str, *, unit: str | None = None, nullable: bool = False) -> Column:
    """A column that holds a count."""
    return Column(name, pl.Int64, doc, unit=unit, nullable=nullable, at_least=0)
