"""What must hold in every table about retention at once: in worlds with hardly anything in them, and in any world."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import core_stories
import polars as pl
import pytest
from core_stories import comment, commit, event, issue, merged, proposed, review, told
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from whole_worlds import PARAMETERS, RETENTION, broken, built, retention, world

from transform.once import kept_in

NOBODY_KNOWN = {
    "empty": {},
    "never read to its end": {
        "streams": [core_stories.stream(name, until=None) for name in core_stories.STREAMS],
        "items": [issue(1, "ada", 5)],
    },
    "only bots": {
        "items": [issue(1, "robot", 5), merged(2, "robot", 6, 7, merged_by="robot")],
        "comments": [comment(1, "robot", 8)],
        "commits": [commit("a", "robot", 1), commit("b", "robot", 300, "a")],
        "reviews": [review(2, "robot", 7)],
    },
    "only deleted accounts": {"items": [issue(1, None, 5)], "comments": [comment(1, None, 8)]},
}
SOMEBODY_KNOWN = {
    "one issue": {"items": [issue(1, "ada", 5)]},
    "only issues": {
        "items": [issue(number, who, 40 * number) for number, who in enumerate(("ada", "bob", "ada", "cyd"), 1)],
        "comments": [comment(1, "bob", 41), comment(2, "ada", 900)],
        "events": [event(1, "closed", "bob", 50)],
    },
    "one person who does everything": {
        "items": [issue(1, "ada", 5), merged(2, "ada", 6, 7, merged_by="ada")],
        "comments": [comment(1, "ada", 8), comment(2, "ada", 200)],
        "commits": [commit("a", "ada", 1), commit("b", "ada", 6, "a"), commit("c", "ada", 400, "b")],
        "change_commits": proposed(2, "b"),
    },
    "nothing was ever merged": {
        "items": [
            core_stories.change(n, who, 30 * n, closed_at=core_stories.on_day(30 * n + 9))
            for n, who in enumerate(("ada", "bob", "cyd"), 1)
        ],
        "comments": [comment(1, "bob", 33)],
    },
    "one commit": {"commits": [commit("a", "ada", 1)]},
}
CUT = {
    "streams": [core_stories.stream(name) for name in core_stories.STREAMS if name != "commits"]
    + [core_stories.stream("commits", is_complete=False)],
    "commits": [commit("a", "ada", 300), commit("b", "bob", 310, "a"), commit("c", "ada", 320, "b")],
}
"""Part of the history is missing, and all that is known lies in the year in which whoever shows up may be an old hand."""
WORLDS = {**NOBODY_KNOWN, **SOMEBODY_KNOWN, "all of it before anybody can be called new": CUT}


@pytest.fixture(scope="module")
def worlds():
    return {name: retention(world(**rows)) for name, rows in WORLDS.items()}


@pytest.mark.parametrize("name", WORLDS)
def test_every_table_of_a_thin_world_keeps_its_promise(worlds, name):
    found = {str(module.TABLE): broken(module.TABLE, worlds[name][str(module.TABLE)]) for module in RETENTION}

    assert {table: faults for table, faults in found.items() if faults} == {}


@pytest.mark.parametrize("module", RETENTION, ids=lambda module: module.TABLE.name)
def test_a_table_that_can_be_without_rows_says_why(worlds, module):
    is_empty = [name for name, tables in worlds.items() if tables[str(module.TABLE)].is_empty()]

    assert not is_empty or module.TABLE.may_be_empty


@pytest.mark.parametrize("name", NOBODY_KNOWN)
def test_where_no_human_is_known_there_are_no_rows_rather_than_zeros(worlds, name):
    assert {table: rows.height for table, rows in worlds[name].items() if rows.height} == {}


@pytest.mark.parametrize("name", WORLDS)
def test_what_cannot_be_known_is_null_and_never_nought_or_an_impossible_number(worlds, name):
    """A share stands beside the persons it is a share of; where there are none it is NULL."""
    pairs = {
        "retention.cohorts": ("n_eligible", "retained_share"),
        "retention.split_cohorts": ("n_newcomers", "retained_share"),
        "retention.curve_summaries": ("n_at_risk", "survival_share"),
        "retention.funnel": ("n_entered", "converted_share"),
        "retention.response_times": ("n_eligible_24h", "answered_24h_share"),
        "retention.quasi_contributors": ("n_actual", "quasi_per_actual"),
        "retention.turnover": ("n_before", "outflow_share"),
    }
    for table, (base, share) in pairs.items():
        nobody = worlds[name][table].filter(pl.col(base).fill_null(0) == 0)
        assert nobody[share].null_count() == nobody.height, table


def test_where_a_model_has_too_little_it_says_so(worlds):
    for table in ("determinants", "changing_determinants", "early_warnings"):
        for tables in worlds.values():
            rows = tables[f"retention.{table}"]
            assert rows["reason"].null_count() == 0


def test_before_anybody_can_be_called_new_there_are_persons_but_no_newcomers(worlds):
    tables = worlds["all of it before anybody can be called new"]

    for table in ("newcomers", "first_months", "curves", "cohorts", "funnel", "second_contributions", "ltc_conversion"):
        assert tables[f"retention.{table}"].is_empty(), table
    assert set(tables["retention.contributor_types"]["person_id"]) == {"github:ada", "github:bob"}
    assert tables["retention.arrivals"].filter(pl.col("variant") == "first_ever")["n_arrived"].drop_nulls().sum() == 0


WHO = st.sampled_from(["ada", "bob", "cyd", "dan"])
DAY = st.integers(0, 900 * 8).map(lambda part: part / 8)
NUMBER = st.integers(1, 6)


@st.composite
def tales(draw):
    """Raw rows of a small busy repository: six questions, whatever was said of them, and some commits."""
    items = []
    for number in range(1, 7):
        who, day, lasts = draw(WHO), draw(DAY), draw(st.integers(0, 60))
        kind = draw(st.sampled_from(["issue", "change", "merged"]))
        if kind == "merged":
            items.append(merged(number, who, day, day + lasts, merged_by=draw(WHO), added_lines=lasts, deleted_lines=0))
        else:
            ended = {"closed_at": core_stories.on_day(day + lasts)} if draw(st.booleans()) else {}
            items.append(core_stories.item(kind, number, who, day, **ended))
    said = draw(st.lists(st.tuples(NUMBER, WHO, DAY), max_size=12, unique=True))
    judged = draw(st.lists(st.tuples(NUMBER, WHO, DAY), max_size=6, unique=True))
    marked = draw(
        st.lists(st.tuples(NUMBER, st.sampled_from(["labelled", "closed"]), WHO, DAY), max_size=4, unique=True)
    )
    changes = {one["number"] for one in items if one["kind"] == "change"}
    authors = draw(st.lists(st.tuples(WHO, DAY), min_size=1, max_size=10))
    return {
        "items": items,
        "comments": [comment(*one) for one in said],
        "reviews": [review(*one) for one in judged if one[0] in changes],
        "events": [event(*one) for one in marked],
        "commits": [commit(f"c{n}", who, day, *([f"c{n - 1}"] if n else [])) for n, (who, day) in enumerate(authors)],
    }


FEW = settings(max_examples=4, deadline=None)


def assert_same(ours, others):
    assert list(ours) == list(others)
    for name, rows in ours.items():
        assert_frame_equal(rows, others[name])


@given(tales(), st.randoms())
@FEW
def test_the_order_in_which_things_were_read_changes_no_table(tale, random):
    shuffled = {name: random.sample(rows, len(rows)) for name, rows in tale.items()}

    assert_same(retention(world(**tale)), retention(world(**shuffled)))


@given(tales(), DAY)
@FEW
def test_a_bot_that_comes_and_goes_changes_no_table(tale, day):
    """But for those that tell when a bot answered."""
    its = {
        "items": [issue(90, "robot", day)],
        "reviews": [review(90, "robot", day + 1)],
        "commits": [commit("bot", "robot", day, "c0")],
    }
    both = {name: rows + its.get(name, []) for name, rows in tale.items()}

    assert_same(retention(world(**tale)), retention(world(**both)))


@given(tales())
@FEW
def test_every_table_of_any_world_keeps_its_promise(tale):
    tables = world(**tale)

    assert [fault for module in RETENTION for fault in broken(module.TABLE, tables[str(module.TABLE)])] == []


@given(tales())
@settings(max_examples=2, deadline=None)
def test_frames_that_are_shared_in_a_build_change_no_table(tale):
    alone = retention(world(**tale))
    with TemporaryDirectory() as folder, kept_in(Path(folder)):
        shared = retention(world(**tale))

    for name, rows in alone.items():
        assert_frame_equal(rows, shared[name])


CYCLE_YEARS = 1200
"""The calendar repeats every 400 years, and bands of three years every 1200."""
CYCLE_DAYS = 3 * 146_097


def moved(raw):
    """Every instant later by whole days, as many as bring the calendar back to itself."""
    seconds = CYCLE_DAYS * 86_400
    later = {
        name: frame.with_columns(
            pl.selectors.datetime() + pl.duration(days=CYCLE_DAYS), pl.selectors.ends_with("_epoch") + seconds
        )
        for name, frame in raw.items()
    }
    when = timedelta(days=CYCLE_DAYS)
    parameters = {"as_of": PARAMETERS.as_of + when, "run_at": PARAMETERS.run_at + when, "policies": PARAMETERS.policies}
    return later, type(PARAMETERS)(**parameters)


def moved_back(rows):
    years = {"cohort", "opened_year", "group_name"} & set(rows.columns)
    back = [
        pl.col(name).str.replace_all(r"\d{4}", "year").alias(name)
        for name in sorted(years)
        if rows[name].dtype == pl.String
    ]
    return rows.with_columns(
        pl.selectors.datetime() - pl.duration(days=CYCLE_DAYS),
        pl.selectors.date().dt.offset_by(f"-{CYCLE_YEARS}y"),
        *back,
    )


@given(tales())
@settings(max_examples=2, deadline=None)
def test_moving_all_times_by_whole_days_moves_nothing_but_the_dates(tale):
    raw = told(**tale)
    ours, later = retention(built(raw)), retention(built(*moved(raw)))

    for name, rows in ours.items():
        unmoved = rows.with_columns(
            pl.col(column).str.replace_all(r"\d{4}", "year")
            for column in {"cohort", "opened_year", "group_name"} & set(rows.columns)
            if rows[column].dtype == pl.String
        )
        assert_frame_equal(unmoved, moved_back(later[name]), check_row_order=False)


@pytest.mark.parametrize("module", RETENTION, ids=lambda module: module.TABLE.name)
def test_every_row_is_stamped_with_its_definition_and_with_up_to_when_it_looks(module):
    stamps = {column.name: column for column in module.TABLE.columns}

    assert module.TABLE.definition
    assert not stamps["definition"].nullable
    assert not stamps["snapshot_at"].nullable
