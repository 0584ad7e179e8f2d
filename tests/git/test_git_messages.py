"""What a message names: people in trailers, commits it reverts or was picked from, the change it was squashed from."""

from __future__ import annotations

import polars as pl
import pytest

from extract.git.people import Keys
from extract.git.trailers import ROLES, resolved
from extract.raw import COMMIT_PEOPLE

KEYS = Keys(b"a secret for tests", "github", ())


def key(name):
    return KEYS.email_key(f"{name}@example.org", "")


def links(mined):
    return set(mined.table("commit_links").select("sha", "kind", "named_sha", "target_sha").rows())


@pytest.mark.parametrize(("trailer", "role"), ROLES.items())
def test_every_trailer_that_names_people_is_a_role(workshop, mining, trailer, role):
    sha = workshop.commit(f"work\n\n{trailer.upper()}: Bob <bob@example.org>\nChange-Id: I0\n")

    assert mining(workshop.folder).table("commit_people").rows() == [("github:1", sha, role, key("bob"))]
    assert role in COMMIT_PEOPLE.column("role").one_of


def test_one_person_has_every_role_they_are_named_in(workshop, mining):
    lines = (
        "Signed-off-by: Ada <ada@example.org>",
        "Reviewed-by: Bob <bob@example.org>",
        "Acked-by: Bob <bob@example.org>",
    )
    workshop.commit("work\n\n" + "\n".join([*lines, lines[-1]]))

    people = mining(workshop.folder).table("commit_people").select("role", "email_key")

    assert set(people.rows()) == {("signed_off", key("ada")), ("reviewed", key("bob")), ("acked", key("bob"))}


def test_whoever_only_reports_or_reviews_signs_nothing(workshop, mining):
    named = (
        "Reported-by: Bob <bob@example.org>",
        "Reported-by: Cyd <cyd@example.org>",
        "Co-authored-by: Dan <dan@example.org>",
    )
    workshop.commit("work\n\n" + "\n".join(named))
    workshop.commit("more", GIT_AUTHOR_EMAIL="cyd@example.org")

    emails = mining(workshop.folder).table("emails").filter("is_only_named")

    assert emails["email_key"].to_list() == [key("bob")]


def test_a_revert_and_a_pick_name_their_commits(workshop, mining):
    first = workshop.commit("first")
    other = "1" * 40
    revert = workshop.commit(f'Revert "first"\n\nThis reverts commit {first}, reversing\nchanges made to {other}.')
    pick = workshop.commit(f"picked\n\n(cherry picked from commit {other})\n(cherry picked from commit {first[:9]})")

    assert links(mining(workshop.folder)) == {
        (revert, "reverts", first, first),
        (pick, "cherry_picked_from", other, None),
        (pick, "cherry_picked_from", first[:9], first),
    }


def test_an_abbreviation_that_several_commits_fit_means_none_of_them():
    named = pl.DataFrame({"sha": ["x", "y"], "kind": ["reverts"] * 2, "named_sha": ["a" * 7, "a" * 8]})
    shas = pl.Series(["a" * 7 + "b" * 33, "a" * 40])

    found = resolved(named, shas).sort("sha")

    assert found["target_sha"].to_list() == [None, "a" * 40]


@pytest.mark.parametrize("said", ["abcdef", "HEAD", "--output=x", "g" * 40])
def test_what_is_no_hash_is_no_link(workshop, mining, said):
    workshop.commit(f"work\n\nThis reverts commit {said}.")

    assert links(mining(workshop.folder)) == set()


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("Mend it (#12)", 12),
        ("Mend it (!7)", 7),
        ('Revert "Mend it (#12)" (#13)', 13),
        ('Revert "Mend it (#12)"', None),
        ("Mend it (#12) again", None),
        ("Mend #12", None),
        ("Mend it (#99999999999999999999)", None),
    ],
)
def test_the_number_at_the_end_of_a_subject_is_kept(workshop, mining, subject, number):
    sha = workshop.commit(f"{subject}\n\nbody (#99)")

    assert mining(workshop.folder).commit(sha)["subject_number"] == number


def test_a_nul_in_a_message_shifts_no_field(workshop, mining):
    tree = workshop.git("mktree")
    text = f"tree {tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nsub\0ject\n\nbo\0dy (#1)\n"
    sha = workshop.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", given=text.encode())
    workshop.git("update-ref", "refs/heads/main", sha)
    after = workshop.commit("after (#2)")

    mined = mining(workshop.folder)

    assert [mined.commit(each)["subject_number"] for each in (sha, after)] == [None, 2]


def test_no_message_reaches_a_file(workshop, mining):
    workshop.commit("secretsubject (#1)\n\nsecretbody\n\nReviewed-by: Hidden <hidden@example.org>")

    folder = mining(workshop.folder).folder.parent

    written = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert not any(word in written for word in (b"secretsubject", b"secretbody", b"Hidden", b"hidden@"))
