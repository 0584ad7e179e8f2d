"""The files as they stand, and who is written down as responsible for them."""

from __future__ import annotations

import pytest

from extract.git.tree import named


def holders(mined):
    columns = ("path", "line_number", "document", "pattern", "login", "team")
    return mined.table("power_holders").select(columns).rows()


def test_the_tree_has_every_file_with_its_class_and_no_links(workshop, mining):
    (workshop.folder / "link").symlink_to("a.py")
    workshop.commit("1", {"a.py": "x\n", "docs/x.md": "x\n", "gone.py": "x\n"})
    workshop.git("rm", "-q", "gone.py")
    workshop.commit("2")

    rows = mining(workshop.folder).table("tree_files").select("path", "file_class").rows()
    assert sorted(rows) == [("a.py", "code"), ("docs/x.md", "docs")]


def test_owners_of_code_are_those_of_the_tip(workshop, mining):
    workshop.commit("1", {"CODEOWNERS": "* @old\n"})
    workshop.commit("2", {"CODEOWNERS": "# who\n* @Ada @org/core\n/docs/ ada@example.org # words\n/free/\n"})
    mined = mining(workshop.folder)

    assert holders(mined) == [
        ("CODEOWNERS", 2, "codeowners", "*", "ada", None),
        ("CODEOWNERS", 2, "codeowners", "*", None, "org/core"),
        ("CODEOWNERS", 3, "codeowners", "/docs/", None, None),
        ("CODEOWNERS", 4, "codeowners", "/free/", None, None),
    ]
    assert mined.table("power_holders")["email_key"].drop_nulls().len() == 1


def test_no_address_is_kept(workshop, mining):
    workshop.commit("1", {"MAINTAINERS": "Ada Lovelace <ada@example.org>\n"})

    assert "ada@example" not in str(mining(workshop.folder).table("power_holders").to_dicts())


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("codeowners", "[Docs][2] @x\ndocs/ @bob\n", [(2, "docs/", "bob", None, None)]),
        ("codeowners", "a\\ b @bob\n", [(1, "a b", "bob", None, None)]),
        (
            "owners",
            "reviewers:\n- eve\napprovers:\n- ada\n- bob # too\nlabels:\n- area/x\n",
            [(4, "/pkg/", "ada", None, None), (5, "/pkg/", "bob", None, None)],
        ),
        (
            "maintainers",
            "NET\nM:\tAda <ada@example.org>\nF:\tnet/\nF:\tdrivers/net/\n\nREST\nM: Bob <bob@example.org>\nF: *\n",
            [
                (2, "/net/", None, None, "ada@example.org"),
                (2, "/drivers/net/", None, None, "ada@example.org"),
                (7, "/*", None, None, "bob@example.org"),
            ],
        ),
        (
            "maintainers",
            "* Ada ([@ada](https://github.com/ada)), @org/team\nBob <bob@example.org>\n",
            [
                (1, None, "ada", None, None),
                (1, None, None, "org/team", None),
                (2, None, None, None, "bob@example.org"),
            ],
        ),
    ],
)
def test_each_form_of_document_is_read(kind, text, expected):
    assert list(named(kind, "pkg/OWNERS", text)) == expected


PLACES = {"cmd", "cmd/tool", "net", "Makefile"}


def holders_of(text):
    return [(login, email, pattern) for _, pattern, login, _, email in named("maintainers", "x", text, PLACES)]


@pytest.mark.parametrize(
    "heading",
    ["## Emeritus maintainers", "Past Maintainers\n----------------", "Former maintainers:", "**Retired**", "# Alumni"],
)
def test_who_held_it_once_does_not_hold_it(heading):
    assert holders_of(f"* @ada\n\n{heading}\n\n* @bob\n  still here @cyd\n\n# Now\n* @dan\n") == [
        ("ada", None, None),
        ("dan", None, None),
    ]


def test_a_heading_below_that_of_the_former_ones_is_about_them_too():
    assert holders_of("## Emeriti\n### Core:\n* @bob\nThanks:\n* @eve\n## Core\n* @ada\n") == [("ada", None, None)]


def test_remarks_name_nobody():
    assert holders_of("<!--\nCopyright bob@example.org\n-->\n* @ada <!-- @bob -->\n") == [("ada", None, None)]


def test_a_list_item_of_a_place_names_who_holds_that():
    text = """General:
* Ada (ada@example.org / @ada)

* `cmd`
  * `tool`: Bob (@bob)
  * `gone`: Cyd (@cyd)
* `net/` and what belongs to it: Dan (@dan)
* `@eve` helps
"""

    assert holders_of(text) == [
        ("ada", "ada@example.org", None),
        ("bob", None, "/cmd/tool"),
        ("cyd", None, "/cmd"),
        ("dan", None, "/net"),
        ("eve", None, None),
    ]


def test_as_many_logins_as_addresses_are_the_same_persons():
    both = "* Ada (<ada@example.org> / @ada), Bob (<bob@example.org> / @bob)\n"

    assert holders_of(both) == [("ada", "ada@example.org", None), ("bob", "bob@example.org", None)]
    assert holders_of("* @ada @bob <cyd@example.org>\n") == [
        ("ada", None, None),
        ("bob", None, None),
        (None, "cyd@example.org", None),
    ]
