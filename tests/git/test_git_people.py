"""Who signed is a keyed hash: the same person the same key, two persons two keys, no name or address anywhere."""

from __future__ import annotations

import pytest

from extract.git.people import Keys, host_of

KEYS = Keys(b"secret", "work", ("users.noreply.github.com", "users.noreply.gitlab.example", "noreply.gitea.example"))


def test_an_address_is_one_person_however_it_is_written():
    assert KEYS.email_key(" Ada@Example.ORG ", "Ada") == KEYS.email_key("ada@example.org", "A. Lovelace")


@pytest.mark.parametrize("address", ["root@example.org", "noreply@github.com", "", "ada", "@example.org", "ada@"])
def test_a_shared_or_missing_address_is_a_person_only_together_with_a_name(address):
    assert KEYS.email_key(address, "Ada") != KEYS.email_key(address, "Bob")
    assert KEYS.email_key(address, "Ada  L.") == KEYS.email_key(address, " ada l.")


def test_a_key_needs_the_secret():
    other = Keys(b"another", "work", ())

    assert len(KEYS.email_key("ada@example.org", "")) == 32
    assert KEYS.email_key("ada@example.org", "") != other.email_key("ada@example.org", "")


@pytest.mark.parametrize(
    ("address", "account"),
    [
        ("99+ada@users.noreply.github.com", ("work", "work:99", "ada")),
        ("ada@users.noreply.github.com", ("work", None, "ada")),
        ("7+renovate[bot]@Users.NoReply.GitHub.com", ("work", "work:7", "renovate[bot]")),
        ("99-ada@users.noreply.github.com", ("work", None, "99-ada")),
        ("99-ada@users.noreply.gitlab.example", ("work", "work:99", "ada")),
        ("ada@noreply.gitea.example", ("work", None, "ada")),
        ("99+ada@users.noreply.elsewhere.example", (None, None, None)),
        ("99+<b>@users.noreply.github.com", (None, None, None)),
        ("ada@example.org", (None, None, None)),
    ],
)
def test_only_a_noreply_address_of_this_forge_names_an_account(address, account):
    assert account == KEYS.account(address)


def test_a_mailmap_joins_authors_and_coauthors_alike(workshop, mining):
    mailmap = {".mailmap": "Ada <ada@example.org> <ada@old.example>\n"}
    workshop.commit("map", mailmap, GIT_AUTHOR_EMAIL="bob@example.org")
    workshop.commit("old", GIT_AUTHOR_EMAIL="ada@old.example")
    workshop.commit("pair\n\nCo-authored-by: A <ada@OLD.example>", GIT_AUTHOR_EMAIL="bob@example.org")

    mined = mining(workshop.folder)

    ada, old = (
        Keys(b"a secret for tests", "github", ()).email_key(f"ada@{host}", "")
        for host in ("example.org", "old.example")
    )
    assert mined.table("mailmap_links").select("email_key", "proper_email_key").rows() == [(old, ada)]
    assert [old] == mined.table("commit_people")["email_key"].to_list(), "who signed stays as it was written"
    assert mined.table("commits").filter(author_email_key=old).height == 1
    assert mined.table("emails").height == 3


def test_coauthors_are_the_further_people_of_the_last_paragraph(workshop, mining):
    trailers = ("Bob <bob@example.org>", "Bob <BOB@example.org>", "Ada <ada@example.org>", "nobody", "")
    lines = "\n".join(f"co-Authored-By: {who}" for who in trailers)
    sha = workshop.commit(f"subject\n\nCo-authored-by: no <trailer@example.org>\n\nbody\n\n{lines}\n")

    people = mining(workshop.folder).table("commit_people")

    keys = Keys(b"a secret for tests", "github", ())
    expected = sorted([keys.email_key("bob@example.org", ""), keys.email_key("", "nobody")])
    found = people.sort("email_key").select("sha", "role", "email_key").rows()
    assert found == [(sha, "coauthor", key) for key in expected]


def test_a_bot_is_told_by_its_name_or_its_address(workshop, mining):
    workshop.commit("1", GIT_AUTHOR_NAME="tool[bot]", GIT_AUTHOR_EMAIL="tool@example.org")
    workshop.commit("2", GIT_AUTHOR_NAME="tool", GIT_AUTHOR_EMAIL="7+tool[bot]@users.noreply.github.com")

    emails = mining(workshop.folder).table("emails")

    told = {(None, None, None, True), ("github", "github:7", "tool[bot]", True), (None, None, None, False)}
    assert told == set(emails.select("forge", "account_id", "login", "is_bot").rows())


def test_no_name_and_no_address_reaches_a_file(workshop, mining):
    workshop.commit("1\n\nCo-authored-by: Hidden <hidden@example.org>", GIT_AUTHOR_NAME="Hidden")

    folder = mining(workshop.folder).folder.parent

    written = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert not any(word in written for word in (b"Hidden", b"hidden@", b"ada@example"))


@pytest.mark.parametrize("place", ["folder", "bare folder", "mirror of a url"])
def test_the_mailmap_of_the_default_branch_holds_where_no_work_tree_has_one(workshop, mining, tmp_path, place):
    workshop.commit("old", GIT_AUTHOR_EMAIL="ada@old.example", GIT_COMMITTER_EMAIL="ada@old.example")
    workshop.commit("map", {".mailmap": "Ada <ada@example.org> <ada@old.example>\n"})
    workshop.git("config", "log.mailmap", "false")
    workshop.git("config", "mailmap.blob", "nowhere:.mailmap")
    workshop.git("clone", "--quiet", "--bare", str(workshop.folder), str(tmp_path / "bare"))
    (workshop.folder / ".mailmap").unlink()
    sources = {
        "folder": workshop.folder,
        "bare folder": tmp_path / "bare",
        "mirror of a url": f"file://{workshop.folder}",
    }

    mined = mining(sources[place])

    tied = mined.table("mailmap_links").select("email_key", "proper_email_key").row(0)
    assert set(tied) == set(mined.table("commits")["author_email_key"])


@pytest.mark.parametrize(
    ("email", "name", "said"),
    [
        ("ada@Eng.Example.com", "Ada Lovelace", ("eng.example.com", False)),
        ("me@ada-lovelace.org", "Ada Lovelace", (None, True)),
        ("ada@lovelace.io", "Ada Lovelace", (None, True)),
        ("git@alovelace.net", "Ada Lovelace", (None, True)),
        ("hopper@hopper.dev", "", (None, True)),
        ("ada@ada.org", "Ada", ("ada.org", False)),
        ("ada@laptop", "Ada", (None, False)),
        ("1+ada@users.noreply.github.com", "Ada", (None, False)),
        ("nonsense", "Ada", (None, False)),
    ],
)
def test_a_host_is_told_unless_it_says_who_somebody_is(email, name, said):
    """Of a host named after the person only that it is one leaves; three letters are in too many names."""
    assert host_of(email, name) == said
