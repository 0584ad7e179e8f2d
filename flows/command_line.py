"""What all commands of the command line share: options, how a command ends, how an answer is told."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.errors import FAILED, Stop

Data = Annotated[Path, typer.Option("--data", help="Folder with the archive, raw, warehouse and report.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer and log as JSON, for programs.")]
DEFAULT_DATA = Path("forbenefit-data")


def run_command(work: Callable[[], int], as_json: bool) -> None:
    """Runs a command and ends with its code; what it was stopped by is one paragraph, never a traceback."""
    from flows import log

    log.start(as_json=as_json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to stop by a program is as by the keyboard
    try:
        code = work()
    except Stop as stop:
        if as_json:
            typer.echo(json.dumps({"error": str(stop), "exit_code": stop.exit_code}))
        typer.echo(str(stop), err=True)
        code = stop.exit_code
    except KeyboardInterrupt:
        typer.echo("Stopped. Nothing is lost: the next run continues where this one was.", err=True)
        code = FAILED
    sys.exit(code)


def say(answer: Any, words: str, as_json: bool) -> None:
    typer.echo(json.dumps(answer, default=str, ensure_ascii=False) if as_json else words)
