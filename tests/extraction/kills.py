"""Nights in processes of their own, of many small pages, that are killed: at a random moment, or between two operations on
files, where there is most to break."""

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
from extract.gitea import talk as gitea
from extract.github import fetch
from extract.gitlab import talk as gitlab
from extract.sandbox.server import Dialect

CONTEXT = multiprocessing.get_context("forkserver")
FILE_OPERATIONS = 30


@dataclass
class Address:
    """What a process of its own must know of the forge."""

    base_url: str
    as_of: datetime
    dialect: Dialect


def a_night(forge: Address, folder: Path, dies_at: int | None) -> None:
    fetch.STREAMS = tuple(replace(stream, first=4, nested=2) for stream in fetch.STREAMS)
    gitea.PER_PAGE = gitlab.PER_PAGE = 3
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


def killed(crawl: Crawl, times: int) -> Path:
    """The folder of a night that was killed so often, and each time went on; one that came to its end began anew."""
    CONTEXT.set_forkserver_preload(["extraction_tools"])
    seconds_of_a_night(crawl)  # starts the server of processes
    whole, chance = seconds_of_a_night(crawl), random.Random(7)
    folder, n_killed = crawl.folder / "killed", 0
    while n_killed < times:
        process = started(crawl, folder, dies_at=chance.randrange(FILE_OPERATIONS) if n_killed % 2 else None)
        process.join(None if n_killed % 2 else chance.uniform(0.1, 0.5) * whole)
        if process.exitcode is None:
            os.kill(process.pid or 0, signal.SIGKILL)
            process.join()
        if process.exitcode == -signal.SIGKILL:
            n_killed += 1
        else:
            shutil.rmtree(folder)
        assert fits_together(folder)
    return folder
