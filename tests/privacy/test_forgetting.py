"""Whoever is forgotten is in no row, page or store any more, and what others did stays as it was."""

from __future__ import annotations

import gzip
import json

import polars as pl
import pytest

from extract import identity_store, raw
from extract.git.people import Keys
from flows import who
from flows.data_directory import DataDirectory
from flows.forgetting import bury, bury_listed, come_since, purge, tombstones
from flows.redacting import NOBODY, Tombstones, login_key, redact, scrubbed, without, without_address

GONE = Tombstones(frozenset({"github:1", "mail:key"}), frozenset({login_key("ada", b"s")}), b"s")
ADA = {"__typename": "User", "login": "Ada", "databaseId": 1}
BOB = {"__typename": "User", "login": "bob", "databaseId": 2}


def test_an_account_becomes_nobody_and_its_texts_empty_while_answers_stay():
    said = {
        "number": 7,
        "title": "Help",
        "author": ADA,
        "body": "my words",
        "comments": {"nodes": [{"author": BOB, "body": "yours"}]},
    }

    clean = without(said, "github", GONE)

    assert clean["author"] is None
    assert (clean["title"], clean["body"]) == ("", "")
    assert clean["comments"]["nodes"] == [{"author": BOB, "body": "yours"}]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@ada, look", "@(forgotten), look"),
        ("thanks @Ada.", "thanks @(forgotten)."),
        ("ask @adam or @bob", "ask @adam or @bob"),
        ("write to me@ada.example", "write to me@ada.example"),
    ],
)
def test_what_others_wrote_mentions_them_no_more(text, left):
    assert without({"author": BOB, "body": text}, "github", GONE) == {"author": BOB, "body": left}


@pytest.mark.parametrize(
    "account", [{"login": "renamed", "databaseId": 1}, {"login": "ada", "id": 9}, {"username": "ada"}]
)
def test_an_account_is_known_by_its_id_and_by_its_login(account):
    assert without({"assignees": [account, BOB]}, "github", GONE) == {"assignees": [BOB]}


def test_the_same_number_on_another_forge_is_somebody_else():
    other = {"login": "eve", "databaseId": 1}

    assert without({"author": other}, "lab", GONE) == {"author": other}


@pytest.mark.parametrize(
    "name", ["items", "comments", "reviews", "events", "emails", "accounts", "mentions", "email_links"]
)
def test_no_row_of_raw_names_who_is_gone(name):
    table = next(table for table in raw.TABLES if table.name == name)
    theirs = {column.name: "github:1" for column in table.columns if column.name.endswith("account_id")}
    theirs |= {column.name: "key" for column in table.columns if column.name.endswith("email_key")}
    rows = table.rows(
        theirs, {column: value.replace("1", "2").replace("key", "other") for column, value in theirs.items()}
    )

    clean = scrubbed(rows, table, GONE)

    told = json.dumps(clean.to_dicts(), default=str)
    assert '"github:1"' not in told
    assert '"key"' not in told
    assert '"other"' in told or '"github:2"' in told


def test_commits_stay_in_the_totals_under_a_name_that_is_no_persons():
    rows = raw.EMAILS.rows({"email_key": "key", "host": "example.org", "is_bot": False}, {"email_key": "other"})
    commits = raw.COMMITS.rows({"sha": "a", "author_email_key": "key", "committer_email_key": "other"})

    assert scrubbed(rows, raw.EMAILS, GONE).select("email_key", "host").rows() == [(NOBODY, None), ("other", None)]
    assert scrubbed(commits, raw.COMMITS, GONE).select("author_email_key", "committer_email_key").rows() == [
        (NOBODY, "other")
    ]


def page(path, said):
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(json.dumps({"asked": {}, "status": 200, "body": json.dumps(said)}).encode()))


def test_pages_of_the_archive_are_rewritten_once(tmp_path):
    page(tmp_path / "issues/pages/0000000.json.gz", {"author": ADA, "body": "my words"})

    first, newest = redact(tmp_path, "github", GONE, 0)

    assert first == 1
    assert b"my words" not in gzip.decompress((tmp_path / "issues/pages/0000000.json.gz").read_bytes())
    assert redact(tmp_path, "github", GONE, newest) == (0, newest)


def test_a_tombstone_holds_no_login_and_lasts(tmp_path):
    directory = DataDirectory(tmp_path / "data").opened()
    bury(directory, ["github:1"], ["Ada"])
    bury(directory, ["mail:key"], [])

    found, kept = tombstones(directory), directory.people / "forgotten.json"
    assert found.aliases == {"github:1", "mail:key"}
    assert found.has_login("ada", "github")
    assert "ada" not in kept.read_text().lower()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_names_of_who_is_gone_leave_the_identity_store_again_after_every_night(tmp_path):
    directory = DataDirectory(tmp_path / "data").opened()
    bury(directory, ["mail:key"], [])
    signed = pl.DataFrame(
        [("key", "a@b.org", "Ada", 1, 0, 1), ("other", "b@b.org", "Bob", 1, 0, 1)],
        schema=identity_store.SIGNED,
        orient="row",
    )
    for _ in range(2):
        identity_store.save(directory.identities / "r", "tip", signed)
        assert purge(directory) == 1
        assert identity_store.read(directory.identities)["name"].to_list() == ["Bob"]
        assert (directory.identities / "r" / identity_store.FILE).stat().st_mode & 0o777 == 0o600


