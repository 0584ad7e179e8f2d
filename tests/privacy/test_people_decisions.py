"""Decisions are data: replayed, taken back without a trace, and refused whole where they cannot be."""

from __future__ import annotations

import pytest

from extract.git.people import Keys
from flows import decisions, people_files
from flows.errors import BadDecision
from flows.who import Directory

KEYS = Keys(b"s", "", ())


def mail(address: str) -> str:
    return f"mail:{KEYS.email_key(address, '')}"


PEOPLE = Directory(
    KEYS,
    frozenset({"github:1", "github:2", "lab:1", mail("ada@example.org"), mail("a@home.example")}),
    {"ada": {"github:1", "lab:1"}, "github:ada": {"github:1"}, "bob": {"github:2"}},
    frozenset({"github:guild"}),
)


def kept(folder, *effects, kind="merge", undoes=None):
    made = decisions.new(folder, kind, "because", "me", effects, undoes)
    decisions.keep(folder, made)
    return made.id


def merge(one: str, other: str) -> dict[str, str]:
    return {"kind": "merge", "alias_id": one, "other_alias_id": other}


def read(tmp_path, name: str, text: str) -> people_files.Found:
    (tmp_path / name).write_text(text)
    return people_files.read(tmp_path / name, PEOPLE)


def test_an_undo_restores_exactly_what_was_and_its_undo_brings_it_back(tmp_path):
    kept(tmp_path, merge("a", "b"))
    before = decisions.tables(decisions.read(tmp_path))
    second = kept(tmp_path, merge("c", "d"))
    after = decisions.tables(decisions.read(tmp_path))
    undone = kept(tmp_path, kind="undo", undoes=second)

    found = decisions.tables(decisions.read(tmp_path))
    assert all(found[name].equals(frame) for name, frame in before.items())
    kept(tmp_path, kind="undo", undoes=undone)
    assert all(decisions.tables(decisions.read(tmp_path))[name].equals(frame) for name, frame in after.items())


def test_what_is_not_in_force_cannot_be_undone(tmp_path):
    first = kept(tmp_path, merge("a", "b"))
    kept(tmp_path, kind="undo", undoes=first)

    for wanted in (first, "d9"):
        with pytest.raises(BadDecision, match="no decision"):
            decisions.to_undo(decisions.read(tmp_path), wanted)


def test_of_two_decisions_about_the_same_pair_the_later_counts(tmp_path):
    kept(tmp_path, merge("a", "b"))
    kept(tmp_path, {**merge("b", "a"), "kind": "apart"}, kind="split")

    assert decisions.tables(decisions.read(tmp_path))["identity_decisions"]["kind"].to_list() == ["apart"]


def test_decisions_are_for_their_owner_alone(tmp_path):
    kept(tmp_path / "people", merge("a", "b"))

    assert (tmp_path / "people/decisions.jsonl").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("who", "alias"),
    [
        ("bob", "github:2"),
        ("@Bob", "github:2"),
        ("GitHub:ada", "github:1"),
        ("lab:1", "lab:1"),
        ("Ada@Example.org", mail("ada@example.org")),
    ],
)
def test_people_are_called_as_people_write_them(who, alias):
    assert PEOPLE.alias(who) == alias


@pytest.mark.parametrize(
    ("who", "why"), [("ada", "2 accounts"), ("nobody", "Nobody here"), ("x@example.org", "Nobody signed")]
)
def test_who_is_not_here_or_is_several_is_told_what_to_write(who, why):
    with pytest.raises(BadDecision, match=why):
        PEOPLE.alias(who)


TOML = """
[[merge]]
who = ["bob", "ada@example.org"]

[[enrolment]]
who = "bob"
organisation = "Example"
from = 2020-01-01
"""
YAML = """
merge:
  - who: [bob, ada@example.org]
enrolment:
  - who: bob
    organisation: Example
    from: 2020-01-01
"""


@pytest.mark.parametrize(("name", "text"), [("a.toml", TOML), ("a.yaml", YAML)])
def test_our_own_file_says_the_same_in_toml_and_yaml(tmp_path, name, text):
    effects = read(tmp_path, name, text).effects

    assert [effect["kind"] for effect in effects] == ["merge", "enrolment"]
    assert (effects[1]["from_at"], effects[1]["to_at"]) == ("2020-01-01T00:00:00+00:00", None)


