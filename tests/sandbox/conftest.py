"""One world and one forge for all stories of the sandbox; whoever turns a knob finds it back in place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_client import REPOSITORY, Client

from extract.sandbox.community import build_world
from extract.sandbox.server import SandboxForge
from extract.sandbox.world import World


@pytest.fixture(scope="session")
def world() -> World:
    return build_world()


@pytest.fixture(scope="session")
def running_forge(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxForge]:
    with SandboxForge(world, folder=tmp_path_factory.mktemp("sandbox")) as forge:
        yield forge


@pytest.fixture
def forge(running_forge: SandboxForge) -> Iterator[SandboxForge]:
    yield running_forge
    running_forge.as_of, running_forge.answers_html = running_forge.world.ends_at, False


@pytest.fixture
def client(forge: SandboxForge) -> Client:
    return Client(forge)


@pytest.fixture
def bare(forge: SandboxForge) -> Path:
    """The bare repository the forge serves."""
    return forge.folder / f"{REPOSITORY}.git"
