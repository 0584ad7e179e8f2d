"""An operator with a data directory and a configuration, and the nights they run."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from extract.sandbox.server import SandboxForge
from flows import commands
from flows.data_directory import DataDirectory
from flows.job import Outcome

TOKEN = "a-very-secret-token"
VARIABLE = "NIGHTS_TOKEN"


@dataclass
class Nights:
    """An operator with a data directory and a configuration."""

    forge: SandboxForge
    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def config(self, *names: str, extra: str = "") -> Path:
        path = self.folder / "forbenefit.toml"
        path.write_text(
            f'[[forges]]\nname = "box"\nkind = "github"\nbase_url = "{self.forge.base_url}"\ntoken_env = ["{VARIABLE}"]\n'
            + "".join(
                f'[[repositories]]\nrepo = "box:{n}"\ngit_url = "{self.forge.git_url(n.lower())}"\n' for n in names
            )
            + extra
        )
        return path

    def run(self, *names: str, as_of: datetime | None = None) -> Outcome:
        asked = names or tuple(self.forge.world.repositories)
        until = (as_of or self.forge.world.ends_at).isoformat()
        return commands.run((), self.config(*asked), self.data, until)

    def share_secret_of(self, other: Nights) -> None:
        """The same keyed hashes as in another data directory, so that persons can be compared."""
        DataDirectory(self.data).opened()
        shutil.copy(other.data / "identity.key", self.data / "identity.key")

    def query(self, sql: str) -> list[tuple]:
        return query(self.data / "warehouse.duckdb", sql)


def query(warehouse: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(warehouse), read_only=True) as db:
        return db.sql(sql).fetchall()
