"""A small simulated community, a forge that serves it, and nights run against it as an operator would."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from night_tools import TOKEN, VARIABLE, Nights
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from extract.sandbox.community import build_world
from extract.sandbox.parameters import ALMANAC, BAZAAR, CommunityParameters
from extract.sandbox.server import SandboxForge
from extract.sandbox.world import World
from flows.data_directory import DataDirectory
from flows.demonstration import register_domains


@pytest.fixture(scope="session", autouse=True)
def prefect() -> Iterator[None]:
    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # a time-out outside ends the session, and says where it was
    with (
        prefect_test_harness(server_startup_timeout=180),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield


@pytest.fixture(scope="session")
def world() -> World:
    return build_world(seed=11, parameters=CommunityParameters(years=2.0, repositories=(BAZAAR, ALMANAC)))


@pytest.fixture(scope="session")
def running(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxForge]:
    with SandboxForge(world, folder=tmp_path_factory.mktemp("forge"), tokens=(TOKEN,)) as forge:
        yield forge


@pytest.fixture
def forge(running: SandboxForge, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxForge]:
    monkeypatch.setenv(VARIABLE, TOKEN)
    yield running
    running.as_of, running.answers_html = running.world.ends_at, False
    running.fail_next(0)


def informed(forge: SandboxForge, folder: Path) -> Nights:
    """An operator who has registered whose the simulated addresses are."""
    operator = Nights(forge, folder)
    register_domains(DataDirectory(operator.data).opened())
    return operator


@pytest.fixture
def nights(forge: SandboxForge, tmp_path: Path) -> Nights:
    return informed(forge, tmp_path)


@pytest.fixture(scope="session")
def first_night(running: SandboxForge, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """One published night that stories may read and must not change."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, TOKEN)
        night = informed(running, tmp_path_factory.mktemp("first"))
        assert night.run().exit_code == 0
    return night
