"""Real repositories under construction, and what mining made of them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ALLOW_PROTOCOL": "file",
}


@dataclass
class Workshop:
    """A repository under construction."""

    folder: Path

    def git(self, *arguments: str, given: bytes = b"", **variables: str) -> str:
        people = {f"GIT_{role}_{what}": text for role in ("AUTHOR", "COMMITTER") for what, text in ADA.items()}
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments],
            input=given,
            capture_output=True,
            check=True,
            env={**ENVIRONMENT, **people, **variables},
        )
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def commit(self, message: str = "work", files: dict[str, str] | None = None, **variables: str) -> str:
        for path, text in (files or {}).items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)
        self.git("add", "-A")
        options = ("--quiet", "--allow-empty", "--cleanup=verbatim", "--file=-")
        self.git("commit", *options, given=message.encode(), **variables)
        return self.git("rev-parse", "HEAD")

    def commit_around_what_is_lost(self, files: dict[str, str]) -> str:
        """A commit in a repository that lacks contents, which porcelain refuses to make."""
        for path, text in files.items():
            (self.folder / path).write_text(text)
        self.git("add", *files)
        tree = self.git("write-tree", "--missing-ok")
        sha = self.git("commit-tree", "-p", "HEAD", "-m", "work", tree)
        self.git("update-ref", "HEAD", sha)
        return sha

    def raw_commit(self, author: bytes, *, parents: tuple[str, ...] = (), ref: str = "refs/heads/main") -> str:
        """A commit whose author line no porcelain would write."""
        tree = self.git("mktree")
        lines = [f"tree {tree}".encode(), *(f"parent {sha}".encode() for sha in parents)]
        lines += [b"author " + author, b"committer Ada <ada@example.org> 1700000000 +0000", b"", b"odd\n"]
        sha = self.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", given=b"\n".join(lines))
        self.git("update-ref", ref, sha)
        return sha

    def refs(self, **shas: str) -> None:
        for number, sha in shas.items():
            self.git("update-ref", f"refs/pull/{number.removeprefix('pr')}/head", sha)


ADA = {"NAME": "Ada", "EMAIL": "ada@example.org", "DATE": "1700000000 +0000"}


def new_workshop(folder: Path) -> Workshop:
    folder.mkdir(parents=True)
    made = Workshop(folder)
    made.git("init", "--quiet", "--initial-branch=main")
    return made


@dataclass
class Mined:
    """What mining left in its raw folder."""

    folder: Path
    streams: pl.DataFrame
    reports: list[tuple[str, int, int | None]] = field(default_factory=list)

    def table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.folder / f"{name}.parquet")

    def stream(self, name: str) -> dict[str, Any]:
        return self.streams.row(by_predicate=pl.col("stream") == name, named=True)

    def commit(self, sha: str) -> dict[str, Any]:
        return self.table("commits").row(by_predicate=pl.col("sha") == sha, named=True)
