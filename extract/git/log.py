"""The headers of commits: who, when, parents, co-authors. One `git log`, read by position.

Every commit is the values of _FIELDS, each ended by NUL, and git lets no NUL into a value: no name can pose as a field.
A header cut by an error of git is dropped, the error is handed on: the caller compares with `git rev-list --count`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from extract.errors import ExtractError
from extract.git.command import Git, GitFailed
from extract.git.people import IDENTITY, SIGNATURE, Keys, identities

_FIELDS = {
    "sha": "%H",
    "parents": "%P",
    "author_email": "%aE",
    "author_name": "%aN",
    "committer_email": "%cE",
    "committer_name": "%cN",
    "author_epoch": "%at",
    "author_date": "%ad",
    "committer_epoch": "%ct",
    "coauthors": "%(trailers:key=Co-authored-by,valueonly,unfold)",
}
BATCH_BYTES = 8 << 20
HEADERS: dict[str, Any] = {
    "sha": pl.String,
    "parent_shas": pl.List(pl.String),
    "author_email_key": pl.String,
    "committer_email_key": pl.String,
    "author_epoch": pl.Int64,
    "committer_epoch": pl.Int64,
    "author_utc_offset": pl.Int64,
}
CONTACT = {"sha": pl.String, **SIGNATURE}
_CONTACT = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>]*)>.*")


@dataclass(frozen=True)
class Headers:
    """`commits` (HEADERS), `coauthors` (sha, email_key), `people` (IDENTITY), and git's complaint if it was cut."""

    commits: pl.DataFrame
    coauthors: pl.DataFrame
    people: pl.DataFrame
    complaint: str | None


def no_headers() -> Headers:
    coauthors = pl.DataFrame(schema={"sha": pl.String, "email_key": pl.String})
    return Headers(pl.DataFrame(schema=HEADERS), coauthors, pl.DataFrame(schema=IDENTITY), None)


def read_headers(git: Git, tips: list[str], *, without: list[str], mailmap_of: str, keys: Keys) -> Headers:
    """Headers of all commits reachable from `tips` and not from `without`; mailmap of the commit `mailmap_of`."""
    commits, contacts, people = [], [pl.DataFrame(schema=CONTACT)], [pl.DataFrame(schema=IDENTITY)]
    complaint = None
    try:
        for batch in _batches(git, tips, without, mailmap_of):
            known = identities(_signatures(batch), keys)
            commits.append(_keyed(batch, known))
            contacts.append(_contacts(batch))
            people.append(known)
    except GitFailed as failed:
        complaint = failed.said
    coauthors = _mapped(git, mailmap_of, pl.concat(contacts))
    known = identities(coauthors, keys)
    people.append(known)
    return Headers(
        commits=pl.concat([pl.DataFrame(schema=HEADERS), *commits]),
        coauthors=coauthors.join(known, on=["email", "name"]).select("sha", "email_key").unique(),
        people=pl.concat(people).unique(),
        complaint=complaint,
    )


def _batches(git: Git, tips: list[str], without: list[str], mailmap_of: str) -> Iterator[pl.DataFrame]:
    """Frames of whole commits; what was printed before a failure comes before the failure."""
    given = "".join([*(f"{tip}\n" for tip in tips), *(f"^{tip}\n" for tip in without)]).encode()
    options = ("--no-notes", "--no-patch", "--date=raw", f"--format={'%x00'.join(_FIELDS.values())}")
    held, failure = bytearray(), None
    git = git.having(f"mailmap.blob={mailmap_of}:.mailmap")
    try:
        for block in git.blocks("log", "-z", *options, "--stdin", given=given):
            held += block
            if len(held) >= BATCH_BYTES:
                batch, held = _cut(held)
                yield batch
    except GitFailed as failed:
        failure = failed
    yield _cut(held)[0]
    if failure is not None:
        raise failure


