"""WHEN: Prefect flows and tasks, settings, the command line, publishing, logging, the clock and the environment."""

import os

# What polars lets go of goes back to the machine, and not to a pool of its own. It reads this once, when it is loaded.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:500,muzzy_decay_ms:0")
