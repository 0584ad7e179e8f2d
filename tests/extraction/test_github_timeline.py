"""Stories of what surrounds the texts: whatever the forge shows of it is here, and what it does not show is not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest
from extraction_tools import NAME
from page_stories import (
    a_change,
    a_comment,
    a_line_comment,
    a_line_thread,
    a_page,
    a_review,
    an_event,
    an_issue,
    items_page,
    keep,
    keep_repository,
    listed,
    read_back,
    rest_page,
    someone,
    stream,
    the_other,
)

from extract import raw, raw_threads
from extract.github import nested
from extract.github.timeline import KINDS
from extract.sandbox import handler
from extract.sandbox.texts import REMARKS, VERDICTS

OTHER_END = ("other_repo_id", "other_number")


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    keep_repository(tmp_path)
    return tmp_path


@pytest.fixture
def threads(hut):
    repository = hut.world.repositories[NAME]
    return [*repository.issues, *repository.changes]


def test_every_event_is_here_with_its_actor_and_instant(undisturbed, threads):
    happened = Counter(
        (
            thread.number,
            KINDS[f"{event.kind}Event"],
            None if event.actor.is_ghost else event.actor.account_id,
            event.epoch,
        )
        for thread in threads
        for event in thread.events
    )
    told = undisturbed.rows(raw_threads.EVENTS).select(
        "number",
        "kind",
        pl.col("actor_account_id").str.strip_prefix("box:").cast(pl.Int64),
        pl.col("occurred_at").dt.epoch("s"),
    )

    assert Counter(told.iter_rows()) == happened
    assert len({kind for _, kind, _, _ in happened}) > 15


def test_an_item_has_the_labels_the_milestone_and_the_lock_that_its_events_left(undisturbed, threads):
    for row in undisturbed.rows(raw.ITEMS).iter_rows(named=True):
        thread = next(thread for thread in threads if thread.number == row["number"])
        last = thread.last("Milestoned", "Demilestoned")
        assert row["labels"] == thread.labels()
        assert row["milestone"] == (last.word if last and last.kind == "Milestoned" else None)
        assert (row["is_locked"], row["closed_at"] is not None) == (thread.is_locked(), thread.is_closed())


def test_threads_on_lines_know_their_first_comment_and_who_resolved_them(undisturbed, hut):
    truth = {
        f"review_comment:{comments[0].database_id}": (len(comments), comments[0].resolved_by)
        for change in hut.world.repositories[NAME].changes
        for comments in change.line_threads()
    }
    told = undisturbed.rows(raw_threads.REVIEW_THREADS)

    assert dict(told.select("first_comment_id", "comments_total").iter_rows()) == {
        it: n for it, (n, _) in truth.items()
    }
    assert dict(told.select("first_comment_id", "resolved_by_account_id").iter_rows()) == {
        it: by and f"box:{by.account_id}" for it, (_, by) in truth.items()
    }
    comments = undisturbed.rows(raw.COMMENTS).filter(kind="review_comment")
    assert set(comments["thread_id"]) == set(told["thread_id"])


def test_reactions_are_counted_by_content_on_every_kind_of_text(undisturbed, threads):
    texts = [*threads, *(comment for thread in threads for comment in thread.comments)]
    reviews = [review for thread in threads for review in getattr(thread, "reviews", ())]
    texts += [*reviews, *(comment for review in reviews for comment in review.comments)]
    given = Counter(content.lower() for text in texts for content, _ in text.reactions)
    told = undisturbed.rows(raw_threads.REACTIONS)

    assert dict(told.group_by("content").agg(pl.col("reactions_total").sum()).iter_rows()) == given
    assert set(told["subject_id"].str.split(":").list.first()) >= {"issue", "change", "comment", "review"}


def test_reactions_belong_to_the_text_they_were_given_to(shelf):
    comment, review = a_line_comment(6, id="C6"), a_review(5, id="R5")
    change = a_change(1, review, reviewThreads=listed(a_line_thread("T1", comment)))
    hearts = [{"content": "HEART", "reactors": {"totalCount": 2}}, {"content": "EYES", "reactors": {"totalCount": 0}}]
    counts = [{"id": "C6", "reactionGroups": hearts}, {"id": "R5", "reactionGroups": hearts[:1]}]
    keep(shelf, "changes", items_page("pullRequests", change), a_page({"data": {"nodes": counts}}))
    told = read_back(shelf)["reactions"].sort("subject_id").select("subject_id", "content", "reactions_total").rows()

    assert told == [("review:5", "heart", 2), ("review_comment:6", "heart", 2)]


def test_links_to_what_a_change_closes_are_here(undisturbed, hut):
    truth = {(it.number, issue.number) for it in hut.world.repositories[NAME].changes for issue in it.closes}

    assert set(undisturbed.rows(raw_threads.CLOSING_LINKS).select("number", "other_number").iter_rows()) == truth


def test_whom_a_comment_names_is_here_and_known(undisturbed, threads):
    named = [text.body.split()[0][1:] for thread in threads for text in thread.comments if text.body.startswith("@")]
    told = undisturbed.rows(raw_threads.MENTIONS)
    accounts = undisturbed.rows(raw.ACCOUNTS).select("account_id", known="login")

    assert Counter(told["login"]) == Counter(named)
    assert (
        told.join(accounts, on="account_id")
        .filter(pl.col("login") != pl.col("known").str.strip_suffix("[bot]"))
        .is_empty()
    )
    assert told["account_id"].null_count() < told.height / 2


def test_no_text_of_a_body_is_in_raw(undisturbed):
    tables = [pl.read_parquet(file) for file in undisturbed.folder.glob("raw/*/*/*/*.parquet")]
    words = {word for table in tables for column in table.select(pl.col(pl.String)) for word in column.drop_nulls()}

    assert len(words) > 500
    assert not {word for word in words if any(text and text in word for text in (*REMARKS, *VERDICTS))}


@pytest.mark.parametrize(
    ("event", "other"),
    [
        (an_event("e", "CrossReferenced", source=the_other(9)), ("box:1", 9)),
        (an_event("e", "CrossReferenced", source=the_other(1, 2)), ("box:2", 1)),
        (an_event("e", "Connected", source=the_other(1), subject=the_other(9)), ("box:1", 9)),
        (an_event("e", "Connected", source=the_other(9), subject=the_other(1)), ("box:1", 9)),
        (an_event("e", "MarkedAsDuplicate", canonical=the_other(9), duplicate=the_other(1)), ("box:1", 9)),
        (an_event("e", "MarkedAsDuplicate", canonical=None, duplicate=the_other(1)), (None, None)),
        (an_event("e", "Transferred", fromRepository={"databaseId": 7}), ("box:7", None)),
        (an_event("e", "Transferred", fromRepository=None), (None, None)),
        (an_event("e", "Closed", stateReason="COMPLETED", closer=the_other(9)), ("box:1", 9)),
        (an_event("e", "Closed", stateReason=None, closer={"oid": "abc"}), (None, None)),
    ],
)
def test_an_event_between_two_names_the_other_one(shelf, event, other):
    keep(shelf, "issues", items_page("issues", an_issue(1, timelineItems=listed(event))))

    assert read_back(shelf)["events"].select(OTHER_END).rows() == [other]


def test_a_team_is_no_account(shelf):
    asked = [{"__typename": "Team", "combinedSlug": "org/team"}, someone("bob"), None]
    events = [an_event(f"e{at}", "ReviewRequested", requestedReviewer=who) for at, who in enumerate(asked)]
    keep(shelf, "changes", items_page("pullRequests", a_change(1, timelineItems=listed(*events))))
    told = read_back(shelf)["events"].sort("event_id").select("team", "subject_account_id").rows()

    assert told == [("org/team", None), (None, f"box:{someone('bob')['databaseId']}"), (None, None)]


def test_an_event_that_was_counted_and_not_delivered_makes_the_stream_incomplete(shelf):
    known = an_event("e", "Labeled", label={"name": "bug"})
    keep(shelf, "issues", items_page("issues", an_issue(1, timelineItems=listed(known, None))), total=1)
    keep(shelf, "changes", total=0)
    events = stream(read_back(shelf), "events")

    assert (events["held"], events["source_total"], events["is_complete"]) == (1, 2, False)
    assert "counts 2, and delivered 1" in events["reason"]


def test_an_event_of_a_kind_unknown_puts_its_item_aside(shelf):
    keep(shelf, "issues", items_page("issues", an_issue(1, timelineItems=listed(an_event("e", "Teleported")))))

    assert "Teleported" in read_back(shelf)["quarantine"]["reason"][0]


def test_what_was_not_asked_for_is_unknown_and_not_zero(shelf):
    old = a_change(1, a_review(5, a_comment(6)))
    for name in ("timelineItems", "reviewThreads", "closingIssuesReferences"):
        del old[name]
    keep(shelf, "changes", items_page("pullRequests", old), total=1)
    keep(shelf, "issues", total=0)
    tables = read_back(shelf)
    events = stream(tables, "events")

    assert (events["source_total"], events["is_complete"], "Not asked for" in events["reason"]) == (None, False, True)
    assert (stream(tables, "review_comments")["source_total"], stream(tables, "review_comments")["held"]) == (1, 1)
    assert tables["comments"].select("review_id", "thread_id").rows() == [("review:5", None)]


def test_what_is_still_being_written_is_not_there_yet(shelf):
    draft = a_line_comment(8, state="PENDING")
    both = [a_line_thread("T1", a_line_comment(6), draft), a_line_thread("T2", {**draft, "fullDatabaseId": "9"})]
    keep(shelf, "changes", items_page("pullRequests", a_change(1, a_review(5), reviewThreads=listed(*both))), total=1)
    keep(shelf, "issues", total=0)
    tables = read_back(shelf)

    assert tables["comments"]["comment_id"].to_list() == ["review_comment:6"]
    assert tables["review_threads"].select("thread_id", "comments_total").rows() == [("T1", 1)]
    assert tables["streams"]["is_complete"].all()


def test_the_rest_of_a_thread_belongs_to_its_change(shelf):
    begun = a_line_thread("T1", a_line_comment(6), total=2)
    change = a_change(1, reviewThreads=listed(begun))
    rest = {**a_line_thread("T1", a_line_comment(7)), "pullRequest": {"id": change["id"], "number": 1}}
    keep(shelf, "changes", items_page("pullRequests", change), a_page({"data": {"node": rest}}))
    told = read_back(shelf)["comments"].sort("comment_id").select("comment_id", "thread_id", "number").rows()

    assert told == [("review_comment:6", "T1", 1), ("review_comment:7", "T1", 1)]


def test_the_rest_of_the_labels_is_read_too(shelf):
    long = an_issue(1, labels=listed({"name": "a"}, total=2))
    keep(shelf, "issues", items_page("issues", long), rest_page(long, labels=listed({"name": "b"})))

    assert read_back(shelf)["items"]["labels"].to_list() == [["a", "b"]]


def test_a_login_that_two_accounts_were_seen_with_is_nobodys(shelf):
    twin = {**someone("bob"), "databaseId": 7}
    said = [a_comment(9, author=someone("bob")), a_comment(10, author=twin), a_comment(11, body="@bob @Ada @eve")]
    keep(shelf, "issues", items_page("issues", an_issue(1, *said)))
    told = dict(read_back(shelf)["mentions"].select("login", "account_id").iter_rows())

    assert told == {"bob": None, "Ada": f"box:{someone('ada')['databaseId']}", "eve": None}


@dataclass
class Listener:
    """A client that hears what it is asked and says nothing."""

    asked: list[list[str]] = field(default_factory=list)

    def ask(self, query, variables, full_name, **how):
        self.asked.append(variables["ids"])
        return a_page({"data": {"nodes": []}})


@pytest.mark.parametrize(("n_reacted", "n_asked"), [(0, 0), (1, 1), (100, 1), (101, 2)])
def test_reactions_are_asked_for_only_where_there_are_any(n_reacted, n_asked):
    client = Listener()
    groups = [{"content": "HEART", "createdAt": "2024-01-01T00:00:00Z"}, {"content": "EYES", "createdAt": None}]
    silent = [{"id": "silent", "reactionGroups": [groups[1]]}, {"id": "none", "reactionGroups": None}]
    list(
        nested.Rests(client, NAME).of([{"id": f"n{at}", "reactionGroups": groups} for at in range(n_reacted)] + silent)
    )

    assert (len(client.asked), sum(map(len, client.asked))) == (n_asked, n_reacted)


def test_reactions_that_cannot_be_counted_are_named_and_tried_again(crawl, undisturbed, monkeypatch):
    answer = handler.answer

    def failing(view, request, *, points_used=0):
        said = answer(view, request, points_used=points_used)
        is_count = "query Reactions" in request["query"]
        return {"data": None, "errors": [{"message": "Something went wrong"}]} if is_count else said

    monkeypatch.setattr(handler, "answer", failing)
    crawl.night()
    spoilt, n_counted = crawl.rows(raw.QUARANTINE), crawl.rows(raw_threads.REACTIONS).height
    monkeypatch.undo()
    crawl.night()

    assert (set(spoilt["stream"]), n_counted) == ({"reactions"}, 0)
    assert crawl.everything() == undisturbed.everything()