def test_an_organisation_of_a_forge_is_registered_by_its_place(tmp_path):
    found = read(tmp_path, "a.toml", '[[organisation]]\nname = "Guild"\nforges = ["GitHub:guild"]\n')
    made = decisions.new(tmp_path, "import", "because", "me", found.effects)
    rows = decisions.tables([made])["organisation_places"]

    assert rows.select("place", "organisation", "affiliation_class").rows() == [("github:guild", "Guild", "company")]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ('[[merge]]\nwho = ["bob", "nobody"]\n', 1, "Nobody here"),
        ('[[organisation]]\nname = "A"\nforges = ["lab:guild"]\n', 1, "the organisations that do are: github:guild"),
        ('[[organisation]]\nname = "A"\n', 1, "needs domains"),
        ('\n[[actor]]\nwho = "bob"\nclass = "robot"\n', 2, "no class"),
        ('[[merge]]\nwho = ["bob", "lab:1"]\n[[apart]]\nwho = ["lab:1", "bob"]\n', 3, "says apart"),
        (
            '[[organisation]]\nname = "A"\ndomains = ["x.org"]\n[[organisation]]\nname = "B"\ndomains = ["x.org"]\n',
            4,
            "one organisation",
        ),
        (
            '[[enrolment]]\nwho = "bob"\norganisation = "A"\n[[enrolment]]\nwho = "bob"\norganisation = "B"\n',
            4,
            "works for another",
        ),
        ('[[enrolment]]\nwho = "bob"\norganisation = "A"\nfrom = 2020-01-02\nto = 2020-01-01\n', 1, "ends before"),
        ('[[marriage]]\nwho = "bob"\n', 1, "no such entry"),
        ('[[enrolment]]\nwho = "bob"\n', 1, "incomplete"),
        ('[[enrolment]]\nwho = "bob"\norganisation = "A"\nfrom = "soon"\n', 1, "malformed"),
        ('[[enrolment]]\nwho = "ada"\norganisation = "A"\n', 1, "is 2 accounts"),
        ('[merge]\nwho = ["bob", "lab:1"]\n', 1, "no list of tables"),
        (
            '[[merge]]\nwho = ["bob", "lab:1"]\n[[enrolment]]\nwho = "bob"\norganisation = "A"\n'
            '[[enrolment]]\nwho = "lab:1"\norganisation = "B"\n',
            6,
            "works for another",
        ),
    ],
)
def test_a_file_with_a_mistake_is_refused_whole_with_the_line(tmp_path, text, line, why):
    with pytest.raises(BadDecision, match=rf"(?s)nothing was applied.*line {line}: .*{why}"):
        read(tmp_path, "a.toml", text)


def test_a_mailmap_joins_who_is_here_and_counts_the_others(tmp_path):
    found = read(tmp_path, ".mailmap", "Ada <ada@example.org> <a@home.example>\nEve <eve@x.org> <e@x.org>\n# no\n")

    assert [effect["kind"] for effect in found.effects] == ["merge"]
    assert found.unknown == 2


def test_affiliations_of_gitdm_and_the_cncf_have_their_dates(tmp_path):
    gitdm = read(
        tmp_path, "email-map", "ada@example.org First < 2015-05-15\nada@example.org Second\nfirst.example First\n"
    )
    cncf = read(
        tmp_path,
        "affiliations.txt",
        "bob: ada!example.org, e!x.org\n\tFirst until 2019-01-01\n\tIndependent from 2019-01-01\n",
    )

    spans = [(one["organisation"], one["from_at"], one["to_at"]) for one in gitdm.effects if one["kind"] == "enrolment"]
    assert spans == [("First", None, "2015-05-15T00:00:00+00:00"), ("Second", "2015-05-15T00:00:00+00:00", None)]
    assert [one["kind"] for one in cncf.effects] == ["merge", "enrolment", "enrolment"]
    assert cncf.effects[2]["affiliation_class"] == "volunteer"


def test_a_sortinghat_export_brings_identities_enrolments_domains_and_bots(tmp_path):
    text = """{"uidentities": {"x": {"identities": [{"email": "ada@example.org"}, {"username": "bob"}],
        "enrollments": [{"organization": "First", "start": "1900-01-01T00:00:00", "end": "2019-01-01T00:00:00"}],
        "profile": {"is_bot": true}}}, "organizations": {"First": [{"domain": "first.example", "is_top": true}]}}"""
    found = read(tmp_path, "export.json", text)

    assert [effect["kind"] for effect in found.effects] == ["domain", "merge", "actor", "enrolment"]
    assert found.effects[3]["from_at"] is None


