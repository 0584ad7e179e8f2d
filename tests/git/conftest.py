"""A repository to work in, and the mining of one night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from git_workshop import ENVIRONMENT, Mined, Workshop, new_workshop

from extract.git.mine import mine

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = b"a secret for tests"


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return new_workshop(tmp_path / "source")


@pytest.fixture
def mining(tmp_path: Path) -> Callable[..., Mined]:
    """Mines a source as every night does, into folders that stay between calls with the same `into`."""

    def run(source: Path | str, *, into: str = "night", **given: Any) -> Mined:
        reports: list[tuple[str, int, int | None]] = []
        raw = tmp_path / into / "raw"
        usual = {"repo_id": "github:1", "forge": "github", "secret": SECRET, "environment": ENVIRONMENT, "until": NOW}
        folders = {"mirror_folder": tmp_path / into / "mirror", "raw_folder": raw, "changes": None}
        streams = mine(str(source), **{**usual, **folders, **given}, report=lambda *seen: reports.append(seen))
        return Mined(raw, streams, reports)

    return run
