"""What the disk refuses is told in one paragraph, whoever notices it, and never as a traceback."""

from __future__ import annotations

from errno import EACCES, ECONNREFUSED, ENOSPC, EROFS
from os import strerror
from pathlib import Path

import duckdb
import polars as pl
import pytest

from extract import raw
from extract.errors import CannotWrite
from flows.data_directory import DataDirectory
from flows.errors import BadDataDirectory
from transform.warehouse import told_of_the_disk

FULL = pl.exceptions.ComputeError("parquet: underlying IO error: No space left on device (os error 28)")


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    return DataDirectory(tmp_path / "data").opened()


@pytest.mark.parametrize("number", [ENOSPC, EROFS, EACCES])
def test_who_must_mend_the_disk_is_told_once(directory, number):
    with pytest.raises(BadDataDirectory, match=r"cannot be written: .*\. Free space"), directory.held("run"):
        raise OSError(number, strerror(number), "/data/draft.duckdb")


def test_what_polars_says_of_the_disk_counts_too(directory):
    with pytest.raises(BadDataDirectory, match="no space left"), directory.held("run"):
        raise FULL


def test_what_duckdb_says_of_the_disk_counts_too(directory):
    with pytest.raises(BadDataDirectory, match="no space left"), directory.held("run"), told_of_the_disk():
        raise duckdb.IOException('Could not write file "x": No space left on device')


def test_other_errors_stay_what_they_are(directory):
    for error in (OSError(ECONNREFUSED, "Connection refused"), pl.exceptions.ComputeError("a column is missing")):
        with pytest.raises(type(error)), directory.held("run"):
            raise error


def test_a_lock_that_cannot_be_written_is_no_traceback(directory, monkeypatch):
    def refused(path: Path, *mode: str) -> None:
        raise OSError(EROFS, strerror(EROFS), str(path))

    monkeypatch.setattr("flows.data_directory.Path.open", refused)
    with pytest.raises(BadDataDirectory, match="read-only file system"), directory.held("run"):
        pytest.fail("there is no lock")


def test_a_table_that_finds_no_room_is_told_with_its_name(tmp_path, monkeypatch):
    def full(frame: pl.DataFrame, *given: object, **more: object) -> None:
        raise FULL

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(CannotWrite, match=r"streams\.parquet cannot be written: No space left"):
        raw.write(tmp_path, {"streams": raw.STREAMS.empty()})