@pytest.mark.parametrize(
    ("name", "text", "line", "why"),
    [
        ("a.yaml", "merge: bob\n", 1, "no list"),
        ("a.yaml", "merge:\n  - who: [bob, lab:1]\napart:\n  - who: [bob, lab:1]\n", 4, "says apart"),
        ("email-map", "ada@example.org First < 2015-15-15\n", 1, "no date"),
        ("email-map", "# ada\n\nada-example-org First\n", 3, "neither an address nor a domain"),
        ("email-map", "ada$example.org First\n", 1, "neither an address nor a domain"),
        ("email-map", "ada@example.org\n", 1, "with its company"),
        ("email-map", "ada@example.org First\nada@example.org Second\n", 2, "works for another"),
        ("email-map", "x.org First\nx.org Second\n", 2, "one organisation"),
        ("x.txt", "bob: ada!example.org\n\tFirst from 2020-01-01 until 2019-01-01\n", 2, "ends before"),
        ("x.txt", "bob: ada!example.org\n\tFirst until later\n", 2, "no date"),
        ("x.txt", "bob: ada!example.org\n\tFirst\n\nbob: a!home.example\n\tSecond\n", 5, "works for another"),
        ("x.txt", "bob: ada!example.org\nwho is this\n", 2, "neither a person"),
    ],
)
def test_files_of_others_are_refused_whole_too_with_the_line(tmp_path, name, text, line, why):
    with pytest.raises(BadDecision, match=rf"(?s)nothing was applied.*line {line}: .*{why}"):
        read(tmp_path, name, text)


def test_a_sortinghat_export_with_a_mistake_tells_the_line_of_the_person(tmp_path):
    text = """{"uidentities": {
        "x": {"identities": [{"email": "ada@example.org"}]},
        "y": {"identities": [{"email": null, "username": "bob"}],
              "enrollments": [{"organization": "First", "start": "never", "end": "2100-01-01T00:00:00"}]}}}"""

    with pytest.raises(BadDecision, match=r"(?s)nothing was applied.*line 3: 'never' is no date"):
        read(tmp_path, "export.json", text)


def test_the_lines_of_an_address_may_stand_in_any_order_as_in_the_map_of_the_cncf(tmp_path):
    lines = ("Independent < 2015-10-01", "First < 2014-08-01", "Third < 2020-01-01", "Fourth", "NotFound")
    found = read(tmp_path, "email-map", "".join(f"ada!example.org {line}\n" for line in lines))

    spans = [(one["organisation"], (one["from_at"] or "")[:10], (one["to_at"] or "")[:10]) for one in found.effects]
    assert spans == [
        ("First", "", "2014-08-01"),
        (None, "2014-08-01", "2015-10-01"),
        ("Third", "2015-10-01", "2020-01-01"),
        ("Fourth", "2020-01-01", ""),
    ]


def test_gitdms_map_of_aliases_joins_two_addresses(tmp_path):
    found = read(
        tmp_path, "aliases", "#\n# alias - canonical form\n#\nada@example.org\ta@home.example\ne@x.org f@x.org\n"
    )

    assert [effect["kind"] for effect in found.effects] == ["merge"]
    assert found.unknown == 2


def test_a_cncf_file_has_stars_comments_and_people_without_a_company_that_is_known(tmp_path):
    text = "# This is the file\nbob*: ada!example.org, e!x.org\n\tFirst \u00b7 Internship from 2021-09-01\neve: e!x.org\n\tNotFound\n"
    found = read(tmp_path, "developers_affiliations1.txt", text)

    assert [effect["kind"] for effect in found.effects] == ["merge", "enrolment"]
    assert found.effects[1]["organisation"] == "First \u00b7 Internship"
    assert found.unknown == 3


def test_what_was_decided_about_who_is_forgotten_goes_with_its_reason_and_the_rest_stays(tmp_path):
    first = kept(tmp_path, merge("gone", "b"))
    kept(tmp_path, merge("gone", "c"), merge("d", "e"), kind="import")
    kept(tmp_path, kind="undo", undoes=first)
    kept(tmp_path, merge("d", "f"))

    assert decisions.forget(tmp_path, {"gone"}) == 1
    left = decisions.read(tmp_path)

    nobody = decisions.FORGOTTEN
    assert [one.reason for one in left] == [nobody, "because", nobody, "because"]
    assert [len(one.effects) for one in left] == [0, 1, 0, 1]
    assert decisions.forget(tmp_path, {"gone"}) == 0
    assert (tmp_path / "decisions.jsonl").stat().st_mode & 0o777 == 0o600
