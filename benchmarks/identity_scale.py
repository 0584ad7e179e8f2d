"""How the time and memory of telling who is one person grow with the number of aliases, up to 100,000.

    python -m benchmarks.identity_scale [--most 100000]

The store is made up: persons whose first and last names follow a power law, as names do, each with one to four addresses
that they write in the usual ways (a handle, first.last, noreply, another provider), some under an initial, some on one of
twenty hosts of employers, in one to three of thirty repositories. All of it is measured that a night does: normal forms, likenesses,
links with their caps and never-merge rules, aliases. Each size runs in a process of its own, so that its peak memory is
its own.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime

import polars as pl

from extract import identity_store, raw, raw_people
from transform.core import aliases, identity_links
from transform.identity import likeness
from transform.parameters import Parameters

SIZES = (12_500, 25_000, 50_000, 100_000)
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il")]
FIRST_NAMES, LAST_NAMES = 4_000, 60_000
YEAR = 365 * 86_400
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def name(rng: random.Random, most: int) -> str:
    """A name of a stock in which the n-th most common is n times as rare as the first."""
    at = int(most ** rng.random())
    syllables = [SYLLABLES[at // len(SYLLABLES) ** place % len(SYLLABLES)] for place in range(3)]
    return "".join(syllables).capitalize()


def person(rng: random.Random, at: int) -> list[dict[str, object]]:
    first, last = name(rng, FIRST_NAMES), name(rng, LAST_NAMES)
    handle = f"{rng.choice(SYLLABLES)}{rng.choice(SYLLABLES)}{rng.randrange(10, 9999)}"
    locals_ = (f"{first}.{last}".lower(), handle, f"{first[0]}{last}".lower(), f"{at}+{handle}")
    hosts = (f"corp{rng.randrange(20)}.test", "gmail.com", "mail.test", "users.noreply.github.com")
    names = (f"{first} {last}", f"{first[0]}. {last}", handle)
    begun, rows = rng.randrange(20 * YEAR), []
    for turn in rng.sample(range(4), rng.choice((1, 1, 2, 2, 3, 4))):
        email, signed = f"{locals_[turn]}@{hosts[turn]}", rng.choices(names, (8, 1, 1))[0]
        for repository in rng.sample(range(30), rng.choice((1, 1, 2, 3))):
            span = {"first_epoch": begun, "last_epoch": begun + rng.randrange(3 * YEAR), "place": f"r{repository}"}
            rows.append({"email_key": email, "email": email, "name": signed, "n_commits": rng.randrange(1, 90), **span})
    return rows


def store(n_aliases: int) -> pl.DataFrame:
    """Rows of the identity store (see identity_store.read) with so many addresses."""
    rng, rows, known = random.Random(7), list[dict[str, object]](), set[object]()
    while len(known) < n_aliases:
        signed = person(rng, len(rows))
        known.update(row["email_key"] for row in signed)
        rows += signed
    return pl.DataFrame(rows, schema={**identity_store.SIGNED, "place": pl.String}, strict=False)


def measured(n_aliases: int) -> str:
    told = store(n_aliases)
    began = time.perf_counter()
    signatures = likeness.signatures_of(told)
    found = {
        "name_links": likeness.name_links(signatures, []),
        "alias_names": likeness.alias_names(signatures, b"secret"),
        "signature_classes": likeness.signature_classes(told),
    }
    compared = time.perf_counter() - began
    links, persons = decided(told, found)
    seconds, peak = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return f"{n_aliases:>8}{len(signatures):>12}{links:>9}{persons:>9}{compared:>9.1f}{seconds:>9.1f}{peak:>9.2f}"


def decided(told: pl.DataFrame, found: dict[str, pl.DataFrame]) -> tuple[int, int]:
    """Number of links and of persons, by the tables that a night builds."""
    tables = (*raw.TABLES, *raw_people.TABLES)
    given = {str(table): pl.LazyFrame(schema=table.polars_schema) for table in tables}
    emails = told.select("email_key", host=pl.col("email").str.extract("@(.*)$")).unique("email_key")
    said = raw.EMAILS.polars_schema.items()
    given["raw.emails"] = emails.lazy().select(
        *(pl.col(name) if name in emails.columns else pl.lit(None, dtype).alias(name) for name, dtype in said)
    )
    given |= {f"raw.{name}": frame.lazy() for name, frame in found.items()}
    parameters = Parameters(as_of=NOW)
    links = identity_links.build(*(given[one] for one in identity_links.TABLE.inputs), parameters=parameters).collect()
    given["core.identity_links"] = links.lazy()
    built = aliases.build(*(given[one] for one in aliases.TABLE.inputs), parameters=parameters).collect()
    return links.height, built["person_id"].n_unique()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=SIZES[-1])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(measured(given.one))
        return
    print(" aliases  signatures    links  persons  compare      all      GiB")
    for size in SIZES:
        if size <= given.most:
            subprocess.run([sys.executable, "-m", "benchmarks.identity_scale", "--one", str(size)], check=True)


if __name__ == "__main__":
    main()
