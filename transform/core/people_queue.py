"""core.people_queue: what only a person can tell, with the evidence: likenesses, groups too large, doubtful bots."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import share
from transform.identity.deciding import ACCEPTED_FROM
from transform.identity.machines import DOUBTFUL_PATTERN
from transform.parameters import Parameters

REASONS = ("doubtful", "quarantined", "forbidden", "bot_or_not")

TABLE = Table(
    schema="core",
    name="people_queue",
    grain="one row per question about who is one person, or about who is no person",
    key=("reason", "alias_id", "other_alias_id"),
    inputs=("core.identity_links", "core.people", "raw.actor_decisions"),
    may_be_empty="Nothing waits for a person.",
    columns=(
        Column(
            "reason",
            pl.String,
            "A link not sure enough, one of a group that grew too large, one that a rule forbids, or a login that sounds "
            "like a bot's.",
            one_of=REASONS,
        ),
        Column("alias_id", pl.String, "Account id, or 'mail:' and the keyed hash of an address."),
        Column("other_alias_id", pl.String, "The other alias; empty where it is about one."),
        share("confidence_share", "How sure the rule is; null where no rule tells.", nullable=True),
        Column("evidence", pl.String, "What speaks for it, in words that name nobody."),
    ),
    caveats="What was asked and is decided is here no more: forbenefit people merge, split and bots decide.",
)

STATUS_REASONS = {"queued": "doubtful", "quarantined": "quarantined", "forbidden": "forbidden"}


def build(
    links: pl.LazyFrame, people: pl.LazyFrame, decisions: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    del parameters
    # a faint likeness of two that cannot be one person asks nothing
    is_moot = (pl.col("status") == "forbidden") & (pl.col("confidence_share") < ACCEPTED_FROM)
    is_open = pl.col("status").is_in(list(STATUS_REASONS)) & (pl.col("decided_by") == "rule") & ~is_moot
    open_links = links.filter(is_open).select(
        "alias_id",
        "other_alias_id",
        "confidence_share",
        reason=pl.col("status").replace_strict(STATUS_REASONS, return_dtype=pl.String),
        evidence=pl.concat_str("rule", pl.lit(": "), "evidence", pl.lit("; "), "status_reason"),
    )
    sounds = pl.col("login").str.to_lowercase().str.contains(DOUBTFUL_PATTERN)
    is_guessed = pl.col("actor_class_reason").str.starts_with("its login has the word") | (
        pl.col("actor_class") == "human"
    )
    doubtful = (
        people.filter(sounds & is_guessed)
        .join(decisions.select(person_id="alias_id"), on="person_id", how="anti")
        .select(
            reason=pl.lit("bot_or_not"),
            alias_id="person_id",
            other_alias_id=pl.lit(""),
            confidence_share=pl.lit(None, pl.Float64),
            evidence=pl.concat_str(pl.lit("its login sounds like a bot's; taken for: "), "actor_class"),
        )
    )
    columns = TABLE.column_names
    waiting = pl.concat([open_links.select(columns), doubtful.select(columns)])
    return waiting.sort(columns).unique(TABLE.key, keep="first", maintain_order=True)
