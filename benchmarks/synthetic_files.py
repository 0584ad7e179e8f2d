"""What the invented community of synthetic.py did to files, whom its texts name and which issues its changes close."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from synthetic import Community, account_ids, fitted, tables

from extract import raw

FOLDERS = 10
TOUCHED = 3
COMMITS_A_FILE = 5
LINES_A_TOUCH = 12
LIVES_ON_SHARE = 0.3
MENTION_SHARE, CLOSING_SHARE = 0.1, 0.3


def write_whole_community(folder: Path, n_contributions: int, n_repositories: int, n_persons: int) -> None:
    """As write_community, with files, lines, mentions and closing links."""
    community = Community(n_persons, n_repositories, 1)
    for number in range(n_repositories):
        made = tables(community, number, n_contributions // n_repositories)
        repo_id = made["commits"]["repo_id"][0]
        touches = touched(community, made["commits"])
        more = {
            "commit_files": touches.drop("order"),
            "tree_files": touches.unique("path").sort("path").select("path", "file_class"),
            "line_lives": lives(touches),
            "mentions": mentions(community, number, made["comments"]),
            "closing_links": closing_links(community, made["items"]),
            "power_holders": holders(community, number),
        }
        raw.write(
            folder / f"repository-{number}", made | {name: fitted(one, name, repo_id) for name, one in more.items()}
        )


def touched(community: Community, commits: pl.DataFrame) -> pl.DataFrame:
    """Three files a commit, a few of them in most commits."""
    n = commits.height * TOUCHED
    n_files = max(FOLDERS, commits.height // COMMITS_A_FILE)
    chosen = np.minimum(community.random.zipf(1.3, n) - 1, n_files * 10) % n_files
    rows = pl.DataFrame({"order": np.repeat(np.arange(commits.height), TOUCHED), "file": chosen}).unique(
        maintain_order=True
    )
    is_first = pl.col("file").is_first_distinct()
    return rows.select(
        "order",
        sha=commits["sha"][rows["order"]],
        path=pl.format("folder-{}/file-{}.py", pl.col("file") % FOLDERS, "file"),
        status=pl.when(is_first).then(pl.lit("added")).otherwise(pl.lit("modified")),
        file_class=pl.lit("code"),
        added_lines=pl.lit(LINES_A_TOUCH),
        deleted_lines=pl.lit(LINES_A_TOUCH),
        is_binary=pl.lit(value=False),
    )


def lives(touches: pl.DataFrame) -> pl.DataFrame:
    """Most lines of a touch are taken away by the next one of the same file, some live on."""
    following = pl.col("sha").shift(-1).over("path", order_by="order").fill_null("")
    on = round(LINES_A_TOUCH * LIVES_ON_SHARE)
    each = touches.select("path", "file_class", born_sha="sha", died_sha=following)
    return (
        pl.concat(
            [
                each.with_columns(n_lines=pl.lit(LINES_A_TOUCH - on)),
                each.with_columns(died_sha=pl.lit(""), n_lines=pl.lit(on)),
            ]
        )
        .group_by("path", "file_class", "born_sha", "died_sha")
        .agg(pl.col("n_lines").sum())
    )


def mentions(community: Community, number: int, comments: pl.DataFrame) -> pl.DataFrame:
    naming = comments.filter(pl.Series(community.random.random(comments.height) < MENTION_SHARE))
    named = account_ids(community.actors(number, naming.height))
    return naming.select(
        "number",
        "author_account_id",
        subject_id="comment_id",
        login=named.fill_null("gone"),
        account_id=named,
        mentioned_at="commented_at",
    )


def closing_links(community: Community, items: pl.DataFrame) -> pl.DataFrame:
    issues = items.filter(kind="issue")["number"]
    closing = items.filter(pl.col("kind") == "change", pl.Series(community.random.random(items.height) < CLOSING_SHARE))
    return closing.select(
        "number",
        other_repo_id="repo_id",
        other_number=issues[community.random.integers(0, len(issues), closing.height)],
    )


def holders(community: Community, number: int) -> pl.DataFrame:
    """A person of the house for each folder."""
    return pl.DataFrame(
        {
            "path": ["CODEOWNERS"] * FOLDERS,
            "line_number": np.arange(1, FOLDERS + 1),
            "document": ["codeowners"] * FOLDERS,
            "pattern": [f"/folder-{one}/" for one in range(FOLDERS)],
            "login": [f"person-{one}" for one in community.actors(number, FOLDERS)],
        }
    )
