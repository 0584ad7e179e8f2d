"""What several tables are made of is made once in a build, and what comes of it is the same."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from transform.once import kept_in, made_once


@pytest.fixture
def doubled():
    """A function of a table that notes how often it had to do its work."""

    @made_once
    def twice(table: pl.LazyFrame, times: int = 2) -> pl.LazyFrame:
        twice.calls += 1
        return table.select(pl.col("n") * times)

    twice.calls = 0
    return twice


def rows(*numbers):
    return pl.LazyFrame({"n": numbers})


def test_in_a_build_the_second_who_asks_gets_what_the_first_one_got(doubled, tmp_path):
    table = rows(1, 2)
    with kept_in(tmp_path):
        given = [doubled(table).collect()["n"].to_list() for _ in range(3)]

    assert (given, doubled.calls) == ([[2, 4]] * 3, 1)


def test_another_table_or_setting_is_another_frame(doubled, tmp_path):
    table, other = rows(1), rows(5)
    with kept_in(tmp_path):
        given = [doubled(*asked).collect().item() for asked in [(table,), (other,), (table, 3), (table,)]]

    assert given == [2, 10, 3, 2]


def test_a_table_that_took_the_place_of_one_long_gone_is_not_mistaken_for_it(doubled, tmp_path):
    with kept_in(tmp_path):
        given = [doubled(rows(number)).collect().item() for number in range(50)]

    assert given == [2 * number for number in range(50)]


def test_outside_of_a_build_it_is_made_anew_each_time(doubled):
    table = rows(1)

    assert [doubled(table).collect().item() for _ in range(2)] == [2, 2]
    assert doubled.calls == 2


def test_after_the_build_nothing_is_left_even_if_it_failed(doubled, tmp_path):
    def build():
        with kept_in(tmp_path):
            doubled(rows(1))
            assert list(tmp_path.rglob("*.parquet"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build()

    assert list(tmp_path.iterdir()) == []


def test_names_that_group_fast_are_the_same_after_they_were_kept(tmp_path):
    @made_once
    def named(table: pl.LazyFrame) -> pl.LazyFrame:
        return table.with_columns(pl.col("who").cast(pl.Categorical))

    table = pl.LazyFrame({"who": ["cyd", "ada", "cyd"], "n": [1, 2, 3]})
    with kept_in(tmp_path):
        joined = named(table).join(named(table), on="who").with_columns(pl.col("who").cast(pl.String)).collect()

    assert_frame_equal(
        joined.sort("who", "n", "n_right"),
        named(table)
        .join(named(table), on="who")
        .with_columns(pl.col("who").cast(pl.String))
        .collect()
        .sort("who", "n", "n_right"),
    )
