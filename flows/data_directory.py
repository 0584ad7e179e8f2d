"""The data directory: what lies where, whose it is, and who is using it.

forbenefit.json      its format, and the repositories it has met
identity.key         secret of the keyed hashes (mode 0600)
archive/             what the forges said
identities/          names and addresses behind the keyed hashes (mode 0600)
people/              decisions about people, and keyed tables made of them
raw/                 typed records, one partition a repository
last_good/           links to those of each repository that were last published
ops/                 one small file a run: its row and its verdicts, refused nights included
draft.duckdb         tonight's warehouse before its audit
warehouse.duckdb     the published one
nights/              the last published ones
budget.json          what the tokens had left
report.html, validation.html
lock                 who is using the folder
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from extract.archive import write_durably
from extract.errors import CannotWrite
from flows import clock
from flows.errors import BadDataDirectory, NothingPublished

FORMAT = 1
_REMEMBERING = threading.Lock()
_DISK = ("No space left on device", "Disk quota exceeded", "Read-only file system", "Permission denied")
"""What the disk refuses, in the system's own words."""


class DataDirectory:
    """Paths of one data directory; `opened` makes or recognises it."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.archive, self.raw, self.ops = self.path / "archive", self.path / "raw", self.path / "ops"
        self.identities, self.people = self.path / "identities", self.path / "people"
        self.draft, self.warehouse = self.path / "draft.duckdb", self.path / "warehouse.duckdb"
        self.last_good = self.path / "last_good"
        self.nights, self.report = self.path / "nights", self.path / "report.html"
        self.budget = self.path / "budget.json"
        self._marker, self._lock = self.path / "forbenefit.json", self.path / "lock"

    def opened(self) -> DataDirectory:
        """Makes the folder if need be; refuses one that holds something else or is of another format."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            inhabited = any(entry.name != "lock" for entry in self.path.iterdir())
            if not self._marker.exists():
                if inhabited:
                    raise BadDataDirectory(
                        f"{self.path} holds files that are not forbenefit's. Give --data an empty or new folder."
                    )
                self._write({"format": FORMAT, "repositories": {}})
            self._make_secret()
        except OSError as error:
            raise BadDataDirectory(
                f"{self.path} cannot be used: {error.strerror}. Give --data a folder that you may write to."
            ) from error
        self._check_format()
        return self

    def published(self) -> Path:
        """The published warehouse, or a word on how to get one."""
        if self._marker.exists():
            self._check_format()
        if not self.warehouse.exists():
            raise NothingPublished(f"{self.path} has no published warehouse yet. Run `forbenefit run` or `demo` first.")
        return self.warehouse

    @contextmanager
    def held(self, command: str) -> Iterator[None]:
        """Keeps every other run out; the second is told who holds the folder."""
        with self._written(), self._lock.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise BadDataDirectory(
                    f"{self.path} is in use by {file.read().strip() or 'another run'}. Wait for it to end, or give "
                    "--data another folder."
                ) from None
            file.truncate(0)
            file.write(f"process {os.getpid()} ({command}, since {clock.now():%Y-%m-%d %H:%M:%S} UTC)")
            file.flush()
            yield

    def secret_of(self, purpose: str) -> bytes:
        """A key of its own for a purpose, which tells nothing of the other keys."""
        return hmac.new(self.secret(), purpose.encode(), hashlib.sha256).digest()

    @contextmanager
    def _written(self) -> Iterator[None]:
        """Says in one paragraph what the disk refuses, wherever it is noticed; what was written so far is kept."""
        try:
            yield
        except CannotWrite as error:
            raise BadDataDirectory(str(error)) from error
        except (OSError, pl.exceptions.ComputeError) as error:
            said = next((word for word in _DISK if word in str(error)), None)
            if said is None:
                raise
            raise BadDataDirectory(
                f"{self.path} cannot be written: {said.lower()}. Free space or mend the permissions, and run again; the "
                "published warehouse is as it was, and the next run continues where this one was."
            ) from error

    def secret(self) -> bytes:
        """The key of the hashes that stand for e-mail addresses; readable by its owner alone."""
        return (self.path / "identity.key").read_bytes()

    def _make_secret(self) -> None:
        """Made once, by the one who opens the folder: two keys would be two persons for every address."""
        path = self.path / "identity.key"
        if not path.exists():
            descriptor = os.open(path.with_suffix(".part"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
            path.with_suffix(".part").replace(path)

    @property
    def repositories(self) -> dict[str, dict[str, str]]:
        """Every repository met so far: reference to its id and partition."""
        known: dict[str, dict[str, str]] = self._read()["repositories"]
        return known

    def remember(self, ref: str, facts: dict[str, str]) -> None:
        """Notes a repository; many threads may, at once."""
        with _REMEMBERING:
            state = self._read()
            if state["repositories"].get(ref) != facts:
                self._write({**state, "repositories": {**state["repositories"], ref: facts}})

    def _check_format(self) -> None:
        found = self._read().get("format")
        if found != FORMAT:
            raise BadDataDirectory(
                f"{self.path} has format {found}; this version reads format {FORMAT}. Run the version that wrote it, "
                "or give --data a new folder."
            )

    def _read(self) -> dict[str, Any]:
        try:
            state: dict[str, Any] = json.loads(self._marker.read_bytes())
        except (OSError, ValueError) as error:
            raise BadDataDirectory(f"{self._marker} cannot be read ({error}). Restore it from a backup.") from error
        return state

    def _write(self, state: dict[str, Any]) -> None:
        write_durably(self._marker, json.dumps(state, indent=1, ensure_ascii=False).encode())
