"""Stories of for whom somebody works, and when (ORG-03)."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from core_stories import Row, address, commit, core, issue, on_day

from transform.core.domains import Registration, said_by


def mail(login: str, host: str | None, **more: object) -> Row:
    """An address that the forge ties to the account."""
    return address(f"{login}@{host}", forge="github", account_id=f"github:{login}", host=host, **more)


def enrolment(
    login: str, organisation: str | None, start: float | None, end: float | None, kind: str = "company"
) -> Row:
    return {
        "enrolment_id": f"{login}/{organisation}/{start}",
        "alias_id": f"github:{login}",
        "organisation": organisation,
        "affiliation_class": kind,
        "from_at": None if start is None else on_day(start),
        "to_at": None if end is None else on_day(end),
    }


def worked_for(tables: Any, login: str = "ada") -> list[tuple[str | None, str]]:
    """Organisation and class of each act, in the order of time."""
    rows = tables["contributions"].filter(person_id=f"github:{login}").sort("contributed_at")
    return list(rows.select("organisation", "affiliation_class").rows())


CORP, HOME = mail("ada", "redhat.com"), mail("ada", "gmail.com")
UNKNOWN = (None, "unknown")


def test_a_commit_is_judged_by_its_own_address_at_its_own_time():
    commits = [
        commit("a", "ada@redhat.com", 1),
        commit("b", "ada@gmail.com", 2, "a"),
        commit("c", "ada@suse.com", 9, "b"),
    ]
    tables = core(emails=[CORP, HOME, mail("ada", "suse.com")], commits=commits)

    assert worked_for(tables) == [("Red Hat", "company"), UNKNOWN, ("SUSE", "company")]


def test_other_acts_follow_the_addresses_of_around_that_time():
    acts = [issue(number, "ada", day) for number, day in enumerate([100 - 181, 100 - 179, 150, 279, 281])]
    tables = core(emails=[CORP], commits=[commit("a", "ada@redhat.com", 100)], items=acts)

    assert worked_for(tables) == [UNKNOWN, *[("Red Hat", "company")] * 4, UNKNOWN]


def test_who_changes_employer_changes_with_the_first_commit_for_the_new_one():
    commits = [commit("a", "ada@redhat.com", 100), commit("b", "ada@suse.com", 160, "a")]
    acts = [issue(1, "ada", 159), issue(2, "ada", 161)]
    tables = core(emails=[CORP, mail("ada", "suse.com")], commits=commits, items=acts)

    assert worked_for(tables) == [("Red Hat", "company")] * 2 + [("SUSE", "company")] * 2
    spans = tables["affiliations"].select("organisation", "from_at", "to_at").rows()
    assert spans == [("Red Hat", on_day(-80), on_day(160)), ("SUSE", on_day(160), on_day(340))]


def test_a_registration_goes_before_any_address_and_ends_on_its_day():
    commits = [
        commit(f"c{day}", "ada@redhat.com", day, *([f"c{day - 10}"] if day > 10 else [])) for day in (10, 20, 30)
    ]
    tables = core(emails=[CORP], commits=commits, enrolments=[enrolment("ada", "Igalia", 15, 30)])

    assert worked_for(tables) == [("Red Hat", "company"), ("Igalia", "company"), ("Red Hat", "company")]


def test_of_two_registrations_at_once_the_one_that_began_later_counts():
    both = [enrolment("ada", "First", None, None), enrolment("ada", "Second", 10, 20)]
    tables = core(enrolments=both, items=[issue(number, "ada", day) for number, day in enumerate([9, 10, 19, 20])])

    assert [organisation for organisation, _ in worked_for(tables)] == ["First", "Second", "Second", "First"]
    assert tables["affiliations"]["to_at"].null_count() == 1


def test_nobody_is_a_volunteer_without_evidence():
    told = [mail("ada", None), mail("bob", None, is_own_host=True)]
    commits = [commit("a", "ada@None", 1), commit("b", "bob@None", 2, "a")]
    tables = core(
        emails=told,
        commits=commits,
        enrolments=[enrolment("cyd", None, None, None, "volunteer")],
        items=[issue(1, "cyd", 3)],
    )

    assert worked_for(tables) == [UNKNOWN]
    assert worked_for(tables, "bob") == worked_for(tables, "cyd") == [(None, "volunteer")]


@pytest.mark.parametrize(
    ("others", "expected"), [([], UNKNOWN), ([mail("bob", "smallworks.dev")], ("smallworks.dev", "company"))]
)
def test_a_domain_that_nobody_registered_is_an_organisation_once_two_persons_have_it(others, expected):
    tables = core(emails=[mail("ada", "smallworks.dev"), *others], commits=[commit("a", "ada@smallworks.dev", 1)])

    assert worked_for(tables) == [expected]


def test_one_person_with_two_addresses_of_a_domain_is_one():
    second = address("x", forge="github", account_id="github:ada", host="smallworks.dev")
    tables = core(emails=[mail("ada", "smallworks.dev"), second], commits=[commit("a", "ada@smallworks.dev", 1)])

    assert worked_for(tables) == [UNKNOWN]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("eng.redhat.com", ("Red Hat", "company", "known")),
        ("cs.ox.ac.uk", ("ox.ac.uk", "academic", "institution")),
        ("mit.edu", ("mit.edu", "academic", "institution")),
        ("alum.mit.edu", (None, "unknown", "project")),
        ("nist.gov", ("nist.gov", "public", "institution")),
        ("gmail.com", (None, "unknown", "free_mail")),
        ("yahoo.co.jp", (None, "unknown", "free_mail")),
        ("debian.org", (None, "unknown", "project")),
        ("eng.example.org", (None, "unknown", "reserved")),
        ("host.invalid", (None, "unknown", "reserved")),
        ("mail.small.co.uk", ("small.co.uk", "company", "several")),
        ("unity.com", ("unity.com", "company", "several")),
    ],
)
def test_a_host_says_what_its_registered_domain_is(host, expected):
    assert said_by(host, {}) == expected


def test_the_longest_registered_suffix_counts_and_hosts_below_only_where_that_is_said():
    registered = {
        "example.com": Registration("Example", "company", is_top=True),
        "labs.example.com": Registration("Labs", "academic", is_top=False),
        "gmail.com": Registration("Google", "company", is_top=True),
    }

    said = {
        host: said_by(host, registered).organisation
        for host in ("a.example.com", "labs.example.com", "x.labs.example.com", "gmail.com")
    }

    assert said == {
        "a.example.com": "Example",
        "labs.example.com": "Labs",
        "x.labs.example.com": "Example",
        "gmail.com": "Google",
    }


def test_registered_domains_reach_the_acts():
    domain = {"domain": "smallworks.dev", "organisation": "Small", "affiliation_class": "company", "is_top": True}
    tables = core(
        emails=[mail("ada", "a.smallworks.dev")],
        commits=[commit("a", "ada@a.smallworks.dev", 1)],
        organisation_domains=[domain],
    )

    assert worked_for(tables) == [("Small", "company")]


def test_a_deleted_account_works_for_nobody_known():
    assert core(items=[issue(1, None, 1)])["contributions"].select("organisation", "affiliation_class").rows() == [
        UNKNOWN
    ]


def test_spans_of_a_person_never_overlap():
    days = [10, 40, 70, 100, 130, 700]
    hosts = ["redhat.com", "suse.com", "redhat.com", "redhat.com", "suse.com", "redhat.com"]
    commits = [commit(f"c{day}", f"ada@{host}", day) for day, host in zip(days, hosts, strict=True)]
    tables = core(
        emails=[CORP, mail("ada", "suse.com")], commits=commits, enrolments=[enrolment("ada", "Igalia", 60, 75)]
    )

    spans = tables["affiliations"].sort("from_at")
    assert (spans["to_at"].head(-1) <= spans["from_at"].tail(-1)).all()
    assert spans["organisation"].to_list() == ["Red Hat", "SUSE", "Igalia", "Red Hat", "SUSE", "Red Hat"]
    assert (spans["from_at"] < spans["to_at"]).fill_null(value=True).all()
    assert spans.filter(pl.col("rule") == "mapping").height == 1


def member(login: str, first: float, last: float, missed: float | None = None, since: float | None = None) -> Row:
    seen = {"first_seen_at": on_day(first), "last_seen_at": on_day(last)}
    dated = {"since_at": None if since is None else on_day(since)}
    return {
        "organisation_id": "github:7",
        "account_id": f"github:{login}",
        **seen,
        **dated,
        "missed_at": None if missed is None else on_day(missed),
    }


GUILD: Row = {"organisation_id": "github:7", "place": "github:guild", "host": "www.redhat.com", "is_verified": True}
REGISTERED: Row = {"place": "github:guild", "organisation": "Guild", "affiliation_class": "company", "source": "d1"}
BOSS = ("Guild", "company")


def belonging(*members: Row, **rows: Any) -> Any:
    given = {"organisations": [GUILD | {"host": None}], "organisation_places": [REGISTERED], **rows}
    return core(memberships=list(members), **given)


def test_a_membership_counts_from_its_first_look_and_for_a_while_after_the_last():
    acts = [issue(number, "ada", day) for number, day in enumerate([99, 101, 150, 339, 341])]
    tables = belonging(member("ada", 100, 160), items=acts)

    assert worked_for(tables) == [UNKNOWN, BOSS, BOSS, BOSS, UNKNOWN]
    assert tables["affiliations"].select("rule", "from_at", "to_at").rows() == [
        ("membership", on_day(100), on_day(340))
    ]


def test_a_membership_that_the_forge_dates_goes_back_to_then():
    tables = belonging(member("ada", 100, 100, since=50), items=[issue(1, "ada", 49), issue(2, "ada", 51)])

    assert worked_for(tables) == [UNKNOWN, BOSS]


def test_a_membership_that_a_look_missed_is_known_up_to_the_look_before():
    acts = [issue(1, "ada", 129), issue(2, "ada", 131)]
    tables = belonging(member("ada", 100, 130, missed=160), items=acts)

    assert worked_for(tables) == [BOSS, UNKNOWN]


def test_a_registration_and_an_address_go_before_a_membership():
    told = {
        "emails": [CORP, HOME],
        "commits": [commit("a", "ada@redhat.com", 120), commit("b", "ada@gmail.com", 121, "a")],
    }
    registered = [enrolment("ada", "Igalia", 110, 115)]
    tables = belonging(member("ada", 100, 400), items=[issue(1, "ada", 112)], enrolments=registered, **told)

    assert worked_for(tables) == [("Igalia", "company"), ("Red Hat", "company"), UNKNOWN]
    later = belonging(member("ada", 100, 400), emails=[HOME], commits=[commit("b", "ada@gmail.com", 121)])
    assert worked_for(later) == [BOSS]


@pytest.mark.parametrize(
    ("organisation", "places", "expected"),
    [
        (GUILD, [], ("Red Hat", "company")),
        (GUILD | {"is_verified": False}, [], UNKNOWN),
        (GUILD | {"is_verified": None}, [], UNKNOWN),
        (GUILD | {"host": "guild.org"}, [], UNKNOWN),
        (GUILD | {"host": "guild.org"}, [REGISTERED], BOSS),
        (GUILD | {"place": "github:guild/tools"}, [REGISTERED], BOSS),
        (GUILD | {"place": "github:guilders"}, [REGISTERED], ("Red Hat", "company")),
        (GUILD, [REGISTERED | {"affiliation_class": "unknown"}], UNKNOWN),
        (GUILD, [REGISTERED | {"affiliation_class": "volunteer"}], ("Guild", "volunteer")),
    ],
)
def test_an_organisation_employs_its_members_if_it_is_registered_or_verified_to_be_an_employer(
    organisation, places, expected
):
    told = {"organisations": [organisation], "organisation_places": places, "items": [issue(1, "ada", 101)]}

    assert worked_for(belonging(member("ada", 100, 160), **told)) == [expected]
