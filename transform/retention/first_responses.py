"""retention.first_responses: how long whoever opened an issue or change waited for another human (RET-12)."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import ARTEFACT_ID, DEFINITION, PERSON_ID, REPO_ID, SNAPSHOT_AT, URL
from transform.parameters import Parameters
from transform.retention.rests_on import ACTS_ON_ARTEFACT, EVENTS_ON_ARTEFACT

ARTEFACT_KINDS = ("issue", "change")
RESPONSE_KINDS = ("comment", "review_comment", "review", "change_merge", "label", "state_change")
ANSWERING_EVENTS = {"labelled": "label", "unlabelled": "label", "closed": "state_change", "reopened": "state_change"}
"""Events that show the author that somebody has looked."""
THREAD = ("repo_id", "artefact_id")

ARTEFACT_KIND = Column("artefact_kind", pl.String, "Issue or change.", one_of=ARTEFACT_KINDS)
OPENED_AT = Column("opened_at", INSTANT, "When it was opened.")
IS_NEWCOMER_AT_OPENING = Column(
    "is_newcomer_at_opening", pl.Boolean, "Whether the author's first act of all lay less than newcomer_days back."
)
RESPONDED_AT = Column(
    "responded_at", INSTANT, "First response by another human; null while there is none.", nullable=True
)
OBSERVED_UNTIL_AT = Column(
    "observed_until_at",
    INSTANT,
    "End of the wait if nobody answers: closing, an act of a deleted account, or the snapshot.",
)


def hours(name: str, doc: str, *, nullable: bool = True) -> Column:
    """A column that holds hours, which a clock running backwards cannot make negative."""
    return Column(name, pl.Float64, doc, unit="hours", nullable=nullable, at_least=0)


NO_MACHINE = pl.lit(value=False)
TABLE = Table(
    schema="retention",
    name="first_responses",
    grain="one row per issue or change that a human opened",
    key=THREAD,
    inputs=(
        "core.issues",
        "core.changes",
        "core.reviews",
        "core.comments",
        "core.events",
        "core.people",
        "core.repositories",
        "retention.newcomers",
    ),
    definition="RET-12/1",
    formula="first comment, review, label, change of state or merge by a human other than the author, not before "
    "opened_at and not after observed_until_at; insider: had merged another's change or reviewed one before that instant",
    source="bots apart: Hasan et al. 2023",
    parameters={"newcomer_days": "parameters.newcomer_days"},
    caveats="Unanswered is null, never 0: such a wait is censored at observed_until_at. A closing ends the wait; "
    "it answers where somebody else is known to have closed. A comment on a line counts when its review is sent. Drafts wait as others.",
    is_large=True,
    may_be_empty="A plain git repository has no issues and no change requests.",
    evidence=(
        ACTS_ON_ARTEFACT,
        EVENTS_ON_ARTEFACT,
    ),
    columns=(
        REPO_ID,
        ARTEFACT_ID,
        ARTEFACT_KIND,
        PERSON_ID,
        IS_NEWCOMER_AT_OPENING,
        URL,
        OPENED_AT,
        RESPONDED_AT,
        hours("response_hours", "From opening to responded_at."),
        Column("response_kind", pl.String, "What the response was.", nullable=True, one_of=RESPONSE_KINDS),
        Column(
            "responder_person_id",
            pl.String,
            "Who responded first.",
            nullable=True,
            references="core.people.person_id",
        ),
        Column("is_responder_insider", pl.Boolean, "Whether that was an insider then.", nullable=True),
        Column(
            "insider_responded_at", INSTANT, "First response by an insider; null while there is none.", nullable=True
        ),
        hours("insider_response_hours", "From opening to insider_responded_at."),
        Column("bot_responded_at", INSTANT, "First response by a bot; null while there is none.", nullable=True),
        hours("bot_response_hours", "From opening to bot_responded_at."),
        Column("is_insider_known", pl.Boolean, "Whether the repository had shown any insider before the opening."),
        OBSERVED_UNTIL_AT,
        hours("observed_hours", "From opening to observed_until_at.", nullable=False),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    issues: pl.LazyFrame,
    changes: pl.LazyFrame,
    reviews: pl.LazyFrame,
    comments: pl.LazyFrame,
    events: pl.LazyFrame,
    people: pl.LazyFrame,
    repositories: pl.LazyFrame,
    newcomers: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    insiders = insiders_from(changes, reviews).cache()
    threads = questions(issues, changes, people, repositories).with_row_index("thread").cache()
    others = pl.concat([commented(comments, reviews), reviewed(reviews), merged(changes), marked(events)])
    acts = others.pipe(acts_of_others, threads, people, insiders).cache()
    waits = threads.pipe(with_end_of_wait, acts).cache()
    answers = acts.join(waits.select("thread", "observed_until_at"), on="thread").filter(
        pl.col("at") <= pl.col("observed_until_at")
    )
    return (
        waits.join(first_answers(answers.cache()), on="thread", how="left")
        .pipe(with_hours)
        .pipe(with_standing, newcomers, insiders, parameters.newcomer_days)
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
    )


def questions(
    issues: pl.LazyFrame, changes: pl.LazyFrame, people: pl.LazyFrame, repositories: pl.LazyFrame
) -> pl.LazyFrame:
    """What humans opened before the snapshot; `ended_at` is when it was closed or merged."""
    each = ("repo_id", "artefact_id", "person_id", "url", "opened_at")
    opened = pl.concat(
        [
            issues.select(*each, artefact_kind=pl.lit("issue"), ended_at="closed_at"),
            # the forge may set the two of a merge a second apart
            changes.select(*each, artefact_kind=pl.lit("change"), ended_at=pl.max_horizontal("closed_at", "merged_at")),
        ]
    )
    return (
        opened.join(people.filter(pl.col("actor_class") == "human"), on="person_id", how="semi")
        .join(repositories.select("repo_id", "snapshot_at"), on="repo_id")
        .filter(pl.col("opened_at") < pl.col("snapshot_at"))
    )


def commented(comments: pl.LazyFrame, reviews: pl.LazyFrame) -> pl.LazyFrame:
    """Comments as the author came to see them: one on a line is shown only when its review is sent."""
    sent = reviews.select("repo_id", "review_id", "submitted_at")
    return comments.join(sent, on=["repo_id", "review_id"], how="left").select(
        *THREAD,
        "person_id",
        at=pl.max_horizontal("commented_at", "submitted_at"),
        response_kind="comment_kind",
        act_id="comment_id",
        is_by_machine="is_by_machine",
    )


def reviewed(reviews: pl.LazyFrame) -> pl.LazyFrame:
    kind = pl.lit("review")
    return reviews.select(
        *THREAD, "person_id", at="submitted_at", response_kind=kind, act_id="review_id", is_by_machine=NO_MACHINE
    )


def merged(changes: pl.LazyFrame) -> pl.LazyFrame:
    kind, who = pl.lit("change_merge"), pl.col("merged_by_person_id")
    merges = changes.filter("is_merged")
    return merges.select(
        *THREAD, person_id=who, at="merged_at", response_kind=kind, act_id="artefact_id", is_by_machine=NO_MACHINE
    )


def marked(events: pl.LazyFrame) -> pl.LazyFrame:
    """Labels and changes of state; one by nobody knows whom is no sign of anything."""
    return events.filter(pl.col("kind").is_in(list(ANSWERING_EVENTS)), pl.col("person_id").is_not_null()).select(
        *THREAD,
        "person_id",
        at="occurred_at",
        response_kind=pl.col("kind").replace_strict(ANSWERING_EVENTS, return_dtype=pl.String),
        act_id="event_id",
        is_by_machine=NO_MACHINE,
    )


def insiders_from(changes: pl.LazyFrame, reviews: pl.LazyFrame) -> pl.LazyFrame:
    """`insider_from_at` per repository and person: the first merge or review of a change of somebody else's."""
    authors = changes.select(*THREAD, author_person_id="person_id")
    deeds = pl.concat([merged(changes), reviewed(reviews)]).join(authors, on=THREAD).drop_nulls("person_id")
    return (
        deeds.filter(pl.col("person_id").ne_missing(pl.col("author_person_id")))
        .group_by("repo_id", "person_id")
        .agg(insider_from_at=pl.col("at").min())
    )


