"""A night with nothing new, by what Prefect has to start: its first time ever, its own server, or a running one.

    python benchmarks/nightly.py

Beside `forbenefit run` on the sandbox forge an empty flow runs in the same conditions: that is Prefect's own share,
and the difference is ours; CPU seconds tell it better where others share the machine. Everything that is started is
stopped, and all of it lives in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from extract.sandbox.community import build_world
from extract.sandbox.server import SandboxForge
from flows.environment import CONFIGURED_BY, QUIET

TOKEN_VARIABLE = "BENCHMARK_TOKEN"  # noqa: S105 - the name of a variable
TOKEN = "sandbox-token"  # noqa: S105 - opens nothing but the sandbox
GOAL_SECONDS = 10
SERVER_PATIENCE_SECONDS = 180


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--empty-flow", action="store_true", help=argparse.SUPPRESS)
    if parser.parse_args().empty_flow:
        run_empty_flow()
        return
    world = build_world(seed=7)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with SandboxForge(world, folder=folder / "sandbox", tokens=(TOKEN,)) as forge:
            configure(folder, forge)
            night = [sys.executable, "-m", "flows.cli", "run", "--config", "forbenefit.toml"]
            night += ["--data", "data", "--as-of", world.ends_at.isoformat()]
            compare(folder, night, [sys.executable, str(Path(__file__).resolve()), "--empty-flow"])


def run_empty_flow() -> None:
    from prefect import flow

    @flow
    def nothing() -> None:
        pass

    nothing()


def configure(folder: Path, forge: SandboxForge) -> None:
    lines = ["[[forges]]", 'name = "box"', 'kind = "github"', f'base_url = "{forge.base_url}"']
    lines += [f'token_env = ["{TOKEN_VARIABLE}"]']
    for name in forge.world.repositories:
        lines += ["[[repositories]]", f'repo = "box:{name}"', f'git_url = "{forge.git_url(name)}"']
    (folder / "forbenefit.toml").write_text("\n".join(lines) + "\n")


def compare(folder: Path, night: list[str], empty: list[str]) -> None:
    """The first night fills the data folder; those that are told of find nothing new."""
    filling, _ = seconds(night, folder, home(folder, "filling"))
    print(f"first night, everything new, first start of Prefect: {filling:.1f} s\n")
    heads = f"{'whole':>6} {'empty flow':>11} {'ours':>6} {'whole CPU':>11} {'empty CPU':>11} {'ours':>6}"
    print(f"{'night with nothing new':<28} {heads}   (seconds)")
    ours, theirs = home(folder, "ours"), home(folder, "theirs")
    tell("first start of Prefect ever", folder, (night, ours), (empty, theirs))
    tell("warm, no server", folder, (night, ours), (empty, theirs))
    with server(folder, home(folder, "server")) as served:
        seconds(empty, folder, served)  # the server's own first request is slow
        tell("running server", folder, (night, served), (empty, served))
    print(f"\ngoal: ours below {GOAL_SECONDS} s")


def home(folder: Path, name: str) -> dict[str, str]:
    """An environment with a Prefect home of its own."""
    place = folder / name
    place.mkdir()
    mine = {key: value for key, value in os.environ.items() if key not in CONFIGURED_BY}
    return {**mine, **QUIET, "PREFECT_HOME": str(place), TOKEN_VARIABLE: TOKEN}


def tell(
    what: str, folder: Path, ours: tuple[list[str], dict[str, str]], theirs: tuple[list[str], dict[str, str]]
) -> None:
    empty, empty_cpu = seconds(theirs[0], folder, theirs[1])
    whole, whole_cpu = seconds(ours[0], folder, ours[1])
    print(f"{what:<28} {whole:6.1f} {empty:11.1f} {whole - empty:6.1f}", end="")
    print(f" {whole_cpu:11.1f} {empty_cpu:11.1f} {whole_cpu - empty_cpu:6.1f}", flush=True)


def seconds(command: list[str], folder: Path, environment: Mapping[str, str]) -> tuple[float, float]:
    """Wall-clock and CPU seconds; the CPU's are those of the command and of the children it waited for."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    elapsed, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return elapsed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextmanager
def server(folder: Path, environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """A Prefect server on loopback, and the environment of those who use it."""
    port = free_port()
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_for(f"http://127.0.0.1:{port}/api/health", process, folder / "server.log")
            yield {**environment, "PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}
        finally:
            os.killpg(process.pid, signal.SIGTERM)  # a session of its own: the server and what it started
            process.wait(timeout=60)


def wait_for(health: str, process: subprocess.Popen[bytes], log: Path) -> None:
    patience_ends = time.monotonic() + SERVER_PATIENCE_SECONDS
    while time.monotonic() < patience_ends and process.poll() is None:
        try:
            if requests.get(health, timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.3)
    raise SystemExit(f"Prefect's server did not start:\n{log.read_text()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
