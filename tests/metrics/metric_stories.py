"""Words to tell small histories in: days count from 2020-01-01, and everybody is human unless said otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import ModuleType

import polars as pl

from extract import raw
from transform.columns import FAMILY_OF_KIND
from transform.core import changes, contributions, interactions, repositories, spells
from transform.parameters import Parameters
from transform.tables import TABLES

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
SNAPSHOT_DAY = 365
PARAMETERS = Parameters(
    as_of=datetime(2030, 1, 1, tzinfo=UTC),
    run_at=datetime(2030, 1, 2, tzinfo=UTC),
    horizon_days=90,
    sensitivity_days=(90,),
)
WORKED_EXAMPLE = ("A 0 30 60 300", "B 10", "C 20 80 150 200 280 340", "D 100 150", "E 200 250 320", "F 290")
"""The six persons of RET-03."""


def on_day(day: float) -> datetime:
    return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=day)


def act(person: str | None, day: float, kind: str = "commit", **more: object) -> dict[str, object]:
    """One contribution; commits stand alone unless an artefact is named."""
    plain = {"repo_id": "r", "artefact_id": "commit:abc", "actor_class": "human"}
    told = {"person_id": person, "kind": kind, "family": FAMILY_OF_KIND[kind], "contributed_at": on_day(day)}
    return {"contribution_id": f"{person} {day} {kind}", **plain, **told, **more}


def proposal(
    person: str | None,
    day: float,
    number: int,
    *,
    merged: float | None = None,
    closed: float | None = None,
    **more: object,
) -> tuple[dict[str, object], dict[str, object]]:
    """A change as the act of opening it and as its row in core.changes; merging closes it."""
    opened = act(person, day, "change_open", artefact_id=f"change:{number}", **more)
    ends = {"merged_at": merged, "closed_at": merged if closed is None else closed}
    fate = {name: None if when is None else on_day(when) for name, when in ends.items()}
    told = {"artefact_id": f"change:{number}", "number": number, "opened_at": on_day(day), "person_id": person}
    return opened, {"repo_id": opened["repo_id"], **told, "is_merged": merged is not None, **fate}


def fates(*given: dict[str, object]) -> pl.LazyFrame:
    """core.changes of such rows."""
    return changes.TABLE.rows(*given).lazy()


def history(*stories: str, kind: str = "commit", **more: object) -> list[dict[str, object]]:
    """Acts from lines such as "ada 0 30 60": a person and the days of the acts."""
    return [
        act(person, float(day), kind, **more) for person, *days in (story.split() for story in stories) for day in days
    ]


def acts(*given: dict[str, object]) -> pl.LazyFrame:
    return contributions.TABLE.rows(*given).lazy()


def watched(*names: str, snapshot: float = SNAPSHOT_DAY, newcomers_from: float = 0) -> pl.LazyFrame:
    """Repositories, all with the same snapshot and the same day from which whoever comes is a newcomer."""
    times = {"observed_from_at": LONG_AGO, "snapshot_at": on_day(snapshot), "newcomers_from_at": on_day(newcomers_from)}
    return repositories.TABLE.rows(*({"repo_id": name, **times} for name in names or ("r",))).lazy()


def attention(*pairs: str, day: float = 10, net: str = "reply", **more: object) -> pl.LazyFrame:
    """Interactions from pairs such as "ada>bob": ada gives, bob receives."""
    told = [
        {"source_person_id": source, "target_person_id": target, "interacted_at": on_day(day), "net": net}
        for source, target in (pair.split(">") for pair in pairs)
    ]
    return interactions.TABLE.rows(*({"repo_id": "r", **one, **more} for one in told)).lazy()


def nothing(name: str) -> pl.LazyFrame:
    """The raw or built table of that name, without rows."""
    return next(table for table in (*raw.TABLES, *TABLES) if str(table) == name).empty().lazy()


def built(module: ModuleType, *inputs: pl.LazyFrame, parameters: Parameters = PARAMETERS) -> pl.DataFrame:
    """The table of the module, with its promise checked."""
    return module.TABLE.checked(module.build(*inputs, parameters=parameters).collect()).sort(module.TABLE.key)


def spells_of(
    given: list[dict[str, object]], repos: pl.LazyFrame | None = None, parameters: Parameters = PARAMETERS
) -> pl.DataFrame:
    return built(spells, acts(*given), watched() if repos is None else repos, parameters=parameters)


def only(rows: pl.DataFrame, **values: object) -> pl.DataFrame:
    """The rows where the columns have these values."""
    return rows.filter(pl.col(name) == value for name, value in values.items())
