"""All retention tables, apart from the core tables they are made of: seconds, peak memory, and how both grow.

    python benchmarks/retention_tables.py                       0.1, 1 and 10 million contributions; the goal is for the last
    python benchmarks/retention_tables.py --sizes 1000000       one size
    python benchmarks/retention_tables.py --keep FOLDER         keeps the core tables there, and uses them next time

10 million contributions are of 200,000 persons in 500 repositories, smaller sizes have as much less of both. How it is
measured: schema_tables.py. Goal: 120 s and 6 GiB at 10 million.
"""

from __future__ import annotations

from schema_tables import Schema, main
from synthetic import write_community

if __name__ == "__main__":
    main(Schema("retention", (100_000, 1_000_000, 10_000_000), write_community, 120, 6), __doc__)
