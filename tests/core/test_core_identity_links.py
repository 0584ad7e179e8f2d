"""Stories of links between aliases (ID-02): what holds, what is forbidden, what waits for a person."""

from __future__ import annotations

from typing import Any

import pytest
from core_stories import RUN_AT, Row, account, address, core, on_day, told

from transform.core import identity_links
from transform.parameters import Parameters

ADA, BOB = account("ada", account_id="github:1"), account("bob", account_id="github:2")
ADA_HERE, BOB_HERE = (address(f"at{n}", forge="github", account_id=f"github:{n}") for n in "12")
LAB = account("ada", account_id="lab:7")


def looks(one: str, other: str, score: float = 0.85, rule: str = "B2") -> Row:
    return {"alias_id": one, "other_alias_id": other, "rule": rule, "confidence_share": score, "evidence": "a reason"}


def decided(kind: str, one: str, other: str, day: float = 1) -> Row:
    pair = {"alias_id": min(one, other), "other_alias_id": max(one, other)}
    return {"decision_id": f"d{day}", "kind": kind, "decided_at": on_day(day), **pair}


def status(tables: Any, one: str, other: str, rule: str = "B2") -> str:
    return str(tables["identity_links"].filter(alias_id=one, other_alias_id=other, rule=rule)["status"].item())


def person(tables: Any, alias: str) -> str:
    return str(tables["aliases"].filter(alias_id=alias)["person_id"].item())


def test_a_likely_link_holds_with_its_evidence_and_without_a_person():
    tables = core(accounts=[ADA], emails=[ADA_HERE, address("home")], name_links=[looks("mail:at1", "mail:home")])

    row = tables["identity_links"].filter(rule="B2").row(0, named=True)
    assert (row["status"], row["decided_by"], row["evidence"]) == ("accepted", "rule", "a reason")
    assert person(tables, "mail:home") == "github:1"


@pytest.mark.parametrize(("score", "expected"), [(0.79, "queued"), (0.8, "accepted")])
def test_below_the_score_a_person_is_asked(score, expected):
    tables = core(accounts=[], emails=[address("x"), address("y")], name_links=[looks("mail:x", "mail:y", score)])

    assert status(tables, "mail:x", "mail:y") == expected
    assert tables["people_queue"]["reason"].to_list() == ["doubtful"] * (expected == "queued")


def test_two_accounts_of_one_forge_are_two_persons_whatever_links_them():
    links = [looks("mail:at1", "mail:home"), looks("mail:at2", "mail:home", 0.8, "C1")]
    tables = core(accounts=[ADA, BOB], emails=[ADA_HERE, BOB_HERE, address("home")], name_links=links)

    assert status(tables, "mail:at2", "mail:home", "C1") == "forbidden"
    assert person(tables, "mail:home") == "github:1", "the surer link came first"
    assert tables["people_queue"]["reason"].to_list() == ["forbidden"]


def test_a_faint_likeness_of_two_who_cannot_be_one_asks_nobody():
    tables = core(
        accounts=[ADA, BOB], emails=[ADA_HERE, BOB_HERE], name_links=[looks("mail:at1", "mail:at2", 0.7, "C2")]
    )

    assert status(tables, "mail:at1", "mail:at2", "C2") == "forbidden"
    assert tables["people_queue"].is_empty()


def test_the_same_human_on_two_forges_is_one_person():
    lab = address("lab", forge="lab", account_id="lab:7")
    tables = core(accounts=[ADA, LAB], emails=[ADA_HERE, lab], name_links=[looks("mail:at1", "mail:lab")])

    assert {person(tables, alias) for alias in ("github:1", "lab:7", "mail:at1", "mail:lab")} == {"github:1"}
    assert tables["people"]["person_id"].to_list() == ["github:1"]


def test_an_address_that_two_forges_show_behind_an_account_each_makes_the_two_one_person():
    shown = [{"email_key": "home", "account_id": account_id} for account_id in ("github:1", "lab:7")]
    tables = core(accounts=[ADA, LAB], emails=[address("home")], email_links=shown)

    assert {person(tables, alias) for alias in ("github:1", "lab:7", "mail:home")} == {"github:1"}
    assert status(tables, "mail:home", "lab:7", "A3") == "accepted"


def test_what_one_forge_cannot_tell_the_other_can():
    shown = [{"email_key": "home", "account_id": account_id} for account_id in ("github:1", "github:2", "lab:7")]
    tables = core(accounts=[ADA, BOB, LAB], emails=[address("home")], email_links=shown)

    assert person(tables, "mail:home") == "lab:7"
    assert {person(tables, alias) for alias in ("github:1", "github:2")} == {"github:1", "github:2"}


def test_addresses_shown_by_two_forges_never_make_two_accounts_of_one_forge_one():
    seen = {"home": ("github:1", "lab:7"), "work": ("github:2", "lab:7")}
    shown = [{"email_key": key, "account_id": account_id} for key, both in seen.items() for account_id in both]
    tables = core(accounts=[ADA, BOB, LAB], emails=[address("home"), address("work")], email_links=shown)

    assert person(tables, "github:1") != person(tables, "github:2")
    assert sorted(status(tables, f"mail:{key}", "lab:7", "A3") for key in seen) == ["accepted", "forbidden"]


def test_a_bot_is_never_merged_with_a_human():
    robot = account("robot", "bot", account_id="lab:9")
    bot = address("bot", forge="lab", account_id="lab:9")
    tables = core(accounts=[ADA, robot], emails=[ADA_HERE, bot], name_links=[looks("mail:at1", "mail:bot")])

    assert status(tables, "mail:at1", "mail:bot") == "forbidden"


