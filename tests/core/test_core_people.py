"""Stories of who is a person (BOT-01): the certain rules, and those they must not hit."""

from __future__ import annotations

import polars as pl
import pytest
from core_stories import account, address, core

from extract.git.people import Keys, emails, identities

KEYS = Keys(b"secret", "github", ("users.noreply.github.com",))


def signed(email: str, name: str) -> dict[str, object]:
    return emails(identities(pl.DataFrame({"email": [email], "name": [name]}), KEYS)).row(0, named=True)


def class_of(*accounts: dict[str, object], **more: list) -> tuple[str, str]:
    rows = core(**{"accounts": list(accounts), "emails": [], **more})["people"]
    assert rows.height == 1
    return rows.select("actor_class", "actor_class_reason").row(0)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (account("ada"), ("human", "no rule says otherwise")),
        (account("helper", "bot"), ("bot", "the forge says it is a bot")),
        (account("release[bot]", "bot"), ("bot", "the forge says it is a bot")),
        (account("our-bot"), ("bot", "its login has the word of a bot in it")),
        (account("bot"), ("bot", "its login has the word of a bot in it")),
        (account("Release[BOT]"), ("bot", "its login ends in [bot]")),
        (account("guild", "organisation"), ("organisation", "the forge says it is an organisation")),
        (account("imported", "mannequin"), ("human", "no rule says otherwise")),
    ],
)
def test_the_forge_and_the_login_decide_with_a_reason(one, expected):
    assert class_of(one) == expected


@pytest.mark.parametrize("login", ["Abbott", "robotnik", "talbot", "botticelli", "cabot-lodge", "[bot]ticelli"])
def test_a_name_with_bot_in_it_is_no_bot(login):
    assert class_of(account(login))[0] == "human"


def test_github_actions_is_a_bot_by_its_address_alone():
    one = signed("41898282+github-actions[bot]@users.noreply.github.com", "github-actions[bot]")
    rows = core(accounts=[], emails=[one])["people"]

    person = rows.select("person_id", "login", "actor_class", "actor_class_reason").row(0)
    assert person[:3] == ("github:41898282", "github-actions[bot]", "bot")
    assert person[3].startswith("known: GitHub Actions, since 2018-10")


def test_and_the_same_as_the_account_of_its_comments():
    one = signed("41898282+github-actions[bot]@users.noreply.github.com", "github-actions[bot]")
    spoken = account("github-actions[bot]", "bot", account_id="github:41898282")

    assert class_of(spoken, emails=[one])[0] == "bot"


def test_a_signature_that_says_bot_is_one():
    assert class_of(emails=[signed("ci@example.org", "Release [bot]")]) == ("bot", "its commits are signed by a [bot]")
    assert class_of(emails=[signed("ci@example.org", "Talbot")])[0] == "human"


def test_whom_only_commits_know_has_no_login():
    rows = core(accounts=[], emails=[address("x")])["people"]

    assert rows.select("person_id", "login", "actor_class").rows() == [("mail:x", None, "human")]


def test_the_login_of_the_account_goes_before_one_in_an_address():
    old = address("x", forge="github", account_id="github:1", login="before")
    rows = core(accounts=[account("now", account_id="github:1")], emails=[old])["people"]

    assert rows["login"].to_list() == ["now"]


def test_whoever_trailers_only_name_is_nobody_until_they_sign_somewhere():
    """Somebody may only report in one repository and sign in another."""
    named, signing = (address("key", is_only_named=only, forge=None) for only in (True, False))

    assert core(accounts=[], emails=[named])["people"].height == 0
    assert core(accounts=[], emails=[named, signing])["people"]["person_id"].to_list() == ["mail:key"]


def test_names_are_counted_over_all_addresses_of_a_person():
    emails = [address(key, forge="github", account_id="github:1") for key in "xy"]
    names = [{"alias_id": f"mail:{key}", "name_key": name} for key, name in ("x1", "x2", "y2")]
    rows = core(accounts=[account("ada", account_id="github:1")], emails=emails, alias_names=names)["people"]

    assert rows["n_names"].to_list() == [2]