def _cut(held: bytearray) -> tuple[pl.DataFrame, bytearray]:
    """The whole commits at the start, and the bytes after them."""
    tokens = held.split(b"\0")
    whole = (len(tokens) - 1) // len(_FIELDS) * len(_FIELDS)
    text = b"\0".join(tokens[:whole]).decode("utf-8", "backslashreplace").split("\0") if whole else []
    columns = {name: pl.Series(text[at :: len(_FIELDS)], dtype=pl.String) for at, name in enumerate(_FIELDS)}
    return pl.DataFrame(columns), bytearray(b"\0".join(tokens[whole:]))


def _signatures(batch: pl.DataFrame) -> pl.DataFrame:
    roles = ("author", "committer")
    return pl.concat(batch.select(email=f"{role}_email", name=f"{role}_name") for role in roles).unique()


def _keyed(batch: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The batch without names and addresses. Times that fit no 64 bits are null."""
    for role in ("author", "committer"):
        own = known.select(
            pl.col("email").alias(f"{role}_email"),
            pl.col("name").alias(f"{role}_name"),
            pl.col("email_key").alias(f"{role}_email_key"),
        )
        batch = batch.join(own, on=[f"{role}_email", f"{role}_name"], how="left", maintain_order="left")
    parents = pl.col("parents").str.split(" ").list.filter(pl.element() != "")
    return batch.with_columns(
        pl.col("author_epoch", "committer_epoch").cast(pl.Int64, strict=False),
        parent_shas=parents,
        author_utc_offset=_minutes(pl.col("author_date").str.split(" ").list.last()),
    ).select(list(HEADERS))


def _minutes(offset: pl.Expr) -> pl.Expr:
    """Minutes of an offset: "-0730" is -450; absurd offsets are kept by the same rule, unreadable ones are null."""
    digits = offset.cast(pl.Int64, strict=False).abs()
    sign = pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    return (sign * (digits // 100 * 60 + digits % 100)).cast(pl.Int64)


def _contacts(batch: pl.DataFrame) -> pl.DataFrame:
    """The co-authors as written, one row each."""
    written = batch.select("sha", line=pl.col("coauthors").str.split("\n")).explode("line").filter(pl.col("line") != "")
    rows = [(sha, *contact(line)) for sha, line in written.iter_rows()]
    return pl.DataFrame(rows, schema=CONTACT, orient="row").filter((pl.col("email") != "") | (pl.col("name") != ""))


def contact(line: str) -> tuple[str, str]:
    """Address and name of a trailer's value; without an address the whole value is the name.

    >>> contact("Ada <ada@example.org>")
    ('ada@example.org', 'Ada')
    """
    found = _CONTACT.fullmatch(line)
    return (found["email"].strip(), found["name"].strip()) if found else ("", line.strip())


def _mapped(git: Git, mailmap_of: str, contacts: pl.DataFrame) -> pl.DataFrame:
    """The same contacts under the mailmap, which git itself applies to authors and committers only."""
    distinct = [pair for pair in contacts.select("email", "name").unique().iter_rows() if pair[0]]
    if not distinct:
        return contacts
    given = "".join(f"{name} <{email}>\n" for email, name in distinct).encode("utf-8", "backslashreplace")
    mapping = git.having(f"mailmap.blob={mailmap_of}:.mailmap")
    lines = mapping.run("check-mailmap", "--stdin", given=given).decode("utf-8", "backslashreplace").split("\n")
    answers = [contact(line) for line in lines[:-1]]
    if len(answers) != len(distinct):
        raise ExtractError(f"git check-mailmap answered {len(answers)} of {len(distinct)} contacts.")
    table = [(email, name, *answer) for (email, name), answer in zip(distinct, answers, strict=True)]
    schema = {**SIGNATURE, "mapped_email": pl.String, "mapped_name": pl.String}
    mapped = contacts.join(pl.DataFrame(table, schema=schema, orient="row"), on=["email", "name"], how="left")
    return mapped.select(
        "sha",
        email=pl.coalesce("mapped_email", "email"),
        name=pl.coalesce("mapped_name", "name"),
    )
