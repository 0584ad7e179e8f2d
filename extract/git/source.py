"""A plain git repository, from its path or URL to its raw partition."""

from __future__ import annotations

import polars as pl

from extract import raw
from extract.forge import Forge
from extract.git.mine import MIRROR, mine
from extract.git.publish import STAMP
from extract.source import Extracted, Source, Surroundings, folder_name


def extract(source: Source, around: Surroundings) -> Extracted:
    """Mines the history; there are no issues, changes or reviews to be had."""
    place = f"{folder_name(source.forge)}/{folder_name(source.name)}"
    around.met(source.ref, around.raw / place)
    _mined(source.name, source, around, place)
    return Extracted(source.ref, around.raw / place, 0, raw.reasons(around.raw / place))


def reread(source: Source, around: Surroundings, place: str) -> None:
    """Mines the copy of what came over a network; a repository on this machine is its own archive."""
    (around.raw / place / "git" / STAMP).unlink(missing_ok=True)
    copy = around.archive / place / MIRROR
    _mined(str(copy) if copy.exists() else source.name, source, around, place)


def _mined(where: str, source: Source, around: Surroundings, place: str) -> None:
    mined = mine(
        where,
        repo_id=source.ref,
        forge="github",  # the forge that noreply addresses of a plain repository most often name
        mirror_folder=around.archive / place,
        raw_folder=around.raw / place / "git",
        secret=around.secret,
        environment=around.environment,
        until=around.until,
        changes=None,
        all_branches=around.all_branches,
        identity_folder=around.identity_folder(around.raw / place),
        with_contents=around.line_minutes > 0,
        enough=around.line_time(),
        report=around.report,
    )
    repository = {"repo_id": source.ref, "forge": source.forge, "full_name": source.name}
    rows = pl.DataFrame([repository], schema=raw.REPOSITORIES.polars_schema)
    raw.write(around.raw / place / "git", {"streams": mined, "repositories": rows})


FORGE = Forge(kind="git", extract=extract, reread=reread)
