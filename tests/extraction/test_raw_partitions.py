"""Partitions of an earlier version stay readable: what they lack is null until they are read again."""

from __future__ import annotations

from extract import raw


def test_a_column_that_came_later_is_null_in_older_partitions(tmp_path):
    rows = raw.EMAILS.rows({"email_key": "a"})
    (tmp_path / "1").mkdir()
    rows.drop("is_only_named").with_columns(given_up=1).write_parquet(tmp_path / "1/emails.parquet")
    raw.write(tmp_path / "2", {"emails": rows})

    found = raw.scan([tmp_path / "1", tmp_path / "2"])["raw.emails"].collect()

    assert found.columns == raw.EMAILS.column_names
    assert found["is_only_named"].to_list() == [None, False]
