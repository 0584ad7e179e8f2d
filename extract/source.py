"""What it takes to extract one repository: where it is, where things are kept, and who tells the time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from extract.errors import BadToken
from extract.quota import Pool, Pools, Token

Report = Callable[[str, int, int | None], None]
"""Called as (stream, seen so far, total or None) while the work goes on."""


@dataclass(frozen=True)
class App:
    """A GitHub App as installed for an owner. `key_variable` names the environment variable with its private key."""

    id: int
    installation: int
    key_variable: str


@dataclass(frozen=True)
class Access:
    """What stands between us and a forge's server. Secrets are named by the variables that hold them, as tokens are."""

    ca_file: str = ""
    """Certificates of the authority that signed the server's own, as PEM; the system's where empty."""
    proxy: str = ""
    """Address of the proxy; that of the environment where empty."""
    basic_auth_variable: str = ""
    """Variable with USER:PASSWORD for a server in front of the forge that asks for them."""
    proxy_auth_variable: str = ""
    """Variable with USER:PASSWORD for the proxy."""
    token_header: str = ""
    """Header by which a server in front, which has Authorization for itself, passes the forge's on."""


@dataclass(frozen=True)
class Source:
    """One repository of one forge.

    `token_variables` are names of environment variables; their values never come in here, so that a source can be
    logged. `git_url` is None where the forge's own clone address is to be used, and "" where there is to be no git.
    """

    forge: str
    kind: str
    name: str
    base_url: str = ""
    token_variables: tuple[str, ...] = ()
    git_url: str | None = None
    apps: tuple[App, ...] = ()
    access: Access = Access()

    @property
    def ref(self) -> str:
        return f"{self.forge}:{self.name}"


@dataclass(frozen=True)
class Window:
    """What was opened in `[since, until)`: from the beginning, and up to when it is listed, where they are None."""

    since: datetime | None
    until: datetime | None

    @property
    def bounds(self) -> list[str | None]:
        """As forges write instants."""
        return [None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in (self.since, self.until)]


@dataclass(frozen=True)
class Forecast:
    """What a backfill will cost. `points` are the forge's own; `hours` with the tokens that there are."""

    n_issues: int
    n_changes: int
    requests: int
    points: int
    hours: float
    bytes: int


@dataclass(frozen=True)
class Surroundings:
    """The world outside, handed in: folders, the secret for keyed hashes, the environment for git, the clock."""

    archive: Path
    raw: Path
    secret: bytes = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)
    until: datetime
    now: Callable[[], datetime]
    report: Report
    note: Callable[[str], None]
    """Called with what an operator should know though it stops nothing."""
    sleep: Callable[[float], object]
    pools: Pools
    """What the tokens of each forge may still spend, shared by all repositories of a run."""
    places: Mapping[str, str]
    """Where under `archive` and `raw` the repositories of earlier runs are, by reference."""
    met: Callable[[str, Path], None]
    """Called with the id and raw partition before anything is written: what arrives before an error is to be found.
    Raises NeedsAPerson if another source of the same run has them already."""
    all_branches: bool = False
    """Whether git reads the commits of all branches; measures use those of the default branch all the same."""
    identities: Path | None = None
    """Where names and addresses may lie (see identity_store); None keeps none."""
    line_minutes: float = 120
    """How long lines of commits are counted in a run; the next goes on. With 0 contents are not even fetched."""
    rereads: int = 0
    """Items of a repository that a run reads again though nothing says that they changed."""

    def identity_folder(self, partition: Path) -> Path | None:
        """The folder of the identity store that belongs to a raw partition."""
        return None if self.identities is None else self.identities / partition.relative_to(self.raw)

    def line_time(self) -> Callable[[], bool]:
        """Whether lines have been counted for long enough from now on."""
        ends_at = self.now() + timedelta(minutes=self.line_minutes)
        return lambda: self.now() >= ends_at

    def pool(self, source: Source, *, may_be_nobody: bool = False) -> Pool:
        """The tokens that the environment has for this source; BadToken if there are none, unless the forge answers
        nobody in particular too."""
        named: list[tuple[str, tuple[int, int] | None]] = [(name, None) for name in source.token_variables]
        named += [(app.key_variable, (app.id, app.installation)) for app in source.apps]
        tokens = [
            # one key may be that of several installations, each with points of its own
            Token(f"{name} (installation {app[1]})" if app else name, self.environment[name], app)
            for name, app in named
            if self.environment.get(name)
        ]
        if not tokens and may_be_nobody:
            tokens = [Token("no token", "")]
        if not tokens:
            raise BadToken(source.forge, tuple(name for name, _ in named))
        return self.pools.of(source.forge, tokens)

    def known_place(self, source: Source) -> str | None:
        return self.places.get(source.ref)


@dataclass(frozen=True)
class Extracted:
    """What became of one repository: its lasting id, its raw partition, requests spent, and what is missing and why."""

    repo_id: str
    partition: Path
    requests: int
    problems: tuple[str, ...] = ()


def folder_name(text: str) -> str:
    """A hostile name as one folder: readable where it can be, never a path, never the same for two names.

    >>> folder_name("github")
    'github'
    >>> folder_name("../up")
    '.._up-8d0a71ed7b'
    """
    tame = re.sub(r"[^A-Za-z0-9._-]", "_", text)[:60]
    looks_hashed = re.search(r"-[0-9a-f]{10}$", text) is not None  # it could be the folder of another name
    if tame == text and text and not text.startswith((".", "-")) and not looks_hashed:
        return text
    return f"{tame}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"
