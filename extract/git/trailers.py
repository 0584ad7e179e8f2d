"""Whom and what a commit message names: people in its trailers, commits it reverts or was picked from, its change.

Only these leave the message; its text is kept nowhere.
"""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from extract.errors import ExtractError
from extract.git.command import Git
from extract.git.people import SIGNATURE

ROLES = {
    "Co-authored-by": "coauthor",
    "Signed-off-by": "signed_off",
    "Reviewed-by": "reviewed",
    "Acked-by": "acked",
    "Tested-by": "tested",
    "Reported-by": "reported",
    "Suggested-by": "suggested",
    "Helped-by": "helped",
    "Assisted-by": "assisted",
}
"""What the trailers that name people say they did."""
TRAILERS = f"%(trailers:{','.join(f'key={key}' for key in ROLES)},unfold)"
CONTACT: dict[str, Any] = {"sha": pl.String, "role": pl.String, **SIGNATURE}
MAPPED: dict[str, Any] = {**SIGNATURE, "proper_email": pl.String, "proper_name": pl.String}
LINKS: dict[str, Any] = {"sha": pl.String, "kind": pl.String, "named_sha": pl.String}
_LINKS = {
    "reverts": r"This reverts commit ([0-9a-f]{7,64})\b",
    "cherry_picked_from": r"\(cherry picked from commit ([0-9a-f]{7,64})\)",
}
CHANGE_IN_SUBJECT = r"\([#!](\d{1,9})\)$"
"""How forges end the subject of a squash merge: "Mend it (#12)", "Mend it (!12)"."""
_CONTACT = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>]*)>.*")


def contacts(batch: pl.DataFrame) -> pl.DataFrame:
    """The people as written (CONTACT), one row a trailer. `batch` has sha and trailers."""
    lines = batch.select("sha", line=pl.col("trailers").str.split("\n")).explode("line").filter(pl.col("line") != "")
    rows = []
    for line in lines["line"].unique():
        key, _, value = line.partition(":")
        rows.append((line, _ROLE_OF.get(key.strip().lower()), *contact(value)))
    schema = {"line": pl.String, "role": pl.String, **SIGNATURE}
    written = pl.DataFrame(rows, schema=schema, orient="row").drop_nulls("role")
    is_said = (pl.col("email") != "") | (pl.col("name") != "")
    return lines.join(written.filter(is_said), on="line").select(list(CONTACT)).unique()


_ROLE_OF = {key.lower(): role for key, role in ROLES.items()}


def contact(line: str) -> tuple[str, str]:
    """Address and name of a trailer's value; without an address the whole value is the name.

    >>> contact("Ada <ada@example.org>")
    ('ada@example.org', 'Ada')
    """
    found = _CONTACT.fullmatch(line)
    return (found["email"].strip(), found["name"].strip()) if found else ("", line.strip())


def mapped(git: Git, mailmap_of: str, written: pl.DataFrame) -> pl.DataFrame:
    """The contacts (SIGNATURE) that the mailmap of a commit changes, as written and as it says (MAPPED)."""
    distinct = [pair for pair in written.select("email", "name").unique().sort("email", "name").iter_rows() if pair[0]]
    if not distinct:
        return pl.DataFrame(schema=MAPPED)
    given = "".join(f"{name} <{email}>\n" for email, name in distinct).encode("utf-8", "backslashreplace")
    mapping = git.having(f"mailmap.blob={mailmap_of}:.mailmap")
    lines = mapping.run("check-mailmap", "--stdin", given=given).decode("utf-8", "backslashreplace").split("\n")
    answers = [contact(line) for line in lines[:-1]]
    if len(answers) != len(distinct):
        raise ExtractError(f"git check-mailmap answered {len(answers)} of {len(distinct)} contacts.")
    table = [(*pair, *answer) for pair, answer in zip(distinct, answers, strict=True) if pair != answer]
    return pl.DataFrame(table, schema=MAPPED, orient="row")


def links(batch: pl.DataFrame) -> pl.DataFrame:
    """Commits that a message names (LINKS), as it names them. `batch` has sha and body.

    >>> links(pl.DataFrame({"sha": ["b"], "body": ["This reverts commit 0123abc."]})).rows()
    [('b', 'reverts', '0123abc')]
    """
    found = [
        batch.lazy()
        .filter(pl.col("body").str.contains(pattern))
        .select("sha", kind=pl.lit(kind), named_sha=pl.col("body").str.extract_all(pattern))
        .explode("named_sha")
        .with_columns(pl.col("named_sha").str.extract(pattern))
        for kind, pattern in _LINKS.items()
    ]
    return pl.concat(found).unique().collect()


def resolved(named: pl.DataFrame, shas: pl.Series) -> pl.DataFrame:
    """LINKS with `target_sha`: the one commit among `shas` that the named hash begins; null for none or several."""
    short = pl.col("named_sha").str.slice(0, 7)
    known = pl.DataFrame({"target_sha": shas}).with_columns(short=pl.col("target_sha").str.slice(0, 7))
    fitting = (
        named.select("named_sha")
        .unique()
        .with_columns(short=short)
        .join(known, on="short")
        .filter(pl.col("target_sha").str.starts_with(pl.col("named_sha")))
        .group_by("named_sha")
        .agg(pl.col("target_sha").first(), n=pl.len())
        .filter(pl.col("n") == 1)
    )
    return named.join(fitting.drop("n"), on="named_sha", how="left")
