"""One forge with one small repository for all stories; whoever turns a knob finds it back in place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from extraction_tools import PARAMETERS, TOKEN, Crawl

from extract.sandbox.community import build_world
from extract.sandbox.faults import Faults
from extract.sandbox.server import SandboxForge


@pytest.fixture(scope="session")
def running_hut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxForge]:
    world = build_world(seed=3, parameters=PARAMETERS)
    with SandboxForge(world, folder=tmp_path_factory.mktemp("hut"), tokens=(TOKEN,)) as forge:
        yield forge


@pytest.fixture
def hut(running_hut: SandboxForge) -> Iterator[SandboxForge]:
    yield running_hut
    running_hut.as_of, running_hut.answers_html = running_hut.world.ends_at, False
    running_hut.fail_next(0)
    running_hut.faults = Faults()
    running_hut.restore()
    running_hut.switch_issues(on=True)


@pytest.fixture
def crawl(hut: SandboxForge, tmp_path: Path) -> Crawl:
    return Crawl(hut, tmp_path)


@pytest.fixture(scope="session")
def undisturbed(running_hut: SandboxForge, tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    """One whole crawl that stories may read and must not change."""
    whole = Crawl(running_hut, tmp_path_factory.mktemp("undisturbed"))
    whole.night()
    return whole


@pytest.fixture
def patient(crawl: Crawl) -> Crawl:
    """Who really waits for a limit's end, and not between tries."""
    crawl.patience_seconds = 10
    return crawl
