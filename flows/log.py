"""Events with fields, one line a unit of work: pretty on a terminal, plain or JSON elsewhere. Always on stderr."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flows import clock


class Log:
    """Where events go. `progress` may be called from many threads and often; `event` once a unit of work."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._terminal = sys.stderr.isatty() and not as_json
        self._lock = threading.Lock()
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}

    def event(self, name: str, **fields: Any) -> None:
        if self._as_json:
            line = json.dumps({"at": clock.now().isoformat(), "event": name, **fields}, default=str, ensure_ascii=False)
        else:
            line = f"{clock.now():%H:%M:%S} {name:<20} " + " ".join(
                f"{key}={_plain(value)}" for key, value in fields.items()
            )
        with self._lock:
            if self._bars is not None:
                self._bars.console.print(line, markup=False, highlight=False)
            else:
                print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is the log

    def progress(self, what: str, seen: int, total: int | None) -> None:
        """Moves a bar on a terminal; elsewhere says nothing."""
        if self._bars is None:
            return
        with self._lock:
            if what not in self._tasks:
                self._tasks[what] = self._bars.add_task(what, total=total)
            self._bars.update(self._tasks[what], completed=seen, total=total, visible=total is None or seen < total)

    @contextmanager
    def bars(self) -> Iterator[None]:
        """Shows progress bars meanwhile, if anybody is there to see them."""
        if not self._terminal:
            yield
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as self._bars:
            try:
                yield
            finally:
                self._bars = None
                self._tasks = {}


def _plain(value: Any) -> str:
    """One line, no control characters: what forges send must not move the cursor."""
    text = "".join(char if char.isprintable() else " " for char in str(value))
    return f'"{text}"' if " " in text else text


current = Log(as_json=False)
"""The log of this process; the command line sets it once."""


def start(*, as_json: bool) -> Log:
    global current
    current = Log(as_json=as_json)
    return current
