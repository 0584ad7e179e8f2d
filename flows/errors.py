"""What stops a command, and the exit code it ends with.

Stop                      one paragraph that says who must do what
├── BadConfiguration      2  the command line or forbenefit.toml
├── BadDecision           2  what was decided about people cannot be so
├── BadDataDirectory      1  the folder is not ours, of another version, or in use
├── NothingPublished      1  a command needs a warehouse and there is none
├── CannotForecast        1  the forge does not say what a backfill would cost
└── NoPrefect             1  Prefect's server cannot be had
"""

from __future__ import annotations

DONE, FAILED, USAGE, REFUSED, PARTIAL = range(5)


class Stop(Exception):
    """Ends the command with its exit code and one paragraph."""

    exit_code = FAILED


class BadConfiguration(Stop):
    exit_code = USAGE


class BadDecision(Stop):
    exit_code = USAGE


class BadDataDirectory(Stop):
    pass


class NothingPublished(Stop):
    pass


class CannotForecast(Stop):
    pass


class NoPrefect(Stop):
    pass
