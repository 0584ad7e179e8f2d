"""A process that is killed at any point loses nothing and counts nothing twice: fifty kills, then everything is here.

Half of them strike at a random moment, half between two operations on files, where there is most to break.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from extraction_tools import Crawl

from extract import archive
from extract.archive import Archive
from extract.github import fetch
from extract.sandbox.server import Dialect

KILLS = 50
CONTEXT = multiprocessing.get_context("forkserver")


@dataclass
class Address:
    """What a process of its own must know of the forge."""

    base_url: str
    as_of: datetime
    dialect: Dialect


def a_night(forge: Address, folder: Path, dies_at: int | None) -> None:
    """Of many small pages: it has many places to die at."""
    fetch.STREAMS = tuple(replace(stream, first=4, nested=2) for stream in fetch.STREAMS)
    calls = count()

    def deadly(call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def called(*given: Any) -> Any:
            if next(calls) == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*given)

        return called

    archive.os.fsync = deadly(os.fsync)  # type: ignore[attr-defined]
    archive.Path.replace = deadly(Path.replace)  # type: ignore[attr-defined, method-assign]
    Crawl(forge, folder).night()  # type: ignore[arg-type]


def started(crawl: Crawl, folder: Path, dies_at: int | None = None) -> BaseProcess:
    forge = Address(crawl.forge.base_url, crawl.forge.as_of, crawl.forge.dialect)
    process = CONTEXT.Process(target=a_night, args=(forge, folder, dies_at))
    process.start()
    return process


def seconds_of_a_night(crawl: Crawl) -> float:
    began = time.perf_counter()
    started(crawl, crawl.folder / "undisturbed").join(60)
    return time.perf_counter() - began


def fits_together(folder: Path) -> bool:
    """Every page that a manifest counts is there and can be read."""
    archives = [Archive(manifest.parent) for manifest in folder.glob("archive/*/*/*/manifest.json")]
    return all(len(list(one.newest_first())) == one.manifest.pages for one in archives)


def test_fifty_kills_lose_nothing_and_count_nothing_twice(crawl, undisturbed):
    CONTEXT.set_forkserver_preload(["extraction_tools"])
    seconds_of_a_night(crawl)  # starts the server of processes
    whole, chance = seconds_of_a_night(crawl), random.Random(7)
    folder, n_killed = crawl.folder / "killed", 0
    while n_killed < KILLS:
        process = started(crawl, folder, dies_at=chance.randrange(30) if n_killed % 2 else None)
        process.join(None if n_killed % 2 else chance.uniform(0.1, 0.5) * whole)
        if process.exitcode is None:
            os.kill(process.pid, signal.SIGKILL)
            process.join()
        if process.exitcode == -signal.SIGKILL:
            n_killed += 1
        else:  # it came to its end: begin anew
            shutil.rmtree(folder)
        assert fits_together(folder)
    last = Crawl(crawl.forge, folder)
    last.night()

    assert last.everything() == undisturbed.everything()
