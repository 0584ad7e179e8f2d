"""What forbenefit needs to know of a kind of forge: how to extract, and how its addresses look."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from extract.source import Extracted, Forecast, Source, Surroundings, Window

OWNER_AND_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*/[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class Public:
    """A public instance under the name that repositories are written with. `host` is that of its web addresses."""

    name: str
    host: str
    base_url: str
    token_variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Forge:
    """One kind of forge. `backfill` and `forecast` are None where a history comes whole with every run.

    `api` is the path of the API below the address of the instance, `probe` a path below it that answers anybody, or
    refuses in the forge's own way, and `is_it` tells by status and JSON whether it does. `repository` gives the full
    name from the path of a web address.
    """

    kind: str
    extract: Callable[[Source, Surroundings], Extracted]
    reread: Callable[[Source, Surroundings, str], None]
    backfill: Callable[[Source, Window, Surroundings], Extracted] | None = None
    forecast: Callable[[Source, Window, Surroundings], Forecast] | None = None
    public: tuple[Public, ...] = ()
    full_name: re.Pattern[str] = OWNER_AND_NAME
    written_as: str = "OWNER/NAME"
    api: str = ""
    probe: str = ""
    is_it: Callable[[int, Any], bool] = lambda status, said: False
    repository: Callable[[str], str] = lambda path: "/".join(path.split("/")[:2]).removesuffix(".git")
