"""The headers of commits: who, when, parents, and what their messages name. One `git log`, read by position.

Every commit is the values of _FIELDS, each ended by NUL, and git lets no NUL into a value: no name can pose as a field.
A header cut by an error of git is dropped, the error is handed on: the caller compares with `git rev-list --count`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from extract.git.command import Git, GitFailed
from extract.git.people import EMAIL, IDENTITY, MAILMAP, SIGNATURE, Keys, emails, identities, mailmap
from extract.git.trailers import CHANGE_IN_SUBJECT, CONTACT, LINKS, TRAILERS, contacts, links, mapped
from extract.identity_store import SIGNED, together

_FIELDS = {
    "sha": "%H",
    "parents": "%P",
    "author_email": "%ae",
    "author_name": "%an",
    "committer_email": "%ce",
    "committer_name": "%cn",
    "author_epoch": "%at",
    "author_date": "%ad",
    "committer_epoch": "%ct",
    "committer_date": "%cd",
    "trailers": TRAILERS,
    "subject": "%s",
    "body": "%b",
}
BATCH_BYTES = 1 << 20
HEADERS: dict[str, Any] = {
    "sha": pl.String,
    "parent_shas": pl.List(pl.String),
    "author_email_key": pl.String,
    "committer_email_key": pl.String,
    "author_epoch": pl.Int64,
    "committer_epoch": pl.Int64,
    "author_utc_offset": pl.Int64,
    "committer_utc_offset": pl.Int64,
    "subject_number": pl.Int64,
}
USED: dict[str, Any] = {**SIGNATURE, "n_commits": pl.Int64, "first_epoch": pl.Int64, "last_epoch": pl.Int64}
NAMED: dict[str, Any] = {"sha": pl.String, "role": pl.String, "email_key": pl.String}


@dataclass(frozen=True)
class Headers:
    """`commits` (HEADERS), `named` in trailers (NAMED), `links` (LINKS), `emails` (EMAIL), `mailmap` (MAILMAP), git's
    complaint if cut; and who stands behind the keys (SIGNED: for the identity store alone)."""

    commits: pl.DataFrame
    named: pl.DataFrame
    links: pl.DataFrame
    emails: pl.DataFrame
    mailmap: pl.DataFrame
    signed: pl.DataFrame = field(repr=False)
    complaint: str | None = None


def no_headers() -> Headers:
    commits, named, found, told = (pl.DataFrame(schema=schema) for schema in (HEADERS, NAMED, LINKS, EMAIL))
    return Headers(commits, named, found, told, pl.DataFrame(schema=MAILMAP), pl.DataFrame(schema=SIGNED))


def joined(left: Headers, right: Headers) -> Headers:
    """Both as one; no commit is in both."""
    return Headers(
        commits=pl.concat([left.commits, right.commits]),
        named=pl.concat([left.named, right.named]),
        links=pl.concat([left.links, right.links]),
        emails=emails(pl.concat([left.emails, right.emails])),
        mailmap=pl.concat([left.mailmap, right.mailmap]).unique().sort(list(MAILMAP)),
        signed=together(pl.concat([left.signed, right.signed])),
        complaint=left.complaint or right.complaint,
    )


def read_headers(git: Git, tips: list[str], *, without: list[str], mailmap_of: str, keys: Keys) -> Headers:
    """Headers of all commits reachable from `tips` and not from `without`; mailmap of the commit `mailmap_of`."""
    commits, written, found = [], [pl.DataFrame(schema=CONTACT)], [pl.DataFrame(schema=LINKS)]
    people, used, complaint = [pl.DataFrame(schema=IDENTITY)], [pl.DataFrame(schema=USED)], None
    try:
        for batch in _batches(git, tips, without, mailmap_of):
            known = identities(_signatures(batch), keys)
            commits.append(_keyed(batch, known))
            written.append(contacts(batch))
            found.append(links(batch))
            people.append(known)
            used.append(_uses(batch))
    except GitFailed as failed:
        complaint = failed.said
    contacted, headers = pl.concat(written), pl.concat([pl.DataFrame(schema=HEADERS), *commits])
    named, further = _named(contacted, keys)
    seen = pl.concat([*people, further]).unique()
    proper = mapped(git, mailmap_of, seen.select(list(SIGNATURE)))
    people.append(identities(proper.select(email="proper_email", name="proper_name"), keys))
    everybody = pl.concat([*people, further])
    return Headers(
        commits=headers,
        named=named,
        links=pl.concat(found),
        emails=emails(everybody.select(list(EMAIL))),
        mailmap=mailmap(proper, keys),
        signed=_signed(everybody, [*used, _uses_of(contacted, headers)]),
        complaint=complaint,
    )


def _uses(batch: pl.DataFrame) -> pl.DataFrame:
    """How often each signature was used, and when first and last (USED); only authors are counted."""
    epoch = pl.col("author_epoch").cast(pl.Int64, strict=False)
    uses = pl.concat(
        batch.select(email=f"{role}_email", name=f"{role}_name", epoch=epoch, n_commits=pl.lit(n, pl.Int64))
        for role, n in (("author", 1), ("committer", 0))
    )
    return _summed(uses)


def _summed(uses: pl.DataFrame) -> pl.DataFrame:
    """One row a signature: there are far fewer of them than commits."""
    times = (pl.col("epoch").min().alias("first_epoch"), pl.col("epoch").max().alias("last_epoch"))
    return uses.group_by(list(SIGNATURE)).agg(pl.col("n_commits").sum(), *times).select(list(USED))


def _uses_of(contacted: pl.DataFrame, headers: pl.DataFrame) -> pl.DataFrame:
    """The same of those in trailers."""
    times = headers.select("sha", epoch="author_epoch")
    uses = contacted.join(times, on="sha", how="left")
    return _summed(uses.select("email", "name", "epoch", n_commits=pl.lit(0, pl.Int64)))


def _signed(known: pl.DataFrame, used: list[pl.DataFrame]) -> pl.DataFrame:
    """Everybody with how often and when (SIGNED); whom only the mailmap names has never signed."""
    people = known.select("email_key", *SIGNATURE).unique()
    uses = people.join(pl.concat(used), on=list(SIGNATURE), how="left").with_columns(pl.col("n_commits").fill_null(0))
    return together(uses.select("email_key", *SIGNATURE, "n_commits", "first_epoch", "last_epoch"))


def _named(contacted: pl.DataFrame, keys: Keys) -> tuple[pl.DataFrame, pl.DataFrame]:
    """People of trailers under their keys (NAMED), and who they are (IDENTITY)."""
    known = identities(contacted, keys)
    keyed = contacted.join(known.select(*SIGNATURE, "email_key"), on=list(SIGNATURE)).select(list(NAMED)).unique()
    who = contacted.select("role", *SIGNATURE).unique().join(known, on=list(SIGNATURE))
    further = who.with_columns(is_only_named=pl.col("role") != "coauthor").select(list(IDENTITY)).unique()
    return keyed, further


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
        committer_utc_offset=_minutes(pl.col("committer_date").str.split(" ").list.last()),
        subject_number=pl.col("subject").str.extract(CHANGE_IN_SUBJECT).cast(pl.Int64),
    ).select(list(HEADERS))


def _minutes(offset: pl.Expr) -> pl.Expr:
    """Minutes of an offset: "-0730" is -450; absurd offsets are kept by the same rule, unreadable ones are null."""
    digits = offset.cast(pl.Int64, strict=False).abs()
    sign = pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    return (sign * (digits // 100 * 60 + digits % 100)).cast(pl.Int64)
