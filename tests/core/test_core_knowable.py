"""Stories of what could be known at an instant: what was deleted later is there, who came later is not."""

from __future__ import annotations

from core_stories import account, address, change, comment, commit, event, issue, on_day, review, stream, told

from extract import raw
from transform.knowable import knowable

GONE = {"repo_id": "r", "number": 2, "item_kind": "issue", "reason": "deleted", "noticed_at": on_day(50)}


def known(at: float | None, **rows: list) -> dict:
    frames = knowable(told(**rows), None if at is None else on_day(at))
    return {table.name: frames[str(table)].collect() for table in raw.TABLES}


def test_what_was_deleted_is_there_until_it_was_noticed():
    rows = {
        "items": [issue(1, "ada", 1), issue(2, "bob", 2)],
        "comments": [comment(2, "ada", 3, item_kind="issue"), comment(1, "bob", 3, item_kind="issue")],
        "events": [event(2, "labelled", "ada", 4, item_kind="issue")],
        "tombstones": [GONE],
    }
    numbers = {at: known(at, **rows)["items"]["number"].to_list() for at in (49, 50, None)}
    tables = known(None, **rows)

    assert numbers == {49: [1, 2], 50: [1], None: [1]}
    assert (tables["comments"].height, tables["events"].height) == (1, 0)


def test_a_change_of_the_same_number_is_not_the_issue_that_was_deleted():
    rows = {"items": [change(2, "ada", 1)], "reviews": [review(2, "bob", 2)], "tombstones": [GONE]}
    tables = known(None, **rows)

    assert (tables["items"].height, tables["reviews"].height) == (1, 1)


def test_a_stream_counts_what_stood_then():
    rows = {
        "items": [issue(1, "ada", 1), issue(2, "bob", 2)],
        "streams": [stream("issues", source_total=1, held=1), stream("changes", source_total=None, held=0)],
        "tombstones": [GONE],
    }
    streams = {row["stream"]: (row["source_total"], row["held"]) for row in known(49, **rows)["streams"].to_dicts()}

    assert streams == {"issues": (2, 2), "changes": (None, 0)}
    assert known(49, **rows)["tombstones"].is_empty()


def test_accounts_are_known_from_their_first_act_on():
    rows = {
        "accounts": [account("ada"), account("bob"), account("cyd")],
        "items": [issue(1, "ada", 1), issue(2, "bob", 60)],
        "events": [event(1, "assigned", "ada", 5, subject="cyd")],
    }

    assert sorted(known(50, **rows)["accounts"]["login"]) == ["ada", "cyd"]
    assert known(None, **rows)["accounts"].height >= 3


def test_addresses_are_known_from_their_first_commit_on():
    rows = {
        "emails": [address("early"), address("late")],
        "commits": [commit("a", "early", 1), commit("b", "late", 60)],
    }

    assert known(50, **rows)["emails"]["email_key"].to_list() == ["early"]


def test_a_membership_is_known_from_its_first_look_and_a_departure_from_its_own():
    seen = {"first_seen_at": on_day(10), "last_seen_at": on_day(40), "missed_at": on_day(70)}
    rows = [{"organisation_id": "github:7", "account_id": "github:ada", **seen}]
    told_then = {at: known(at, memberships=rows)["memberships"] for at in (9, 20, 69, 70)}

    assert [frame.select("last_seen_at", "missed_at").rows() for frame in told_then.values()] == [
        [],
        [(on_day(20), None)],
        [(on_day(40), None)],
        [(on_day(40), on_day(70))],
    ]
