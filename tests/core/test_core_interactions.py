"""Stories of attention (INF-01): from whoever gives it to whoever receives it, networks kept apart."""

from __future__ import annotations

import pytest
from core_stories import attention, change, comment, commit, core, core_of, issue, merged, on_day, review, told


def thread(*who: str | None, opened_by: str | None = "ada") -> dict[str, list]:
    """An issue with a comment a day."""
    return {"items": [issue(1, opened_by, 0)], "comments": [comment(1, by, day) for day, by in enumerate(who, start=1)]}


def test_each_post_answers_the_one_before_and_the_opening_post_is_one():
    """The example of METRICS INF-01: posts A, B, A, C."""
    assert attention(core(**thread("bob", "ada", "cyd")), "reply") == ["bob>ada", "ada>bob", "cyd>ada"]


def test_so_it_is_on_changes():
    tables = core(items=[change(1, "ada", 0)], comments=[comment(1, "bob", 1), comment(1, "cyd", 2)])

    assert attention(tables, "reply") == ["bob>ada", "cyd>bob"]


def test_a_bot_between_two_humans_is_skipped():
    assert attention(core(**thread("robot", "bob", "robot", "guild", "ada")), "reply") == ["bob>ada", "ada>bob"]


def test_so_is_a_bot_that_opened_the_thread():
    assert attention(core(**thread("ada", "bob", opened_by="robot")), "reply") == ["bob>ada"]


def test_who_goes_on_talking_answers_nobody_and_is_answered_once():
    assert attention(core(**thread("ada", "ada", "bob", "bob")), "reply") == ["bob>ada"]


@pytest.mark.parametrize(("rounds", "counted"), [(4, 4), (5, 5), (6, 5), (20, 5)])
def test_at_most_five_replies_count_a_pair_and_thread(rounds, counted):
    arrows = attention(core(**thread(*("bob", "ada") * rounds)), "reply")

    assert (arrows.count("bob>ada"), arrows.count("ada>bob")) == (counted, counted)


def test_another_thread_counts_anew_and_threads_do_not_run_into_each_other():
    said = [comment(number, "bob", day) for number in (1, 2) for day in range(1, 10)]
    answered = [comment(number, "ada", day + 0.5) for number in (1, 2) for day in range(1, 10)]
    tables = core(items=[issue(1, "ada", 0), issue(2, "ada", 0.1), issue(3, "cyd", 0.2)], comments=said + answered)

    assert (attention(tables, "reply").count("bob>ada"), attention(tables, "reply").count("ada>bob")) == (10, 10)
    assert not [arrow for arrow in attention(tables, "reply") if "cyd" in arrow]


def on_line(name: str, by: str | None, day: float, answers: str | None = None) -> dict[str, object]:
    return comment(1, by, day, comment_id=name, kind="review_comment", review_id="v", reply_to_id=answers)


def test_a_comment_on_a_line_answers_the_one_it_names_and_not_the_one_before():
    lines = [on_line("a", "bob", 1), on_line("b", "cyd", 2), on_line("c", "ada", 3, "a"), on_line("d", "dan", 4, "c")]
    tables = core(items=[change(1, "ada", 0)], comments=lines)

    assert attention(tables, "reply") == ["ada>bob", "dan>ada"]


def test_a_comment_on_a_line_is_no_post_of_the_thread():
    said = [comment(1, "bob", 1), on_line("a", "cyd", 2), comment(1, "ada", 3)]

    assert attention(core(items=[change(1, "ada", 0)], comments=said), "reply") == ["bob>ada", "ada>bob"]


def test_replies_on_lines_and_in_the_thread_share_the_five():
    lines = [on_line("a", "bob", 1), *(on_line(f"l{day}", "ada", day, "a") for day in (2, 3, 4))]
    talk = [comment(1, by, 10 + at) for at, by in enumerate(("bob", "ada") * 4)]

    assert attention(core(items=[change(1, "ada", 0)], comments=lines + talk), "reply").count("ada>bob") == 5


@pytest.mark.parametrize("target", ["ada", "robot", None])
def test_answering_oneself_a_bot_or_a_deleted_account_on_a_line_is_none(target):
    tables = core(items=[change(1, "cyd", 0)], comments=[on_line("a", target, 1), on_line("b", "ada", 2, "a")])

    assert attention(tables, "reply") == []


def test_an_answer_to_a_comment_that_is_gone_is_none():
    assert attention(core(items=[change(1, "cyd", 0)], comments=[on_line("b", "ada", 2, "gone")]), "reply") == []


def test_an_author_gives_attention_to_each_reviewer_once_a_change():
    reviews = [review(1, "bob", 3), review(1, "bob", 1), review(1, "cyd", 2), review(2, "bob", 5)]
    tables = core(items=[change(1, "ada", 0), change(2, "ada", 0)], reviews=reviews)

    assert attention(tables, "review") == ["ada>bob", "ada>cyd", "ada>bob"]