@pytest.mark.parametrize(
    ("accounts", "classes", "expected"),
    [
        ([account("build", account_id="lab:9")], [], "accepted"),
        ([account("build", account_id="lab:9")], [("lab:9", "bot")], "forbidden"),
        ([account("build", account_id="lab:9")], [("lab:9", "bot"), ("github:1", "agent")], "accepted"),
        ([account("k8s-ci-robot", account_id="lab:9")], [], "forbidden"),
        ([account("k8s-ci-robot", account_id="lab:9")], [("lab:9", "human")], "accepted"),
    ],
)
def test_what_is_a_program_by_decision_or_by_our_list_is_merged_with_programs_alone(accounts, classes, expected):
    told_classes = [{"alias_id": alias, "actor_class": kind, "reason": "seen"} for alias, kind in classes]
    merge = [decided("merge", "github:1", "lab:9")]
    tables = core(accounts=[ADA, *accounts], emails=[], identity_decisions=merge, actor_decisions=told_classes)

    assert status(tables, "github:1", "lab:9", "H") == expected


def test_every_link_says_when_it_was_decided():
    tables = core(accounts=[ADA], emails=[ADA_HERE, address("home")], name_links=[looks("mail:at1", "mail:home")])

    assert set(tables["identity_links"].select("decided_by", "decided_at").rows()) == {("rule", RUN_AT)}


def test_a_decision_goes_before_every_rule():
    links = [looks("mail:x", "mail:y", 0.95, "B1")]
    tables = core(
        accounts=[],
        emails=[address("x"), address("y")],
        name_links=links,
        identity_decisions=[decided("apart", "mail:x", "mail:y")],
    )

    assert status(tables, "mail:x", "mail:y", "B1") == "forbidden"
    assert person(tables, "mail:y") == "mail:y"


def test_what_somebody_merged_is_one_person_and_says_who_decided():
    tables = core(accounts=[ADA], emails=[address("x")], identity_decisions=[decided("merge", "github:1", "mail:x")])

    assert person(tables, "mail:x") == "github:1"
    assert tables["identity_links"].select("rule", "decided_by", "decided_at").row(0) == ("H", "human", on_day(1))


@pytest.mark.parametrize("kind", ["apart", "alone"])
def test_an_address_can_be_taken_away_from_the_account_that_the_forge_shows(kind):
    other = "github:1" if kind == "apart" else "mail:at1"
    tables = core(accounts=[ADA], emails=[ADA_HERE], identity_decisions=[decided(kind, "mail:at1", other)])

    assert status(tables, "mail:at1", "github:1", "A2") == "overruled"
    assert person(tables, "mail:at1") == "mail:at1"


def test_who_stands_alone_is_joined_by_nothing():
    links = [looks("mail:x", "mail:y", 0.95, "B1")]
    tables = core(
        accounts=[],
        emails=[address("x"), address("y")],
        name_links=links,
        identity_decisions=[decided("alone", "mail:y", "mail:y")],
    )

    assert tables["identity_links"].height == 0
    assert person(tables, "mail:x") == "mail:x"


@pytest.mark.parametrize(("n", "expected"), [(15, {"accepted"}), (16, {"quarantined"})])
def test_a_group_of_more_than_fifteen_addresses_is_taken_to_pieces(n, expected):
    emails = [address(f"a{number:02}") for number in range(n)]
    links = [looks("mail:a00", f"mail:a{number:02}") for number in range(1, n)]
    tables = core(accounts=[], emails=emails, name_links=links)

    assert set(tables["identity_links"]["status"]) == expected
    assert tables["people"].height == (1 if expected == {"accepted"} else n)


@pytest.mark.parametrize(("n", "expected"), [(8, "accepted"), (9, "quarantined")])
def test_and_one_of_more_than_eight_names(n, expected):
    names = [{"alias_id": f"mail:{'xy'[number % 2]}", "name_key": str(number)} for number in range(n)]
    tables = core(
        accounts=[], emails=[address("x"), address("y")], name_links=[looks("mail:x", "mail:y")], alias_names=names
    )

    assert status(tables, "mail:x", "mail:y") == expected


def test_a_quarantined_group_keeps_what_mailmaps_and_people_said():
    emails = [address(f"a{number:02}") for number in range(17)]
    links = [looks("mail:a00", f"mail:a{number:02}") for number in range(2, 17)]
    mapped = {"repo_id": "r", "email_key": "a00", "proper_email_key": "a01"}
    tables = core(accounts=[], emails=emails, name_links=links, mailmap_links=[mapped])

    assert person(tables, "mail:a01") == "mail:a00"
    assert tables["people"].height == 16


def test_the_exact_mode_believes_accounts_mailmaps_and_people_alone():
    mapped = {"repo_id": "r", "email_key": "x", "proper_email_key": "y"}
    given = told(
        accounts=[],
        emails=[address("x"), address("y"), address("z")],
        name_links=[looks("mail:x", "mail:z")],
        mailmap_links=[mapped],
    )
    inputs = [given[name] for name in identity_links.TABLE.inputs]

    rows = identity_links.build(*inputs, parameters=Parameters(as_of=RUN_AT, identities="exact")).collect()

    assert rows["rule"].to_list() == ["A4"]


def test_links_about_aliases_that_nobody_signs_with_are_none():
    tables = core(accounts=[], emails=[address("x")], name_links=[looks("mail:x", "mail:gone")])

    assert tables["identity_links"].height == 0
