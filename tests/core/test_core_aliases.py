"""Stories of identity (ID-01 to ID-04): which addresses are which account, and which stay on their own."""

from __future__ import annotations

import polars as pl
import pytest
from core_stories import account, address, core

from extract.git.people import Keys, emails, identities

KEYS = Keys(b"secret", "github", ("users.noreply.github.com",))
ADA = account("ada", account_id="github:1")
BOB = account("bob", account_id="github:2")


def signed(email: str, name: str = "Somebody", keys: Keys = KEYS) -> dict[str, object]:
    """The address as extraction tells of it."""
    return emails(identities(pl.DataFrame({"email": [email], "name": [name]}), keys)).row(0, named=True)


def shown(key: str, account_id: str, sha: str = "abc") -> dict[str, object]:
    return {"email_key": key, "account_id": account_id, "sha": sha}


def of_address(accounts: list, one: dict[str, object], links: list | None = None) -> tuple[str, str]:
    """Person and rule of the address; its own key is called "itself"."""
    rows = core(accounts=accounts, emails=[one], email_links=links or [])["aliases"]
    person, rule = rows.filter(alias_kind="email").select("person_id", "rule").row(0)
    return ("itself" if person == f"mail:{one['email_key']}" else person), rule


def test_an_account_is_a_person():
    rows = core(accounts=[ADA, BOB], emails=[])["aliases"]

    assert rows.select("alias_id", "person_id", "rule", "confidence_share").rows() == [
        ("github:1", "github:1", "A1", 1.0),
        ("github:2", "github:2", "A1", 1.0),
    ]


@pytest.mark.parametrize(
    ("email", "person"),
    [
        ("1+ada@users.noreply.github.com", "github:1"),
        ("1+ADA@Users.Noreply.GitHub.com", "github:1"),
        ("ada@users.noreply.github.com", "github:1"),
        ("Ada@users.noreply.github.com", "github:1"),
        ("1+a-name-since-given-up@users.noreply.github.com", "github:1"),
        ("2+ada@users.noreply.github.com", "github:2"),
        ("77+ada@users.noreply.github.com", "github:1"),
        ("77+nobody@users.noreply.github.com", "github:77"),
    ],
)
def test_a_noreply_address_is_the_account_it_names_by_id_before_login(email, person):
    assert of_address([ADA, BOB], signed(email)) == (person, "A2")


@pytest.mark.parametrize(
    "email",
    ["nobody@users.noreply.github.com", "1+ada@noreply.example.org", "ada@example.org", "1+ada@example.org"],
)
def test_an_address_that_names_no_known_account_is_a_person_of_its_own(email):
    assert of_address([ADA, BOB], signed(email)) == ("itself", "B1")


def test_an_address_is_the_account_that_the_forge_shows_behind_its_commits():
    one = signed("ada@example.org")
    links = [shown(one["email_key"], "github:1", "abc"), shown(one["email_key"], "github:1", "def")]

    assert of_address([ADA, BOB], one, links) == ("github:1", "A3")


def test_an_address_shown_behind_two_accounts_stays_its_own_and_joins_nobody():
    one = signed("team@example.org")
    links = [shown(one["email_key"], "github:1"), shown(one["email_key"], "github:2")]
    people = core(accounts=[ADA, BOB], emails=[one], email_links=links)["people"]

    assert of_address([ADA, BOB], one, links) == ("itself", "B1")
    assert people["person_id"].to_list() == ["github:1", "github:2", f"mail:{one['email_key']}"]


def test_what_an_address_says_itself_is_believed_before_what_the_forge_shows():
    one = signed("1+ada@users.noreply.github.com")

    assert of_address([ADA, BOB], one, [shown(one["email_key"], "github:2")]) == ("github:1", "A2")


def mapped(old: str, proper: str, repo_id: str = "r") -> dict[str, object]:
    return {"repo_id": repo_id, "email_key": old, "proper_email_key": proper}


def test_an_address_is_who_the_mailmap_says():
    told = [address("old"), address("new", forge="github", account_id="github:1")]
    rows = core(accounts=[ADA], emails=told, mailmap_links=[mapped("old", "new"), mapped("old", "new", "s")])["aliases"]

    assert rows.filter(alias_id="mail:old").select("person_id", "rule").row(0) == ("github:1", "A4")


def test_mailmaps_that_name_two_accounts_for_an_address_are_believed_once():
    told = [address("old"), *(address(n, forge="github", account_id=f"github:{n}") for n in "12")]
    tables = core(accounts=[ADA, BOB], emails=told, mailmap_links=[mapped("old", "1"), mapped("old", "2", "s")])

    links = tables["identity_links"].filter(rule="A4").select("other_alias_id", "status", "person_id").rows()
    assert links == [("mail:1", "accepted", "github:1"), ("mail:2", "forbidden", None)]
    assert tables["aliases"].filter(alias_kind="account")["person_id"].n_unique() == 2


def test_two_accounts_are_never_one_person_whatever_addresses_say():
    both = [signed("1+bob@users.noreply.github.com"), signed("2+ada@users.noreply.github.com"), signed("a@b.org")]
    links = [shown(one["email_key"], account_id) for one in both for account_id in ("github:1", "github:2")]
    rows = core(accounts=[ADA, BOB], emails=both, email_links=links)["aliases"].filter(alias_kind="account")

    assert rows["person_id"].to_list() == ["github:1", "github:2"]


def test_a_login_that_two_accounts_have_had_names_neither():
    renamed = [ADA, account("ada", account_id="github:9")]

    assert of_address(renamed, signed("ada@users.noreply.github.com")) == ("itself", "B1")


def test_the_same_login_or_number_on_two_forges_is_two_persons():
    lab = Keys(b"secret", "lab", ("users.noreply.lab.example",))
    accounts = [ADA, account("ada", account_id="lab:1")]

    assert of_address(accounts, signed("ada@users.noreply.github.com")) == ("github:1", "A2")
    assert of_address(accounts, signed("ada@users.noreply.lab.example", keys=lab)) == ("lab:1", "A2")
    assert core(accounts=accounts, emails=[])["people"].height == 2


def test_an_account_seen_in_two_repositories_under_two_logins_is_one_person():
    before = account("ada-old", account_id="github:1")
    rows = core(accounts=[ADA, before, ADA], emails=[signed("ada-old@users.noreply.github.com")])["aliases"]

    assert set(rows["person_id"]) == {"github:1"}


def test_an_address_seen_in_two_repositories_is_one_alias():
    one = signed("ada@example.org")

    assert core(accounts=[], emails=[one, one])["aliases"].height == 1


def test_a_mailbox_of_many_is_a_person_only_with_the_name_beside_it():
    keys = {KEYS.email_key("root@example.org", name) for name in ("Ada", "Bob", "  ada ")}

    assert len(keys) == 2
    assert KEYS.email_key("Ada@Example.org ", "x") == KEYS.email_key("ada@example.org", "y")


def test_every_alias_has_exactly_one_person():
    rows = core(emails=[address("ada", forge="github", account_id="github:ada"), address("x"), address("y")])["aliases"]

    assert rows["alias_id"].is_unique().all()
    assert rows["person_id"].null_count() == 0