def test_nobody_reviews_or_merges_for_themselves():
    tables = core(items=[merged(1, "ada", 0, on=2, merged_by="ada")], reviews=[review(1, "ada", 1)])

    assert tables["interactions"].height == 0


def test_an_author_depends_on_the_other_who_merges():
    unmerged = change(2, "ada", 0, merged_by="dan")

    assert attention(core(items=[merged(1, "ada", 0, on=2), unmerged]), "merge") == ["ada>dan"]


@pytest.mark.parametrize("who", ["robot", "guild", None])
def test_bots_organisations_and_deleted_accounts_give_and_receive_none(who):
    given = [merged(1, who, 0, on=5, merged_by="ada"), merged(2, "ada", 0, on=5, merged_by=who)]
    tables = core(items=given, reviews=[review(1, "ada", 1), review(2, who, 1)], comments=[comment(2, who, 2)])

    assert tables["interactions"].height == 0


def test_the_opening_post_is_the_first_whatever_its_clock_says():
    """Importers and moved threads may leave comments that are older than what they comment on."""
    older = [comment(number, "bob", 1) for number in (1, 2)]
    tables = core(items=[issue(1, "ada", 9), issue(2, "cyd", 9)], comments=older)

    assert sorted(attention(tables, "reply")) == ["bob>ada", "bob>cyd"]


def test_a_post_that_names_what_it_answers_answers_that_alone():
    said = [comment(1, "bob", 1, comment_id="b"), comment(1, "cyd", 2), comment(1, "dan", 3, reply_to_id="b")]

    assert attention(core(items=[issue(1, "ada", 0)], comments=said), "reply") == ["bob>ada", "cyd>bob", "dan>bob"]


def test_in_the_same_second_the_opening_post_came_first():
    assert attention(core(items=[issue(1, "ada", 1)], comments=[comment(1, "bob", 1)]), "reply") == ["bob>ada"]


def mention(subject: str, number: int, by: str | None, of: str | None, day: float) -> dict[str, object]:
    said = {"author_account_id": by and f"github:{by}", "account_id": of and f"github:{of}", "login": of or "nobody"}
    return {"repo_id": "r", "subject_id": subject, "number": number, "mentioned_at": on_day(day), **said}


def test_whoever_names_another_turns_to_them_once_a_text():
    named = [
        mention("issue:1", 1, "ada", "bob", 0),
        mention("c1", 1, "bob", "ada", 1),
        mention("c1", 1, "bob", "cyd", 1),
        mention("c2", 1, "bob", "bob", 2),
    ]
    tables = core(items=[issue(1, "ada", 0)], mentions=named)

    assert attention(tables, "mention") == ["ada>bob", "bob>ada", "bob>cyd"]


@pytest.mark.parametrize("of", ["robot", "guild", None])
def test_to_name_a_bot_a_team_or_a_stranger_is_none(of):
    assert attention(core(items=[issue(1, "ada", 0)], mentions=[mention("issue:1", 1, "ada", of, 0)]), "mention") == []


def lines(path: str, born: str, died: str = "", n: int = 1, kind: str = "code") -> dict[str, object]:
    return {"repo_id": "r", "path": path, "born_sha": born, "died_sha": died, "n_lines": n, "file_class": kind}


THREE = [commit("1", "ada", 1), commit("2", "bob", 2, "1"), commit("3", "cyd", 3, "2")]


def test_whoever_rewrites_a_line_takes_up_the_work_of_its_writer_once_a_commit():
    lives = [lines("a", "1", "3"), lines("b", "1", "3", 5), lines("b", "2", "3"), lines("c", "1", "2"), lines("c", "2")]

    assert attention(core(commits=THREE, line_lives=lives), "coedit") == ["bob>ada", "cyd>ada", "cyd>bob"]


def test_ones_own_lines_and_those_of_generated_files_tie_nobody():
    lives = [lines("a", "1", "2"), lines("lock", "1", "3", kind="generated"), lines("lib", "2", "3", kind="vendored")]
    own = [commit("1", "ada", 1), commit("2", "ada", 2, "1"), commit("3", "cyd", 3, "2")]

    assert attention(core(commits=own, line_lives=lives), "coedit") == []


def test_what_a_merge_brought_is_the_work_of_whose_change_it_merged():
    made = [
        commit("1", "ada", 1),
        commit("t", "bob", 2, "1"),
        commit("m", "dan", 3, "1", "t"),
        commit("4", "cyd", 4, "m"),
    ]
    lives = [lines("a", "m", "4")]

    assert attention(core(commits=made, line_lives=lives), "coedit") == ["cyd>bob"]
    changed = merged(7, "ada", 1, on=3, merge_sha="m")
    assert attention(core(commits=made, line_lives=lives, items=[changed]), "coedit") == ["cyd>ada"]


def test_a_line_that_goes_after_the_snapshot_stands():
    given = told(commits=THREE, line_lives=[lines("a", "1", "3")])
    rows = core_of(given, as_of=on_day(2.5))["line_lives"]

    assert rows.select("died_sha", "died_person_id", "died_at").row(0) == ("", None, None)
