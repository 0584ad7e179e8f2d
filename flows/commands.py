"""What the commands do, each as a function from its options to plain values."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from extract.errors import ExtractError
from extract.source import Window
from flows import backfills, budget, clock, correcting, environment, log
from flows.data_directory import DataDirectory
from flows.errors import BadConfiguration, CannotForecast
from flows.job import Job, Outcome, Settled
from flows.settings import Settings, read_settings, sources
from transform.parameters import Policy


def run(repos: tuple[str, ...], config: Path | None, data: Path, as_of: str | None, *, accepted: str = "") -> Outcome:
    """One nightly run of the given repositories, or of those in the configuration."""
    settings = read_settings(config)
    wanted = sources(settings, repos)
    directory = DataDirectory(data).opened()
    with directory.held("run"):
        return perform(_job("run", settings, directory, as_of, wanted, accepted=accepted), settings.parallel)


def backfill(repos: tuple[str, ...], config: Path | None, data: Path, since: str | None, until: str | None) -> Outcome:
    """Fetches what was opened in a window, then builds, audits and publishes as a run does."""
    settings = read_settings(config)
    wanted = sources(settings, repos)
    directory = DataDirectory(data).opened()
    with directory.held("backfill"):
        job = _job("backfill", settings, directory, None, wanted)
        return perform(job.model_copy(update={"window": _window(since, until)}), settings.parallel)


def forecasts(
    repos: tuple[str, ...], config: Path | None, data: Path, since: str | None, until: str | None
) -> list[dict[str, Any]]:
    """What a backfill would cost, one row a repository."""
    from flows import extraction

    settings = read_settings(config)
    wanted = sources(settings, repos)
    directory = DataDirectory(data).opened()
    job = _job("forecast", settings, directory, None, wanted)
    window = _window(since, until)
    try:
        return [{"repo": one.ref, **asdict(extraction.forecast(one, window, job))} for one in wanted]
    except ExtractError as error:
        raise CannotForecast(str(error)) from error


def _window(since: str | None, until: str | None) -> Window:
    window = Window(
        clock.parse_instant(since, "--since") if since else None,
        clock.parse_instant(until, "--until") if until else None,
    )
    if window.since is not None and window.since >= (window.until or clock.now()):
        raise BadConfiguration(f"--since {since} is not before --until {until or 'now'}. Give an earlier --since.")
    return window


def forecasts_in_words(rows: list[dict[str, Any]]) -> str:
    lines = [
        f"{row['repo']}: {row['n_issues']:,} issues and {row['n_changes']:,} changes; about {row['requests']:,} requests, "
        f"{row['points']:,} points, {row['hours']:g} hours, {row['bytes'] / 1e6:.1f} MB"
        for row in rows
    ]
    return "\n".join([*lines, "Nothing was fetched. Leave out --dry-run to begin."])


def perform(job: Job, parallel: int) -> Outcome:
    """Runs the flow over a held data directory, and writes the report of what it published."""
    start_prefect()
    from flows import nightly

    nightly.reach_prefect()
    try:
        with log.current.bars():
            outcome = nightly.run(job, parallel)
    finally:
        budget.keep(job)
    if outcome.published:
        write_report(job.directory, None)
    return outcome


def start_prefect() -> None:
    """Says what the first seconds go to, so that they do not look like a program that died."""
    is_first = environment.prepare()
    if not environment.has_server():
        wait = (
            "makes its database, once, about half a minute" if is_first else "starts a server of its own, some seconds"
        )
        log.current.event("prefect.starting", note=f"Prefect {wait}")


def rebuild(config: Path | None, data: Path, as_of: str | None, *, accepted: str = "") -> Outcome:
    """The warehouse anew from the archive; no forge is asked for anything."""
    settings = read_settings(config)
    directory = DataDirectory(data).opened()
    environment.prepare()
    from flows import judging, publishing, rereading

    with directory.held("rebuild"):
        job = _job("rebuild", settings, directory, as_of, (), accepted=accepted)
        settled: list[Settled] = rereading.reread(job)
        if not publishing.places(directory):
            return publishing.nothing(job, settled)
        outcome = publishing.publish(job, judging.judged(job, publishing.build, publishing.audit), settled)
        if outcome.published:
            write_report(directory, None)
    return outcome


def _job(
    command: str, settings: Settings, directory: DataDirectory, as_of: str | None, wanted: Any, *, accepted: str = ""
) -> Job:
    started_at = clock.now()
    return Job(
        command=command,
        data=str(directory.path),
        sources=wanted,
        as_of=clock.parse_instant(as_of, "--as-of") if as_of else started_at,
        started_at=started_at,
        horizon_days=settings.horizon_days,
        determinants_sample=settings.determinants_sample,
        path_sources=settings.path_sources,
        sourcecred=settings.sourcecred,
        all_branches=settings.branches == "all",
        identities=settings.identities,
        accepted_because=accepted.strip(),
        corrections=correcting.read(Path(settings.corrections) if settings.corrections else None),
        line_minutes=settings.line_minutes,
        policies=tuple(Policy(**policy.model_dump()) for policy in settings.policies),
        nights_kept=settings.nights_kept,
        quota_reserve_share=settings.quota_reserve_share,
        longest_wait_minutes=settings.longest_wait_minutes,
        rereads=settings.rereads,
    )


def check(data: Path) -> dict[str, Any]:
    """The suites on the published warehouse."""
    warehouse = DataDirectory(data).published()
    environment.prepare()
    from flows import publishing

    verdicts = publishing.audit(warehouse, unaudited=())
    return {
        "refused": any(verdict.forbids_publishing for verdict in verdicts),
        "n_expectations": len(verdicts),
        "not_met": [
            {
                "table": verdict.expectation.table,
                "expectation": verdict.expectation.name,
                "severity": verdict.expectation.severity,
                "outcome": verdict.outcome,
                "n_unexpected": verdict.n_unexpected,
                "sample": verdict.sample,
            }
            for verdict in verdicts
            if verdict.outcome != "passed"
        ],
    }


def check_in_words(answer: dict[str, Any]) -> str:
    lines = [f"{answer['n_expectations']} expectations, {len(answer['not_met'])} not met."]
    for one in answer["not_met"]:
        lines.append(
            f"  {one['severity']} {one['table']}: {one['expectation']} ({one['outcome']}, {one['n_unexpected']} rows) "
            f"{one['sample'][:300]}"
        )
    return "\n".join(lines)


def report(data: Path, out: Path | None) -> str:
    """Writes the report of the published warehouse, and says where."""
    directory = DataDirectory(data)
    directory.published()
    return str(write_report(directory, out))


def write_report(directory: DataDirectory, out: Path | None) -> Path:
    from transform.report.page import write_report as write
    from transform.report.page import write_validation

    target = out or directory.report
    write(directory.warehouse, target, made_at=clock.now())
    beside = "validation.html" if out is None else f"{out.stem}-validation.html"
    write_validation(directory.warehouse, target.with_name(beside), made_at=clock.now())
    return target


def status(data: Path) -> dict[str, Any]:
    """Watermarks, coverage and the last runs, refused ones included."""
    directory = DataDirectory(data)
    warehouse = directory.published()
    import duckdb
    import polars as pl

    coverage = (
        "SELECT full_name, stream, source_total, held, coverage.is_complete, complete_until_at, reason "
        "FROM ops.coverage JOIN core.repositories USING (repo_id) ORDER BY full_name, stream"
    )
    gaps = (
        "SELECT full_name, stream, from_at, until_at, n_missing, reason FROM ops.coverage_gaps "
        "JOIN core.repositories USING (repo_id) ORDER BY full_name, stream, gap_number"
    )
    with closing(duckdb.connect(str(warehouse), read_only=True)) as db:
        rows, missing = (db.sql(query).pl().to_dicts() for query in (coverage, gaps))
    tokens = budget.kept(directory)
    past = [pl.read_parquet(path) for path in sorted(directory.ops.glob("*/run.parquet"))[-10:]]
    runs = pl.concat(past).to_dicts() if past else []
    return {
        "data": str(directory.path),
        "coverage": rows,
        "gaps": missing,
        "budget": tokens,
        "backfills": backfills.of(directory),
        "runs": runs,
    }


def status_in_words(answer: dict[str, Any]) -> str:
    lines = [answer["data"], "", "Coverage"]
    for row in answer["coverage"]:
        total = "?" if row["source_total"] is None else row["source_total"]
        until = (
            "never complete" if row["complete_until_at"] is None else f"until {row['complete_until_at']:%Y-%m-%d %H:%M}"
        )
        lines.append(f"  {row['full_name']:<40} {row['stream']:<16} {row['held']:>8} of {total:>8}  {until}")
        if not row["is_complete"]:
            lines.append(f"      incomplete: {row['reason']}")
    if answer["gaps"]:
        lines += ["", "Gaps"]
        lines += [f"  {_gap_in_words(one)}" for one in answer["gaps"]]
    if answer["budget"]:
        lines += ["", "Budget, as the forges last told"]
        lines += [f"  {budget.in_words(one)}" for one in answer["budget"]]
    if answer["backfills"]:
        lines += ["", "Backfills, as they came and as forecast"]
        lines += [f"  {backfills.in_words(one)}" for one in answer["backfills"]]
    lines += ["", "Last runs"]
    for one in answer["runs"]:
        lines.append(
            f"  {one['started_at']:%Y-%m-%d %H:%M} {one['command']:<8} {one['outcome']:<10} {one['n_requests']} requests"
        )
        lines += [f"      {problem}" for problem in one["problems"].splitlines()]
    return "\n".join(lines)


def _gap_in_words(gap: dict[str, Any]) -> str:
    missing = "" if gap["n_missing"] is None else f", {gap['n_missing']:,} missing"
    span = f"{gap['from_at']:%Y-%m-%d %H:%M} to {gap['until_at']:%Y-%m-%d %H:%M}"
    return f"{gap['full_name']} {gap['stream']}: {span}{missing}: {gap['reason']}"
