"""All influence tables, apart from the tables they are made of: seconds, peak memory, and how both grow.

    python benchmarks/influence_tables.py                       0.1, 0.3 and 1 million contributions
    python benchmarks/influence_tables.py --sizes 1000000       one size
    python benchmarks/influence_tables.py --keep FOLDER         keeps the tables below there, and uses them next time

A million contributions are of 20,000 persons in 50 repositories over ten years, smaller sizes have as much less of both, so
that a repository is always of one size. Lines are invented too: every file of a commit takes away lines of another. How it
is measured: schema_tables.py. Goal: linear growth.
"""

from __future__ import annotations

from schema_tables import Schema, main
from synthetic_files import write_whole_community

if __name__ == "__main__":
    main(Schema("influence", (100_000, 300_000, 1_000_000), write_whole_community), __doc__)
