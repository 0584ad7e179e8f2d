"""A name that changes hands: the new repository is fetched, the old one stays as it is, marked, also after a rebuild."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from extraction_tools import NAME, TOKEN, VARIABLE

from flows import commands, extraction, rereading
from flows.data_directory import DataDirectory
from flows.job import Job
from flows.settings import read_settings, sources

NEW_NAME = "commons/lodge"
MARK = f"box:{NAME} is another repository now. If this one has a new name, name that to follow it."


@pytest.fixture
def night(hut, tmp_path, monkeypatch):
    """Extracts the repositories of these names into one data directory, as a run does; gives the run."""
    monkeypatch.setenv(VARIABLE, TOKEN)
    directory = DataDirectory(tmp_path / "data").opened()
    forge = f'[[forges]]\nname = "box"\nkind = "github"\nbase_url = "{hut.base_url}"\ntoken_env = ["{VARIABLE}"]\n'

    def run(*names: str) -> Job:
        config = tmp_path / "forbenefit.toml"
        config.write_text(forge + "".join(f'[[repositories]]\nrepo = "box:{name}"\ngit_url = ""\n' for name in names))
        settings = read_settings(config)
        wanted = sources(settings, ())
        job = commands._job("run", settings, directory, hut.as_of.isoformat(), wanted)
        for source in wanted:
            extraction.extract(source, job)
        return job

    return run


def marks(job: Job) -> dict[str, set[str | None]]:
    """By repository, what its streams say is missing."""
    files = sorted(Path(job.directory.raw).rglob("streams.parquet"))
    rows = pl.concat([pl.read_parquet(file) for file in files]).select("repo_id", "reason").rows()
    return {repo_id: {reason for one, reason in rows if one == repo_id} for repo_id, _ in rows}


def handed_over(hut) -> None:
    hut.rename(NAME, NEW_NAME)
    hut.take_name(NAME, like=NEW_NAME)


def test_the_one_that_lost_its_name_stays_and_is_marked(hut, night):
    (old,) = marks(night(NAME))
    handed_over(hut)
    job = night(NAME)
    (new,) = set(marks(job)) - {old}

    assert marks(job) == {old: {MARK}, new: {None}}
    rereading.reread(job)
    assert marks(job) == {old: {MARK}, new: {None}}
    assert {known["repo_id"] for known in job.directory.repositories.values()} == {old, new}


def test_under_its_new_name_it_is_followed_and_not_marked(hut, night):
    (old,) = marks(night(NAME))
    handed_over(hut)
    job = night(NEW_NAME, NAME)
    rereading.reread(job)

    assert marks(job)[old] == {None}
    assert len(marks(job)) == 2