def acts_of_others(
    acts: pl.LazyFrame, threads: pl.LazyFrame, people: pl.LazyFrame, insiders: pl.LazyFrame
) -> pl.LazyFrame:
    """Acts on a question, from its opening up to the snapshot, by anybody but its author; who is null: unknown."""
    asked = threads.select("thread", *THREAD, "opened_at", "snapshot_at", author_person_id="person_id")
    return (
        acts.join(asked, on=THREAD)
        .filter(
            pl.col("at").is_between("opened_at", "snapshot_at", closed="left"),
            pl.col("person_id").ne_missing(pl.col("author_person_id")),
        )
        .join(people.select("person_id", "actor_class"), on="person_id", how="left")
        .join(insiders, on=["repo_id", "person_id"], how="left")
        .select(
            "thread",
            "person_id",
            "at",
            "response_kind",
            "act_id",
            is_human=((pl.col("actor_class") == "human") & ~pl.col("is_by_machine")).fill_null(value=False),
            is_bot=((pl.col("actor_class") == "bot") | pl.col("is_by_machine")).fill_null(value=False),
            is_insider=(pl.col("insider_from_at") < pl.col("at")).fill_null(value=False),
        )
    )


def with_end_of_wait(threads: pl.LazyFrame, acts: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `observed_until_at`. Whether a deleted account answered as a human or a bot cannot be told any more."""
    unknown = acts.filter(pl.col("person_id").is_null()).group_by("thread").agg(unknown_at=pl.col("at").min())
    end = pl.min_horizontal("snapshot_at", "ended_at", "unknown_at")
    return threads.join(unknown, on="thread", how="left").with_columns(
        observed_until_at=pl.max_horizontal(end, "opened_at")  # a clock may have closed it before it was opened
    )


def first_answers(answers: pl.LazyFrame) -> pl.LazyFrame:
    """One row per answered thread; of answers at one instant the kind and then the id decide who was first."""
    at = pl.col("at")
    firsts = answers.group_by("thread").agg(
        responded_at=at.filter("is_human").min(),
        insider_responded_at=at.filter(pl.col("is_human") & pl.col("is_insider")).min(),
        bot_responded_at=at.filter("is_bot").min(),
    )
    by_whom = (
        answers.filter("is_human")
        .join(firsts.select("thread", at="responded_at"), on=["thread", "at"])
        .sort("thread", "response_kind", "act_id")
        .unique("thread", keep="first", maintain_order=True)
        .select("thread", "response_kind", responder_person_id="person_id", is_responder_insider="is_insider")
    )
    return firsts.join(by_whom, on="thread", how="left")


def with_hours(waits: pl.LazyFrame) -> pl.LazyFrame:
    since = {
        "response_hours": "responded_at",
        "insider_response_hours": "insider_responded_at",
        "bot_response_hours": "bot_responded_at",
        "observed_hours": "observed_until_at",
    }
    return waits.with_columns(hours_between("opened_at", end).alias(name) for name, end in since.items())


def hours_between(start: str, end: str) -> pl.Expr:
    return (pl.col(end) - pl.col(start)).dt.total_microseconds() / 3_600_000_000


def with_standing(
    waits: pl.LazyFrame, newcomers: pl.LazyFrame, insiders: pl.LazyFrame, newcomer_days: int
) -> pl.LazyFrame:
    """Adds whether the author was new, and whether anybody was known who could have answered as an insider."""
    arrived = newcomers.filter(pl.col("family") == "any").select("repo_id", "person_id", "first_at")
    opened = insiders.group_by("repo_id").agg(first_insider_at=pl.col("insider_from_at").min())
    is_new = pl.col("opened_at") < pl.col("first_at") + pl.duration(days=newcomer_days)
    return (
        waits.join(arrived, on=["repo_id", "person_id"], how="left")
        .join(opened, on="repo_id", how="left")
        .with_columns(
            is_newcomer_at_opening=is_new.fill_null(value=False),
            is_insider_known=(pl.col("first_insider_at") < pl.col("opened_at")).fill_null(value=False),
        )
    )
