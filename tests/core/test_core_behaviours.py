"""Stories of programs (BOT-01, BOT-02): known ones, those that behave like one, and humans who do not."""

from __future__ import annotations

import random

import pytest
from core_stories import Row, account, acts, address, change, coauthor, comment, commit, core, issue

from extract.templates import template_key
from transform.identity.machines import MACHINES, signed_by

LONG = "The build number {} of commit {:07x} has finished on all the platforms that we test"
WORDS = [
    "the",
    "parser",
    "fails",
    "when",
    "a",
    "file",
    "is",
    "empty",
    "because",
    "we",
    "never",
    "check",
    "its",
    "size",
    "before",
    "reading",
    "it",
    "so",
    "please",
    "look",
]


def said(number: int, by: str, day: float, text: str | None) -> Row:
    return comment(number, by, day, template_key=template_key(text))


def talk(by: str, n: int, *, repeated: int, quick: int = 0) -> dict[str, list[Row]]:
    """Comments on as many issues, of which some repeat a pattern and some come within a minute."""
    minute = 1 / 1440
    items = [issue(number, "bob", number) for number in range(n)]
    texts = [LONG.format(at, at) if at < repeated else f"{' '.join(WORDS)} {'x' * (at + 3)}" for at in range(n)]
    wait = [0.5 * minute if at < quick else 60 * minute for at in range(n)]
    texts = [
        text if at < repeated else text[::-1] + "abcdefghijklmnopqrstuvwxyz"[: at % 26] for at, text in enumerate(texts)
    ]
    return {"items": items, "comments": [said(at, by, at + wait[at], texts[at]) for at in range(n)]}


def class_of(tables, login: str) -> str:
    return str(tables["people"].filter(person_id=f"github:{login}")["actor_class"].item())


@pytest.mark.parametrize(
    ("n", "repeated", "quick", "expected"),
    [
        (10, 9, 0, "bot"),
        (9, 9, 9, "human"),
        (10, 5, 5, "bot"),
        (10, 5, 4, "human"),
        (10, 8, 0, "human"),
        (20, 3, 20, "human"),
    ],
)
def test_a_service_account_of_type_user_is_found_by_what_it_writes(n, repeated, quick, expected):
    tables = core(**talk("ada", n, repeated=repeated, quick=quick))

    assert class_of(tables, "ada") == expected


def test_short_answers_of_a_human_are_no_pattern():
    items = [issue(number, "bob", number) for number in range(30)]
    tables = core(items=items, comments=[said(number, "ada", number + 0.1, "LGTM, thanks!") for number in range(30)])

    assert class_of(tables, "ada") == "human"
    assert tables["behaviours"]["repeated_share"].to_list() == [None]


def test_an_account_that_a_program_shares_is_split_act_by_act():
    human = [
        said(number, "ada", number + 0.5, f"{' '.join(random.Random(number).sample(WORDS, 15))}")
        for number in range(40)
    ]
    machine = [said(number, "ada", number + 0.0001, LONG.format(number, number)) for number in range(20)]
    tables = core(items=[issue(number, "bob", number) for number in range(40)], comments=[*human, *machine])

    classes = tables["contributions"].filter(kind="comment")["actor_class"]
    assert class_of(tables, "ada") == "human"
    assert classes.to_list().count("bot") == 20


def test_what_a_known_bot_posts_is_a_bots_under_any_account():
    told = [said(number, "robot", number + 0.5, LONG.format(number, number)) for number in range(5)]
    items = [issue(number, "bob", number) for number in range(6)]
    tables = core(items=items, comments=[*told, said(5, "ada", 5.5, LONG.format(99, 99))])

    assert tables["comments"].filter("is_by_machine")["person_id"].to_list() == ["github:ada"]


@pytest.mark.parametrize(
    ("email", "name", "expected"),
    [
        ("noreply@anthropic.com", "Claude", "agent"),
        ("198982749+Copilot@users.noreply.github.com", "copilot-swe-agent[bot]", "agent"),
        ("158243242+devin-ai-integration@users.noreply.github.com", "Devin AI", "agent"),
        ("cursoragent@cursor.com", "Cursor Agent", "agent"),
        ("support@dependabot.com", "dependabot", "bot"),
        ("claude@example.org", "Claude Shannon", None),
        ("jules@example.org", "Jules", None),
    ],
)
def test_a_signature_is_a_programs_only_by_its_address(email, name, expected):
    machine = signed_by(email, name)

    assert (machine and machine.actor_class) == expected


