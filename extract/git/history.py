"""The default branch as it was read last: what is new is read behind its old tip, and what left it is marked lost.

One generation of parquet files (`<generation>.<table>.parquet`), and `state.json`, which names the generation that
counts, its tip and what it was read with. The state is replaced whole, after its files are durable. Deleting the folder
costs time, and the memory of lost commits.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from extract.git.command import Git, GitFailed
from extract.git.counts import write_durably
from extract.git.log import HEADERS, NAMED, Headers, no_headers
from extract.git.people import EMAIL, MAILMAP, Keys
from extract.git.trailers import LINKS
from quality.contract import INSTANT

FORMAT = 3  # raise it when the same history would be read differently
LOST: dict[str, Any] = {
    **{name: HEADERS[name] for name in ("sha", "author_email_key", "author_epoch", "committer_epoch")},
    "lost_at": INSTANT,
}
_TABLES: dict[str, dict[str, Any]] = {
    "commits": HEADERS,
    "named": NAMED,
    "links": LINKS,
    "emails": EMAIL,
    "mailmap": MAILMAP,
    "lost": LOST,
}


@dataclass(frozen=True)
class History:
    """What was read up to `tip`; `lost` (LOST) are commits that the default branch had and has no more."""

    tip: str | None = None
    made_with: str = ""
    headers: Headers = field(default_factory=no_headers)
    lost: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LOST))

    def followed_by(
        self, headers: Headers, *, tip: str | None, made_with: str, is_whole: bool, at: datetime
    ) -> History:
        """The history as it is now. Where a reading is not whole, what is missing was not come to, and is not lost."""
        if headers.complaint is not None:
            return self
        before = self.headers.commits if is_whole else no_headers().commits
        gone = before.join(headers.commits, on="sha", how="anti")
        newly = gone.with_columns(lost_at=pl.lit(at, INSTANT)).select(list(LOST))
        lost = pl.concat([self.lost, newly]).unique("sha", keep="first", maintain_order=True)
        return History(tip, made_with, headers, lost.join(headers.commits, on="sha", how="anti"))


def fingerprint(git: Git, tip: str, keys: Keys, cut: set[str]) -> str:
    """What else the headers depend on: the mailmap, the keys, and where a shallow clone is cut."""
    try:
        mailmap = git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{tip}:.mailmap").decode().strip()
    except GitFailed:  # there is none
        mailmap = ""
    text = json.dumps([FORMAT, mailmap, keys.forge, keys.noreply_hosts, sorted(cut)])
    return hmac.new(keys.secret, text.encode(), hashlib.sha256).hexdigest()


def is_ancestor(git: Git, old: str, new: str) -> bool:
    """Whether the new tip holds the old one; False too when the old one is not there any more."""
    try:
        git.run("merge-base", "--is-ancestor", old, new)
    except GitFailed:
        return False
    return True


def load_history(folder: Path) -> History:
    """The last generation; an empty history where there is none, or it cannot be read."""
    try:
        state = json.loads((folder / "state.json").read_bytes())
        frames = {name: _kept(_place(folder, state["generation"], name), schema) for name, schema in _TABLES.items()}
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError):
        return History()
    commits, named, links, emails, mailmap, lost = (frames[name] for name in _TABLES)
    headers = Headers(commits, named, links, emails, mailmap, signed=no_headers().signed)
    return History(state["tip"], state["made_with"], headers, lost)


def _kept(path: Path, schema: dict[str, Any]) -> pl.DataFrame:
    """Earlier formats had fewer tables; their commits still tell what was lost since."""
    if not path.exists() and path.name.endswith(".mailmap.parquet"):
        return pl.DataFrame(schema=schema)
    return pl.read_parquet(path)


def save_history(folder: Path, history: History) -> None:
    """Writes a generation, names it, and removes all others."""
    folder.mkdir(parents=True, exist_ok=True)
    generation = 1 + max((int(path.name.split(".")[0]) for path in folder.glob("*.parquet*")), default=0)
    frames = {"lost": history.lost, **{name: getattr(history.headers, name) for name in _TABLES if name != "lost"}}
    for name, frame in frames.items():
        write_durably(_place(folder, generation, name), frame.write_parquet)
    said = {"format": FORMAT, "generation": generation, "tip": history.tip, "made_with": history.made_with}
    write_durably(folder / "state.json", lambda file: file.write(json.dumps(said).encode()))
    for path in folder.glob("*.parquet*"):
        if not path.name.startswith(f"{generation}."):
            path.unlink()


def _place(folder: Path, generation: int, name: str) -> Path:
    return folder / f"{generation}.{name}.parquet"
