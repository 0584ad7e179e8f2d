"""Words to tell what people did as raw rows, and the core tables that follow. Days count from 2020-01-01.

Ada, Bob, Cyd and Dan are human accounts, robot is a bot and guild an organisation; each signs commits with an address
that names the account. Everything is complete up to day 1000 unless a story says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import polars as pl

from extract import raw
from transform.ops import coverage
from transform.parameters import Parameters
from transform.tables import BUILT

Row = dict[str, object]
KINDS = {"ada": "user", "bob": "user", "cyd": "user", "dan": "user", "robot": "bot", "guild": "organisation"}
STREAMS = ("issues", "changes", "comments", "reviews", "review_comments", "events", "commits")
UNTIL_DAY = 1000
RUN_AT = datetime(2030, 1, 1, tzinfo=UTC)
MODULES = {module.TABLE.name: module for module in BUILT if module.TABLE.schema == "core"} | {"coverage": coverage}


def on_day(day: float) -> datetime:
    return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=day)


def epoch(day: float) -> int:
    return int(on_day(day).timestamp())


def account(login: str, kind: str = "user", account_id: str | None = None) -> Row:
    return {"account_id": account_id or f"github:{login}", "login": login, "account_type": kind}


def address(key: str, **more: object) -> Row:
    return {"email_key": key, **more}


def item(kind: str, number: int, by: str | None, day: float, **more: object) -> Row:
    """An issue or change; `merged_by` is a login."""
    merged_by = more.pop("merged_by", None)
    told = {"author_account_id": by and f"github:{by}", "merged_by_account_id": merged_by and f"github:{merged_by}"}
    return {"repo_id": "r", "number": number, "kind": kind, "opened_at": on_day(day), **told, **more}


def issue(number: int, by: str | None, day: float, **more: object) -> Row:
    return item("issue", number, by, day, **more)


def change(number: int, by: str | None, day: float, **more: object) -> Row:
    return item("change", number, by, day, **more)


def merged(number: int, by: str | None, day: float, on: float, merged_by: str | None = "dan", **more: object) -> Row:
    ends = {"merged_at": on_day(on), "closed_at": on_day(on)}
    return change(number, by, day, merged_by=merged_by, **{**ends, **more})


def comment(number: int, by: str | None, day: float, **more: object) -> Row:
    told = {"comment_id": f"{number}/{by}/{day}", "author_account_id": by and f"github:{by}"}
    return {"repo_id": "r", "number": number, "kind": "comment", "commented_at": on_day(day), **told, **more}


def review(number: int, by: str | None, day: float, **more: object) -> Row:
    told = {"review_id": f"{number}/{by}/{day}", "author_account_id": by and f"github:{by}"}
    return {"repo_id": "r", "number": number, "submitted_at": on_day(day), **told, **more}


def event(number: int, kind: str, by: str | None, day: float, **more: object) -> Row:
    """Something in a timeline; `subject` is a login."""
    subject = more.pop("subject", None)
    told = {"actor_account_id": by and f"github:{by}", "subject_account_id": subject and f"github:{subject}"}
    name = {"event_id": f"{number}/{kind}/{by}/{day}"}
    return {"repo_id": "r", "number": number, "kind": kind, "occurred_at": on_day(day), **name, **told, **more}


def commit(sha: str, by: str, day: float, *parents: str, **more: object) -> Row:
    """Authored and committed on the day, in the default branch."""
    who = {"author_email_key": by, "committer_email_key": by}
    when = {"author_epoch": epoch(day), "committer_epoch": epoch(day)}
    return {
        "repo_id": "r",
        "sha": sha,
        "parent_shas": list(parents),
        "is_in_default_branch": True,
        **who,
        **when,
        **more,
    }


def proposed(number: int, *shas: str) -> list[Row]:
    return [{"repo_id": "r", "number": number, "sha": sha} for sha in shas]


def coauthor(sha: str, key: str) -> Row:
    return {"repo_id": "r", "sha": sha, "role": "coauthor", "email_key": key}


def stream(name: str, until: float | None = UNTIL_DAY, **more: object) -> Row:
    told = {"held": 9, "is_complete": until is not None, "complete_until_at": None if until is None else on_day(until)}
    return {"repo_id": "r", "stream": name, **told, **more}


def told(**rows: list[Row]) -> dict[str, pl.LazyFrame]:
    """Raw tables by full name: what is named, the six accounts with an address each, and one complete repository."""
    given: dict[str, list[Row]] = {
        "repositories": [{"repo_id": "r", "forge": "github", "created_at": on_day(0)}],
        "streams": [stream(name) for name in STREAMS],
        "accounts": [account(login, kind) for login, kind in KINDS.items()],
        "emails": [address(login, forge="github", account_id=f"github:{login}") for login in KINDS],
        **rows,
    }
    return {str(table): table.rows(*given.get(table.name, [])).lazy() for table in raw.TABLES}


class Tables(dict[str, pl.DataFrame]):
    """Core tables and the coverage by name, each built when it is asked for, its promise and key checked."""

    def __init__(self, given: Mapping[str, pl.LazyFrame], parameters: Parameters) -> None:
        super().__init__()
        self._given, self._parameters = given, parameters

    def __missing__(self, name: str) -> pl.DataFrame:
        module = MODULES[name]
        inputs = [self._given[full] if full in self._given else self[full[5:]].lazy() for full in module.TABLE.inputs]
        rows = module.TABLE.checked(module.build(*inputs, parameters=self._parameters).collect())
        assert not rows.select(module.TABLE.key).is_duplicated().any(), f"{module.TABLE} has a key twice"
        self[name] = rows.sort(module.TABLE.key)
        return self[name]


def core_of(given: Mapping[str, pl.LazyFrame], as_of: datetime = RUN_AT) -> Tables:
    return Tables(given, Parameters(as_of=as_of, run_at=RUN_AT))


def core(**rows: list[Row]) -> Tables:
    return core_of(told(**rows))


def acts(tables: Tables, *kinds: str) -> list[tuple[str | None, str, str]]:
    """Who did what on what, in the order of time; the forge's name is left out."""
    rows = tables["contributions"].filter(pl.col("kind").is_in(kinds)) if kinds else tables["contributions"]
    shown = rows.sort("contributed_at", "contribution_id").select("person_id", "kind", "artefact_id").rows()
    return [(who and who.removeprefix("github:"), kind, what) for who, kind, what in shown]


def attention(tables: Tables, net: str) -> list[str]:
    """Arrows such as "ada>bob" from who gives to who receives, in the order of time."""
    rows = tables["interactions"].filter(net=net).sort("interacted_at", "interaction_id")
    pairs = rows.select("source_person_id", "target_person_id").rows()
    return [f"{giver.removeprefix('github:')}>{receiver.removeprefix('github:')}" for giver, receiver in pairs]
