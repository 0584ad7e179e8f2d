"""The command line. Heavy things are imported inside the commands that need them, so that --help answers at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from flows import people_cli
from flows.command_line import DEFAULT_DATA, AsJson, Data
from flows.command_line import run_command as _run
from flows.command_line import say as _say
from flows.errors import REFUSED

app = typer.Typer(
    help="Do newcomers stay, and does influence follow contribution? From your forges, in one DuckDB file.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(people_cli.app, name="people")

AsOf = Annotated[str | None, typer.Option("--as-of", help="Use nothing at or after this instant. Default: now.")]
Config = Annotated[Path | None, typer.Option("--config", help="Configuration file. Default: forbenefit.toml if there.")]
Accepted = Annotated[
    str,
    typer.Option(
        "--accept-changes",
        metavar="REASON",
        help="Publish what changed since the last night though nothing explains it; the reason is kept.",
    ),
]
DEFAULT_CONFIG = Path("forbenefit.toml")


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for everything that the demo makes.")] = Path(
        "forbenefit-demo"
    ),
    seed: Annotated[int, typer.Option("--seed", help="Another seed simulates another community.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Run the whole job against an embedded forge with a simulated community; no token needed.

    Example: forbenefit demo --out /tmp/demo
    """

    def work() -> int:
        from flows import demonstration

        return _told(demonstration.demo(out, seed), demonstration.directory(out), as_json)

    _run(work, as_json)


@app.command()
def run(
    repo: Annotated[
        list[str] | None, typer.Argument(help="github:OWNER/NAME, git:PATH-OR-URL, or a web address.")
    ] = None,
    config: Config = None,
    data: Data = DEFAULT_DATA,
    as_of: AsOf = None,
    accepted: Accepted = "",
    as_json: AsJson = False,
) -> None:
    """Run one night now: extract, build, audit, publish.

    Example: forbenefit run github:psf/requests git:../my-project
    """

    def work() -> int:
        from flows import commands

        return _told(commands.run(tuple(repo or ()), _config(config), data, as_of, accepted=accepted), data, as_json)

    _run(work, as_json)


@app.command()
def backfill(
    repo: Annotated[list[str], typer.Argument(help="github:OWNER/NAME or a web address.")],
    since: Annotated[str | None, typer.Option("--since", help="Opened at or after. Default: the beginning.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Opened before. Default: now.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it will cost, and fetch nothing.")] = False,
    config: Config = None,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Fetch what was opened in a window, beside the nightly runs; resumable, with a forecast.

    Example: forbenefit backfill github:psf/requests --since 2020-01-01 --until 2021-01-01 --dry-run
    """

    def work() -> int:
        from flows import commands

        asked = (tuple(repo), _config(config), data, since, until)
        if dry_run:
            rows = commands.forecasts(*asked)
            _say(rows, commands.forecasts_in_words(rows), as_json)
            return 0
        return _told(commands.backfill(*asked), data, as_json)

    _run(work, as_json)


@app.command()
def rebuild(
    config: Config = None,
    data: Data = DEFAULT_DATA,
    as_of: AsOf = None,
    accepted: Accepted = "",
    as_json: AsJson = False,
) -> None:
    """Build the warehouse anew from the archive, without a network.

    Example: forbenefit rebuild --as-of 2024-01-01
    """

    def work() -> int:
        from flows import commands

        return _told(commands.rebuild(_config(config), data, as_of, accepted=accepted), data, as_json)

    _run(work, as_json)


@app.command()
def check(data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Run the suites on the published warehouse; exit code 3 if they fail.

    Example: forbenefit check --json
    """

    def work() -> int:
        from flows import commands

        answer = commands.check(data)
        _say(answer, commands.check_in_words(answer), as_json)
        return REFUSED if answer["refused"] else 0

    _run(work, as_json)


@app.command()
def report(
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write it. Default: report.html in the data.")
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Write the report: one self-contained HTML page.

    Example: forbenefit report --out community.html
    """

    def work() -> int:
        from flows import commands

        typer.echo(commands.report(data, out))
        return 0

    _run(work, as_json=False)


@app.command()
def status(data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Show watermarks, coverage and the last runs.

    Example: forbenefit status --json
    """

    def work() -> int:
        from flows import commands

        answer = commands.status(data)
        _say(answer, commands.status_in_words(answer), as_json)
        return 0

    _run(work, as_json)


@app.command()
def explain(
    table: Annotated[str, typer.Argument(help="A table, such as retention.curves.")],
    where: Annotated[
        str | None, typer.Option("--where", help="Which rows: columns compared with values, and, or, not, brackets.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Rows shown of each level; 0 shows all.")] = 10,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Show what a figure rests on: down to the acts and their pages, with definition, coverage and verdicts.

    Example: forbenefit explain retention.cohorts --where "repository = 'psf/requests' and cohort_quarter = '2024-01-01'"
    """

    def work() -> int:
        from flows import explaining

        answer = explaining.explain(data, table, where, limit)
        _say(answer, explaining.in_words(answer), as_json)
        return 0

    _run(work, as_json)


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    pseudonymous: Annotated[
        bool, typer.Option("--pseudonymous", help="Persons under stable keys; no logins, pages or text.")
    ] = False,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Write every table as parquet, with the dictionary.

    Example: forbenefit export /tmp/tables --pseudonymous
    """

    def work() -> int:
        from flows import exporting

        answer = exporting.export(data, out, pseudonymous=pseudonymous)
        _say(answer, exporting.in_words(answer), as_json)
        return 0

    _run(work, as_json)


@app.command()
def diff(
    first: Annotated[str, typer.Argument(help="A kept night, by the beginning of its name; as in ops.runs.")],
    second: Annotated[str, typer.Argument(help="Another one, or last: the published one.")] = "last",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Say what changed between two published nights, and why.

    Example: forbenefit diff 20240130 20240131
    """

    def work() -> int:
        from flows import differences

        answer = differences.differences(data, first, second)
        _say(answer, differences.in_words(answer), as_json)
        return 0

    _run(work, as_json)


@app.command()
def forget(
    login: Annotated[str, typer.Argument(help="A login, FORGE:LOGIN, account id or e-mail address.")],
    config: Config = None,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Remove a person from archive, raw and warehouse; a tombstone keeps them away.

    Example: forbenefit forget ada
    """

    def work() -> int:
        from flows import forget as forgets

        answer = forgets.forget(data, _config(config), login)
        _say(answer, forgets.in_words(answer), as_json)
        return int(answer["exit_code"])

    _run(work, as_json)


def main() -> None:
    app()


def _told(outcome: Any, data: Path, as_json: bool) -> int:
    from flows import summary

    _say(summary.as_dict(outcome, data), summary.in_words(outcome, data), as_json)
    return int(outcome.exit_code)


def _config(given: Path | None) -> Path | None:
    return given or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None)


if __name__ == "__main__":
    main()
