"""`forbenefit people ...`: the words of the command line, nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from flows.command_line import DEFAULT_DATA, AsJson, Data, run_command, say

app = typer.Typer(no_args_is_help=True, help="Who is one person, who is no person: decisions with reasons.")

Reason = Annotated[str, typer.Option("--reason", help="Why: whoever comes later wants to know.")]
By = Annotated[str, typer.Option("--by", help="Who decides.")]
HUMAN = "human"


def _made(answer: dict[str, Any], as_json: bool) -> int:
    from flows import people

    say(answer, people.made_in_words(answer), as_json)
    return 0


@app.command("list")
def list_people(
    whom: Annotated[list[str] | None, typer.Argument(help="Logins, addresses or ids. Default: what waits.")] = None,
    names: Annotated[bool, typer.Option("--names", help="Show names and addresses from the identity store.")] = False,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Show whose aliases are whose and why; or what waits for a person, and the decisions in force.

    Example: forbenefit people list ada --names
    """

    def work() -> int:
        from flows import people

        answer = people.listed(data, whom or [], names=names)
        say(answer, people.listed_in_words(answer), as_json)
        return 0

    run_command(work, as_json)


@app.command()
def merge(
    whom: Annotated[list[str], typer.Argument(help="Two or more logins, addresses or ids.")],
    reason: Reason,
    by: By = HUMAN,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Say that aliases are one person.

    Example: forbenefit people merge ada ada@example.org --reason "she says so"
    """

    def work() -> int:
        from flows import people

        return _made(people.merge(data, whom, reason, by), as_json)

    run_command(work, as_json)


@app.command()
def split(
    alias: Annotated[str, typer.Argument(help="The alias to take away.")],
    reason: Reason,
    apart: Annotated[list[str] | None, typer.Option("--from", help="From whom. Default: from everybody.")] = None,
    by: By = HUMAN,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Say that an alias is another person.

    Example: forbenefit people split pat@example.org --from pat --reason "her brother"
    """

    def work() -> int:
        from flows import people

        return _made(people.split(data, alias, apart or [], reason, by), as_json)

    run_command(work, as_json)


@app.command()
def undo(
    decision: Annotated[str, typer.Argument(help="The decision to take back, such as d3.")],
    reason: Reason,
    by: By = HUMAN,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Take a decision back: the next build is as if it had never been made.

    Example: forbenefit people undo d3 --reason "wrong Pat"
    """

    def work() -> int:
        from flows import people

        return _made(people.undo(data, decision, reason, by), as_json)

    run_command(work, as_json)


@app.command()
def bots(
    who: Annotated[str | None, typer.Argument(help="Whose class to set. Default: show all who are no humans.")] = None,
    actor_class: Annotated[str, typer.Option("--class", help="human, bot, agent or organisation.")] = "bot",
    reason: Annotated[str, typer.Option("--reason", help="Why; needed to set a class.")] = "",
    by: By = HUMAN,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Show who is a bot or an agent and why, or say what somebody is.

    Example: forbenefit people bots build-helper --class bot --reason "our release script"
    """

    def work() -> int:
        from flows import people
        from flows.errors import BadDecision

        if who is None:
            rows = people.machines(data)
            say(rows, people.machines_in_words(rows), as_json)
            return 0
        if not reason:
            raise BadDecision("A class needs its --reason: whoever comes later wants to know. Nothing was changed.")
        return _made(people.classify(data, who, actor_class, reason, by), as_json)

    run_command(work, as_json)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="TOML, YAML, .mailmap, SortingHat's JSON, gitdm or CNCF affiliations.")],
    reason: Reason = "imported",
    by: By = HUMAN,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Take in a file of identities and affiliations: all of it, or nothing.

    Example: forbenefit people import affiliations.toml
    """

    def work() -> int:
        from flows import people

        return _made(people.take_in(data, file, reason, by), as_json)

    run_command(work, as_json)
