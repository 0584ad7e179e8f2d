"""One forge for each dialect, with the same small repository; whoever turns a knob finds it back in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from common_world import DIALECTS, NOREPLY
from extraction_tools import PARAMETERS, TOKEN, Crawl

from extract.sandbox.community import build_world
from extract.sandbox.faults import Faults
from extract.sandbox.server import SandboxForge


@pytest.fixture(scope="session", params=list(DIALECTS))
def running(request, tmp_path_factory) -> Iterator[SandboxForge]:
    world = build_world(seed=3, parameters=replace(PARAMETERS, years=0.15, noreply=NOREPLY[request.param]))
    folder = tmp_path_factory.mktemp(request.param)
    with SandboxForge(world, folder=folder, tokens=(TOKEN,), dialect=DIALECTS[request.param]) as forge:
        yield forge


@pytest.fixture
def hut(running: SandboxForge) -> Iterator[SandboxForge]:
    yield running
    put_back(running)


def put_back(forge: SandboxForge) -> None:
    """Every knob as it was."""
    forge.as_of, forge.answers_html, forge.missing_scope = forge.world.ends_at, False, ""
    forge.git_wants_token = False
    forge.version, forge.page_maximum = "1.25.4", 50
    forge.fail_next(0)
    forge.faults = Faults()
    forge.restore()
    forge.switch_issues(on=True)
    forge.show_to_members_only()
    forge.organisation.left.clear()


@pytest.fixture
def crawl(hut: SandboxForge, tmp_path: Path) -> Crawl:
    return Crawl(hut, tmp_path)


@pytest.fixture(scope="session")
def undisturbed(running: SandboxForge, tmp_path_factory) -> Crawl:
    """One whole crawl that stories may read and must not change."""
    whole = Crawl(running, tmp_path_factory.mktemp("undisturbed"))
    whole.night()
    return whole


@pytest.fixture(scope="session")
def gitea_running(tmp_path_factory) -> Iterator[SandboxForge]:
    world = build_world(seed=3, parameters=replace(PARAMETERS, years=0.2, noreply=NOREPLY["gitea"]))
    with SandboxForge(world, tmp_path_factory.mktemp("gitea"), tokens=(TOKEN,), dialect=DIALECTS["gitea"]) as forge:
        yield forge


@pytest.fixture
def gitea(gitea_running: SandboxForge) -> Iterator[SandboxForge]:
    yield gitea_running
    put_back(gitea_running)
