"""A pseudonymous export names nobody, and the same person has the same key in every table."""

from __future__ import annotations

from flows.exporting import DROPPED, is_person, pseudonymised
from transform.core import contributions, people
from transform.tables import TABLES


def test_persons_have_stable_keys_and_logins_and_pages_are_gone():
    act = {"contribution_id": "r/commit/a/github:1", "person_id": "github:1", "url": "https://forge/ada"}
    acts = pseudonymised(contributions.TABLE.rows(act), contributions.TABLE, b"k")
    persons = pseudonymised(people.TABLE.rows({"person_id": "github:1", "login": "ada"}), people.TABLE, b"k")

    assert acts["person_id"].item() == persons["person_id"].item() != "github:1"
    assert set(acts.columns) & DROPPED == set(persons.columns) & DROPPED == set()
    assert "github:1" not in acts["contribution_id"].item()


def test_another_export_key_makes_other_persons():
    rows = people.TABLE.rows({"person_id": "github:1"})

    assert (
        pseudonymised(rows, people.TABLE, b"k")["person_id"].item()
        != pseudonymised(rows, people.TABLE, b"l")["person_id"].item()
    )


def test_every_column_of_a_person_is_known_as_one():
    loose = [
        str(table) + "." + column.name
        for table in TABLES
        for column in table.columns
        if "person" in column.name and str(column.dtype) == "String" and not is_person(column)
    ]

    assert loose == []