def test_a_namesake_on_another_forge_is_left_alone():
    gone = Tombstones(frozenset({"github:1"}), frozenset({login_key("github:ada", b"s")}), b"s")
    namesake = {"author": {"username": "ada", "id": "gid://lab/User/9"}, "body": "@ada"}
    rows = raw.ACCOUNTS.rows({"account_id": "github:7", "login": "Ada"}, {"account_id": "lab:9", "login": "ada"})

    assert without(namesake, "lab", gone) == namesake
    assert without(namesake, "github", gone) == {"author": None, "body": ""}
    assert scrubbed(rows, raw.ACCOUNTS, gone)["account_id"].to_list() == ["lab:9"]


def test_an_account_that_is_told_by_a_global_id_is_known_by_its_number():
    gone = Tombstones(frozenset({"lab:9"}), frozenset(), b"s")

    assert without({"author": {"username": "renamed", "id": "gid://gitlab/User/9"}}, "lab", gone) == {"author": None}


def partition(tmp_path, **tables):
    named = {table.name: table for table in raw.TABLES}
    raw.write(tmp_path / "p/git", {name: named[name].rows(*rows) for name, rows in tables.items()})
    return [tmp_path / "p"]


def test_addresses_that_come_later_are_theirs_by_login_forge_or_mailmap(tmp_path):
    gone = Tombstones(frozenset({"github:1"}), frozenset({login_key("github:ada", b"s")}), b"s")
    addresses = [
        {"email_key": "noreply", "forge": "github", "login": "ada"},
        *({"email_key": key} for key in ("shown", "mapped", "other")),
    ]
    told = partition(
        tmp_path,
        accounts=[{"account_id": "github:1", "login": "ada", "account_type": "user"}],
        emails=addresses,
        email_links=[{"email_key": "shown", "account_id": "github:1", "sha": "a"}],
        mailmap_links=[{"email_key": "mapped", "proper_email_key": "shown"}],
    )

    assert come_since(gone, told) == {"mail:noreply", "mail:shown", "mail:mapped"}


@pytest.mark.parametrize(
    ("line", "aliases"),
    [
        ("ada", set()),
        ("github:ada # she asked", {"github:1", "mail:shown"}),
        ("lab:1", {"lab:1"}),
        ("new@example.org", {f"mail:{Keys(b's', '', ()).email_key('new@example.org', '')}"}),
        ("newcomer", set()),
    ],
)
def test_a_line_of_the_opt_out_list_is_whom_it_names_with_what_is_certainly_theirs(tmp_path, line, aliases):
    directory = DataDirectory(tmp_path / "data").opened()
    told = partition(
        tmp_path,
        accounts=[{"account_id": f"{forge}:1", "login": "ada", "account_type": "user"} for forge in ("github", "lab")],
        emails=[{"email_key": "shown"}],
        email_links=[{"email_key": "shown", "account_id": "github:1", "sha": "a"}],
    )
    directory.people.mkdir()
    (directory.people / "optout.txt").write_text(f"\n{line}\n")
    bury_listed(directory, lambda: who.directory(told, b"s"), told)

    found = tombstones(directory)
    assert found.aliases == aliases
    assert found.has_login("newcomer", "github") == (line == "newcomer")
    assert found.has_login("ada", "github") == ("github:1" in aliases)
    assert found.has_login("ada", "lab") == ("lab:1" in aliases)


def test_what_git_keeps_of_an_address_says_nothing_of_who_is_gone(tmp_path):
    row = {"email_key": "key", "forge": "github", "account_id": "1", "login": "ada", "host": "ada.example"}
    pl.DataFrame([row, {**row, "email_key": "other", "login": "bob"}]).write_parquet(tmp_path / "1.emails.parquet")

    assert without_address(tmp_path / "1.emails.parquet", GONE) == 1
    assert without_address(tmp_path / "1.emails.parquet", GONE) == 0
    assert pl.read_parquet(tmp_path / "1.emails.parquet").select("email_key", "login").rows() == [
        ("key", None),
        ("other", "bob"),
    ]


def test_the_list_says_the_same_every_night(tmp_path):
    directory = DataDirectory(tmp_path / "data").opened()
    given = {"accounts": [{"account_id": "github:1", "login": "ada", "account_type": "user"}]}
    directory.people.mkdir()
    (directory.people / "optout.txt").write_text("ada\n")
    found = []
    for night, rows in enumerate((given, {"accounts": []})):
        told = partition(tmp_path / str(night), **rows)
        bury_listed(directory, lambda told=told: who.directory(told, b"s"), told)
        found.append(tombstones(directory))

    assert found[0] == found[1]
    assert found[0].aliases == {"github:1"}
