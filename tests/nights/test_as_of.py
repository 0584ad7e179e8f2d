"""As of an instant: what a night back then could know is what a rebuild gives now, though more has been fetched since."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import duckdb
import pytest
from night_tools import Nights

from flows import clock, commands, decisions
from flows.data_directory import DataDirectory
from transform.tables import TABLES

THEN = datetime(2025, 6, 1, tzinfo=UTC)
AS_LAST_SEEN = {
    "core.changes": (
        "is_draft",
        "head_sha",
        "base_sha",
        "added_lines",
        "deleted_lines",
        "changed_files",
        "commits_total",
    ),
    "core.reviews": ("state", "is_stale", "is_official"),
    "influence.problems_solved": ("n_reactions",),
    "influence.founding_claim": (
        "weighted_solved_correlation",
        "weighted_solved_correlation_lower",
        "weighted_solved_correlation_upper",
    ),
}
"""What the forge tells only of the present, and the caveats of the tables say so."""
MEASURES = [table for table in TABLES if table.schema in ("core", "retention", "influence")]


def compared(column) -> str:
    """Sums of the same numbers in another order differ in their last digits."""
    return f'round("{column.name}", 9)' if column.sql_type == "DOUBLE" else f'"{column.name}"'


@pytest.fixture(scope="module")
def both(first_night, running, tmp_path_factory):
    """The warehouse of a night back then, and one rebuilt as of then from all that was fetched later."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NIGHTS_TOKEN", "a-very-secret-token")
        then = Nights(running, tmp_path_factory.mktemp("then"))
        then.share_secret_of(first_night)
        running.as_of = THEN
        assert then.run(as_of=THEN).exit_code == 0
        running.as_of = running.world.ends_at
    again = tmp_path_factory.mktemp("again") / "data"
    shutil.copytree(first_night.data, again)
    assert commands.rebuild(None, again, THEN.isoformat()).published
    return then.data / "warehouse.duckdb", again / "warehouse.duckdb"


@pytest.mark.parametrize("table", MEASURES, ids=str)
def test_a_rebuild_as_of_then_gives_what_a_night_then_gave(both, table):
    left_out = AS_LAST_SEEN.get(str(table), ())
    columns = ", ".join(compared(column) for column in table.columns if column.name not in left_out)
    rows = [f"(SELECT {columns} FROM {night}.{table.sql_name})" for night in ("then_built", "built_again")]
    with duckdb.connect() as db:
        for name, path in zip(("then_built", "built_again"), both, strict=True):
            db.execute(f"ATTACH '{path}' AS {name} (READ_ONLY)")
        differing = [db.sql(f"{rows[n]} EXCEPT ALL {rows[1 - n]} LIMIT 3").fetchall() for n in (0, 1)]

    assert differing == [[], []]


@pytest.fixture
def deleting(nights):
    yield nights
    nights.forge.restore()


def test_what_was_deleted_or_decided_since_is_not_known_then(deleting):
    """One issue of each night, and who is a bot by decision."""
    nights, name = deleting, "commons/almanac"

    def known() -> tuple[int, int]:
        issues = nights.query(f"SELECT count(*) FROM core.issues WHERE number = {gone}")[0][0]
        return issues, nights.query("SELECT count(*) FROM core.people WHERE actor_class_reason LIKE 'decided%'")[0][0]

    commands.run((), nights.config(name), nights.data, None)
    gone = nights.query("SELECT min(number) FROM core.issues")[0][0]
    (who,) = nights.query("SELECT min(alias_id) FROM core.aliases WHERE alias_kind = 'account'")[0]
    then, people = clock.now().isoformat(), DataDirectory(nights.data).people
    nights.forge.delete(name, gone)
    effect = {"kind": "actor", "alias_id": who, "actor_class": "bot"}
    decisions.keep(people, decisions.new(people, "bots", "it posts at night", "me", [effect]))
    assert commands.run((), nights.config(name), nights.data, None).exit_code == 0
    now = known()
    assert commands.rebuild(None, nights.data, then).published

    assert (now, known()) == ((0, 1), (1, 0))
    assert nights.query("SELECT count(*) FROM ops.tombstones") == [(0,)]
