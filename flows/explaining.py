"""`forbenefit explain`: from a figure down to the events it rests on, with all that vouches for it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from flows.data_directory import DataDirectory
from flows.errors import BadConfiguration

LONGEST = 100
COLUMNS_SHOWN = {
    "core.contributions": ("contributed_at", "kind", "person_id", "artefact_id", "page"),
    "core.spells": ("repo_id", "person_id", "family", "first_day", "end_day", "duration_days", "is_exit", "door"),
}
"""What a line shows of a row of these tables; of others the columns in their order. `--json` gives all."""


def explain(data: Path, table_name: str, where: str | None, limit: int) -> dict[str, Any]:
    """The explanation as plain values; `limit` rows of each level, 0 for all."""
    warehouse = DataDirectory(data).published()
    import duckdb

    from transform.explanation import evidence, filters, proof

    with closing(duckdb.connect(str(warehouse), read_only=True)) as db:
        db.execute("SET TimeZone = 'UTC'")
        try:
            table = evidence.named(table_name)
            levels = evidence.levels(db, table, where, limit)
        except (evidence.UnknownTable, evidence.NothingFound, filters.BadFilter) as error:
            raise BadConfiguration(str(error)) from error
        except duckdb.CatalogException as error:
            raise BadConfiguration(
                f"{warehouse} lacks what this version explains ({error}). Run `forbenefit rebuild` once."
            ) from error
        return {
            **proof.definition(db, table),
            "where": where,
            "levels": [
                {"table": str(level.table), "n_rows": level.n_rows, "n_persons": level.n_persons, "rows": level.rows}
                for level in levels
            ],
            "coverage": proof.coverage(db, levels),
            "suites": proof.verdicts(db, levels),
            "run": proof.run(db),
        }


def in_words(answer: dict[str, Any]) -> str:
    lines = [
        f"{answer['table']}: {answer['grain']}",
        f"  definition {answer['definition'] or '(a record, no measure)'}: {answer['formula']}",
    ]
    if answer["source"]:
        lines.append(f"  after: {answer['source']}")
    lines += [f"  parameter {name} = {value}" for name, value in answer["parameters"].items()]
    if answer["caveats"]:
        lines.append(f"  caveats: {answer['caveats']}")
    lines += [f"  rests on {one}" for one in answer["rests_on"]]
    for level in answer["levels"]:
        lines += ["", *_level(level)]
    return "\n".join([*lines, "", *_coverage(answer["coverage"]), "", *_suites(answer["suites"], answer["run"])])


def _level(level: dict[str, Any]) -> list[str]:
    persons = "" if level["n_persons"] is None else f" of {level['n_persons']:,} persons"
    left_out = level["n_rows"] - len(level["rows"])
    shown = COLUMNS_SHOWN.get(level["table"])
    lines = [f"{level['table']}: {level['n_rows']:,} rows{persons}"]
    lines += [f"  {_line(row, shown)}" for row in level["rows"]]
    return [*lines, f"  ... and {left_out:,} more: --limit 0 shows all"] if left_out else lines


def _line(row: dict[str, Any], shown: tuple[str, ...] | None) -> str:
    told = [(name, row.get(name)) for name in shown or row]
    return "  ".join(f"{name}={_short(value)}" for name, value in told if value is not None)


def _short(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value).removesuffix("+00:00")
    tame = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return tame if len(tame) <= LONGEST else f"{tame[: LONGEST - 3]}..."


def _coverage(rows: list[dict[str, Any]]) -> list[str]:
    lines = ["Coverage"]
    for row in rows:
        total = "?" if row["source_total"] is None else f"{row['source_total']:,}"
        until = row["complete_until_at"]
        lines.append(
            f"  {row['full_name']} {row['stream']}: {row['held']:,} of {total}, "
            + (f"complete until {until:%Y-%m-%d %H:%M} UTC" if row["is_complete"] else f"INCOMPLETE: {row['reason']}")
        )
    return lines if rows else ["Coverage: no repository is touched."]


def _suites(suites: dict[str, Any], run: dict[str, Any] | None) -> list[str]:
    when = f"before run {run['run_id']} was published" if run else "(no run on record)"
    lines = [f"Suites {when}: {suites['n_passed']} expectations about these tables passed"]
    lines += [f"  {row['table_name']}: {row['expectation']}" for row in suites["passed"]]
    lines += [
        f"  {row['severity'].upper()} {row['outcome']} {row['table_name']}: {row['expectation']} ({row['n_unexpected']} rows)"
        for row in suites["not_passed"]
    ]
    return lines
