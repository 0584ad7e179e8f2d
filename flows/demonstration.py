"""The demo: the nightly run, as in production, against the sandbox forge on loopback."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from extract.sandbox.community import ENDS_AT, build_world
from extract.sandbox.server import SandboxForge
from extract.sandbox.world import World
from flows import clock, commands, decisions, environment, log
from flows.data_directory import DataDirectory
from flows.job import Job, Outcome
from flows.settings import Forge, Repository, Settings, sources

TOKEN_VARIABLE = "FORBENEFIT_SANDBOX_TOKEN"  # noqa: S105 - the name of a variable
TOKEN = "sandbox-token"  # noqa: S105 - opens nothing but the sandbox


DOMAINS = (("sponsor.example", "Sponsor", "company"), ("example.org", None, "volunteer"))
"""A reserved name says nothing by itself; whose they are in the simulated community is registered."""


def directory(out: Path) -> Path:
    return out / "data"


def demo(out: Path, seed: int) -> Outcome:
    """Simulates, serves, runs. Everything lies under `out`."""
    held = DataDirectory(directory(out)).opened()
    environment.provide(TOKEN_VARIABLE, TOKEN)
    with held.held("demo"):
        log.current.event("sandbox.starting", seed=seed, until=ENDS_AT.date())
        register_domains(held)
        shutil.rmtree(out / "sandbox", ignore_errors=True)  # made anew each time, the same for the same seed
        world = build_world(seed=seed)
        with SandboxForge(world, folder=out / "sandbox", tokens=(TOKEN,)) as forge:
            return commands.perform(_job(world, forge, held), parallel=2)


def register_domains(held: DataDirectory) -> None:
    """Once, as `forbenefit people import` does."""
    if not decisions.read(held.people):
        effects = [
            {"kind": "domain", "domain": domain, "organisation": name, "affiliation_class": kind, "is_top": True}
            for domain, name, kind in DOMAINS
        ]
        made = decisions.new(held.people, "import", "addresses of the simulated community", "demo", effects)
        # what is decided later, a night does not know
        decisions.keep(held.people, replace(made, at=ENDS_AT.isoformat()))


def _job(world: World, forge: SandboxForge, held: DataDirectory) -> Job:
    settings = Settings(
        forges=(Forge(name="sandbox", kind="github", base_url=forge.base_url, token_env=(TOKEN_VARIABLE,)),),
        repositories=tuple(
            Repository(repo=f"sandbox:{name}", git_url=forge.git_url(name)) for name in world.repositories
        ),
    )
    return Job(
        command="demo", data=str(held.path), sources=sources(settings, ()), as_of=ENDS_AT, started_at=clock.now()
    )
