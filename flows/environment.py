"""The process's environment: what Prefect and Great Expectations are told before they are imported.

Prefect without a server starts one of its own on loopback; the first time ever it has a database to make, which takes
longer than Prefect itself is willing to wait. Its home is our own, so that nobody's other Prefect work is touched;
where the operator has configured a server, profile or home, theirs is used and the runs show up in its UI.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from flows.errors import BadConfiguration

CONFIGURED_BY = ("PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_HOME")
QUIET = {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    "PREFECT_CLI_PROMPT": "false",
}


def prepare() -> bool:
    """Sets what is not set yet. True if Prefect will have to make its database first."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if any(os.environ.get(name) for name in CONFIGURED_BY):
        return False
    home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "forbenefit" / "prefect"
    try:
        home.mkdir(parents=True, exist_ok=True)  # Prefect's server waits in vain for a folder that is not there
    except OSError as error:
        raise BadConfiguration(
            f"{home}, the home of Prefect's database, cannot be made: {error.strerror}. Set PREFECT_HOME or "
            "XDG_CACHE_HOME to a folder that you may write to."
        ) from error
    os.environ["PREFECT_HOME"] = str(home)
    return not (home / "prefect.db").exists()


def has_server() -> bool:
    """Whether a Prefect server is configured, so that none need be started."""
    return bool(os.environ.get("PREFECT_API_URL"))


def variables() -> Mapping[str, str]:
    """The environment, to be handed to those who may not look at it themselves."""
    return dict(os.environ)


def provide(name: str, value: str) -> None:
    """Sets a variable for this process and what it starts (the sandbox forge's token, for one)."""
    os.environ[name] = value