def test_every_known_program_has_its_source():
    assert all(machine.source.startswith("https://") for machine in MACHINES)


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        ("claude", "human"),
        ("copilot-swe-agent[bot]", "agent"),
        ("renovate-bot", "bot"),
        ("travis-scott", "human"),
        ("my-ci", "human"),
    ],
)
def test_agents_are_a_class_of_their_own_and_names_of_people_are_none(login, expected):
    tables = core(accounts=[account(login)], emails=[])

    assert tables["people"]["actor_class"].item() == expected


@pytest.mark.parametrize(
    ("login", "asked"), [("abbott", True), ("travis-scott", True), ("our-bot", True), ("ada", False)]
)
def test_who_sounds_like_a_bot_is_asked_about(login, asked):
    assert core(accounts=[account(login)], emails=[])["people_queue"].height == asked


def test_a_decision_says_what_somebody_is_and_ends_the_question():
    said_so = [{"alias_id": "github:our-bot", "actor_class": "human", "reason": "her nickname"}]
    tables = core(accounts=[account("our-bot")], emails=[], actor_decisions=said_so)

    assert tables["people"].select("actor_class", "actor_class_reason").row(0) == ("human", "decided: her nickname")
    assert tables["people_queue"].height == 0


def test_a_commit_with_an_agent_beside_its_author_is_assisted_and_counts_for_both():
    agent = address("claude")
    classes = [{"alias_id": "mail:claude", "actor_class": "agent", "actor_class_reason": "known"}]
    emails = [address("ada", forge="github", account_id="github:ada"), agent]
    commits = [commit("a", "ada", 1), commit("b", "ada", 2, "a"), commit("c", "ada", 3, "b")]
    helped = {"repo_id": "r", "sha": "b", "role": "assisted", "email_key": "anybody"}
    tables = core(
        emails=emails,
        signature_classes=classes,
        commits=commits,
        commit_people=[coauthor("a", "claude"), helped],
        items=[change(1, "ada", 4)],
    )

    rows = tables["contributions"].sort("contributed_at", "person_id")
    assert rows.select("is_assisted", "actor_class").rows() == [
        (True, "human"),
        (True, "agent"),
        (True, "human"),
        (False, "human"),
        (None, "human"),
    ]
    assert len(acts(tables, "commit")) == 4


def made_up_accounts(rng: random.Random) -> tuple[dict[str, bool], list[Row]]:
    """120 accounts with 25 comments each; a quarter are bots that vary up to half of their texts, and many humans have
    stock answers of their own."""
    labels, comments = {}, []
    for number in range(120):
        login, is_bot = f"u{number}", number % 4 == 0
        labels[login] = is_bot
        stock = " ".join(rng.sample(WORDS, 14))
        variety = rng.choice([0, 0.1, 0.5]) if is_bot else rng.choice([0.4, 0.7, 0.9, 1])
        for at in range(25):
            text = " ".join(rng.sample(WORDS, 16)) if rng.random() < variety else f"{stock} #{at} @somebody"
            delay = 0.0001 if is_bot and rng.random() < 0.7 else rng.uniform(0.01, 0.9)
            comments.append(said(at, login, at + delay, text))
    return labels, comments


def test_the_published_precision_and_recall_on_made_up_accounts():
    """The figures of docs/people.md."""
    labels, comments = made_up_accounts(random.Random(7))
    items = [issue(number, "bob", number) for number in range(25)]
    rows = core(accounts=[account(login) for login in labels], items=items, comments=comments)["people"]

    found = {login for login, kind in rows.select("login", "actor_class").iter_rows() if kind == "bot"}
    bots = {login for login, is_bot in labels.items() if is_bot}
    assert len(found & bots) / len(found) >= 0.95
    assert len(found & bots) / len(bots) >= 0.8
