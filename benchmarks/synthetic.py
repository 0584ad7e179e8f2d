"""Raw tables of an invented community, as many contributions as one likes, the same for the same seed.

The mix is that of busy forges: 33 % commits, 42 % comments (a third of them on lines in review), 7 % reviews, 6 % steps
of triage, and issues, changes and merges for the rest; two events in five are such a step. Persons are ten times fewer than contributions; few of them do most of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from extract import raw

STARTS_AT, ENDS_AT = datetime(2014, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
SHARES = {
    "commits": 0.33,
    "comments": 0.28,
    "review_comments": 0.14,
    "reviews": 0.07,
    "events": 0.15,
    "issues": 0.035,
    "changes": 0.05,
}
EVENT_KINDS = ("labelled", "assigned", "cross_referenced", "review_requested", "renamed")
EVENT_SHARES = (0.3, 0.1, 0.3, 0.25, 0.05)
MERGED_SHARE = 0.7
BOT_SHARE, BOT_ACTS_SHARE = 0.001, 0.08
HOSTS = (None, "gmail.com", "redhat.com", "small.example", None, "suse.com", None)
MERGE_COMMIT_SHARE = 0.04
DAY = 86_400
Numbers = npt.NDArray[np.int64]


class Community:
    """Who there is, when they came and how long they stay; every repository draws its acts from it."""

    def __init__(self, n_persons: int, n_repositories: int, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.n_persons, self.n_repositories = n_persons, n_repositories
        span = int((ENDS_AT - STARTS_AT).total_seconds())
        self.came = int(STARTS_AT.timestamp()) + (self.random.random(n_persons) * span * 0.98).astype(np.int64)
        self.home = self.random.integers(0, n_repositories, n_persons)
        self.stays = self.random.exponential(200 * DAY, n_persons) + DAY
        weight = self.random.pareto(1.3, n_persons) + 0.05
        weight[: self.n_bots] = weight[self.n_bots :].sum() * BOT_ACTS_SHARE / self.n_bots
        self.weight = weight

    @property
    def n_bots(self) -> int:
        return max(1, int(self.n_persons * BOT_SHARE))

    def actors(self, repository: int, n: int) -> Numbers:
        """Persons by how busy they are; one act in ten is by somebody at home elsewhere."""
        near = np.flatnonzero(self.home == repository)
        local = self.random.choice(near, n, p=self.weight[near] / self.weight[near].sum())
        return np.where(self.random.random(n) < 0.1, self.random.integers(0, self.n_persons, n), local)

    def seen(self, repository: int) -> Numbers:
        """Whose accounts and addresses a repository shows: those at home there, and one visitor in twenty."""
        return np.flatnonzero((self.home == repository) | (self.random.random(self.n_persons) < 0.05))

    def times(self, actors: Numbers) -> Numbers:
        """Seconds since the epoch: after the person came, thinning out, before the end."""
        acted = self.came[actors] + self.random.exponential(self.stays[actors]).astype(np.int64)
        end = int(ENDS_AT.timestamp())
        return np.where(acted < end, acted, self.random.integers(self.came[actors], end))


def write_community(
    folder: Path, n_contributions: int, n_repositories: int = 20, n_persons: int | None = None, seed: int = 1
) -> list[Path]:
    """One raw partition a repository; the partitions."""
    community = Community(n_persons or max(20, n_contributions // 10), n_repositories, seed)
    partitions = []
    for number in range(n_repositories):
        partition = folder / f"repository-{number}"
        raw.write(partition, tables(community, number, n_contributions // n_repositories))
        partitions.append(partition)
    return partitions


def tables(community: Community, number: int, n_contributions: int) -> dict[str, pl.DataFrame]:
    repo_id = f"bench:{1000 + number}"
    n = {kind: max(2, round(share * n_contributions)) for kind, share in SHARES.items()}
    items = items_of(community, number, n["issues"], n["changes"])
    reviews = reviews_of(community, number, items, n["reviews"])
    commits = commits_of(community, number, n["commits"])
    made = {
        "repositories": repositories(number),
        "accounts": accounts(community, community.seen(number)),
        "emails": emails(community, community.seen(number)),
        "items": items,
        "reviews": reviews,
        "comments": comments_of(community, number, items, reviews, n["comments"], n["review_comments"]),
        "events": events_of(community, number, items, n["events"]),
        "commits": commits,
        "change_commits": change_commits(community, items, commits),
        "commit_people": commit_people(community, commits),
    }
    made["streams"] = streams(made)
    return {name: fitted(frame, name, repo_id) for name, frame in made.items()}


def fitted(frame: pl.DataFrame, name: str, repo_id: str) -> pl.DataFrame:
    """The columns of the raw contract, in its types; what was not invented and may be null is null."""
    table = next(table for table in raw.TABLES if table.name == name)
    nothing = [column.name for column in table.columns if column.nullable and column.name not in frame.columns]
    told = frame.with_columns(*(pl.lit(None).alias(name) for name in nothing), repo_id=pl.lit(repo_id))
    return told.select(table.column_names).cast(table.polars_schema)


def instants(seconds: Numbers) -> pl.Series:
    return pl.Series(seconds * 1_000_000).cast(pl.Datetime("us", "UTC"))


def account_ids(actors: Numbers) -> pl.Series:
    """One in two hundred has deleted the account since."""
    ids = pl.select(pl.format("bench:{}", pl.Series(actors + 10_000))).to_series()
    return pl.select(pl.when(pl.Series(actors % 200 != 199)).then(ids)).to_series()


def email_keys(actors: Numbers) -> pl.Series:
    return (
        pl.select(pl.format("{}{}", pl.Series(actors).hash(1), pl.Series(actors).hash(2))).to_series().str.slice(0, 32)
    )


def shas(number: int, n: int, salt: int) -> pl.Series:
    """40 hex digits each."""
    words = np.random.default_rng([number, salt]).bytes(20 * n).hex()
    return pl.Series([words[40 * at : 40 * at + 40] for at in range(n)])


def urls(number: int, kind: str, numbers: pl.Series) -> pl.Series:
    return pl.select(pl.format(f"https://forge.example/team-{number}/project/{kind}/{{}}", numbers)).to_series()


def repositories(number: int) -> pl.DataFrame:
    row = {
        "repo_id": f"bench:{1000 + number}",
        "forge": "bench",
        "full_name": f"team-{number}/project",
        "url": f"https://forge.example/team-{number}/project",
        "default_branch": "main",
        "is_fork": False,
        "is_archived": False,
        "created_at": STARTS_AT,
    }
    return pl.DataFrame([row], schema=raw.REPOSITORIES.polars_schema)


def accounts(community: Community, seen: Numbers) -> pl.DataFrame:
    return pl.select(
        account_id=pl.format("bench:{}", pl.Series(seen + 10_000)),
        login=pl.format("person-{}", pl.Series(seen)),
        account_type=pl.Series(np.where(seen < community.n_bots, "bot", "user")),
    )


def emails(community: Community, seen: Numbers) -> pl.DataFrame:
    """Every second address names its account; the others are persons of their own."""
    named = pl.Series(seen % 2 == 0)
    ids = pl.select(pl.format("bench:{}", pl.Series(seen + 10_000))).to_series()
    return pl.select(
        email_key=email_keys(seen),
        forge=pl.when(named).then(pl.lit("bench")),
        account_id=pl.when(named).then(ids),
        login=pl.lit(None, pl.String),
        host=pl.Series([HOSTS[one % len(HOSTS)] for one in seen], dtype=pl.String),
        is_bot=pl.Series(seen < community.n_bots),
        is_own_host=pl.lit(value=False),
        is_only_named=pl.lit(value=False),
    )


def items_of(community: Community, number: int, n_issues: int, n_changes: int) -> pl.DataFrame:
    n = n_issues + n_changes
    random = community.random
    authors = community.actors(number, n)
    opened = np.sort(community.times(authors))
    is_change = random.permutation(n) < n_changes
    is_merged = is_change & (random.random(n) < MERGED_SHARE)
    closed = np.minimum(opened + random.exponential(12 * DAY, n).astype(np.int64), int(ENDS_AT.timestamp()) - 1)
    numbers = pl.Series(np.arange(1, n + 1))
    sizes = pl.Series(random.integers(0, 500, n))
    change, merged = pl.Series(is_change), pl.Series(is_merged)
    return pl.select(
        number=numbers,
        kind=pl.when(change).then(pl.lit("change")).otherwise(pl.lit("issue")),
        title=pl.format("Fix the thing number {}", numbers),
        author_account_id=account_ids(authors),
        merged_by_account_id=pl.when(merged).then(account_ids(community.actors(number, n))),
        url=urls(number, "pull", numbers),
        base_sha=pl.when(change).then(shas(number, n, 1)),
        head_sha=pl.when(change).then(shas(number, n, 2)),
        merge_sha=pl.when(merged).then(shas(number, n, 3)),
        added_lines=pl.when(change).then(sizes),
        deleted_lines=pl.when(change).then(sizes),
        changed_files=pl.when(change).then(sizes // 50),
        comments_total=pl.lit(0),
        reviews_total=pl.when(change).then(0),
        events_total=pl.lit(0),
        commits_total=pl.when(change).then(1),
        is_draft=pl.when(change).then(pl.lit(value=False)),
        opened_at=instants(opened),
        updated_at=instants(closed),
        closed_at=instants(closed),
        merged_at=pl.when(merged).then(instants(closed)),
    )


def answers(
    community: Community, number: int, items: pl.DataFrame, n: int
) -> tuple[pl.DataFrame, pl.Series, pl.Series]:
    """Items that are answered, by whom and when: some days after they were opened, before the end."""
    chosen = items[community.random.integers(0, items.height, n)].select("number", "opened_at")
    opened = chosen["opened_at"].dt.epoch("s").to_numpy()
    answered = np.minimum(
        opened + community.random.exponential(5 * DAY, n).astype(np.int64), int(ENDS_AT.timestamp()) - 1
    )
    return chosen, account_ids(community.actors(number, n)), instants(answered)


def reviews_of(community: Community, number: int, items: pl.DataFrame, n: int) -> pl.DataFrame:
    chosen, authors, at = answers(community, number, items.filter(pl.col("kind") == "change"), n)
    ids = pl.Series(np.arange(n) + 5_000_000).cast(pl.String)
    states = community.random.choice(["approved", "commented", "changes_requested"], n)
    sent = chosen.select("number", author_account_id=authors, submitted_at=at).sort("number", "submitted_at")
    return sent.with_columns(
        review_id=ids,
        state=pl.Series(states),
        url=urls(number, "pull/review", ids),
    )


def events_of(community: Community, number: int, items: pl.DataFrame, n: int) -> pl.DataFrame:
    chosen, actors, at = answers(community, number, items, n)
    return chosen.select(
        "number",
        event_id=pl.format("E{}", pl.Series(np.arange(n) + 900_000_000)),
        kind=pl.Series(community.random.choice(EVENT_KINDS, n, p=EVENT_SHARES)),
        actor_account_id=actors,
        occurred_at=at,
    )


def comments_of(
    community: Community, number: int, items: pl.DataFrame, reviews: pl.DataFrame, n_thread: int, n_line: int
) -> pl.DataFrame:
    """Comments of threads, and comments on lines, of which every third answers another."""
    chosen, authors, at = answers(community, number, items, n_thread)
    thread = chosen.select("number", author_account_id=authors, commented_at=at, review_id=pl.lit(None, pl.String))
    reviewed = reviews[np.sort(community.random.integers(0, reviews.height, n_line))]
    line = reviewed.select("number", "author_account_id", "review_id", commented_at="submitted_at")
    both = pl.concat(
        [thread.with_columns(kind=pl.lit("comment")), line.with_columns(kind=pl.lit("review_comment"))], how="diagonal"
    )
    ids = pl.Series(np.arange(both.height) + 70_000_000)
    answers_another = (pl.col("kind") == "review_comment") & (pl.Series(ids) % 3 == 0)
    return both.with_columns(
        comment_id=ids.cast(pl.String),
        reply_to_id=pl.when(answers_another).then((ids - 1).cast(pl.String)),
        url=urls(number, "issues/comment", ids),
        is_minimised=pl.lit(value=False),
    )


def commits_of(community: Community, number: int, n_counted: int) -> pl.DataFrame:
    """One line of history; some are merges with a second parent, and those are no contributions."""
    n = round(n_counted / (1 - MERGE_COMMIT_SHARE))
    authors = community.actors(number, n)
    at = np.sort(community.times(authors))
    is_merge = pl.Series(community.random.random(n) < MERGE_COMMIT_SHARE)
    sizes = pl.Series(community.random.integers(0, 500, n))
    history = pl.DataFrame({"sha": shas(number, n, 4)}).with_columns(
        pl.col("sha").shift(1).alias("first"), pl.col("sha").shift(2).alias("second")
    )
    second = pl.when(is_merge).then("second")
    return history.select(
        "sha",
        parent_shas=pl.concat_list("first", second).list.drop_nulls(),
        author_email_key=email_keys(authors),
        committer_email_key=email_keys(authors),
        author_epoch=pl.Series(at - community.random.integers(0, DAY, n)),
        committer_epoch=pl.Series(at),
        author_utc_offset=pl.lit(0),
        subject_number=pl.lit(None, pl.Int64),
        added_lines=sizes,
        deleted_lines=sizes,
        changed_files=sizes // 50,
        is_in_default_branch=pl.lit(value=True),
    )


def change_commits(community: Community, items: pl.DataFrame, commits: pl.DataFrame) -> pl.DataFrame:
    """Two commits in three came in by a change."""
    changes = items.filter(pl.col("kind") == "change")["number"]
    proposed = commits.filter(pl.int_range(pl.len()) % 3 != 0).select("sha")
    return proposed.with_columns(number=changes[community.random.integers(0, len(changes), proposed.height)])


def commit_people(community: Community, commits: pl.DataFrame) -> pl.DataFrame:
    """One commit in fifty has a co-author."""
    shared = commits.filter(pl.int_range(pl.len()) % 50 == 0).select("sha")
    helpers = community.random.integers(0, community.n_persons, shared.height)
    return shared.with_columns(role=pl.lit("coauthor"), email_key=email_keys(helpers))


def streams(made: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """All of it is there, up to the end."""
    held = {
        **{kind + "s": made["items"].filter(kind=kind).height for kind in ("issue", "change")},
        **{kind + "s": made["comments"].filter(kind=kind).height for kind in ("comment", "review_comment")},
        "reviews": made["reviews"].height,
        "events": made["events"].height,
        "commits": made["commits"].height,
    }
    names, counts = list(held), list(held.values())
    return pl.DataFrame({"stream": names, "source_total": counts, "held": counts}).with_columns(
        reason=pl.lit(None, pl.String),
        is_complete=pl.lit(value=True),
        complete_until_at=pl.lit(ENDS_AT),
        reaches_start=pl.lit(value=True),
    )
