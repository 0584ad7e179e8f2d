"""A community that does only what two forges can both say, and core tables without the ids that are each forge's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
from core_stories import Tables
from extraction_tools import NAME, PARAMETERS, TOKEN, Crawl

from extract import raw
from extract.sandbox.community import build_world
from extract.sandbox.gitea import GITEA
from extract.sandbox.gitlab import GITLAB
from extract.sandbox.server import GITHUB, SandboxForge
from extract.sandbox.things import Change, Thread
from extract.sandbox.world import World
from transform.parameters import Parameters
from transform.tables import BUILT

CORE = [module.TABLE for module in BUILT if module.TABLE.schema == "core"]
OWN_IDS = (
    "contribution_id",
    "interaction_id",
    "comment_id",
    "review_id",
    "event_id",
    "alias_id",
    "author_alias_id",
    "committer_alias_id",
    "ghost_id",
    "url",
    "number",
)
"""Columns that hold nothing but a forge's own name of a thing."""
ONLY_SOME_TELL = ("is_minimised", "commits_total", "is_stale", "is_official")
"""Null elsewhere, for unknown is not false."""
Threads = list[Thread]


def without_events(*kinds: str) -> Callable[[Threads], None]:
    def change(threads: Threads) -> None:
        for thread in threads:
            thread.events = [event for event in thread.events if event.kind not in kinds]

    return change


def without_words(kind: str) -> Callable[[Threads], None]:
    def change(threads: Threads) -> None:
        for event in (event for thread in threads for event in thread.events if event.kind == kind):
            event.word = None

    return change


def nobody_asks_a_team(threads: Threads) -> None:
    for thread in threads:
        thread.events = [it for it in thread.events if not (it.kind.startswith("ReviewRequest") and it.word)]


def nothing_is_hidden(threads: Threads) -> None:
    for comment in (comment for thread in threads for comment in thread.comments):
        comment.is_minimised = False


def reviews_without_a_verdict_are_on_lines(threads: Threads) -> None:
    for change in changes(threads):
        change.reviews = [it for it in change.reviews if it.state != "COMMENTED" or it.comments]


def nobody_dismisses(threads: Threads) -> None:
    without_events("ReviewDismissed")(threads)
    for review in (review for change in changes(threads) for review in change.reviews):
        review.state = review.state.replace("DISMISSED", "APPROVED")


def links_are_references(threads: Threads) -> None:
    for thread in threads:
        for event in thread.events:
            if event.kind == "Connected" and not isinstance(thread, Change):
                event.kind = "CrossReferenced"
    without_events("Connected")(threads)


def changes(threads: Threads) -> list[Change]:
    return [thread for thread in threads if isinstance(thread, Change)]


UNSAID: dict[str, dict[str, Callable[[Threads], None]]] = {
    "github": {},
    "gitlab": {
        "why something was closed": without_words("Closed"),
        "why something was locked": without_words("Locked"),
        "comments that are hidden": nothing_is_hidden,
        "reviews that only say something": reviews_without_a_verdict_are_on_lines,
        "dismissals by others": nobody_dismisses,
        "links by hand": links_are_references,
        "force pushes": without_events("HeadRefForcePushed"),
        "teams that are asked for a review": nobody_asks_a_team,
    },
    "gitea": {
        "why something was closed": without_words("Closed"),
        "comments that are hidden": nothing_is_hidden,
        "links by hand": links_are_references,
        "duplicates": without_events("MarkedAsDuplicate"),
    },
}
"""What GitHub's forges say and others have no words for, as changes to a community that then does none of it."""
NOREPLY = {
    "github": "{id}+{login}@users.noreply.github.com",
    "gitlab": "{id}-{login}@users.noreply.127.0.0.1",
    "gitea": "{login}@noreply.127.0.0.1",
}
DIALECTS = {"github": GITHUB, "gitlab": GITLAB, "gitea": GITEA}


def world_for(kind: str, common_with: str) -> World:
    """The same community as any other of this function's, as far as forge `common_with` has words for it."""
    bots_are_told = common_with != "gitea"
    world = build_world(seed=3, parameters=replace(PARAMETERS, noreply=NOREPLY[kind], bots_are_told=bots_are_told))
    for repository in world.repositories.values():
        for leave_out in UNSAID[common_with].values():
            leave_out([*repository.issues, *repository.changes])
    return world


@dataclass
class Told:
    """A crawl of a world behind a dialect, with its commits by their place in the simulation."""

    crawl: Crawl
    marks: dict[str, str]

    def core(self) -> dict[str, list[tuple[object, ...]]]:
        """Core tables as sorted rows, up to the ids."""
        partition = next((self.crawl.folder / "raw").glob("*/*"))
        given = raw.scan([partition])
        until = self.crawl.forge.world.ends_at
        tables = Tables(given, Parameters(as_of=until, run_at=until))
        names = self._names(tables)
        return {table.name: self._rows(tables[table.name], names) for table in CORE}

    def _names(self, tables: Tables) -> dict[str, str]:
        """What each forge names in its own way, by that name: issues, changes, comments and commits."""
        names = dict(self.marks)
        for kind in ("issues", "changes"):
            for row in tables[kind].iter_rows(named=True):
                names[row["artefact_id"]] = f"{kind} of {row['opened_at']}: {row['title']}"
        for row in tables["comments"].iter_rows(named=True):
            names[row["comment_id"]] = f"{row['comment_kind']} of {row['person_id']} at {row['commented_at']}"
        return names

    def _rows(self, table: pl.DataFrame, names: dict[str, str]) -> list[tuple[object, ...]]:
        if "other_number" in table.columns:
            kind = pl.col("other_kind").fill_null("?")
            table = table.with_columns(other_number=kind + ":" + pl.col("other_number").cast(pl.String))
            table = table.drop("other_kind")
        if "change_number" in table.columns:
            table = table.with_columns(change_number="change:" + pl.col("change_number").cast(pl.String))
        if "login" in table.columns:
            table = table.with_columns(pl.col("login").str.strip_suffix("[bot]"))
        shown = table.drop(OWN_IDS + ONLY_SOME_TELL, strict=False)
        rows = [tuple(self._named(value, names) for value in row) for row in shown.iter_rows()]
        return sorted(rows, key=repr)

    def _named(self, value: object, names: dict[str, str]) -> object:
        if not isinstance(value, str):
            return value
        if value.startswith("?:"):  # where the number alone says which of the two it is
            return names.get(f"issue:{value[2:]}") or names.get(f"change:{value[2:]}")
        before, _, sha = value.rpartition("commit:")
        return names.get(value) or (f"{before}commit:{names[sha]}" if sha in names and before == "" else value)


def crawled(kind: str, common_with: str, folder: Path) -> Told:
    """The night after which everything of that world is here, git included."""
    world = world_for(kind, common_with)
    with SandboxForge(world, folder=folder / "forge", tokens=(TOKEN,), dialect=DIALECTS[kind]) as forge:
        crawl = Crawl(forge, folder / "crawl", git_url=None)
        problems = crawl.night().problems
        assert problems == ()
        return Told(crawl, {sha: f"commit {at}" for at, sha in enumerate(forge.shas(NAME))})
