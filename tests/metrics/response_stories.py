"""Words to tell who asked and who answered; times are days from 2020-01-01, and `hour(1)` is one hour.

Whoever is called robot is a bot, guild is an organisation, nobody is a deleted account; all others are human.
"""

from __future__ import annotations

import polars as pl
from metric_stories import PARAMETERS, built, on_day, watched

from extract import raw
from transform.core import (
    affiliations,
    aliases,
    changes,
    comments,
    commit_roles,
    commits,
    contributions,
    events,
    issues,
    people,
    reviews,
    spells,
)
from transform.parameters import Parameters
from transform.retention import first_responses, newcomers

Told = tuple[str, dict[str, object]]
LATER = 100.0
"""The snapshot, unless a story says otherwise."""


def hour(number: float) -> float:
    return number / 24


def _when(day: float | None) -> object:
    return None if day is None else on_day(day)


def event(on: str, kind: str, by: str, day: float, repo: str = "r") -> Told:
    """A label, or a change of state."""
    told = {"kind": kind, "person_id": _who(by), "occurred_at": on_day(day), "event_id": f"{on} {kind} {day}"}
    return "events", {"repo_id": repo, "artefact_id": on, **told}


def issue(number: int, by: str, day: float = 0, closed: float | None = None, repo: str = "r") -> Told:
    return "issues", {
        "repo_id": repo,
        "number": number,
        "artefact_id": f"issue:{number}",
        "person_id": _who(by),
        "url": f"https://forge.test/{repo}/issues/{number}",
        "opened_at": on_day(day),
        "closed_at": _when(closed),
    }


def change(
    number: int,
    by: str,
    day: float = 0,
    closed: float | None = None,
    merged: float | None = None,
    merged_by: str = "nobody",
    repo: str = "r",
    lines: int | None = 1,
    closed_by: str = "nobody",
) -> Told:
    return "changes", {
        "repo_id": repo,
        "number": number,
        "artefact_id": f"change:{number}",
        "person_id": _who(by),
        "url": f"https://forge.test/{repo}/changes/{number}",
        "opened_at": on_day(day),
        "closed_at": _when(merged if closed is None else closed),
        "merged_at": _when(merged),
        "closed_by_person_id": _who(closed_by),
        "is_merged": merged is not None,
        "merged_by_person_id": _who(merged_by) if merged is not None else None,
        "added_lines": lines,
        "deleted_lines": None if lines is None else 0,
    }


def comment(on: str, by: str, day: float, repo: str = "r", **more: object) -> Told:
    told = {"comment_kind": "comment", "person_id": _who(by), "commented_at": on_day(day)}
    return "comments", {"repo_id": repo, "artefact_id": on, "comment_id": f"{on} {by} {day}", **told, **more}


def line_comment(on: str, by: str, day: float, review_id: str | None = None) -> Told:
    return comment(on, by, day, comment_kind="review_comment", review_id=review_id)


def review(on: str, by: str, day: float, repo: str = "r") -> Told:
    told = {"person_id": _who(by), "submitted_at": on_day(day), "review_id": f"{on} {by} {day}"}
    return "reviews", {"repo_id": repo, "artefact_id": on, **told}


def commit(by: str, day: float, change_number: int | None = None, *, landed: bool = True, repo: str = "r") -> Told:
    """A commit of the default branch, or (not landed) one that only its change holds."""
    when = {"authored_at": on_day(day), "committed_at": on_day(day)}
    told = {"change_number": change_number, "is_in_default_branch": landed, "committer_person_id": by}
    return "commits", {"repo_id": repo, "sha": f"{by} {day}", "person_id": by, **told, **when}


def _who(name: str) -> str | None:
    return None if name == "nobody" else name


CLASSES = {"robot": "bot", "guild": "organisation"}


class Community(dict[str, pl.LazyFrame]):
    """The tables that follow from what was told, by name, up to `retention.newcomers` and `first_responses`."""

    def __init__(
        self, *told: Told, snapshot: float = LATER, repos: tuple[str, ...] = ("r",), parameters: Parameters = PARAMETERS
    ) -> None:
        super().__init__()
        self.parameters = parameters
        tables = {"issues": issues, "changes": changes, "reviews": reviews, "comments": comments, "commits": commits}
        tables["events"] = events
        for name, module in tables.items():
            self[name] = module.TABLE.rows(*(row for kind, row in told if kind == name)).lazy()
        self["people"] = people.TABLE.rows(*_people(told)).lazy()
        self["repositories"] = watched(*repos, snapshot=snapshot)
        self["commit_people"] = raw.COMMIT_PEOPLE.empty().lazy()
        self["commit_roles"] = commit_roles.TABLE.empty().lazy()
        self["aliases"] = aliases.TABLE.empty().lazy()
        self["affiliations"] = affiliations.TABLE.empty().lazy()
        for module in (contributions, spells, newcomers, first_responses):
            self[module.TABLE.name] = self.table(module).lazy()

    def table(self, module) -> pl.DataFrame:
        given = [self[name.partition(".")[2]] for name in module.TABLE.inputs]
        return built(module, *given, parameters=self.parameters)


def _people(told: tuple[Told, ...]) -> list[dict[str, object]]:
    columns = ("person_id", "merged_by_person_id")
    names = sorted({str(row[column]) for _, row in told for column in columns if row.get(column)})
    return [{"person_id": name, "actor_class": CLASSES.get(name, "human")} for name in names]


def responses(*told: Told, **more: object) -> pl.DataFrame:
    return Community(*told, **more)["first_responses"].collect()


def response(*told: Told, **more: object) -> dict[str, object]:
    """The row about the first thing that was opened."""
    return responses(*told, **more).filter(artefact_id=told[0][1]["artefact_id"]).row(0, named=True)


FIVE_ISSUES = (
    issue(1, "ada"),
    comment("issue:1", "eve", hour(1)),
    issue(2, "bob"),
    comment("issue:2", "eve", hour(5)),
    issue(3, "cyd"),
    comment("issue:3", "eve", hour(30)),
    issue(4, "dan"),
    issue(5, "fay", closed=hour(2)),
)
"""The worked example of RET-12: answered after 1, 5 and 30 hours, open for 100, closed without an answer after 2."""
