"""The sandbox forge on loopback: a GitHub with REST, GraphQL and git, that serves a simulated world.

    with SandboxForge(world, folder=folder) as forge:
        Github(base_url=forge.base_url, auth=Auth.Token("sandbox-token"))

`folder` receives the bare repositories. Turn the clock with `forge.as_of = instant`; git ignores it. For tests of bad
days there are `forge.fail_next(n)` and `forge.answers_html`.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from .faults import Faults
from .handler import Handler
from .history import write_history
from .moves import Moves, renamed, taken
from .organisation import Organisation
from .view import View
from .world import World


@dataclass(frozen=True)
class Dialect:
    """The language that the sandbox speaks: who answers, and where its API is. `change_ref` is where git has changes."""

    kind: str
    handler: type[Handler]
    api: str
    change_ref: str = "refs/pull/{}/head"


GITHUB = Dialect("github", Handler, "/api/v3")


class SandboxForge:
    """A forge that runs while the `with` block does. Histories are written into `folder` on entering; repositories
    of the same names must not be there yet (HistoryNotWritten)."""

    def __init__(
        self,
        world: World,
        folder: Path,
        port: int = 0,
        tokens: tuple[str, ...] = ("sandbox-token",),
        as_of: datetime | None = None,
        dialect: Dialect = GITHUB,
    ) -> None:
        self.world, self._first_world, self.dialect = world, world, dialect
        self.folder = folder.resolve()  # git is run elsewhere
        self.tokens = tokens
        self.answers_html = False
        """Every API request is answered with a page and status 200, as a proxy's login page does."""
        self.faults = Faults()
        """Bad days: set the knobs of one, or put a new one in its place."""
        self._issues_are_off = False
        self._members_only: frozenset[str] = frozenset()
        self.version, self.page_maximum = "1.25.4", 50
        """What a Gitea says that it is, and the rows that it gives a page at most."""
        self.missing_scope = ""
        """Scope that the token lacks for everything; of forges that name one."""
        self.git_wants_token = False
        """Whether git too is only for who has a token, as password of any user."""
        self.app_keys: dict[int, str] = {}
        """Public keys of apps by their id: an installation's token is the first of `tokens`."""
        self.deleted: set[tuple[str, int]] = set()
        """Repository and number of issues and changes that are gone; change it by `delete`."""
        self.moves = Moves()
        self.organisation = Organisation(world.people)
        self.requests = 0
        """API requests so far, those that failed included; git's are in `git_requests`."""
        self.git_requests = 0
        self._port = port
        self._as_of = (as_of or world.ends_at).astimezone(UTC)
        self._failures: list[int] = []
        self._lock = threading.Lock()
        self._views: dict[datetime, View] = {}
        self._shas: dict[str, list[str]] = {}

    def __enter__(self) -> SandboxForge:
        with ThreadPoolExecutor() as pool:
            names = list(self.world.repositories)
            self._shas = dict(zip(names, pool.map(self._write_history, names), strict=True))
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _write_history(self, name: str) -> list[str]:
        home = self.folder / f"{name}.git"
        home.parent.mkdir(parents=True, exist_ok=True)
        return write_history(self.world.repositories[name], self.world.people, home, self.dialect.change_ref)

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def base_url(self) -> str:
        """Address of the API: that of REST, as an instance of one's own has it; GraphQL is at /api/graphql beside it."""
        return f"{self.web_url}{self.dialect.api}"

    def git_url(self, full_name: str) -> str:
        return f"{self.web_url}/{full_name}.git"

    @property
    def as_of(self) -> datetime:
        """The instant the forge believes it is: later things are hidden."""
        return self._as_of

    @as_of.setter
    def as_of(self, instant: datetime) -> None:
        self._as_of = instant.astimezone(UTC)

    def view(self) -> View:
        """The world at the forge's instant."""
        with self._lock:
            if self._as_of not in self._views:
                self._views = {
                    self._as_of: View(
                        self.world,
                        self._shas,
                        self._as_of,
                        self.web_url,
                        self.deleted,
                        self._issues_are_off,
                        self._members_only,
                        self.moves,
                        self.organisation,
                    )
                }
            return self._views[self._as_of]

    def delete(self, full_name: str, *numbers: int) -> None:
        """From now on they are gone."""
        with self._lock:
            self.deleted |= {(full_name, number) for number in numbers}
            self._views = {}

    def switch_issues(self, *, on: bool) -> None:
        """The owners show the issues of every repository, or do not."""
        with self._lock:
            self._issues_are_off, self._views = not on, {}

    def transfer(self, full_name: str, number: int, to: str, as_number: int) -> None:
        """From now on an issue is in another repository, under another number."""
        self._move(replace(self.moves, transferred={**self.moves.transferred, (full_name, number): (to, as_number)}))

    def convert(self, full_name: str, number: int) -> None:
        """From now on an issue is a discussion of the same number."""
        self._move(replace(self.moves, converted={**self.moves.converted, (full_name, number): number}))

    def rename(self, full_name: str, name: str) -> None:
        """From now on the repository has this name; the old one leads there, unless somebody takes it."""
        former = {**self.moves.former, full_name.lower(): self.world.repositories[full_name].database_id}
        home = self.folder / f"{name}.git"
        home.parent.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{full_name}.git").rename(home)
        self._shas[name] = self._shas.pop(full_name)
        self._move(replace(self.moves, former=former), renamed(self.world, full_name, name))

    def take_name(self, full_name: str, like: str) -> None:
        """Somebody else makes a repository of a name that is free, with some issues of another one and no commits."""
        self._shas[full_name] = []
        self._move(self.moves, taken(self.world, full_name, self.world.repositories[like]))

    def let_go(self, full_name: str) -> None:
        """The name that a repository had leads there no more."""
        self._move(replace(self.moves, let_go=self.moves.let_go | {full_name.lower()}))

    def make_confidential(self, full_name: str, *numbers: int) -> None:
        """From now on these issues are for those who may see them; the token may."""
        now = {(full_name, number) for number in numbers}
        self._move(replace(self.moves, confidential=self.moves.confidential | now))

    def delete_account(self, account_id: int) -> None:
        """From now on what it did is nobody's."""
        self._move(replace(self.moves, left=self.moves.left | {account_id}))

    def delete_comment(self, database_id: int) -> None:
        """From now on it was never said."""
        self._move(replace(self.moves, unsaid=self.moves.unsaid | {database_id}))

    def _move(self, moves: Moves, world: World | None = None) -> None:
        with self._lock:
            self.moves, self.world, self._views = moves, world or self.world, {}

    def show_to_members_only(self, *streams: str) -> None:
        """Who asks is no member: of forges that can keep issues or changes to members."""
        with self._lock:
            self._members_only, self._views = frozenset(streams), {}

    def restore(self) -> None:
        """Everything that was deleted or moved is there again, where it was."""
        with self._lock:
            self.deleted, self._views = set(), {}
        ids = {repository.database_id: name for name, repository in self.world.repositories.items()}
        for name, repository in self._first_world.repositories.items():
            now = ids[repository.database_id]
            if now != name:
                (self.folder / f"{now}.git").rename(self.folder / f"{name}.git")
                self._shas[name] = self._shas.pop(now)
        self._move(Moves(), self._first_world)

    def shas(self, full_name: str) -> list[str]:
        """Commit ids in the order of the simulation's marks."""
        return self._shas[full_name]

    def fail_next(self, how_many: int, status: int = 502) -> None:
        """The next GraphQL requests get this status and a page of HTML."""
        with self._lock:
            self._failures = [status] * how_many

    def take_failure(self) -> int | None:
        """The status the present GraphQL request has to fail with, if any."""
        with self._lock:
            return self._failures.pop() if self._failures else None

    def count_request(self, *, is_git: bool) -> int:
        """Counts it, and tells how many API requests there were before."""
        with self._lock:
            before = self.requests
            self.git_requests += is_git
            self.requests += not is_git
            return before


def handler_for(forge: SandboxForge) -> type[Handler]:
    """The handler class of this forge; http.server wants a class and makes an instance for each connection."""
    return type("BoundHandler", (forge.dialect.handler,), {"forge": forge})
